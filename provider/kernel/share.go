// SPDX-License-Identifier: Apache-2.0

package kernel

import (
	"net/netip"
	"sync"

	"winsock/internal/sys"
	"winsock/wsa"
)

// Which addresses two sockets may be bound to at once differs between the
// two systems ("Using SO_REUSEADDR and SO_EXCLUSIVEADDRUSE", differences 33
// to 41). The claims of this process are kept in a table, from which
// Winsock's rules are computed; the kernel is then told as much as it needs
// to agree:
//
//   - SO_REUSEADDR on streams that listen or are connected, so that a server
//     can be started again while old connections are in TIME_WAIT. Two
//     listeners of one address are still refused by the kernel.
//   - SO_REUSEPORT (SO_REUSEADDR on datagram sockets) on those that share by
//     Winsock's rules, both of them, the earlier one after the event. So
//     other processes cannot slip in where nobody has allowed it.

// A sharing is what a socket allows others.
type sharing uint8

const (
	shareDefault   sharing = iota
	shareReuse             // SO_REUSEADDR
	shareExclusive         // SO_EXCLUSIVEADDRUSE
)

// A claim is an address that a socket was bound to by Bind. It is linked
// into the table while held.
type claim struct {
	table *claimTable
	fd    int
	typ   int32
	port  uint16
	addr  netip.Addr // an IPv4-mapped one as IPv4; scope ids as zones
	dual  bool       // the IPv6 wildcard for IPv4 as well
	share sharing

	shared bool // the kernel has been told
}

// held reports whether the socket has been bound by Bind.
func (c *claim) held() bool { return c != nil && c.table != nil }

// isShared reports whether others may have the address too.
func (c *claim) isShared() bool {
	if !c.held() {
		return false
	}
	c.table.mu.Lock()
	defer c.table.mu.Unlock()
	return c.shared
}

// A portKey is where claims can meet.
type portKey struct {
	typ  int32
	port uint16
}

// A claimTable is the set of claims.
type claimTable struct {
	mu     sync.Mutex // held over the kernel's bind; protects claims
	claims map[portKey][]*claim
}

// claims are those of this process.
var claims = claimTable{claims: make(map[portKey][]*claim)}

// bind makes the kernel's bind of c with Winsock's rules. kernelBind is told
// whether to share, and returns the address that was given.
func (t *claimTable) bind(c *claim, kernelBind func(share bool) (wsa.Sockaddr, error)) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	var others []*claim
	share := c.share == shareReuse
	if c.port != 0 {
		for _, other := range t.claims[portKey{c.typ, c.port}] {
			meet, code := other.meets(c)
			if code != 0 {
				return code.Err()
			}
			if meet {
				share = true
				others = append(others, other)
			}
		}
	}
	for _, other := range others {
		other.tellShared()
	}
	name, err := kernelBind(share)
	if err != nil {
		return err
	}
	c.table, c.shared, c.port = t, share, name.Port()
	k := portKey{c.typ, c.port}
	t.claims[k] = append(t.claims[k], c)
	return nil
}

// release takes c out of the table.
func (c *claim) release() {
	if !c.held() {
		return
	}
	t := c.table
	t.mu.Lock()
	defer t.mu.Unlock()
	k := portKey{c.typ, c.port}
	list := t.claims[k]
	for i, other := range list {
		if other == c {
			list = append(list[:i:i], list[i+1:]...)
			break
		}
	}
	switch len(list) {
	case 0:
		delete(t.claims, k)
	case 1:
		list[0].tellAlone()
		fallthrough
	default:
		t.claims[k] = list
	}
	c.table = nil
}

// meets tells whether second, which is about to be bound, touches c's
// addresses, and whether that is refused.
func (c *claim) meets(second *claim) (meet bool, code wsa.Errno) {
	switch {
	case c.addr == second.addr:
		return c.meetsSame(second)
	case c.addr.IsUnspecified() && second.addr.IsUnspecified():
		return c.meetsWildcard(second)
	case c.covers(second.addr):
		if c.share == shareExclusive {
			return true, wsa.WSAEACCES
		}
		return true, 0
	case second.covers(c.addr):
		if second.share == shareExclusive {
			return true, wsa.WSAEADDRINUSE
		}
		return true, 0
	}
	return false, 0
}

// meetsSame is meets for one and the same address.
func (c *claim) meetsSame(second *claim) (bool, wsa.Errno) {
	switch {
	case c.share == shareReuse && second.share == shareReuse:
		return true, 0 // difference 34
	case second.share == shareReuse:
		return true, wsa.WSAEACCES // difference 33
	}
	return true, wsa.WSAEADDRINUSE
}

// meetsWildcard is meets for the wildcards of the two families.
func (c *claim) meetsWildcard(second *claim) (bool, wsa.Errno) {
	switch {
	case !c.dual && !second.dual:
		return false, 0 // difference 39
	case c.share == shareExclusive:
		return true, wsa.WSAEACCES // difference 40
	case second.share == shareExclusive:
		return true, wsa.WSAEADDRINUSE
	}
	return true, 0 // difference 38: they coexist
}

// covers reports whether c is a wildcard that stands for addr.
func (c *claim) covers(addr netip.Addr) bool {
	return c.addr.IsUnspecified() && (c.addr.Is6() == addr.Is6() || c.dual)
}

// tellShared lets the kernel accept another socket on c's address.
func (c *claim) tellShared() {
	if !c.shared {
		c.shared = true
		tellSharing(c.fd, c.typ, true)
	}
}

// tellAlone takes tellShared back when the others have gone.
func (c *claim) tellAlone() {
	if c.shared && c.share != shareReuse {
		c.shared = false
		tellSharing(c.fd, c.typ, false)
	}
}

// tellSharing tells the kernel that a socket's address may be shared.
func tellSharing(fd int, typ int32, on bool) {
	name, value := sys.SO_REUSEPORT, 0
	if typ != wsa.SOCK_STREAM {
		name = sys.SO_REUSEADDR
	}
	if on {
		value = 1
	}
	sys.SetSockOptInt(fd, sys.SOL_SOCKET, name, value)
}
