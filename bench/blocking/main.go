// SPDX-License-Identifier: Apache-2.0

// Command blocking measures blocking connections of Winsock side by side with
// those of package net, on the loopback interface. Each row compares two
// subjects over many short alternating rounds and reports the median of the
// rounds' ratios, so that what disturbs the machine disturbs both.
//
//	go run ./blocking [-rounds 11] [-round 300ms] [-only substring] [-write]
package main

import (
	"flag"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"time"

	"winsock/bench/report"
)

func main() {
	rounds := flag.Int("rounds", 11, "pairs of rounds per row")
	round := flag.Duration("round", 300*time.Millisecond, "length of one round")
	only := flag.String("only", "", "run only the rows whose name contains this")
	write := flag.Bool("write", false, "put the table into README.md")
	flag.Parse()
	if *write && *only != "" {
		fmt.Fprintln(os.Stderr, "blocking: -write is for the whole table, not for -only")
		os.Exit(2)
	}
	slog.SetDefault(slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn})))

	text := fmt.Sprintf("%s; medians of %d pairs of rounds of %v.\n\n", report.Machine(), *rounds, *round) +
		report.Head("Workload", "Subject", "Against", ">Ratio (higher is better)", ">Quartiles", ">Subject's rate", ">Allocations an operation")
	fmt.Print(text)
	failed := false
	for _, row := range rows() {
		if !strings.Contains(row.name(), *only) {
			continue
		}
		result, err := compare(row, *rounds, *round)
		if err != nil {
			fmt.Fprintf(os.Stderr, "blocking: %s: %v\n", row.name(), err)
			failed = true
			continue
		}
		line := report.Row(row.workload.name, row.subject.name, row.against.name,
			fmt.Sprintf("%.2f", result.median), fmt.Sprintf("%.2f..%.2f", result.low, result.high),
			row.workload.rate(result.perSecond), fmt.Sprintf("%.2f", result.allocations))
		fmt.Print(line)
		text += line
	}
	if failed {
		os.Exit(1)
	}
	if *write {
		if err := report.Write("blocking", text); err != nil {
			fmt.Fprintln(os.Stderr, "blocking:", err)
			os.Exit(1)
		}
	}
}
