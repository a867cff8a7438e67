// SPDX-License-Identifier: Apache-2.0

package spi

import (
	"errors"
	"maps"
	"testing"
	"time"

	"winsock/wsa"
)

func init() {
	Register(&Driver{
		Name: "path-test",
		Options: []Option{
			{Key: "file", Kind: File},
			{Key: "on", Kind: Bool},
			{Key: "n", Kind: Int, Default: "7"},
			{Key: "size", Kind: Size},
			{Key: "wait", Kind: Duration},
			{Key: "text", Kind: Text},
		},
		Startup: func(*StartupParams) (Provider, error) { return nil, wsa.WSAEPROVIDERFAILEDINIT },
	})
}

func TestParsePath(t *testing.T) {
	for _, test := range []struct {
		path string
		want Options // nil: the path is wrong
		err  wsa.Errno
	}{
		{"path-test", Options{"n": "7"}, 0},
		{"path-test:", Options{"n": "7"}, 0},
		{"path-test:on", Options{"on": "true", "n": "7"}, 0},
		{"path-test:n=8,file=/tmp/a b", Options{"n": "8", "file": "/tmp/a b"}, 0},
		{`path-test:text=a\,b\\c=d`, Options{"text": `a,b\c=d`, "n": "7"}, 0},
		{"path-test:text=", Options{"text": "", "n": "7"}, 0},
		{"path-test:size=2k,wait=250ms", Options{"size": "2k", "wait": "250ms", "n": "7"}, 0},
		{"no-such", nil, wsa.WSAEPROVIDERFAILEDINIT},
		{"", nil, wsa.WSAEPROVIDERFAILEDINIT},
		{"path-test:nothing=1", nil, wsa.WSAEINVAL},
		{"path-test:,", nil, wsa.WSAEINVAL},
		{"path-test:n=x", nil, wsa.WSAEINVAL},
		{"path-test:n=1,n=2", nil, wsa.WSAEINVAL},
		{"path-test:on=maybe", nil, wsa.WSAEINVAL},
		{"path-test:size=-1", nil, wsa.WSAEINVAL},
		{"path-test:size=99999999999999G", nil, wsa.WSAEINVAL},
		{"path-test:wait=3", nil, wsa.WSAEINVAL},
	} {
		_, got, err := ParsePath(test.path)
		if test.want == nil {
			if !errors.Is(err, test.err) {
				t.Errorf("%q: error %v, want one that is %s", test.path, err, test.err.Name())
			}
			continue
		}
		if err != nil || !maps.Equal(got, test.want) {
			t.Errorf("%q: %v, %v; want %v", test.path, got, err, test.want)
		}
	}
}

func TestOptionValues(t *testing.T) {
	_, o, err := ParsePath("path-test:on,n=-3,size=3M,wait=1m,text=x")
	if err != nil {
		t.Fatal(err)
	}
	if !o.Bool("on") || o.Int("n") != -3 || o.Size("size") != 3<<20 || o.Duration("wait") != time.Minute || o.Text("text") != "x" {
		t.Errorf("values of %v", o)
	}
	if o.Bool("none") || o.Int("none") != 0 || o.Size("none") != 0 || o.Duration("none") != 0 || o.Text("none") != "" {
		t.Error("an option that is not there has a value")
	}
}

// FuzzParsePath: whatever is parsed is parsed alike from its canonical form.
func FuzzParsePath(f *testing.F) {
	for _, seed := range []string{"path-test", `path-test:text=a\,b\\,on`, "path-test:n=1,size=2G", "x:y=z", `path-test:text=\`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, path string) {
		d, options, err := ParsePath(path)
		if err != nil {
			if wsa.ErrnoOf(err) != wsa.WSAEINVAL && wsa.ErrnoOf(err) != wsa.WSAEPROVIDERFAILEDINIT {
				t.Errorf("%q: undocumented error %v", path, err)
			}
			return
		}
		again, same, err := ParsePath(FormatPath(d.Name, options))
		if err != nil || again != d || !maps.Equal(options, same) {
			t.Errorf("%q: %v became %v, %v", path, options, same, err)
		}
	})
}
