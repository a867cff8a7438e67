// SPDX-License-Identifier: Apache-2.0

package main

import (
	_ "embed"
	"strings"
)

//go:embed functions.txt
var functionList string

// A family is a headed list of functions.
type family struct {
	title     string
	functions []function
}

// A function is one that Winsock exports.
type function struct {
	name   string
	symbol string // Go symbol, where it does not follow from the name
	inGo   string // what takes its place in Go, if it has no symbol there
}

func parseFunctions(list string) (families []family) {
	for line := range strings.Lines(list) {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		if title, ok := strings.CutPrefix(line, "= "); ok {
			families = append(families, family{title: title})
			continue
		}
		name, rest, _ := strings.Cut(line, " ")
		f := function{name: name}
		if reason, ok := strings.CutPrefix(rest, "- "); ok {
			f.inGo = reason
		} else {
			f.symbol = rest
		}
		last := &families[len(families)-1]
		last.functions = append(last.functions, f)
	}
	return families
}

// goNames returns the Go names that a function of the API may have: its own,
// and its own without the mark of a variant that Go does not need (ANSI and
// wide strings, 32-bit processes).
func goNames(name string) []string {
	for _, variant := range []string{"64_32", "32", "W", "A"} {
		if base, ok := strings.CutSuffix(name, variant); ok {
			return []string{name, base}
		}
	}
	return []string{name}
}

// fold makes names comparable across the habits of C and Go.
func fold(name string) string { return strings.ToLower(strings.ReplaceAll(name, "_", "")) }
