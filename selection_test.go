// SPDX-License-Identifier: Apache-2.0

package winsock

import (
	"testing"
	"time"

	"winsock/object"
	"winsock/wsa"
)

// A watch is a socket with an event selection, and what was reported of it.
type watch struct {
	*bed
	s     SOCKET
	event HANDLE
}

func (b *bed) selecting(s SOCKET, mask int32) *watch {
	b.Helper()
	w := &watch{b, s, newEvent(b)}
	w.choose(mask)
	return w
}

func (w *watch) choose(mask int32) {
	w.Helper()
	must(w, WSAEventSelect(w.s, w.event, mask))
}

// unset is in the error places that must not be written.
const unset wsa.Errno = 12345

// enum is WSAEnumNetworkEvents with the event.
func (w *watch) enum() wsa.NetworkEvents {
	w.Helper()
	var got wsa.NetworkEvents
	for i := range got.ErrorCode {
		got.ErrorCode[i] = unset
	}
	must(w, WSAEnumNetworkEvents(w.s, w.event, &got))
	if signalled(w, w.event) {
		w.Error("WSAEnumNetworkEvents function: the event is signalled afterwards")
	}
	for i, code := range got.ErrorCode {
		if (code == unset) != (got.NetworkEvents&(1<<i) == 0) {
			w.Errorf("difference 111: place %d holds %d for %s", i, code, wsa.NetworkEventsString(got.NetworkEvents))
		}
	}
	return got
}

// want waits for these events, in any portions but each once, with no error.
func (w *watch) want(what string, events int32) {
	w.Helper()
	w.wantCode(what, events, 0)
}

// wantCode waits for these events, each with that error.
func (w *watch) wantCode(what string, events int32, code wsa.Errno) {
	w.Helper()
	seen := int32(0)
	for seen != events {
		i, err := WSAWaitForMultipleEvents([]HANDLE{w.event}, false, uint32(soon.Milliseconds()), false)
		must(w, err)
		if i != wsa.WSA_WAIT_EVENT_0 {
			w.Errorf("%s: got %s, want %s", what, wsa.NetworkEventsString(seen), wsa.NetworkEventsString(events))
			return
		}
		got := w.enum()
		if got.NetworkEvents&^events != 0 || got.NetworkEvents&seen != 0 {
			w.Errorf("%s: got %s after %s, want %s", what, wsa.NetworkEventsString(got.NetworkEvents),
				wsa.NetworkEventsString(seen), wsa.NetworkEventsString(events))
			return
		}
		seen |= got.NetworkEvents
		for i, c := range got.ErrorCode {
			if c != unset && c != code {
				w.Errorf("%s: %s with %s, want %s", what, wsa.NetworkEventsString(1<<i), c.Name(), code.Name())
			}
		}
	}
}

// none checks that nothing is recorded. It looks at the level of everything,
// as enumerating does so; what is signalled later would be wrong too, and is
// found by the next want.
func (w *watch) none(what string) {
	w.Helper()
	if got := w.enum().NetworkEvents; got != 0 {
		w.Errorf("%s: got %s, want nothing", what, wsa.NetworkEventsString(got))
	}
}

