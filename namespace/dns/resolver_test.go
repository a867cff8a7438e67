// SPDX-License-Identifier: Apache-2.0

package dns

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	mdns "github.com/miekg/dns"

	"winsock/wsa"
)

// show writes a host as "name alias...: address...".
func show(h Host) string {
	if h.Name == "" {
		return ""
	}
	var addrs []string
	for _, a := range h.Addrs {
		addrs = append(addrs, a.String())
	}
	return strings.Join(append([]string{h.Name}, h.Aliases...), " ") + ": " + strings.Join(addrs, " ")
}

func testZone(t *testing.T) zone {
	lines := []string{
		". 60 IN SOA ns. host. 1 2 3 4 30",
		"v4.example. 60 IN A 192.0.2.1",
		"v6.example. 60 IN AAAA 2001:db8::1",
		"both.example. 60 IN A 192.0.2.1", "both.example. 60 IN A 192.0.2.2", "both.example. 60 IN AAAA 2001:db8::1",
		"twice.example. 60 IN A 192.0.2.1", "twice.example. 60 IN A 192.0.2.1",
		"alias.example. 60 IN CNAME alias2.example.", "alias2.example. 60 IN CNAME both.example.",
		"dangling.example. 60 IN CNAME nosuch.example.",
		"loop.example. 60 IN CNAME loop2.example.", "loop2.example. 60 IN CNAME loop.example.",
		"self.example. 60 IN CNAME self.example.",
		`odd.example. 60 IN CNAME a\032b.example.`,
		"text.example. 60 IN TXT hello world",
		"mail.example. 60 IN MX 10 both.example.",
		"1.2.0.192.in-addr.arpa. 60 IN PTR v4.example.", "1.2.0.192.in-addr.arpa. 60 IN PTR second.example.",
		`2.2.0.192.in-addr.arpa. 60 IN PTR $(reboot).example.`,
		"_ldap._tcp.example. 60 IN SRV 20 0 389 v4.example.",
		"_ldap._tcp.example. 60 IN SRV 10 5 3268 both.example.",
		"_ldap._tcp.example. 60 IN SRV 5 0 1 nosuch.example.",
		"_none._tcp.example. 60 IN SRV 0 0 0 .",
		"inside.search.example. 60 IN A 192.0.2.9",
	}
	for i := range 200 {
		lines = append(lines, fmt.Sprintf("big.example. 60 IN A 198.51.100.%d", i))
	}
	for i := range 30 {
		lines = append(lines, fmt.Sprintf("long%d.example. 60 IN CNAME long%d.example.", i, i+1))
	}
	return newZone(t, lines...)
}

func TestHost(t *testing.T) {
	s := newServer(t, testZone(t).answer)
	config := patient(s.addr)
	config.Search = []string{"search.example"}
	r := NewResolver(config, nil)
	for _, c := range []struct {
		name   string
		v4, v6 bool
		want   string
		err    error
	}{
		{"v4.example", true, true, "v4.example: 192.0.2.1", nil},
		{"V4.Example.", true, true, "v4.example: 192.0.2.1", nil}, // from the cache
		{"v4.example", false, true, "", wsa.WSANO_DATA},
		{"v6.example", true, true, "v6.example: 2001:db8::1", nil},
		{"v6.example", true, false, "", wsa.WSANO_DATA},
		{"both.example", true, true, "both.example: 192.0.2.1 192.0.2.2 2001:db8::1", nil},
		{"both.example", false, true, "both.example: 2001:db8::1", nil},
		{"twice.example", true, false, "twice.example: 192.0.2.1", nil},
		{"alias.example", true, true, "both.example alias.example alias2.example: 192.0.2.1 192.0.2.2 2001:db8::1", nil},
		{"dangling.example", true, true, "", wsa.WSAHOST_NOT_FOUND},
		{"loop.example", true, true, "", wsa.WSANO_RECOVERY},
		{"self.example", true, false, "", wsa.WSANO_RECOVERY},
		{"long0.example", true, false, "", wsa.WSANO_RECOVERY},
		{"odd.example", true, false, "", wsa.WSANO_RECOVERY},
		{"text.example", true, true, "", wsa.WSANO_DATA},
		{"nosuch.example", true, true, "", wsa.WSAHOST_NOT_FOUND},
		{"inside", true, true, "inside.search.example: 192.0.2.9", nil},
		{"inside.", true, true, "", wsa.WSAHOST_NOT_FOUND},
		{"bad name", true, true, "", wsa.WSAHOST_NOT_FOUND},
		{"a..b", true, true, "", wsa.WSAHOST_NOT_FOUND},
		{"", true, true, "", wsa.WSAHOST_NOT_FOUND},
		{strings.Repeat("a", 64), true, true, "", wsa.WSAHOST_NOT_FOUND},
	} {
		h, err := r.Host(t.Context(), c.name, c.v4, c.v6)
		if show(h) != c.want || err != c.err {
			t.Errorf("%s (v4 %v, v6 %v) = %q, %v; want %q, %v", c.name, c.v4, c.v6, show(h), err, c.want, c.err)
		}
	}
}

