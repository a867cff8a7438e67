// SPDX-License-Identifier: Apache-2.0

package dnsserver

import (
	"context"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"

	mdns "github.com/miekg/dns"

	"winsock/spi"
	"winsock/spi/hostnames"
	"winsock/wsa"
)

func TestAnswers(t *testing.T) {
	u := newUpstream(t, testZone(t).answer)
	useNameSpaces(t, hostsPath(t,
		"192.0.2.50 shadowed.example www.shadowed.example",
		"2001:db8::50 six.example",
		"127.0.0.1 localhost",
		"fe80::1%lo link.example",
		"192.0.2.51 big.hosts",
	), u.path(t))
	s := newServer(t)
	for _, c := range []struct {
		name  string
		types uint16
		want  string
		asked string // of the upstream
	}{
		// The DNS: its own TTLs, aliases and absences.
		{"v4.example.", mdns.TypeA, "NOERROR | v4.example. 300 IN A 192.0.2.1", "v4.example. A"},
		{"V4.eXample.", mdns.TypeA, "NOERROR | v4.example. 300 IN A 192.0.2.1", "V4.eXample. A"},
		{"v6.example.", mdns.TypeAAAA, "NOERROR | v6.example. 301 IN AAAA 2001:db8::1", "v6.example. AAAA"},
		{"v4.example.", mdns.TypeAAAA, "NOERROR", "v4.example. AAAA"},
		{"alias.example.", mdns.TypeAAAA, "NOERROR | alias.example. 303 IN CNAME alias2.example. | alias2.example. 304 IN CNAME both.example. | both.example. 302 IN AAAA 2001:db8::1", "alias.example. AAAA"},
		{"nosuch.example.", mdns.TypeA, "NXDOMAIN", "nosuch.example. A"}, // and no search list
		{`a\.b.example.`, mdns.TypeA, `NOERROR | a\.b.example. 60 IN A 192.0.2.5`, `a\.b.example. A`},
		{"1.2.0.192.in-addr.arpa.", mdns.TypePTR, "NOERROR | 1.2.0.192.in-addr.arpa. 60 IN PTR v4.example.", "1.2.0.192.in-addr.arpa. PTR"},
		{"9.9.9.9.in-addr.arpa.", mdns.TypePTR, "NXDOMAIN", "9.9.9.9.in-addr.arpa. PTR"},

		// Other types.
		{"text.example.", mdns.TypeTXT, `NOERROR | text.example. 60 IN TXT "hello world"`, "text.example. TXT"},
		{"mail.example.", mdns.TypeMX, "NOERROR | mail.example. 60 IN MX 10 both.example.", "mail.example. MX"},
		{"_ldap._tcp.example.", mdns.TypeSRV, "NOERROR | _ldap._tcp.example. 60 IN SRV 10 5 3268 v4.example.", "_ldap._tcp.example. SRV"},
		{"site.example.", mdns.TypeHTTPS, `NOERROR | site.example. 60 IN HTTPS 1 . alpn="h2" ipv4hint="192.0.2.7" ipv6hint="2001:db8::7"`, "site.example. HTTPS"},
		{"site.example.", mdns.TypeCAA, `NOERROR | site.example. 60 IN CAA 0 issue "ca.example"`, "site.example. CAA"},
		{".", mdns.TypeSOA, "NOERROR | . 60 IN SOA ns. host. 1 2 3 4 30", ". SOA"},
		{"v4.example.", 65280, "NOERROR", "v4.example. TYPE65280"},
		{"2.0.192.in-addr.arpa.", mdns.TypePTR, "NOERROR", "2.0.192.in-addr.arpa. PTR"},

		// The hosts file stands first, and what it knows does not go out.
		{"shadowed.example.", mdns.TypeA, "NOERROR | shadowed.example. 30 IN A 192.0.2.50", ""},
		{"ShadoWed.example.", mdns.TypeA, "NOERROR | ShadoWed.example. 30 IN A 192.0.2.50", ""},
		{"shadowed.example.", mdns.TypeAAAA, "NOERROR", ""},
		{"www.shadowed.example.", mdns.TypeA, "NOERROR | www.shadowed.example. 30 IN CNAME shadowed.example. | shadowed.example. 30 IN A 192.0.2.50", ""},
		{"six.example.", mdns.TypeAAAA, "NOERROR | six.example. 30 IN AAAA 2001:db8::50", ""},
		{"six.example.", mdns.TypeA, "NOERROR", ""},
		{"link.example.", mdns.TypeAAAA, "NOERROR | link.example. 30 IN AAAA fe80::1", ""},
		{"50.2.0.192.in-addr.arpa.", mdns.TypePTR, "NOERROR | 50.2.0.192.in-addr.arpa. 30 IN PTR shadowed.example.", ""},
		{"0.5.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa.", mdns.TypePTR,
			"NOERROR | 0.5.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa. 30 IN PTR six.example.", ""},

		// RFC 6761, RFC 7686: what must not go out.
		{"localhost.", mdns.TypeA, "NOERROR | localhost. 30 IN A 127.0.0.1", ""},
		{"localhost.", mdns.TypeAAAA, "NOERROR", ""}, // as the hosts file has it
		{"Some.localhost.", mdns.TypeA, "NOERROR | Some.localhost. 30 IN A 127.0.0.1", ""},
		{"some.localhost.", mdns.TypeAAAA, "NOERROR | some.localhost. 30 IN AAAA ::1", ""},
		{"localhost.", mdns.TypeMX, "NOERROR", ""},
		{"a.invalid.", mdns.TypeA, "NXDOMAIN", ""},
		{"a.invalid.", mdns.TypeTXT, "NXDOMAIN", ""},
		{"abc.onion.", mdns.TypeAAAA, "NXDOMAIN", ""},
		{"9.0.0.127.in-addr.arpa.", mdns.TypePTR, "NOERROR | 9.0.0.127.in-addr.arpa. 30 IN PTR localhost.", ""},

		{"example.", mdns.TypeIXFR, "REFUSED", ""},
	} {
		for _, network := range []string{"udp", "tcp"} {
			m := newQuery(c.name, c.types)
			answer := s.query(t, network, m)
			asked := u.questions()
			for i := range asked {
				_, asked[i], _ = strings.Cut(asked[i], " ")
			}
			if got := show(answer); got != c.want || strings.Join(asked, ", ") != c.asked {
				t.Errorf("%s %s by %s: %s\nwant %s\nthe upstream was asked %q, want %q", c.name, mdns.Type(c.types), network, got, c.want, asked, c.asked)
			}
			if answer.Id != m.Id || !answer.RecursionAvailable || !answer.RecursionDesired || answer.Question[0].Name != c.name || answer.IsEdns0() == nil {
				t.Errorf("%s %s by %s: the answer is\n%v", c.name, mdns.Type(c.types), network, answer)
			}
		}
	}
	if answer := s.query(t, "udp", newQuery("nosuch.example.", mdns.TypeA)); len(answer.Ns) != 1 {
		t.Errorf("an absence comes without the SOA that says how long it lasts:\n%v", answer)
	}
}

