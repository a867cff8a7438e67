// SPDX-License-Identifier: Apache-2.0

package run

import (
	"sync"
	"sync/atomic"

	"winsock/internal/poller"
	"winsock/internal/sys"
	"winsock/run/internal/near"
	"winsock/spi"
	"winsock/wsa"
)

// A carrier is the bottom of a chain that is opened for a socket of the
// program, and its maker, too (an spi.Provider for this one socket).
//
// At first, and for a direct connection for good, it stands for the program's
// own socket. The supervisor holds no descriptor of that one, or it would not
// end when the program closes it; it lends the carrier one for the time of
// each call. For a relayed connection, a socket of the chain's own base
// provider takes its place (own).
type carrier struct {
	opening spi.Opening // how the chain's own base socket is opened

	watchers spi.WatchList

	mu     sync.Mutex // protects what follows; never held over a call of base
	fd     int        // lent, or -1
	domain int        // of the socket
	flags  int        // of its file: without O_NONBLOCK, a connect may wait in the kernel
	keepFD bool       // fd is the carrier's own: a connection not handed over yet

	opened bool       // Socket was called
	base   spi.Socket // once own was called
	closed bool       // base is, and a layer may open another one

	desc   poller.Desc
	polled bool // the lent descriptor is registered with the poller
	asked  bool // something was sent, and nothing received since
	slow   bool // an answer on it did not come soon

	marks atomic.Int32 // the kernel's descriptor of base plus 1, if urgent data is kept apart

	state    connectState
	errno    sys.Errno           // of the last call that failed in the kernel
	children map[string]*carrier // accepted ones that are not handed over, by their peer

	target address // where the last Connect went
	peer   address // of an accepted connection

	listener *carrier // which accepted it; set once
	stream   bool     // it is a socket of streams; set once

	patience func(fd int) bool // waits briefly for an answer, while nobody else is kept waiting
	waits    func()            // is called when a connect has to wait longer

	raw *transfer // what goes with the datagram of the call that is under way
}

// A transfer is what Winsock has no words for in a datagram call of Linux.
type transfer struct {
	flags   int    // MSG_ flags of Linux, in and out
	control []byte // control data in Linux's layout; of a receive, the part that was filled
	length  int    // of the datagram that was received, before it was cut

	asked int    // flags, and
	room  []byte // control, as they were given
}

type connectState uint8

const (
	stateIdle connectState = iota
	stateConnecting
	stateConnected
	stateFailed
)

var (
	_ spi.Provider   = (*carrier)(nil)
	_ spi.Socket     = (*carrier)(nil)
	_ spi.DataPather = (*carrier)(nil)
)

