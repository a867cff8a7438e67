// SPDX-License-Identifier: Apache-2.0

package kernel

import (
	"encoding/binary"
	"testing"
	"unsafe"

	"winsock/internal/sys"
	"winsock/spi"
	"winsock/wsa"
)

// ioctlInt makes an ioctl that answers a number.
func ioctlInt(t testing.TB, s *socket, code uint32) int {
	t.Helper()
	var out [4]byte
	n, err := s.Ioctl(code, nil, out[:])
	if n != 4 || err != nil {
		t.Fatalf("ioctl %#x: %d bytes, %v", code, n, err)
	}
	return int(binary.LittleEndian.Uint32(out[:]))
}

func ioctlErr(s *socket, code uint32, in, out []byte) error {
	_, err := s.Ioctl(code, in, out)
	return err
}

func TestFionread(t *testing.T) {
	each(t, streams, func(t *testing.T, o spi.Opening) {
		if n := ioctlInt(t, newSock(t, o), wsa.FIONREAD); n != 0 {
			t.Errorf("difference 87: FIONREAD is %d unconnected", n)
		}
		a, b := pair(t, o)
		send(t, a, "12345")
		waitFor(t, b, spi.EventRead)
		if n := ioctlInt(t, b, wsa.FIONREAD); n != 5 {
			t.Errorf("FIONREAD is %d, want 5", n)
		}
		want(t, "ioctl with a short buffer", ioctlErr(b, wsa.FIONREAD, nil, make([]byte, 3)), wsa.WSAEFAULT)
		want(t, "difference 94: unknown code", ioctlErr(b, 0x12345678, nil, nil), wsa.WSAEOPNOTSUPP)
	})
}

func TestUrgentData(t *testing.T) {
	each(t, tcps, func(t *testing.T, o spi.Opening) {
		a, b := pair(t, o)
		if v := ioctlInt(t, b, wsa.SIOCATMARK); v != 1 {
			t.Errorf("difference 87: SIOCATMARK is %d without urgent data", v)
		}
		m := spi.Message{Bufs: [][]byte{make([]byte, 1)}, Flags: wsa.MSG_OOB}
		_, err := b.Recv(&m)
		want(t, "recv MSG_OOB with nothing there", err, wsa.WSAEWOULDBLOCK)
		m = spi.Message{Bufs: [][]byte{[]byte("!")}, Flags: wsa.MSG_OOB}
		if n, err := a.Send(&m); n != 1 || err != nil {
			t.Fatalf("send MSG_OOB: %d, %v", n, err)
		}
		waitFor(t, b, spi.EventOOB)
		if e := b.Ready(spi.EventRead); e != 0 {
			t.Error("urgent data out of band counts as data")
		}
		if v := ioctlInt(t, b, wsa.SIOCATMARK); v != 0 {
			t.Errorf("difference 87: SIOCATMARK is %d with urgent data", v)
		}
		if n := ioctlInt(t, b, wsa.FIONREAD); n != 0 {
			t.Errorf("difference 87: FIONREAD counts urgent data: %d", n)
		}
		m = spi.Message{Bufs: [][]byte{make([]byte, 4)}, Flags: wsa.MSG_OOB}
		if n, err := b.Recv(&m); n != 1 || err != nil || m.Bufs[0][0] != '!' {
			t.Errorf("recv MSG_OOB: %d, %v, %q", n, err, m.Bufs[0])
		}
		if e := b.Ready(spi.EventOOB); e != 0 {
			t.Error("EventOOB after the urgent byte was received")
		}

		a, b = pair(t, o)
		setInt(t, b, wsa.SOL_SOCKET, wsa.SO_OOBINLINE, 1)
		m = spi.Message{Bufs: [][]byte{[]byte("?")}, Flags: wsa.MSG_OOB}
		a.Send(&m)
		waitFor(t, b, spi.EventRead)
		if e := b.Ready(spi.EventOOB); e != 0 {
			t.Error("difference 86: inline urgent data shows as EventOOB")
		}
		m = spi.Message{Bufs: [][]byte{make([]byte, 4)}, Flags: wsa.MSG_OOB}
		_, err = b.Recv(&m)
		want(t, "difference 86: MSG_OOB with SO_OOBINLINE", err, wsa.WSAEINVAL)
		expect(t, b, "?")
	})
	a, _ := pair(t, unix)
	_, err := a.Send(&spi.Message{Bufs: [][]byte{{1}}, Flags: wsa.MSG_OOB})
	want(t, "MSG_OOB without XP1_EXPEDITED_DATA", err, wsa.WSAEOPNOTSUPP)
}

