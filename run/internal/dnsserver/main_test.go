// SPDX-License-Identifier: Apache-2.0

package dnsserver

import (
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	mdns "github.com/miekg/dns"

	"winsock"
	"winsock/spi"
	"winsock/spi/spitest/leak"
	"winsock/wsa"
)

// TestMain runs all tests on a catalog file of their own. They may leave
// nothing behind.
func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "dnsserver")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	slog.SetDefault(slog.New(slog.DiscardHandler)) // of providers that fail because a test wants it
	os.Setenv("WINSOCK_CATALOG", filepath.Join(dir, "catalog.toml"))
	code := leak.Run(m)
	os.RemoveAll(dir)
	os.Exit(code)
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// useNameSpaces makes providers of these paths the only active ones, in this
// order, until the test ends.
func useNameSpaces(t testing.TB, paths ...string) {
	t.Helper()
	_, err := winsock.WSAStartup(winsock.Version22)
	must(t, err)
	t.Cleanup(func() { must(t, winsock.WSACleanup()) })
	list, err := winsock.WSAEnumNameSpaceProviders()
	must(t, err)
	for _, n := range list {
		if n.Active {
			must(t, winsock.WSCEnableNSProvider(n.ProviderID, false))
			t.Cleanup(func() { must(t, winsock.WSCEnableNSProvider(n.ProviderID, true)) })
		}
	}
	for _, path := range paths {
		d, _, err := spi.ParseNamePath(path)
		must(t, err)
		id := wsa.NewGUID()
		must(t, winsock.WSCInstallNameSpace(d.Info.Identifier, path, d.Info.NameSpace, 1, id))
		t.Cleanup(func() { must(t, winsock.WSCUnInstallNameSpace(id)) })
	}
}

// hostsPath returns the path of a provider for a hosts file of these lines.
func hostsPath(t testing.TB, lines ...string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "hosts")
	must(t, os.WriteFile(file, []byte(strings.Join(lines, "\n")+"\n"), 0o644))
	return spi.FormatPath("hosts", spi.Options{"file": file})
}

// An upstream is a name server of the test's own, by UDP and TCP.
type upstream struct {
	addr string

	mu    sync.Mutex // protects asked
	asked []string   // "udp name type" of each question
}

// newUpstream starts a name server that lets handle answer.
func newUpstream(t testing.TB, handle mdns.HandlerFunc) *upstream {
	t.Helper()
	packets, listener, err := bind(netip.MustParseAddr("127.0.0.1"))
	must(t, err)
	u := &upstream{addr: packets.LocalAddr().String()}
	handler := mdns.HandlerFunc(func(w mdns.ResponseWriter, ask *mdns.Msg) {
		q := ask.Question[0]
		u.mu.Lock()
		u.asked = append(u.asked, w.LocalAddr().Network()+" "+q.Name+" "+mdns.Type(q.Qtype).String())
		u.mu.Unlock()
		handle(w, ask)
	})
	for _, serving := range []*mdns.Server{{PacketConn: packets, Handler: handler, UDPSize: maxMessage}, {Listener: listener, Handler: handler}} {
		started := make(chan struct{})
		serving.NotifyStartedFunc = func() { close(started) }
		ended := make(chan error, 1)
		go func() { ended <- serving.ActivateAndServe() }()
		<-started
		t.Cleanup(func() {
			must(t, serving.Shutdown())
			must(t, <-ended)
		})
	}
	return u
}

// path returns the path of a provider that asks the server.
func (u *upstream) path(t testing.TB) string {
	return spi.FormatPath("dns", spi.Options{
		"server": u.addr, "resolvconf": filepath.Join(t.TempDir(), "none"), "timeout": "20s", "attempts": "1",
		"search": "search.example", // must never be used
	})
}

// questions returns what the server was asked since the last call.
func (u *upstream) questions() []string {
	u.mu.Lock()
	defer u.mu.Unlock()
	asked := u.asked
	u.asked = nil
	return asked
}

// A zone is a set of records, in zone file form, that a server answers from
// as a resolver would.
type zone map[string][]mdns.RR // by lower-case name

func newZone(t testing.TB, lines ...string) zone {
	t.Helper()
	z := zone{}
	for _, line := range lines {
		rr, err := mdns.NewRR(line)
		must(t, err)
		name := strings.ToLower(rr.Header().Name)
		z[name] = append(z[name], rr)
	}
	return z
}

