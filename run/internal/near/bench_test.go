// SPDX-License-Identifier: Apache-2.0

package near

import (
	"testing"

	"winsock/internal/sys"
)

// program makes a socket as a program has it.
func program(b *testing.B) int {
	fd, e := sys.Socket(sys.AF_INET, sys.SOCK_STREAM, 0)
	if e != 0 {
		b.Fatal(e)
	}
	return fd
}

// hangUp closes both ends in a way that leaves no port busy.
func hangUp(fd, end int) {
	hard := [8]byte{0: 1}
	sys.SetSockOpt(fd, sys.SOL_SOCKET, sys.SO_LINGER, hard[:])
	sys.Close(fd)
	sys.Close(end)
}

func BenchmarkConnect(b *testing.B) {
	var ends Ends
	defer ends.Close()
	for range b.N {
		fd := program(b)
		end, e := ends.Connect(fd, IPv4)
		if e != 0 {
			b.Fatal(e)
		}
		hangUp(fd, end)
	}
}

func BenchmarkHoldComplete(b *testing.B) {
	var ends Ends
	defer ends.Close()
	for range b.N {
		fd := program(b)
		if e := ends.Hold(fd, IPv4); e != 0 {
			b.Fatal(e)
		}
		end, e := ends.Complete(fd, IPv4)
		if e != 0 {
			b.Fatal(e)
		}
		hangUp(fd, end)
	}
}
