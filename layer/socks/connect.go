// SPDX-License-Identifier: Apache-2.0

package socks

import (
	"context"
	"net/netip"
	"time"

	"winsock/spi"
	"winsock/wsa"
)

// An attempt is a Connect that is under way: the connection below, and then a
// conversation with each proxy of a route. It never waits itself (advance), so
// that all that comes at once needs no goroutine.
type attempt struct {
	s       *stream
	command byte
	to      target
	usable  func(*proxy) bool    // nil: all are
	bound   netip.AddrPort       // what the last proxy answered with
	listens func(netip.AddrPort) // of a BIND: called when the proxy listens

	route    []*proxy // nil: it is to be chosen
	at       int      // whose turn it is
	stage    stage
	talk     talk
	deadline time.Time // of the stage; zero: none
	bad      []*proxy  // that have failed it
	mayWait  bool      // for the look-up of a proxy's name

	out   []byte // still to be sent
	want  int    // of the answer, or header
	msg   spi.Message
	heard bool      // the proxy has said something
	have  int       // received, at the beginning of room
	room  [264]byte // for answers that are not headers
	head  []byte    // what was received of a header

	// Of an attempt that has to wait.
	woken  chan struct{} // something may go on below
	cancel chan struct{} // closed when nobody wants it any more
	done   chan struct{} // closed when its goroutine makes no more calls
	timer  *time.Timer
}

// A stage is what an attempt is at.
type stage uint8

const (
	stageBegin   stage = iota // the first proxy's address
	stageConnect              // the connection to it
	stageTalk                 // the conversations
)

// wake has the attempt look again.
func (s *stream) wake() {
	if a := s.current.Load(); a != nil {
		select {
		case a.woken <- struct{}{}:
		default:
		}
	}
}

// routineConnect goes on with an attempt that has to wait.
func (s *stream) routineConnect(a *attempt) {
	defer close(a.done)
	_ = s.drive(a)
}

// drive goes on with an attempt until it ends, waiting where it has to, and
// returns what becomes of the connect.
func (s *stream) drive(a *attempt) error {
	a.mayWait = true
	for {
		err := a.advance()
		if err != wsa.WSAEWOULDBLOCK {
			return s.over(a, err)
		}
		if !a.pause() {
			return wsa.WSA_OPERATION_ABORTED
		}
	}
}

// over ends an attempt, and returns what becomes of the connect.
func (s *stream) over(a *attempt, err error) error {
	if err != nil {
		return s.fail(a, err)
	}
	for _, p := range a.route {
		p.succeeded()
	}
	if s.remote && a.command == cmdConnect {
		s.recent.note(processOf(s.opening), a.to)
	}
	s.opened()
	s.consider(a)
	return nil
}

func (a *attempt) cancelled() bool {
	select {
	case <-a.cancel:
		return true
	default:
		return false
	}
}

// renew puts a new socket below the layer.
func (s *stream) renew() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	linked := s.linked
	s.unlinkLocked()
	err := s.lower.exchange(s.opening)
	if linked {
		s.linkLocked()
	}
	return err
}