func TestEventSelectArguments(t *testing.T) {
	var got wsa.NetworkEvents
	wantErr(t, "WSAEventSelect before WSAStartup", WSAEventSelect(4, 4, wsa.FD_READ), wsa.WSANOTINITIALISED)
	wantErr(t, "WSAEnumNetworkEvents before WSAStartup", WSAEnumNetworkEvents(4, 4, &got), wsa.WSANOTINITIALISED)
	onEveryBed(t, func(b *bed) {
		s, e := b.socket(wsa.SOCK_STREAM), newEvent(b)
		closed := newEvent(b)
		must(b, WSACloseEvent(closed))
		for _, c := range []struct {
			what  string
			s     SOCKET
			event HANDLE
			mask  int32
			want  wsa.Errno
		}{
			{"no socket", 4, e, wsa.FD_READ, wsa.WSAENOTSOCK},
			{"an event for a socket", SOCKET(e), e, wsa.FD_READ, wsa.WSAENOTSOCK},
			{"no event", s, wsa.WSA_INVALID_EVENT, wsa.FD_READ, wsa.WSAEINVAL},
			{"a closed event", s, closed, wsa.FD_READ, wsa.WSAEINVAL},
			{"a socket for an event", s, HANDLE(s), wsa.FD_READ, wsa.WSAEINVAL},
			{"an unknown bit", s, e, wsa.FD_READ | 1<<wsa.FD_MAX_EVENTS, wsa.WSAEINVAL},
			{"every known bit", s, e, wsa.FD_ALL_EVENTS, 0},
			{"mask 0 without an event", s, wsa.WSA_INVALID_EVENT, 0, 0},
		} {
			wantErr(b, "WSAEventSelect function, "+c.what, WSAEventSelect(c.s, c.event, c.mask), c.want)
		}
		wantErr(b, "WSAEnumNetworkEvents function, no socket", WSAEnumNetworkEvents(4, e, &got), wsa.WSAENOTSOCK)
		wantErr(b, "WSAEnumNetworkEvents function, nil", WSAEnumNetworkEvents(s, e, nil), wsa.WSAEFAULT)
		wantErr(b, "WSAEnumNetworkEvents function, no event", WSAEnumNetworkEvents(s, 4, &got), wsa.WSAEINVAL)
		fresh := b.socket(wsa.SOCK_STREAM)
		must(b, WSASetEvent(e))
		got.NetworkEvents = wsa.FD_READ
		wantErr(b, "difference 111, no selection", WSAEnumNetworkEvents(fresh, e, &got), 0)
		if got.NetworkEvents != 0 || signalled(b, e) {
			b.Errorf("difference 111, no selection: %s; signalled %v", wsa.NetworkEventsString(got.NetworkEvents), signalled(b, e))
		}
	})
}

// TestEventSelectNonblocking follows differences 93 and 116.
func TestEventSelectNonblocking(t *testing.T) {
	onEveryBed(t, func(b *bed) {
		off := uint32(0)
		_, s := b.connected()
		must(b, WSAEventSelect(s, 0, 0))
		_, err := Recv(s, make([]byte, 1), 0)
		wantErr(b, "difference 116, mask 0", err, wsa.WSAEWOULDBLOCK)
		wantErr(b, "FIONBIO without a selection", IoctlSocket(s, wsa.FIONBIO, &off), 0)
		w := b.selecting(s, wsa.FD_OOB)
		_, err = Recv(s, make([]byte, 1), 0)
		wantErr(b, "difference 116", err, wsa.WSAEWOULDBLOCK)
		wantErr(b, "difference 93", IoctlSocket(s, wsa.FIONBIO, &off), wsa.WSAEINVAL)
		w.choose(0)
		wantErr(b, "FIONBIO after the selection", IoctlSocket(s, wsa.FIONBIO, &off), 0)
		must(b, SetSockOptInt(s, wsa.SOL_SOCKET, wsa.SO_RCVTIMEO, 1))
		_, err = Recv(s, make([]byte, 1), 0)
		wantErr(b, "FIONBIO after the selection", err, wsa.WSAETIMEDOUT)
	})
}

