// SPDX-License-Identifier: Apache-2.0

package mem

import (
	"net/netip"
	"testing"

	"winsock/spi"
	"winsock/wsa"
)

func TestUnreachablePort(t *testing.T) {
	w := newWorld(t, Options{})
	s := w.bind(w.datagram(w.a), addrA, 0)
	nobody := sockaddr(addrB, 4000)
	if n, err := sendTo(s, []byte("x"), nobody); n != 1 || err != nil {
		t.Fatalf("sendto nobody: %d, %v", n, err)
	}
	if s.Ready(spi.EventReset|spi.EventRead) != spi.EventReset {
		t.Error("spi.EventReset: an error waits to be reported")
	}
	_, err := tryRecv(s, 1, 0)
	w.want("recvfrom function: the port was unreachable", err, wsa.WSAECONNRESET)
	_, err = tryRecv(s, 1, 0)
	w.want("recvfrom function: that is told once", err, wsa.WSAEWOULDBLOCK)
	if _, err := s.Ioctl(wsa.SIO_UDP_CONNRESET, []byte{0, 0, 0, 0}, nil); err != nil {
		t.Fatal(err)
	}
	sendTo(s, []byte("x"), nobody)
	_, err = tryRecv(s, 1, 0)
	w.want("SIO_UDP_CONNRESET FALSE", err, wsa.WSAEWOULDBLOCK)
	_, err = sendTo(s, []byte("x"), sockaddr(broadcast.Prev(), 9))
	w.want("sendto function: no route", err, wsa.WSAENETUNREACH)
	_, err = sendTo(s, []byte("x"), sockaddr(addrB, 0))
	w.want("sendto function: port 0", err, wsa.WSAEADDRNOTAVAIL)
}

func TestDatagramBuffer(t *testing.T) {
	for _, circular := range []bool{false, true} {
		w := newWorld(t, Options{})
		r := w.bind(w.datagram(w.b), addrB, 4000)
		w.set(r, wsa.SOL_SOCKET, wsa.SO_RCVBUF, 10)
		if circular {
			_, err := r.Ioctl(wsa.SIO_ENABLE_CIRCULAR_QUEUEING, nil, nil)
			w.want("SIO_ENABLE_CIRCULAR_QUEUEING", err, 0)
		}
		s := w.datagram(w.a)
		for _, text := range []string{"aaaa", "bbbb", "cccc"} {
			sendTo(s, []byte(text), sockaddr(addrB, 4000))
		}
		first := "aaaa"
		if circular {
			first = "bbbb"
		}
		w.expect("SO_RCVBUF, circular queueing", r, first)
		tryRecv(r, 10, 0)
		_, err := tryRecv(r, 10, 0)
		w.want("SO_RCVBUF: what does not fit is dropped", err, wsa.WSAEWOULDBLOCK)
		sendTo(s, make([]byte, 100), sockaddr(addrB, 4000))
		if got, err := tryRecv(r, 200, 0); len(got) != 100 || err != nil {
			t.Errorf("SO_RCVBUF: an empty buffer takes one datagram of any size: %d, %v", len(got), err)
		}
	}
}

func TestTruncatedDatagram(t *testing.T) {
	w := newWorld(t, Options{})
	r := w.bind(w.datagram(w.b), addrB, 4000)
	sendTo(w.datagram(w.a), []byte("0123456789"), sockaddr(addrB, 4000))
	var from wsa.Sockaddr
	m := spi.Message{Bufs: [][]byte{make([]byte, 3), make([]byte, 2)}, Name: &from}
	n, err := r.Recv(&m)
	if n != 5 || err != wsa.WSAEMSGSIZE || m.Flags != wsa.MSG_TRUNC || string(m.Bufs[0])+string(m.Bufs[1]) != "01234" {
		t.Errorf("difference 79: %d, %v, flags %#x, %q", n, err, m.Flags, m.Bufs)
	}
	if ap, _ := from.AddrPort(); ap.Addr() != addrA {
		t.Errorf("recvfrom function: from %v, want %v", &from, addrA)
	}
}

