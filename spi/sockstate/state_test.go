// SPDX-License-Identifier: Apache-2.0

package sockstate

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"winsock/spi"
	"winsock/wsa"
)

var start = time.Unix(1000, 0)

// The ways in which a socket comes into each state.
var reach = map[string]func(s *State){
	"new stream":  func(s *State) {},
	"bound":       func(s *State) { s.SetBound() },
	"unbound":     func(s *State) { s.SetBound(); s.SetUnbound() },
	"listening":   func(s *State) { s.SetBound(); s.SetListening() },
	"connecting":  func(s *State) { s.BeginConnect() },
	"cancelled":   func(s *State) { s.BeginConnect(); s.CancelConnect() },
	"connected":   func(s *State) { s.BeginConnect(); s.EndConnect(0, start) },
	"accepted":    func(s *State) { s.InitAccepted(start) },
	"failed":      func(s *State) { s.SetBound(); s.BeginConnect(); s.EndConnect(wsa.WSAECONNREFUSED, start) },
	"send-shut":   func(s *State) { s.InitAccepted(start); s.Shutdown(wsa.SD_SEND) },
	"recv-shut":   func(s *State) { s.InitAccepted(start); s.Shutdown(wsa.SD_RECEIVE) },
	"both-shut":   func(s *State) { s.InitAccepted(start); s.Shutdown(wsa.SD_BOTH) },
	"peer-shut":   func(s *State) { s.InitAccepted(start); s.SetPeerShut() },
	"reset":       func(s *State) { s.InitAccepted(start); s.Break(wsa.WSAECONNRESET) },
	"aborted":     func(s *State) { s.InitAccepted(start); s.Break(wsa.WSAECONNABORTED); s.Break(wsa.WSAECONNRESET) },
	"shut+reset":  func(s *State) { s.InitAccepted(start); s.Shutdown(wsa.SD_SEND); s.Break(wsa.WSAECONNRESET) },
	"new dgram":   func(s *State) { s.Init(true) },
	"dgram bound": func(s *State) { s.Init(true); s.SetBound() },
	"dgram peer":  func(s *State) { s.Init(true); s.SetPeer(true) },
	"dissolved":   func(s *State) { s.Init(true); s.SetPeer(true); s.SetPeer(false) },
	"dgram shut":  func(s *State) { s.Init(true); s.SetBound(); s.Shutdown(wsa.SD_BOTH) },
	"dgram connect": func(s *State) {
		s.Init(true)
		s.BeginConnect()
		s.EndConnect(0, start)
	},
}

