// SPDX-License-Identifier: Apache-2.0

package run

import (
	"fmt"
	"net/netip"
	"strings"
	"syscall"
	"testing"
)

// closedPort returns an address of the host that nobody can listen on while
// the test runs.
func closedPort(t *testing.T, host netip.Addr) netip.AddrPort {
	t.Helper()
	family, sa := syscall.AF_INET, syscall.Sockaddr(&syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}})
	if host.Is6() {
		family, sa = syscall.AF_INET6, &syscall.SockaddrInet6{Addr: host.As16()}
	}
	fd, err := syscall.Socket(family, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { syscall.Close(fd) })
	if err := syscall.Bind(fd, sa); err != nil {
		t.Fatal(err)
	}
	own, err := syscall.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	switch own := own.(type) {
	case *syscall.SockaddrInet4:
		return netip.AddrPortFrom(host, uint16(own.Port))
	case *syscall.SockaddrInet6:
		return netip.AddrPortFrom(host, uint16(own.Port))
	}
	t.Fatal("no port")
	return netip.AddrPort{}
}

// TestBehaviour compares how sockets behave with how they do natively. Under
// a redirection too, nothing may be seen of where the connections go.
func TestBehaviour(t *testing.T) {
	begin(t)
	programs := []struct {
		name, compiler string
		flags          []string
	}{
		{"dynamic", "gcc", nil},
		{"static", "gcc", []string{"-static", "-Wno-error"}},
	}
	for _, p := range programs {
		t.Run(p.name, func(t *testing.T) {
			program := victimC(t, "behave.c", p.compiler, append(p.flags, "-Wno-unused-result")...)
			families(t, func(t *testing.T, host netip.Addr) {
				if host.Is6() && p.name == "static" {
					t.Skip("once is enough")
				}
				want := behaviour(t, chain{native: true}, program, host)
				for line := range strings.Lines(want) {
					if strings.Contains(line, "HANGS") || strings.Contains(line, "DIES") {
						t.Errorf("natively: %s", line)
					}
				}
				chains(t, func(t *testing.T, c chain) {
					compareLines(t, behaviour(t, c, program, host), want, func(question string) (got, want string) {
						return behaviour(t, c, program, host, question), behaviour(t, chain{native: true}, program, host, question)
					})
				})
			})
		})
	}
}

// behaviour returns the answers to all questions, or to some.
func behaviour(t *testing.T, c chain, program string, host netip.Addr, questions ...string) string {
	t.Helper()
	c, ask := c.toward(t, newEchoServer(t, host).addr)
	closed := closedPort(t, host)
	if c.redirect {
		from := netip.AddrPortFrom(ask.Addr(), closed.Port())
		c.flags = append(c.flags, "--rule", redirectRule(from, closed))
	}
	args := append([]string{ask.Addr().String(), fmt.Sprint(ask.Port()), fmt.Sprint(closed.Port())}, questions...)
	return c.output(t, program, args...)
}

// compareLines compares answers. The ports of this machine are also others',
// and much goes on at once, so that an answer that differs is asked for once
// more, both ways.
func compareLines(t *testing.T, got, want string, again func(question string) (got, want string)) {
	t.Helper()
	g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
	if len(g) != len(w) {
		t.Errorf("%d answers came of %d", len(g), len(w))
	}
	for i := range min(len(g), len(w)) {
		if g[i] == w[i] {
			continue
		}
		question, _, _ := strings.Cut(w[i], ":")
		if got, want := again(question); got != want {
			t.Errorf("\n%s\nnatively:\n%s\nand again:\n%s\nnatively:\n%s", g[i], w[i], got, want)
		} else {
			t.Logf("asked once more:\n%s\nnatively:\n%s", g[i], w[i])
		}
	}
}