// Socket makes the carrier the bottom of the chain that is being opened. When
// it is that already, a layer wants a new socket in the place of the one that
// it has closed.
func (c *carrier) Socket(o *spi.Opening) (spi.Socket, error) {
	c.mu.Lock()
	again, own := c.opened, c.closed
	c.opened, c.closed = true, false
	if again && !own && c.fd >= 0 && c.state != stateIdle {
		c.unpollLocked()
		near.Renew(c.fd)
		c.state, c.errno = stateIdle, 0
	}
	if !again {
		c.opening = *o
		if !c.keepFD {
			c.fd = -1
		}
	}
	c.mu.Unlock()
	if own {
		if err := c.own(nil); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// Cleanup is never called: the chain ends its own providers.
func (c *carrier) Cleanup() error { return nil }

// lend gives the carrier a descriptor of the program's socket until giveBack,
// and the flags of the file that count.
func (c *carrier) lend(fd, domain, flags int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.fd, c.domain, c.flags, c.errno, c.slow, c.asked = fd, domain, flags, 0, false, false
}

// blocking reports whether the socket that is lent is a blocking one.
func (c *carrier) blocking() bool { return c.flags&sys.O_NONBLOCK == 0 }

// onWait has waits called when the connect of a blocking socket has to wait.
// An answer that a layer wants is waited for by patience first, which reports
// whether there is one.
func (c *carrier) onWait(waits func(), patience func(fd int) bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.waits, c.patience = waits, patience
}

func (c *carrier) giveBack() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.unpollLocked()
	c.fd = -1
}

// soon is how long a receive waits at most, once others do not wait for it any
// more, before the poller is asked to tell of the answer, in microseconds.
const soon = 300

// pollLocked has the poller tell of the descriptor that is lent.
func (c *carrier) pollLocked() {
	if !c.polled && c.fd >= 0 && c.stream && c.state == stateConnected && !c.watchers.Empty() {
		c.desc.Target = c
		c.polled = poller.Default.Add(c.fd, &c.desc) == nil
	}
}

func (c *carrier) unpollLocked() {
	if c.polled {
		c.polled = false
		poller.Default.Remove(c.fd, &c.desc)
	}
}

// NotifyReady is how the poller tells of an event.
func (c *carrier) NotifyReady(bits uint32) {
	var e spi.Events
	if bits&sys.POLLIN != 0 {
		e |= spi.EventRead
	}
	if bits&sys.POLLOUT != 0 {
		e |= spi.EventWrite
	}
	if bits&sys.POLLRDHUP != 0 {
		e |= spi.EventClose
	}
	if bits&(sys.POLLERR|sys.POLLHUP) != 0 {
		e |= spi.EventReset
	}
	c.watchers.Notify(e)
}

// own replaces the program's socket by one of the chain's base provider.
func (c *carrier) own(connection *spi.Connection) error {
	o := c.opening
	o.Connection = connection
	base, err := o.Next(&o)
	if err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.base = base
	if connection != nil {
		c.fd, c.keepFD = -1, false
	}
	return nil
}

// owned returns the base provider's socket, nil as long as there is none.
func (c *carrier) owned() spi.Socket {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.base
}

// take hands the accepted connection's descriptor over to the caller.
func (c *carrier) take() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	fd := c.fd
	c.fd, c.keepFD = -1, false
	return fd
}

// failLocked remembers the kernel's error and returns Winsock's.
func (c *carrier) failLocked(e sys.Errno) error {
	c.errno = e
	if e == sys.EAGAIN {
		return wsa.WSAEWOULDBLOCK
	}
	return wsa.FromErrno(e).Err()
}

// errnoOf returns the error of Linux for what the chain has answered: the
// kernel's own, if it was that.
func (c *carrier) errnoOf(err error) sys.Errno {
	if err == nil {
		return 0
	}
	code := wsa.ErrnoOf(err)
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.errno != 0 && wsa.FromErrno(c.errno) == code,
		c.errno == sys.EINPROGRESS && code == wsa.WSAETIMEDOUT: // see ConnectResult
		return c.errno
	}
	return code.Errno()
}

// wouldBlock reports whether the kernel has said so since the descriptor was
// lent.
func (c *carrier) wouldBlock() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.errno == sys.EAGAIN
}

// DataPath is the base provider's socket, if there is one.
func (c *carrier) DataPath() spi.Socket {
	if base := c.owned(); base != nil {
		return spi.DataPathOf(base)
	}
	return c
}

// lentLocked converts a name for the socket that is lent.
func (c *carrier) lentLocked(name *wsa.Sockaddr) (a address, err error) {
	if c.fd < 0 {
		return a, wsa.WSAENOTCONN
	}
	if name == nil {
		return a, wsa.WSAEFAULT
	}
	a, ok := kernelAddress(name, c.domain)
	if !ok {
		return a, c.failLocked(sys.EAFNOSUPPORT)
	}
	return a, nil
}

