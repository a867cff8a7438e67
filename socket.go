// SPDX-License-Identifier: Apache-2.0

package winsock

import (
	"sync"
	"sync/atomic"
	"time"

	"winsock/chain"
	"winsock/object"
	"winsock/spi"
	"winsock/wsa"
)

// A SOCKET is the handle of a socket.
type SOCKET object.Handle

// INVALID_SOCKET is no socket.
const INVALID_SOCKET = ^SOCKET(0)

// A HANDLE is the handle of an event or another object that is waited for.
type HANDLE = object.Handle

// A socket is what a SOCKET names: the top of a provider chain, and all that
// Winsock itself keeps for it. Providers never block; waiting happens here
// (wait.go).
type socket struct {
	object.Header

	// path is the way of the calls. It is replaced when a connection is
	// established and when a provider of the chain has failed.
	path atomic.Pointer[path]

	// connecting is set while a non-blocking connect may be under way.
	// Until it is over, data calls look whether the path has changed.
	connecting atomic.Bool

	flags uint32                // WSA_FLAG_ of its creation
	chain *chain.Chain          // the started providers that it uses
	async atomic.Pointer[async] // nil until the first overlapped operation

	selection selection

	nonblocking atomic.Bool
	lingering   atomic.Bool   // SO_LINGER was set on it or its listener
	context     atomic.Uint32 // what of a connection it has to be told yet, see context.go

	halves     atomic.Pointer[[2]half] // by spi.Direction; nil until one is needed
	deferred   deferredAccepts
	accepting  atomic.Pointer[acceptance] // the AcceptEx that is to connect it
	duplicates atomic.Pointer[duplicates] // its further handles, nil until the first

	left atomic.Pointer[path] // a chain that failed and was not closed yet
}

// A path is the way that calls take through a chain.
type path struct {
	top  spi.Socket // calls that control: all that is not data
	data spi.Socket // Send and Recv, past the layers that leave data alone

	// edges says that data is a socket of the kernel, of whose readiness the
	// poller tells by edges; borrows, that it may be as good as one for a time.
	edges, borrows bool

	batches bool // data may receive in batches
	steady  bool // Send and Recv of data need no guard
}

// hasEdges reports whether readiness of data is told by edges now.
func (p *path) hasEdges() bool {
	if !p.borrows {
		return p.edges
	}
	_, edges := spi.As[spi.Handler](p.data)
	return edges
}

// parker returns data as a Parker, nil if it is none.
func (p *path) parker() spi.Parker {
	parker, _ := spi.As[spi.Parker](p.data)
	return parker
}

// A half is what Winsock keeps for one direction of a socket.
type half struct {
	timeout  atomic.Int64 // SO_RCVTIMEO or SO_SNDTIMEO, in nanoseconds; 0: none
	deadline atomic.Int64 // of SetDeadline, Unix nanoseconds; 0: none
	timed    atomic.Bool  // the parker's deadline may be set

	mu      sync.Mutex // protects waiters
	waiters *waiter    // those in wait.go
}

// newSocket makes the object for a chain's top, with a use of the chain that
// is given back when it is destroyed. It has no handle yet, and if a provider
// fails now, adopt gives it none.
func newSocket(top spi.Socket, c *chain.Chain, flags uint32) (s *socket) {
	s = &socket{chain: c, flags: flags}
	defer func() {
		if v := recover(); v != nil {
			logFailure(s.info(), "DataPath", v)
			s.path.Store(abortedPath)
			closeGuarded(top, s.info())
		}
	}()
	s.setPath(top)
	return s
}

// setPath makes top the way of the calls, and finds the way of the data.
func (s *socket) setPath(top spi.Socket) { s.path.Store(pathOf(top)) }

func pathOf(top spi.Socket) *path {
	p := &path{top: top, data: spi.DataPathOf(top)}
	_, p.edges = p.data.(spi.Handler)
	if _, p.borrows = p.data.(spi.Borrower); p.borrows {
		p.edges = false
	}
	_, p.batches = p.data.(spi.BatchReceiver)
	if !p.borrows {
		_, p.steady = p.data.(spi.Steady)
	}
	return p
}

// SOCKET returns the handle, or one of several that is open.
func (s *socket) SOCKET() SOCKET {
	if s.Withdrawn() {
		return s.duplicates.Load().any()
	}
	return SOCKET(s.Handle())
}

// info is the catalog entry it was opened from.
func (s *socket) info() *wsa.ProtocolInfo { return s.chain.Info() }

// stream reports whether the socket is a byte stream.
func (s *socket) stream() bool { return s.info().ServiceFlags1&wsa.XP1_MESSAGE_ORIENTED == 0 }

