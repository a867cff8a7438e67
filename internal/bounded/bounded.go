// SPDX-License-Identifier: Apache-2.0

// Package bounded reads what somebody else has named, and what may therefore be
// of any length.
package bounded

import (
	"errors"
	"io"
	"os"
)

// ErrTooLong is the error of what is longer than the limit.
var ErrTooLong = errors.New("it is too long")

// Read reads all that r gives, but for more than limit bytes.
func Read(r io.Reader, limit int64) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err == nil && int64(len(data)) > limit {
		return nil, ErrTooLong
	}
	return data, err
}

// ReadFile reads a file in the same way.
func ReadFile(name string, limit int64) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := Read(f, limit)
	if err == ErrTooLong {
		err = &os.PathError{Op: "read", Path: name, Err: err}
	}
	return data, err
}
