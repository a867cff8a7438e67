// SPDX-License-Identifier: Apache-2.0

package winsock

import (
	"testing"

	"winsock/wsa"
)

// dataSemantics are the rules of "send function", "recv function", "WSASend
// function" and "WSARecv function" on streams.
var dataSemantics = []semantic{
	{"difference 73", "data on an unconnected socket", inBothFamilies(func(t *testing.T, family int32) {
		unbound := newTestSocket(t, family, wsa.SOCK_STREAM)
		bound, _ := boundSocket(t, family, wsa.SOCK_STREAM)
		for _, s := range []SOCKET{unbound, bound} {
			_, err := Send(s, []byte("x"), 0)
			wantErr(t, "send", err, wsa.WSAENOTCONN)
			_, err = Recv(s, make([]byte, 1), 0)
			wantErr(t, "recv", err, wsa.WSAENOTCONN)
			to := loopback(family, 9)
			_, err = SendTo(s, []byte("x"), 0, &to)
			wantErr(t, "sendto", err, wsa.WSAENOTCONN)
		}
	})},
	{"send function: the buffers may be gathered", "WSASend and WSARecv with several buffers", inBothFamilies(func(t *testing.T, family int32) {
		c, s := connected(t, family)
		n, err := WSASend(c, [][]byte{[]byte("gat"), {}, nil, []byte("he"), []byte("red")}, 0, nil, nil)
		if n != 8 || err != nil {
			t.Fatalf("WSASend: %d, %v", n, err)
		}
		a, b := make([]byte, 1), make([]byte, 100)
		n, err = WSARecv(s, [][]byte{a, nil, b}, nil, nil, nil)
		if n != 8 || err != nil || string(a)+string(b[:7]) != "gathered" {
			t.Errorf("WSARecv: %q %q, %v", a, b[:7], err)
		}
	})},
	{"difference 82", "no buffer at all", func(t *testing.T) {
		c, s := connected(t, wsa.AF_INET)
		sendText(t, c, "x")
		_, err := WSARecv(s, nil, nil, nil, nil)
		wantErr(t, "WSARecv", err, wsa.WSAEINVAL)
		_, err = WSASend(s, nil, 0, nil, nil)
		wantErr(t, "WSASend", err, wsa.WSAEINVAL)
		wantRecv(t, s, "x")
	}},
	{"difference 82", "a receive of 0 bytes takes nothing", inBothFamilies(func(t *testing.T, family int32) {
		c, s := connected(t, family)
		sendText(t, c, "whole")
		wantSelected(t, "data", selectedOf(t, s, inRead, true), inRead)
		for range 2 {
			n, err := Recv(s, nil, 0)
			if n != 0 || err != nil {
				t.Errorf("recv of 0 bytes: %d, %v", n, err)
			}
		}
		wantRecv(t, s, "whole")
	})},
	{"difference 82", "a receive of 0 bytes waits for data", func(t *testing.T) {
		c, s := connected(t, wsa.AF_INET)
		nonblocking(t, s)
		_, err := WSARecv(s, [][]byte{{}}, nil, nil, nil)
		wantErr(t, "WSARecv", err, wsa.WSAEWOULDBLOCK)
		sendText(t, c, "x")
		wantSelected(t, "data", selectedOf(t, s, inRead, true), inRead)
		n, err := WSARecv(s, [][]byte{{}}, nil, nil, nil)
		if n != 0 || err != nil {
			t.Errorf("WSARecv with data: %d, %v", n, err)
		}
	}},
	{"send function: a zero length is permissible", "a send of 0 bytes", inBothFamilies(func(t *testing.T, family int32) {
		c, s := connected(t, family)
		n, err := Send(c, nil, 0)
		if n != 0 || err != nil {
			t.Errorf("send of 0 bytes: %d, %v", n, err)
		}
		sendText(t, c, "after")
		wantRecv(t, s, "after")
	})},
	{"recv function: 0 bytes when the connection was gracefully closed", "the end of the data, again and again", inBothFamilies(func(t *testing.T, family int32) {
		c, s := connected(t, family)
		sendText(t, c, "last words")
		must(t, CloseSocket(c))
		wantRecv(t, s, "last words")
		for range 3 {
			wantRecv(t, s, "")
		}
	})},
	{"recv function: MSG_PEEK", "looking without taking", inBothFamilies(func(t *testing.T, family int32) {
		c, s := connected(t, family)
		sendText(t, c, "look")
		p := make([]byte, 16)
		for range 2 {
			n, err := Recv(s, p, wsa.MSG_PEEK)
			if err != nil || string(p[:n]) != "look" {
				t.Errorf("recv with MSG_PEEK: %q, %v", p[:n], err)
			}
		}
		wantRecv(t, s, "look")
	})},
	{"recv function: MSG_WAITALL", "waiting for all", func(t *testing.T) {
		c, s := connected(t, wsa.AF_INET)
		go func() {
			for range 8 {
				Send(c, []byte("eight by"), 0)
			}
		}()
		p := make([]byte, 64)
		n, err := Recv(s, p, wsa.MSG_WAITALL)
		if n != 64 || err != nil {
			t.Errorf("recv: %d, %v", n, err)
		}
	}},
	{"recv function: MSG_WAITALL is not supported on non-blocking and message-oriented sockets", "waiting for all where it cannot be", func(t *testing.T) {
		c, _ := connected(t, wsa.AF_INET)
		nonblocking(t, c)
		u, _ := boundSocket(t, wsa.AF_INET, wsa.SOCK_DGRAM)
		for _, s := range []SOCKET{c, u} {
			_, err := Recv(s, make([]byte, 1), wsa.MSG_WAITALL)
			wantErr(t, "recv", err, wsa.WSAEOPNOTSUPP)
		}
	}},
	{"send function: WSAEOPNOTSUPP for flags that are not known", "unknown flags", inBothFamilies(func(t *testing.T, family int32) {
		c, s := connected(t, family)
		_, err := Send(c, []byte("x"), 0x40000000)
		wantErr(t, "send", err, wsa.WSAEOPNOTSUPP)
		sendText(t, c, "y")
		_, err = Recv(s, make([]byte, 1), 0x40000000)
		wantErr(t, "recv", err, wsa.WSAEOPNOTSUPP)
		wantRecv(t, s, "y")
	})},
	{"send function: MSG_DONTROUTE may be ignored", "MSG_DONTROUTE", func(t *testing.T) {
		c, s := connected(t, wsa.AF_INET)
		_, err := Send(c, []byte("x"), wsa.MSG_DONTROUTE)
		wantErr(t, "send", err, 0)
		wantRecv(t, s, "x")
	}},
	{"sendto function: on a connection-oriented socket to is ignored", "sendto on a stream", inBothFamilies(func(t *testing.T, family int32) {
		c, s := connected(t, family)
		to := refusingAddr(t, family)
		n, err := SendTo(c, []byte("there"), 0, &to)
		if n != 5 || err != nil {
			t.Errorf("sendto: %d, %v", n, err)
		}
		wantRecv(t, s, "there")
	})},
	{"recvfrom function: on a connection-oriented socket from is not written", "recvfrom on a stream", inBothFamilies(func(t *testing.T, family int32) {
		c, s := connected(t, family)
		sendText(t, c, "x")
		var from wsa.Sockaddr
		_, err := RecvFrom(s, make([]byte, 4), 0, &from)
		must(t, err)
		if from.Len() != 0 {
			t.Errorf("from is %v", &from)
		}
	})},
	{"difference 81", "WSASendMsg on a stream", func(t *testing.T) {
		c, _ := connected(t, wsa.AF_INET)
		_, err := WSASendMsg(c, &Msg{Buffers: [][]byte{[]byte("x")}}, 0, nil, nil)
		wantErr(t, "WSASendMsg", err, wsa.WSAEINVAL)
	}},
	{"difference 83", "a reset while a receive waits", inBothFamilies(func(t *testing.T, family int32) {
		c, s := connected(t, family)
		ended := make(chan error, 1)
		go func() { _, err := Recv(c, make([]byte, 1), 0); ended <- err }()
		resetBy(t, s)
		wantErr(t, "recv", done(t, ended), wsa.WSAECONNRESET)
		wantOpt(t, c, wsa.SOL_SOCKET, wsa.SO_ERROR, 0)
	})},
	{"difference 84", "every receive after a reset", inBothFamilies(func(t *testing.T, family int32) {
		c, s := connected(t, family)
		resetBy(t, s)
		for range 4 {
			_, err := Recv(c, make([]byte, 1), 0)
			wantErr(t, "recv", err, wsa.WSAECONNRESET)
		}
		_, err := Send(c, []byte("x"), 0)
		wantErr(t, "send", err, wsa.WSAECONNRESET)
	})},
	{"closesocket function: SO_DONTLINGER is a graceful close", "closing with data under way", inBothFamilies(func(t *testing.T, family int32) {
		c, s := connected(t, family)
		nonblocking(t, c)
		b := &bed{T: t}
		total := b.stuff(c)
		must(t, CloseSocket(c))
		b.drain(s, total)
		wantRecv(t, s, "")
	})},
	{"closesocket function: SO_LINGER with a time of zero is a hard close", "closing hard", inBothFamilies(func(t *testing.T, family int32) {
		c, s := connected(t, family)
		sendText(t, s, "unread")
		resetBy(t, c)
		_, err := Recv(s, make([]byte, 1), 0)
		wantErr(t, "recv of the peer", err, wsa.WSAECONNRESET)
	})},
	{"closesocket function: WSAEWOULDBLOCK on a non-blocking socket that lingers", "lingering without blocking", func(t *testing.T) {
		c, s := connected(t, wsa.AF_INET)
		nonblocking(t, c)
		b := &bed{T: t}
		total := b.stuff(c)
		linger := wsa.Linger{OnOff: 1, Linger: 30}
		must(t, SetSockOpt(c, wsa.SOL_SOCKET, wsa.SO_LINGER, linger.Append(nil)))
		wantErr(t, "closesocket", CloseSocket(c), wsa.WSAEWOULDBLOCK)
		b.drain(s, total)
		wantRecv(t, s, "")
		must(t, CloseSocket(s))
		for err := CloseSocket(c); err != nil; err = CloseSocket(c) { // until the last acknowledgement
			wantErr(t, "closesocket again", err, wsa.WSAEWOULDBLOCK)
			if t.Failed() {
				break
			}
		}
	}},
	{"difference 62", "closesocket ends a blocking recv", inBothFamilies(func(t *testing.T, family int32) {
		c, _ := connected(t, family)
		ended := make(chan error, 1)
		go func() { _, err := Recv(c, make([]byte, 1), 0); ended <- err }()
		must(t, CloseSocket(c))
		if err := done(t, ended); err != wsa.WSAEINTR && err != wsa.WSAENOTSOCK {
			t.Errorf("recv: %v", err)
		}
	})},
	{"send function: WSAEWOULDBLOCK", "a non-blocking send sends what it can", func(t *testing.T) {
		c, s := connected(t, wsa.AF_INET)
		nonblocking(t, c)
		n, err := Send(c, make([]byte, 64<<20), 0)
		if n <= 0 || n >= 64<<20 || err != nil {
			t.Errorf("send: %d, %v", n, err)
		}
		b := &bed{T: t}
		n += b.stuff(c)
		_, err = Send(c, []byte("x"), 0)
		wantErr(t, "send into full buffers", err, wsa.WSAEWOULDBLOCK)
		b.drain(s, n)
	}},
}
