// SPDX-License-Identifier: Apache-2.0

// Package near makes the near ends of relayed connections: the sockets by
// which a supervisor talks to the program's own sockets, over loopback.
//
// A socket whose connect may wait is simply connected to a listener
// ([Ends.Connect]). One whose connect may not is held in the state of
// connecting ([Ends.Hold]) until it is known whether the chain reaches its
// peer, and then completed ([Ends.Complete]) or failed ([Fail]): the program
// finds it not ready, then writable or in error, as over a real network.
//
// To hold, the socket is connected to a listener whose queue is full, so that
// the kernel drops the request silently. To complete, a socket bound to the
// listener's own address connects back: the two requests meet, which is TCP's
// simultaneous open, and both sides are connected at once.
package near

import (
	"encoding/binary"
	"sync"
	"time"

	"winsock/internal/sys"
)

// A family is what differs between IPv4 and IPv6.
type family struct {
	domain   int
	loopback []byte // the address in the kernel's layout, port 0
}

var (
	inet  = family{sys.AF_INET, sockaddrIn(127, 0, 0, 1)}
	inet6 = family{sys.AF_INET6, sockaddrIn6Loopback()}
)

func sockaddrIn(a, b, c, d byte) []byte {
	name := make([]byte, 16)
	binary.NativeEndian.PutUint16(name, sys.AF_INET)
	copy(name[4:], []byte{a, b, c, d})
	return name
}

func sockaddrIn6Loopback() []byte {
	name := make([]byte, 28)
	binary.NativeEndian.PutUint16(name, sys.AF_INET6)
	name[23] = 1
	return name
}

// mapped makes the IPv6 form of an IPv4 address.
func mapped(name []byte) []byte {
	m := make([]byte, 28)
	binary.NativeEndian.PutUint16(m, sys.AF_INET6)
	copy(m[2:4], name[2:4])
	m[18], m[19] = 0xff, 0xff
	copy(m[20:24], name[4:8])
	return m
}

// unmapped returns the IPv4 form of an IPv6 address that is mapped, and else
// the address as it is.
func unmapped(name []byte) []byte {
	if !isMapped(name) {
		return name
	}
	m := make([]byte, 16)
	binary.NativeEndian.PutUint16(m, sys.AF_INET)
	copy(m[2:4], name[2:4])
	copy(m[4:8], name[20:24])
	return m
}

func isMapped(name []byte) bool {
	if len(name) < 28 || binary.NativeEndian.Uint16(name) != sys.AF_INET6 {
		return false
	}
	for _, b := range name[8:18] {
		if b != 0 {
			return false
		}
	}
	return name[18] == 0xff && name[19] == 0xff
}

// Ends makes near ends. Its zero value is ready for use.
type Ends struct {
	mu    sync.Mutex // protects what follows
	v4    *listeners
	v6    *listeners
	gone  bool
	space uint64 // cookie of the network namespace, 0 if the kernel has none
}

// listeners are those of one family.
type listeners struct {
	family family

	held     int    // nobody gets in: its queue is full
	heldName []byte // its address
	filler   int    // the connection that fills the queue

	mu       sync.Mutex // protects what follows
	open     int        // connections come in here
	openName []byte
	arrived  map[string]int // those that somebody else waits for, by their peer
}

// of returns the listeners for a family, making them when first wanted.
func (e *Ends) of(v6 bool) (*listeners, sys.Errno) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.gone {
		return nil, sys.EBADF
	}
	l, f := &e.v4, inet
	if v6 {
		l, f = &e.v6, inet6
	}
	if *l == nil {
		made, errno := listen(f)
		if errno != 0 {
			return nil, errno
		}
		*l = made
		e.space = sys.NetnsCookie(made.open)
	}
	return *l, 0
}

func listen(f family) (l *listeners, errno sys.Errno) {
	l = &listeners{family: f, held: -1, open: -1, filler: -1, arrived: make(map[string]int)}
	defer func() {
		if errno != 0 {
			l.close()
			l = nil
		}
	}()
	if l.held, errno = boundSocket(f.domain, f.loopback); errno != 0 {
		return l, errno
	}
	if l.heldName, errno = nameOf(l.held); errno != 0 {
		return l, errno
	}
	if errno = sys.Listen(l.held, 0); errno != 0 {
		return l, errno
	}
	if errno = l.fill(); errno != 0 {
		return l, errno
	}
	if l.open, errno = boundSocket(f.domain, f.loopback); errno != 0 {
		return l, errno
	}
	if l.openName, errno = nameOf(l.open); errno != 0 {
		return l, errno
	}
	return l, sys.Listen(l.open, 4096)
}

