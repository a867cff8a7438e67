// SPDX-License-Identifier: Apache-2.0

package meter

import (
	"iter"
	"sync/atomic"

	"winsock/wsa"
)

// Codes of sockets are close together. What is not among them is counted as
// one.
const (
	firstCode = wsa.Errno(10000)
	lastCode  = wsa.Errno(10120)
	numCodes  = int(lastCode-firstCode) + 2
)

// Codes are errors by their codes.
type Codes [numCodes]int64

// codeIndex returns where an error is counted, which is the last place for
// all that are no codes of sockets.
func codeIndex(err error) int {
	code := wsa.ErrnoOf(err)
	if code < firstCode || code > lastCode {
		return numCodes - 1
	}
	return int(code - firstCode)
}

// Of returns how often a code was answered. All that are no codes of sockets
// are one, that of 0.
func (c *Codes) Of(code wsa.Errno) int64 {
	if code < firstCode || code > lastCode {
		return c[numCodes-1]
	}
	return c[code-firstCode]
}

// All returns the codes that were answered, and how often. What is no code of
// sockets has the code 0.
func (c *Codes) All() iter.Seq2[wsa.Errno, int64] {
	return func(yield func(wsa.Errno, int64) bool) {
		for i, n := range c {
			code := firstCode + wsa.Errno(i)
			if i == numCodes-1 {
				code = 0
			}
			if n != 0 && !yield(code, n) {
				return
			}
		}
	}
}

// CodeName returns the name of a code that [Codes.All] tells, such as
// "WSAECONNRESET", and "other" for all that are no codes of sockets.
func CodeName(code wsa.Errno) string {
	if code == 0 {
		return "other"
	}
	return code.Name()
}

// Sum returns how many errors there were.
func (c *Codes) Sum() (n int64) {
	for _, of := range c {
		n += of
	}
	return n
}

func (c *Codes) add(more *Codes) {
	for i, n := range more {
		c[i] += n
	}
}

// codes counts errors.
type codes [numCodes]atomic.Int64
