// SPDX-License-Identifier: Apache-2.0

package run

import (
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/miekg/dns"
)

// nameServer knows www.test, which has addresses of both families, and
// many.test, whose addresses do not fit into a datagram.
func nameServer(t *testing.T) netip.AddrPort {
	t.Helper()
	var many []string
	for i := range 100 {
		many = append(many, fmt.Sprintf("many.test. 60 IN A 192.0.2.%d", i+1))
	}
	records := map[string][]string{
		"www.test. A":    {"www.test. 60 IN A 192.0.2.80"},
		"www.test. AAAA": {"www.test. 60 IN AAAA 2001:db8::80"},
		"many.test. A":   many,
	}
	handler := dns.HandlerFunc(func(w dns.ResponseWriter, q *dns.Msg) {
		r := new(dns.Msg).SetReply(q)
		r.RecursionAvailable = true
		if len(q.Question) == 1 {
			name := strings.ToLower(q.Question[0].Name)
			for _, text := range records[name+" "+dns.TypeToString[q.Question[0].Qtype]] {
				rr, err := dns.NewRR(text)
				if err != nil {
					panic(err)
				}
				r.Answer = append(r.Answer, rr)
			}
			if name != "www.test." && name != "many.test." {
				r.Rcode = dns.RcodeNameError
			}
		}
		if w.LocalAddr().Network() == "udp" {
			size := dns.MinMsgSize
			if o := q.IsEdns0(); o != nil {
				size = int(o.UDPSize())
			}
			r.Truncate(min(size, 1232))
		}
		w.WriteMsg(r)
	})
	for range 100 {
		l, addr := listen(t, loopback)
		u, err := net.ListenPacket("udp", addr.String())
		if err != nil {
			continue
		}
		for _, s := range []*dns.Server{{Listener: l, Handler: handler}, {PacketConn: u, Handler: handler}} {
			go s.ActivateAndServe()
			t.Cleanup(func() { s.Shutdown() })
		}
		return addr
	}
	t.Fatal("no port is free")
	return netip.AddrPort{}
}

// instead returns a catalog in which the default name space providers have
// made way for others of theirs, by paths.
func instead(catalog string, paths map[string]string) string {
	protocols, providers, _ := strings.Cut(catalog, "[[namespace]]")
	providers = strings.ReplaceAll("[[namespace]]"+providers, "default = true\n", "")
	var removed []string
	for _, id := range regexp.MustCompile(`provider = ("[^"]*")`).FindAllStringSubmatch(providers, -1) {
		removed = append(removed, id[1])
		providers = strings.ReplaceAll(providers, id[1], `"11111111`+id[1][9:])
	}
	for from, to := range paths {
		providers = strings.ReplaceAll(providers, fmt.Sprintf("path = %q", from), fmt.Sprintf("path = %q", to))
	}
	head, rest, _ := strings.Cut(protocols, "[[")
	return head + "removed_namespaces = [" + strings.Join(removed, ", ") + "]\n[[" + rest + providers
}

