// SPDX-License-Identifier: Apache-2.0

package mem

import (
	"bytes"
	"testing"

	"winsock/spi"
	"winsock/wsa"
)

func TestControlDataOfDatagrams(t *testing.T) {
	for _, c := range []struct {
		family  int32
		options [][2]int32 // level, name
		want    []wsa.ControlMessage
	}{
		{wsa.AF_INET,
			[][2]int32{{wsa.IPPROTO_IP, wsa.IP_PKTINFO}, {wsa.IPPROTO_IP, wsa.IP_RECVTTL}, {wsa.IPPROTO_IP, wsa.IP_RECVTOS}},
			[]wsa.ControlMessage{
				{Level: wsa.IPPROTO_IP, Type: wsa.IP_PKTINFO, Data: []byte{127, 0, 0, 1, 1, 0, 0, 0}},
				{Level: wsa.IPPROTO_IP, Type: wsa.IP_TTL, Data: []byte{7, 0, 0, 0}},
				{Level: wsa.IPPROTO_IP, Type: wsa.IP_TOS, Data: []byte{0x20, 0, 0, 0}},
			}},
		{wsa.AF_INET6,
			[][2]int32{{wsa.IPPROTO_IPV6, wsa.IPV6_PKTINFO}, {wsa.IPPROTO_IPV6, wsa.IPV6_HOPLIMIT}, {wsa.IPPROTO_IPV6, wsa.IPV6_RECVTCLASS}},
			[]wsa.ControlMessage{
				{Level: wsa.IPPROTO_IPV6, Type: wsa.IPV6_PKTINFO, Data: append(loop6.AsSlice(), 1, 0, 0, 0)},
				{Level: wsa.IPPROTO_IPV6, Type: wsa.IPV6_HOPLIMIT, Data: []byte{7, 0, 0, 0}},
				{Level: wsa.IPPROTO_IPV6, Type: wsa.IPV6_TCLASS, Data: []byte{0x20, 0, 0, 0}},
			}},
	} {
		w := newWorld(t, Options{})
		loop := loop4
		if c.family == wsa.AF_INET6 {
			loop = loop6
		}
		r := w.bind(w.open(w.a, c.family, wsa.SOCK_DGRAM), loop, 4000)
		s := w.open(w.a, c.family, wsa.SOCK_DGRAM)
		recv := func(room int) (*spi.Message, error) {
			m := &spi.Message{Control: make([]byte, room)}
			m.SetBuffer(make([]byte, 10))
			_, err := r.Recv(m)
			return m, err
		}
		send := func(control []byte) error {
			m := spi.Message{Name: sockaddr(loop, 4000), Control: control}
			m.SetBuffer([]byte("x"))
			_, err := s.Send(&m)
			return err
		}
		w.want("sendto", send(nil), 0)
		if m, err := recv(200); err != nil || len(m.Control) != 0 {
			t.Errorf("WSARecvMsg: % x, %v without an option that asks for it", m.Control, err)
		}
		for _, o := range c.options {
			w.set(r, o[0], o[1], 1)
		}
		// The sender says hop limit and type of service in its own control
		// data, in the form in which they arrive.
		var control []byte
		for _, m := range c.want[1:] {
			control = wsa.AppendControl(control, m.Level, m.Type, m.Data)
		}
		w.want("WSASendMsg with control data", send(control), 0)
		m, err := recv(200)
		w.want("WSARecvMsg", err, 0)
		var got []wsa.ControlMessage
		for c := range wsa.ControlMessages(m.Control) {
			got = append(got, c)
		}
		if len(got) != len(c.want) {
			t.Fatalf("WSARecvMsg: control data %v, want %v", got, c.want)
		}
		for i := range got {
			if got[i].Level != c.want[i].Level || got[i].Type != c.want[i].Type || !bytes.Equal(got[i].Data, c.want[i].Data) {
				t.Errorf("WSARecvMsg: control message %v, want %v", got[i], c.want[i])
			}
		}
		w.want("sendto", send(nil), 0)
		m, err = recv(1)
		if err != wsa.WSAEMSGSIZE || m.Flags != wsa.MSG_CTRUNC || len(m.Control) != 0 {
			t.Errorf("difference 80: a control buffer of one byte: %v, flags %#x", err, m.Flags)
		}
		w.want("WSASendMsg with unknown control data", send(wsa.AppendControl(nil, 0x7777, 1, []byte("data"))), wsa.WSAEINVAL)
	}
}

func TestSourceByControlData(t *testing.T) {
	w := newWorld(t, Options{})
	r := w.bind(w.datagram(w.a), any4, 4000)
	s := w.bind(w.datagram(w.a), any4, 4001)
	var from wsa.Sockaddr
	for source, want := range map[[4]byte]wsa.Errno{addrA.As4(): 0, {127, 5, 5, 5}: 0, {9, 9, 9, 9}: wsa.WSAEADDRNOTAVAIL} {
		m := spi.Message{Name: sockaddr(addrA, 4000), Control: wsa.AppendControl(nil, wsa.IPPROTO_IP, wsa.IP_PKTINFO, append(source[:], 0, 0, 0, 0))}
		m.SetBuffer([]byte("x"))
		_, err := s.Send(&m)
		w.want("WSASendMsg with IP_PKTINFO", err, want)
		if want != 0 {
			continue
		}
		in := spi.Message{Name: &from}
		in.SetBuffer(make([]byte, 1))
		r.Recv(&in)
		if ap, _ := from.AddrPort(); ap.Addr().As4() != source || ap.Port() != 4001 {
			t.Errorf("WSASendMsg with IP_PKTINFO: from %v, want %v", &from, source)
		}
	}
}