// Ids, flags, EDNS and DNSSEC bits go out as they came, and come back.
func TestMessagesAreForwardedUnchanged(t *testing.T) {
	asked := make(chan *mdns.Msg, 1)
	z := testZone(t)
	u := newUpstream(t, func(w mdns.ResponseWriter, m *mdns.Msg) {
		asked <- m.Copy()
		z.answer(w, m)
	})
	useNameSpaces(t, hostsPath(t), u.path(t))
	s := newServer(t)
	for _, rrtype := range []uint16{mdns.TypeA, mdns.TypeTXT} {
		m := new(mdns.Msg).SetQuestion("v4.example.", rrtype)
		m.Id, m.RecursionDesired, m.CheckingDisabled, m.AuthenticatedData = 0x4711, false, true, true
		m.SetEdns0(3000, true)
		m.IsEdns0().Option = append(m.IsEdns0().Option, &mdns.EDNS0_LOCAL{Code: 65001, Data: []byte("x")})
		answer := s.query(t, "udp", m)
		got := <-asked
		got.Id = m.Id
		if got.String() != m.String() {
			t.Errorf("the upstream was asked\n%v\nwant\n%v", got, m)
		}
		if answer.Id != m.Id || !answer.AuthenticatedData || answer.RecursionDesired || !answer.IsEdns0().Do() {
			t.Errorf("the answer is\n%v", answer)
		}
	}
	m := new(mdns.Msg).SetQuestion("version.bind.", mdns.TypeTXT)
	m.Question[0].Qclass = mdns.ClassCHAOS
	s.query(t, "udp", m)
	if got := <-asked; got.Question[0] != m.Question[0] {
		t.Errorf("the upstream was asked %v", got.Question)
	}
}

