// SPDX-License-Identifier: Apache-2.0

// Package listen opens the listeners of what serves people beside the program:
// interfaces of control, and metrics.
package listen

import (
	"errors"
	"net"
	"os"
	"strings"
	"syscall"
	"time"
)

// patience is how long a process may take to answer at a socket in the file
// system, to count as alive.
const patience = 2 * time.Second

// On listens at an address, which is HOST:PORT or unix:FILE. A socket that a
// dead process has left in the file's place is taken over.
func On(address string) (net.Listener, error) {
	file, ok := strings.CutPrefix(address, "unix:")
	if !ok {
		return net.Listen("tcp", address)
	}
	l, err := net.Listen("unix", file)
	if errors.Is(err, syscall.EADDRINUSE) && RemoveStale(file) {
		l, err = net.Listen("unix", file)
	}
	return l, err
}

// RemoveStale removes a socket from the file system at which nobody listens,
// and reports whether it has. Anything else stays.
func RemoveStale(file string) bool {
	info, err := os.Lstat(file)
	if err != nil || info.Mode()&os.ModeSocket == 0 {
		return false
	}
	c, err := net.DialTimeout("unix", file, patience)
	if err == nil {
		c.Close()
		return false
	}
	return errors.Is(err, syscall.ECONNREFUSED) && os.Remove(file) == nil
}