// TestNames: programs find names by the name spaces of the catalog, or,
// when the DNS is left to them, by their own resolvers from the server that
// they know, which a rule leads elsewhere.
func TestNames(t *testing.T) {
	begin(t)
	if *native {
		t.Skip("asks a name server that is not there")
	}
	need(t, "bwrap")
	server := nameServer(t)
	dir := scratch(t)
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	// What the program has: no hosts, and a name server that nobody is.
	inside := []string{"bwrap", "--dev-bind", "/", "/",
		"--ro-bind", write("resolv.conf", "nameserver 192.0.2.53\noptions timeout:5 attempts:2\n"), "/etc/resolv.conf",
		"--ro-bind", write("nsswitch.conf", "hosts: files dns\n"), "/etc/nsswitch.conf",
		"--ro-bind", write("hosts", ""), "/etc/hosts"}
	if out, err := exec.Command(inside[0], append(inside[1:len(inside):len(inside)], "true")...).CombinedOutput(); err != nil {
		t.Skipf("bwrap does not work here: %v %s", err, out)
	}
	// What winsock has: hosts, and the name server of the test.
	export := exec.Command(shared.winsock, "catalog", "export", "-")
	export.Env = append(os.Environ(), "WINSOCK_CATALOG="+filepath.Join(dir, "none.toml"))
	text, err := export.Output()
	if err != nil {
		t.Fatal(err)
	}
	hosts := write("theirs", "192.0.2.10 printer.test\n2001:db8::10 printer.test\n")
	catalog := write("catalog.toml", instead(string(text), map[string]string{
		"hosts": "hosts:file=" + hosts,
		"dns":   "dns:server=" + server.String(),
	}))

	both := func(v4, v6 string) []string { return []string{v4, v6} }
	var many []string
	for i := range 100 {
		many = append(many, fmt.Sprintf("192.0.2.%d", i+1))
	}
	resolvers := []struct {
		name    string
		program func(t *testing.T) []string
		noMany  bool // takes no answers by TCP
	}{
		{"getent", func(t *testing.T) []string { return []string{need(t, "getent"), "ahosts"} }, false},
		{"glibc", func(t *testing.T) []string { return []string{victimC(t, "lookup.c", "gcc")} }, false},
		{"musl", func(t *testing.T) []string { return []string{victimC(t, "lookup.c", "musl-gcc", "-static")} }, true},
		{"go", func(t *testing.T) []string { return []string{victimGo(t), "lookup"} }, false},
		{"python", func(t *testing.T) []string {
			return []string{need(t, "python3"), "-I", "-c", `import socket, sys
try:
    print(*{a[4][0] for a in socket.getaddrinfo(sys.argv[1], None, type=socket.SOCK_STREAM)})
except socket.gaierror:
    print("no such name")`}
		}, false},
	}
	for _, how := range []struct {
		name  string
		flags []string
		hosts bool
	}{
		{"by the catalog", []string{"--dns=on"}, true},
		{"by themselves", []string{"--dns=off", "--rule", fmt.Sprintf("redirect %s out to 192.0.2.53 port 53", server)}, false},
	} {
		for _, r := range resolvers {
			t.Run(how.name+"/"+r.name, func(t *testing.T) {
				for _, c := range []chain{{name: "no layer"}, {name: "one layer", layers: 1}} {
					c.run(t, func(t *testing.T, c chain) {
						c.flags = append(c.flags, how.flags...)
						lookup := func(name string) []string {
							p := c.command(t, inside[0], append(append(inside[1:len(inside):len(inside)], r.program(t)...), name)...)
							p.Env = append(p.Env, "WINSOCK_CATALOG="+catalog)
							var out strings.Builder
							p.Stdout = &out
							p.start()
							p.reap()
							p.checkGone()
							var found []string
							for _, word := range strings.Fields(out.String()) {
								if a, err := netip.ParseAddr(word); err == nil {
									found = append(found, a.String())
								}
							}
							slices.Sort(found)
							return slices.Compact(found)
						}
						check := func(name string, want []string) {
							if got := lookup(name); !slices.Equal(got, slices.Sorted(slices.Values(want))) {
								t.Errorf("%s has the addresses %v, want %v", name, got, want)
							}
						}
						check("www.test", both("192.0.2.80", "2001:db8::80"))
						check("nothing.test", nil)
						if !r.noMany {
							check("many.test", many)
						}
						if how.hosts {
							check("printer.test", both("192.0.2.10", "2001:db8::10"))
						}
						if how.hosts && r.name == "python" { // a fault concerns the name that it is about
							c.flags = append(c.flags, "--layer", "fault:toxics=dns errno=WSAHOST_NOT_FOUND host=www.test")
							check("www.test", nil)
							check("printer.test", both("192.0.2.10", "2001:db8::10"))
						}
					})
				}
			})
		}
	}
}
