// SPDX-License-Identifier: Apache-2.0

package winsock

import (
	"fmt"
	"testing"
	"time"

	"winsock/wsa"
)

// optionSemantics are the rules of "getsockopt function", "setsockopt
// function" and the pages of the option levels.
var optionSemantics = []semantic{
	{"difference 42", "a boolean in one byte", func(t *testing.T) {
		s := newTestSocket(t, wsa.AF_INET, wsa.SOCK_STREAM)
		for _, o := range [][2]int32{{wsa.SOL_SOCKET, wsa.SO_KEEPALIVE}, {wsa.SOL_SOCKET, wsa.SO_OOBINLINE}, {wsa.SOL_SOCKET, wsa.SO_REUSEADDR}, {wsa.IPPROTO_TCP, wsa.TCP_NODELAY}} {
			wantErr(t, "setsockopt", SetSockOpt(s, o[0], o[1], []byte{1}), 0)
			wantOpt(t, s, o[0], o[1], 1)
		}
	}},
	{"difference 42", "a boolean in more than four bytes", func(t *testing.T) {
		s := newTestSocket(t, wsa.AF_INET, wsa.SOCK_STREAM)
		for _, o := range [][2]int32{{wsa.SOL_SOCKET, wsa.SO_KEEPALIVE}, {wsa.SOL_SOCKET, wsa.SO_OOBINLINE}, {wsa.IPPROTO_TCP, wsa.TCP_NODELAY}} {
			wantErr(t, "setsockopt", SetSockOpt(s, o[0], o[1], []byte{1, 0, 0, 0, 0, 0, 0, 0}), 0)
			wantOpt(t, s, o[0], o[1], 1)
		}
	}},
	{"difference 42", "a number in fewer than four bytes", func(t *testing.T) {
		s := newTestSocket(t, wsa.AF_INET, wsa.SOCK_STREAM)
		for _, o := range [][2]int32{{wsa.SOL_SOCKET, wsa.SO_RCVBUF}, {wsa.SOL_SOCKET, wsa.SO_SNDBUF}, {wsa.SOL_SOCKET, wsa.SO_RCVTIMEO}, {wsa.SOL_SOCKET, wsa.SO_SNDTIMEO}, {wsa.IPPROTO_TCP, wsa.TCP_KEEPALIVE}} {
			for n := range 4 {
				wantErr(t, wsa.OptionName(o[0], o[1]), SetSockOpt(s, o[0], o[1], make([]byte, n)), wsa.WSAEFAULT)
			}
		}
	}},
	{"difference 42", "booleans that are read as one byte", func(t *testing.T) {
		tcp, udp := newTestSocket(t, wsa.AF_INET, wsa.SOCK_STREAM), newTestSocket(t, wsa.AF_INET6, wsa.SOCK_DGRAM)
		for _, o := range []struct {
			s           SOCKET
			level, name int32
		}{
			{tcp, wsa.SOL_SOCKET, wsa.SO_KEEPALIVE}, {tcp, wsa.SOL_SOCKET, wsa.SO_DONTROUTE},
			{tcp, wsa.IPPROTO_TCP, wsa.TCP_NODELAY}, {udp, wsa.IPPROTO_IPV6, wsa.IPV6_V6ONLY},
		} {
			n, err := GetSockOpt(o.s, o.level, o.name, make([]byte, 4))
			if n != 1 || err != nil {
				t.Errorf("%s: %d bytes, %v", wsa.OptionName(o.level, o.name), n, err)
			}
		}
	}},
	{"difference 43", "only the first byte of TCP_NODELAY counts", inBothFamilies(func(t *testing.T, family int32) {
		s := newTestSocket(t, family, wsa.SOCK_STREAM)
		setOpt(t, s, wsa.IPPROTO_TCP, wsa.TCP_NODELAY, 0x100)
		wantOpt(t, s, wsa.IPPROTO_TCP, wsa.TCP_NODELAY, 0)
		setOpt(t, s, wsa.IPPROTO_TCP, wsa.TCP_NODELAY, 0x101)
		wantOpt(t, s, wsa.IPPROTO_TCP, wsa.TCP_NODELAY, 1)
	})},
	{"difference 44", "an empty value for a boolean of SOL_SOCKET", func(t *testing.T) {
		s := newTestSocket(t, wsa.AF_INET, wsa.SOCK_STREAM)
		for _, o := range []int32{wsa.SO_OOBINLINE, wsa.SO_DEBUG, wsa.SO_REUSEADDR} {
			setOpt(t, s, wsa.SOL_SOCKET, o, 1)
			wantErr(t, wsa.OptionName(wsa.SOL_SOCKET, o), SetSockOpt(s, wsa.SOL_SOCKET, o, nil), 0)
			wantOpt(t, s, wsa.SOL_SOCKET, o, 0)
		}
	}},
	{"difference 44", "an empty value elsewhere", func(t *testing.T) {
		s, u := newTestSocket(t, wsa.AF_INET, wsa.SOCK_STREAM), newTestSocket(t, wsa.AF_INET, wsa.SOCK_DGRAM)
		wantErr(t, "TCP_NODELAY", SetSockOpt(s, wsa.IPPROTO_TCP, wsa.TCP_NODELAY, nil), wsa.WSAEFAULT)
		wantErr(t, "IP_TTL", SetSockOpt(s, wsa.IPPROTO_IP, wsa.IP_TTL, nil), wsa.WSAEFAULT)
		wantErr(t, "IP_MULTICAST_LOOP", SetSockOpt(u, wsa.IPPROTO_IP, wsa.IP_MULTICAST_LOOP, nil), wsa.WSAEFAULT)
		wantErr(t, "SO_RCVBUF", SetSockOpt(s, wsa.SOL_SOCKET, wsa.SO_RCVBUF, nil), wsa.WSAEFAULT)
		_, err := GetSockOpt(s, wsa.SOL_SOCKET, wsa.SO_KEEPALIVE, nil)
		wantErr(t, "getsockopt into nothing", err, wsa.WSAEFAULT)
	}},
	{"difference 45", "the buffer sizes read back what was set", inBothFamilies(func(t *testing.T, family int32) {
		for _, socketType := range bothTypes {
			s := newTestSocket(t, family, socketType)
			for _, size := range []int32{4096, 1, 100_000, 65536} {
				setOpt(t, s, wsa.SOL_SOCKET, wsa.SO_RCVBUF, size)
				setOpt(t, s, wsa.SOL_SOCKET, wsa.SO_SNDBUF, size+1)
				wantOpt(t, s, wsa.SOL_SOCKET, wsa.SO_RCVBUF, size)
				wantOpt(t, s, wsa.SOL_SOCKET, wsa.SO_SNDBUF, size+1)
			}
		}
	})},
	{"difference 46", "SO_SNDBUF 0", func(t *testing.T) {
		c, s := connected(t, wsa.AF_INET)
		setOpt(t, c, wsa.SOL_SOCKET, wsa.SO_SNDBUF, 0)
		wantOpt(t, c, wsa.SOL_SOCKET, wsa.SO_SNDBUF, 0)
		sendText(t, c, "sent all the same")
		wantRecv(t, s, "sent all the same")
	}},
	{"difference 47", "SO_RCVTIMEO is in milliseconds", inBothFamilies(func(t *testing.T, family int32) {
		c, _ := connected(t, family)
		u, _ := boundSocket(t, family, wsa.SOCK_DGRAM)
		for _, s := range []SOCKET{c, u} {
			setOpt(t, s, wsa.SOL_SOCKET, wsa.SO_RCVTIMEO, 20)
			wantOpt(t, s, wsa.SOL_SOCKET, wsa.SO_RCVTIMEO, 20)
			begun := time.Now()
			_, err := Recv(s, make([]byte, 1), 0)
			wantErr(t, "recv", err, wsa.WSAETIMEDOUT)
			if took := time.Since(begun); took < 20*time.Millisecond || took > soon {
				t.Errorf("recv timed out after %v", took)
			}
		}
	})},
	{"difference 47", "SO_SNDTIMEO is in milliseconds", func(t *testing.T) {
		c, _ := connected(t, wsa.AF_INET)
		setOpt(t, c, wsa.SOL_SOCKET, wsa.SO_SNDTIMEO, 20)
		wantOpt(t, c, wsa.SOL_SOCKET, wsa.SO_SNDTIMEO, 20)
		begun := time.Now()
		_, err := Send(c, make([]byte, 64<<20), 0) // more than any buffer holds
		wantErr(t, "send", err, wsa.WSAETIMEDOUT)
		if took := time.Since(begun); took < 20*time.Millisecond || took > soon {
			t.Errorf("send timed out after %v", took)
		}
	}},
	{"difference 47", "time-outs do not concern non-blocking sockets", func(t *testing.T) {
		s, _ := boundSocket(t, wsa.AF_INET, wsa.SOCK_DGRAM)
		nonblocking(t, s)
		setOpt(t, s, wsa.SOL_SOCKET, wsa.SO_RCVTIMEO, 1000_000)
		_, err := Recv(s, make([]byte, 1), 0)
		wantErr(t, "recv", err, wsa.WSAEWOULDBLOCK)
	}},
	{"difference 48", "SO_LINGER and SO_DONTLINGER are two views", func(t *testing.T) {
		s := newTestSocket(t, wsa.AF_INET, wsa.SOCK_STREAM)
		on := wsa.Linger{OnOff: 1, Linger: 55}
		must(t, SetSockOpt(s, wsa.SOL_SOCKET, wsa.SO_LINGER, on.Append(nil)))
		wantOpt(t, s, wsa.SOL_SOCKET, wsa.SO_DONTLINGER, 0)
		wantLinger(t, s, on)
		setOpt(t, s, wsa.SOL_SOCKET, wsa.SO_DONTLINGER, 1)
		wantLinger(t, s, wsa.Linger{OnOff: 0, Linger: 55})
		wantOpt(t, s, wsa.SOL_SOCKET, wsa.SO_DONTLINGER, 1)
		setOpt(t, s, wsa.SOL_SOCKET, wsa.SO_DONTLINGER, 0)
		wantLinger(t, s, on)
	}},
	{"difference 48", "SO_LINGER of a datagram socket", inBothFamilies(func(t *testing.T, family int32) {
		s := newTestSocket(t, family, wsa.SOCK_DGRAM)
		wantErr(t, "setsockopt SO_LINGER", SetSockOpt(s, wsa.SOL_SOCKET, wsa.SO_LINGER, []byte{1, 0, 5, 0}), wsa.WSAENOPROTOOPT)
		wantErr(t, "setsockopt SO_DONTLINGER", SetSockOptInt(s, wsa.SOL_SOCKET, wsa.SO_DONTLINGER, 1), wsa.WSAENOPROTOOPT)
		_, err := GetSockOpt(s, wsa.SOL_SOCKET, wsa.SO_LINGER, make([]byte, 4))
		wantErr(t, "getsockopt SO_LINGER", err, wsa.WSAENOPROTOOPT)
	})},
	{"difference 48", "SO_LINGER without a value", func(t *testing.T) {
		s := newTestSocket(t, wsa.AF_INET, wsa.SOCK_STREAM)
		for _, value := range [][]byte{nil, {1}, {1, 0, 5}} {
			wantErr(t, "setsockopt", SetSockOpt(s, wsa.SOL_SOCKET, wsa.SO_LINGER, value), wsa.WSAEFAULT)
		}
		wantLinger(t, s, wsa.Linger{})
	}},
	{"difference 49", "SO_ERROR stays when it is read", inBothFamilies(func(t *testing.T, family int32) {
		s := refused(t, family)
		wantOpt(t, s, wsa.SOL_SOCKET, wsa.SO_ERROR, int32(wsa.WSAECONNREFUSED))
		wantOpt(t, s, wsa.SOL_SOCKET, wsa.SO_ERROR, int32(wsa.WSAECONNREFUSED))
	})},
	{"difference 49", "a good connect clears SO_ERROR", inBothFamilies(func(t *testing.T, family int32) {
		s := refused(t, family)
		_, to := listening(t, family)
		if err := Connect(s, &to); err != nil {
			wantErr(t, "connect", err, wsa.WSAEWOULDBLOCK)
			wantSelected(t, "connect", selectedOf(t, s, inWrite|inExcept, true), inWrite)
		}
		wantOpt(t, s, wsa.SOL_SOCKET, wsa.SO_ERROR, 0)
	})},
	{"difference 50", "SO_ERROR can be set", func(t *testing.T) {
		for _, socketType := range bothTypes {
			s := newTestSocket(t, wsa.AF_INET, socketType)
			wantOpt(t, s, wsa.SOL_SOCKET, wsa.SO_ERROR, 0)
			setOpt(t, s, wsa.SOL_SOCKET, wsa.SO_ERROR, int32(wsa.WSAEMSGSIZE))
			wantOpt(t, s, wsa.SOL_SOCKET, wsa.SO_ERROR, int32(wsa.WSAEMSGSIZE))
			setOpt(t, s, wsa.SOL_SOCKET, wsa.SO_ERROR, 0)
			wantOpt(t, s, wsa.SOL_SOCKET, wsa.SO_ERROR, 0)
		}
	}},
	{"difference 50", "SO_ERROR after a blocking connect was refused", inBothFamilies(func(t *testing.T, family int32) {
		s := newTestSocket(t, family, wsa.SOCK_STREAM)
		to := refusingAddr(t, family)
		wantErr(t, "connect", Connect(s, &to), wsa.WSAECONNREFUSED)
		wantOpt(t, s, wsa.SOL_SOCKET, wsa.SO_ERROR, 0)
	})},
	{"difference 51", "SO_MAX_MSG_SIZE", func(t *testing.T) {
		wantOpt(t, newTestSocket(t, wsa.AF_INET, wsa.SOCK_DGRAM), wsa.SOL_SOCKET, wsa.SO_MAX_MSG_SIZE, 65507)
		wantOpt(t, newTestSocket(t, wsa.AF_INET6, wsa.SOCK_DGRAM), wsa.SOL_SOCKET, wsa.SO_MAX_MSG_SIZE, 65527)
		s := newTestSocket(t, wsa.AF_INET, wsa.SOCK_STREAM)
		_, err := GetSockOptInt(s, wsa.SOL_SOCKET, wsa.SO_MAX_MSG_SIZE)
		wantErr(t, "getsockopt of a stream", err, wsa.WSAENOPROTOOPT)
	}},
	{"difference 51", "an unknown level", inBothFamilies(func(t *testing.T, family int32) {
		for _, socketType := range bothTypes {
			s := newTestSocket(t, family, socketType)
			for _, level := range []int32{0xbeef, -1, 1} { // 1 is SOL_SOCKET elsewhere
				_, err := GetSockOptInt(s, level, wsa.SO_TYPE)
				wantErr(t, "getsockopt", err, wsa.WSAEINVAL)
				wantErr(t, "setsockopt", SetSockOptInt(s, level, wsa.SO_REUSEADDR, 1), wsa.WSAEINVAL)
			}
		}
	})},
	{"difference 52", "SO_CONNECT_TIME", inBothFamilies(func(t *testing.T, family int32) {
		wantOpt(t, newTestSocket(t, family, wsa.SOCK_STREAM), wsa.SOL_SOCKET, wsa.SO_CONNECT_TIME, -1)
		u, to := boundSocket(t, family, wsa.SOCK_DGRAM)
		must(t, Connect(u, &to))
		wantOpt(t, u, wsa.SOL_SOCKET, wsa.SO_CONNECT_TIME, -1)
		begun := time.Now()
		c, s := connected(t, family)
		for _, s := range []SOCKET{c, s} {
			got, err := GetSockOptInt(s, wsa.SOL_SOCKET, wsa.SO_CONNECT_TIME)
			if most := int32(time.Since(begun) / time.Second); got < 0 || got > most || err != nil {
				t.Errorf("getsockopt: %d, %v, want 0 to %d", got, err, most)
			}
		}
	})},
	{"difference 54", "IP_DONTFRAGMENT", func(t *testing.T) {
		wantOpt(t, newTestSocket(t, wsa.AF_INET, wsa.SOCK_DGRAM), wsa.IPPROTO_IP, wsa.IP_DONTFRAGMENT, 0)
		wantOpt(t, newTestSocket(t, wsa.AF_INET, wsa.SOCK_STREAM), wsa.IPPROTO_IP, wsa.IP_DONTFRAGMENT, 1)
	}},
	{"difference 54", "IP_HDRINCL off raw sockets", func(t *testing.T) {
		for _, socketType := range bothTypes {
			s := newTestSocket(t, wsa.AF_INET, socketType)
			_, err := GetSockOptInt(s, wsa.IPPROTO_IP, wsa.IP_HDRINCL)
			wantErr(t, "getsockopt", err, wsa.WSAEINVAL)
			wantErr(t, "setsockopt", SetSockOptInt(s, wsa.IPPROTO_IP, wsa.IP_HDRINCL, 1), wsa.WSAEINVAL)
		}
	}},
	{"difference 55", "IP_MULTICAST_TTL in 1 to 4 bytes", func(t *testing.T) {
		s := newTestSocket(t, wsa.AF_INET, wsa.SOCK_DGRAM)
		for n := 1; n <= 4; n++ {
			value := []byte{byte(10 + n), 0, 0, 0}[:n]
			wantErr(t, fmt.Sprintf("setsockopt in %d bytes", n), SetSockOpt(s, wsa.IPPROTO_IP, wsa.IP_MULTICAST_TTL, value), 0)
			wantOpt(t, s, wsa.IPPROTO_IP, wsa.IP_MULTICAST_TTL, int32(10+n))
		}
	}},
	{"difference 55", "IP_MULTICAST_TTL out of range", func(t *testing.T) {
		s := newTestSocket(t, wsa.AF_INET, wsa.SOCK_DGRAM)
		for _, v := range []int32{256, 1000, -1} {
			wantErr(t, "setsockopt", SetSockOptInt(s, wsa.IPPROTO_IP, wsa.IP_MULTICAST_TTL, v), wsa.WSAEINVAL)
		}
		wantErr(t, "setsockopt in two bytes", SetSockOpt(s, wsa.IPPROTO_IP, wsa.IP_MULTICAST_TTL, []byte{0, 1}), wsa.WSAEINVAL)
		wantOpt(t, s, wsa.IPPROTO_IP, wsa.IP_MULTICAST_TTL, 1)
	}},
	{"difference 56", "SO_DEBUG reads back as 0 or 1", func(t *testing.T) {
		for _, socketType := range bothTypes {
			s := newTestSocket(t, wsa.AF_INET, socketType)
			wantOpt(t, s, wsa.SOL_SOCKET, wsa.SO_DEBUG, 0)
			setOpt(t, s, wsa.SOL_SOCKET, wsa.SO_DEBUG, 0x5600)
			wantOpt(t, s, wsa.SOL_SOCKET, wsa.SO_DEBUG, 1)
		}
	}},
	{"SOL_SOCKET Socket Options: SO_ACCEPTCONN", "SO_ACCEPTCONN tells a listener", inBothFamilies(func(t *testing.T, family int32) {
		s, _ := boundSocket(t, family, wsa.SOCK_STREAM)
		wantOpt(t, s, wsa.SOL_SOCKET, wsa.SO_ACCEPTCONN, 0)
		must(t, Listen(s, 1))
		wantOpt(t, s, wsa.SOL_SOCKET, wsa.SO_ACCEPTCONN, 1)
	})},
	{"SOL_SOCKET Socket Options: SO_RCVTIMEO 0 is no time-out", "a time-out is taken back", func(t *testing.T) {
		c, s := connected(t, wsa.AF_INET)
		setOpt(t, c, wsa.SOL_SOCKET, wsa.SO_RCVTIMEO, 1)
		_, err := Recv(c, make([]byte, 1), 0)
		wantErr(t, "recv", err, wsa.WSAETIMEDOUT)
		setOpt(t, c, wsa.SOL_SOCKET, wsa.SO_RCVTIMEO, 0)
		got := make(chan error, 1)
		go func() { _, err := Recv(c, make([]byte, 1), 0); got <- err }()
		time.Sleep(5 * time.Millisecond) // long enough for the old time-out to show
		sendText(t, s, "x")
		wantErr(t, "recv", done(t, got), 0)
	}},
	{"IPPROTO_TCP Socket Options: TCP_KEEPIDLE is TCP_KEEPALIVE", "two names of one option", func(t *testing.T) {
		s := newTestSocket(t, wsa.AF_INET, wsa.SOCK_STREAM)
		setOpt(t, s, wsa.IPPROTO_TCP, wsa.TCP_KEEPIDLE, 77)
		wantOpt(t, s, wsa.IPPROTO_TCP, wsa.TCP_KEEPALIVE, 77)
	}},
	{"IPPROTO_TCP Socket Options: TCP_KEEPCNT is at most 255", "TCP_KEEPCNT out of range", func(t *testing.T) {
		s := newTestSocket(t, wsa.AF_INET, wsa.SOCK_STREAM)
		wantErr(t, "setsockopt 256", SetSockOptInt(s, wsa.IPPROTO_TCP, wsa.TCP_KEEPCNT, 256), wsa.WSAEINVAL)
		wantErr(t, "setsockopt 5", SetSockOptInt(s, wsa.IPPROTO_TCP, wsa.TCP_KEEPCNT, 5), 0)
		wantOpt(t, s, wsa.IPPROTO_TCP, wsa.TCP_KEEPCNT, 5)
	}},
	{"IPPROTO_IP Socket Options: IP_TTL", "IP_TTL out of range", func(t *testing.T) {
		s := newTestSocket(t, wsa.AF_INET, wsa.SOCK_DGRAM)
		wantErr(t, "setsockopt 256", SetSockOptInt(s, wsa.IPPROTO_IP, wsa.IP_TTL, 256), wsa.WSAEINVAL)
		wantErr(t, "setsockopt 255", SetSockOptInt(s, wsa.IPPROTO_IP, wsa.IP_TTL, 255), 0)
		wantOpt(t, s, wsa.IPPROTO_IP, wsa.IP_TTL, 255)
	}},
	{"SOL_SOCKET Socket Options: SO_BROADCAST", "broadcasts need SO_BROADCAST", func(t *testing.T) {
		s := newTestSocket(t, wsa.AF_INET, wsa.SOCK_DGRAM)
		to := broadcastOfLoopback()
		_, err := SendTo(s, []byte("x"), 0, &to)
		wantErr(t, "sendto", err, wsa.WSAEACCES)
		setOpt(t, s, wsa.SOL_SOCKET, wsa.SO_BROADCAST, 1)
		_, err = SendTo(s, []byte("x"), 0, &to)
		wantErr(t, "sendto with SO_BROADCAST", err, 0)
	}},
}

func wantLinger(t *testing.T, s SOCKET, want wsa.Linger) {
	t.Helper()
	var value [wsa.SizeofLinger]byte
	n, err := GetSockOpt(s, wsa.SOL_SOCKET, wsa.SO_LINGER, value[:])
	must(t, err)
	var got wsa.Linger
	if err := got.Decode(value[:n]); err != nil || got != want {
		t.Errorf("SO_LINGER is %+v, %v, want %+v", got, err, want)
	}
}

// refused makes a non-blocking socket whose connect was refused.
func refused(t *testing.T, family int32) SOCKET {
	t.Helper()
	s := newTestSocket(t, family, wsa.SOCK_STREAM)
	nonblocking(t, s)
	to := refusingAddr(t, family)
	if err := Connect(s, &to); err != wsa.WSAECONNREFUSED {
		wantErr(t, "connect", err, wsa.WSAEWOULDBLOCK)
	}
	wantSelected(t, "the refused connect", selectedOf(t, s, inExcept, true), inExcept)
	return s
}

func broadcastOfLoopback() wsa.Sockaddr {
	to := loopback(wsa.AF_INET, 9)
	to.Storage()[5], to.Storage()[6], to.Storage()[7] = 255, 255, 255
	return to
}
