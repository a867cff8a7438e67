// SPDX-License-Identifier: Apache-2.0

package job

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"text/tabwriter"
	"time"

	"winsock/run"
)

// report writes the counts where the plan says.
func (s *supervisor) report() {
	if s.plan.Stats == "" {
		return
	}
	out := io.Writer(os.Stderr)
	if s.plan.StatsFile != "" {
		f, err := os.Create(s.plan.StatsFile)
		if err != nil {
			fmt.Fprintf(os.Stderr, "winsock run: the statistics cannot be written: %v\n", err)
			return
		}
		defer f.Close()
		out = f
	}
	writeStats(out, s.plan.Stats, s.carrier.Stats(), time.Since(s.started))
}

// writeStats writes counts as "text" or "json".
func writeStats(out io.Writer, format string, stats run.Stats, elapsed time.Duration) {
	if format == "json" {
		e := json.NewEncoder(out)
		e.SetIndent("", "  ")
		_ = e.Encode(stats) // as for the text, there is nowhere to complain
		return
	}
	w := tabwriter.NewWriter(out, 0, 8, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(out, "winsock run: %s, %d network calls", round(elapsed), stats.Calls)
	if stats.Denied > 0 {
		fmt.Fprintf(out, " (%d denied)", stats.Denied)
	}
	if stats.Queries > 0 {
		fmt.Fprintf(out, ", %d DNS queries", stats.Queries)
	}
	fmt.Fprintf(out, "\n")
	fmt.Fprintf(w, "connections:\tdirect\trelayed\taccepted\tfailed\tsent\treceived\t\n")
	fmt.Fprintf(w, "\t%d\t%d\t%d\t%d\t%s\t%s\t\n", stats.Direct, stats.Relayed, stats.Accepted, stats.Refused, Bytes(stats.Sent), Bytes(stats.Received))
	w.Flush()
	if len(stats.Layers) == 0 {
		return
	}
	name := 0
	for _, l := range stats.Layers {
		name = max(name, len(l.Name))
	}
	fmt.Fprintf(w, "layer:%*s\tcalls\terrors\ttime\tper call\t\n", max(name-6, 0), "")
	for _, l := range stats.Layers {
		each := time.Duration(0)
		if l.Calls > 0 {
			each = l.Time / time.Duration(l.Calls)
		}
		fmt.Fprintf(w, "%-*s\t%d\t%d\t%s\t%s\t\n", max(name, 6), l.Name, l.Calls, l.Errors, round(l.Time), round(each))
	}
	w.Flush()
	fmt.Fprintf(w, "calls:%*s\tcalls\terrors\twaits\tp50\tp99\t\n", max(name+len(" control")-6, 0), "")
	for _, l := range stats.Layers {
		for _, g := range l.Groups {
			what := fmt.Sprintf("%-*s %s", name, l.Name, g.Group)
			fmt.Fprintf(w, "%-*s\t%d\t%d\t%d\t%s\t%s\t\n", name+len(" control"), what, g.Calls, g.Errors, g.Blocked, round(g.Median), round(g.P99))
		}
	}
	w.Flush()
}

// round leaves three digits or so of a duration.
func round(d time.Duration) time.Duration {
	unit := time.Duration(1)
	for d >= 1000*unit {
		unit *= 10
	}
	return d.Round(unit)
}

// Bytes writes a number of bytes in at most six characters and a unit.
func Bytes(n uint64) string {
	if n < 1000 {
		return fmt.Sprintf("%d B", n)
	}
	v, unit := float64(n), 0
	for v >= 999.5 && unit < len(units) {
		v /= 1000
		unit++
	}
	if v < 9.995 {
		return fmt.Sprintf("%.2f %cB", v, units[unit-1])
	}
	if v < 99.95 {
		return fmt.Sprintf("%.1f %cB", v, units[unit-1])
	}
	return fmt.Sprintf("%.0f %cB", v, units[unit-1])
}

const units = "kMGTPE"
