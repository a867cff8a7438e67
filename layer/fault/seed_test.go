// SPDX-License-Identifier: Apache-2.0

package fault

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"winsock/spi"
	"winsock/spi/spitest/bed"
	"winsock/wsa"
)

// TestSeed: the same seed says the same, another one something else, and a
// replay what was recorded.
func TestSeed(t *testing.T) {
	dir := t.TempDir()
	run := func(log string, o spi.Options) string {
		file := filepath.Join(dir, log)
		o["log"], o["name"] = file, "seeded"
		o["toxics"] = "error call=WSPSend errno=WSAENETRESET toxicity=0.3; short size=20 stream=upstream"
		p, err := driver.Startup(&spi.StartupParams{Options: o})
		if err != nil {
			t.Fatal(err)
		}
		s, err := p.Socket(&spi.Opening{SocketType: wsa.SOCK_STREAM, Next: func(*spi.Opening) (spi.Socket, error) { return bed.Silent{}, nil }})
		if err != nil {
			t.Fatal(err)
		}
		var b strings.Builder
		for range 50 {
			var m spi.Message
			m.SetBuffer(make([]byte, 30))
			n, err := s.Send(&m)
			fmt.Fprintln(&b, n, err)
		}
		s.Close()
		p.Cleanup()
		return b.String()
	}
	first := run("a", spi.Options{"seed": "5"})
	if run("b", spi.Options{"seed": "5"}) != first {
		t.Error("the same seed said something else")
	}
	if run("c", spi.Options{"seed": "6"}) == first {
		t.Error("another seed said the same")
	}
	if run("d", spi.Options{"seed": "7", "replay": filepath.Join(dir, "a")}) != first {
		t.Error("the replay said something else")
	}
	a, _ := os.ReadFile(filepath.Join(dir, "a"))
	b, _ := os.ReadFile(filepath.Join(dir, "b"))
	if !bytes.Equal(a, b) || !bytes.Contains(a, []byte("s1 upstream error_downstream:toxicity 0.")) {
		t.Errorf("the logs of one seed differ or lack decisions:\n%s", a)
	}
}

// TestHandlePreserving: a static place without faults for data lets it pass.
func TestHandlePreserving(t *testing.T) {
	for text, past := range map[string]bool{"": true, "error call=WSPBind errno=WSAEACCES": true, "short": false, "error call=WSPSendTo errno=WSAEACCES": false} {
		p, err := driver.Startup(&spi.StartupParams{Options: spi.Options{"toxics": text, "name": "past"}})
		if err != nil {
			t.Fatal(err)
		}
		s, err := p.Socket(&spi.Opening{SocketType: wsa.SOCK_STREAM, Next: func(*spi.Opening) (spi.Socket, error) { return bed.Silent{}, nil }})
		if err != nil {
			t.Fatal(err)
		}
		if _, got := spi.DataPathOf(s).(bed.Silent); got != past {
			t.Errorf("%q: data goes past the layer: %t", text, got)
		}
		s.Close()
		p.Cleanup()
	}
}

// TestAllocs: calls that no toxic strikes do not allocate.
func TestAllocs(t *testing.T) {
	for _, o := range []spi.Options{
		{"name": "allocs", "toxics": "error call=WSPSend errno=WSAEACCES toxicity=0; short size=3 toxicity=0.5"},
		{"name": "allocs", "listen": "unix:" + filepath.Join(t.TempDir(), "api")},
	} {
		t.Run("", func(t *testing.T) {
			s := bed.OnSilent(t, driver.Startup, o)
			var m spi.Message
			m.SetBuffer(make([]byte, 10))
			if n := testing.AllocsPerRun(200, func() { s.Send(&m); s.Recv(&m); s.Ready(spi.EventAll) }); n >= 1 && !bed.UnderRace {
				t.Errorf("%v allocations", n)
			}
		})
	}
}

// BenchmarkNoFaults is what a call costs that no toxic strikes.
func BenchmarkNoFaults(b *testing.B) {
	for what, o := range map[string]spi.Options{
		"static":          {},
		"with the API":    {"listen": "unix:" + filepath.Join(b.TempDir(), "api")},
		"calls, none hit": {"toxics": "error call=WSPSend errno=WSAEACCES after=10000000000"},
	} {
		o["name"] = what
		b.Run(what, func(b *testing.B) {
			data := spi.DataPathOf(bed.OnSilent(b, driver.Startup, o))
			var m spi.Message
			m.SetBuffer(make([]byte, 10))
			b.Run("send", func(b *testing.B) {
				for b.Loop() {
					data.Send(&m)
				}
			})
			b.Run("recv", func(b *testing.B) {
				for b.Loop() {
					data.Recv(&m)
				}
			})
			b.Run("ready", func(b *testing.B) {
				for b.Loop() {
					data.Ready(spi.EventRead | spi.EventClose)
				}
			})
		})
	}
}