func TestBroadcast(t *testing.T) {
	w := newWorld(t, Options{})
	all := sockaddr(broadcast, 4000)
	hearers := []*socket{w.bind(w.datagram(w.a), any4, 4000), w.bind(w.datagram(w.b), any4, 4000)}
	deaf := w.bind(w.datagram(w.b), any4, 4001)
	s := w.datagram(w.a)
	_, err := sendTo(s, []byte("x"), all)
	w.want("SO_BROADCAST is off", err, wsa.WSAEACCES)
	w.set(s, wsa.SOL_SOCKET, wsa.SO_BROADCAST, 1)
	_, err = sendTo(s, []byte("to all"), all)
	w.want("SO_BROADCAST is on", err, 0)
	for i, h := range hearers {
		m := spi.Message{}
		buf := make([]byte, 10)
		m.SetBuffer(buf)
		if n, err := h.Recv(&m); string(buf[:n]) != "to all" || err != nil || m.Flags != wsa.MSG_BCAST {
			t.Errorf("hearer %d: %q, %v, flags %#x", i, buf[:n], err, m.Flags)
		}
	}
	if deaf.Ready(spi.EventRead) != 0 {
		t.Error("a broadcast reached another port")
	}
	w.set(s, wsa.SOL_SOCKET, wsa.SO_BROADCAST, 0)
	w.want("connect to the broadcast address", s.Connect(all), 0)
	if n, err := trySend(s, []byte("connected"), 0); n == 0 {
		t.Errorf("a connected socket may broadcast without SO_BROADCAST: %v", err)
	}
}

func TestMulticast(t *testing.T) {
	for _, c := range []struct {
		family, level, join, leave, loop, ttl int32
		group, any                            netip.Addr
	}{
		{wsa.AF_INET, wsa.IPPROTO_IP, wsa.IP_ADD_MEMBERSHIP, wsa.IP_DROP_MEMBERSHIP, wsa.IP_MULTICAST_LOOP, wsa.IP_MULTICAST_TTL, netip.MustParseAddr("239.1.2.3"), any4},
		{wsa.AF_INET6, wsa.IPPROTO_IPV6, wsa.IPV6_ADD_MEMBERSHIP, wsa.IPV6_DROP_MEMBERSHIP, wsa.IPV6_MULTICAST_LOOP, wsa.IPV6_MULTICAST_HOPS, netip.MustParseAddr("ff05::7"), any6},
	} {
		w := newWorld(t, Options{})
		mreq := append(c.group.AsSlice(), make([]byte, 4)...)
		near := w.bind(w.open(w.a, c.family, wsa.SOCK_DGRAM), c.any, 4000)
		far := w.bind(w.open(w.b, c.family, wsa.SOCK_DGRAM), c.any, 4000)
		outside := w.bind(w.open(w.b, c.family, wsa.SOCK_DGRAM), c.any, 4001)
		for _, s := range []*socket{near, far} {
			w.want("join", s.SetSockOpt(c.level, c.join, mreq), 0)
			w.want("IP_ADD_MEMBERSHIP: joined before", s.SetSockOpt(c.level, c.join, mreq), wsa.WSAEADDRNOTAVAIL)
		}
		w.want("IP_DROP_MEMBERSHIP: not joined", outside.SetSockOpt(c.level, c.leave, mreq), wsa.WSAEADDRNOTAVAIL)
		w.want("IP_ADD_MEMBERSHIP: no multicast address", outside.SetSockOpt(c.level, c.join, make([]byte, 20)), wsa.WSAEINVAL)
		w.want("IP_ADD_MEMBERSHIP: too short", outside.SetSockOpt(c.level, c.join, mreq[:7]), wsa.WSAEFAULT)
		s := w.open(w.a, c.family, wsa.SOCK_DGRAM)
		send := func(want ...*socket) {
			t.Helper()
			if _, err := sendTo(s, []byte("group"), sockaddr(c.group, 4000)); err != nil {
				t.Fatalf("sendto %v: %v", c.group, err)
			}
			for _, r := range []*socket{near, far, outside} {
				got, _ := tryRecv(r, 10, 0)
				wanted := false
				for _, x := range want {
					wanted = wanted || x == r
				}
				if (got == "group") != wanted {
					t.Errorf("group %v: a socket received %q, wanted: %v", c.group, got, wanted)
				}
			}
		}
		send(near, far)
		w.set(s, c.level, c.loop, 0)
		send(far)
		w.set(s, c.level, c.loop, 1)
		w.set(s, c.level, c.ttl, 0)
		send(near)
		w.want("leave", near.SetSockOpt(c.level, c.leave, mreq), 0)
		send()
	}
}

