// SPDX-License-Identifier: Apache-2.0

// Command run measures what winsock run costs: programs under it, through
// chains of layers, side by side with the same programs natively. All goes
// over loopback.
//
// The two sides of a row are measured in turn, in an order that alternates,
// and the row tells the median of the pairs' ratios, so that what disturbs
// the machine disturbs both.
//
// Rounds are as long as it takes to see what the row is about, and then fewer:
// of what winsock run does to a program that runs already, the start of winsock
// run is no part. That has rows of its own.
//
//	go run ./run [-rounds 15] [-round 200ms] [-only substring] [-patience 0] [-list] [-write]
//
// The whole table takes about ten minutes.
//
// It needs gcc; what else is missing (iperf3, nginx, wrk, proxychains4, make)
// leaves rows out, and is said below the table.
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

// The processes are started by the main thread, whose end is theirs too.
func init() { runtime.LockOSThread() }

func main() {
	rounds := flag.Int("rounds", 15, "pairs of rounds per row")
	round := flag.Duration("round", 200*time.Millisecond, "length of one round, roughly")
	only := flag.String("only", "", "only the rows whose name, workload/subject/against, contains this")
	patience := flag.Duration("patience", 0, "how long, in all, to wait for moments in which the machine is quiet")
	list := flag.Bool("list", false, "print the names of the rows")
	write := flag.Bool("write", false, "put the table into README.md")
	flag.Parse()
	if err := measure(*rounds, *round, *only, pause{*patience}, *list, *write); err != nil {
		fmt.Fprintln(os.Stderr, "run:", err)
		os.Exit(1)
	}
}

func measure(rounds int, round time.Duration, only string, quiet pause, list, write bool) error {
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
		if strings.Contains(r.name(), only) {
			chosen = append(chosen, r)
		}
	}
	if list {
		for _, r := range chosen {
			fmt.Println(r.name())
		}
		return nil
	}
	b, err := newBench(ctx)
	if err != nil {
		return err
	}
	defer b.close()
	b.quiet = quiet
	text := fmt.Sprintf("%s; medians of %d pairs of rounds of about %v, or of at least %d longer ones.\n\n", report.Machine(), rounds, round, min(rounds, fewest)) + heading
	fmt.Print(text)
	failed := 0
	notes := ""
	for _, r := range chosen {
		result, err := b.compare(ctx, r, rounds, round)
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if err != nil {
			if !errors.Is(err, errMissing) {
				failed++
			}
			notes += fmt.Sprintf("- %s: left out: %v\n", r.name(), err)
			fmt.Fprintf(os.Stderr, "run: %s: %v\n", r.name(), err)
			continue
		}
		line := result.line(r)
		fmt.Print(line)
		text += line
	}
	if failed > 0 {
		return fmt.Errorf("%d rows failed", failed)
	}
	if notes != "" {
		text += "\n" + notes
	}
	if write {
		return report.Write("run", text)
	}
	return nil
}