// TestEventRead follows difference 110.
func TestEventRead(t *testing.T) {
	onEveryBed(t, func(b *bed) {
		c, s := b.connected()
		w := b.selecting(s, wsa.FD_READ)
		w.none("no data")
		b.send(c, "data")
		w.want("data", wsa.FD_READ)
		b.send(c, "more")
		wantSelected(b, "data", selectedOf(b, s, inRead, true), inRead)
		w.none("more data, and nothing was received")
		w.choose(wsa.FD_READ)
		w.none("difference 110, the same selection again")
		w.choose(wsa.FD_READ | wsa.FD_CLOSE)
		w.none("difference 110, another selection")
		b.recv(s, 2, 0)
		w.want("difference 110, data is left", wsa.FD_READ)
		b.recv(s, 2, wsa.MSG_PEEK)
		w.want("difference 110, data was only looked at", wsa.FD_READ)
		for got := 2; got < 8; {
			got += len(b.recv(s, 64, 0))
			for got < 8 && w.enum().NetworkEvents == 0 {
				time.Sleep(100 * time.Microsecond) // "more" is on its way
			}
		}
		w.none("no data is left")
		_, err := Recv(s, make([]byte, 1), 0)
		wantErr(b, "recv", err, wsa.WSAEWOULDBLOCK)
		w.none("no data is left")
		b.send(c, "again")
		w.want("data after a receive that would block", wsa.FD_READ)
		b.recv(s, 64, 0)

		b.send(c, "x")
		waitSignalled(b, w.event)
		b.recv(s, 64, 0)
		w.none("the data was received before the events were asked for")
	})
}

func waitSignalled(t testing.TB, event HANDLE) {
	t.Helper()
	if _, err := WaitForEvents([]HANDLE{event}, false, soon); err != nil {
		t.Fatalf("the event: %v", err)
	}
}

// TestEventReadDatagram: FD_READ for each datagram that is left.
func TestEventReadDatagram(t *testing.T) {
	onEveryBed(t, func(b *bed) {
		s, addr := b.bound(wsa.SOCK_DGRAM)
		w := b.selecting(s, wsa.FD_READ|wsa.FD_WRITE|wsa.FD_CONNECT|wsa.FD_CLOSE)
		w.want("WSAEventSelect function, a datagram socket can send", wsa.FD_WRITE)
		c := b.socket(wsa.SOCK_DGRAM)
		must(b, Connect(c, &addr))
		b.send(c, "one")
		w.want("a datagram", wsa.FD_READ)
		b.send(c, "two")
		b.recv(s, 64, 0)
		w.want("another", wsa.FD_READ)
		b.recv(s, 64, 0)
		w.none("no datagram")

		wc := b.selecting(c, wsa.FD_CONNECT|wsa.FD_CLOSE|wsa.FD_READ)
		must(b, Connect(c, &addr))
		wc.none("difference 114, connecting a datagram socket")
		must(b, CloseSocket(s))
		b.send(c, "three")
		wc.want("the port is unreachable", wsa.FD_READ)
		_, err := Recv(c, make([]byte, 1), 0)
		wantErr(b, "recv", err, wsa.WSAECONNRESET)
		wc.none("that was told")
	})
}

// TestEventAccept follows differences 59, 110 and 112, and "WSAAccept
// function" for a deferred connection.
func TestEventAccept(t *testing.T) {
	onEveryBed(t, func(b *bed) {
		l, addr := b.listening()
		first := b.socket(wsa.SOCK_STREAM)
		must(b, Connect(first, &addr))
		w := b.selecting(l, wsa.FD_ACCEPT)
		w.want("difference 112, a connection waits already", wsa.FD_ACCEPT)
		second := b.socket(wsa.SOCK_STREAM)
		must(b, Connect(second, &addr))
		w.none("another connection, and none was accepted")
		_, err := WSAAccept(l, nil, func(*ConditionParams) int32 { return CF_DEFER })
		wantErr(b, "deferred", err, wsa.WSATRY_AGAIN)
		w.none("WSAAccept function: CF_DEFER does not re-enable FD_ACCEPT")
		b.accept(l)
		w.want("difference 110, another connection waits", wsa.FD_ACCEPT)
		_, err = WSAAccept(l, nil, func(*ConditionParams) int32 { return CF_REJECT })
		wantErr(b, "rejected", err, wsa.WSAECONNREFUSED)
		w.none("no connection waits")

		w.choose(wsa.FD_ACCEPT | wsa.FD_READ | wsa.FD_WRITE | wsa.FD_CLOSE | wsa.FD_CONNECT)
		third := b.socket(wsa.SOCK_STREAM)
		must(b, Connect(third, &addr))
		w.want("a connection", wsa.FD_ACCEPT)
		s := b.accept(l)
		child := &watch{b, s, w.event}
		child.want("difference 59, the accepted socket can send, on the listener's event", wsa.FD_WRITE)
		_, err = Recv(s, make([]byte, 1), 0)
		wantErr(b, "difference 59, the accepted socket is non-blocking", err, wsa.WSAEWOULDBLOCK)
		b.send(third, "x")
		child.want("difference 59, data", wsa.FD_READ)
		must(b, CloseSocket(third))
		child.want("difference 59, closed", wsa.FD_CLOSE)
		w.none("the listener")
	})
}

