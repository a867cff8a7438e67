// SPDX-License-Identifier: Apache-2.0

package run

import (
	"os"
	"sync"
	"syscall"
	"time"

	"winsock"
	"winsock/internal/sys"
	"winsock/run/internal/near"
	"winsock/wsa"
)

// A flow relays the datagrams of a connected socket of the program: that one
// is connected to a near end on loopback, and the chain's to the peer.
type flow struct {
	k    *socket
	h    winsock.SOCKET
	near *os.File
	conn syscall.RawConn // of near

	at place // where the program's socket was when it was connected

	stopping chan struct{}
	once     sync.Once
	ways     sync.WaitGroup
}

// connectFlowLocked has the chain connect a datagram socket of its own to a,
// and connects the program's socket fd with it.
func (c *call) connectFlowLocked(k *socket, fd int, a *address, name *wsa.Sockaddr) sys.Errno {
	kind := kindFor(k.domain, a)
	if err := k.carrier.own(nil); err != nil {
		k.closeLocked()
		return wsa.ErrnoOf(err).Errno()
	}
	k.inheritLocked(fd, kind)
	err := winsock.Connect(k.handle, name)
	if e := k.carrier.errnoOf(err); e != 0 {
		k.closeLocked()
		return e
	}
	end, e := c.s.near.ConnectDatagram(fd, kind)
	if e != 0 {
		c.elsewhere(e)
		k.closeLocked()
		return e
	}
	var local, peer wsa.Sockaddr
	_ = winsock.GetSockName(k.handle, &local) // is then the kernel's
	_ = winsock.GetPeerName(k.handle, &peer)
	k.setNames(func(n *names) {
		n.peer = *a
		n.local, _ = kernelAddress(&local, k.domain)
	})
	k.describe(func(p *Connection) {
		p.State, p.Relayed, p.Local, p.Actual = "open", true, addrPortOf(&local), addrPortOf(&peer)
	})
	c.s.stats.relayed.Add(1)
	k.flow = &flow{
		k: k, h: k.handle, near: os.NewFile(uintptr(end), "near"), at: place{c.tid(), c.intArg(0)},
		stopping: make(chan struct{}),
	}
	k.flow.conn, _ = k.flow.near.SyscallConn() // fails for a closed file only
	k.flow.ways.Add(2)
	go k.flow.routineSend()
	go k.flow.routineReceive()
	return 0
}

// stop ends the flow, and its chain.
func (f *flow) stop() {
	f.once.Do(func() {
		close(f.stopping)
		_ = winsock.CloseSocket(f.h)
		_ = f.near.SetDeadline(time.Unix(1, 0)) // wakes who waits
		go func() {
			f.ways.Wait()
			f.near.Close()
		}()
	})
}

func (f *flow) stopped() bool {
	select {
	case <-f.stopping:
		return true
	default:
		return false
	}
}

// routineSend carries the program's datagrams to the chain.
func (f *flow) routineSend() {
	defer f.ways.Done()
	buf := make([]byte, maxDatagram)
	var n int
	var e sys.Errno
	receive := func(fd uintptr) bool {
		n, _, e = sys.RecvFrom(int(fd), buf, 0, nil)
		return e != sys.EAGAIN
	}
	for !f.stopped() {
		if f.conn.Read(receive) != nil {
			return // stop's deadline
		}
		if e != 0 {
			continue // the program's socket did not take one: its matter
		}
		sent, err := winsock.Send(f.h, buf[:n], 0)
		if err == nil {
			f.k.s.stats.sent.Add(uint64(sent))
			f.k.describe(func(p *Connection) { p.Sent += uint64(sent) })
		}
	}
}

// routineReceive carries the peer's datagrams to the program.
func (f *flow) routineReceive() {
	defer f.ways.Done()
	buf := make([]byte, maxDatagram)
	var n int
	send := func(fd uintptr) bool {
		_, e := sys.SendTo(int(fd), buf[:n], 0, nil)
		return e != sys.EAGAIN
	}
	for !f.stopped() {
		var err error
		n, err = winsock.Recv(f.h, buf, 0)
		switch err {
		case nil:
		case wsa.WSAECONNRESET:
			f.refuse()
			continue
		case wsa.WSAENETRESET, wsa.WSAEMSGSIZE:
			continue // one that was lost
		default:
			return
		}
		if f.conn.Write(send) != nil {
			return // stop's deadline
		}
		f.k.s.stats.received.Add(uint64(n))
		f.k.describe(func(p *Connection) { p.Received += uint64(n) })
	}
}

// refuse has the program's socket report that nobody receives what it sends,
// if it is still where it was. The kernel does so when a datagram of it finds
// nobody.
func (f *flow) refuse() {
	if fd, ok := f.k.s.reach(f.at, f.k.cookie); ok {
		_ = f.conn.Control(func(end uintptr) { near.Refuse(fd, int(end)) })
		sys.Close(fd)
	}
}

// dissolve forgets the peer of a socket. A relay finds out by itself.
func (k *socket) dissolve() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.leaveRelayLocked()
	if k.flow != nil || k.typ == sys.SOCK_STREAM && k.attempt == nil {
		k.closeLocked()
	}
	k.setNames(func(n *names) { *n = names{} })
}
