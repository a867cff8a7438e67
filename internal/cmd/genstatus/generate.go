// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"fmt"
	"strings"
)

const preamble = `# Status

Every function that Winsock exports, where it is implemented, and which tests
exercise it. This file is generated from the source by
` + "`go run ./internal/cmd/genstatus`" + `; a test fails when it is stale.

"missing" means that there is no such function yet. In a program that asks for
what is missing through another function (an overlapped structure passed to
WSASend, for instance), that function fails with the documented error.

The variants of one function for ANSI and wide strings and for 32-bit programs
are one function in Go.

`

// shownTests is how many tests a row names.
const shownTests = 3

// generate returns the text of STATUS.md for the module in root.
func generate(root string) ([]byte, error) {
	src, err := readSource(root)
	if err != nil {
		return nil, err
	}
	families := parseFunctions(functionList)
	var body, summary bytes.Buffer
	fmt.Fprintf(&summary, "| Family | Functions | Implemented | Exercised by tests |\n|---|--:|--:|--:|\n")
	for _, family := range families {
		implemented, exercised := 0, 0
		fmt.Fprintf(&body, "\n## %s\n\n| Function | Where | Tests |\n|---|---|---|\n", family.title)
		for _, f := range family.functions {
			where, tests := "missing", ""
			if f.inGo != "" {
				where = f.inGo
				implemented++
				exercised++
			} else if symbol, file, ok := src.find(f); ok {
				implemented++
				where = fmt.Sprintf("`%s` in %s", symbol, file)
				list := testsOf(src.tests, symbol)
				if len(list) > 0 {
					exercised++
				}
				tests = shorten(list)
			}
			fmt.Fprintf(&body, "| %s | %s | %s |\n", strings.ReplaceAll(f.name, "__", `\_\_`), where, tests)
		}
		fmt.Fprintf(&summary, "| %s | %d | %d | %d |\n", family.title, len(family.functions), implemented, exercised)
	}
	return append([]byte(preamble), append(summary.Bytes(), body.Bytes()...)...), nil
}

func shorten(tests []string) string {
	if len(tests) == 0 {
		return "none"
	}
	if len(tests) <= shownTests {
		return strings.Join(tests, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(tests[:shownTests], ", "), len(tests)-shownTests)
}