// TestEventWrite follows difference 109.
func TestEventWrite(t *testing.T) {
	onEveryBed(t, func(b *bed) {
		c, s := b.connected()
		w := b.selecting(s, wsa.FD_WRITE)
		w.want("connected", wsa.FD_WRITE)
		b.send(s, "x")
		w.none("difference 109, a send that did not block")
		total := b.stuff(s) + 1
		if !b.buffers { // there may be room again at any time
			w.none("no room")
		}
		b.drain(c, total)
		w.want("difference 109, room after a send that would block", wsa.FD_WRITE)
		w.none("difference 109, told once")
		w.choose(wsa.FD_WRITE)
		w.none("the same selection again")
		if total = b.stuff(s); total == 0 {
			b.Error("FD_WRITE, but there is no room")
		}
		b.drain(c, total)
		w.want("difference 109, again", wsa.FD_WRITE)
	})
}

// TestEventConnect follows differences 112 and 114.
func TestEventConnect(t *testing.T) {
	const mask = wsa.FD_CONNECT | wsa.FD_WRITE | wsa.FD_READ | wsa.FD_CLOSE
	onEveryBed(t, func(b *bed) {
		l, addr := b.listening()
		s := b.socket(wsa.SOCK_STREAM)
		w := b.selecting(s, mask)
		w.none("a fresh socket")
		b.connect(s, &addr)
		waitSignalled(b, w.event)
		if got := w.enum().NetworkEvents; got != wsa.FD_CONNECT|wsa.FD_WRITE {
			b.Errorf("difference 114: got %s, want FD_CONNECT and FD_WRITE together", wsa.NetworkEventsString(got))
		}
		b.accept(l)
		w.none("connected, told once")
		wantErr(b, "connect", Connect(s, &addr), wsa.WSAEISCONN)
		w.none("connected already")

		s = b.socket(wsa.SOCK_STREAM)
		must(b, Connect(s, &addr))
		peer := b.accept(l)
		w = b.selecting(s, wsa.FD_CLOSE)
		w.none("not selected")
		w.choose(mask)
		w.want("difference 112, connected before the selection", wsa.FD_CONNECT|wsa.FD_WRITE)
		b.send(peer, "x")
		w.want("data", wsa.FD_READ)

		to := b.refusing()
		s = b.socket(wsa.SOCK_STREAM)
		w = b.selecting(s, mask)
		b.connect(s, &to)
		w.wantCode("refused", wsa.FD_CONNECT, wsa.WSAECONNREFUSED)
		w.none("refused, told once")
		b.connect(s, &addr)
		w.want("connected at the second try", wsa.FD_CONNECT|wsa.FD_WRITE)
	})
}

// TestEventClose follows difference 115.
func TestEventClose(t *testing.T) {
	const mask = wsa.FD_READ | wsa.FD_CLOSE
	onEveryBed(t, func(b *bed) {
		c, s := b.connected()
		w := b.selecting(s, mask)
		b.send(c, "data")
		w.want("data", wsa.FD_READ)
		must(b, Shutdown(c, wsa.SD_SEND))
		w.want("difference 115, the end, with unread data", wsa.FD_CLOSE)
		b.recv(s, 2, 0)
		w.want("unread data", wsa.FD_READ)
		b.recv(s, 2, 0)
		w.none("no data, and the end is told once")
		if got := b.recv(s, 1, 0); got != "" {
			b.Errorf("received %q", got)
		}
		w.none("difference 115, the end is told once")
		must(b, CloseSocket(c))
		w.none("difference 115, the end is told once")

		c, s = b.connected()
		w = b.selecting(s, mask)
		b.reset(c)
		w.wantCode("difference 115, reset", wsa.FD_CLOSE, wsa.WSAECONNABORTED)
		w.none("difference 115, reset is told once")

		for _, how := range []int32{wsa.SD_SEND, wsa.SD_RECEIVE, wsa.SD_BOTH} {
			_, s = b.connected()
			w = b.selecting(s, mask)
			must(b, Shutdown(s, how))
			w.none("difference 115, own shutdown")
		}
	})
}

