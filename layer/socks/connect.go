// SPDX-License-Identifier: Apache-2.0

package socks

import (
	"context"
	"net/netip"
	"time"

	"winsock/spi"
	"winsock/wsa"
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

// routineConnect connects through proxies, other ones as long as some fail.
func (s *stream) routineConnect(a *attempt) {
	defer close(a.done)
	var bad []*proxy
	err := faulty("no proxy is of use")
	for {
		route := s.router.route(bad, a.usable)
		if len(route) == 0 {
			break
		}
		var blame *proxy
		blame, err = s.try(a, route)
		if err == nil {
			for _, p := range route {
				p.succeeded()
			}
			s.opened()
			return
		}
		if a.cancelled() {
			return
		}
		s.log.Debug("socks: no connection", "to", a.to.String(), "proxy", textOf(route, blame), "err", err)
		if e := s.renew(); e != nil {
			err = e
			break
		}
		if blame == nil {
			break
		}
		blame.failed(s.router.retry, time.Now())
		if !s.router.again() {
			break
		}
		bad = append(bad, blame)
	}
	s.fail(a, err)
}

// textOf names who is to blame, or else the last of the route.
func textOf(route []*proxy, blame *proxy) string {
	if blame == nil {
		blame = route[len(route)-1]
	}
	return blame.text
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
	s.unlinkLocked()
	err := s.lower.exchange(s.opening)
	s.linkLocked()
	return err
}

// opened ends an attempt: from now on the data goes past the layer.
func (s *stream) opened() {
	s.phase.Store(uint32(open))
	s.lower.forget()
	// What came right behind the last answer was not told to anybody.
	s.watchers.Notify(spi.EventConnect | spi.EventWrite | s.lower.Ready(spi.EventAll))
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.watchers.Empty() {
		s.unlinkLocked()
	}
}

// fail ends an attempt without a connection.
func (s *stream) fail(a *attempt, err error) {
	if a.cancelled() {
		return
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
}

// try connects through the proxies of a route. blame is the proxy that is
// found to be of no use, nil when none is.
func (s *stream) try(a *attempt, route []*proxy) (blame *proxy, err error) {
	t := &exchange{s: s, a: a, deadline: time.Now().Add(s.timeout)}
	defer t.stop()
	if err := t.connect(route[0]); err != nil {
		if r, ok := err.(*refusal); ok {
			return route[0], r
		}
		return nil, err
	}
	for i, p := range route {
		last := i == len(route)-1
		to := a.to
		if !last {
			to = route[i+1].target()
		}
		talk := p.talk(cmdConnect, to)
		talk.early = s.early
		if last {
			talk.command = a.command
		}
		if i > 0 {
			t.deadline = time.Now().Add(s.timeout)
		}
		err := t.converse(talk)
		if err == nil {
			a.bound = talk.bound
			continue
		}
		r, ok := err.(*refusal)
		switch {
		case !ok: // cancelled
			return nil, err
		case r.code == wsa.WSAETIMEDOUT && !r.aboutTarget && talk.asked():
			r.aboutTarget = true // more likely than not
		}
		if !r.aboutTarget {
			return p, r
		}
		if last {
			return nil, r
		}
		return route[i+1], unreachable(r)
	}
	return nil, nil
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

// A exchange is the input and output of one try.
type exchange struct {
	s        *stream
	a        *attempt
	deadline time.Time
	timer    *time.Timer // nil until there is something to wait for
	msg      spi.Message
}

func (t *exchange) stop() {
	if t.timer != nil {
		t.timer.Stop()
	}
}

// pause waits until something may go on below.
func (t *exchange) pause() error {
	if t.timer == nil {
		t.timer = time.NewTimer(time.Until(t.deadline))
	} else {
		t.timer.Reset(time.Until(t.deadline))
	}
	select {
	case <-t.a.woken:
		return nil
	case <-t.a.cancel:
		return wsa.WSA_OPERATION_ABORTED
	case <-t.timer.C:
		return &refusal{code: wsa.WSAETIMEDOUT, why: "the proxy does not answer"}
	}
}

// address returns the proxy's address, which may have to be looked up.
func (t *exchange) address(p *proxy) (netip.AddrPort, error) {
	if p.host == "" {
		return netip.AddrPortFrom(p.addr, p.port), nil
	}
	ctx, cancel := context.WithDeadline(context.Background(), t.deadline)
	defer cancel()
	go func() {
		select {
		case <-t.a.cancel:
			cancel()
		case <-ctx.Done():
		}
	}()
	return p.address(ctx, t.s.family == wsa.AF_INET6)
}

// connect connects the socket below to the first proxy.
func (t *exchange) connect(p *proxy) error {
	s := t.s
	ap, err := t.address(p)
	if err != nil {
		return err
	}
	name, err := sockaddrFor(ap, s.family)
	if err != nil {
		return err
	}
	if s.family == wsa.AF_INET6 && ap.Addr().Is4() {
		// What refuses it is asked for an address that it may refuse, too.
		_ = s.lower.socket().SetSockOpt(wsa.IPPROTO_IPV6, wsa.IPV6_V6ONLY, make([]byte, 4))
	}
	err = s.lower.Connect(&name)
	for err == wsa.WSAEWOULDBLOCK {
		if err = t.pause(); err != nil {
			return err
		}
		err = s.lower.ConnectResult()
	}
	switch err {
	case nil:
		return nil
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

// converse holds a conversation.
func (t *exchange) converse(talk *talk) error {
	var in []byte
	for {
		out, want, err := talk.next(in)
		if err == nil {
			err = t.send(out)
		}
		switch {
		case err != nil:
			return err
		case want == header:
			in, err = t.receiveHeader()
		case want == 0:
			return nil
		default:
			in, err = t.receive(make([]byte, want))
		}
		if err != nil {
			return err
		}
	}
}

func (t *exchange) send(p []byte) error {
	for len(p) > 0 {
		t.msg.SetBuffer(p)
		n, err := t.s.lower.Send(&t.msg)
		switch err {
		case nil:
			p = p[n:]
		case wsa.WSAEWOULDBLOCK:
			if err := t.pause(); err != nil {
				return err
			}
		default:
			return faulty("the proxy does not listen: " + wsa.ErrnoOf(err).Name())
		}
	}
	return nil
}

// receive fills p.
func (t *exchange) receive(p []byte) ([]byte, error) {
	for n := 0; n < len(p); {
		got, err := t.once(p[n:], 0)
		if err != nil {
			return nil, err
		}
		n += got
	}
	return p, nil
}

// receiveHeader receives up to an empty line. It looks first, to take no byte
// of what follows.
func (t *exchange) receiveHeader() ([]byte, error) {
	var in []byte
	buf := make([]byte, 1024)
	for {
		n, err := t.once(buf, wsa.MSG_PEEK)
		if err != nil {
			return nil, err
		}
		n, ends := endOfHeader(in, buf[:n])
		if _, err := t.receive(buf[:n]); err != nil {
			return nil, err
		}
		in = append(in, buf[:n]...)
		if ends {
			return in, nil
		}
		if len(in) > maxHeader {
			return nil, faulty("the proxy's answer does not end")
		}
	}
}

// once receives at least one byte.
func (t *exchange) once(p []byte, flags uint32) (int, error) {
	for {
		t.msg.SetBuffer(p)
		t.msg.Flags = flags
		n, err := t.s.lower.Recv(&t.msg)
		switch {
		case err == nil && n > 0:
			return n, nil
		case err == nil:
			return 0, faulty("the proxy has closed the connection")
		case err != wsa.WSAEWOULDBLOCK:
			return 0, faulty("the proxy has ended the connection: " + wsa.ErrnoOf(err).Name())
		}
		if err := t.pause(); err != nil {
			return 0, err
		}
	}
}
