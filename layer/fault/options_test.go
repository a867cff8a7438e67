// SPDX-License-Identifier: Apache-2.0

package fault

import (
	"encoding/json"
	"strings"
	"testing"

	"winsock/spi"
	"winsock/wsa"
)

func TestBadOptions(t *testing.T) {
	for text, word := range map[string]string{
		"warp":                                    "invalid toxic type",
		"latency speed=3":                         "no attribute",
		"latency latency=-1":                      "whole number",
		"latency latency=NaN":                     "whole number",
		"latency latency=fast":                    "whole number",
		"latency toxicity=2":                      "0 to 1",
		"latency toxicity=x":                      "0 to 1",
		"latency stream=sideways":                 "stream was invalid",
		"latency latency":                         "KEY=VALUE",
		"drop; drop":                              "already",
		"error call=send errno=WSAEACCES":         "call",
		"error call=WSPSend errno=WSAEWOULDBLOCK": "errno",
		"short size=0":                            "at least 1",
	} {
		_, err := driver.Startup(&spi.StartupParams{Options: spi.Options{"name": "bad", "toxics": text}})
		if wsa.ErrnoOf(err) != wsa.WSAEINVAL || !strings.Contains(err.Error(), word) {
			t.Errorf("%q: %v, want WSAEINVAL with %q", text, err, word)
		}
	}
	for _, o := range []spi.Options{{"script": "/nonexistent"}, {"replay": "/nonexistent"}, {"listen": "127.0.0.1:99999"}, {"script": "x", "toxics": "drop"}} {
		o["name"] = "bad"
		if _, err := driver.Startup(&spi.StartupParams{Options: o}); wsa.ErrnoOf(err) != wsa.WSAEINVAL {
			t.Errorf("%v: %v", o, err)
		}
	}
	places.mu.Lock()
	defer places.mu.Unlock()
	if places.byName["bad"] != nil {
		t.Error("its place is left")
	}
}

// FuzzScript: whatever is accepted is said again by the API, and accepted.
func FuzzScript(f *testing.F) {
	for _, s := range []string{
		"latency latency=100 jitter=20; drop toxicity=0.1 # comment\nslicer name=x average_size=3",
		"error call=WSPSend errno=WSAECONNRESET after=3 count=1 stream=upstream", "short size=3;would_block",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		toxics, err := parseScript(text)
		if err != nil {
			return
		}
		for _, x := range toxics {
			said, err := json.Marshal(x)
			if err != nil {
				t.Fatal(err)
			}
			again, err := parseBody(said, nil)
			if err != nil {
				t.Fatalf("%q: %s: %v", text, said, err)
			}
			if second, _ := json.Marshal(again); string(second) != string(said) && !strings.Contains(string(said), `\ufffd`) {
				t.Errorf("%s became %s", said, second)
			}
		}
	})
}

// FuzzBody: whatever an API is sent, a toxic that is accepted is sound.
func FuzzBody(f *testing.F) {
	f.Add([]byte(`{"name":"x","type":"latency","stream":"upstream","toxicity":0.5,"attributes":{"latency":100}}`))
	f.Add([]byte(`{"type":"error","attributes":{"call":"WSPBind","errno":"WSAEADDRINUSE"}}`))
	f.Add([]byte(`{"toxicity":null,"attributes":null}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		x, err := parseBody(text, nil)
		if err != nil {
			if _, ok := err.(*apiError); !ok {
				t.Errorf("%q: %v is no answer of the API", text, err)
			}
			return
		}
		if _, err := parseBody(text, x); err != nil {
			t.Errorf("%q as a change: %v", text, err)
		}
		if _, err := json.Marshal(x); err != nil {
			t.Error(err)
		}
	})
}

// FuzzJournal: a record that is accepted has decisions only.
func FuzzJournal(f *testing.F) {
	f.Add("# place x, seed 1\nc1 downstream latency_downstream:jitter 0.25\ns1 upstream e:toxicity 0.5\n")
	f.Fuzz(func(t *testing.T, text string) {
		all, err := readJournal(strings.NewReader(text))
		if err != nil {
			return
		}
		for _, list := range all {
			for _, d := range list {
				if d.what == "" || !(d.value >= 0 && d.value < 1) {
					t.Errorf("%q: %v", text, d)
				}
			}
		}
	})
}