// TestEventOOB follows difference 116.
func TestEventOOB(t *testing.T) {
	onEveryBed(t, func(b *bed) {
		c, s := b.connected()
		w := b.selecting(s, wsa.FD_OOB|wsa.FD_READ)
		b.sendOOB(c, "!")
		w.want("out-of-band data", wsa.FD_OOB)
		w.none("difference 116, told once")
		b.send(c, "data")
		w.want("data", wsa.FD_READ)
		if got := b.recv(s, 1, wsa.MSG_OOB); got != "!" {
			b.Errorf("received %q", got)
		}
		w.none("out-of-band data was received")
		b.recv(s, 4, 0)
		w.none("all was received")
		b.sendOOB(c, "?")
		w.want("difference 116, another byte", wsa.FD_OOB)
	})
}

// TestEventEnumeration follows difference 111.
func TestEventEnumeration(t *testing.T) {
	onEveryBed(t, func(b *bed) {
		c, s := b.connected()
		b.send(c, "data")
		wantSelected(b, "data", selectedOf(b, s, inRead, true), inRead)
		w := b.selecting(s, wsa.FD_READ|wsa.FD_WRITE)
		if !signalled(b, w.event) {
			b.Error("difference 112: the event is not signalled by what holds already")
		}
		w.choose(wsa.FD_READ)
		w.want("difference 111, only what is selected", wsa.FD_READ)
		w.none("difference 111, it is cleared")
		w.choose(wsa.FD_READ | wsa.FD_WRITE)
		if !signalled(b, w.event) {
			b.Error("difference 112: the event is not signalled by what is on record")
		}
		other := newEvent(b)
		must(b, WSASetEvent(other))
		var got wsa.NetworkEvents
		must(b, WSAEnumNetworkEvents(s, other, &got))
		if got.NetworkEvents != wsa.FD_WRITE || signalled(b, other) || !signalled(b, w.event) {
			b.Errorf("difference 111: got %s; the event given is signalled: %v, the other: %v",
				wsa.NetworkEventsString(got.NetworkEvents), signalled(b, other), signalled(b, w.event))
		}
		must(b, WSAEnumNetworkEvents(s, 0, &got))
		if got.NetworkEvents != 0 || !signalled(b, w.event) {
			b.Error("difference 111: an event was reset that was not given")
		}
	})
}

// TestEventReplaced: a selection replaces the one before, mask 0 ends it.
func TestEventReplaced(t *testing.T) {
	onEveryBed(t, func(b *bed) {
		c, s := b.connected()
		old := b.selecting(s, wsa.FD_READ)
		w := b.selecting(s, wsa.FD_READ)
		b.send(c, "x")
		w.want("data", wsa.FD_READ)
		if signalled(b, old.event) {
			b.Error("WSAEventSelect function: the event of the selection before is signalled")
		}
		w.choose(0)
		b.recv(s, 1, 0)
		b.send(c, "x")
		wantSelected(b, "data", selectedOf(b, s, inRead, true), inRead)
		w.none("WSAEventSelect function: mask 0")
		w.choose(wsa.FD_READ)
		w.want("difference 112, data that came without a selection", wsa.FD_READ)

		b.recv(s, 1, 0)
		must(b, WSACloseEvent(w.event))
		b.send(c, "x")
		wantSelected(b, "data", selectedOf(b, s, inRead, true), inRead)
		var got wsa.NetworkEvents
		must(b, WSAEnumNetworkEvents(s, 0, &got))
		if got.NetworkEvents != wsa.FD_READ {
			b.Errorf("the record without an event: %s", wsa.NetworkEventsString(got.NetworkEvents))
		}
	})
}

