// SPDX-License-Identifier: Apache-2.0

package winsock

import (
	"slices"
	"sync"
	"testing"
	"time"

	"winsock/message"
	"winsock/object"
	"winsock/wsa"
)

const wmSocket = message.WM_USER + 7

// A mailbox is a window with its thread, both of the test's goroutine.
type mailbox struct {
	*bed
	thread *MessageThread
	hwnd   HWND
}

func (b *bed) mailbox() *mailbox {
	b.Helper()
	t, err := NewMessageThread()
	must(b, err)
	b.Cleanup(func() { t.Close() })
	hwnd, err := t.CreateWindow(nil, 0)
	must(b, err)
	return &mailbox{b, t, hwnd}
}

func (m *mailbox) choose(s SOCKET, mask int32) {
	m.Helper()
	must(m, WSAAsyncSelect(s, m.hwnd, wmSocket, mask))
}

// take takes the next message, which must be there or come.
func (m *mailbox) take(what string) (msg MSG) {
	m.Helper()
	for end := time.Now().Add(soon); ; {
		found, err := m.thread.Peek(&msg, 0, 0, 0, message.PM_REMOVE)
		must(m, err)
		if found {
			return msg
		}
		left := uint32(max(0, time.Until(end).Milliseconds()))
		i, err := MsgWaitForMultipleObjects(m.thread, nil, false, left, message.QS_POSTMESSAGE)
		must(m, err)
		if i != wsa.WSA_WAIT_EVENT_0 {
			m.Fatalf("%s: no message", what)
		}
	}
}

// want waits for a message for each of the events, in this order.
func (m *mailbox) want(what string, s SOCKET, events ...int32) {
	m.Helper()
	for _, event := range events {
		m.wantCode(what, s, event, 0)
	}
}

func (m *mailbox) wantCode(what string, s SOCKET, event int32, code wsa.Errno) {
	m.Helper()
	got := m.take(what)
	want := MSG{Hwnd: m.hwnd, Message: wmSocket, WParam: uintptr(s), LParam: WSAMakeSelectReply(event, code), Time: got.Time}
	if got != want {
		m.Errorf("%s: got %s with %s for %#x, want %s with %s for %#x", what,
			wsa.NetworkEventsString(WSAGetSelectEvent(got.LParam)), WSAGetSelectError(got.LParam).Name(), got.WParam,
			wsa.NetworkEventsString(event), code.Name(), s)
	}
}

// none checks that there is no message. What comes later would be wrong too,
// and is found by the next want.
func (m *mailbox) none(what string) {
	m.Helper()
	var msg MSG
	if found, err := m.thread.Peek(&msg, 0, 0, 0, message.PM_REMOVE); err != nil || found {
		m.Errorf("%s: got %s with %s, want nothing (%v)", what,
			wsa.NetworkEventsString(WSAGetSelectEvent(msg.LParam)), WSAGetSelectError(msg.LParam).Name(), err)
	}
}

// TestReplyMacros follows the macros of "WSAAsyncSelect function" and
// "WSAAsyncGetHostByName function".
func TestReplyMacros(t *testing.T) {
	for _, c := range []struct {
		event int32
		code  wsa.Errno
		want  uintptr
	}{
		{wsa.FD_READ, 0, 1},
		{wsa.FD_CONNECT, wsa.WSAECONNREFUSED, 10061<<16 | 16},
		{wsa.FD_ADDRESS_LIST_CHANGE, wsa.WSA_QOS_RESERVED_PETYPE, 11031<<16 | 512},
	} {
		got := WSAMakeSelectReply(c.event, c.code)
		if got != c.want || WSAGetSelectEvent(got) != c.event || WSAGetSelectError(got) != c.code {
			t.Errorf("WSAMAKESELECTREPLY(%d, %d) = %#x, want %#x", c.event, c.code, got, c.want)
		}
		got = WSAMakeAsyncReply(int(c.event), c.code)
		if got != c.want || WSAGetAsyncBufLen(got) != int(c.event) || WSAGetAsyncError(got) != c.code {
			t.Errorf("WSAMAKEASYNCREPLY(%d, %d) = %#x, want %#x", c.event, c.code, got, c.want)
		}
	}
	if got := WSAMakeAsyncReply(1<<20, wsa.WSAENOBUFS); WSAGetAsyncBufLen(got) != 0xffff || WSAGetAsyncError(got) != wsa.WSAENOBUFS {
		t.Errorf("WSAMAKEASYNCREPLY of a huge size is %#x", got)
	}
}