// opened ends an attempt: from now on the data goes past the layer.
func (s *stream) opened() {
	s.phase.Store(uint32(open))
	s.lower.settings.Forget()
	if !s.watchers.Empty() {
		// What came right behind the last answer was not told to anybody.
		s.watchers.Notify(spi.EventConnect | spi.EventWrite | s.lower.Ready(spi.EventAll))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.watchers.Empty() {
		s.unlinkLocked()
	}
}

// fail ends an attempt without a connection, and returns the connect's error.
func (s *stream) fail(a *attempt, err error) error {
	if a.cancelled() {
		return wsa.WSA_OPERATION_ABORTED
	}
	code := wsa.ErrnoOf(err)
	if r, ok := err.(*refusal); ok {
		code = r.code
	}
	s.mu.Lock()
	if s.attempt == a && phase(s.phase.Load()) == talking {
		s.failure = code.Err()
		s.pending.Store(uint32(code))
		s.phase.Store(uint32(failed))
	}
	s.mu.Unlock()
	s.watchers.Notify(spi.EventConnectFail)
	return code.Err()
}

// advance goes on as far as is possible without waiting. It returns
// WSAEWOULDBLOCK when something below has to come first, and else how the
// attempt has ended. A route that fails is given up for another one.
func (a *attempt) advance() error {
	s := a.s
	err := faulty("no proxy is of use")
	for {
		if a.route == nil {
			route := s.router.route(a.bad, a.usable)
			if len(route) == 0 {
				return err
			}
			a.route, a.at, a.stage, a.deadline = route, 0, stageBegin, time.Now().Add(s.timeout)
		}
		err = a.along()
		if err == nil || err == wsa.WSAEWOULDBLOCK || a.cancelled() {
			return err
		}
		if a.command == cmdBind && a.listens == nil {
			return err // nobody has come in the time of the proxy's patience
		}
		var blame *proxy
		blame, err = a.blame(err)
		a.complain(blame, err)
		if e := s.renew(); e != nil {
			return e
		}
		if blame == nil {
			return err
		}
		blame.failed(s.router.retry, time.Now())
		if !s.router.again() {
			return err
		}
		a.bad, a.route = append(a.bad, blame), nil
	}
}

// complain logs why a route has failed.
func (a *attempt) complain(blame *proxy, err error) {
	if blame == nil {
		blame = a.route[len(a.route)-1]
	}
	a.s.log.Debug("socks: no connection", "to", a.to.String(), "proxy", blame.text, "err", err)
}

// blame returns the proxy that is found to be of no use, nil when none is, and
// what the program is told of a failure.
func (a *attempt) blame(err error) (*proxy, error) {
	r, ok := err.(*refusal)
	switch {
	case !ok: // of this machine
		return nil, err
	case a.stage < stageTalk:
		return a.route[0], r
	case r.code != wsa.WSAETIMEDOUT || r.aboutTarget || !a.talk.asked():
	case a.heard:
		r.aboutTarget = true // more likely than not
	case a.at == len(a.route)-1:
		// It may be the proxy as well as the peer, which is too slow. Others
		// would not be quicker to find out, but are taken from now on.
		a.route[a.at].failed(a.s.router.retry, time.Now())
		r.aboutTarget = true
	}
	if a.talk.early && !r.aboutTarget {
		a.route[a.at].follows.Store(followsNot)
	}
	switch {
	case !r.aboutTarget:
		return a.route[a.at], r
	case a.at == len(a.route)-1:
		return nil, r
	}
	return a.route[a.at+1], unreachable(r)
}

// unreachable is a refusal of a proxy as the program is told of it: not as
// one of the peer.
func unreachable(r *refusal) error {
	if r.code == wsa.WSAETIMEDOUT || r.code == wsa.WSAEACCES {
		return r
	}
	return &refusal{code: wsa.WSAENETUNREACH, why: r.why}
}

// asked reports whether the proxy was asked for the target.
func (t *talk) asked() bool { return t.step > stepAuth }

// pause waits until something may go on below, or it is too late for that. It
// reports false when the attempt is cancelled.
func (a *attempt) pause() bool {
	var late <-chan time.Time
	if !a.deadline.IsZero() {
		if a.timer == nil {
			a.timer = time.NewTimer(time.Until(a.deadline))
		} else {
			a.timer.Reset(time.Until(a.deadline))
		}
		defer a.timer.Stop()
		late = a.timer.C
	}
	select {
	case <-a.woken:
	case <-late:
	case <-a.cancel:
		return false
	}
	return true
}

// later is WSAEWOULDBLOCK, unless it is too late.
func (a *attempt) later(why string) error {
	if a.deadline.IsZero() || time.Now().Before(a.deadline) {
		return wsa.WSAEWOULDBLOCK
	}
	return &refusal{code: wsa.WSAETIMEDOUT, why: why}
}

// along goes along the route.
func (a *attempt) along() error {
	if a.stage < stageTalk {
		if err := a.connect(); err != nil {
			return err
		}
		a.turn(0)
	}
	for {
		if err := a.converse(); err != nil {
			return err
		}
		a.bound = a.talk.bound
		switch {
		case a.at < len(a.route)-1:
			a.deadline = time.Now().Add(a.s.timeout)
			a.turn(a.at + 1)
		case a.command == cmdBind && a.listens != nil:
			a.listens(a.bound)
			a.listens, a.deadline = nil, time.Time{} // the peer comes when it comes
			a.out, a.want = nil, a.talk.again()
		default:
			return nil
		}
	}
}

// turn makes it the turn of a proxy.
func (a *attempt) turn(at int) {
	p := a.route[at]
	a.at, a.stage = at, stageTalk
	a.talk = talk{kind: p.kind, user: p.user, pass: p.pass, command: cmdConnect, early: a.s.prober.earlyFor(p)}
	if at == len(a.route)-1 {
		a.talk.command, a.talk.to = a.command, a.to
	} else {
		a.talk.to = a.route[at+1].target()
	}
	a.out, a.head, a.have, a.heard, a.want = nil, nil, 0, false, begin
}

// address returns the first proxy's address, which may have to be looked up.
func (a *attempt) address() (netip.AddrPort, error) {
	p, v6 := a.route[0], a.s.family == wsa.AF_INET6
	if ap, ok := p.known(v6); ok {
		return ap, nil
	}
	if !a.mayWait {
		return netip.AddrPort{}, wsa.WSAEWOULDBLOCK
	}
	ctx, cancel := context.WithDeadline(context.Background(), a.deadline)
	defer cancel()
	go func() {
		select {
		case <-a.cancel:
			cancel()
		case <-ctx.Done():
		}
	}()
	return p.address(ctx, v6)
}

// connect connects the socket below to the first proxy.
func (a *attempt) connect() error {
	s := a.s
	var err error
	if a.stage == stageBegin {
		ap, e := a.address()
		if e != nil {
			return e
		}
		name, e := sockaddrFor(ap, s.family)
		if e != nil {
			return e
		}
		if s.family == wsa.AF_INET6 && ap.Addr().Is4() {
			// What refuses it is asked for an address that it may refuse, too.
			_ = s.lower.socket().SetSockOpt(wsa.IPPROTO_IPV6, wsa.IPV6_V6ONLY, make([]byte, 4))
		}
		a.stage = stageConnect
		err = s.lower.Connect(&name)
	} else {
		err = s.lower.ConnectResult()
	}
	switch err {
	case nil:
		return nil
	case wsa.WSAEWOULDBLOCK:
		return a.later("the proxy cannot be reached in time")
	case wsa.WSAETIMEDOUT:
		return &refusal{code: wsa.WSAETIMEDOUT, why: "the proxy cannot be reached in time"}
	case wsa.WSAECONNREFUSED, wsa.WSAENETUNREACH, wsa.WSAEHOSTUNREACH, wsa.WSAECONNRESET, wsa.WSAECONNABORTED, wsa.WSAEHOSTDOWN:
		return faulty("the proxy cannot be reached: " + wsa.ErrnoOf(err).Name())
	}
	return err // of this machine
}

// sockaddrFor is the address for a socket of the family.
func sockaddrFor(ap netip.AddrPort, family int32) (wsa.Sockaddr, error) {
	switch {
	case !ap.IsValid():
		return wsa.Sockaddr{}, faulty("the address of the proxy is not known")
	case family == wsa.AF_INET6:
		return wsa.SockaddrFrom(netip.AddrPortFrom(netip.AddrFrom16(ap.Addr().As16()), ap.Port())), nil
	case ap.Addr().Is4():
		return wsa.SockaddrFrom(ap), nil
	}
	return wsa.Sockaddr{}, faulty("the proxy has an IPv6 address, and the socket is one of IPv4")
}

// begin, instead of a number of bytes, is that nothing was said yet.
const begin = -2

// converse holds a conversation, to its end or as far as it goes now.
func (a *attempt) converse() (err error) {
	for {
		if err := a.send(); err != nil {
			return err
		}
		var in []byte
		switch a.want {
		case 0:
			return nil
		case begin:
		case header:
			in, err = a.receiveHeader()
		default:
			in, err = a.receive()
		}
		if err != nil {
			return err
		}
		used := max(a.want, 0)
		a.out, a.want, err = a.talk.next(in)
		a.have = copy(a.room[:], a.room[used:a.have])
		if err != nil {
			return err
		}
	}
}

// send sends what is to be sent.
func (a *attempt) send() error {
	for len(a.out) > 0 {
		a.msg.SetBuffer(a.out)
		a.msg.Flags = 0
		n, err := a.s.lower.Send(&a.msg)
		switch err {
		case nil:
			a.out = a.out[n:]
		case wsa.WSAEWOULDBLOCK:
			return a.later("the proxy does not listen")
		default:
			return faulty("the proxy does not listen: " + wsa.ErrnoOf(err).Name())
		}
	}
	return nil
}

// receive receives an answer of known length, and with it of the next ones what
// is certain to come.
func (a *attempt) receive() ([]byte, error) {
	for a.have < a.want {
		n, err := a.once(a.room[a.have:max(a.want, a.talk.ahead())], 0)
		if err != nil {
			return nil, err
		}
		a.have += n
	}
	return a.room[:a.want], nil
}

// receiveHeader receives up to an empty line. It looks first, to take no byte
// of what follows.
func (a *attempt) receiveHeader() ([]byte, error) {
	for {
		n, err := a.once(a.room[:], wsa.MSG_PEEK)
		if err != nil {
			return nil, err
		}
		n, ends := endOfHeader(a.head, a.room[:n])
		got, err := a.once(a.room[:n], 0)
		if err != nil {
			return nil, err
		}
		a.head = append(a.head, a.room[:got]...)
		if ends && got == n {
			return a.head, nil
		}
		if len(a.head) > maxHeader {
			return nil, faulty("the proxy's answer does not end")
		}
	}
}

// once receives at least one byte.
func (a *attempt) once(p []byte, flags uint32) (int, error) {
	a.msg.SetBuffer(p)
	a.msg.Flags = flags
	n, err := a.s.lower.Recv(&a.msg)
	switch {
	case err == nil && n > 0:
		a.heard = true
		return n, nil
	case err == nil:
		return 0, faulty("the proxy has closed the connection")
	case err == wsa.WSAEWOULDBLOCK:
		return 0, a.later("the proxy does not answer")
	}
	return 0, faulty("the proxy has ended the connection: " + wsa.ErrnoOf(err).Name())
}
