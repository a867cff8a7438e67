// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"errors"
	"strings"
)

var errOpenQuote = errors.New("a quotation mark has no end")

// splitWords splits a line at its spaces, outside quotation marks, which stay
// in the words, and up to a comment.
func splitWords(line string) (words []string, err error) {
	i := 0
	for {
		for i < len(line) && isSpace(line[i]) {
			i++
		}
		if i == len(line) || line[i] == '#' {
			return words, nil
		}
		begin := i
		for i < len(line) && !isSpace(line[i]) {
			if line[i] != '"' {
				i++
				continue
			}
			if i = endOfQuote(line, i); i < 0 {
				return nil, errOpenQuote
			}
		}
		words = append(words, line[begin:i])
	}
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\r' }

// endOfQuote returns where the quotation that begins at i has ended, -1 if it
// does not end.
func endOfQuote(s string, i int) int {
	for i++; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return -1
}

// unquote takes the quotation marks away.
func unquote(word string) string {
	if !strings.Contains(word, `"`) {
		return word
	}
	var b strings.Builder
	inside := false
	for i := 0; i < len(word); i++ {
		switch c := word[i]; {
		case c == '"':
			inside = !inside
		case c == '\\' && inside && i+1 < len(word) && (word[i+1] == '"' || word[i+1] == '\\'):
			i++
			b.WriteByte(word[i])
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

// cutOutside splits s at each separator outside quotation marks.
func cutOutside(s string, separator byte) (parts []string) {
	begin := 0
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '"':
			end := endOfQuote(s, i)
			if end < 0 {
				end = len(s)
			}
			i = end - 1
		case separator:
			parts = append(parts, s[begin:i])
			begin = i + 1
		}
	}
	return append(parts, s[begin:])
}

// quote returns a word that unquote makes text of, and in which nothing
// separates.
func quote(text string) string {
	if text != "" && !strings.ContainsAny(text, " \t\r\";#") {
		return text
	}
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(text) + `"`
}