// RFC 6761, RFC 7686: these names do not reach a server.
func TestSpecialNamesStayHere(t *testing.T) {
	s := newServer(t, testZone(t).answer)
	r := NewResolver(patient(s.addr), nil)
	for name, want := range map[string]string{
		"localhost": "localhost: 127.0.0.1 ::1", "a.LocalHost.": "a.LocalHost: 127.0.0.1 ::1", "x.invalid": "", "x.onion": "",
	} {
		if h, err := r.Host(t.Context(), name, true, true); show(h) != want || (err == nil) != (want != "") {
			t.Errorf("%s = %q, %v; want %q", name, show(h), err, want)
		}
	}
	if h, err := r.Name(t.Context(), netip.MustParseAddr("127.0.0.9")); err != nil || h.Name != "localhost" {
		t.Errorf("127.0.0.9 is %+v, %v", h, err)
	}
	if asked := s.questions(); len(asked) != 0 {
		t.Errorf("the server was asked %q", asked)
	}
}

func TestTruncatedAnswersComeByTCP(t *testing.T) {
	s := newServer(t, testZone(t).answer)
	h, err := NewResolver(patient(s.addr), nil).Host(t.Context(), "big.example", true, false)
	if err != nil || len(h.Addrs) != 200 {
		t.Errorf("%d addresses, %v; want all 200", len(h.Addrs), err)
	}
	if want := []string{"udp big.example. A", "tcp big.example. A"}; !slices.Equal(s.questions(), want) {
		t.Errorf("asked %q, want %q", s.questions(), want)
	}
	config := patient(s.addr)
	config.TCP = true
	if _, err := NewResolver(config, nil).Host(t.Context(), "v4.example", true, false); err != nil || s.questions()[2] != "tcp v4.example. A" {
		t.Errorf("use-vc: asked %q, %v", s.questions(), err)
	}
}

// A blind attacker's answers are passed over, and the wait goes on.
func TestForgedAnswersAreIgnored(t *testing.T) {
	z := testZone(t)
	forged, err := mdns.NewRR("v4.example. 60 IN A 203.0.113.66")
	if err != nil {
		t.Fatal(err)
	}
	for name, forge := range map[string]func(m *mdns.Msg){
		"wrong id":        func(m *mdns.Msg) { m.Id++ },
		"wrong name":      func(m *mdns.Msg) { m.Question[0].Name = "other.example." },
		"wrong type":      func(m *mdns.Msg) { m.Question[0].Qtype = mdns.TypeAAAA },
		"wrong class":     func(m *mdns.Msg) { m.Question[0].Qclass = mdns.ClassCHAOS },
		"no question":     func(m *mdns.Msg) { m.Question = nil },
		"two questions":   func(m *mdns.Msg) { m.Question = append(m.Question, m.Question[0]) },
		"a question back": func(m *mdns.Msg) { m.Response = false },
		"an update":       func(m *mdns.Msg) { m.Opcode = mdns.OpcodeUpdate },
	} {
		t.Run(name, func(t *testing.T) {
			s := newServer(t, func(w mdns.ResponseWriter, ask *mdns.Msg) {
				m := new(mdns.Msg).SetReply(ask)
				m.RecursionAvailable = true
				m.Answer = []mdns.RR{forged}
				forge(m)
				_ = w.WriteMsg(m)
				_, _ = w.Write([]byte("noise"))
				z.answer(w, ask)
			})
			h, err := NewResolver(patient(s.addr), nil).Host(t.Context(), "v4.example", true, false)
			if show(h) != "v4.example: 192.0.2.1" || err != nil {
				t.Errorf("got %q, %v", show(h), err)
			}
		})
	}
}

