// SPDX-License-Identifier: Apache-2.0

package fault

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"winsock/spi"
	"winsock/spi/spitest/bed"
	"winsock/wsa"
)

// FuzzStream: whatever toxics come and go that lose nothing, data arrives whole
// and in order in both directions, and then the end.
func FuzzStream(f *testing.F) {
	for _, s := range []string{"", "abcdefghijkl", "0a1b2c3d4e5f6g7h", "zzzzyyyyxxxx0123", "\x00\x10\x20\x31\x42\x53\x64\x75\x86\x97"} {
		f.Add(s)
	}
	toxics := []string{
		"latency latency=20 jitter=15", "slicer average_size=40 size_variation=30 delay=500", "coalesce size=500 delay=7",
		"bandwidth rate=50", "short size=9", "would_block delay=3 toxicity=0.4", "slow_close delay=5",
		"latency latency=3", "slicer average_size=1", "coalesce size=100000 delay=30", "bandwidth rate=0",
	}
	f.Fuzz(func(t *testing.T, script string) {
		if len(script) > 300 {
			return
		}
		w := bed.New(t)
		o := options("")
		p, err := start(&spi.StartupParams{Options: o}, w.Clock)
		if err != nil {
			t.Fatal(err)
		}
		place := p.(*provider).place
		place.dynamic.Store(true) // without the API
		own, peer := w.Pair(p, wsa.SOCK_STREAM, 0)
		defer func() {
			own.Close()
			peer.Close()
			w.Clock.Advance(time.Hour)
			p.Cleanup()
		}()
		sent := [2]int{}
		got := [2][]byte{}
		ends := [2]spi.Socket{own, peer}
		take := func() {
			for i, s := range ends {
				for {
					data, err := bed.Recv(s, 100)
					if err != nil || data == "" {
						break
					}
					got[i] = append(got[i], data...)
				}
			}
		}
		for _, b := range []byte(script) {
			switch n := int(b >> 3); b & 7 {
			case 0, 1, 2:
				from := int(b>>3) & 1
				data := make([]byte, 1+n*13)
				for i := range data {
					data[i] = byte((sent[from] + i) * 7)
				}
				if k, err := bed.Send(ends[from], string(data)); err == nil {
					sent[from] += k
				} else if err != wsa.WSAEWOULDBLOCK {
					t.Fatalf("send: %v", err)
				}
			case 3:
				w.Clock.Advance(time.Duration(n) * time.Millisecond)
			case 4:
				take()
			case 5, 6:
				text := toxics[n%len(toxics)]
				if b&7 == 6 {
					text += " stream=upstream"
				}
				list, err := parseScript(text)
				if err != nil {
					t.Fatal(err)
				}
				list[0].Name = fmt.Sprint("x", place.number.Add(1))
				_ = place.change(func(all []*toxic) ([]*toxic, error) {
					if len(all) > 3 {
						all = all[1:]
					}
					return append(all, list...), nil
				})
			case 7:
				_ = place.change(func([]*toxic) ([]*toxic, error) { return nil, nil })
			}
		}
		_ = place.change(func([]*toxic) ([]*toxic, error) { return nil, nil })
		for range 50 {
			w.Clock.Advance(10 * time.Millisecond)
			take()
		}
		for i := range got {
			from := 1 - i
			if len(got[i]) != sent[from] {
				t.Fatalf("%q: %d bytes of %d came", script, len(got[i]), sent[from])
			}
			for k, b := range got[i] {
				if b != byte(k*7) {
					t.Fatalf("%q: byte %d is wrong", script, k)
				}
			}
		}
		own.Shutdown(wsa.SD_SEND)
		peer.Shutdown(wsa.SD_SEND)
		w.Clock.Advance(time.Second)
		for i, s := range ends {
			if data, err := bed.Recv(s, 10); data != "" || err != nil {
				t.Fatalf("%q: the end of %d is %q, %v", script, i, data, err)
			}
		}
	})
}

// FuzzAPI: whatever is asked, the answer is one of HTTP, and the toxics that
// are in force are sound.
func FuzzAPI(f *testing.F) {
	f.Add("POST", "/proxies/db/toxics", `{"type":"latency","attributes":{"latency":3}}`)
	f.Add("PATCH", "/proxies/db/toxics/x", `{"attributes":{"latency":"x"},"toxicity":2}`)
	f.Add("POST", "/proxies/db", `{"enabled":false}`)
	f.Add("POST", "/populate", `[{"name":"db"},{"name":3}]`)
	f.Add("DELETE", "/proxies/db/toxics/%00", "")
	f.Add("POST", "/reset", "null")
	f.Fuzz(func(t *testing.T, method, path, body string) {
		r, err := http.NewRequest(method, "http://api/"+strings.TrimPrefix(path, "/"), strings.NewReader(body))
		if err != nil {
			return
		}
		toxics, _ := parseScript("latency name=x latency=1; timeout name=y timeout=5 stream=upstream")
		p, err := open(&setup{name: fmt.Sprint("fuzz", names.Add(1)), toxics: toxics, dynamic: true, clock: bed.NewClock(bed.Begin)})
		if err != nil {
			t.Fatal(err)
		}
		defer p.release()
		s := &server{places: map[string]*place{"db": p}}
		answer := httptest.NewRecorder()
		s.handler().ServeHTTP(answer, r)
		if answer.Code < 200 || answer.Code >= 500 {
			t.Errorf("%s %s %q: %d %s", method, path, body, answer.Code, answer.Body)
		}
		seen := map[string]bool{}
		for _, x := range p.toxics() {
			if err := x.check(); err != nil || seen[x.Name] {
				t.Errorf("%s %s %q left %v in force, %v", method, path, body, x, err)
			}
			seen[x.Name] = true
		}
	})
}
