// SPDX-License-Identifier: Apache-2.0

package spitest

import (
	"log/slog"
	"net/netip"
	"path/filepath"
	"slices"
	"testing"

	"winsock/spi"
	"winsock/spi/spitest/leak"
	"winsock/wsa"
)

// A Network is what the suite runs on: a provider with all that is below it.
type Network struct {
	// Entries are the protocols to check. Their flags say what is claimed.
	Entries []wsa.ProtocolInfo

	// Open opens a socket of one of them.
	Open func(info *wsa.ProtocolInfo) (spi.Socket, error)

	// Address returns an address of this machine that a socket can be
	// bound to, with the port, or what stands for one, left to the provider
	// where the family can do so. It is called for each bind. Nil means the
	// loopback address, or a new path for AF_UNIX.
	Address func(t testing.TB, info *wsa.ProtocolInfo) wsa.Sockaddr

	// NoReset reports that connections of a protocol cannot be reset, as
	// those of AF_UNIX on Linux. Nil means that all can.
	NoReset func(info *wsa.ProtocolInfo) bool

	// Translated says that a server sees another address of its client
	// than the client itself, as behind a proxy.
	Translated bool

	// Lasting names goroutines that may outlive a check; see package leak.
	Lasting []string
}

// Startup is the type of a driver's Startup.
type Startup func(p *spi.StartupParams) (spi.Provider, error)

// Base starts a base provider and returns its network of streams and
// datagrams; raw sockets have no rules in common.
func Base(t testing.TB, startup Startup, entries []wsa.ProtocolInfo) Network {
	t.Helper()
	p := start(t, startup, nil)
	entries = slices.DeleteFunc(slices.Clone(entries), func(info wsa.ProtocolInfo) bool {
		return info.SocketType == wsa.SOCK_RAW
	})
	return Network{
		Entries: entries,
		Open:    func(info *wsa.ProtocolInfo) (spi.Socket, error) { return p.Socket(opening(info)) },
	}
}

// With starts a layered provider on top of n.
func (n Network) With(t testing.TB, startup Startup, options spi.Options) Network {
	t.Helper()
	p := start(t, startup, options)
	below := n.Open
	n.Open = func(info *wsa.ProtocolInfo) (spi.Socket, error) {
		o := opening(info)
		o.Next = func(*spi.Opening) (spi.Socket, error) { return below(info) }
		return p.Socket(o)
	}
	return n
}

// Without returns n with the service flags taken from all entries, for
// layers that do not pass on what they stand for.
func (n Network) Without(flags uint32) Network {
	n.Entries = slices.Clone(n.Entries)
	for i := range n.Entries {
		n.Entries[i].ServiceFlags1 &^= flags
	}
	return n
}

// Only returns n with the entries that keep returns true for.
func (n Network) Only(keep func(info *wsa.ProtocolInfo) bool) Network {
	n.Entries = slices.DeleteFunc(slices.Clone(n.Entries), func(info wsa.ProtocolInfo) bool { return !keep(&info) })
	return n
}

func start(t testing.TB, startup Startup, options spi.Options) spi.Provider {
	t.Helper()
	p, err := startup(&spi.StartupParams{Version: 0x0202, Options: options, Log: slog.New(slog.NewTextHandler(t.Output(), nil))})
	if err != nil {
		t.Fatalf("WSPStartup: %v", err)
	}
	t.Cleanup(func() {
		if err := p.Cleanup(); err != nil {
			t.Errorf("WSPCleanup: %v", err)
		}
	})
	return p
}

func opening(info *wsa.ProtocolInfo) *spi.Opening {
	return &spi.Opening{
		AddressFamily: info.AddressFamily,
		SocketType:    info.SocketType,
		Protocol:      info.Protocol,
		Info:          info,
		Flags:         wsa.WSA_FLAG_OVERLAPPED,
	}
}

func (n *Network) address(t testing.TB, info *wsa.ProtocolInfo) wsa.Sockaddr {
	if n.Address != nil {
		return n.Address(t, info)
	}
	switch info.AddressFamily {
	case wsa.AF_INET:
		return wsa.SockaddrFrom(netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), 0))
	case wsa.AF_INET6:
		return wsa.SockaddrFrom(netip.AddrPortFrom(netip.IPv6Loopback(), 0))
	case wsa.AF_UNIX:
		return wsa.SockaddrUnix(filepath.Join(t.TempDir(), "s"))
	}
	t.Fatalf("the network says no Address for family %d", info.AddressFamily)
	panic("unreachable")
}

// Run runs the suite on the network that mk makes. It makes a new one for
// each protocol.
func Run(t *testing.T, mk func(t *testing.T) Network) {
	entries := mk(t).Entries
	if len(entries) == 0 {
		t.Fatal("the network has no protocol to check")
	}
	for i := range entries {
		t.Run(entryName(&entries[i]), func(t *testing.T) {
			n := mk(t)
			leak.Check(t, n.Lasting...)
			info := &n.Entries[i]
			for _, c := range checks {
				if !c.concerns(info) {
					continue // a rule about streams says nothing about datagrams
				}
				if why := c.leftOut(info); why != "" {
					t.Logf("%s: left out, as the protocol %s", c.name, why)
					continue
				}
				t.Run(c.name, func(t *testing.T) {
					t.Log("the rule: " + c.rule)
					c.run(&env{T: t, network: &n, info: info})
				})
			}
		})
	}
}

func entryName(info *wsa.ProtocolInfo) string {
	family := map[int32]string{wsa.AF_INET: "ipv4", wsa.AF_INET6: "ipv6", wsa.AF_UNIX: "unix", wsa.AF_IRDA: "irda"}[info.AddressFamily]
	if info.SocketType == wsa.SOCK_STREAM {
		return family + "-stream"
	}
	return family + "-datagram"
}

// A check is one rule and how it is checked.
type check struct {
	name  string
	rule  string
	kind  kind
	claim uint32 // service flags that must be there
	run   func(e *env)
}

// kind is which sockets a check is for.
type kind uint8

const (
	either kind = iota
	stream
	datagram
)

var checks = slices.Concat(stateChecks, nameChecks, connectChecks, dataChecks, shutdownChecks, closeChecks,
	readyChecks, parkChecks, urgentChecks, datagramChecks, batchChecks, optionChecks, badInputChecks, transferChecks)

// concerns reports whether a check is for the protocol's kind of socket.
func (c *check) concerns(info *wsa.ProtocolInfo) bool {
	connectionless := info.ServiceFlags1&wsa.XP1_CONNECTIONLESS != 0
	return c.kind == either || (c.kind == datagram) == connectionless
}

// leftOut says why a check is not for the protocol, "" if it is.
func (c *check) leftOut(info *wsa.ProtocolInfo) string {
	if info.ServiceFlags1&c.claim != c.claim {
		return claimNames[c.claim]
	}
	return ""
}

var claimNames = map[uint32]string{
	wsa.XP1_EXPEDITED_DATA:    "does not claim XP1_EXPEDITED_DATA",
	wsa.XP1_GRACEFUL_CLOSE:    "does not claim XP1_GRACEFUL_CLOSE",
	wsa.XP1_SUPPORT_BROADCAST: "does not claim XP1_SUPPORT_BROADCAST",
	wsa.XP1_MESSAGE_ORIENTED:  "does not claim XP1_MESSAGE_ORIENTED",
}
