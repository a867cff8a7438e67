// SPDX-License-Identifier: Apache-2.0

package catalog

import (
	"fmt"
	"strings"
)

// A Problem is one thing that is wrong with a catalog.
type Problem struct {
	File  string // the catalog's file, empty for the defaults
	Line  int    // where in the file, 0 if that cannot be told
	Entry uint32 // the catalog id of the entry it is about, 0 if none
	Text  string // what is wrong, and what follows from it
}

// String returns the problem in one line.
func (p Problem) String() string {
	var b strings.Builder
	if p.File != "" {
		b.WriteString(p.File)
		if p.Line > 0 {
			fmt.Fprintf(&b, ":%d", p.Line)
		}
		b.WriteString(": ")
	}
	if p.Entry != 0 {
		fmt.Fprintf(&b, "entry %d: ", p.Entry)
	}
	b.WriteString(p.Text)
	return b.String()
}