// Records of other names and classes in an answer do not count.
func TestForeignRecordsAreIgnored(t *testing.T) {
	z := newZone(t, "x. 60 IN A 203.0.113.1", "v4.example. 60 CH A 203.0.113.2")
	s := newServer(t, func(w mdns.ResponseWriter, ask *mdns.Msg) {
		m := new(mdns.Msg).SetReply(ask)
		m.RecursionAvailable = true
		m.Answer = slices.Concat(z["x."], z["v4.example."])
		_ = w.WriteMsg(m)
	})
	if h, err := NewResolver(patient(s.addr), nil).Host(t.Context(), "v4.example", true, false); err != wsa.WSANO_DATA {
		t.Errorf("got %q, %v; want WSANO_DATA", show(h), err)
	}
}

func TestServersAreTriedInTurn(t *testing.T) {
	z := testZone(t)
	lame := func(w mdns.ResponseWriter, ask *mdns.Msg) { _ = w.WriteMsg(new(mdns.Msg).SetReply(ask)) }
	good := newServer(t, z.answer).addr
	for name, bad := range map[string]string{
		"closed port": closedPort(t),
		"silent":      newServer(t, silent).addr,
		"SERVFAIL":    newServer(t, rcode(mdns.RcodeServerFailure)).addr,
		"REFUSED":     newServer(t, rcode(mdns.RcodeRefused)).addr,
		"FORMERR":     newServer(t, rcode(mdns.RcodeFormatError)).addr,
		"no resolver": newServer(t, lame).addr,
	} {
		config := patient(bad, good)
		if name == "silent" {
			// Only its own wait may be short, or the good server's may be too.
			config.Timeout, config.Attempts = 200*time.Millisecond, maxAttempts*10
		}
		h, err := NewResolver(config, nil).Host(t.Context(), "v4.example", true, false)
		if show(h) != "v4.example: 192.0.2.1" || err != nil {
			t.Errorf("%s: got %q, %v", name, show(h), err)
		}
	}
}

func TestFailures(t *testing.T) {
	refused, formerr := newServer(t, rcode(mdns.RcodeRefused)), newServer(t, rcode(mdns.RcodeFormatError))
	for _, c := range []struct {
		name    string
		servers []string
		want    error
	}{
		{"no server at all", nil, wsa.WSATRY_AGAIN},
		{"closed port", []string{closedPort(t)}, wsa.WSATRY_AGAIN},
		{"silent", []string{newServer(t, silent).addr}, wsa.WSATRY_AGAIN},
		{"SERVFAIL", []string{newServer(t, rcode(mdns.RcodeServerFailure)).addr}, wsa.WSATRY_AGAIN},
		{"REFUSED", []string{refused.addr}, wsa.WSANO_RECOVERY},
		{"FORMERR", []string{formerr.addr}, wsa.WSANO_RECOVERY},
		{"REFUSED and closed", []string{refused.addr, closedPort(t)}, wsa.WSATRY_AGAIN},
	} {
		config := hasty(c.servers...)
		if strings.HasSuffix(c.name, "R") || strings.HasSuffix(c.name, "ED") {
			config = patient(c.servers...)
		}
		if h, err := NewResolver(config, nil).Host(t.Context(), "v4.example", true, true); err != c.want {
			t.Errorf("%s: got %q, %v; want %v", c.name, show(h), err, c.want)
		}
	}
}

// A server from before EDNS is asked again without.
func TestOldServer(t *testing.T) {
	z := testZone(t)
	s := newServer(t, func(w mdns.ResponseWriter, ask *mdns.Msg) {
		if ask.IsEdns0() != nil {
			m := new(mdns.Msg)
			m.Id, m.Response, m.Rcode = ask.Id, true, mdns.RcodeFormatError // without the question
			_ = w.WriteMsg(m)
			return
		}
		z.answer(w, ask)
	})
	if h, err := NewResolver(patient(s.addr), nil).Host(t.Context(), "v4.example", true, false); show(h) != "v4.example: 192.0.2.1" || err != nil {
		t.Errorf("got %q, %v", show(h), err)
	}
}

