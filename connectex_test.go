// SPDX-License-Identifier: Apache-2.0

package winsock

import (
	"testing"

	"winsock/wsa"
)

// TestConnectEx: the data goes with the connection, its length is what the
// operation has transferred (difference 68), and the socket is connected as by
// connect after SO_UPDATE_CONNECT_CONTEXT (differences 29 and 69).
func TestConnectEx(t *testing.T) {
	onEveryChain(t, func(b *bed) {
		for _, data := range []string{"", "hello"} {
			l, addr := b.listening()
			s, _ := b.bound(wsa.SOCK_STREAM)
			port := newTestPort(b, 0)
			associate(b, s, port, 5)
			var ov Overlapped
			_, err := ConnectEx(s, &addr, []byte(data), &ov)
			wantErr(b, "ConnectEx", err, wsa.WSA_IO_PENDING)
			var name wsa.Sockaddr
			wantErr(b, "getpeername", GetPeerName(s, &name), wsa.WSAENOTCONN)
			n, key, got, err := b.next(port)
			if int(n) != len(data) || key != 5 || got != &ov || err != nil {
				b.Fatalf("packet: %d bytes, key %d, %p, %v; want %d bytes", n, key, got, err, len(data))
			}
			b.noMore(port)
			server := b.accept(l)
			if len(data) > 0 {
				if got := b.recv(server, 16, 0); got != data {
					b.Errorf("received %q, want %q", got, data)
				}
			}
			wantErr(b, "getpeername without context", GetPeerName(s, &name), wsa.WSAENOTCONN)
			wantErr(b, "shutdown without context", Shutdown(s, wsa.SD_SEND), wsa.WSAENOTCONN)
			wantErr(b, "connect without context", Connect(s, &addr), wsa.WSAEINVAL)
			b.send(s, "early")
			if got := b.recv(server, 16, 0); got != "early" {
				b.Errorf("received %q", got)
			}
			must(b, SetSockOpt(s, wsa.SOL_SOCKET, wsa.SO_UPDATE_CONNECT_CONTEXT, nil))
			must(b, GetPeerName(s, &name))
			if name != addr {
				b.Errorf("getpeername: %v, want %v", &name, &addr)
			}
			wantErr(b, "connect with context", Connect(s, &addr), wsa.WSAEISCONN)
			must(b, Shutdown(s, wsa.SD_SEND))
		}
	})
}

// TestConnectExArguments: the checks of ConnectEx; Internal is STATUS_PENDING
// all the same, and InternalHigh untouched (difference 67).
func TestConnectExArguments(t *testing.T) {
	onEveryChain(t, func(b *bed) {
		l, addr := b.listening()
		client, _ := b.connected()
		bound, _ := b.bound(wsa.SOCK_STREAM)
		short := wsa.SockaddrBytes(addr.Bytes()[:4])
		other := loopback(wsa.AF_INET6, 80)
		for _, c := range []struct {
			name string
			s    SOCKET
			to   *wsa.Sockaddr
			want wsa.Errno
		}{
			{"unbound", b.socket(wsa.SOCK_STREAM), &addr, wsa.WSAEINVAL},
			{"listening", l, &addr, wsa.WSAEINVAL},
			{"connected", client, &addr, wsa.WSAEISCONN},
			{"datagram", b.socket(wsa.SOCK_DGRAM), &addr, wsa.WSAEINVAL},
			{"no name", bound, nil, wsa.WSAEFAULT},
			{"short name", bound, &short, wsa.WSAEFAULT},
			{"other family", bound, &other, wsa.WSAEAFNOSUPPORT},
		} {
			ov := Overlapped{Internal: 7, InternalHigh: 9}
			_, err := ConnectEx(c.s, c.to, nil, &ov)
			wantErr(b, c.name, err, c.want)
			if ov.Internal != uint64(wsa.STATUS_PENDING) || ov.InternalHigh != 9 {
				b.Errorf("difference 67, %s: Internal %#x, InternalHigh %d", c.name, ov.Internal, ov.InternalHigh)
			}
		}
		var ov Overlapped
		_, err := ConnectEx(INVALID_SOCKET, &addr, nil, &ov)
		wantErr(b, "no socket", err, wsa.WSAENOTSOCK)
		_, err = ConnectEx(bound, &addr, nil, nil)
		wantErr(b, "no OVERLAPPED", err, wsa.ERROR_INVALID_PARAMETER)
	})
}

