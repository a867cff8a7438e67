// SPDX-License-Identifier: Apache-2.0

package trace

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"

	"winsock/spi"
)

// sockets counts the sockets that the process traces, which gives them their
// numbers.
var sockets atomic.Int64

// An owner is a process whose sockets are traced. It does not change once it
// is made.
type owner struct {
	id      int
	program string
	path    string // "" if it is not known
	user    string // "" if it is not known
}

// self is the process that traces.
var self = &owner{id: os.Getpid(), program: programName()}

// ownerOf returns the process that a socket is opened for.
func ownerOf(p *spi.Process) *owner {
	if p == nil {
		return self
	}
	o := &owner{id: p.ID, program: p.Name, path: p.Path, user: p.User}
	if o.program == "" && p.Path != "" {
		o.program = filepath.Base(p.Path)
	}
	if o.program == "" {
		o.program = "?"
	}
	return o
}

// String is how the capture names the process.
func (o *owner) String() string { return fmt.Sprintf("process %d, %s", o.id, o.program) }

// details is String with all else that is known.
func (o *owner) details() string {
	text := o.String()
	if o.path != "" {
		text += ", " + o.path
	}
	if o.user != "" {
		text += ", user " + o.user
	}
	return text
}

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