func TestAsyncSelectArguments(t *testing.T) {
	wantErr(t, "WSAAsyncSelect before WSAStartup", WSAAsyncSelect(4, 4, wmSocket, wsa.FD_READ), wsa.WSANOTINITIALISED)
	onEveryBed(t, func(b *bed) {
		m := b.mailbox()
		s, e := b.socket(wsa.SOCK_STREAM), newEvent(b)
		gone, err := m.thread.CreateWindow(nil, 0)
		must(b, err)
		must(b, m.thread.DestroyWindow(gone))
		for _, c := range []struct {
			what string
			s    SOCKET
			hwnd HWND
			mask int32
			want wsa.Errno
		}{
			{"no socket", 4, m.hwnd, wsa.FD_READ, wsa.WSAENOTSOCK},
			{"a window for a socket", SOCKET(m.hwnd), m.hwnd, wsa.FD_READ, wsa.WSAENOTSOCK},
			{"no window", s, 0, wsa.FD_READ, wsa.WSAEINVAL},
			{"a destroyed window", s, gone, wsa.FD_READ, wsa.WSAEINVAL},
			{"an event for a window", s, e, wsa.FD_READ, wsa.WSAEINVAL},
			{"a thread for a window", s, m.thread.Handle(), wsa.FD_READ, wsa.WSAEINVAL},
			{"an unknown bit", s, m.hwnd, wsa.FD_READ | 1<<wsa.FD_MAX_EVENTS, wsa.WSAEINVAL},
			{"every known bit", s, m.hwnd, wsa.FD_ALL_EVENTS, 0},
			{"mask 0 without a window", s, 0, 0, 0},
		} {
			wantErr(b, "WSAAsyncSelect function, "+c.what, WSAAsyncSelect(c.s, c.hwnd, wmSocket, c.mask), c.want)
		}
		m.none("a fresh socket")
	})
}

// TestAsyncSelectNonblocking follows differences 93 and 116.
func TestAsyncSelectNonblocking(t *testing.T) {
	onEveryBed(t, func(b *bed) {
		m := b.mailbox()
		off := uint32(0)
		_, s := b.connected()
		must(b, WSAAsyncSelect(s, 0, 0, 0))
		_, err := Recv(s, make([]byte, 1), 0)
		wantErr(b, "WSAAsyncSelect function, mask 0", err, wsa.WSAEWOULDBLOCK)
		must(b, IoctlSocket(s, wsa.FIONBIO, &off))
		m.choose(s, wsa.FD_READ)
		_, err = Recv(s, make([]byte, 1), 0)
		wantErr(b, "difference 116", err, wsa.WSAEWOULDBLOCK)
		wantErr(b, "difference 93", IoctlSocket(s, wsa.FIONBIO, &off), wsa.WSAEINVAL)
		must(b, WSAAsyncSelect(s, 0, 0, 0))
		wantErr(b, "FIONBIO after the selection", IoctlSocket(s, wsa.FIONBIO, &off), 0)
	})
}

// TestAsyncSelectRead follows difference 110 and the sequence of
// "WSAAsyncSelect function".
func TestAsyncSelectRead(t *testing.T) {
	onEveryBed(t, func(b *bed) {
		m := b.mailbox()
		c, s := b.connected()
		m.choose(s, wsa.FD_READ)
		m.none("no data")
		b.send(c, "data")
		m.want("data", s, wsa.FD_READ)
		m.none("told once")
		m.choose(s, wsa.FD_READ)
		m.want("difference 110, the same selection posts again", s, wsa.FD_READ)
		must(b, WSAAsyncSelect(s, m.hwnd, wmSocket, wsa.FD_READ|wsa.FD_CLOSE))
		m.want("another selection posts again", s, wsa.FD_READ)
		b.recv(s, 2, 0)
		m.want("data is left", s, wsa.FD_READ)
		b.recv(s, 1, wsa.MSG_PEEK)
		m.want("data was only looked at", s, wsa.FD_READ)
		b.recv(s, 2, 0)
		m.none("no data is left")
		_, err := Recv(s, make([]byte, 1), 0)
		wantErr(b, "recv", err, wsa.WSAEWOULDBLOCK)
		m.none("no data is left")
		b.send(c, "x")
		m.want("data", s, wsa.FD_READ)
		var got wsa.NetworkEvents
		must(b, WSAEnumNetworkEvents(s, 0, &got))
		if got.NetworkEvents != 0 {
			b.Errorf("WSAEnumNetworkEvents beside messages: got %s", wsa.NetworkEventsString(got.NetworkEvents))
		}
	})
}

