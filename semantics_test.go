// SPDX-License-Identifier: Apache-2.0

package winsock

import (
	"slices"
	"testing"

	"winsock/wsa"
)

// A semantic is one thing that Winsock's documentation promises, and the
// program that finds out whether it holds.
type semantic struct {
	rule string // "difference 19", or the title of a page of the documentation with what it says
	name string // unique in its chapter
	run  func(t *testing.T)
}

// A chapter is the table of one theme. The tables stand in the files
// semantics_*_test.go.
type chapter struct {
	name    string
	unready bool // the rows begin without WSAStartup
	rows    []semantic
}

var chapters = []chapter{
	{"startup", true, startupSemantics},
	{"socket", false, socketSemantics},
	{"bind", false, bindSemantics},
	{"sharing", false, sharingSemantics},
	{"options", false, slices.Concat(optionSemantics, optionDefaults(), optionErrors())},
	{"accept", false, acceptSemantics},
	{"connect", false, connectSemantics},
	{"data", false, dataSemantics},
	{"datagram", false, datagramSemantics},
	{"shutdown", false, shutdownSemantics},
	{"urgent", false, urgentSemantics},
	{"control", false, controlSemantics},
	{"select", false, selectSemantics},
	{"events", false, eventSemantics},
	{"names", false, nameSemantics},
}

// TestSemantics runs the tables over the kernel provider.
func TestSemantics(t *testing.T) {
	for _, c := range chapters {
		t.Run(c.name, func(t *testing.T) {
			for _, s := range c.rows {
				t.Run(s.name, func(t *testing.T) {
					t.Cleanup(func() {
						if t.Failed() {
							t.Logf("the rule is: %s", s.rule)
						}
					})
					if !c.unready {
						started(t)
					}
					s.run(t)
				})
			}
		})
	}
}

// TestSemanticsTable keeps the tables from losing rows or their sources.
func TestSemanticsTable(t *testing.T) {
	const enough = 150
	rows := 0
	for _, c := range chapters {
		seen := make(map[string]bool)
		for _, s := range c.rows {
			rows++
			if s.rule == "" || s.name == "" || s.run == nil {
				t.Errorf("%s/%s: a row needs its rule, a name and something to run", c.name, s.name)
			}
			if seen[s.name] {
				t.Errorf("%s/%s is there twice", c.name, s.name)
			}
			seen[s.name] = true
		}
	}
	if rows < enough {
		t.Errorf("there are %d rows, want %d or more", rows, enough)
	}
	t.Logf("%d rows", rows)
}

// inBothFamilies runs a row over IPv4 and over IPv6.
func inBothFamilies(run func(t *testing.T, family int32)) func(t *testing.T) {
	return func(t *testing.T) {
		for _, family := range []int32{wsa.AF_INET, wsa.AF_INET6} {
			t.Run(wsa.FamilyName(family), func(t *testing.T) { run(t, family) })
		}
	}
}

// onTheKernel runs a row that uses the helpers of a bed.
func onTheKernel(run func(b *bed)) func(t *testing.T) {
	return func(t *testing.T) {
		run(&bed{T: t, open: func(family, socketType int32) (SOCKET, error) { return Socket(family, socketType, 0) }})
	}
}

// boundSocket makes a socket that is bound to the loopback address.
func boundSocket(t testing.TB, family, socketType int32) (SOCKET, wsa.Sockaddr) {
	t.Helper()
	s := newTestSocket(t, family, socketType)
	addr := loopback(family, 0)
	must(t, Bind(s, &addr))
	must(t, GetSockName(s, &addr))
	return s, addr
}

// wildcard returns the address that stands for all of the family.
func wildcard(family int32, port uint16) wsa.Sockaddr {
	b := make([]byte, wsa.SizeofSockaddrIn)
	if family == wsa.AF_INET6 {
		b = make([]byte, wsa.SizeofSockaddrIn6)
	}
	b[0] = byte(family)
	sa := wsa.SockaddrBytes(b)
	sa.SetPort(port)
	return sa
}

// nameOf returns the local address.
func nameOf(t testing.TB, s SOCKET) (addr wsa.Sockaddr) {
	t.Helper()
	must(t, GetSockName(s, &addr))
	return addr
}

// refusing returns an address that nobody listens on, as long as the test
// holds it bound.
func refusingAddr(t testing.TB, family int32) wsa.Sockaddr {
	t.Helper()
	_, addr := boundSocket(t, family, wsa.SOCK_STREAM)
	return addr
}

// pending makes a non-blocking socket whose connect stays under way: the
// listener's queue is full.
func pending(t testing.TB, family int32) (s SOCKET, to wsa.Sockaddr) {
	t.Helper()
	l, to := boundSocket(t, family, wsa.SOCK_STREAM)
	must(t, Listen(l, 0))
	for range 2 { // the queue takes one more than the backlog
		c := newTestSocket(t, family, wsa.SOCK_STREAM)
		nonblocking(t, c)
		if err := Connect(c, &to); err != nil && err != wsa.WSAEWOULDBLOCK {
			t.Fatal(err)
		}
	}
	s = newTestSocket(t, family, wsa.SOCK_STREAM)
	nonblocking(t, s)
	wantErr(t, "connect to a full queue", Connect(s, &to), wsa.WSAEWOULDBLOCK)
	return s, to
}

func setOpt(t testing.TB, s SOCKET, level, name, value int32) {
	t.Helper()
	must(t, SetSockOptInt(s, level, name, value))
}

func wantOpt(t testing.TB, s SOCKET, level, name, want int32) {
	t.Helper()
	got, err := GetSockOptInt(s, level, name)
	if err != nil || got != want {
		t.Errorf("%s of %s reads %d, %v, want %d", wsa.OptionName(level, name), wsa.LevelName(level), got, err, want)
	}
}

// wantRecv receives once and compares.
func wantRecv(t testing.TB, s SOCKET, want string) {
	t.Helper()
	p := make([]byte, 1024)
	n, err := Recv(s, p, 0)
	if err != nil || string(p[:n]) != want {
		t.Errorf("received %q, %v, want %q", p[:n], err, want)
	}
}

func sendText(t testing.TB, s SOCKET, text string) {
	t.Helper()
	n, err := Send(s, []byte(text), 0)
	if err != nil || n != len(text) {
		t.Fatalf("sent %d of %d bytes: %v", n, len(text), err)
	}
}

// resetBy closes a socket so that its peer sees a reset.
func resetBy(t testing.TB, s SOCKET) {
	t.Helper()
	hard := wsa.Linger{OnOff: 1}
	must(t, SetSockOpt(s, wsa.SOL_SOCKET, wsa.SO_LINGER, hard.Append(nil)))
	must(t, CloseSocket(s))
}