func TestKeepAliveVals(t *testing.T) {
	vals := func(on, idle, interval uint32) []byte {
		b := binary.LittleEndian.AppendUint32(nil, on)
		return binary.LittleEndian.AppendUint32(binary.LittleEndian.AppendUint32(b, idle), interval)
	}
	s := newSock(t, tcp4)
	want(t, "difference 97: short", ioctlErr(s, wsa.SIO_KEEPALIVE_VALS, vals(1, 2, 3)[:11], nil), wsa.WSAEFAULT)
	want(t, "SIO_KEEPALIVE_VALS", ioctlErr(s, wsa.SIO_KEEPALIVE_VALS, vals(1, 5500, 2000), nil), 0)
	for name, want := range map[int32]int{wsa.TCP_KEEPIDLE: 6, wsa.TCP_KEEPINTVL: 2} {
		if v := getInt(t, s, wsa.IPPROTO_TCP, name); v != want {
			t.Errorf("SIO_KEEPALIVE_VALS: option %d is %d, want %d", name, v, want)
		}
	}
	if getInt(t, s, wsa.SOL_SOCKET, wsa.SO_KEEPALIVE) != 1 {
		t.Error("SIO_KEEPALIVE_VALS did not switch keep-alive on")
	}
	want(t, "SIO_KEEPALIVE_VALS off", ioctlErr(s, wsa.SIO_KEEPALIVE_VALS, vals(0, 0, 0), nil), 0)
	if v, _ := sys.GetSockOptInt(s.fd, sys.SOL_SOCKET, sys.SO_KEEPALIVE); v != 0 {
		t.Error("SIO_KEEPALIVE_VALS did not switch keep-alive off")
	}
	want(t, "SIO_KEEPALIVE_VALS on UDP", ioctlErr(newSock(t, udp4), wsa.SIO_KEEPALIVE_VALS, vals(1, 1, 1), nil), wsa.WSAEOPNOTSUPP)
}

func TestIdealSendBacklog(t *testing.T) {
	var out [4]byte
	want(t, "difference 97: unconnected", ioctlErr(newSock(t, tcp4), wsa.SIO_IDEAL_SEND_BACKLOG_QUERY, nil, out[:]), wsa.WSAENOTCONN)
	want(t, "difference 97: UDP", ioctlErr(newSock(t, udp4), wsa.SIO_IDEAL_SEND_BACKLOG_QUERY, nil, out[:]), wsa.WSAEOPNOTSUPP)
	a, _ := pair(t, tcp4)
	if v := ioctlInt(t, a, wsa.SIO_IDEAL_SEND_BACKLOG_QUERY); v != 0x10000 {
		t.Errorf("difference 97: the ideal backlog is %#x", v)
	}
}