// boundSocket makes a socket that may share its address.
func boundSocket(domain int, name []byte) (int, sys.Errno) {
	fd, errno := sys.Socket(domain, sys.SOCK_STREAM, 0)
	if errno != 0 {
		return -1, errno
	}
	sys.SetSockOptInt(fd, sys.SOL_SOCKET, sys.SO_REUSEADDR, 1)
	sys.SetSockOptInt(fd, sys.SOL_SOCKET, sys.SO_REUSEPORT, 1)
	if errno = sys.Bind(fd, name); errno != 0 {
		sys.Close(fd)
		return -1, errno
	}
	return fd, 0
}

func nameOf(fd int) ([]byte, sys.Errno) {
	name := make([]byte, 28)
	n, errno := sys.GetSockName(fd, name)
	return name[:min(n, len(name))], errno
}

// fill connects to the listener that holds until its queue is full. A queue
// of length 0 has room for one.
func (l *listeners) fill() sys.Errno {
	fd, errno := sys.Socket(l.family.domain, sys.SOCK_STREAM, 0)
	if errno != 0 {
		return errno
	}
	if errno = sys.Connect(fd, l.heldName); errno != 0 && errno != sys.EINPROGRESS {
		sys.Close(fd)
		return errno
	}
	if sys.PollWaiting(fd, sys.POLLOUT, 1000)&sys.POLLOUT == 0 {
		sys.Close(fd)
		return sys.ETIMEDOUT
	}
	l.filler = fd
	return 0
}

