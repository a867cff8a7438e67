// SPDX-License-Identifier: Apache-2.0

package fault

import (
	"fmt"
	"net/netip"
	"testing"
	"time"

	"winsock/internal/bucket"
	"winsock/provider/mem"
	"winsock/spi"
	"winsock/wsa"
)

// fake is a clock that is steered.
type fake struct{ *mem.FakeClock }

type fakeTimer struct {
	clock fake
	timer mem.Timer
	f     func()
}

func (c fake) AfterFunc(d time.Duration, f func()) bucket.Timer {
	return &fakeTimer{c, c.FakeClock.AfterFunc(d, f), f}
}

func (t *fakeTimer) Stop() bool { return t.timer.Stop() }
func (t *fakeTimer) Reset(d time.Duration) bool {
	was := t.timer.Stop()
	t.timer = t.clock.FakeClock.AfterFunc(d, t.f)
	return was
}

// datagrams returns a socket with faults and a plain one, connected to each
// other, on a network whose clock is steered.
func datagrams(t *testing.T, toxics string) (own, peer spi.Socket, clock fake) {
	t.Helper()
	clock = fake{mem.NewFakeClock(time.Unix(1000, 0))}
	base := mem.NewNetwork(mem.Options{Clock: clock.FakeClock}).Provider()
	p, err := start(&spi.StartupParams{Options: spi.Options{"name": fmt.Sprintf("datagram%d", names.Add(1)), "toxics": toxics, "seed": "3"}}, clock)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Cleanup() })
	var ends [2]spi.Socket
	var at [2]wsa.Sockaddr
	for i, opener := range []spi.Provider{p, base} {
		s, err := opener.Socket(&spi.Opening{AddressFamily: wsa.AF_INET, SocketType: wsa.SOCK_DGRAM, Next: base.Socket})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { s.Close() })
		at[i] = wsa.SockaddrFrom(netip.MustParseAddrPort("127.0.0.1:0"))
		if err := s.Bind(&at[i]); err != nil {
			t.Fatal(err)
		}
		s.GetSockName(&at[i])
		ends[i] = s
	}
	ends[0].Connect(&at[1])
	ends[1].Connect(&at[0])
	return ends[0], ends[1], clock
}

func sendByte(t *testing.T, s spi.Socket, b byte) {
	t.Helper()
	var m spi.Message
	m.SetBuffer([]byte{b})
	if n, err := s.Send(&m); n != 1 || err != nil {
		t.Fatalf("send: %d, %v", n, err)
	}
}

// received returns what can be received now, and checks that Ready agrees.
func received(t *testing.T, s spi.Socket) string {
	t.Helper()
	var got []byte
	for {
		ready := s.Ready(spi.EventRead) != 0
		var m spi.Message
		buf := make([]byte, 10)
		m.SetBuffer(buf)
		n, err := s.Recv(&m)
		if (err == nil) != ready {
			t.Fatalf("ready: %t, recv: %v", ready, err)
		}
		if err != nil {
			return string(got)
		}
		got = append(got, buf[:n]...)
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