func TestControlCodes(t *testing.T) {
	w := newWorld(t, Options{})
	a, _ := w.pair()
	d := w.datagram(w.a)
	if got := w.ioctl(a, wsa.SIO_IDEAL_SEND_BACKLOG_QUERY); got != 0x10000 {
		t.Errorf("difference 97: SIO_IDEAL_SEND_BACKLOG_QUERY: %#x", got)
	}
	out := make([]byte, 16)
	for _, c := range []struct {
		rule string
		s    *socket
		code uint32
		in   []byte
		want wsa.Errno
	}{
		{"difference 97", w.stream(w.a), wsa.SIO_IDEAL_SEND_BACKLOG_QUERY, nil, wsa.WSAENOTCONN},
		{"difference 97", d, wsa.SIO_IDEAL_SEND_BACKLOG_QUERY, nil, wsa.WSAEOPNOTSUPP},
		{"difference 94", d, 0x98765432, nil, wsa.WSAEOPNOTSUPP},
		{"SIO_GET_BROADCAST_ADDRESS", d, wsa.SIO_GET_BROADCAST_ADDRESS, nil, 0},
		{"SIO_UDP_CONNRESET without a value", d, wsa.SIO_UDP_CONNRESET, nil, wsa.WSAEFAULT},
		{"SIO_MULTICAST_SCOPE", d, wsa.SIO_MULTICAST_SCOPE, []byte{9, 0, 0, 0}, 0},
		{"SIO_MULTIPOINT_LOOPBACK", d, wsa.SIO_MULTIPOINT_LOOPBACK, []byte{0, 0, 0, 0}, 0},
		{"SIO_KEEPALIVE_VALS, too short", a, wsa.SIO_KEEPALIVE_VALS, make([]byte, 11), wsa.WSAEFAULT},
		{"SIO_KEEPALIVE_VALS on datagrams", d, wsa.SIO_KEEPALIVE_VALS, make([]byte, 12), wsa.WSAEOPNOTSUPP},
		{"SIO_KEEPALIVE_VALS", a, wsa.SIO_KEEPALIVE_VALS, (&wsa.TCPKeepalive{OnOff: 1, KeepaliveTime: 5500, KeepaliveInterval: 1}).Append(nil), 0},
		{"SIO_ROUTING_INTERFACE_QUERY of another family", d, wsa.SIO_ROUTING_INTERFACE_QUERY, sockaddr(loop6, 1).Bytes(), wsa.WSAEAFNOSUPPORT},
		{"SIO_ROUTING_INTERFACE_QUERY of a short address", d, wsa.SIO_ROUTING_INTERFACE_QUERY, []byte{2, 0}, wsa.WSAEFAULT},
		{"SIO_ROUTING_INTERFACE_QUERY", d, wsa.SIO_ROUTING_INTERFACE_QUERY, sockaddr(addrB, 1).Bytes(), 0},
		{"SIO_MULTICAST_SCOPE on a stream", a, wsa.SIO_MULTICAST_SCOPE, []byte{9, 0, 0, 0}, wsa.WSAEOPNOTSUPP},
	} {
		n, err := c.s.Ioctl(c.code, c.in, out)
		w.want(c.rule, err, c.want)
		if c.rule == "SIO_ROUTING_INTERFACE_QUERY" {
			if got := wsa.SockaddrBytes(out[:n]); got != *sockaddr(addrA, 0) {
				t.Errorf("SIO_ROUTING_INTERFACE_QUERY: %v, want %v", &got, addrA)
			}
		}
	}
	if !a.opts.Bool(keepAliveRule) || a.opts.Value(keepAliveTimeRule) != 6 || a.opts.Value(keepAliveIntervalRule) != 1 {
		t.Error("SIO_KEEPALIVE_VALS does not set the options")
	}
	if d.opts.Value(multicastTTL4Rule) != 9 || d.opts.Bool(multicastLoop4Rule) {
		t.Error("SIO_MULTICAST_SCOPE and SIO_MULTIPOINT_LOOPBACK have no effect")
	}
}

func TestDatagramDoesNotAllocate(t *testing.T) {
	w := newWorld(t, Options{})
	r := w.bind(w.datagram(w.b), addrB, 4000)
	s := w.bind(w.datagram(w.a), addrA, 0)
	w.want("connect", s.Connect(sockaddr(addrB, 4000)), 0)
	var out, in spi.Message
	var from wsa.Sockaddr
	out.SetBuffer(make([]byte, 500))
	in.SetBuffer(make([]byte, 500))
	in.Name = &from
	if n := testing.AllocsPerRun(500, func() {
		if n, err := s.Send(&out); n != 500 {
			t.Fatal(n, err)
		}
		if n, err := r.Recv(&in); n != 500 {
			t.Fatal(n, err)
		}
	}); n != 0 {
		t.Errorf("Send and Recv of datagrams without delay allocate %v times", n)
	}
}