// TestConnectExRefused: a refusal ends the operation (difference 68), and the
// socket can connect again (difference 66).
func TestConnectExRefused(t *testing.T) {
	onEveryChain(t, func(b *bed) {
		to := b.refusing()
		s, _ := b.bound(wsa.SOCK_STREAM)
		port := newTestPort(b, 0)
		associate(b, s, port, 5)
		var ov Overlapped
		_, err := ConnectEx(s, &to, []byte("data"), &ov)
		wantErr(b, "ConnectEx", err, wsa.WSA_IO_PENDING)
		if n, _, got, err := b.next(port); n != 0 || got != &ov || err != wsa.ERROR_CONNECTION_REFUSED {
			b.Errorf("packet: %d bytes, %p, %v", n, got, err)
		}
		_, _, err = WSAGetOverlappedResult(s, &ov, false)
		wantErr(b, "WSAGetOverlappedResult", err, wsa.WSAECONNREFUSED)
		b.noMore(port)
		_, addr := b.listening()
		_, err = ConnectEx(s, &addr, nil, &ov)
		wantErr(b, "ConnectEx again", err, wsa.WSA_IO_PENDING)
		if _, _, got, err := b.next(port); got != &ov || err != nil {
			b.Errorf("packet of the second attempt: %p, %v", got, err)
		}
	})
}

// TestConnectExPending: a second ConnectEx while one pends, and cancelling it,
// after which the socket can connect again. It runs on the network in memory,
// where an attempt takes a moment.
func TestConnectExPending(t *testing.T) {
	started(t)
	b := beds(t)["mem"]
	_, addr := b.listening()
	s, _ := b.bound(wsa.SOCK_STREAM)
	port := newTestPort(b, 0)
	associate(b, s, port, 5)
	var ov, second Overlapped
	// The attempt takes at least the network's delay, far longer than the
	// calls that follow; were it not, the test would see less.
	_, err := ConnectEx(s, &addr, nil, &ov)
	wantErr(b, "ConnectEx", err, wsa.WSA_IO_PENDING)
	if !ov.Done() {
		_, err = ConnectEx(s, &addr, nil, &second)
		if err != wsa.WSAEALREADY && !ov.Done() {
			b.Errorf("second ConnectEx: %v", err)
		}
	}
	switch err := CancelIoEx(s, &ov); err {
	case nil:
		if _, _, got, err := b.next(port); got != &ov || err != wsa.ERROR_OPERATION_ABORTED {
			b.Errorf("packet: %p, %v", got, err)
		}
		_, err = ConnectEx(s, &addr, nil, &second)
		wantErr(b, "ConnectEx after the cancelled one", err, wsa.WSA_IO_PENDING)
		if _, _, got, err := b.next(port); got != &second || err != nil {
			b.Errorf("packet: %p, %v", got, err)
		}
	case wsa.ERROR_NOT_FOUND: // it was quicker
	default:
		b.Errorf("CancelIoEx: %v", err)
	}
}

// TestConnectExPort: the low bit of the event keeps the packet off the port
// (difference 121), and connect queues nothing (difference 122).
func TestConnectExPort(t *testing.T) {
	onEveryChain(t, func(b *bed) {
		_, addr := b.listening()
		port := newTestPort(b, 0)
		event, err := WSACreateEvent()
		must(b, err)
		defer WSACloseEvent(event)
		s, _ := b.bound(wsa.SOCK_STREAM)
		associate(b, s, port, 5)
		ov := Overlapped{Event: event | 1}
		_, err = ConnectEx(s, &addr, []byte("abc"), &ov)
		wantErr(b, "ConnectEx", err, wsa.WSA_IO_PENDING)
		if n, _, err := WSAGetOverlappedResult(s, &ov, true); n != 3 || err != nil {
			b.Errorf("difference 121: result %d, %v", n, err)
		}
		b.noMore(port)
		plain := b.socket(wsa.SOCK_STREAM)
		associate(b, plain, port, 6)
		must(b, Connect(plain, &addr))
		b.noMore(port)
	})
}
