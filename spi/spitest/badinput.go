// SPDX-License-Identifier: Apache-2.0

package spitest

import (
	"winsock/spi"
	"winsock/wsa"
)

var badInputChecks = []check{
	{"messages without buffers", "package spi: nil, empty and many buffers are no reason to panic", either, 0, noBuffers},
	{"unknown control code", "WSAIoctl function, difference 94: WSAEOPNOTSUPP", either, 0, unknownIoctl},
	{"short control buffers", "ioctlsocket function: a result that has no room is WSAEFAULT", either, 0, shortIoctl},
	{"odd addresses", "bind, connect and sendto functions: an address of any length and family is answered, not crashed on", either, 0, oddAddresses},
}

func noBuffers(e *env) {
	a, b := e.pair()
	var none spi.Message
	for range 2 {
		if n, err := a.Send(&none); n != 0 || err != nil && err != wsa.WSAEINVAL {
			e.Errorf("send of a message without buffers: %d, %s", n, errorName(err))
		}
		none.Bufs = [][]byte{nil, {}, nil}
	}
	if e.info.ServiceFlags1&wsa.XP1_CONNECTIONLESS != 0 {
		a, b = e.pair() // the empty datagrams are not what this is about
	}
	for _, m := range []spi.Message{{}, {Bufs: [][]byte{nil, {}, nil}}} {
		n, err := b.Recv(&m)
		if n != 0 {
			e.Errorf("recv into a message without buffers: %d", n)
		}
		e.want("recv into a message without buffers", err, 0, wsa.WSAEWOULDBLOCK, wsa.WSAEINVAL)
	}
	many := make([][]byte, 3000) // more than one system call takes
	for i := range many {
		many[i] = []byte{byte(i)}
	}
	m := spi.Message{Bufs: many}
	n, err := a.Send(&m)
	if err != nil && err != wsa.WSAEMSGSIZE && err != wsa.WSAEINVAL || n > len(many) {
		e.Errorf("send of %d buffers: %d, %s", len(many), n, errorName(err))
	}
	buf := make([]byte, 4000)
	for got := 0; got < n; {
		k, err := b.recv(buf[got:])
		if k == 0 || err != nil {
			e.Fatalf("recv after %d of %d bytes: %d, %v", got, n, k, err)
		}
		got += k
	}
	for i := range n {
		if buf[i] != byte(i) {
			e.Fatalf("byte %d of many buffers is %d, want %d", i, buf[i], byte(i))
		}
	}
}

func unknownIoctl(e *env) {
	s := e.open()
	for _, code := range []uint32{0x12345678, 0xdeadbeef, 0} {
		_, err := s.Ioctl(code, nil, nil)
		e.want("ioctl with an unknown code", err, wsa.WSAEOPNOTSUPP)
	}
}

func shortIoctl(e *env) {
	s, _ := e.bound()
	_, err := s.Ioctl(wsa.FIONREAD, nil, nil)
	e.want("ioctl FIONREAD into nil", err, wsa.WSAEFAULT)
	_, err = s.Ioctl(wsa.FIONREAD, nil, make([]byte, 3))
	e.want("ioctl FIONREAD into 3 bytes", err, wsa.WSAEFAULT)
}

func oddAddresses(e *env) {
	for length := 0; length <= wsa.SizeofStorage; length += 5 {
		for _, family := range []byte{0, 0xff, wsa.AF_IPX} {
			name := wsa.SockaddrBytes(make([]byte, length))
			name.Storage()[0] = family
			s := e.open()
			if err := s.Bind(&name); err == nil && family != 0 {
				e.Errorf("bind to %d bytes of family %d succeeded", length, family)
			}
			s.Close()
			s = e.open()
			if err := s.Connect(&name); err == nil && family != 0 {
				e.Errorf("connect to %d bytes of family %d succeeded", length, family)
			}
			s.Close()
		}
	}
}
