// SPDX-License-Identifier: Apache-2.0

package run

import (
	"sync"
	"sync/atomic"
	"time"

	"winsock"
	"winsock/internal/sys"
	"winsock/run/internal/relay"
	"winsock/spi"
	"winsock/spi/meter"
	"winsock/wsa"
)

// A socket is what the supervisor knows of a socket of the program that it
// has to do with. The program's own descriptor may be closed, duplicated and
// inherited without its notice: it is known by the kernel's cookie, and
// forgotten when the kernel has the socket no more.
type socket struct {
	s        *Supervisor
	cookie   uint64
	domain   int
	typ      int
	protocol int
	number   uint64 // for people

	elsewhere bool // in another network namespace, where ends are not told

	place   atomic.Pointer[place] // where the program had it when it was last seen, if it had it
	uses    atomic.Uint32         // changes with each call, and when a connect has ended
	listens atomic.Bool           // it has accepted
	remote  atomic.Bool           // a layer listens for it elsewhere
	refused atomic.Uint32         // what SO_ERROR has to tell, a sys.Errno

	mu      sync.Mutex // protects what follows; held over calls into the chain
	handle  winsock.SOCKET
	carrier *carrier // the bottom of handle's chain
	attempt *attempt // the connect under way, or whose end was not told yet
	relay   *relay.Relay
	flow    *flow     // of a connected datagram socket that is relayed
	failed  bool      // its last connect has left it in need of renewal
	counted bool      // its bytes are
	gone    bool      // it is not in the table any more
	queue   []arrival // accepted connections that the program did not get

	info infoOf
}

// names are what the program is told of a socket. An empty one is the
// kernel's own.
type names struct {
	local, peer address
	asked       address // the name server that it sent to last
}

// infoOf is what is told of a socket, with a lock of its own: names are asked
// for while a slow layer is at work.
type infoOf struct {
	mu     sync.Mutex // protects what follows
	names  names
	public Connection
}

// An attempt is a connect that is under way.
type attempt struct {
	done  chan struct{} // closed at its end, with the socket's lock held
	errno sys.Errno     // then set
	began time.Time
	told  bool // the program knows how it ended
	stop  func()

	// Whose it was: the socket is held open meanwhile, so that its
	// program's closing it is not noticed by itself.
	tid int
	fd  int // our own of it, until done
}

// ended reports whether it has.
func (at *attempt) ended() bool {
	select {
	case <-at.done:
		return true
	default:
		return false
	}
}

func (k *socket) setNames(f func(n *names)) {
	k.info.mu.Lock()
	defer k.info.mu.Unlock()
	f(&k.info.names)
}

func (k *socket) namesNow() names {
	k.info.mu.Lock()
	defer k.info.mu.Unlock()
	return k.info.names
}

// describe changes what is told to people.
func (k *socket) describe(f func(c *Connection)) {
	k.info.mu.Lock()
	defer k.info.mu.Unlock()
	f(&k.info.public)
}

// A table holds the sockets by their cookies. The zero value is ready for
// use.
type table struct {
	mu       sync.Mutex // protects byCookie
	byCookie map[uint64]*socket
}

// find returns the socket with a cookie, nil if it is not known.
func (t *table) find(cookie uint64) *socket {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.byCookie[cookie]
}

// add returns the socket with the cookie of k, which is k if there was none.
func (t *table) add(k *socket) *socket {
	t.mu.Lock()
	defer t.mu.Unlock()
	if known := t.byCookie[k.cookie]; known != nil {
		return known
	}
	if t.byCookie == nil {
		t.byCookie = make(map[uint64]*socket)
	}
	t.byCookie[k.cookie] = k
	return k
}

// remove forgets a socket and reports whether it was known.
func (t *table) remove(cookie uint64) *socket {
	t.mu.Lock()
	defer t.mu.Unlock()
	k := t.byCookie[cookie]
	delete(t.byCookie, cookie)
	return k
}

// all lists the sockets.
func (t *table) all() []*socket {
	t.mu.Lock()
	defer t.mu.Unlock()
	list := make([]*socket, 0, len(t.byCookie))
	for _, k := range t.byCookie {
		list = append(list, k)
	}
	return list
}