// A chain whose end the server did not send along is asked for step by step.
func TestChainOverSeveralAnswers(t *testing.T) {
	z := testZone(t)
	s := newServer(t, func(w mdns.ResponseWriter, ask *mdns.Msg) {
		m := new(mdns.Msg).SetReply(ask)
		m.RecursionAvailable = true
		m.Answer = z[strings.ToLower(ask.Question[0].Name)]
		_ = w.WriteMsg(m)
	})
	r := NewResolver(patient(s.addr), nil)
	if h, err := r.Host(t.Context(), "alias.example", true, false); show(h) != "both.example alias.example alias2.example: 192.0.2.1 192.0.2.2" || err != nil {
		t.Errorf("got %q, %v", show(h), err)
	}
	if _, err := r.Host(t.Context(), "loop.example", true, false); err != wsa.WSANO_RECOVERY {
		t.Errorf("a loop over several answers: %v, want WSANO_RECOVERY", err)
	}
	if _, err := r.Host(t.Context(), "long0.example", true, false); err != wsa.WSANO_RECOVERY {
		t.Errorf("an endless chain: %v, want WSANO_RECOVERY", err)
	}
}

func TestCancel(t *testing.T) {
	asked := make(chan struct{}, 16)
	s := newServer(t, func(mdns.ResponseWriter, *mdns.Msg) { asked <- struct{}{} })
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	failure := make(chan error)
	go func() {
		_, err := NewResolver(patient(s.addr), nil).Host(ctx, "v4.example", true, true)
		failure <- err
	}()
	<-asked
	cancel()
	if err := <-failure; err != wsa.WSA_E_CANCELLED {
		t.Errorf("a cancelled look-up: %v, want WSA_E_CANCELLED", err)
	}
	if _, err := NewResolver(patient(s.addr), nil).Host(ctx, "v4.example", true, true); err != wsa.WSA_E_CANCELLED {
		t.Errorf("a look-up that is cancelled already: %v", err)
	}
}

func TestDialerOfTheCaller(t *testing.T) {
	s := newServer(t, testZone(t).answer)
	dialled := make(chan string, 4)
	r := NewResolver(patient("192.0.2.53:53"), func(ctx context.Context, network, address string) (net.Conn, error) {
		dialled <- network + " " + address
		return new(net.Dialer).DialContext(ctx, network, s.addr)
	})
	if h, err := r.Host(t.Context(), "big.example", true, false); err != nil || len(h.Addrs) != 200 {
		t.Errorf("got %q, %v", show(h), err)
	}
	if a, b := <-dialled, <-dialled; a != "udp 192.0.2.53:53" || b != "tcp 192.0.2.53:53" {
		t.Errorf("dialled %q and %q", a, b)
	}
	calls := 0
	r = NewResolver(patient("192.0.2.53:53"), func(context.Context, string, string) (net.Conn, error) {
		calls++
		return nil, syscall.ENETUNREACH
	})
	if _, err := r.Host(t.Context(), "big.example", true, false); err != wsa.WSATRY_AGAIN || calls != 1 {
		t.Errorf("without a network: %v after %d attempts", err, calls)
	}
}

// A stream that breaks off, or answers something else, is no answer.
func TestBrokenStreams(t *testing.T) {
	for name, reply := range map[string]func(ask *mdns.Msg) []byte{
		"nothing":     func(*mdns.Msg) []byte { return nil },
		"half length": func(*mdns.Msg) []byte { return []byte{0} },
		"half answer": func(*mdns.Msg) []byte { return []byte{0, 100, 1, 2, 3} },
		"noise":       func(*mdns.Msg) []byte { return []byte{0, 5, 1, 2, 3, 4, 5} },
		"wrong id": func(ask *mdns.Msg) []byte {
			m := new(mdns.Msg).SetReply(ask)
			m.Id++
			packed, _ := m.Pack()
			return append([]byte{byte(len(packed) >> 8), byte(len(packed))}, packed...)
		},
	} {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			c, err := l.Accept()
			if err != nil {
				t.Error(err)
				return
			}
			defer c.Close()
			ask, err := (&mdns.Conn{Conn: c}).ReadMsg()
			if err != nil {
				t.Error(err)
				return
			}
			if _, err := c.Write(reply(ask)); err != nil {
				t.Error(err)
			}
		}()
		config := patient(l.Addr().String())
		config.TCP = true
		if h, err := NewResolver(config, nil).Host(t.Context(), "v4.example", true, false); err != wsa.WSATRY_AGAIN {
			t.Errorf("%s: %q, %v; want WSATRY_AGAIN", name, show(h), err)
		}
		<-ended
		l.Close()
	}
}

