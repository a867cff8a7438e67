// SPDX-License-Identifier: Apache-2.0

package dns

import (
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"winsock/namespace/hostname"
)

func TestParseResolvConf(t *testing.T) {
	usual := Config{Servers: []string{"127.0.0.1:53"}, Ndots: 1, Timeout: 5 * time.Second, Attempts: 2}
	with := func(change func(*Config)) Config {
		c := usual
		change(&c)
		return c
	}
	for _, c := range []struct {
		name, file string
		want       Config
	}{
		{"empty", "", usual},
		{"comments", "# nameserver 192.0.2.1\n; x\n\n", usual},
		{"servers", "nameserver 192.0.2.1\r\nnameserver 2001:db8::1 # second\nnameserver fe80::1%eth0\n",
			with(func(c *Config) { c.Servers = []string{"192.0.2.1:53", "[2001:db8::1]:53", "[fe80::1%eth0]:53"} })},
		{"no address", "nameserver\nnameserver dns.example\nnameserver 192.0.2.300\n", usual},
		{"search", "search One.example. two.example bad..name\n",
			with(func(c *Config) { c.Search = []string{"one.example", "two.example"} })},
		{"the last of domain and search counts", "search one.example\ndomain two.example three.example\n",
			with(func(c *Config) { c.Search = []string{"two.example"} })},
		{"options", "options ndots:3 timeout:2\toptions attempts:4 rotate use-vc edns0 trust-ad nonsense:1",
			with(func(c *Config) { c.Ndots, c.Timeout, c.Attempts, c.Rotate, c.TCP = 3, 2*time.Second, 4, true, true })},
		{"options out of range", "options ndots:99 timeout:0 attempts:999",
			with(func(c *Config) { c.Ndots, c.Timeout, c.Attempts = 15, time.Second, 5 })},
		{"options too large", "options timeout:9223372036854775807 timeout:1000",
			with(func(c *Config) { c.Timeout = 30 * time.Second })},
		{"options that are no numbers", "options ndots: ndots:-1 timeout:x attempts ndots", usual},
	} {
		if got := ParseResolvConf([]byte(c.file)); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: got %+v\nwant %+v", c.name, got, c.want)
		}
	}
	if c := ParseResolvConf([]byte(strings.Repeat("nameserver 192.0.2.1\n", 100))); len(c.Servers) != maxServers {
		t.Errorf("%d servers, want at most %d", len(c.Servers), maxServers)
	}
}

func TestCandidates(t *testing.T) {
	c := Config{Ndots: 2, Search: []string{"x.example", strings.Repeat("long.", 50) + "example"}}
	for name, want := range map[string]string{
		"a": "a.x.example. a.", "a.b": "a.b.x.example. a.b.", "a.b.c": "a.b.c. a.b.c.x.example.", "a.": "a.", "a.b.c.": "a.b.c.",
	} {
		if got := strings.Join(c.candidates(name), " "); got != want {
			t.Errorf("%s is looked for as %q, want %q", name, got, want)
		}
	}
}

func TestConfigFileIsReadAgain(t *testing.T) {
	path := filepath.Join(t.TempDir(), "resolv.conf")
	f := &configFile{path: path, adjust: func(*Config) {}}
	if c := f.load(); c.Servers[0] != "127.0.0.1:53" || f.load() != c {
		t.Errorf("without a file: %+v", c)
	}
	for _, server := range []string{"192.0.2.1", "192.0.2.22"} {
		if err := os.WriteFile(path, []byte("nameserver "+server+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
		if c := f.load(); !slices.Equal(c.Servers, []string{server + ":53"}) || f.load() != c {
			t.Errorf("got %q, want %s", c.Servers, server)
		}
	}
}

func FuzzParseResolvConf(f *testing.F) {
	f.Add([]byte("nameserver 192.0.2.1\nsearch a.example b.example\noptions ndots:2 timeout:1 attempts:3 rotate\n"))
	f.Add([]byte("nameserver ::1%lo #x\r\ndomain x\n;"))
	f.Fuzz(func(t *testing.T, file []byte) {
		c := ParseResolvConf(file)
		if len(c.Servers) == 0 || len(c.Servers) > maxServers || len(c.Search) > maxSearch || c.Ndots < 0 || c.Ndots > maxNdots ||
			c.Timeout < time.Second || c.Timeout > maxTimeout || c.Attempts < 1 || c.Attempts > maxAttempts {
			t.Fatalf("%+v", c)
		}
		for _, server := range c.Servers {
			if _, err := netip.ParseAddrPort(server); err != nil {
				t.Fatal(err)
			}
		}
		for _, name := range append(c.candidates("a"), c.candidates("a.b.c.d")...) {
			if !hostname.Valid(name) || !strings.HasSuffix(name, ".") {
				t.Fatalf("candidate %q", name)
			}
		}
	})
}
