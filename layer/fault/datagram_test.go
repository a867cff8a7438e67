// SPDX-License-Identifier: Apache-2.0

package fault

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"winsock/spi"
	"winsock/spi/spitest/bed"
	"winsock/wsa"
)

// datagrams returns a socket with faults and a plain one, connected to each
// other, on a network whose clock is steered.
func datagrams(t *testing.T, toxics string) (own, peer spi.Socket, clock bed.Clock) {
	t.Helper()
	w := bed.New(t)
	own, peer = w.Pair(w.Provider(start, options(toxics)), wsa.SOCK_DGRAM, 0)
	return own, peer, w.Clock
}

// options are those of a place of its own.
func options(toxics string) spi.Options {
	return spi.Options{"name": fmt.Sprintf("test%d", names.Add(1)), "toxics": toxics, "seed": "3"}
}

func sendByte(t *testing.T, s spi.Socket, b byte) {
	t.Helper()
	if n, err := bed.Send(s, string(b)); n != 1 || err != nil {
		t.Fatalf("send: %d, %v", n, err)
	}
}

// received returns what can be received now, and checks that Ready agrees.
func received(t *testing.T, s spi.Socket) string {
	t.Helper()
	got := ""
	for {
		ready := s.Ready(spi.EventRead) != 0
		more, err := bed.Recv(s, 10)
		if (err == nil) != ready {
			t.Fatalf("ready: %t, recv: %v", ready, err)
		}
		if err != nil {
			return got
		}
		got += more
	}
}

// TestDatagrams: each fault does what it says, by the clock, in its direction.
func TestDatagrams(t *testing.T) {
	for _, stream := range []string{upstream, downstream} {
		for _, c := range []struct {
			toxics              string
			first, then, at20ms string // what is there at once, after 10 ms more
		}{
			{"latency latency=10", "", "abc", ""},
			{"latency latency=20", "", "", "abc"},
			{"duplicate", "aabbcc", "", ""},
			{"drop", "", "", ""},
			{"drop toxicity=0", "abc", "", ""},
			{"duplicate; latency latency=10", "", "aabbcc", ""},
		} {
			text := c.toxics
			if stream == upstream { // on each toxic
				text = withStream(text)
			}
			own, peer, clock := datagrams(t, text)
			from, to := own, peer
			if stream == downstream {
				from, to = peer, own
			}
			told := 0
			w := spi.Watcher{Mask: spi.EventRead, Notify: func(spi.Events) { told++ }}
			to.Watch(&w)
			for _, b := range []byte("abc") {
				sendByte(t, from, b)
			}
			clock.Advance(0)
			var got [3]string
			for i := range got {
				got[i] = received(t, to)
				told = 0
				clock.Advance(10 * time.Millisecond)
				if i < 2 && (i == 0 && c.then != "" || i == 1 && c.at20ms != "") && told == 0 {
					t.Errorf("%s %s: nobody was told that datagrams are due", stream, c.toxics)
				}
			}
			to.Unwatch(&w)
			if want := [3]string{c.first, c.then, c.at20ms}; got != want {
				t.Errorf("%s %s: %q, want %q", stream, c.toxics, got, want)
			}
		}
	}
}

func withStream(text string) string {
	toxics, err := parseScript(text)
	if err != nil {
		panic(err)
	}
	all := ""
	for _, x := range toxics {
		all += fmt.Sprintf("%s stream=upstream toxicity=%v", x.Type, x.Toxicity)
		for k := range x.Attributes {
			all += fmt.Sprintf(" %s=%d", k, x.number(k))
		}
		all += ";"
	}
	return all
}

// TestReorder: some are overtaken, none is lost.
func TestReorder(t *testing.T) {
	own, peer, clock := datagrams(t, "reorder delay=5 stream=upstream toxicity=0.5")
	sent := "abcdefghijklmnopqrst"
	got := ""
	for _, b := range []byte(sent) {
		sendByte(t, own, b)
		clock.Advance(time.Millisecond)
		got += received(t, peer)
	}
	clock.Advance(10 * time.Millisecond)
	got += received(t, peer)
	counts := map[rune]int{}
	for _, r := range got {
		counts[r]++
	}
	if got == sent || len(got) != len(sent) || len(counts) != len(sent) {
		t.Errorf("received %q", got)
	}
}