func (l *listeners) close() {
	for _, fd := range []int{l.held, l.open, l.filler} {
		if fd >= 0 {
			sys.Close(fd)
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, fd := range l.arrived {
		sys.Close(fd)
	}
	clear(l.arrived)
}

// Close ends it. What was made remains.
func (e *Ends) Close() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.gone = true
	for _, l := range []*listeners{e.v4, e.v6} {
		if l != nil {
			l.close()
		}
	}
	e.v4, e.v6 = nil, nil
}

// A Kind says which loopback address a socket is connected to.
type Kind uint8

const (
	IPv4   Kind = iota // a socket of family AF_INET
	Mapped             // one of AF_INET6 that asked for an IPv4 address
	IPv6
)

func (k Kind) target(name []byte) []byte {
	if k == Mapped {
		return mapped(name)
	}
	return name
}

// check reports ENETUNREACH for a socket that cannot reach the listeners, as
// it belongs to another network namespace.
func (e *Ends) check(fd int) sys.Errno {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.space != 0 && sys.NetnsCookie(fd) != e.space {
		return sys.ENETUNREACH
	}
	return 0
}

// Hold puts a non-blocking socket into the state of connecting.
func (e *Ends) Hold(fd int, k Kind) sys.Errno {
	l, errno := e.of(k == IPv6)
	if errno != 0 {
		return errno
	}
	if errno := e.check(fd); errno != 0 {
		return errno
	}
	errno = sys.Connect(fd, k.target(l.heldName))
	if errno == sys.EINPROGRESS {
		return 0
	}
	if errno == 0 { // cannot be, unless the queue was emptied
		sys.Shutdown(fd, sys.SHUT_RDWR)
		return sys.EIO
	}
	return errno
}

// Complete connects a socket that is held, and returns its near end, which is
// non-blocking and closed on exec.
func (e *Ends) Complete(fd int, k Kind) (int, sys.Errno) {
	l, errno := e.of(k == IPv6)
	if errno != 0 {
		return -1, errno
	}
	theirs, errno := nameOf(fd)
	if errno != 0 {
		return -1, errno
	}
	end, errno := boundSocket(l.family.domain, l.heldName)
	if errno != 0 {
		return -1, errno
	}
	errno = sys.Connect(end, unmapped(theirs))
	if errno == sys.EINPROGRESS {
		errno = settle(end)
	}
	if errno != 0 {
		sys.Close(end)
		return -1, errno
	}
	return end, 0
}

// settle waits for the end of a connect that needs no network.
func settle(fd int) sys.Errno {
	if sys.PollWaiting(fd, sys.POLLOUT, 5000)&sys.POLLOUT == 0 {
		return sys.ETIMEDOUT
	}
	n, errno := sys.GetSockOptInt(fd, sys.SOL_SOCKET, sys.SO_ERROR)
	if errno == 0 {
		errno = sys.Errno(n)
	}
	return errno
}

// unspec dissolves an association.
var unspec = make([]byte, 16)

// Fail ends the connecting of a socket that is held: whoever polls it finds
// an error, and the end of what could be received. Before it is connected
// again, it has to be [Renew]ed.
func Fail(fd int) {
	sys.Connect(fd, unspec)
	sys.Shutdown(fd, sys.SHUT_RDWR) // says that it is not connected, and works
}

// Renew makes a socket that failed as good as new.
func Renew(fd int) { sys.Connect(fd, unspec) }

// Connect connects a socket to its near end, which it returns.
func (e *Ends) Connect(fd int, k Kind) (int, sys.Errno) {
	l, errno := e.of(k == IPv6)
	if errno != 0 {
		return -1, errno
	}
	if errno := e.check(fd); errno != 0 {
		return -1, errno
	}
	// The handshake is over when the call returns, as both sides are here,
	// so that a blocking socket does not block.
	errno = sys.Connect(fd, k.target(l.openName))
	if errno == sys.EINPROGRESS {
		errno = settle(fd)
	}
	if errno != 0 {
		return -1, errno
	}
	theirs, errno := nameOf(fd)
	if errno != 0 {
		return -1, errno
	}
	end, errno := l.accept(string(key(unmapped(theirs))))
	if errno != 0 {
		sys.Shutdown(fd, sys.SHUT_RDWR)
	}
	return end, errno
}

// key is what two forms of the same address have in common: the port and the
// address, without flow and scope.
func key(name []byte) []byte {
	if len(name) >= 28 {
		return append(append([]byte(nil), name[2:4]...), name[8:24]...)
	}
	return name[2:8]
}

// patience is how long a connection that is there may take to be accepted.
const patience = 5 * time.Second

// accept takes the connection that comes from peer. Others are kept for those
// who wait for them.
func (l *listeners) accept(peer string) (int, sys.Errno) {
	name := make([]byte, 28)
	for end := time.Now().Add(patience); ; {
		l.mu.Lock()
		if fd, ok := l.arrived[peer]; ok {
			delete(l.arrived, peer)
			l.mu.Unlock()
			return fd, 0
		}
		fd, n, errno := sys.Accept(l.open, name)
		if errno == 0 {
			if who := string(key(name[:n])); who != peer {
				l.keepLocked(who, fd)
				l.mu.Unlock()
				continue
			}
			l.mu.Unlock()
			return fd, 0
		}
		l.mu.Unlock()
		if errno != sys.EAGAIN || time.Now().After(end) {
			return -1, errno
		}
		sys.PollWaiting(l.open, sys.POLLIN, 10)
	}
}

// maxArrived bounds the connections that nobody has asked for: strangers can
// connect to a listener on loopback, too.
const maxArrived = 1024

func (l *listeners) keepLocked(who string, fd int) {
	if len(l.arrived) >= maxArrived {
		for other, old := range l.arrived {
			sys.Close(old)
			delete(l.arrived, other)
			break
		}
	}
	l.arrived[who] = fd
}

// ConnectDatagram connects a datagram socket to a near end of its own, which
// it returns: non-blocking, connected back, and closed on exec.
func (e *Ends) ConnectDatagram(fd int, k Kind) (int, sys.Errno) {
	l, errno := e.of(k == IPv6)
	if errno != 0 {
		return -1, errno
	}
	if errno := e.check(fd); errno != 0 {
		return -1, errno
	}
	end, errno := sys.Socket(l.family.domain, sys.SOCK_DGRAM, 0)
	if errno != 0 {
		return -1, errno
	}
	if errno = join(fd, end, l, k); errno != 0 {
		sys.Close(end)
		return -1, errno
	}
	return end, 0
}

// join connects two datagram sockets with each other.
func join(fd, end int, l *listeners, k Kind) sys.Errno {
	if errno := sys.Bind(end, l.family.loopback); errno != 0 {
		return errno
	}
	ours, errno := nameOf(end)
	if errno != 0 {
		return errno
	}
	if errno = sys.Connect(fd, k.target(ours)); errno != 0 {
		return errno
	}
	theirs, errno := nameOf(fd)
	if errno != 0 {
		return errno
	}
	return sys.Connect(end, unmapped(theirs))
}

// Refuse makes a datagram socket report ECONNREFUSED: it sends a datagram
// while its near end listens to somebody else, and so nobody receives it.
func Refuse(fd, end int) {
	ours, errno := nameOf(end)
	if errno != 0 {
		return
	}
	theirs, errno := nameOf(fd)
	if errno != 0 || sys.Connect(end, ours) != 0 {
		return
	}
	sys.SendTo(fd, []byte{0}, 0, nil)
	sys.Connect(end, unmapped(theirs))
}