func TestFailures(t *testing.T) {
	for _, c := range []struct {
		name  string
		paths []string
		types uint16
		want  string
	}{
		{"the upstream fails", []string{newUpstream(t, rcode(mdns.RcodeServerFailure)).path(t)}, mdns.TypeA, "SERVFAIL"},
		{"the upstream refuses", []string{newUpstream(t, rcode(mdns.RcodeRefused)).path(t)}, mdns.TypeA, "REFUSED"},
		{"the upstream is not there", []string{noPort(t).path(t)}, mdns.TypeA, "SERVFAIL"},
		{"the upstream is not there, for another type", []string{noPort(t).path(t)}, mdns.TypeMX, "SERVFAIL"},
		{"nobody knows addresses", nil, mdns.TypeA, "NXDOMAIN"},
		{"nobody exchanges messages", []string{hostsPath(t)}, mdns.TypeMX, "REFUSED"},
		{"the second provider knows more than the first", []string{noPort(t).path(t), hostsPath(t, "192.0.2.1 v4.example")}, mdns.TypeA,
			"NOERROR | v4.example. 30 IN A 192.0.2.1"},
		{"trouble outweighs absence", []string{noPort(t).path(t), hostsPath(t)}, mdns.TypeA, "SERVFAIL"},
		{"a provider that takes no messages", []string{"dnsserver-test:answer=alias"}, mdns.TypeA,
			"NOERROR | v4.example. 30 IN CNAME real.example. | real.example. 30 IN A 192.0.2.77"},
		{"a provider that takes no messages, for another type", []string{"dnsserver-test:answer=alias"}, mdns.TypeMX, "REFUSED"},
		{"WSANO_DATA", []string{"dnsserver-test:answer=WSANO_DATA"}, mdns.TypeA, "NOERROR"},
		{"WSANO_RECOVERY", []string{"dnsserver-test:answer=WSANO_RECOVERY"}, mdns.TypeA, "REFUSED"},
		{"WSATRY_AGAIN", []string{"dnsserver-test:answer=WSATRY_AGAIN"}, mdns.TypeA, "SERVFAIL"},
		{"WSAHOST_NOT_FOUND", []string{"dnsserver-test:answer=WSAHOST_NOT_FOUND"}, mdns.TypeA, "NXDOMAIN"},
		{"an error of another kind", []string{"dnsserver-test:answer=WSAENETDOWN"}, mdns.TypeA, "SERVFAIL"},
		{"a panic", []string{"dnsserver-test:answer=panic"}, mdns.TypeA, "REFUSED"},
	} {
		t.Run(c.name, func(t *testing.T) {
			useNameSpaces(t, c.paths...)
			s := newServer(t)
			if got := show(s.query(t, "udp", newQuery("v4.example.", c.types))); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
			if got := show(s.query(t, "udp", newQuery("localhost.", mdns.TypeA))); c.want == "NXDOMAIN" && got != "NOERROR | localhost. 30 IN A 127.0.0.1" {
				t.Errorf("localhost is %s", got)
			}
		})
	}
}

// Without WSAStartup nothing is known.
func TestNotStarted(t *testing.T) {
	s := newServer(t)
	if got := show(s.query(t, "udp", newQuery("v4.example.", mdns.TypeA))); got != "SERVFAIL" {
		t.Errorf("got %s", got)
	}
}

