// SPDX-License-Identifier: Apache-2.0

package winsock

import (
	"encoding/binary"
	"testing"

	"winsock/wsa"
)

// pendingBytes is FIONREAD.
func pendingBytes(t *testing.T, s SOCKET) uint32 {
	t.Helper()
	v := uint32(0xcccccccc)
	must(t, IoctlSocket(s, wsa.FIONREAD, &v))
	return v
}

// control is WSAIoctl without overlapped arguments.
func control(s SOCKET, code uint32, in, out []byte) (int, error) {
	return WSAIoctl(s, code, in, out, nil, nil)
}

// controlSemantics are the rules of "ioctlsocket function", "WSAIoctl
// function" and "Winsock IOCTLs".
var controlSemantics = []semantic{
	{"ioctlsocket function: FIONBIO", "FIONBIO on and off", inBothFamilies(func(t *testing.T, family int32) {
		s, _ := boundSocket(t, family, wsa.SOCK_DGRAM)
		setOpt(t, s, wsa.SOL_SOCKET, wsa.SO_RCVTIMEO, 1)
		for _, mode := range []struct {
			value uint32
			want  wsa.Errno
		}{{1, wsa.WSAEWOULDBLOCK}, {0, wsa.WSAETIMEDOUT}, {0xffff0000, wsa.WSAEWOULDBLOCK}} {
			v := mode.value
			must(t, IoctlSocket(s, wsa.FIONBIO, &v))
			_, err := Recv(s, make([]byte, 1), 0)
			wantErr(t, "recv", err, mode.want)
		}
	})},
	{"ioctlsocket function: WSAEFAULT", "no argument", func(t *testing.T) {
		s := newTestSocket(t, wsa.AF_INET, wsa.SOCK_STREAM)
		for _, command := range []uint32{wsa.FIONBIO, wsa.FIONREAD, wsa.SIOCATMARK} {
			wantErr(t, "ioctlsocket", IoctlSocket(s, command, nil), wsa.WSAEFAULT)
		}
		_, err := control(s, wsa.FIONBIO, nil, nil)
		wantErr(t, "WSAIoctl FIONBIO of nothing", err, wsa.WSAEFAULT)
		_, err = control(s, wsa.FIONBIO, []byte{1, 0, 0}, nil)
		wantErr(t, "WSAIoctl FIONBIO of 3 bytes", err, wsa.WSAEFAULT)
		_, err = control(s, wsa.FIONREAD, nil, make([]byte, 3))
		wantErr(t, "WSAIoctl FIONREAD into 3 bytes", err, wsa.WSAEFAULT)
	}},
	{"difference 87", "FIONREAD of an unconnected socket", inBothFamilies(func(t *testing.T, family int32) {
		unbound := newTestSocket(t, family, wsa.SOCK_STREAM)
		l, _ := listening(t, family)
		for _, s := range []SOCKET{unbound, l} {
			if got := pendingBytes(t, s); got != 0 {
				t.Errorf("%d bytes, want 0", got)
			}
		}
	})},
	{"ioctlsocket function: FIONREAD", "what a receive would find", inBothFamilies(func(t *testing.T, family int32) {
		c, s := connected(t, family)
		sendText(t, c, "nineteen characters")
		wantSelected(t, "data", selectedOf(t, s, inRead, true), inRead)
		if got := pendingBytes(t, s); got != 19 {
			t.Errorf("%d bytes, want 19", got)
		}
		if _, err := Recv(s, make([]byte, 9), 0); err != nil || pendingBytes(t, s) != 10 {
			t.Errorf("after a receive of 9: %v", err)
		}
	})},
	{"difference 93", "FIONBIO off while events are selected", onTheKernel(func(b *bed) {
		s, _ := b.bound(wsa.SOCK_DGRAM)
		w := b.selecting(s, wsa.FD_READ)
		off := uint32(0)
		wantErr(b, "FIONBIO off", IoctlSocket(s, wsa.FIONBIO, &off), wsa.WSAEINVAL)
		on := uint32(1)
		wantErr(b, "FIONBIO on", IoctlSocket(s, wsa.FIONBIO, &on), 0)
		w.choose(0)
		wantErr(b, "FIONBIO off without a selection", IoctlSocket(s, wsa.FIONBIO, &off), 0)
	})},
	{"difference 94", "unknown control codes", inBothFamilies(func(t *testing.T, family int32) {
		for _, socketType := range bothTypes {
			s := newTestSocket(t, family, socketType)
			for _, code := range []uint32{wsa.FIOASYNC, wsa.SIO_FLUSH, 0xdeadbeef} {
				_, err := control(s, code, make([]byte, 8), make([]byte, 8))
				wantErr(t, wsa.IoctlName(code), err, wsa.WSAEOPNOTSUPP)
			}
			v := uint32(1)
			wantErr(t, "ioctlsocket", IoctlSocket(s, 0xdeadbeef, &v), wsa.WSAEOPNOTSUPP)
		}
	})},
	{"difference 96", "SIO_BASE_HANDLE gives the socket itself", inBothFamilies(func(t *testing.T, family int32) {
		for _, socketType := range bothTypes {
			s := newTestSocket(t, family, socketType)
			out := make([]byte, 8)
			n, err := control(s, wsa.SIO_BASE_HANDLE, nil, out)
			if n != 8 || err != nil || SOCKET(binary.LittleEndian.Uint64(out)) != s {
				t.Errorf("%d bytes, % x, %v, want %#x", n, out, err, s)
			}
			_, err = control(s, wsa.SIO_BASE_HANDLE, nil, out[:7])
			wantErr(t, "into 7 bytes", err, wsa.WSAEFAULT)
		}
	})},
	{"difference 97", "SIO_KEEPALIVE_VALS", inBothFamilies(func(t *testing.T, family int32) {
		s := newTestSocket(t, family, wsa.SOCK_STREAM)
		vals := wsa.TCPKeepalive{OnOff: 1, KeepaliveTime: 5000, KeepaliveInterval: 2000}
		in := vals.Append(nil)
		_, err := control(s, wsa.SIO_KEEPALIVE_VALS, in[:11], nil)
		wantErr(t, "11 bytes", err, wsa.WSAEFAULT)
		wantOpt(t, s, wsa.SOL_SOCKET, wsa.SO_KEEPALIVE, 0)
		n, err := control(s, wsa.SIO_KEEPALIVE_VALS, in, nil)
		if n != 0 || err != nil {
			t.Errorf("12 bytes: %d, %v", n, err)
		}
		wantOpt(t, s, wsa.SOL_SOCKET, wsa.SO_KEEPALIVE, 1)
		wantOpt(t, s, wsa.IPPROTO_TCP, wsa.TCP_KEEPALIVE, 5)
		wantOpt(t, s, wsa.IPPROTO_TCP, wsa.TCP_KEEPINTVL, 2)
	})},
	{"difference 97", "SIO_IDEAL_SEND_BACKLOG_QUERY", inBothFamilies(func(t *testing.T, family int32) {
		out := make([]byte, 4)
		_, err := control(newTestSocket(t, family, wsa.SOCK_STREAM), wsa.SIO_IDEAL_SEND_BACKLOG_QUERY, nil, out)
		wantErr(t, "without a connection", err, wsa.WSAENOTCONN)
		_, err = control(newTestSocket(t, family, wsa.SOCK_DGRAM), wsa.SIO_IDEAL_SEND_BACKLOG_QUERY, nil, out)
		wantErr(t, "on a datagram socket", err, wsa.WSAEOPNOTSUPP)
		c, _ := connected(t, family)
		n, err := control(c, wsa.SIO_IDEAL_SEND_BACKLOG_QUERY, nil, out)
		if n != 4 || err != nil || binary.LittleEndian.Uint32(out) != 0x10000 {
			t.Errorf("connected: %d bytes, % x, %v", n, out, err)
		}
	})},
	{"difference 97", "SIO_ENABLE_CIRCULAR_QUEUEING", func(t *testing.T) {
		n, err := control(newTestSocket(t, wsa.AF_INET, wsa.SOCK_DGRAM), wsa.SIO_ENABLE_CIRCULAR_QUEUEING, nil, nil)
		if n != 0 || err != nil {
			t.Errorf("%d, %v", n, err)
		}
	}},
	{"difference 98", "SIO_ADDRESS_LIST_QUERY into a short buffer tells the size", inBothFamilies(func(t *testing.T, family int32) {
		s := newTestSocket(t, family, wsa.SOCK_DGRAM)
		need, err := control(s, wsa.SIO_ADDRESS_LIST_QUERY, nil, make([]byte, 1))
		wantErr(t, "WSAIoctl", err, wsa.WSAEFAULT)
		if need < 4 {
			t.Fatalf("the size is %d", need)
		}
		n, err := control(s, wsa.SIO_ADDRESS_LIST_QUERY, nil, make([]byte, need))
		if n != need || err != nil {
			t.Errorf("with that size: %d, %v, want %d", n, err, need)
		}
	})},
	{"difference 98", "SIO_GET_INTERFACE_LIST", func(t *testing.T) {
		s := newTestSocket(t, wsa.AF_INET, wsa.SOCK_DGRAM)
		n, err := control(s, wsa.SIO_GET_INTERFACE_LIST, nil, make([]byte, 75))
		wantErr(t, "into a buffer too short", err, wsa.WSAEFAULT)
		if n != 0 {
			t.Errorf("the size is %d, want 0", n)
		}
		out := make([]byte, 64<<10)
		n, err = control(s, wsa.SIO_GET_INTERFACE_LIST, nil, out)
		must(t, err)
		const sizeofInterfaceInfo, up, isLoopback = 76, 1, 4
		found := false
		for i := 0; i+sizeofInterfaceInfo <= n; i += sizeofInterfaceInfo {
			flags := binary.LittleEndian.Uint32(out[i:])
			found = found || flags&(up|isLoopback) == up|isLoopback && [4]byte(out[i+8:]) == [4]byte{127, 0, 0, 1}
		}
		if n%sizeofInterfaceInfo != 0 || !found {
			t.Errorf("%d bytes without the loopback interface: % x", n, out[:n])
		}
	}},
	{"difference 98", "SIO_ROUTING_INTERFACE_QUERY", inBothFamilies(func(t *testing.T, family int32) {
		s := newTestSocket(t, family, wsa.SOCK_STREAM)
		to := loopback(family, 80)
		out := make([]byte, wsa.SizeofStorage)
		n, err := control(s, wsa.SIO_ROUTING_INTERFACE_QUERY, to.Bytes(), out)
		must(t, err)
		if got, want := wsa.SockaddrBytes(out[:n]), loopback(family, 0); got != want {
			t.Errorf("to the loopback address from %v, want %v", &got, &want)
		}
		other := wsa.SockaddrBytes(append([]byte{0xad, 0xde}, make([]byte, 30)...))
		_, err = control(s, wsa.SIO_ROUTING_INTERFACE_QUERY, other.Bytes(), out)
		wantErr(t, "another family", err, wsa.WSAEAFNOSUPPORT)
		_, err = control(s, wsa.SIO_ROUTING_INTERFACE_QUERY, nil, out)
		wantErr(t, "no address", err, wsa.WSAEFAULT)
	})},
	{"SIO_GET_BROADCAST_ADDRESS control code", "the broadcast address", func(t *testing.T) {
		out := make([]byte, wsa.SizeofSockaddrIn)
		n, err := control(newTestSocket(t, wsa.AF_INET, wsa.SOCK_DGRAM), wsa.SIO_GET_BROADCAST_ADDRESS, nil, out)
		if n != 16 || err != nil || [4]byte(out[4:]) != [4]byte{255, 255, 255, 255} {
			t.Errorf("%d bytes, % x, %v", n, out, err)
		}
	}},
}
