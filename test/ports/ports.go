// SPDX-License-Identifier: Apache-2.0

// Package ports finds ports for programs that must be told one. It knows
// nothing of this project's packages, so that the tests of all of them can use
// it.
package ports

import (
	"math/rand/v2"
	"net"
	"strconv"
	"testing"
)

// Free returns a port of host, an address, that nobody uses and that is no
// other test's until this one ends: neither of this process, nor of those that
// go test runs beside it. It lies below those that the kernel gives out, so
// that no connection gets it either.
func Free(t testing.TB, host string) string {
	t.Helper()
	for range 1000 {
		port := strconv.Itoa(20000 + rand.IntN(12000))
		// A name that only one process can have at a time, and which goes
		// with it.
		mine, err := net.Listen("unix", "@winsock-test-port-"+port)
		if err != nil {
			continue
		}
		if unused(net.JoinHostPort(host, port)) {
			t.Cleanup(func() { mine.Close() })
			return port
		}
		mine.Close()
	}
	t.Fatal("no port is free")
	return ""
}

func unused(address string) bool {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return false
	}
	l.Close()
	c, err := net.ListenPacket("udp", address)
	if err != nil {
		return false
	}
	c.Close()
	return true
}
