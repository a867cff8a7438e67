// SPDX-License-Identifier: Apache-2.0

package spi

// A Borrower is a socket that has some of the optional interfaces only while
// another socket has them, as one has that stands before another and does
// what that one can do.
type Borrower interface {
	// Lender returns the socket that must have an optional interface for
	// this one to have it, and nil if this one has it by itself. The
	// interface is given as a nil pointer to it, such as (*Handler)(nil).
	Lender(ability any) Socket
}

// As returns s as a socket with the optional interface T. Everybody who asks
// what a socket can do asks As: a plain type assertion would believe a
// [Borrower] that has the methods and nobody to borrow them from.
func As[T any](s Socket) (able T, ok bool) {
	if able, ok = s.(T); !ok {
		return able, false
	}
	for {
		b, borrows := s.(Borrower)
		if !borrows {
			return able, true
		}
		if s = b.Lender((*T)(nil)); s == nil {
			return able, true
		}
		if _, ok = s.(T); !ok {
			var none T
			return none, false
		}
	}
}
