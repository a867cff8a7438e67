// SPDX-License-Identifier: Apache-2.0

package kernel

import (
	"testing"

	"winsock/spi"
	"winsock/wsa"
)

func one() *spi.Message { return &spi.Message{Bufs: [][]byte{make([]byte, 1)}} }

func sendErr(s *socket) error { _, err := s.Send(one()); return err }
func recvErr(s *socket) error { _, err := s.Recv(one()); return err }

func TestShutdownRules(t *testing.T) {
	each(t, streams, func(t *testing.T, o spi.Opening) {
		s := newSock(t, o)
		want(t, "difference 77: unconnected", s.Shutdown(wsa.SD_SEND), wsa.WSAENOTCONN)
		want(t, "difference 77: bad how", s.Shutdown(3), wsa.WSAEINVAL)
		want(t, "difference 73: send unconnected", sendErr(s), wsa.WSAENOTCONN)
		want(t, "difference 64: recv unconnected", recvErr(s), wsa.WSAENOTCONN)

		a, b := pair(t, o)
		want(t, "shutdown", a.Shutdown(wsa.SD_SEND), 0)
		want(t, "difference 77: twice", a.Shutdown(wsa.SD_SEND), 0)
		want(t, "difference 74: send after SD_SEND", sendErr(a), wsa.WSAESHUTDOWN)
		if e := a.Ready(spi.EventWrite); e != 0 {
			t.Error("EventWrite after SD_SEND")
		}
		expect(t, b, "") // the end
		send(t, b, "still")
		expect(t, a, "still")
		want(t, "shutdown", a.Shutdown(wsa.SD_RECEIVE), 0)
		want(t, "difference 75: recv after SD_RECEIVE", recvErr(a), wsa.WSAESHUTDOWN)
		send(t, b, "unheard") // the peer does not notice
	})
	each(t, datagrams, func(t *testing.T, o spi.Opening) {
		s, name := bound(t, o)
		want(t, "difference 78: unconnected datagram socket", s.Shutdown(wsa.SD_BOTH), 0)
		want(t, "difference 78: recvfrom", recvErr(s), wsa.WSAESHUTDOWN)
		m := one()
		m.Name = &name
		_, err := s.Send(m)
		want(t, "difference 78: sendto", err, wsa.WSAESHUTDOWN)
	})
}

func TestDatagramState(t *testing.T) {
	each(t, datagrams, func(t *testing.T, o spi.Opening) {
		s := newSock(t, o)
		want(t, "difference 70: send unconnected", sendErr(s), wsa.WSAENOTCONN)
		want(t, "difference 70: recv unbound", recvErr(s), wsa.WSAEINVAL)
		zero := anyAddr(o, 0)
		m := one()
		m.Name = &zero
		_, err := s.Send(m)
		want(t, "sendto function: the wildcard", err, wsa.WSAEADDRNOTAVAIL)
		var own wsa.Sockaddr
		want(t, "difference 30: a sendto that failed has bound the socket", s.GetSockName(&own), 0)
		if own.Port() == 0 {
			t.Error("difference 30: bound without a port")
		}

		peer, peerName := bound(t, o)
		want(t, "difference 70: connect", s.Connect(&peerName), 0)
		want(t, "difference 70: reconnect", s.Connect(&peerName), 0)
		send(t, s, "x")
		expect(t, peer, "x")
		unspec := wsa.SockaddrBytes(make([]byte, 16))
		want(t, "difference 70: connect to AF_UNSPEC", s.Connect(&unspec), 0)
		want(t, "difference 70: send after that", sendErr(s), wsa.WSAENOTCONN)
		var after wsa.Sockaddr
		if s.GetSockName(&after); after.Port() != own.Port() {
			t.Errorf("the port changed from %d to %d", own.Port(), after.Port())
		}
		want(t, "connect function: all zeros dissolve as well", s.Connect(&zero), 0)

		buf := make([]byte, 70000)
		m = &spi.Message{Bufs: [][]byte{buf}, Name: &peerName}
		_, err = s.Send(m)
		want(t, "sendto function: too long", err, wsa.WSAEMSGSIZE)
		for _, flags := range []uint32{wsa.MSG_OOB, wsa.MSG_PARTIAL, 0x4000000} {
			m = one()
			m.Name, m.Flags = &peerName, flags
			_, err = s.Send(m)
			want(t, "sendto function: flags", err, wsa.WSAEOPNOTSUPP)
		}
	})
}

