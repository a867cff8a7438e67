// SPDX-License-Identifier: Apache-2.0

package kernel

import (
	"slices"
	"testing"

	"winsock/spi"
	"winsock/wsa"
)

// boundDatagram opens a UDP socket with a name.
func boundDatagram(t testing.TB, o spi.Opening) (*datagram, wsa.Sockaddr) {
	t.Helper()
	p, err := Startup(&spi.StartupParams{})
	if err != nil {
		t.Fatal(err)
	}
	opened, err := p.Socket(&o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { opened.Close() })
	d := opened.(*datagram)
	name := loopback(t, o, 0)
	if err := d.Bind(&name); err != nil {
		t.Fatal(err)
	}
	if err := d.GetSockName(&name); err != nil {
		t.Fatal(err)
	}
	return d, name
}

// receives makes a batch of so many plain receives.
func receives(count int) (list []spi.Transfer) {
	for range count {
		m := &spi.Message{Name: new(wsa.Sockaddr)}
		m.SetBuffer(make([]byte, 64))
		list = append(list, spi.Transfer{Message: m})
	}
	return list
}

func sendName(t testing.TB, s spi.Socket, text string, to *wsa.Sockaddr) {
	t.Helper()
	m := &spi.Message{Name: to}
	m.SetBuffer([]byte(text))
	if n, err := s.Send(m); n != len(text) || err != nil {
		t.Fatalf("sendto: %d, %v", n, err)
	}
}

// TestBatchUnreachable: an ICMP message reaches one receive of a batch, unless
// it is not to be told.
func TestBatchUnreachable(t *testing.T) {
	for _, told := range []bool{true, false} {
		each(t, datagrams, func(t *testing.T, o spi.Opening) {
			s, name := boundDatagram(t, o)
			gone, nowhere := bound(t, o)
			shut(gone)
			peer, peerName := boundDatagram(t, o)
			s.mark(unreachable, !told)
			sendName(t, peer, "one", &name)
			sendName(t, s, "anybody?", &nowhere)
			sendName(t, peer, "two", &name)
			sendName(t, peer, "three", &name)
			var got []string
			list, blocked := receives(6), 0
			for blocked < 2 { // an error may be left when a batch ends
				n, err := s.RecvBatch(list)
				if err == wsa.WSAEWOULDBLOCK {
					blocked++
				} else if err != nil {
					t.Fatal(err)
				}
				for _, x := range list[:n] {
					switch {
					case x.Err == nil && *x.Message.Name == peerName:
						got = append(got, string(x.Message.Bufs[0][:x.N]))
					case x.Err == nil:
						got = append(got, "from "+x.Message.Name.String())
					default:
						got = append(got, x.Err.Error())
					}
				}
				list = list[n:]
			}
			want := []string{"one", "two", "three"}
			if told {
				at := slices.Index(got, wsa.WSAECONNRESET.Error())
				if at < 0 {
					t.Fatalf("received %q, which has no WSAECONNRESET", got)
				}
				got = slices.Delete(got, at, at+1)
			}
			if !slices.Equal(got, want) {
				t.Errorf("received %q, want %q", got, want)
			}
		})
	}
}

// TestSendBatchUnreachable: an ICMP message that a batch of sends runs into is
// kept for the next receive.
func TestSendBatchUnreachable(t *testing.T) {
	s, _ := boundDatagram(t, udp4)
	gone, nowhere := bound(t, udp4)
	shut(gone)
	peer, peerName := boundDatagram(t, udp4)
	list := receives(4)
	for i, x := range list {
		*x.Message.Name = peerName
		x.Message.Bufs[0][0] = byte(i)
	}
	*list[1].Message.Name = nowhere
	sent := 0
	for tries := 0; sent < len(list) && tries < 10; tries++ {
		n, err := s.SendBatch(list[sent:])
		if err != nil {
			t.Fatal(err)
		}
		sent += n
	}
	if sent != len(list) {
		t.Fatalf("%d of %d datagrams were sent", sent, len(list))
	}
	for i, want := range []byte{0, 2, 3} {
		got := receives(1)
		if n, err := peer.RecvBatch(got); n != 1 || err != nil || got[0].Err != nil || got[0].Message.Bufs[0][0] != want {
			t.Errorf("datagram %d: %d, %v, %+v", i, n, err, got[0])
		}
	}
	m := receives(1)[0].Message
	if _, err := s.Recv(m); err != wsa.WSAECONNRESET {
		t.Errorf("the next receive: %v, want WSAECONNRESET", err)
	}
	if _, err := s.Recv(m); err != wsa.WSAEWOULDBLOCK {
		t.Errorf("the receive after that: %v, want WSAEWOULDBLOCK", err)
	}
}

// TestBatchControl: each receive has control data of its own.
func TestBatchControl(t *testing.T) {
	s, name := boundDatagram(t, udp4)
	value := []byte{1, 0, 0, 0}
	if err := s.SetSockOpt(wsa.IPPROTO_IP, wsa.IP_PKTINFO, value); err != nil {
		t.Fatal(err)
	}
	list := receives(3)
	list[0].Message.Control = make([]byte, 128)
	list[2].Message.Control = make([]byte, 4) // too small
	for _, text := range []string{"a", "b", "c"} {
		sendName(t, s, text, &name)
	}
	if n, err := s.RecvBatch(list); n != 3 || err != nil {
		t.Fatalf("RecvBatch: %d, %v", n, err)
	}
	if c := list[0].Message.Control; list[0].Err != nil || len(c) == 0 || len(c) == 128 {
		t.Errorf("the first has %d bytes of control data, %v", len(c), list[0].Err)
	}
	if list[1].Err != nil || list[1].Message.Flags != 0 {
		t.Errorf("the second: %v, flags %#x", list[1].Err, list[1].Message.Flags)
	}
	if list[2].Err != wsa.WSAEMSGSIZE || list[2].Message.Flags&wsa.MSG_CTRUNC == 0 {
		t.Errorf("the third: %v, flags %#x; want MSG_CTRUNC", list[2].Err, list[2].Message.Flags)
	}
}

func TestBatchesDoNotAllocate(t *testing.T) {
	if raced {
		t.Skip("the race detector empties pools")
	}
	s, name := boundDatagram(t, udp6)
	out, in := receives(8), receives(8)
	for _, x := range out {
		*x.Message.Name = name
	}
	if n := testing.AllocsPerRun(50, func() {
		if n, err := s.SendBatch(out); n != 8 || err != nil {
			t.Fatalf("SendBatch: %d, %v", n, err)
		}
		if n, err := s.RecvBatch(in); n != 8 || err != nil {
			t.Fatalf("RecvBatch: %d, %v", n, err)
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
