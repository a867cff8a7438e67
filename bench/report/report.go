// SPDX-License-Identifier: Apache-2.0

// Package report has what the measuring commands share: statistics over
// pairs of rounds, tables, and the README that the tables go into.
package report

import (
	"bytes"
	"cmp"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// Quartiles returns the median of values and the quartiles round it.
func Quartiles(values []float64) (low, median, high float64) {
	if len(values) == 0 {
		return 0, 0, 0
	}
	s := slices.Sorted(slices.Values(values))
	n := len(s)
	return s[n/4], s[n/2], s[n-1-n/4]
}

// Median returns the median of values, 0 if there is none.
func Median[T cmp.Ordered](values []T) (median T) {
	if len(values) > 0 {
		median = slices.Sorted(slices.Values(values))[len(values)/2]
	}
	return median
}

// Row formats a line of a Markdown table.
func Row(cells ...string) string { return "| " + strings.Join(cells, " | ") + " |\n" }

// Head formats the head of a Markdown table. A name that begins with ">" is
// that of a column of numbers.
func Head(names ...string) string {
	rules := make([]string, len(names))
	names = slices.Clone(names)
	for i, name := range names {
		rules[i] = "---"
		if number, ok := strings.CutPrefix(name, ">"); ok {
			names[i], rules[i] = number, "--:"
		}
	}
	return Row(names...) + "|" + strings.Join(rules, "|") + "|\n"
}

// Root returns the folder of the benchmarks' module, in which the command
// must have been started.
func Root() (string, error) {
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "winsock/bench").Output()
	if err != nil {
		return "", fmt.Errorf("start this command in the folder bench: %w", err)
	}
	return strings.TrimSpace(string(out)), nil
}

// Machine describes what was measured on, in a line.
func Machine() string {
	release, _ := os.ReadFile("/proc/sys/kernel/osrelease")
	return fmt.Sprintf("Linux %s, %s, %d processors of the kind %q, %s",
		strings.TrimSpace(string(release)), runtime.GOARCH, runtime.NumCPU(), processor(), runtime.Version())
}

func processor() string {
	info, _ := os.ReadFile("/proc/cpuinfo")
	for line := range strings.Lines(string(info)) {
		if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return "unknown"
}

// Write puts text into README.md of the module, between the marks of a
// section, in place of what is there.
func Write(section, text string) error {
	root, err := Root()
	if err != nil {
		return err
	}
	name := filepath.Join(root, "README.md")
	old, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	replaced, err := replaceSection(old, section, text)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return os.WriteFile(name, replaced, 0o644)
}

func replaceSection(old []byte, section, text string) ([]byte, error) {
	begin := fmt.Appendf(nil, "<!-- %s: begin -->\n", section)
	end := fmt.Appendf(nil, "<!-- %s: end -->\n", section)
	before, rest, ok := bytes.Cut(old, begin)
	if !ok {
		return nil, fmt.Errorf("no line %q", begin)
	}
	_, after, ok := bytes.Cut(rest, end)
	if !ok {
		return nil, fmt.Errorf("no line %q", end)
	}
	return slices.Concat(before, begin, []byte(text), end, after), nil
}