// Bind binds the program's socket.
func (c *carrier) Bind(name *wsa.Sockaddr) error {
	if base := c.owned(); base != nil {
		return base.Bind(name)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	a, err := c.lentLocked(name)
	if err != nil {
		return err
	}
	if e := sys.Bind(c.fd, a.bytes()); e != 0 {
		return c.failLocked(e)
	}
	return nil
}

// Connect connects the program's socket. If it is a blocking one, a goroutine
// waits in the kernel.
func (c *carrier) Connect(name *wsa.Sockaddr) error {
	if base := c.owned(); base != nil {
		return base.Connect(name)
	}
	c.mu.Lock()
	if c.state == stateConnecting {
		c.mu.Unlock()
		return wsa.WSAEALREADY
	}
	a, err := c.lentLocked(name)
	if err != nil {
		c.mu.Unlock()
		return err
	}
	c.target = a
	c.state = stateConnecting
	var e sys.Errno
	if c.blocking() {
		e = connectAtOnce(c.fd, c.flags, a.bytes())
		if e == sys.EINPROGRESS {
			if c.waits != nil {
				c.waits()
			}
			go c.routineConnect(c.fd, a)
		}
	} else {
		e = sys.Connect(c.fd, a.bytes()) // the program finds out how it ends
	}
	if e == sys.EINPROGRESS {
		c.mu.Unlock()
		return wsa.WSAEWOULDBLOCK
	}
	err = c.endLocked(e)
	c.mu.Unlock()
	c.tell(err)
	return err
}

// connectAtOnce begins the connect of a blocking socket, whose file has these
// flags. It reports EINPROGRESS if the peer, unlike one on this host, does not
// answer at once.
func connectAtOnce(fd, flags int, name []byte) sys.Errno {
	sys.SetFileFlags(fd, flags|sys.O_NONBLOCK)
	e := sys.Connect(fd, name)
	if e == sys.EINPROGRESS {
		if e = sys.Connect(fd, name); e == sys.EALREADY { // else it has ended
			e = sys.EINPROGRESS
		}
	}
	sys.SetFileFlags(fd, flags)
	return e
}

// routineConnect waits for a blocking connect. The lender keeps the
// descriptor until the connect has ended.
func (c *carrier) routineConnect(fd int, a address) {
	e := sys.ConnectWaiting(fd, a.bytes())
	if e == sys.EALREADY {
		e = sys.EINPROGRESS // SO_SNDTIMEO; it is this connect that goes on
	}
	c.mu.Lock()
	err := c.endLocked(e)
	c.mu.Unlock()
	c.tell(err)
}

func (c *carrier) endLocked(e sys.Errno) error {
	if e == 0 {
		c.state, c.errno = stateConnected, 0
		return nil
	}
	c.state = stateFailed
	if e == sys.EINPROGRESS {
		c.errno = e
		return wsa.WSAETIMEDOUT // SO_SNDTIMEO
	}
	return c.failLocked(e)
}

func (c *carrier) tell(err error) {
	if err == nil {
		c.watchers.Notify(spi.EventConnect | spi.EventWrite)
	} else {
		c.watchers.Notify(spi.EventConnectFail)
	}
}

// inProgress reports whether the program's socket is on its way to a peer.
func (c *carrier) inProgress() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.state == stateConnecting
}

// destination returns where the last Connect went.
func (c *carrier) destination() address {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.target
}

