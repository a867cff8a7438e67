// SPDX-License-Identifier: Apache-2.0

package config

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"winsock/spi"
	"winsock/wsa"
)

// An Error is one thing that is wrong with a configuration. It is WSAEINVAL.
type Error struct {
	File         string
	Line, Column int // from 1, in characters; 0: it is about the whole file
	Text         string

	source []byte // the line
	length int    // of what is wrong in it, in characters
	secret bool   // the line is not to be shown
}

// Error returns "FILE:LINE:COLUMN: what is wrong".
func (e *Error) Error() string {
	if e.Line == 0 {
		return e.File + ": " + e.Text
	}
	return fmt.Sprintf("%s:%d:%d: %s", e.File, e.Line, e.Column, e.Text)
}

// Unwrap returns WSAEINVAL.
func (e *Error) Unwrap() error { return wsa.WSAEINVAL }

// Excerpt returns the line and, below it, marks under what is wrong; "" if
// there is no line to show, or if it holds a secret.
func (e *Error) Excerpt() string {
	line := string(e.source)
	if e.Line == 0 || e.secret || strings.TrimSpace(line) == "" || !utf8.ValidString(line) || spi.RedactPasswords(line) != line {
		return ""
	}
	number := fmt.Sprintf("%5d", e.Line)
	var b strings.Builder
	b.WriteString(number + " | ")
	margin, column := "", 0
	for _, r := range line {
		column++
		switch {
		case r == '\t':
			b.WriteByte('\t')
		case r < ' ' || r == 0x7f:
			b.WriteByte('?')
		default:
			b.WriteRune(r)
		}
		if column < e.Column {
			if r == '\t' {
				margin += "\t"
			} else {
				margin += " "
			}
		}
	}
	b.WriteString("\n" + strings.Repeat(" ", len(number)) + " | " + margin + strings.Repeat("^", max(1, min(e.length, column-e.Column+1))))
	return b.String()
}

// Errors is all that is wrong with a configuration, in the order of its lines.
type Errors []*Error

// Error returns a line for each.
func (list Errors) Error() string {
	lines := make([]string, len(list))
	for i, e := range list {
		lines[i] = e.Error()
	}
	return strings.Join(lines, "\n")
}

// Unwrap returns WSAEINVAL.
func (list Errors) Unwrap() error { return wsa.WSAEINVAL }

// sorted orders the errors by place and leaves out what is told twice.
func (list Errors) sorted() Errors {
	slices.SortStableFunc(list, func(a, b *Error) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	return slices.CompactFunc(list, func(a, b *Error) bool { return a.Error() == b.Error() })
}

// err returns the list as an error, nil if there is none.
func (list Errors) err() error {
	if len(list) == 0 {
		return nil
	}
	return list.sorted()
}

// A source is the text of a file.
type source struct {
	name   string
	dir    string // names of files are relative to it
	data   []byte
	starts []int // of the lines
}

func newSource(name, dir string, data []byte) *source {
	s := &source{name: name, dir: dir, data: data, starts: []int{0}}
	for i, c := range data {
		if c == '\n' {
			s.starts = append(s.starts, i+1)
		}
	}
	return s
}

// wrong makes an error of a place.
func (s *source) wrong(at span, format string, args ...any) *Error {
	e := &Error{File: s.name, Text: fmt.Sprintf(format, args...)}
	if at == (span{}) && len(s.data) == 0 {
		return e
	}
	e.Line = s.line(at.at)
	start := s.starts[e.Line-1]
	e.Column = utf8.RuneCount(s.data[start:at.at]) + 1
	e.source = s.data[start:]
	if end := bytes.IndexByte(e.source, '\n'); end >= 0 {
		e.source = e.source[:end]
	}
	e.source = bytes.TrimSuffix(e.source, []byte("\r"))
	marked := s.data[at.at:min(at.at+at.len, len(s.data))]
	if end := bytes.IndexByte(marked, '\n'); end >= 0 {
		marked = marked[:end]
	}
	e.length = utf8.RuneCount(marked)
	return e
}

// line returns the line of an offset.
func (s *source) line(at int) int {
	i, found := slices.BinarySearch(s.starts, at)
	if found {
		i++
	}
	return i
}

// spanAt returns the place of a line and a column in bytes, which are from 1.
func (s *source) spanAt(line, column int) span {
	start := s.starts[max(0, min(line, len(s.starts))-1)]
	return span{min(start+max(column-1, 0), len(s.data)), 1}
}

// nearest returns " (did you mean X?)" if one of the words is much like
// another one, else "".
func nearest(word string, words []string) string {
	best, distance := "", (len(word)+2)/3+1
	for _, w := range words {
		if d := edits(strings.ToLower(word), strings.ToLower(w)); d < distance && d < len(w) {
			best, distance = w, d
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf("; did you mean %q?", best)
}

// maxEdits bounds the words that edits compares.
const maxEdits = 64

// edits counts the letters to add, leave out, change or swap with the next
// that make b of a.
func edits(a, b string) int {
	if len(a) > maxEdits || len(b) > maxEdits {
		return maxEdits
	}
	before, row, next := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		next[0] = i + 1
		for j := range len(b) {
			change := row[j]
			if a[i] != b[j] {
				change++
			}
			next[j+1] = min(row[j+1]+1, next[j]+1, change)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				next[j+1] = min(next[j+1], before[j-1]+1)
			}
		}
		before, row, next = row, next, before
	}
	return row[len(b)]
}
