// SPDX-License-Identifier: Apache-2.0

package wsnet

import (
	"context"
	"net"
	"os"
	"time"
)

// opError makes the error of a failed operation. call is the Winsock
// function that failed.
func opError(op, network string, source, addr net.Addr, call string, err error) error {
	return &net.OpError{Op: op, Net: network, Source: source, Addr: addr, Err: os.NewSyscallError(call, err)}
}

// contextError maps the end of a context to what package net reports: a
// time-out for a deadline, and cancellation as it is.
func contextError(err error) error {
	if err == context.DeadlineExceeded {
		return os.ErrDeadlineExceeded
	}
	return err
}

// past is a deadline that wakes whatever waits.
var past = time.Unix(1, 0)