// use begins a call on a socket. The caller ends it with s.done.
//
// Errors: WSANOTINITIALISED, WSAENOTSOCK.
func use(h SOCKET) (*socket, error) {
	if startup.count.Load() == 0 {
		return nil, wsa.WSANOTINITIALISED
	}
	o := object.Acquire(object.Handle(h))
	if o == nil {
		return nil, wsa.WSAENOTSOCK
	}
	s, ok := o.(*socket)
	if !ok {
		return useDuplicate(o)
	}
	return s, nil
}

// Socket creates a socket ("socket function"): WSASocket with the overlapped
// attribute and no protocol info.
func Socket(family, socketType, protocol int32) (SOCKET, error) {
	return WSASocket(family, socketType, protocol, nil, 0, wsa.WSA_FLAG_OVERLAPPED)
}

// WSASocket creates a socket of the catalog's first entry that serves the
// family, type and protocol, or of the entry that info describes ("WSASocketW
// function"). group is reserved. With an info of [WSADuplicateSocket], it is a
// further handle of that socket, whatever the other arguments.
//
// Errors: WSANOTINITIALISED, WSAEAFNOSUPPORT, WSAESOCKTNOSUPPORT,
// WSAEPROTONOSUPPORT, WSAEPROTOTYPE, WSAEINVAL, WSAEMFILE, WSAENOBUFS,
// WSAEACCES for a raw socket without the right to it,
// WSAEPROVIDERFAILEDINIT.
func WSASocket(family, socketType, protocol int32, info *wsa.ProtocolInfo, group, flags uint32) (SOCKET, error) {
	if err := requireStartup(); err != nil {
		return INVALID_SOCKET, err
	}
	snap := theCatalog.Snapshot()
	if info != nil && ofDuplicate(snap, info) {
		return openDuplicate(snap, info)
	}
	choice, err := choose(snap, family, socketType, protocol, info)
	if err != nil {
		return INVALID_SOCKET, err
	}
	return openSocket(snap, choice, group, flags)
}

// adopt gives s its handle; without one, the chain is closed again.
//
// Errors: WSAEPROVIDERFAILEDINIT, WSAEMFILE.
func adopt(s *socket) (SOCKET, error) {
	if s.path.Load() == abortedPath {
		s.Destroy()
		return INVALID_SOCKET, wsa.WSAEPROVIDERFAILEDINIT
	}
	h, err := object.Open(s)
	if err != nil {
		s.Destroy()
		return INVALID_SOCKET, err
	}
	return SOCKET(h), nil
}

// CloseSocket closes a socket ("closesocket function"). Calls that wait on
// it end with WSAEINTR. While the socket has other handles
// ([WSADuplicateSocket]), only this one is closed. It waits for unsent data if SO_LINGER says so and
// the socket is blocking; on a non-blocking one it answers WSAEWOULDBLOCK in
// that case, and the socket stays open.
//
// Errors: WSANOTINITIALISED, WSAENOTSOCK, WSAEWOULDBLOCK.
func CloseSocket(h SOCKET) (err error) {
	s, err := use(h)
	if err != nil {
		return err
	}
	defer s.done("WSPCloseSocket", &err)
	if s.duplicates.Load().several() {
		if !s.closeHandle(h) {
			return wsa.WSAENOTSOCK
		}
		return nil
	}
	if !s.guard("Linger", func() { err = s.linger() }) {
		err = wsa.WSAECONNABORTED // and the socket is closed all the same
	} else if err != nil {
		return err
	}
	if !s.closeHandle(h) {
		return wsa.WSAENOTSOCK
	}
	if s.Closing() {
		s.settle()
	}
	return err
}

// close ends the handle and wakes whoever waits on the socket. It reports
// false if somebody else did so before.
func (s *socket) close() bool {
	if !s.Hold() { // until what is under way has noticed
		return false
	}
	defer s.Release()
	if !object.Close(s) {
		return false
	}
	s.selection.cancel()
	if p := s.path.Load().parker(); p != nil {
		s.guard("Unpark", p.Unpark)
	}
	s.wakeAll()
	if a := s.async.Load(); a != nil {
		a.close()
	}
	if c := s.accepting.Load(); c != nil {
		c.abandon()
	}
	return true
}

// settleTime is how long closesocket waits for the calls it has woken. They
// need microseconds; only one that a faulty layer keeps needs longer, and is
// left behind.
const settleTime = time.Second

// settle waits until the caller's use of the closed socket is the last one,
// so that the connection ends and the port is free when closesocket returns.
func (s *socket) settle() {
	wait := 10 * time.Microsecond
	for end := time.Now().Add(settleTime); !s.Alone() && time.Now().Before(end); {
		time.Sleep(wait)
		wait = min(2*wait, time.Millisecond)
	}
}

// Destroy frees the chain. It is called by the last user, or by adopt.
func (s *socket) Destroy() {
	s.deferred.drop()
	closeGuarded(s.path.Load().top, s.info())
	if left := s.left.Load(); left != nil {
		closeGuarded(left.top, s.info())
	}
	s.chain.Release()
}
