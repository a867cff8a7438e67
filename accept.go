// SPDX-License-Identifier: Apache-2.0

package winsock

import (
	"sync"
	"sync/atomic"

	"winsock/spi"
	"winsock/wsa"
)

// Answers of a condition function.
const (
	CF_ACCEPT = 0
	CF_REJECT = 1
	CF_DEFER  = 2
)

// ConditionParams is what a condition function is told of a connection that
// asks to be accepted ("WSAAccept function").
type ConditionParams struct {
	CallerID   wsa.Sockaddr // the peer's address
	CallerData []byte       // connect data, for protocols that carry it
	SQOS, GQOS *wsa.QOS
	CalleeID   wsa.Sockaddr // the local address
	CalleeData *[]byte      // connect data to answer with
}

// A ConditionFunc decides on a connection: CF_ACCEPT, CF_REJECT or CF_DEFER.
type ConditionFunc func(p *ConditionParams) int32

// An acceptable is a connection that the provider has handed over and that
// no accept has taken yet, because a condition function deferred it.
type acceptable struct {
	sock spi.Socket
	peer wsa.Sockaddr
}

// deferredAccepts holds the deferred connections of a listening socket,
// oldest first. They come before what the provider still has. Few sockets
// ever have one, so that the queue is made for the first.
type deferredAccepts struct{ queue atomic.Pointer[acceptQueue] }

type acceptQueue struct {
	count atomic.Int32 // len(list), for readers without the lock

	mu   sync.Mutex // protects list
	list []acceptable
}

// any reports whether there is a deferred connection.
func (d *deferredAccepts) any() bool {
	q := d.queue.Load()
	return q != nil && q.count.Load() > 0
}

func (d *deferredAccepts) take() (a acceptable, ok bool) {
	if !d.any() {
		return a, false
	}
	q := d.queue.Load()
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.list) == 0 {
		return a, false
	}
	a = q.list[0]
	q.list = q.list[1:]
	q.count.Store(int32(len(q.list)))
	return a, true
}

func (d *deferredAccepts) putBack(a acceptable) {
	d.queue.CompareAndSwap(nil, new(acceptQueue))
	q := d.queue.Load()
	q.mu.Lock()
	defer q.mu.Unlock()
	q.list = append([]acceptable{a}, q.list...)
	q.count.Store(int32(len(q.list)))
}

// drop closes what is left when the listener goes.
func (d *deferredAccepts) drop() {
	for {
		a, ok := d.take()
		if !ok {
			return
		}
		reject(a.sock)
	}
}

// reject resets a connection that is not wanted.
func reject(s spi.Socket) {
	if l, ok := spi.As[spi.Lingerer](s); ok {
		l.Abort()
	}
	_ = s.Close() // it is gone whatever Close returns
}

// Accept takes the next connection of a listening socket ("accept
// function"). peer, when not nil, receives the other side's address. The new
// socket has the listener's properties, its non-blocking mode and event
// selection included.
//
// Errors: WSANOTINITIALISED, WSAENOTSOCK, WSAEINVAL on a socket that does
// not listen, WSAEOPNOTSUPP on a connectionless one, WSAEWOULDBLOCK,
// WSAEINTR, WSAEMFILE, WSAENOBUFS, WSAECONNRESET.
func Accept(h SOCKET, peer *wsa.Sockaddr) (SOCKET, error) {
	return WSAAccept(h, peer, nil)
}

// WSAAccept is Accept with a condition function, which is asked about the
// connection before it is accepted ("WSAAccept function"). It runs on the
// calling goroutine; it may be nil.
//
// Errors: those of [Accept]; WSAECONNREFUSED when the condition function
// rejected the connection, WSATRY_AGAIN when it deferred the decision: the
// connection then waits for the next accept.
func WSAAccept(h SOCKET, peer *wsa.Sockaddr, condition ConditionFunc) (accepted SOCKET, err error) {
	accepted = INVALID_SOCKET // also if a provider fails
	s, err := use(h)
	if err != nil {
		return accepted, err
	}
	defer s.done("WSPAccept", &err)
	a, err := s.nextConnection()
	if err == nil && condition != nil {
		err = s.ask(condition, a)
	}
	if err != wsa.WSATRY_AGAIN {
		s.selection.accepted()
	}
	if err != nil {
		return INVALID_SOCKET, err
	}
	return s.admit(a, peer)
}

// nextConnection takes the next connection, waiting for it if the socket is
// blocking.
func (s *socket) nextConnection() (a acceptable, err error) {
	p := s.path.Load()
	try := func() bool {
		var ok bool
		if a, ok = s.deferred.take(); ok {
			err = nil
			return true
		}
		a.sock, err = p.top.Accept(&a.peer)
		return err != wsa.WSAEWOULDBLOCK
	}
	if s.nonblocking.Load() {
		try()
		return a, err
	}
	if werr := s.await(spi.Receiving, spi.EventAccept|spi.EventsEnd, p.top == p.data, try); werr != nil {
		return a, werr
	}
	return a, err
}

// ask puts a connection to the condition function.
func (s *socket) ask(condition ConditionFunc, a acceptable) error {
	params := ConditionParams{CallerID: a.peer}
	_ = a.sock.GetSockName(&params.CalleeID) // an unknown address stays empty
	switch a.put(condition, &params) {
	case CF_ACCEPT:
		return nil
	case CF_DEFER:
		s.deferred.putBack(a)
		s.wake(spi.Receiving)
		return wsa.WSATRY_AGAIN
	}
	reject(a.sock)
	return wsa.WSAECONNREFUSED
}

// put calls the condition function. If that panics, the connection is reset
// and the panic goes on: it is the program's own, no failure of a provider.
func (a *acceptable) put(condition ConditionFunc, params *ConditionParams) int32 {
	defer func() {
		if v := recover(); v != nil {
			reject(a.sock)
			panic(programPanic{v})
		}
	}()
	return condition(params)
}

// admit makes a socket of a connection.
func (s *socket) admit(a acceptable, peer *wsa.Sockaddr) (SOCKET, error) {
	s.chain.Retain()
	child := newSocket(a.sock, s.chain, s.flags)
	child.nonblocking.Store(s.nonblocking.Load())
	child.lingering.Store(s.lingering.Load())
	child.takeTimeouts(s)
	h, err := adopt(child)
	if err != nil {
		return INVALID_SOCKET, err
	}
	child.selection.inherit(s, child)
	if peer != nil {
		*peer = a.peer
	}
	return h, nil
}
