// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"fmt"
	"strconv"
	"strings"

	"winsock/wsa"
)

// An Error is what is wrong with one line.
type Error struct {
	Name string // of the text, as a file's
	Line int    // from 1; 0: it is about the whole text
	Text string
}

// Error returns "NAME:LINE: what is wrong".
func (e *Error) Error() string {
	if e.Line == 0 {
		return e.Name + ": " + e.Text
	}
	return e.Name + ":" + strconv.Itoa(e.Line) + ": " + e.Text
}

// Unwrap returns WSAEINVAL.
func (e *Error) Unwrap() error { return wsa.WSAEINVAL }

// Errors is what is wrong with a text, in the order of its lines.
type Errors []*Error

// maxErrors bounds a message: a file that holds no rules at all has as many
// as lines.
const maxErrors = 20

// Error returns one line for each, of which a very long list has only the
// first ones.
func (list Errors) Error() string {
	var b strings.Builder
	for i, e := range list {
		if i == maxErrors {
			fmt.Fprintf(&b, "\n%s: and %d more", e.Name, len(list)-i)
			break
		}
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(e.Error())
	}
	return b.String()
}

// Unwrap returns WSAEINVAL.
func (list Errors) Unwrap() error { return wsa.WSAEINVAL }
