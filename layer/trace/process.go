// SPDX-License-Identifier: Apache-2.0

package trace

import (
	"bytes"
	"os"
	"path/filepath"
	"sync/atomic"
)

var (
	processID = os.Getpid()
	program   = programName()

	// sockets counts the traced sockets of the process, which gives them
	// their numbers.
	sockets atomic.Int64
)

func programName() string {
	// Arguments are missing in a library whose host keeps them to itself.
	if len(os.Args) > 0 && os.Args[0] != "" {
		return filepath.Base(os.Args[0])
	}
	if comm, err := os.ReadFile("/proc/self/comm"); err == nil {
		return string(bytes.TrimSpace(comm))
	}
	return "?"
}
