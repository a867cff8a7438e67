// SPDX-License-Identifier: Apache-2.0

package winsock

import (
	"testing"

	"winsock/wsa"
)

// unreachable sends a datagram to a port that nobody has, twice: the answer
// to the first is what the next receive is to tell.
func unreachable(t *testing.T, family int32, conn bool) SOCKET {
	t.Helper()
	gone, to := boundSocket(t, family, wsa.SOCK_DGRAM)
	must(t, CloseSocket(gone))
	s, _ := boundSocket(t, family, wsa.SOCK_DGRAM)
	if conn {
		must(t, Connect(s, &to))
	}
	_, err := SendTo(s, []byte("anybody?"), 0, &to)
	must(t, err)
	return s
}

// datagramSemantics are the rules of "sendto function", "recvfrom function"
// and "WSASendMsg" and "WSARecvMsg" on message-oriented sockets.
var datagramSemantics = []semantic{
	{"difference 70", "send without a peer", inBothFamilies(func(t *testing.T, family int32) {
		s, _ := boundSocket(t, family, wsa.SOCK_DGRAM)
		_, err := Send(s, []byte("x"), 0)
		wantErr(t, "send", err, wsa.WSAENOTCONN)
		_, err = SendTo(s, []byte("x"), 0, nil)
		wantErr(t, "sendto without an address", err, wsa.WSAENOTCONN)
	})},
	{"difference 70", "receive on an unbound socket", inBothFamilies(func(t *testing.T, family int32) {
		s := newTestSocket(t, family, wsa.SOCK_DGRAM)
		_, err := Recv(s, make([]byte, 1), 0)
		wantErr(t, "recv", err, wsa.WSAEINVAL)
		_, err = RecvFrom(s, make([]byte, 1), 0, new(wsa.Sockaddr))
		wantErr(t, "recvfrom", err, wsa.WSAEINVAL)
	})},
	{"recvfrom function: each receive takes one datagram", "message boundaries", inBothFamilies(func(t *testing.T, family int32) {
		s, to := boundSocket(t, family, wsa.SOCK_DGRAM)
		c, from := boundSocket(t, family, wsa.SOCK_DGRAM)
		for _, text := range []string{"one", "", "three"} {
			n, err := SendTo(c, []byte(text), 0, &to)
			if n != len(text) || err != nil {
				t.Fatalf("sendto: %d, %v", n, err)
			}
		}
		for _, text := range []string{"one", "", "three"} {
			p := make([]byte, 100)
			var got wsa.Sockaddr
			n, err := RecvFrom(s, p, 0, &got)
			if err != nil || string(p[:n]) != text || got != from {
				t.Errorf("recvfrom: %q from %v, %v, want %q from %v", p[:n], &got, err, text, &from)
			}
		}
	})},
	{"difference 79", "a datagram that is longer than the buffer", inBothFamilies(func(t *testing.T, family int32) {
		s, to := boundSocket(t, family, wsa.SOCK_DGRAM)
		for _, text := range []string{"too long", "next"} {
			_, err := SendTo(s, []byte(text), 0, &to)
			must(t, err)
		}
		p := make([]byte, 3)
		n, err := Recv(s, p, 0)
		wantErr(t, "recv", err, wsa.WSAEMSGSIZE)
		if n != 3 || string(p) != "too" {
			t.Errorf("recv gave %d bytes, %q", n, p)
		}
		wantRecv(t, s, "next")
	})},
	{"difference 79", "a peek at a datagram that is longer than the buffer", func(t *testing.T) {
		s, to := boundSocket(t, wsa.AF_INET, wsa.SOCK_DGRAM)
		_, err := SendTo(s, []byte("whole"), 0, &to)
		must(t, err)
		p := make([]byte, 2)
		_, err = Recv(s, p, wsa.MSG_PEEK)
		wantErr(t, "recv with MSG_PEEK", err, wsa.WSAEMSGSIZE)
		wantRecv(t, s, "whole")
	}},
	{"difference 79", "scattered buffers that are too short together", inBothFamilies(func(t *testing.T, family int32) {
		s, to := boundSocket(t, family, wsa.SOCK_DGRAM)
		_, err := WSASendTo(s, [][]byte{[]byte("ab"), []byte("cdef")}, 0, &to, nil, nil)
		must(t, err)
		a, b := make([]byte, 3), make([]byte, 2)
		n, err := WSARecvFrom(s, [][]byte{a, b}, nil, nil, nil, nil)
		wantErr(t, "WSARecvFrom", err, wsa.WSAEMSGSIZE)
		if n != 5 || string(a)+string(b) != "abcde" {
			t.Errorf("WSARecvFrom: %d bytes, %q %q", n, a, b)
		}
	})},
	{"difference 80", "a control buffer that is too short", inBothFamilies(func(t *testing.T, family int32) {
		s, to := boundSocket(t, family, wsa.SOCK_DGRAM)
		if family == wsa.AF_INET {
			setOpt(t, s, wsa.IPPROTO_IP, wsa.IP_PKTINFO, 1)
		} else {
			setOpt(t, s, wsa.IPPROTO_IPV6, wsa.IPV6_PKTINFO, 1)
		}
		_, err := SendTo(s, []byte("x"), 0, &to)
		must(t, err)
		m := Msg{Buffers: [][]byte{make([]byte, 10)}, Control: make([]byte, 17)}
		n, err := WSARecvMsg(s, &m, nil, nil)
		wantErr(t, "WSARecvMsg", err, wsa.WSAEMSGSIZE)
		if n != 1 || m.Flags&wsa.MSG_CTRUNC == 0 {
			t.Errorf("WSARecvMsg: %d bytes, flags %#x", n, m.Flags)
		}
	})},
	{"WSARecvMsg: IP_PKTINFO tells the destination", "control data", func(t *testing.T) {
		s := newTestSocket(t, wsa.AF_INET, wsa.SOCK_DGRAM)
		any := wildcard(wsa.AF_INET, 0)
		must(t, Bind(s, &any))
		setOpt(t, s, wsa.IPPROTO_IP, wsa.IP_PKTINFO, 1)
		bound := nameOf(t, s)
		to := loopback(wsa.AF_INET, bound.Port())
		_, err := SendTo(s, []byte("x"), 0, &to)
		must(t, err)
		m := Msg{Buffers: [][]byte{make([]byte, 10)}, Control: make([]byte, 64), Name: new(wsa.Sockaddr)}
		_, err = WSARecvMsg(s, &m, nil, nil)
		must(t, err)
		var info wsa.InPktinfo
		if len(m.Control) < 24 || info.Decode(m.Control[16:]) != nil || info.Addr != [4]byte{127, 0, 0, 1} || *m.Name != to {
			t.Errorf("control data % x, from %v", m.Control, m.Name)
		}
	}},
	{"send function: WSAEMSGSIZE for a datagram above SO_MAX_MSG_SIZE", "a datagram that is too long", inBothFamilies(func(t *testing.T, family int32) {
		s, to := boundSocket(t, family, wsa.SOCK_DGRAM)
		most, err := GetSockOptInt(s, wsa.SOL_SOCKET, wsa.SO_MAX_MSG_SIZE)
		must(t, err)
		_, err = SendTo(s, make([]byte, most+1), 0, &to)
		wantErr(t, "sendto", err, wsa.WSAEMSGSIZE)
	})},
	{"sendto function: WSAEFAULT, WSAEAFNOSUPPORT and WSAEADDRNOTAVAIL", "bad destinations", inBothFamilies(func(t *testing.T, family int32) {
		s, whole := boundSocket(t, family, wsa.SOCK_DGRAM)
		short := wsa.SockaddrBytes(whole.Bytes()[:whole.Len()-1])
		_, err := SendTo(s, []byte("x"), 0, &short)
		wantErr(t, "sendto a short address", err, wsa.WSAEFAULT)
		other := wsa.SockaddrBytes(append([]byte{0xad, 0xde}, make([]byte, 30)...))
		_, err = SendTo(s, []byte("x"), 0, &other)
		wantErr(t, "sendto another family", err, wsa.WSAEAFNOSUPPORT)
		any := wildcard(family, 9)
		_, err = SendTo(s, []byte("x"), 0, &any)
		wantErr(t, "sendto the wildcard", err, wsa.WSAEADDRNOTAVAIL)
		_, err = SendTo(s, []byte("x"), 0, new(wsa.Sockaddr))
		wantErr(t, "sendto an empty address", err, wsa.WSAEFAULT)
	})},
	{"WSASendTo function: the address overrides the peer for this datagram", "sendto on a connected socket", inBothFamilies(func(t *testing.T, family int32) {
		peer, peerAddr := boundSocket(t, family, wsa.SOCK_DGRAM)
		other, otherAddr := boundSocket(t, family, wsa.SOCK_DGRAM)
		s, _ := boundSocket(t, family, wsa.SOCK_DGRAM)
		must(t, Connect(s, &peerAddr))
		_, err := SendTo(s, []byte("other"), 0, &otherAddr)
		wantErr(t, "sendto", err, 0)
		sendText(t, s, "peer")
		wantRecv(t, other, "other")
		wantRecv(t, peer, "peer")
	})},
	{"recvfrom function: WSAECONNRESET when an earlier send met a closed port", "a port that nobody has", inBothFamilies(func(t *testing.T, family int32) {
		s := unreachable(t, family, false)
		_, err := Recv(s, make([]byte, 1), 0)
		wantErr(t, "recv", err, wsa.WSAECONNRESET)
		nonblocking(t, s)
		_, err = Recv(s, make([]byte, 1), 0)
		wantErr(t, "recv once more", err, wsa.WSAEWOULDBLOCK)
	})},
	{"recvfrom function: WSAECONNRESET when an earlier send met a closed port", "the same on a connected socket", inBothFamilies(func(t *testing.T, family int32) {
		s := unreachable(t, family, true)
		_, err := Recv(s, make([]byte, 1), 0)
		wantErr(t, "recv", err, wsa.WSAECONNRESET)
	})},
	{"SIO_UDP_CONNRESET control code: FALSE turns the report off", "closed ports that are not reported", inBothFamilies(func(t *testing.T, family int32) {
		gone, to := boundSocket(t, family, wsa.SOCK_DGRAM)
		must(t, CloseSocket(gone))
		s, own := boundSocket(t, family, wsa.SOCK_DGRAM)
		_, err := WSAIoctl(s, wsa.SIO_UDP_CONNRESET, []byte{0, 0, 0, 0}, nil, nil, nil)
		must(t, err)
		_, err = SendTo(s, []byte("anybody?"), 0, &to)
		must(t, err)
		_, err = SendTo(s, []byte("me"), 0, &own)
		wantErr(t, "the next send", err, 0)
		wantRecv(t, s, "me")
	})},
	{"send function: MSG_OOB is for streams", "urgent data in datagrams", func(t *testing.T) {
		s, to := boundSocket(t, wsa.AF_INET, wsa.SOCK_DGRAM)
		_, err := SendTo(s, []byte("x"), wsa.MSG_OOB, &to)
		wantErr(t, "sendto", err, wsa.WSAEOPNOTSUPP)
		_, err = Recv(s, make([]byte, 1), wsa.MSG_OOB)
		wantErr(t, "recv", err, wsa.WSAEOPNOTSUPP)
	}},
	{"difference 62", "closesocket ends a blocking recvfrom", inBothFamilies(func(t *testing.T, family int32) {
		s, _ := boundSocket(t, family, wsa.SOCK_DGRAM)
		ended := make(chan error, 1)
		go func() { _, err := RecvFrom(s, make([]byte, 1), 0, nil); ended <- err }()
		must(t, CloseSocket(s))
		if err := done(t, ended); err != wsa.WSAEINTR && err != wsa.WSAENOTSOCK {
			t.Errorf("recvfrom: %v", err)
		}
	})},
}
