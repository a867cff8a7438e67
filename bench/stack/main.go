// SPDX-License-Identifier: Apache-2.0

// Command stack measures the built-in layers, one section of README.md for
// each, against what programs would use instead.
//
//	go run ./stack [-rounds 11] [-round 300ms] [-only substring] [-list] [-write]
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

// A section is a table in README.md, between the marks of its name.
type section struct {
	name string
	head []string // of the columns, see report.Head; the first two are the row's own
	rows func() ([]row, error)
	stop func() // ends what rows has started; may be nil
}

// A row is a line of a table.
type row struct {
	workload, subject string

	// measure returns the other cells, and notes that go under the table.
	// errMissing leaves the row out.
	measure func(rounds int, round time.Duration) (cells []string, err error)
}

func (r row) name() string { return r.workload + "/" + r.subject }

// A missingError is a program that is not there.
type missingError string

func (e missingError) Error() string { return string(e) + " is missing" }

// sections is what the command measures.
var sections = []section{tlsSection, throttleSection, faultSection}

func main() {
	rounds := flag.Int("rounds", 11, "pairs of rounds per row")
	round := flag.Duration("round", 300*time.Millisecond, "length of one round")
	only := flag.String("only", "", "run only the rows whose name (section/workload/subject) contains this")
	list := flag.Bool("list", false, "list the rows only")
	write := flag.Bool("write", false, "put the tables into README.md; with -only, it must name whole sections")
	flag.Parse()
	slog.SetDefault(slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError})))
	failed := false
	for _, s := range sections {
		if err := s.run(*rounds, *round, *only, *list, *write); err != nil {
			fmt.Fprintf(os.Stderr, "stack: %s: %v\n", s.name, err)
			failed = true
		}
	}
	if failed {
		os.Exit(1)
	}
}

// run measures the rows of a section.
func (s section) run(rounds int, round time.Duration, only string, list, write bool) error {
	rows, err := s.rows()
	if s.stop != nil {
		defer s.stop()
	}
	if err != nil {
		return err
	}
	text := fmt.Sprintf("%s; medians of %d pairs of rounds of %v.\n\n", report.Machine(), rounds, round) + report.Head(s.head...)
	var notes string
	done := 0
	for _, r := range rows {
		name := s.name + "/" + r.name()
		if !strings.Contains(name, only) {
			continue
		}
		if done++; list {
			fmt.Println(name)
			continue
		}
		if done == 1 {
			fmt.Print(text)
		}
		cells, err := r.measure(rounds, round)
		if missing, ok := err.(missingError); ok {
			notes += fmt.Sprintf("- %s, %s: left out, as %v\n", r.workload, r.subject, missing)
			continue
		}
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		line := report.Row(append([]string{r.workload, r.subject}, cells...)...)
		fmt.Print(line)
		text += line
	}
	if notes != "" {
		text += "\n" + notes
		fmt.Print("\n" + notes)
	}
	if !write || list || done == 0 {
		return nil
	}
	if done < len(rows) {
		return fmt.Errorf("-write is for whole sections, and %q names %d of %d rows", only, done, len(rows))
	}
	return report.Write(s.name, text)
}