func TestLearn(t *testing.T) {
	u := newUpstream(t, testZone(t).answer)
	useNameSpaces(t, hostsPath(t, "192.0.2.50 first.example second.example"), u.path(t))
	s := newServer(t)
	hostnames.Use()() // forgets what other tests have looked up
	defer hostnames.Use()()
	for _, c := range []struct {
		name  string
		types uint16
		addr  string
		want  string
	}{
		{"alias.example.", mdns.TypeAAAA, "2001:db8::1", "alias.example alias2.example both.example"},
		{"second.example.", mdns.TypeA, "192.0.2.50", "second.example first.example"},
		{"_ldap._tcp.example.", mdns.TypeSRV, "192.0.2.1", "v4.example"},
		{"site.example.", mdns.TypeHTTPS, "192.0.2.7", "site.example"},
		{"site.example.", mdns.TypeHTTPS, "2001:db8::7", "site.example"},
		{"1.2.0.192.in-addr.arpa.", mdns.TypePTR, "192.0.2.1", "v4.example"}, // no more than before
	} {
		s.query(t, "udp", newQuery(c.name, c.types))
		if got := strings.Join(hostnames.Of(netip.MustParseAddr(c.addr)), " "); got != c.want {
			t.Errorf("after %s %s: the names of %s are %q, want %q", c.name, mdns.Type(c.types), c.addr, got, c.want)
		}
	}
}

// Whoever answers for one name must not speak for another.
func TestLearnsNoStrangers(t *testing.T) {
	hostnames.Use()() // forgets what other tests have looked up
	defer hostnames.Use()()
	m := new(mdns.Msg).SetQuestion("evil.example.", mdns.TypeA)
	for _, line := range []string{"evil.example. 1 IN A 198.51.100.1", "bank.example. 1 IN A 198.51.100.2"} {
		rr, err := mdns.NewRR(line)
		must(t, err)
		m.Answer = append(m.Answer, rr)
		m.Extra = append(m.Extra, rr)
	}
	learn(m)
	for addr, want := range map[string][]string{"198.51.100.1": {"evil.example"}, "198.51.100.2": nil} {
		if got := hostnames.Of(netip.MustParseAddr(addr)); !slices.Equal(got, want) {
			t.Errorf("the names of %s are %q, want %q", addr, got, want)
		}
	}
}

func TestGoResolver(t *testing.T) {
	u := newUpstream(t, testZone(t).answer)
	useNameSpaces(t, hostsPath(t, "192.0.2.50 first.hosts"), u.path(t))
	s := newServer(t)
	for _, v6 := range []bool{false, true} {
		if v6 && !s.Addr(true).IsValid() {
			continue
		}
		r := net.Resolver{PreferGo: true, Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, s.Addr(v6).String())
		}}
		addrs, err := r.LookupHost(t.Context(), "both.example.")
		slices.Sort(addrs)
		if err != nil || !slices.Equal(addrs, []string{"192.0.2.1", "2001:db8::1"}) {
			t.Errorf("LookupHost: %v, %v", addrs, err)
		}
		if addrs, err := r.LookupHost(t.Context(), "big.example."); err != nil || len(addrs) != 200 { // truncated, then by TCP
			t.Errorf("LookupHost of a big name: %d, %v", len(addrs), err)
		}
		if addrs, err := r.LookupHost(t.Context(), "first.hosts."); err != nil || !slices.Equal(addrs, []string{"192.0.2.50"}) {
			t.Errorf("LookupHost of the hosts file: %v, %v", addrs, err)
		}
		if name, err := r.LookupCNAME(t.Context(), "alias2.example."); err != nil || name != "both.example." {
			t.Errorf("LookupCNAME: %v, %v", name, err)
		}
		if _, err := r.LookupHost(t.Context(), "nosuch.example."); err == nil || !err.(*net.DNSError).IsNotFound {
			t.Errorf("LookupHost of no name: %v", err)
		}
		if names, err := r.LookupAddr(t.Context(), "192.0.2.1"); err != nil || !slices.Equal(names, []string{"v4.example."}) {
			t.Errorf("LookupAddr: %v, %v", names, err)
		}
		if texts, err := r.LookupTXT(t.Context(), "text.example."); err != nil || !slices.Equal(texts, []string{"hello world"}) {
			t.Errorf("LookupTXT: %v, %v", texts, err)
		}
		if _, places, err := r.LookupSRV(t.Context(), "ldap", "tcp", "example."); err != nil || len(places) != 1 || places[0].Port != 3268 {
			t.Errorf("LookupSRV: %v, %v", places, err)
		}
	}
}