func TestCallsByState(t *testing.T) {
	const (
		ok  = wsa.Errno(0)
		not = wsa.WSAENOTCONN
		inv = wsa.WSAEINVAL
		isc = wsa.WSAEISCONN
		opn = wsa.WSAEOPNOTSUPP
		shu = wsa.WSAESHUTDOWN
		rst = wsa.WSAECONNRESET
		abo = wsa.WSAECONNABORTED
		wou = wsa.WSAEWOULDBLOCK
		alr = wsa.WSAEALREADY
		ref = wsa.WSAECONNREFUSED
	)
	for _, c := range []struct {
		state, rules                                                         string
		bind, listen, connect, accept, send, recv, shut, sock, peer, connres wsa.Errno
	}{
		{"new stream", "differences 19, 24, 73, 77", ok, inv, ok, inv, not, not, not, inv, not, not},
		{"bound", "differences 21, 24", inv, ok, ok, inv, not, not, not, ok, not, not},
		{"unbound", "bind function", ok, inv, ok, inv, not, not, not, inv, not, not},
		{"listening", "differences 25, 26, 77", inv, ok, inv, ok, not, not, not, ok, not, not},
		{"connecting", "differences 29, 63, 64", inv, inv, alr, inv, not, not, not, inv, ok, wou},
		{"cancelled", "connect function", ok, inv, ok, inv, not, not, not, inv, not, not},
		{"connected", "connect function", inv, isc, isc, inv, ok, ok, ok, ok, ok, ok},
		{"accepted", "accept function", inv, isc, isc, inv, ok, ok, ok, ok, ok, ok},
		{"failed", "difference 66", inv, ok, ok, inv, not, not, not, ok, not, ref},
		{"send-shut", "differences 28, 74", inv, isc, isc, inv, shu, ok, ok, ok, ok, ok},
		{"recv-shut", "differences 28, 75", inv, isc, isc, inv, ok, shu, ok, ok, ok, ok},
		{"both-shut", "differences 28, 77", inv, isc, isc, inv, shu, shu, ok, ok, ok, ok},
		{"peer-shut", "recv function", inv, isc, isc, inv, ok, ok, ok, ok, ok, ok},
		{"reset", "difference 84", inv, isc, isc, inv, rst, rst, rst, ok, ok, ok},
		{"aborted", "recv function", inv, isc, isc, inv, abo, abo, abo, ok, ok, ok},
		{"shut+reset", "difference 74", inv, isc, isc, inv, shu, rst, rst, ok, ok, ok},
		{"new dgram", "difference 70", ok, opn, ok, opn, not, inv, ok, inv, not, not},
		{"dgram bound", "difference 70", inv, opn, ok, opn, not, ok, ok, ok, not, not},
		{"dgram peer", "difference 70", inv, opn, ok, opn, ok, ok, ok, ok, ok, ok},
		{"dissolved", "difference 70", inv, opn, ok, opn, not, ok, ok, ok, not, not},
		{"dgram shut", "difference 78", inv, opn, ok, opn, shu, shu, ok, ok, not, not},
		{"dgram connect", "difference 70", inv, opn, ok, opn, ok, ok, ok, ok, ok, ok},
	} {
		in, known := reach[c.state]
		if !known {
			t.Fatalf("no way into state %q", c.state)
		}
		for _, call := range []struct {
			name string
			do   func(s *State) error
			want wsa.Errno
		}{
			{"bind", (*State).CheckBind, c.bind},
			{"listen", (*State).CheckListen, c.listen},
			{"connect (check)", (*State).CheckConnect, c.connect},
			{"connect", (*State).BeginConnect, c.connect},
			{"accept", (*State).CheckAccept, c.accept},
			{"send", func(s *State) error { return s.CheckSend(false) }, c.send},
			{"recv", (*State).CheckRecv, c.recv},
			{"shutdown", func(s *State) error { _, err := s.Shutdown(wsa.SD_BOTH); return err }, c.shut},
			{"getsockname", (*State).CheckSockName, c.sock},
			{"getpeername", (*State).CheckPeerName, c.peer},
			{"connect result", (*State).ConnectResult, c.connres},
			{"shutdown(3)", func(s *State) error { _, err := s.Shutdown(3); return err }, inv},
		} {
			var s State
			in(&s)
			if err := call.do(&s); wsa.ErrnoOf(err) != call.want {
				t.Errorf("%s: %s in state %q (%v): %v, want %v", c.rules, call.name, c.state, s.Flags(), err, call.want)
			}
		}
	}
}

func TestSendWithNameNeedsNoPeer(t *testing.T) {
	var s State
	s.Init(true)
	if err := s.CheckSend(true); err != nil {
		t.Errorf("sendto function: named send on a new datagram socket: %v", err)
	}
	s.Shutdown(wsa.SD_SEND)
	if err := s.CheckSend(true); err != wsa.WSAESHUTDOWN {
		t.Errorf("difference 78: sendto after shutdown: %v, want WSAESHUTDOWN", err)
	}
}

func TestShutdownTellsWhatIsNew(t *testing.T) {
	var s State
	s.InitAccepted(start)
	for i, want := range []struct {
		how  int32
		news Flags
	}{{wsa.SD_SEND, SendShut}, {wsa.SD_SEND, 0}, {wsa.SD_BOTH, RecvShut}, {wsa.SD_BOTH, 0}, {wsa.SD_RECEIVE, 0}} {
		if news, err := s.Shutdown(want.how); news != want.news || err != nil {
			t.Errorf("difference 77: shutdown %d closes %v, %v; want %v", i, news, err, want.news)
		}
	}
}

