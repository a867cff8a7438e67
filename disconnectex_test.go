// SPDX-License-Identifier: Apache-2.0

package winsock

import (
	"testing"

	"winsock/wsa"
)

// TestDisconnectEx: after it send fails and receive goes on, the name stays,
// and a second one is fine (difference 71); it is told at the port
// (difference 122), and so is one that pends where success at once is not
// (difference 120).
func TestDisconnectEx(t *testing.T) {
	onEveryChain(t, func(b *bed) {
		for _, overlapped := range []bool{false, true} {
			client, server := b.connected()
			port := newTestPort(b, 0)
			associate(b, client, port, 3)
			must(b, SetFileCompletionNotificationModes(client, FILE_SKIP_COMPLETION_PORT_ON_SUCCESS))
			for range 2 {
				if overlapped {
					var ov Overlapped
					wantErr(b, "DisconnectEx", DisconnectEx(client, &ov, 0), wsa.WSA_IO_PENDING)
					if _, key, got, err := b.next(port); key != 3 || got != &ov || err != nil {
						b.Errorf("packet: key %d, %p, %v", key, got, err)
					}
				} else {
					must(b, DisconnectEx(client, nil, 0))
				}
			}
			b.noMore(port)
			_, err := Send(client, []byte("x"), 0)
			wantErr(b, "send", err, wsa.WSAESHUTDOWN)
			if got := b.recv(server, 8, 0); got != "" {
				b.Errorf("the peer received %q", got)
			}
			b.send(server, "late")
			if got := b.recv(client, 8, 0); got != "late" {
				b.Errorf("received %q", got)
			}
			var name wsa.Sockaddr
			must(b, GetPeerName(client, &name))
			wantErr(b, "connect", Connect(client, &name), wsa.WSAEISCONN)
		}
		l, _ := b.listening()
		client, _ := b.connected()
		for _, c := range []struct {
			name  string
			s     SOCKET
			flags uint32
			want  wsa.Errno
		}{
			{"no socket", INVALID_SOCKET, 0, wsa.WSAENOTSOCK},
			{"unconnected", b.socket(wsa.SOCK_STREAM), 0, wsa.WSAENOTCONN},
			{"listening", l, wsa.TF_REUSE_SOCKET, wsa.WSAENOTCONN},
			{"datagram", b.socket(wsa.SOCK_DGRAM), 0, wsa.WSAENOTCONN},
			{"unknown flag", client, wsa.TF_DISCONNECT, wsa.WSAEINVAL},
		} {
			var ov Overlapped
			wantErr(b, c.name, DisconnectEx(c.s, &ov, c.flags), c.want)
		}
	})
}

// TestReuse: with TF_REUSE_SOCKET an accepted socket is as good as new for
// AcceptEx, and a connected one is still bound, for ConnectEx; over and over
// ("AcceptEx function", "ConnectEx function"). What is associated with the
// handles stays, and pending receives end.
func TestReuse(t *testing.T) {
	onEveryChain(t, func(b *bed) {
		l, addr := b.listening()
		port := newTestPort(b, 0)
		server := b.socket(wsa.SOCK_STREAM)
		client, _ := b.bound(wsa.SOCK_STREAM)
		for i, s := range []SOCKET{l, server, client} {
			associate(b, s, port, uintptr(i))
		}
		expect := func(what string, key uintptr, ov *Overlapped, want wsa.Errno) {
			b.Helper()
			if _, k, got, err := b.next(port); k != key || got != ov || err != want.Err() {
				b.Fatalf("%s: packet of key %d, %p, %v; want key %d, %p, %v", what, k, got, err, key, ov, want.Name())
			}
		}
		for range 3 {
			var accept, connect, recv, disconnect Overlapped
			b.acceptEx(l, server, 4, &accept)
			_, err := ConnectEx(client, &addr, []byte("ping"), &connect)
			wantErr(b, "ConnectEx", err, wsa.WSA_IO_PENDING)
			for range 2 { // in either order
				_, key, _, err := b.next(port)
				if err != nil || key == 1 {
					b.Fatalf("packet of key %d: %v", key, err)
				}
			}
			_, err = WSARecv(server, [][]byte{make([]byte, 8)}, nil, &recv, nil)
			wantErr(b, "WSARecv", err, wsa.WSA_IO_PENDING)
			wantErr(b, "DisconnectEx", DisconnectEx(server, &disconnect, wsa.TF_REUSE_SOCKET), wsa.WSA_IO_PENDING)
			expect("receive", 1, &recv, wsa.ERROR_OPERATION_ABORTED)
			expect("disconnect", 1, &disconnect, 0)
			var name wsa.Sockaddr
			wantErr(b, "getsockname of the accepted one", GetSockName(server, &name), wsa.WSAEINVAL)
			if got := b.recv(client, 8, 0); got != "" {
				b.Errorf("the client received %q", got)
			}
			must(b, DisconnectEx(client, nil, wsa.TF_REUSE_SOCKET))
			must(b, GetSockName(client, &name))
			wantErr(b, "getpeername of the connected one", GetPeerName(client, &name), wsa.WSAENOTCONN)
			b.noMore(port)
		}
	})
}