func TestRoutingInterface(t *testing.T) {
	each(t, append(tcps, datagrams...), func(t *testing.T, o spi.Opening) {
		s := newSock(t, o)
		remote, out := loopback(t, o, 80), make([]byte, wsa.SizeofStorage)
		n, err := s.Ioctl(wsa.SIO_ROUTING_INTERFACE_QUERY, remote.Bytes(), out)
		local := wsa.SockaddrBytes(out[:n])
		if own := loopback(t, o, 0); err != nil || local != own {
			t.Errorf("difference 98: the way to the loopback begins at %v, %v", &local, err)
		}
		n, err = s.Ioctl(wsa.SIO_ROUTING_INTERFACE_QUERY, remote.Bytes(), out[:8])
		if want(t, "difference 98: short", err, wsa.WSAEFAULT); n != remote.Len() {
			t.Errorf("difference 98: the size needed is %d, not %d", remote.Len(), n)
		}
		want(t, "difference 98: no address", ioctlErr(s, wsa.SIO_ROUTING_INTERFACE_QUERY, nil, out), wsa.WSAEFAULT)
	})
}

func TestAddressList(t *testing.T) {
	each(t, append(tcps, datagrams...), func(t *testing.T, o spi.Opening) {
		s := newSock(t, o)
		need, err := s.Ioctl(wsa.SIO_ADDRESS_LIST_QUERY, nil, nil)
		want(t, "difference 98: short", err, wsa.WSAEFAULT)
		out := make([]byte, need)
		if n, err := s.Ioctl(wsa.SIO_ADDRESS_LIST_QUERY, nil, out); n != need || err != nil {
			t.Fatalf("SIO_ADDRESS_LIST_QUERY: %d, %v; want %d bytes", n, err, need)
		}
		count := int(binary.LittleEndian.Uint32(out))
		if len(out) != 8+count*(16+s.kind.nameLen) {
			t.Fatalf("%d addresses in %d bytes", count, len(out))
		}
		base := uint64(uintptr(unsafe.Pointer(&out[0])))
		for i := range count {
			entry := out[8+16*i:]
			at := int(binary.LittleEndian.Uint64(entry) - base)
			name := wsa.SockaddrBytes(out[at:][:binary.LittleEndian.Uint32(entry[8:])])
			own := newSock(t, o)
			if err := own.Bind(&name); err != nil {
				t.Errorf("%v is in the list but cannot be bound to: %v", &name, err)
			}
			if ap, _ := name.AddrPort(); ap.Addr().IsLoopback() {
				t.Errorf("the loopback %v is in the list", &name)
			}
		}
	})
}

func TestInterfaceList(t *testing.T) {
	s := newSock(t, udp4)
	out := make([]byte, 100*sizeofInterfaceInfo)
	n, err := s.Ioctl(wsa.SIO_GET_INTERFACE_LIST, nil, out)
	if err != nil || n == 0 || n%sizeofInterfaceInfo != 0 {
		t.Fatalf("SIO_GET_INTERFACE_LIST: %d, %v", n, err)
	}
	found := false
	for b := out[:n]; len(b) > 0; b = b[sizeofInterfaceInfo:] {
		name, mask := wsa.SockaddrBytes(b[4:20]), wsa.SockaddrBytes(b[52:68])
		ap, _ := name.AddrPort()
		if ap.Addr().IsLoopback() {
			found = true
			if flags := binary.LittleEndian.Uint32(b); flags&(iffUp|iffLoopback) != iffUp|iffLoopback {
				t.Errorf("the loopback has the flags %#x", flags)
			}
			if m, _ := mask.AddrPort(); m.Addr().As4() != [4]byte{255} {
				t.Errorf("the loopback has the mask %v", &mask)
			}
		}
	}
	if !found {
		t.Error("the loopback is not in the list")
	}
	n, err = s.Ioctl(wsa.SIO_GET_INTERFACE_LIST, nil, out[:10])
	if want(t, "difference 98: short", err, wsa.WSAEFAULT); n != 0 {
		t.Errorf("difference 98: short: %d bytes", n)
	}
}