// TestAsyncSelectQueued: what is in the queue stays there, and nothing comes
// after mask 0 or closesocket (difference 117).
func TestAsyncSelectQueued(t *testing.T) {
	onEveryBed(t, func(b *bed) {
		for _, c := range []struct {
			what string
			end  func(s SOCKET)
		}{
			{"mask 0", func(s SOCKET) { must(b, WSAAsyncSelect(s, 0, 0, 0)) }},
			{"closesocket", func(s SOCKET) { must(b, CloseSocket(s)) }},
		} {
			m := b.mailbox()
			peer, s := b.connected()
			m.choose(s, wsa.FD_READ|wsa.FD_WRITE|wsa.FD_CLOSE)
			b.send(peer, "data")
			i, err := MsgWaitForMultipleObjects(m.thread, nil, false, uint32(soon.Milliseconds()), message.QS_POSTMESSAGE)
			must(b, err)
			if i != 0 {
				b.Fatalf("%s: waiting for a message: %d", c.what, i)
			}
			c.end(s)
			must(b, CloseSocket(peer))
			m.want(c.what+", a message was in the queue", s, wsa.FD_WRITE)
			var msg MSG
			if found, err := m.thread.Peek(&msg, 0, 0, 0, message.PM_REMOVE); err != nil {
				b.Fatal(err)
			} else if found && WSAGetSelectEvent(msg.LParam) != wsa.FD_READ { // it may have come in time
				b.Errorf("%s: got %s", c.what, wsa.NetworkEventsString(WSAGetSelectEvent(msg.LParam)))
			}
			m.none(c.what)
		}
	})
}

// TestAsyncSelectReplaces: a message selection ends that of an event, and the
// other way round.
func TestAsyncSelectReplaces(t *testing.T) {
	onEveryBed(t, func(b *bed) {
		m := b.mailbox()
		c, s := b.connected()
		w := b.selecting(s, wsa.FD_READ|wsa.FD_WRITE)
		w.want("connected", wsa.FD_WRITE)
		b.send(c, "data")
		w.want("data", wsa.FD_READ)
		m.choose(s, wsa.FD_READ)
		m.want("told to the event before", s, wsa.FD_READ)
		if signalled(b, w.event) {
			b.Error("WSAAsyncSelect function: the event of the selection before is signalled")
		}
		b.recv(s, 2, 0)
		w.choose(wsa.FD_READ)
		m.want("the receive was before the other selection", s, wsa.FD_READ)
		w.want("told as a message before", wsa.FD_READ)
		b.recv(s, 1, 0)
		w.want("data is left", wsa.FD_READ)
		m.none("the event has replaced the window")
		b.recv(s, 1, 0)
		w.none("no data is left")

		other := b.mailbox()
		m.choose(s, wsa.FD_READ)
		must(b, WSAAsyncSelect(s, other.hwnd, wmSocket, wsa.FD_WRITE))
		other.want("another window", s, wsa.FD_WRITE)
		b.send(c, "x")
		must(b, WSAAsyncSelect(s, other.hwnd, wmSocket, wsa.FD_READ|wsa.FD_WRITE))
		other.want("another mask", s, wsa.FD_WRITE, wsa.FD_READ)
		m.none("another window has replaced it")
	})
}

// TestAsyncSelectOnRecord: what is on record for an event comes as a message.
func TestAsyncSelectOnRecord(t *testing.T) {
	onEveryBed(t, func(b *bed) {
		m := b.mailbox()
		c, s := b.connected()
		b.send(c, "data")
		wantSelected(b, "data", selectedOf(b, s, inRead, true), inRead)
		w := b.selecting(s, wsa.FD_READ|wsa.FD_WRITE)
		waitSignalled(b, w.event)
		m.choose(s, wsa.FD_READ|wsa.FD_WRITE)
		m.want("on record", s, wsa.FD_WRITE, wsa.FD_READ)
		m.none("told once")
	})
}