// TestCloseSendsWhatIsKept: a close loses nothing that was sent.
func TestCloseSendsWhatIsKept(t *testing.T) {
	own, peer, clock := datagrams(t, "latency latency=1000 stream=upstream")
	sendByte(t, own, 'x')
	own.Close()
	clock.Advance(0)
	if got := received(t, peer); got != "x" {
		t.Errorf("received %q", got)
	}
}

// A flood is a socket at which datagrams come without an end, with control
// data, and that notes what is sent.
type flood struct {
	spi.Socket
	control []byte
	sent    spi.Message
}

func (f *flood) Recv(m *spi.Message) (int, error) {
	n := m.Scatter([]byte("flood"), 0)
	m.Control = m.Control[:copy(m.Control, f.control)]
	return n, nil
}

func (f *flood) Send(m *spi.Message) (int, error) {
	f.sent = spi.Message{Flags: m.Flags, Control: m.Control}
	return m.Len(), nil
}

func (f *flood) Ready(mask spi.Events) spi.Events                    { return mask & spi.EventRead }
func (f *flood) Watch(*spi.Watcher)                                  {}
func (f *flood) Unwatch(*spi.Watcher)                                {}
func (f *flood) Close() error                                        { return nil }
func (f *flood) GetSockName(name *wsa.Sockaddr) error                { return nil }
func (f *flood) GetPeerName(name *wsa.Sockaddr) error                { return nil }
func (f *flood) GetSockOpt(level, name int32, _ []byte) (int, error) { return 0, wsa.WSAENOPROTOOPT }

// flooded returns a socket with faults over a flood.
func flooded(t *testing.T, f *flood, toxics string) (*datagram, *bed.World) {
	t.Helper()
	w := bed.New(t)
	p := w.Provider(start, options(toxics)).(*provider)
	s, err := p.wrapDatagram(f, &spi.Opening{AddressFamily: wsa.AF_INET, SocketType: wsa.SOCK_DGRAM})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s.(*datagram), w
}

// TestFlood: a receive does not go on for as long as there are datagrams to be
// lost, and whoever waits is told to look again.
func TestFlood(t *testing.T) {
	s, w := flooded(t, new(flood), "drop")
	told := 0
	s.Watch(&spi.Watcher{Mask: spi.EventRead, Notify: func(spi.Events) { told++ }})
	if _, err := bed.Recv(s, 10); err != wsa.WSAEWOULDBLOCK {
		t.Errorf("recv: %v, want WSAEWOULDBLOCK", err)
	}
	if w.Advance(0); told == 0 {
		t.Error("nobody is told of what has come meanwhile")
	}
}

// TestControlIsKept: control data stays with a datagram that is late.
func TestControlIsKept(t *testing.T) {
	f := &flood{control: wsa.AppendControl(nil, wsa.IPPROTO_IP, wsa.IP_PKTINFO, []byte{127, 0, 0, 1, 1, 0, 0, 0})}
	s, w := flooded(t, f, "latency latency=10; latency latency=10 stream=upstream")
	m := spi.Message{Control: make([]byte, 100)}
	recv := func(room int) error {
		m.SetBuffer(make([]byte, 10))
		m.Flags, m.Control = 0, m.Control[:room]
		_, err := s.Recv(&m)
		return err
	}
	if err := recv(100); err != wsa.WSAEWOULDBLOCK {
		t.Errorf("early: %v, want WSAEWOULDBLOCK", err)
	}
	w.Advance(10 * time.Millisecond)
	if err := recv(3); err != wsa.WSAEMSGSIZE || m.Flags != wsa.MSG_CTRUNC || len(m.Control) != 0 {
		t.Errorf("without room: %v, flags %#x, control % x", err, m.Flags, m.Control)
	}
	if err := recv(100); err != nil || !bytes.Equal(m.Control, f.control) {
		t.Errorf("with room: %v, control % x, want % x", err, m.Control, f.control)
	}
	m.SetBuffer([]byte("x"))
	m.Flags, m.Control = 0, f.control
	if _, err := s.Send(&m); err != nil {
		t.Error(err)
	}
	w.Advance(10 * time.Millisecond)
	if !bytes.Equal(f.sent.Control, f.control) {
		t.Errorf("sent with control % x, want % x", f.sent.Control, f.control)
	}
}