// TestEventClosedSocket: closing a socket signals nothing and leaves nothing
// behind, whatever happens at the same time.
func TestEventClosedSocket(t *testing.T) {
	onEveryBed(t, func(b *bed) {
		open := object.Count()
		e := newEvent(b)
		for range 50 {
			c, s := b.connected()
			must(b, WSAEventSelect(s, e, wsa.FD_READ|wsa.FD_CLOSE))
			ended := make(chan struct{})
			go func() {
				defer close(ended)
				Send(c, []byte("x"), 0)
				CloseSocket(c)
			}()
			var got wsa.NetworkEvents
			WSAEnumNetworkEvents(s, e, &got)
			WSAEventSelect(s, e, wsa.FD_WRITE|wsa.FD_READ)
			must(b, CloseSocket(s))
			must(b, WSAResetEvent(e))
			done(b, ended)
			if signalled(b, e) {
				b.Fatal("difference 117: the event is signalled after closesocket")
			}
		}
		if n := object.Count() - open; n != 1 {
			b.Errorf("%d handles are left", n-1)
		}
	})
}

// TestEventLoop echoes by events alone. If the record loses one, it hangs.
func TestEventLoop(t *testing.T) {
	onEveryBed(t, func(b *bed) {
		const size = 1 << 20
		c, s := b.connected()
		w := b.selecting(s, wsa.FD_READ|wsa.FD_WRITE|wsa.FD_CLOSE)
		errs := make(chan error, 2)
		go func() { _, err := Send(c, make([]byte, size), 0); errs <- err }()
		got := make(chan int, 1)
		go func() {
			total, p := 0, make([]byte, 64<<10)
			for total < size {
				n, err := Recv(c, p, 0)
				if n == 0 || err != nil {
					break
				}
				total += n
			}
			got <- total
			errs <- Shutdown(c, wsa.SD_SEND)
		}()
		var held []byte
		p := make([]byte, 10_000)
		pump := func() { // until a call would block, as only that re-enables
			for {
				for len(held) > 0 {
					n, err := Send(s, held, 0)
					held = held[n:]
					if err == wsa.WSAEWOULDBLOCK {
						return
					}
					must(b, err)
				}
				n, err := Recv(s, p, 0)
				if n == 0 || err == wsa.WSAEWOULDBLOCK {
					return
				}
				must(b, err)
				held = append(held, p[:n]...)
			}
		}
		for events := int32(0); events&wsa.FD_CLOSE == 0; pump() {
			waitSignalled(b, w.event)
			var got wsa.NetworkEvents
			must(b, WSAEnumNetworkEvents(s, w.event, &got))
			events = got.NetworkEvents
		}
		if n := done(b, got); n != size {
			b.Errorf("%d of %d bytes came back", n, size)
		}
		must(b, done(b, errs))
		must(b, done(b, errs))
	})
}

// TestSelectionAllocatesNothing: a round of data that events tell of does not
// allocate.
func TestSelectionAllocatesNothing(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector makes pools forget")
	}
	onEveryBed(t, func(b *bed) {
		if b.delayed {
			b.Skip("the delay allocates")
		}
		c, s := b.connected()
		w := b.selecting(s, wsa.FD_READ)
		p := make([]byte, 1)
		var got wsa.NetworkEvents
		if n := testing.AllocsPerRun(200, func() {
			Send(c, p, 0)
			WSAWaitForMultipleEvents([]HANDLE{w.event}, false, 1000, false)
			WSAEnumNetworkEvents(s, w.event, &got)
			Recv(s, p, 0)
		}); n > 0 {
			b.Errorf("a round by events: %v allocations", n)
		}
	})
}
