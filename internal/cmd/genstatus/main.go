// SPDX-License-Identifier: Apache-2.0

// Command genstatus writes STATUS.md: every function of Winsock, where it is
// implemented, and which tests exercise it. All of that is read from the
// source; nothing in STATUS.md is written by hand.
//
// Run it in the module's root: go run ./internal/cmd/genstatus
package main

import (
	"fmt"
	"os"
)

func main() {
	text, err := generate(".")
	if err == nil {
		err = os.WriteFile("STATUS.md", text, 0o644)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "genstatus:", err)
		os.Exit(1)
	}
}
