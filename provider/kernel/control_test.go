// SPDX-License-Identifier: Apache-2.0

package kernel

import (
	"bytes"
	"encoding/binary"
	"testing"

	"winsock/internal/sys"
	"winsock/spi"
	"winsock/wsa"
)

// records lists control data by level and type.
func records(t testing.TB, control []byte) map[optionKey][]byte {
	t.Helper()
	m := map[optionKey][]byte{}
	for len(control) > 0 {
		r, rest, ok := nextRecord(control)
		if !ok {
			t.Fatalf("malformed control data: %v", control)
		}
		m[optionKey{r.level, r.typ}] = r.data
		control = rest
	}
	return m
}

// control makes one record in Winsock's layout.
func controlRecord(level, typ int32, data ...byte) []byte {
	b := make([]byte, align8(sizeofControlHeader+len(data)))
	to, _, _ := putRecord(b, level, typ, len(data))
	copy(to, data)
	return b
}

func TestReceivedControl(t *testing.T) {
	one4, one6 := []byte{127, 0, 0, 1}, append(make([]byte, 15), 1)
	index := []byte{1, 0, 0, 0}
	for _, c := range []struct {
		rule        string
		o           spi.Opening
		level, name int32
		want        []byte // nil: any number of 4 bytes
		as          int32  // the record's type
	}{
		{"IP_PKTINFO", udp4, wsa.IPPROTO_IP, wsa.IP_PKTINFO, append(one4, index...), wsa.IP_PKTINFO},
		{"IP_RECVDSTADDR", udp4, wsa.IPPROTO_IP, wsa.IP_RECVDSTADDR, one4, wsa.IP_RECVDSTADDR},
		{"IP_RECVIF", udp4, wsa.IPPROTO_IP, wsa.IP_RECVIF, index, wsa.IP_RECVIF},
		{"IP_RECVTTL", udp4, wsa.IPPROTO_IP, wsa.IP_RECVTTL, []byte{55, 0, 0, 0}, wsa.IP_TTL},
		{"IP_RECVTOS", udp4, wsa.IPPROTO_IP, wsa.IP_RECVTOS, []byte{0x12, 0, 0, 0}, wsa.IP_TOS},
		{"IP_ECN", udp4, wsa.IPPROTO_IP, wsa.IP_ECN, []byte{2, 0, 0, 0}, wsa.IP_ECN},
		{"IPV6_PKTINFO", udp6, wsa.IPPROTO_IPV6, wsa.IPV6_PKTINFO, append(one6, index...), wsa.IPV6_PKTINFO},
		{"IPV6_RECVDSTADDR", udp6, wsa.IPPROTO_IPV6, wsa.IPV6_RECVDSTADDR, one6, wsa.IPV6_RECVDSTADDR},
		{"IPV6_RECVIF", udp6, wsa.IPPROTO_IPV6, wsa.IPV6_RECVIF, index, wsa.IPV6_RECVIF},
		{"IPV6_HOPLIMIT", udp6, wsa.IPPROTO_IPV6, wsa.IPV6_HOPLIMIT, []byte{55, 0, 0, 0}, wsa.IPV6_HOPLIMIT},
		{"IPV6_RECVTCLASS", udp6, wsa.IPPROTO_IPV6, wsa.IPV6_RECVTCLASS, []byte{0x12, 0, 0, 0}, wsa.IPV6_TCLASS},
		{"IPV6_ECN", udp6, wsa.IPPROTO_IPV6, wsa.IPV6_ECN, []byte{2, 0, 0, 0}, wsa.IPV6_ECN},
	} {
		t.Run(c.rule, func(t *testing.T) {
			s, name := bound(t, c.o)
			from := newSock(t, c.o)
			setInt(t, s, c.level, c.name, 1)
			if c.o.AddressFamily == wsa.AF_INET {
				setInt(t, from, wsa.IPPROTO_IP, wsa.IP_TTL, 55)
				setInt(t, from, wsa.IPPROTO_IP, wsa.IP_TOS, 0x12)
			} else {
				setInt(t, from, wsa.IPPROTO_IPV6, wsa.IPV6_UNICAST_HOPS, 55)
				setInt(t, from, wsa.IPPROTO_IPV6, wsa.IPV6_TCLASS, 0x12)
			}
			for range 2 {
				m := spi.Message{Bufs: [][]byte{[]byte("data")}, Name: &name}
				if _, err := from.Send(&m); err != nil {
					t.Fatal(err)
				}
			}
			waitFor(t, s, spi.EventRead)
			m := spi.Message{Bufs: [][]byte{make([]byte, 8)}, Control: make([]byte, 128)}
			if n, err := s.Recv(&m); n != 4 || err != nil || m.Flags != 0 {
				t.Fatalf("WSARecvMsg: %d, %v, flags %#x", n, err, m.Flags)
			}
			got := records(t, m.Control)
			if data := got[optionKey{c.level, c.as}]; len(got) != 1 || !bytes.Equal(data, c.want) {
				t.Errorf("control data %v, want type %d with %v", got, c.as, c.want)
			}
			waitFor(t, s, spi.EventRead)
			m = spi.Message{Bufs: [][]byte{make([]byte, 8)}, Control: make([]byte, 17)}
			n, err := s.Recv(&m)
			want(t, "difference 80: short control buffer", err, wsa.WSAEMSGSIZE)
			if n != 4 || m.Flags != wsa.MSG_CTRUNC || len(m.Control) != 0 {
				t.Errorf("difference 80: %d bytes, flags %#x, control %v", n, m.Flags, m.Control)
			}
		})
	}
}