func TestReset(t *testing.T) {
	each(t, tcps, func(t *testing.T, o spi.Opening) {
		a, b := pair(t, o)
		a.Abort()
		shut(a)
		if e := waitFor(t, b, spi.EventReset); e != spi.EventReset {
			t.Errorf("difference 106: ready is %v", e)
		}
		for range 3 {
			want(t, "difference 84: recv after a reset", recvErr(b), wsa.WSAECONNRESET)
		}
		want(t, "send after a reset", sendErr(b), wsa.WSAECONNRESET)
		if v := getInt(t, b, wsa.SOL_SOCKET, wsa.SO_ERROR); v != 0 {
			t.Errorf("difference 83: SO_ERROR is %d after a reset", v)
		}
		want(t, "getpeername after a reset", b.GetPeerName(new(wsa.Sockaddr)), 0)
		if e := b.Ready(spi.EventRead | spi.EventWrite | spi.EventClose); e != 0 {
			t.Errorf("after a reset hold %v", e)
		}
	})
}

// The same, found by the receive itself.
func TestResetFoundByRecv(t *testing.T) {
	a, b := pair(t, tcp4)
	setLinger(t, a, 1, 0)
	shut(a)
	for range 3 {
		_, err := recv(t, b, 1)
		want(t, "difference 84: recv after a reset", err, wsa.WSAECONNRESET)
	}
}

func TestCloseEvents(t *testing.T) {
	each(t, streams, func(t *testing.T, o spi.Opening) {
		a, b := pair(t, o)
		send(t, a, "rest")
		shut(a)
		mask := spi.EventRead | spi.EventClose | spi.EventReset
		waitFor(t, b, spi.EventClose)
		if e := b.Ready(mask); e != spi.EventRead|spi.EventClose {
			t.Errorf("difference 108: data and the end show as %v", e)
		}
		expect(t, b, "rest")
		if e := b.Ready(mask); e != spi.EventClose {
			t.Errorf("difference 108: the end alone shows as %v", e)
		}
		expect(t, b, "")
	})
}

func TestLinger(t *testing.T) {
	a, b := pair(t, tcp4)
	setLinger(t, a, 1, 30)
	a.SetSockOpt(wsa.SOL_SOCKET, wsa.SO_SNDBUF, []byte{0, 0, 4, 0})
	total := 0
	for buf := make([]byte, 1<<16); ; {
		n, err := a.Send(&spi.Message{Bufs: [][]byte{buf}})
		if err == wsa.WSAEWOULDBLOCK {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		total += n
	}
	want(t, "Linger with data under way", a.Linger(), wsa.WSAEWOULDBLOCK)
	woken := make(chan struct{}, 1)
	w := spi.Watcher{Mask: spi.EventWrite, Notify: func(spi.Events) {
		select {
		case woken <- struct{}{}:
		default:
		}
	}}
	a.Watch(&w)
	defer a.Unwatch(&w)
	drained := make(chan struct{})
	defer func() { <-drained }()
	defer shut(a) // the end that the reader waits for
	go func() {
		defer close(drained)
		for {
			if got, err := recv(t, b, 1<<16); got == "" || err != nil {
				return
			}
		}
	}()
	for a.Linger() == wsa.WSAEWOULDBLOCK {
		<-woken // hangs, and fails the test by its time-out, if the end is not told
	}
	want(t, "Linger at the end", a.Linger(), 0)
	if total == 0 {
		t.Error("nothing was sent")
	}
}

func setLinger(t testing.TB, s *socket, onoff, seconds byte) {
	t.Helper()
	if err := s.SetSockOpt(wsa.SOL_SOCKET, wsa.SO_LINGER, []byte{onoff, 0, seconds, 0}); err != nil {
		t.Fatalf("setsockopt SO_LINGER: %v", err)
	}
}

func TestFresh(t *testing.T) {
	each(t, streams, func(t *testing.T, o spi.Opening) {
		if e := newSock(t, o).Ready(spi.EventAll); e != 0 {
			t.Errorf("difference 103: a fresh stream is ready for %v", e)
		}
	})
	each(t, datagrams, func(t *testing.T, o spi.Opening) {
		if e := newSock(t, o).Ready(spi.EventAll); e != spi.EventWrite {
			t.Errorf("difference 103: a fresh datagram socket is ready for %v, want write", e)
		}
	})
}

func TestEmptyRecv(t *testing.T) {
	each(t, streams, func(t *testing.T, o spi.Opening) {
		a, b := pair(t, o)
		_, err := b.Recv(&spi.Message{Bufs: [][]byte{nil}})
		want(t, "difference 82: a receive without room, with nothing there", err, wsa.WSAEWOULDBLOCK)
		send(t, a, "data")
		waitFor(t, b, spi.EventRead)
		n, err := b.Recv(&spi.Message{Bufs: [][]byte{nil}})
		if n != 0 || err != nil {
			t.Errorf("difference 82: with data there: %d, %v", n, err)
		}
		expect(t, b, "data")
		want(t, "difference 81: control data on a stream", func() error {
			_, err := a.Send(&spi.Message{Bufs: [][]byte{{1}}, Control: make([]byte, 16)})
			return err
		}(), wsa.WSAEINVAL)
	})
}