func TestRotate(t *testing.T) {
	z := testZone(t)
	a, b := newServer(t, z.answer), newServer(t, z.answer)
	config := patient(a.addr, b.addr)
	config.Rotate = true
	r := NewResolver(config, nil)
	for i := range 8 {
		if _, err := r.Host(t.Context(), fmt.Sprintf("no%d.example", i), true, false); err != wsa.WSAHOST_NOT_FOUND {
			t.Fatal(err)
		}
	}
	if len(a.questions()) != 4 || len(b.questions()) != 4 {
		t.Errorf("the servers were asked %d and %d times, want 4 each", len(a.questions()), len(b.questions()))
	}
}

func TestName(t *testing.T) {
	s := newServer(t, testZone(t).answer)
	r := NewResolver(patient(s.addr), nil)
	for addr, want := range map[string]struct {
		host string
		err  error
	}{
		"192.0.2.1":        {"v4.example second.example: 192.0.2.1", nil},
		"192.0.2.2":        {"", wsa.WSANO_DATA}, // a name that is a command
		"192.0.2.3":        {"", wsa.WSAHOST_NOT_FOUND},
		"2001:db8::1":      {"", wsa.WSAHOST_NOT_FOUND},
		"::ffff:192.0.2.1": {"v4.example second.example: ::ffff:192.0.2.1", nil},
	} {
		if h, err := r.Name(t.Context(), netip.MustParseAddr(addr)); show(h) != want.host || err != want.err {
			t.Errorf("%s = %q, %v; want %q, %v", addr, show(h), err, want.host, want.err)
		}
	}
}

func TestServices(t *testing.T) {
	s := newServer(t, testZone(t).answer)
	r := NewResolver(patient(s.addr), nil)
	list, err := r.Services(t.Context(), "_ldap._tcp.example", true, false)
	var got []string
	for _, s := range list {
		got = append(got, fmt.Sprint(s.Target, " ", s.Port, " ", s.Addrs))
	}
	want := []string{"both.example 3268 [192.0.2.1 192.0.2.2]", "v4.example 389 [192.0.2.1]"}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("got %q, %v; want %q (lowest priority first, no place without an address)", got, err, want)
	}
	for name, want := range map[string]error{"_none._tcp.example": wsa.WSANO_DATA, "_x._tcp.example": wsa.WSAHOST_NOT_FOUND} {
		if _, err := r.Services(t.Context(), name, true, true); err != want {
			t.Errorf("%s: %v, want %v", name, err, want)
		}
	}
}

// RFC 2782: every order can come, the heavy ones first more often.
func TestLots(t *testing.T) {
	heavyFirst := 0
	for range 1000 {
		list := sortServices([]mdns.RR{
			&mdns.SRV{Priority: 1, Weight: 1, Port: 1}, &mdns.SRV{Priority: 1, Weight: 99, Port: 99}, &mdns.SRV{Priority: 0, Port: 7},
		})
		if len(list) != 3 || list[0].Port != 7 || list[1].Port == list[2].Port {
			t.Fatalf("sorted to %v", list)
		}
		if list[1].Port == 99 {
			heavyFirst++
		}
	}
	if heavyFirst < 800 || heavyFirst == 1000 { // expected 980, deviation 5
		t.Errorf("the place with 99%% of the weight came first %d times of 1000", heavyFirst)
	}
}

func FuzzFollow(f *testing.F) {
	for _, lines := range [][]string{
		{"a.example. 60 IN CNAME b.example.", "b.example. 60 IN A 192.0.2.1"},
		{"a.example. 60 IN CNAME a.example."},
		{"a.example. 60 IN A 192.0.2.1", "a.example. 60 IN A 192.0.2.2"},
	} {
		m := new(mdns.Msg).SetQuestion("a.example.", mdns.TypeA)
		for _, line := range lines {
			rr, err := mdns.NewRR(line)
			if err != nil {
				f.Fatal(err)
			}
			m.Answer = append(m.Answer, rr)
		}
		packed, err := m.Pack()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(packed)
	}
	f.Fuzz(func(t *testing.T, packed []byte) {
		m := new(mdns.Msg)
		if m.Unpack(packed) != nil {
			return
		}
		set := &recordSet{name: "a.example.", ttl: maxTTL}
		err := set.follow(m, mdns.TypeA)
		if len(set.aliases) > maxChain || err == nil && len(set.records) > len(m.Answer) || set.ttl < 0 || set.ttl > maxTTL {
			t.Fatalf("%+v, %v", set, err)
		}
		set.addrs()
		negativeTTL(m)
	})
}
