// SPDX-License-Identifier: Apache-2.0

// Command servers measures servers on a completion port of this project side
// by side with others: each is a process of its own, on one core, and a load
// generator on another core keeps it busy over loopback.
//
// Each row relates a server to a hand-written epoll loop in C. The two are
// measured in turn, in an order that alternates, and the medians are those of
// the pairs' ratios, so that what disturbs the machine disturbs both.
//
//	go run ./servers [-rounds 9] [-round 300ms] [-only substring] [-all] [-write]
//
// It needs gcc; what else is missing (liburing, mingw-w64, Wine) leaves rows
// out, and is said below the table.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"strings"
	"time"

	"winsock/bench/report"
)

// The processes are started by the main thread, whose end is theirs too, and
// whose processors are theirs too (pinned).
func init() { runtime.LockOSThread() }

func main() {
	rounds := flag.Int("rounds", 9, "pairs of rounds per row")
	round := flag.Duration("round", 300*time.Millisecond, "length of one round")
	only := flag.String("only", "", "only the rows whose name, workload/server, contains this")
	fileSize := flag.Int64("file", 1<<30, "bytes of the file that is sent")
	all := flag.Bool("all", false, "edge-triggered epoll and io_uring for every workload, too, as -only always has")
	list := flag.Bool("list", false, "print the names of the rows")
	write := flag.Bool("write", false, "put the table into README.md")
	flag.Parse()
	if err := run(*rounds, *round, *only, *fileSize, *all, *list, *write); err != nil {
		fmt.Fprintln(os.Stderr, "servers:", err)
		os.Exit(1)
	}
}

func run(rounds int, round time.Duration, only string, fileSize int64, all, list, write bool) error {
	if write && only != "" {
		return fmt.Errorf("-write is for the whole table, not for -only %s", only)
	}
	if rounds < 1 || round < time.Millisecond {
		return fmt.Errorf("%d rounds of %v are too little", rounds, round)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	var chosen []row
	for _, r := range rows() {
		if strings.Contains(r.name(), only) && (all || only != "" || r.usual()) {
			chosen = append(chosen, r)
		}
	}
	if list {
		for _, r := range chosen {
			fmt.Println(r.name())
		}
		return nil
	}

	b, err := newBench(ctx, chosen, fileSize)
	if err != nil {
		return err
	}
	defer b.close()
	const setUp = 150 * time.Millisecond // of the load generator, in each round
	const start = time.Second            // of the two servers of a row, with warming them up
	fmt.Fprintf(os.Stderr, "servers: %d rows, about %v\n", len(chosen),
		(time.Duration(len(chosen)) * (start + time.Duration(2*rounds)*(round+setUp))).Round(time.Second))
	text := fmt.Sprintf("%s; medians of %d pairs of rounds of %v.\n\n", report.Machine(), rounds, round) + heading
	fmt.Print(text)
	failed := 0
	for _, r := range chosen {
		if reason := b.reasonAgainst(r); reason != "" {
			b.note(r, reason)
			continue
		}
		result, err := b.compare(ctx, r, rounds, round)
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if errors.Is(err, errMissing) { // as only its start could tell
			b.absent[r.subject.program] = err.Error()
			b.note(r, err.Error())
			continue
		}
		if err != nil {
			fmt.Fprintf(os.Stderr, "servers: %s: %v\n", r.name(), err)
			b.note(r, "it failed")
			failed++
			continue
		}
		line := result.line(r)
		fmt.Print(line)
		text += line
	}
	notes := b.notes()
	fmt.Print(notes)
	text += notes
	if write {
		if err := report.Write("servers", text); err != nil {
			return err
		}
	}
	if failed > 0 {
		return fmt.Errorf("%d rows failed", failed)
	}
	return nil
}