// ConnectResult tells how the connect ended, as far as that is known here.
func (c *carrier) ConnectResult() error {
	if base := c.owned(); base != nil {
		return base.ConnectResult()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	switch c.state {
	case stateConnecting:
		return wsa.WSAEWOULDBLOCK
	case stateConnected:
		return nil
	case stateFailed:
		if c.errno == sys.EINPROGRESS {
			return wsa.WSAETIMEDOUT
		}
		return wsa.FromErrno(c.errno).Err()
	}
	return wsa.WSAENOTCONN
}

// Listen makes the program's socket listen.
func (c *carrier) Listen(backlog int32) error {
	if base := c.owned(); base != nil {
		return base.Listen(backlog)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.fd < 0 {
		return wsa.WSAEINVAL
	}
	if e := sys.Listen(c.fd, int(backlog)); e != 0 {
		return c.failLocked(e)
	}
	return nil
}

// Accept takes a connection from the program's socket, on a carrier of its
// own.
func (c *carrier) Accept(peer *wsa.Sockaddr) (spi.Socket, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.fd < 0 {
		return nil, wsa.WSAEINVAL
	}
	// The socket may be a blocking one, and another process quicker.
	if sys.Poll(c.fd, sys.POLLIN)&(sys.POLLIN|sys.POLLERR|sys.POLLHUP) == 0 {
		return nil, c.failLocked(sys.EAGAIN)
	}
	child := &carrier{opening: c.opening, domain: c.domain, keepFD: true, state: stateConnected}
	var e sys.Errno
	child.fd, child.peer.n, e = sys.Accept(c.fd, child.peer.buf[:])
	if e != 0 {
		return nil, c.failLocked(e)
	}
	if peer != nil {
		*peer, _ = child.peer.name()
	}
	if c.children == nil {
		c.children = make(map[string]*carrier)
	}
	child.listener = c
	c.children[string(child.peer.bytes())] = child
	return child, nil
}

// child returns the carrier of the connection from peer that a layer has
// accepted, nil if there is none.
func (c *carrier) child(peer *address) *carrier {
	c.mu.Lock()
	defer c.mu.Unlock()
	child := c.children[string(peer.bytes())]
	delete(c.children, string(peer.bytes()))
	return child
}

// disown makes the listener forget a child that is closed.
func (c *carrier) disown(child *carrier) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if key := string(child.peer.bytes()); c.children[key] == child {
		delete(c.children, key)
	}
}

// Send sends on the program's socket: a datagram, or what a layer says on a
// new connection.
func (c *carrier) Send(m *spi.Message) (int, error) {
	if base := c.owned(); base != nil {
		return base.Send(m)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.fd < 0 {
		return 0, wsa.WSAENOTCONN
	}
	var to []byte
	if m.Name != nil {
		a, err := c.lentLocked(m.Name)
		if err != nil {
			return 0, err
		}
		to = a.bytes()
	}
	flags, control := int(m.Flags&(wsa.MSG_OOB|wsa.MSG_DONTROUTE)), []byte(nil)
	if c.raw != nil {
		flags, control = c.raw.flags, c.raw.control
	}
	n, e := sys.SendMsg(c.fd, m.Bufs, flags, to, control)
	if e != 0 {
		return 0, c.failLocked(e)
	}
	c.asked = c.stream
	return n, nil
}

// Recv receives on the program's socket, a datagram or what a layer is told on
// a new connection, or on a socket of its own.
func (c *carrier) Recv(m *spi.Message) (int, error) {
	if base := c.owned(); base != nil {
		if fd := c.marks.Load(); fd != 0 {
			return recvToMark(base, int(fd-1), m)
		}
		return base.Recv(m)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.fd < 0 {
		return 0, wsa.WSAENOTCONN
	}
	var from address
	flags, control := int(m.Flags&wsa.MSG_PEEK), []byte(nil)
	if c.raw != nil {
		// A layer may receive more than once, having thrown something away.
		flags |= c.raw.asked &^ sys.MSG_PEEK
		control = c.raw.room
	}
	if !c.stream {
		flags |= sys.MSG_TRUNC
	}
	// Most answers take less time than it takes to be told of them. The first
	// receive after a question would come too early.
	waits := c.stream && c.blocking() && !c.polled
	n, r, e := 0, sys.Received{}, sys.Errno(sys.EAGAIN)
	if !waits || !c.asked || c.slow {
		n, r, e = sys.RecvMsg(c.fd, m.Bufs, flags, from.buf[:], control)
	}
	if e == sys.EAGAIN && waits {
		if !c.slow && c.answersLocked(m) {
			n, r, e = sys.RecvMsg(c.fd, m.Bufs, flags, from.buf[:], control)
		}
		if e == sys.EAGAIN {
			c.slow = true
			c.pollLocked()
		}
	}
	c.asked = false
	if e != 0 {
		return 0, c.failLocked(e)
	}
	from.n = r.NameLen
	if m.Name != nil {
		*m.Name, _ = from.name()
	}
	if c.raw != nil {
		c.raw.flags, c.raw.control, c.raw.length = r.Flags, control[:r.ControlLen], n
	}
	if room := m.Len(); n > room {
		m.Flags |= wsa.MSG_TRUNC
		return room, wsa.WSAEMSGSIZE
	}
	return n, nil
}

// answersLocked waits briefly for what a layer wants to receive, for all of it
// if it can: answers that come one after the other wake it once.
func (c *carrier) answersLocked(m *spi.Message) bool {
	n := m.Len()
	was, e := sys.GetSockOptInt(c.fd, sys.SOL_SOCKET, sys.SO_RCVLOWAT)
	if e != 0 || was != 1 || n == 1 || m.Flags&wsa.MSG_PEEK != 0 {
		return c.awaitLocked()
	}
	sys.SetSockOptInt(c.fd, sys.SOL_SOCKET, sys.SO_RCVLOWAT, n)
	c.awaitLocked()
	sys.SetSockOptInt(c.fd, sys.SOL_SOCKET, sys.SO_RCVLOWAT, was)
	return true // some of it may be there
}

// awaitLocked waits briefly for something to receive. When somebody else's
// call comes meanwhile, or it takes longer, it sees to it that others do not
// wait for it.
func (c *carrier) awaitLocked() bool {
	if c.patience != nil && c.patience(c.fd) {
		return true
	}
	if c.waits != nil {
		c.waits()
	}
	return sys.PollBriefly(c.fd, sys.POLLIN, soon) != 0
}

// Shutdown is not for the program's socket, which the program shuts down
// itself.
func (c *carrier) Shutdown(how int32) error {
	if base := c.owned(); base != nil {
		return base.Shutdown(how)
	}
	return nil
}

// Close closes what is the carrier's own.
func (c *carrier) Close() error {
	c.mu.Lock()
	base, fd := c.base, -1
	c.base, c.closed = nil, base != nil
	if c.keepFD {
		fd, c.fd, c.keepFD = c.fd, -1, false
	}
	c.mu.Unlock()
	if c.listener != nil {
		c.listener.disown(c)
	}
	if fd >= 0 { // a connection that no layer wanted, or nobody has taken
		on := [8]byte{0: 1}
		sys.SetSockOpt(fd, sys.SOL_SOCKET, sys.SO_LINGER, on[:])
		sys.Close(fd)
	}
	if base != nil {
		return base.Close()
	}
	return nil
}

// GetSockName returns the local address.
func (c *carrier) GetSockName(name *wsa.Sockaddr) error {
	if base := c.owned(); base != nil {
		return base.GetSockName(name)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.fd < 0 {
		return wsa.WSAEINVAL
	}
	a, e := sockName(c.fd)
	if e != 0 {
		return c.failLocked(e)
	}
	*name, _ = a.name()
	return nil
}

// GetPeerName returns the peer's address.
func (c *carrier) GetPeerName(name *wsa.Sockaddr) error {
	if base := c.owned(); base != nil {
		return base.GetPeerName(name)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	a := c.target
	switch {
	case c.peer.n > 0:
		a = c.peer
	case c.state != stateConnected && c.state != stateConnecting:
		return wsa.WSAENOTCONN
	}
	*name, _ = a.name()
	return nil
}

// GetSockOpt knows the options of a socket of its own only: those of the
// program's are the program's.
func (c *carrier) GetSockOpt(level, name int32, value []byte) (int, error) {
	if base := c.owned(); base != nil {
		return base.GetSockOpt(level, name, value)
	}
	return 0, wsa.WSAENOPROTOOPT
}

// SetSockOpt sets options of a socket of its own.
func (c *carrier) SetSockOpt(level, name int32, value []byte) error {
	if base := c.owned(); base != nil {
		return base.SetSockOpt(level, name, value)
	}
	return wsa.WSAENOPROTOOPT
}

// Ioctl controls a socket of its own.
func (c *carrier) Ioctl(code uint32, in, out []byte) (int, error) {
	if base := c.owned(); base != nil {
		return base.Ioctl(code, in, out)
	}
	return 0, wsa.WSAEOPNOTSUPP
}

// Ready tells of the end of a connect, and otherwise that one may try.
func (c *carrier) Ready(mask spi.Events) spi.Events {
	if base := c.owned(); base != nil {
		return base.Ready(mask)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	switch c.state {
	case stateConnecting:
		return 0
	case stateConnected:
		e := spi.EventConnect | spi.EventWrite
		if c.stream && c.fd >= 0 && sys.Poll(c.fd, sys.POLLIN)&sys.POLLIN != 0 {
			e |= spi.EventRead
		}
		return mask & e
	case stateFailed:
		return mask & spi.EventConnectFail
	}
	return mask & (spi.EventRead | spi.EventWrite | spi.EventAccept)
}

// Watch puts w on the socket that is there.
func (c *carrier) Watch(w *spi.Watcher) {
	if base := c.owned(); base != nil {
		base.Watch(w)
		return
	}
	c.watchers.Add(w)
}

// Unwatch takes w off again.
func (c *carrier) Unwatch(w *spi.Watcher) {
	if base := c.owned(); base != nil {
		base.Unwatch(w)
	}
	c.watchers.Remove(w)
}