func TestErrorSticks(t *testing.T) {
	var s State
	s.BeginConnect()
	s.EndConnect(wsa.WSAECONNREFUSED, start)
	for range 2 {
		if s.Error() != wsa.WSAECONNREFUSED {
			t.Fatalf("difference 49: SO_ERROR after a refused connect is %v", s.Error())
		}
	}
	if s.BeginConnect(); s.Error() != wsa.WSAECONNREFUSED {
		t.Errorf("difference 49: a new attempt changed SO_ERROR to %v", s.Error())
	}
	if s.EndConnect(0, start); s.Error() != 0 {
		t.Errorf("difference 49: SO_ERROR after a good connect is %v", s.Error())
	}
	s.SetError(1234)
	if s.Error() != 1234 {
		t.Errorf("difference 50: SO_ERROR that was set reads %v", s.Error())
	}
	var r State
	r.InitAccepted(start)
	if r.Break(wsa.WSAECONNRESET); r.Error() != 0 {
		t.Errorf("difference 83: SO_ERROR after a reset is %v", r.Error())
	}
}

func TestConnectTime(t *testing.T) {
	var s State
	later := start.Add(5900 * time.Millisecond)
	if got := s.ConnectTime(later); got != -1 {
		t.Errorf("difference 52: SO_CONNECT_TIME before connect is %d", got)
	}
	s.BeginConnect()
	s.EndConnect(0, start)
	if got := s.ConnectTime(later); got != 5 {
		t.Errorf("difference 52: SO_CONNECT_TIME after 5.9 s is %d", got)
	}
	s.Init(true)
	s.SetPeer(true)
	if got := s.ConnectTime(later); got != -1 {
		t.Errorf("difference 52: SO_CONNECT_TIME of a datagram socket is %d", got)
	}
}

func TestEvents(t *testing.T) {
	for state, want := range map[string]spi.Events{
		"new stream": 0, "listening": 0, "connecting": 0,
		"connected":  spi.EventConnect,
		"failed":     spi.EventConnectFail,
		"peer-shut":  spi.EventConnect | spi.EventClose,
		"reset":      spi.EventConnect | spi.EventReset,
		"dgram peer": 0,
	} {
		var s State
		reach[state](&s)
		if got := s.Events(); got != want {
			t.Errorf("events of state %q: %v, want %v", state, got, want)
		}
	}
}

func TestOneOfManyConnectsWins(t *testing.T) {
	var s State
	var won, already atomic.Int32
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			switch s.BeginConnect() {
			case nil:
				won.Add(1)
			case wsa.WSAEALREADY:
				already.Add(1)
			}
		})
	}
	wg.Wait()
	if won.Load() != 1 || already.Load() != 49 {
		t.Errorf("difference 63: %d connects began, %d were WSAEALREADY", won.Load(), already.Load())
	}
}

func TestEndsOfAnAttemptCountOnce(t *testing.T) {
	var s State
	s.BeginConnect()
	if !s.EndConnect(wsa.WSAETIMEDOUT, start) || s.EndConnect(0, start) {
		t.Error("connect function: an attempt ended twice")
	}
	if err := s.ConnectResult(); err != wsa.WSAETIMEDOUT {
		t.Errorf("connect result: %v", err)
	}
}

func TestChecksDoNotAllocate(t *testing.T) {
	for name, in := range reach {
		var s State
		in(&s)
		if n := testing.AllocsPerRun(100, func() { s.CheckSend(false); s.CheckRecv(); s.ConnectResult() }); n != 0 {
			t.Errorf("state %q: the checks allocate %v times", name, n)
		}
	}
}

func BenchmarkCheckSend(b *testing.B) {
	var s State
	s.InitAccepted(start)
	for b.Loop() {
		if s.CheckSend(false) != nil {
			b.Fatal("refused")
		}
	}
}