// Control data on the way out: what the receiver is told shows that the
// kernel understood it.
func TestSentControl(t *testing.T) {
	each(t, datagrams, func(t *testing.T, o spi.Opening) {
		s, name := bound(t, o)
		from := newSock(t, o)
		level, ttl, tos := int32(wsa.IPPROTO_IP), int32(wsa.IP_TTL), int32(wsa.IP_ECN)
		recvTTL, recvTOS := int32(wsa.IP_RECVTTL), int32(wsa.IP_ECN)
		info := controlRecord(level, wsa.IP_PKTINFO, 127, 0, 0, 2, 0, 0, 0, 0)
		source := "127.0.0.2"
		if o.AddressFamily == wsa.AF_INET6 {
			level, ttl, tos = wsa.IPPROTO_IPV6, wsa.IPV6_HOPLIMIT, wsa.IPV6_ECN
			recvTTL, recvTOS = wsa.IPV6_HOPLIMIT, wsa.IPV6_ECN
			info = controlRecord(level, wsa.IPV6_PKTINFO, append(append(make([]byte, 15), 1), 1, 0, 0, 0)...)
			source = "::1"
		}
		setInt(t, s, level, recvTTL, 1)
		setInt(t, s, level, recvTOS, 1)
		control := append(info, controlRecord(level, ttl, 33, 0, 0, 0)...)
		control = append(control, controlRecord(level, tos, 1, 0, 0, 0)...)
		m := spi.Message{Bufs: [][]byte{[]byte("x")}, Name: &name, Control: control}
		if n, err := from.Send(&m); n != 1 || err != nil {
			t.Fatalf("WSASendMsg: %d, %v", n, err)
		}
		waitFor(t, s, spi.EventRead)
		var sender wsa.Sockaddr
		m = spi.Message{Bufs: [][]byte{make([]byte, 8)}, Name: &sender, Control: make([]byte, 128)}
		if _, err := s.Recv(&m); err != nil {
			t.Fatal(err)
		}
		if ap, _ := sender.AddrPort(); ap.Addr().String() != source {
			t.Errorf("the source address is %v, want %s", ap.Addr(), source)
		}
		got := records(t, m.Control)
		if len(got) != 2 || len(got[optionKey{level, ttl}]) != 4 || got[optionKey{level, ttl}][0] != 33 || got[optionKey{level, tos}][0] != 1 {
			t.Errorf("the receiver is told %v, want a hop limit of 33 and ECN 1", got)
		}
		for what, bad := range map[string][]byte{
			"unknown type":    controlRecord(level, 999, 1, 2, 3, 4),
			"cut header":      make([]byte, 7),
			"length too long": append(binary.LittleEndian.AppendUint64(nil, 99), make([]byte, 16)...),
			"short data":      controlRecord(level, ttl, 1),
		} {
			m = spi.Message{Bufs: [][]byte{{1}}, Name: &name, Control: bad}
			_, err := from.Send(&m)
			want(t, "WSASendMsg: "+what, err, wsa.WSAEINVAL)
		}
	})
}

// Segmentation: one send, several datagrams.
func TestSegmentation(t *testing.T) {
	s, name := bound(t, udp4)
	from := newSock(t, udp4)
	m := spi.Message{Bufs: [][]byte{[]byte("aaabbbc")}, Name: &name,
		Control: controlRecord(wsa.IPPROTO_UDP, wsa.UDP_SEND_MSG_SIZE, 3, 0, 0, 0)}
	if n, err := from.Send(&m); n != 7 || err != nil {
		t.Skipf("the kernel does not segment: %d, %v", n, err)
	}
	for _, part := range []string{"aaa", "bbb", "c"} {
		expect(t, s, part)
	}
}

// Whatever the caller hands in as control data, the kernel's form is either
// refused or well-formed.
func FuzzControl(f *testing.F) {
	f.Add(controlRecord(wsa.IPPROTO_IP, wsa.IP_PKTINFO, 127, 0, 0, 2, 0, 0, 0, 0))
	f.Add(append(controlRecord(wsa.IPPROTO_IPV6, wsa.IPV6_HOPLIMIT, 1, 0, 0, 0), 0xff))
	f.Add(make([]byte, 16))
	s := newSock(f, udp4)
	f.Fuzz(func(t *testing.T, data []byte) {
		var buf controlBuffer
		n, err := toKernel(buf[:], data)
		if err == nil {
			records(t, buf[:n])
		} else if err != wsa.WSAEINVAL {
			t.Errorf("error %v, want WSAEINVAL", err)
		}
		// The other way, into rooms of all sizes.
		w := controlWriter{s: s, out: make([]byte, len(data)%64)}
		w.translate(data)
		records(t, w.out[:w.n])
	})
}

// The kernel's own records, translated with every option on.
func TestControlWriter(t *testing.T) {
	s := newSock(t, udp4)
	for _, r := range append(infoRules[0].where, infoRules[0].class...) {
		setInt(t, s, r.Level, r.Name, 1)
	}
	b := controlRecord(sys.IPPROTO_IP, sys.IP_PKTINFO, 3, 0, 0, 0, 9, 9, 9, 9, 239, 1, 2, 3)
	b = append(b, controlRecord(sys.IPPROTO_IP, sys.IP_TOS, 7)...)
	w := controlWriter{s: s, out: make([]byte, 256)}
	w.translate(b)
	got := records(t, w.out[:w.n])
	if len(got) != 6 || w.flags != wsa.MSG_MCAST {
		t.Errorf("got %v with flags %#x, want six records and MSG_MCAST", got, w.flags)
	}
	if data := got[optionKey{wsa.IPPROTO_IP, wsa.IP_PKTINFO}]; !bytes.Equal(data, []byte{239, 1, 2, 3, 3, 0, 0, 0}) {
		t.Errorf("IN_PKTINFO is %v", data)
	}
}