// TestAsyncSelectAccept follows difference 59 and the sequence of
// "WSAAsyncSelect function" on FD_ACCEPT.
func TestAsyncSelectAccept(t *testing.T) {
	onEveryBed(t, func(b *bed) {
		m := b.mailbox()
		l, addr := b.listening()
		first := b.socket(wsa.SOCK_STREAM)
		must(b, Connect(first, &addr))
		m.choose(l, wsa.FD_ACCEPT|wsa.FD_READ|wsa.FD_WRITE|wsa.FD_CLOSE|wsa.FD_CONNECT)
		m.want("difference 112, a connection waits already", l, wsa.FD_ACCEPT)
		s := b.accept(l)
		m.want("difference 59, the accepted socket can send", s, wsa.FD_WRITE)
		_, err := Recv(s, make([]byte, 1), 0)
		wantErr(b, "difference 59, the accepted socket is non-blocking", err, wsa.WSAEWOULDBLOCK)
		b.send(first, "x")
		m.want("difference 59, data", s, wsa.FD_READ)
		m.choose(s, wsa.FD_READ|wsa.FD_WRITE|wsa.FD_CONNECT)
		m.want("an accepted socket has no FD_CONNECT", s, wsa.FD_WRITE, wsa.FD_READ)
		second := b.socket(wsa.SOCK_STREAM)
		must(b, Connect(second, &addr))
		m.want("another connection", l, wsa.FD_ACCEPT)
		_, err = WSAAccept(l, nil, func(*ConditionParams) int32 { return CF_DEFER })
		wantErr(b, "deferred", err, wsa.WSATRY_AGAIN)
		m.none("WSAAsyncSelect function: CF_DEFER does not re-enable FD_ACCEPT")
		_, err = WSAAccept(l, nil, func(*ConditionParams) int32 { return CF_REJECT })
		wantErr(b, "rejected", err, wsa.WSAECONNREFUSED)
		m.none("no connection waits")
	})
}

// TestAsyncSelectConnect follows difference 114: FD_CONNECT, then FD_WRITE.
func TestAsyncSelectConnect(t *testing.T) {
	const mask = wsa.FD_CONNECT | wsa.FD_WRITE | wsa.FD_READ | wsa.FD_CLOSE
	onEveryBed(t, func(b *bed) {
		m := b.mailbox()
		l, addr := b.listening()
		s := b.socket(wsa.SOCK_STREAM)
		m.choose(s, mask)
		b.connect(s, &addr)
		m.want("connected", s, wsa.FD_CONNECT, wsa.FD_WRITE)
		peer := b.accept(l)
		b.send(peer, "x")
		m.want("data", s, wsa.FD_READ)
		m.choose(s, mask)
		m.want("when WSAAsyncSelect is called, all that holds", s, wsa.FD_CONNECT, wsa.FD_WRITE, wsa.FD_READ)

		to := b.refusing()
		s = b.socket(wsa.SOCK_STREAM)
		m.choose(s, mask)
		b.connect(s, &to)
		m.wantCode("refused", s, wsa.FD_CONNECT, wsa.WSAECONNREFUSED)
		m.none("refused, told once")

		d, _ := b.bound(wsa.SOCK_DGRAM)
		m.choose(d, mask)
		m.want("a datagram socket", d, wsa.FD_WRITE)
		must(b, Connect(d, &addr))
		m.none("difference 114, connecting a datagram socket")
	})
}

// TestAsyncSelectConnectEx: as for connect, each once.
func TestAsyncSelectConnectEx(t *testing.T) {
	onEveryBed(t, func(b *bed) {
		m := b.mailbox()
		_, addr := b.listening()
		for range 5 {
			s, _ := b.bound(wsa.SOCK_STREAM)
			m.choose(s, wsa.FD_CONNECT|wsa.FD_WRITE|wsa.FD_READ|wsa.FD_CLOSE)
			var o Overlapped
			if _, err := ConnectEx(s, &addr, nil, &o); err != wsa.WSA_IO_PENDING {
				b.Fatalf("ConnectEx function: %v", err)
			}
			m.want("connected", s, wsa.FD_CONNECT, wsa.FD_WRITE)
			_, _, err := WSAGetOverlappedResult(s, &o, true)
			must(b, err)
			m.none("told once")
		}
	})
}