// A testProvider is a name space that takes no messages and answers every
// question in one way.
type testProvider struct {
	spi.NameProvider
	answer string
}

func init() {
	spi.RegisterName(&spi.NameDriver{
		Name:    "dnsserver-test",
		Options: []spi.Option{{Key: "answer", Kind: spi.Text}},
		Info:    wsa.NamespaceInfo{NameSpace: wsa.NS_DNS, Identifier: "test"},
		Startup: func(p *spi.NameStartupParams) (spi.NameProvider, error) {
			return &testProvider{answer: p.Options.Text("answer")}, nil
		},
	})
}

func (p *testProvider) Cleanup() error { return nil }

func (p *testProvider) LookupServiceBegin(_ context.Context, q *wsa.QuerySet, _ *wsa.ServiceClassInfo, _ uint32) (spi.Lookup, error) {
	if q.ServiceClassID != wsa.SVCID_HOSTNAME {
		return nil, wsa.WSASERVICE_NOT_FOUND
	}
	return &testLookup{answer: p.answer}, nil
}

type testLookup struct {
	answer string
	n      int
}

func (l *testLookup) End() error { return nil }

func (l *testLookup) Next(context.Context, uint32) (*wsa.QuerySet, error) {
	if l.n++; l.n > 1 {
		return nil, wsa.WSA_E_NO_MORE
	}
	switch l.answer {
	case "panic":
		panic("as the test wants")
	case "alias":
		remote := wsa.SockaddrFrom(netip.MustParseAddrPort("192.0.2.77:0"))
		return &wsa.QuerySet{ServiceInstanceName: "real.example", Addrs: []wsa.CSAddrInfo{{RemoteAddr: remote}}}, nil
	}
	for _, err := range []wsa.Errno{wsa.WSAHOST_NOT_FOUND, wsa.WSATRY_AGAIN, wsa.WSANO_RECOVERY, wsa.WSANO_DATA, wsa.WSAENETDOWN} {
		if l.answer == err.Name() {
			return nil, err
		}
	}
	return nil, wsa.WSAEFAULT
}

// A fault answers in the place of all providers, for the question that it is
// about, and the server's own look-ups are not asked about again.
func TestNameFaults(t *testing.T) {
	u := newUpstream(t, testZone(t).answer)
	useNameSpaces(t, hostsPath(t, "192.0.2.50 six.example"), u.path(t))
	s := newServer(t)
	var mu sync.Mutex // protects what follows
	var asked []string
	var answer error
	defer spi.FaultNames(func(_ context.Context, name string) error {
		mu.Lock()
		defer mu.Unlock()
		asked = append(asked, name)
		return answer
	})()
	// ask asks once, with an answer of the fault, and tells what it was asked about.
	ask := func(fault error, network, name string, rrtype uint16) (got string, about []string) {
		mu.Lock()
		answer, asked = fault, nil
		mu.Unlock()
		got = show(s.query(t, network, newQuery(name, rrtype)))
		mu.Lock()
		defer mu.Unlock()
		return got, asked
	}
	for err, want := range map[error]string{
		nil:                   "NOERROR | v4.example. 300 IN A 192.0.2.1",
		wsa.WSAHOST_NOT_FOUND: "NXDOMAIN",
		wsa.WSATRY_AGAIN:      "SERVFAIL",
		wsa.WSANO_RECOVERY:    "REFUSED",
		wsa.WSANO_DATA:        "NOERROR",
	} {
		u.questions()
		got, about := ask(err, "udp", "V4.example.", mdns.TypeA)
		if !strings.EqualFold(got, want) || !slices.Equal(about, []string{"v4.example"}) || len(u.questions()) == 1 != (err == nil) {
			t.Errorf("%v: %s, want %s; asked about %q", err, got, want, about)
		}
	}
	if got, about := ask(wsa.WSAHOST_NOT_FOUND, "tcp", "1.2.0.192.in-addr.arpa.", mdns.TypePTR); got != "NXDOMAIN" || !slices.Equal(about, []string{"192.0.2.1"}) {
		t.Errorf("of an address: %s, asked about %q", got, about)
	}
}
