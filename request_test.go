// SPDX-License-Identifier: Apache-2.0

package winsock

import (
	"bytes"
	"testing"
)

// TestSkip: what is left of a gathered send that goes out in pieces is what
// was not sent, however the pieces lie; and the program's buffers stay.
func TestSkip(t *testing.T) {
	const text = "one, two and three"
	for piece := 1; piece < len(text); piece++ {
		program := [][]byte{[]byte(text[:3]), []byte(text[3:8]), []byte(text[8:12]), []byte(text[12:])}
		r := newRequest(trySend, nil)
		r.msg.Bufs = program
		r.capture()
		for sent := piece; sent < len(text); sent += piece {
			if !r.skip(piece) {
				t.Fatalf("pieces of %d: nothing is left after %d bytes", piece, sent)
			}
			if left := bytes.Join(r.msg.Bufs, nil); string(left) != text[sent:] {
				t.Fatalf("pieces of %d: %q is left after %d bytes, want %q", piece, left, sent, text[sent:])
			}
		}
		if left := r.msg.Len(); r.skip(left) {
			t.Errorf("pieces of %d: something is left after all", piece)
		}
		if whole := bytes.Join(program, nil); string(whole) != text {
			t.Errorf("pieces of %d: the program's buffers are %q now", piece, whole)
		}
		r.reset()
	}
}