// What the kernel notes of an ICMP message besides its queue has the same code.
func TestPortUnreachableLate(t *testing.T) {
	each(t, datagrams, func(t *testing.T, o spi.Opening) {
		s, _ := bound(t, o)
		want(t, "recvfrom function: port unreachable", s.recvError(sys.ECONNREFUSED), wsa.WSAECONNRESET)
		want(t, "SIO_UDP_CONNRESET off", ioctlErr(s, wsa.SIO_UDP_CONNRESET, make([]byte, 4), nil), 0)
		want(t, "SIO_UDP_CONNRESET off: recv", s.recvError(sys.ECONNREFUSED), 0)
	})
}

// An ICMP message about a datagram fails the next receive and no send.
func TestPortUnreachable(t *testing.T) {
	each(t, datagrams, func(t *testing.T, o spi.Opening) {
		nobody, to := bound(t, o)
		shut(nobody)
		for _, connected := range []bool{false, true} {
			s, own := bound(t, o)
			m := spi.Message{Bufs: [][]byte{{1}}, Name: &to}
			if connected {
				want(t, "connect", s.Connect(&to), 0)
				m.Name = nil
			}
			for range 3 { // the second and third would fail on Linux
				if _, err := s.Send(&m); err != nil {
					t.Fatalf("recvfrom function: a send failed with %v for the datagram before it", err)
				}
			}
			waitFor(t, s, spi.EventReset)
			want(t, "recvfrom function: port unreachable", recvErr(s), wsa.WSAECONNRESET)
			for {
				err := recvErr(s) // one for each datagram
				if err == wsa.WSAEWOULDBLOCK {
					break
				}
				want(t, "recvfrom function: port unreachable", err, wsa.WSAECONNRESET)
			}
			if e := s.Ready(spi.EventAll); e != spi.EventWrite {
				t.Errorf("after the errors were told hold %v", e)
			}
			want(t, "SIO_UDP_CONNRESET off", ioctlErr(s, wsa.SIO_UDP_CONNRESET, make([]byte, 4), nil), 0)
			if _, err := s.Send(&m); err != nil {
				t.Fatal(err)
			}
			want(t, "SIO_UDP_CONNRESET off: recv", recvErr(s), wsa.WSAEWOULDBLOCK)
			if e := s.Ready(spi.EventReset); e != 0 {
				t.Error("SIO_UDP_CONNRESET off: EventReset")
			}
			if !connected { // and data still comes
				m = spi.Message{Bufs: [][]byte{{7}}, Name: &own}
				if _, err := s.Send(&m); err != nil {
					t.Fatal(err)
				}
				expect(t, s, "\x07")
			}
		}
	})
	want(t, "SIO_UDP_CONNRESET on TCP", ioctlErr(newSock(t, tcp4), wsa.SIO_UDP_CONNRESET, make([]byte, 4), nil), wsa.WSAEOPNOTSUPP)
}

func TestRaw(t *testing.T) {
	raw := spi.Opening{AddressFamily: wsa.AF_INET, SocketType: wsa.SOCK_RAW, Protocol: wsa.IPPROTO_ICMP}
	p, _ := Startup(&spi.StartupParams{})
	if opened, err := p.Socket(&raw); err == wsa.WSAEACCES {
		t.Skip("difference 15: raw sockets want rights here")
	} else if err == nil {
		opened.Close()
	}
	s := newSock(t, raw)
	want(t, "recv unbound", recvErr(s), wsa.WSAEINVAL)
	to := loopback(t, raw, 0)
	echo := []byte{8, 0, 0xf7, 0xfd, 0, 1, 0, 1} // an echo request with its checksum
	if n, err := s.Send(&spi.Message{Bufs: [][]byte{echo}, Name: &to}); n != 8 || err != nil {
		t.Fatalf("sendto: %d, %v", n, err)
	}
	waitFor(t, s, spi.EventRead)
	packet, err := recv(t, s, 100)
	if err != nil || len(packet) != 28 || packet[20] != 0 {
		t.Errorf("difference 88: received %v, %v; want the echo reply alone", []byte(packet), err)
	}
	want(t, "difference 88: and not the request", recvErr(s), wsa.WSAEWOULDBLOCK)
}
