// SPDX-License-Identifier: Apache-2.0

package fault

import (
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