// TestAsyncSelectWrite follows difference 109.
func TestAsyncSelectWrite(t *testing.T) {
	onEveryBed(t, func(b *bed) {
		m := b.mailbox()
		c, s := b.connected()
		m.choose(s, wsa.FD_WRITE)
		m.want("connected", s, wsa.FD_WRITE)
		b.send(s, "x")
		m.none("difference 109, a send that did not block")
		total := b.stuff(s) + 1
		if !b.buffers { // there may be room again at any time
			m.none("no room")
		}
		b.drain(c, total)
		m.want("difference 109, room after a send that would block", s, wsa.FD_WRITE)
		m.none("difference 109, told once")
	})
}

// TestAsyncSelectClose follows "WSAAsyncSelect function": FD_CLOSE "is not
// delivered until all pending data has been read", and a reset is
// WSAECONNRESET. Difference 115 has both otherwise, for events.
func TestAsyncSelectClose(t *testing.T) {
	const mask = wsa.FD_READ | wsa.FD_CLOSE
	onEveryBed(t, func(b *bed) {
		m := b.mailbox()
		c, s := b.connected()
		m.choose(s, mask)
		b.send(c, "data")
		m.want("data", s, wsa.FD_READ)
		must(b, Shutdown(c, wsa.SD_SEND))
		w := &watch{b, s, newEvent(b)} // an event tells that the end has come
		w.choose(wsa.FD_CLOSE)
		w.want("difference 115, the end, with unread data", wsa.FD_CLOSE)
		m.choose(s, mask)
		m.want("the end, with unread data", s, wsa.FD_READ)
		m.none("the end, with unread data")
		b.recv(s, 2, 0)
		m.want("two bytes are left", s, wsa.FD_READ)
		m.none("two bytes are left")
		b.recv(s, 2, 0)
		m.want("all was read", s, wsa.FD_CLOSE)
		if got := b.recv(s, 1, 0); got != "" {
			b.Errorf("received %q", got)
		}
		m.none("the end is told once")
		m.choose(s, mask)
		m.want("when WSAAsyncSelect is called, if the connection has been closed", s, wsa.FD_CLOSE)

		c, s = b.connected()
		m.choose(s, wsa.FD_CLOSE)
		must(b, CloseSocket(c))
		m.want("the end without data", s, wsa.FD_CLOSE)

		c, s = b.connected()
		m.choose(s, mask)
		b.reset(c)
		m.wantCode("a reset", s, wsa.FD_CLOSE, wsa.WSAECONNRESET)
		m.none("a reset is told once")

		for _, how := range []int32{wsa.SD_SEND, wsa.SD_RECEIVE, wsa.SD_BOTH} {
			_, s = b.connected()
			m.choose(s, mask)
			must(b, Shutdown(s, how))
			m.none("own shutdown")
		}
	})
}

// TestAsyncSelectOOB follows difference 116.
func TestAsyncSelectOOB(t *testing.T) {
	onEveryBed(t, func(b *bed) {
		m := b.mailbox()
		c, s := b.connected()
		m.choose(s, wsa.FD_OOB)
		b.sendOOB(c, "!")
		m.want("out-of-band data", s, wsa.FD_OOB)
		m.none("told once")
		if got := b.recv(s, 1, wsa.MSG_OOB); got != "!" {
			b.Errorf("received %q", got)
		}
		m.none("it was received")
		b.sendOOB(c, "?")
		m.want("difference 116, another byte", s, wsa.FD_OOB)
	})
}

// TestAsyncSelectWindowGone: a destroyed window gets nothing, and the socket
// can be selected for another one.
func TestAsyncSelectWindowGone(t *testing.T) {
	onEveryBed(t, func(b *bed) {
		m, other := b.mailbox(), b.mailbox()
		c, s := b.connected()
		m.choose(s, wsa.FD_READ)
		must(b, m.thread.DestroyWindow(m.hwnd))
		b.send(c, "data")
		wantSelected(b, "data", selectedOf(b, s, inRead, true), inRead)
		m.none("the window is gone")
		other.choose(s, wsa.FD_READ)
		other.want("another window", s, wsa.FD_READ)
	})
}

