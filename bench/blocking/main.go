// SPDX-License-Identifier: Apache-2.0

// Command blocking measures blocking connections of Winsock side by side with
// those of package net, on the loopback interface. Each row compares two
// subjects over many short alternating rounds and reports the median of the
// rounds' ratios, so that what disturbs the machine disturbs both.
//
//	go run ./blocking [-rounds 11] [-round 300ms] [-only substring]
package main

import (
	"flag"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"time"
)

func main() {
	rounds := flag.Int("rounds", 11, "pairs of rounds per row")
	round := flag.Duration("round", 300*time.Millisecond, "length of one round")
	only := flag.String("only", "", "run only the rows whose name contains this")
	flag.Parse()
	slog.SetDefault(slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn})))

	fmt.Println("| Workload | Subject | Against | Ratio (higher is better) | Quartiles | Subject's rate | Allocations an operation |")
	fmt.Println("|---|---|---|--:|--:|--:|--:|")
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
		fmt.Printf("| %s | %s | %s | %.2f | %.2f..%.2f | %s | %.2f |\n",
			row.workload.name, row.subject.name, row.against.name,
			result.median, result.low, result.high, row.workload.rate(result.perSecond), result.allocations)
	}
	if failed {
		os.Exit(1)
	}
}
