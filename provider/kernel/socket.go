// SPDX-License-Identifier: Apache-2.0

package kernel

import (
	"sync"
	"sync/atomic"

	"winsock/internal/poller"
	"winsock/internal/sys"
	"winsock/spi"
	"winsock/wsa"
)

// The state of a socket, as bits: several hold at once, and the data path
// reads them with one load. They change only under socket.mu.
const (
	stateBound      = 1 << iota // it has a local address
	stateListening              //
	stateConnecting             // a connection attempt is under way
	stateConnected              // there is a peer (on a stream: a connection, which may be dead)
	stateFailed                 // the last connection attempt failed
	stateNoRecv                 // shut down for receiving
	stateNoSend                 // shut down for sending
	stateDead                   // the connection was reset; reason says how
	stateRefused                // an ICMP error waits to be reported by Recv
)

// A socket is a socket of the kernel with Winsock's state.
type socket struct {
	kind     *kind
	fd       int
	protocol int32

	state  atomic.Uint32 // state bits
	reason atomic.Uint32 // wsa.Errno that ended the connection (stateDead)

	mu        sync.Mutex   // protects changes of state, and what follows
	peer      wsa.Sockaddr // of the last Connect, or of the accepted connection
	claim     *claim       // the local address, once Bind has been called
	connError wsa.Errno    // how the last Connect ended
	options

	watchers spi.WatchList
	watchMu  sync.Mutex // protects desc and polled
	desc     poller.Desc
	polled   bool // fd is registered with the poller

	park parker
}

var (
	_ spi.Socket   = (*socket)(nil)
	_ spi.Handler  = (*socket)(nil)
	_ spi.Parker   = (*socket)(nil)
	_ spi.Lingerer = (*socket)(nil)
)

// open creates a socket.
func open(k *kind, protocol int32) (*socket, error) {
	fd, e := sys.Socket(k.domain, int(k.typ), int(protocol))
	if e != 0 {
		return nil, wsa.FromErrno(e).Err()
	}
	s := newSocket(k, fd, protocol)
	s.prepare()
	return s, nil
}

// newSocket wraps a descriptor.
func newSocket(k *kind, fd int, protocol int32) *socket {
	s := &socket{kind: k, fd: fd, protocol: protocol}
	s.desc.Target = s
	return s
}

// Handle returns the kernel's descriptor.
func (s *socket) Handle() int { return s.fd }

// has reports whether one of the bits is set.
func (s *socket) has(bits uint32) bool { return s.state.Load()&bits != 0 }

// setLocked sets and clears bits of the state.
func (s *socket) setLocked(set, clear uint32) {
	s.state.Store(s.state.Load()&^clear | set)
}

// Close is WSPCloseSocket.
func (s *socket) Close() error {
	s.watchMu.Lock()
	if s.polled {
		s.polled = false
		poller.Default.Remove(s.fd, &s.desc)
	}
	s.watchMu.Unlock()

	s.mu.Lock()
	s.unbindLocked()
	if s.linger.OnOff != 0 && s.linger.Linger == 0 {
		s.resetOnClose()
	}
	s.mu.Unlock()
	if !s.park.close() {
		sys.Close(s.fd)
	}
	return nil
}