// reaches reports whether the data of a chain that is connected to name, or as
// it is now if that is nil, goes past all layers to its bottom.
func reaches(h winsock.SOCKET, name *wsa.Sockaddr, bottom *carrier) (bool, error) {
	below, err := winsock.BaseSocket(h, name)
	return below == bottom, err
}

// reachesLate is reaches for the time after the layers have spoken that do so
// first. speak tells that there are any.
func reachesLate(h winsock.SOCKET, name *wsa.Sockaddr, bottom *carrier) (direct, speak bool, err error) {
	below, err := winsock.BaseSocket(h, name)
	for err == nil && below != bottom {
		speaker, ok := spi.As[spi.Speaker](below)
		if !ok {
			break
		}
		next := meter.Unwrap(speaker.Spoken())
		if next == below {
			break
		}
		below, speak = next, true
	}
	return below == bottom, speak, err
}

// remember returns the call's socket, from now on a known one.
func (c *call) remember(fd, domain, typ int) (*socket, sys.Errno) {
	if c.k != nil {
		return c.k, 0
	}
	c.k = c.s.rememberAs(c.cookie, fd, domain, typ)
	c.k.place.Store(&place{c.tid(), c.intArg(0)})
	return c.k, 0
}

// remember returns the socket of fd, from now on a known one. It is a TCP or
// UDP socket.
func (s *Supervisor) remember(fd, domain, typ int) (*socket, sys.Errno) {
	cookie, e := sys.Cookie(fd)
	if e != 0 {
		return nil, e
	}
	return s.rememberAs(cookie, fd, domain, typ), 0
}

// rememberAs is remember for a socket whose cookie is known.
func (s *Supervisor) rememberAs(cookie uint64, fd, domain, typ int) *socket {
	if k := s.sockets.find(cookie); k != nil {
		return k
	}
	k := &socket{
		s: s, cookie: cookie, domain: domain, typ: typ, protocol: protocolOf(typ), number: s.numbers.Add(1),
		elsewhere: sys.NetnsCookie(fd) != s.netns,
	}
	return s.sockets.add(k)
}

// openLocked opens the chain for a socket, if that has not been done.
func (k *socket) openLocked(chain *chainOf, c *call) error {
	if k.handle != 0 {
		return nil
	}
	process := c.owner()
	base := &carrier{fd: -1, stream: k.typ == sys.SOCK_STREAM}
	from := winsock.Origin{Process: process, Base: base, Observe: chain.observe}
	h, err := chain.composed.SocketFrom(from, 0)
	if err != nil {
		return err
	}
	k.handle, k.carrier = h, base
	if k.gone { // it was taken for one that is no more
		k.gone = false
		k.s.sockets.add(k)
	}
	k.describe(func(p *Connection) {
		p.ID, p.PID, p.Program = k.number, process.ID, process.Name
		p.Protocol = protocolName(k.typ)
		p.Since = time.Now()
		p.Chain, _ = winsock.ChainNames(h)
	})
	return nil
}

func protocolOf(typ int) int {
	if typ == sys.SOCK_STREAM {
		return sys.IPPROTO_TCP
	}
	return wsa.IPPROTO_UDP
}

func protocolName(typ int) string {
	if typ == sys.SOCK_STREAM {
		return "tcp"
	}
	return "udp"
}

// setNonblockingLocked sets whether calls into the chain wait.
func (k *socket) setNonblockingLocked(on bool) {
	mode := uint32(0)
	if on {
		mode = 1
	}
	_ = winsock.IoctlSocket(k.handle, wsa.FIONBIO, &mode) // cannot fail on an open socket
}

// closeLocked closes the chain.
func (k *socket) closeLocked() {
	if k.handle == 0 {
		return
	}
	h := k.handle
	k.handle, k.carrier = 0, nil
	switch {
	case k.relay != nil: // closes it
	case k.flow != nil:
		k.flow.stop()
		k.flow = nil
	default:
		_ = winsock.CloseSocket(h)
	}
}
