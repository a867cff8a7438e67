// SPDX-License-Identifier: Apache-2.0

package runconfig

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	_ "winsock" // registers the built-in providers
)

const whole = `
layers = ["trace:log=calls.log,tag=a b", "trace:log=-"]
rules  = "rules.txt"
rule   = ["deny", "allow"]
dns    = "off"
deny-unknown = true
pass-opaque  = true
log     = "/var/log/x"
capture = "sub/out.pcapng"
use = "two"

[env]
LANG = "C"
EMPTY = ""

[chain.one]
layers = ["trace"]

[chain.two]
layers = ["trace:capture=two.pcapng"]
`

func TestDecode(t *testing.T) {
	f, err := Decode([]byte(whole), "/etc/w")
	if err != nil {
		t.Fatal(err)
	}
	want := &File{
		Layers: []string{"trace:log=/etc/w/calls.log,tag=a b", "trace:log=-", "trace:capture=/etc/w/two.pcapng"},
		Rules:  "/etc/w/rules.txt", Rule: []string{"deny", "allow"},
		DNS: Off, DenyUnknown: true, PassOpaque: true,
		Log: "/var/log/x", Capture: "/etc/w/sub/out.pcapng",
		Env:    map[string]string{"LANG": "C", "EMPTY": ""},
		Chains: map[string][]string{"one": {"trace"}, "two": {"trace:capture=/etc/w/two.pcapng"}},
	}
	if !reflect.DeepEqual(f, want) {
		t.Errorf("got  %+v\nwant %+v", f, want)
	}
}

// TestRefused: what is wrong is told with its line.
func TestRefused(t *testing.T) {
	for text, says := range map[string]string{
		"\nlayer = 1\n":                         `2: unknown key "layer"`,
		"[env]\nA = 'b'\n\n[chain.x]\nlayer=[]": `5: unknown key "chain.x.layer"`,
		"\n\nlayers = ['trace', 'trance']":      `3: no layer is named "trance"; there are: `,
		"layers = [\n'trace',\n'trace:x=1']":    `3: trace has no option "x"`,
		"layers = ['kernel']":                   "1: kernel is a base provider",
		"layers = 3":                            "1: ",
		"\ndns = 'maybe'":                       `2: "maybe" is none of auto, on and off`,
		"layers = [3]":                          ` no layer is named "3"`,
		"[env]\nA = 3":                          "2: ",
		"[env]\n'A=' = 'x'":                     `1: "A=" cannot be`,
		"use = 'a'":                             `1: no chain is named "a"; there are: none`,
		"\nuse = 'a'\n[chain.b]\n[chain.c]":     `2: no chain is named "a"; there are: b, c`,
		"log = [":                               "1: ",
		"log = 'a'\nlog = 'b'":                  "2: ",
		"\xff":                                  "1: ",
	} {
		_, err := Decode([]byte(text), "/")
		if err == nil || !strings.HasPrefix(err.Error(), says) {
			t.Errorf("%q: got %v, want %q", text, err, says)
		} else if strings.Contains(err.Error(), "runconfig") || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: %v is for programmers", text, err)
		}
	}
}

func TestRead(t *testing.T) {
	name := filepath.Join(t.TempDir(), "run.toml")
	if _, err := Read(name); err == nil {
		t.Error("a file that is not there was read")
	}
	if err := os.WriteFile(name, []byte("rules = 'r'\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := Read(name)
	if err != nil || f.Rules != filepath.Join(filepath.Dir(name), "r") {
		t.Errorf("got %+v, %v", f, err)
	}
	if err := os.WriteFile(name, []byte("\nno\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Read(name); err == nil || !strings.HasPrefix(err.Error(), name+":2: ") {
		t.Errorf("got %v", err)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(whole))
	f.Add([]byte("use = 'a'\n[chain.a]\nlayers = ['trace:log=\\,']"))
	f.Fuzz(func(t *testing.T, data []byte) {
		file, err := Decode(data, "/dir")
		if (file == nil) == (err == nil) {
			t.Fatalf("%+v and %v", file, err)
		}
		if err != nil {
			return
		}
		for _, l := range file.Layers {
			if err := CheckLayer(l); err != nil {
				t.Errorf("%q was let through: %v", l, err)
			}
			if again := AbsoluteFiles(l, "/other"); again != l {
				t.Errorf("%q is still relative: %q", l, again)
			}
		}
	})
}
