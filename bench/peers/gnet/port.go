// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"

	"golang.org/x/sys/unix"

	"winsock/bench/peers/peer"
)

// portOf returns the port of a socket, and closes the descriptor.
func portOf(fd int) int {
	defer unix.Close(fd)
	name, err := unix.Getsockname(fd)
	peer.Check(err)
	in4, ok := name.(*unix.SockaddrInet4)
	if !ok {
		peer.Die(errors.New("not a socket of IPv4"))
	}
	return in4.Port
}
