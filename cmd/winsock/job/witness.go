// SPDX-License-Identifier: Apache-2.0

package job

import (
	"encoding/binary"
	"syscall"

	"winsock/internal/sys"
)

// A witness tells which signals went to the whole process group.
type witness struct {
	pid, fd int
	came    uint64 // those it has told of and that were not asked for, bit 0 for signal 1
}

func newWitness() *witness {
	pair, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil
	}
	pid, e := sys.Witness(pair[1])
	sys.Close(pair[1])
	if e != 0 {
		sys.Close(pair[0])
		return nil
	}
	return &witness{pid: pid, fd: pair[0]}
}

// look asks the witness which signals have come.
func (w *witness) look() {
	if w == nil {
		return
	}
	// A signal goes to one member of the group after the other. The kernel
	// holds a lock meanwhile, which this call, that changes nothing, takes too.
	_ = syscall.Setpgid(0, syscall.Getpgrp())
	var set [8]byte
	if _, err := syscall.Write(w.fd, set[:]); err != nil {
		return
	}
	if n, err := syscall.Read(w.fd, set[:]); err == nil && n == len(set) {
		w.came |= binary.NativeEndian.Uint64(set[:])
	}
}

// saw tells whether a signal that this process got went to the whole group.
func (w *witness) saw(n syscall.Signal) bool {
	if w == nil {
		return n == syscall.SIGINT || n == syscall.SIGQUIT || n == syscall.SIGTSTP || n == syscall.SIGWINCH // most likely
	}
	w.look()
	bit := uint64(1) << (n - 1)
	saw := w.came&bit != 0
	w.came &^= bit
	return saw
}

// end has the witness end.
func (w *witness) end() {
	if w == nil {
		return
	}
	sys.Close(w.fd)
	for {
		if _, err := syscall.Wait4(w.pid, nil, 0, nil); err != syscall.EINTR {
			return
		}
	}
}