// TestAsyncSelectFullQueue: no event is lost while the queue has no room.
func TestAsyncSelectFullQueue(t *testing.T) {
	onEveryBed(t, func(b *bed) {
		m := b.mailbox()
		c, s := b.connected()
		m.choose(s, wsa.FD_READ|wsa.FD_CLOSE)
		for m.thread.Post(message.WM_APP, 0, 0) == nil {
		}
		b.send(c, "data")
		wantSelected(b, "data", selectedOf(b, s, inRead, true), inRead)
		must(b, IoctlSocket(s, wsa.FIONREAD, new(uint32)))
		for range message.MaxPosted {
			if got := m.take("the queue is full"); got.Message != message.WM_APP {
				b.Fatalf("message %#x before there was room", got.Message)
			}
			if b.Failed() {
				return
			}
		}
		m.want("there is room again", s, wsa.FD_READ)
		m.none("told once")
		b.recv(s, 64, 0)
		must(b, CloseSocket(c))
		m.want("the end", s, wsa.FD_CLOSE)
	})
}

// TestAsyncSelectMany: a server in one thread, with many clients that come,
// talk and go, driven by nothing but messages.
func TestAsyncSelectMany(t *testing.T) {
	before := object.Count()
	onEveryBed(t, func(b *bed) {
		const clients = 12 // fewer than the backlog
		thread, err := NewMessageThread()
		must(b, err)
		b.Cleanup(func() { thread.Close() })
		l, addr := b.listening()
		var closed, echoed int
		hwnd, err := thread.CreateWindow(func(hwnd HWND, msg uint32, wParam, lParam uintptr) uintptr {
			if msg != wmSocket {
				return message.DefWindowProc(hwnd, msg, wParam, lParam)
			}
			s := SOCKET(wParam)
			switch WSAGetSelectEvent(lParam) {
			case wsa.FD_ACCEPT:
				if _, err := Accept(s, nil); err != nil && err != wsa.WSAEWOULDBLOCK {
					t.Errorf("accept: %v", err)
				}
			case wsa.FD_READ:
				p := make([]byte, 3)
				if n, err := Recv(s, p, 0); err == nil {
					if _, err := Send(s, p[:n], 0); err != nil {
						t.Errorf("send: %v", err)
					}
					echoed += n
				} else if err != wsa.WSAEWOULDBLOCK {
					t.Errorf("recv: %v", err)
				}
			case wsa.FD_CLOSE:
				if err := CloseSocket(s); err != nil {
					t.Errorf("closesocket: %v", err)
				}
				if closed++; closed == clients {
					thread.PostQuit(0)
				}
			}
			return 0
		}, 0)
		must(b, err)
		must(b, WSAAsyncSelect(l, hwnd, wmSocket, wsa.FD_ACCEPT|wsa.FD_READ|wsa.FD_CLOSE))
		const text = "one window for all of them"
		var group sync.WaitGroup
		defer group.Wait()
		for range clients {
			c := b.socket(wsa.SOCK_STREAM)
			group.Go(func() {
				err := Connect(c, &addr)
				if err == nil {
					_, err = Send(c, []byte(text), 0)
				}
				got := make([]byte, len(text))
				for have := 0; err == nil && have < len(text); {
					var n int
					if n, err = Recv(c, got[have:], 0); n == 0 && err == nil {
						err = wsa.WSAEDISCON
					}
					have += n
				}
				if err != nil || !slices.Equal(got, []byte(text)) {
					t.Errorf("a client got %q, %v", got, err)
					thread.PostQuit(1) // closed will never be complete
				}
				CloseSocket(c)
			})
		}
		stop := time.AfterFunc(soon, func() { thread.PostQuit(1) })
		defer stop.Stop()
		var msg MSG
		for {
			more, err := thread.Get(&msg, 0, 0, 0)
			must(b, err)
			if !more {
				break
			}
			thread.Dispatch(&msg)
		}
		if msg.WParam != 0 || echoed != clients*len(text) {
			b.Errorf("%d of %d connections ended, %d bytes echoed", closed, clients, echoed)
		}
	})
	if n := object.Count(); n != before {
		t.Errorf("%d handles are left", n-before)
	}
}