func testZone(t testing.TB) zone {
	lines := []string{
		". 60 IN SOA ns. host. 1 2 3 4 30",
		"v4.example. 300 IN A 192.0.2.1",
		"v6.example. 301 IN AAAA 2001:db8::1",
		"both.example. 302 IN A 192.0.2.1", "both.example. 302 IN AAAA 2001:db8::1",
		"alias.example. 303 IN CNAME alias2.example.", "alias2.example. 304 IN CNAME both.example.",
		"shadowed.example. 60 IN A 192.0.2.66", "shadowed.example. 60 IN AAAA 2001:db8::66",
		`text.example. 60 IN TXT "hello world"`,
		"mail.example. 60 IN MX 10 both.example.",
		"_ldap._tcp.example. 60 IN SRV 10 5 3268 v4.example.",
		`site.example. 60 IN HTTPS 1 . alpn="h2" ipv4hint=192.0.2.7 ipv6hint=2001:db8::7`,
		"site.example. 60 IN CAA 0 issue \"ca.example\"",
		"1.2.0.192.in-addr.arpa. 60 IN PTR v4.example.",
		"1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa. 61 IN PTR v6.example.",
		"2.0.192.in-addr.arpa. 60 IN NS ns.example.",
		"v4.example.search.example. 60 IN A 192.0.2.99", "nosuch.example.search.example. 60 IN A 192.0.2.99",
		`a\.b.example. 60 IN A 192.0.2.5`,
	}
	for i := range 200 {
		lines = append(lines, fmt.Sprintf("big.example. 60 IN A 198.51.100.%d", i))
	}
	return newZone(t, lines...)
}

// answer answers from the zone: aliases are followed, an unknown name is
// NXDOMAIN, and an SOA of the root says how long that lasts. The addresses
// of the hosts that records lead to are added.
func (z zone) answer(w mdns.ResponseWriter, ask *mdns.Msg) {
	m := new(mdns.Msg).SetReply(ask)
	m.RecursionAvailable = true
	m.AuthenticatedData = ask.AuthenticatedData
	q := ask.Question[0]
	name := strings.ToLower(q.Name)
	for range 32 {
		found, known := z[name]
		if !known {
			m.Rcode = mdns.RcodeNameError
		}
		next := ""
		for _, rr := range found {
			if rr.Header().Rrtype == q.Qtype {
				m.Answer = append(m.Answer, rr)
				m.Extra = append(m.Extra, z[targetOf(rr)]...)
			} else if alias, ok := rr.(*mdns.CNAME); ok {
				m.Answer = append(m.Answer, rr)
				next = strings.ToLower(alias.Target)
			}
		}
		if next == "" {
			break
		}
		name = next
	}
	if len(m.Answer) == 0 {
		m.Ns = append(m.Ns, z["."]...)
	}
	if o := ask.IsEdns0(); o != nil {
		m.SetEdns0(ownSize, o.Do())
	}
	if w.LocalAddr().Network() == "udp" {
		size := mdns.MinMsgSize
		if o := ask.IsEdns0(); o != nil {
			size = int(o.UDPSize())
		}
		m.Truncate(size)
	}
	_ = w.WriteMsg(m) // the client may be gone
}

// rcode answers every question with one code and nothing else.
func rcode(code int) mdns.HandlerFunc {
	return func(w mdns.ResponseWriter, ask *mdns.Msg) { _ = w.WriteMsg(new(mdns.Msg).SetRcode(ask, code)) }
}

// newServer starts the server under test.
func newServer(t testing.TB) *Server {
	t.Helper()
	s, err := Start(Config{})
	must(t, err)
	t.Cleanup(func() { must(t, s.Close()) })
	return s
}

// newQuery returns a query with EDNS.
func newQuery(name string, rrtype uint16) *mdns.Msg {
	return new(mdns.Msg).SetQuestion(name, rrtype).SetEdns0(ownSize, false)
}

// waitTime is for what must happen, and only ever reached when it does not.
const waitTime = 30 * time.Second

// query asks the server by one network.
func (s *Server) query(t testing.TB, network string, m *mdns.Msg) *mdns.Msg {
	t.Helper()
	client := mdns.Client{Net: network, Timeout: waitTime}
	answer, _, err := client.Exchange(m, s.Addr(false).String())
	if err != nil {
		t.Fatalf("%v by %s: %v", m.Question, network, err)
	}
	return answer
}

// show writes an answer as its code and its records, without blanks of
// their own.
func show(m *mdns.Msg) string {
	text := mdns.RcodeToString[m.Rcode]
	for _, rr := range m.Answer {
		text += " | " + strings.Join(strings.Fields(rr.String()), " ")
	}
	return text
}

func noPort(t testing.TB) *upstream {
	t.Helper()
	c, err := net.ListenPacket("udp", "127.0.0.1:0")
	must(t, err)
	defer c.Close()
	return &upstream{addr: c.LocalAddr().String()}
}
