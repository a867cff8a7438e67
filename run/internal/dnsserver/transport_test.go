// SPDX-License-Identifier: Apache-2.0

package dnsserver

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	mdns "github.com/miekg/dns"

	"winsock/spi/spitest/leak"
)

// dialTCP connects to the server.
func dialTCP(t testing.TB, s *Server) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", s.Addr(false).String())
	must(t, err)
	t.Cleanup(func() { c.Close() })
	must(t, c.SetDeadline(time.Now().Add(waitTime)))
	return c
}

func pack(t testing.TB, m *mdns.Msg) []byte {
	t.Helper()
	packed, err := m.Pack()
	must(t, err)
	return packed
}

func frame(message []byte) []byte {
	return append(binary.BigEndian.AppendUint16(nil, uint16(len(message))), message...)
}

func unframe(t testing.TB, c net.Conn) *mdns.Msg {
	t.Helper()
	var length [2]byte
	_, err := io.ReadFull(c, length[:])
	must(t, err)
	return unpack(t, c, length)
}

// unpack reads what follows the length.
func unpack(t testing.TB, c net.Conn, length [2]byte) *mdns.Msg {
	t.Helper()
	buf := make([]byte, binary.BigEndian.Uint16(length[:]))
	_, err := io.ReadFull(c, buf)
	must(t, err)
	m := new(mdns.Msg)
	must(t, m.Unpack(buf))
	return m
}

// RFC 1035, 4.2.1; RFC 6891, 6.2.5: an answer by UDP is as long as the client
// says that it takes, and 512 bytes if it says nothing or less.
func TestTruncation(t *testing.T) {
	u := newUpstream(t, testZone(t).answer)
	var lines []string
	for i := range 250 {
		lines = append(lines, fmt.Sprintf("203.0.113.%d many.hosts", i))
	}
	useNameSpaces(t, hostsPath(t, lines...), u.path(t))
	s := newServer(t)
	c, err := net.Dial("udp", s.Addr(false).String())
	must(t, err)
	defer c.Close()
	must(t, c.SetDeadline(time.Now().Add(waitTime)))
	buf := make([]byte, maxMessage)
	for _, q := range []struct {
		name string
		all  int
	}{{"big.example.", 200}, {"many.hosts.", 250}} {
		for size, limit := range map[uint16]int{0: 512, 100: 512, 512: 512, 1232: 1232, 2000: 2000, 65535: maxDatagram} {
			m := new(mdns.Msg).SetQuestion(q.name, mdns.TypeA)
			if size != 0 {
				m.SetEdns0(size, false)
			}
			_, err := c.Write(pack(t, m))
			must(t, err)
			n, err := c.Read(buf)
			must(t, err)
			answer := new(mdns.Msg)
			must(t, answer.Unpack(buf[:n]))
			whole := len(answer.Answer) == q.all
			if n > limit || answer.Truncated == whole || len(answer.Answer) == 0 || (size > 4100) != whole || answer.Id != m.Id ||
				(answer.IsEdns0() != nil) != (size != 0) {
				t.Errorf("%s, EDNS size %d: %d bytes, %d records, truncated %v", q.name, size, n, len(answer.Answer), answer.Truncated)
			}
		}
		if answer := s.query(t, "tcp", new(mdns.Msg).SetQuestion(q.name, mdns.TypeA)); answer.Truncated || len(answer.Answer) != q.all {
			t.Errorf("%s by TCP: %d records, truncated %v", q.name, len(answer.Answer), answer.Truncated)
		}
	}
}

func TestShorten(t *testing.T) {
	m := new(mdns.Msg).SetQuestion("a.example.", mdns.TypeTXT)
	m.Response = true
	m.Answer = append(m.Answer, &mdns.TXT{Hdr: header("a.example.", mdns.TypeTXT), Txt: []string{strings.Repeat("x", 250), strings.Repeat("y", 250)}})
	m.Extra = append(m.Extra, &mdns.TSIG{Hdr: mdns.RR_Header{Name: "key.", Rrtype: mdns.TypeTSIG, Class: mdns.ClassANY},
		Algorithm: mdns.HmacSHA256, MACSize: 32, MAC: strings.Repeat("00", 32)})
	signed := pack(t, m)
	for name, answer := range map[string][]byte{"signed": signed, "unreadable": append(signed[:40:40], bytes.Repeat([]byte{0xff}, 600)...)} {
		short := new(mdns.Msg)
		must(t, short.Unpack(shorten(answer, 512)))
		if !short.Truncated || !short.Response || short.Id != m.Id || len(short.Question) != 1 || short.Question[0] != m.Question[0] || len(short.Answer) > 0 {
			t.Errorf("%s: shortened to\n%v", name, short)
		}
	}
}

// RFC 7766: a connection takes many queries at once, and answers come in the
// order in which they are found.
func TestPipelining(t *testing.T) {
	release := make(chan struct{})
	z := testZone(t)
	u := newUpstream(t, func(w mdns.ResponseWriter, m *mdns.Msg) {
		if m.Question[0].Name == "v4.example." {
			<-release
		}
		z.answer(w, m)
	})
	useNameSpaces(t, hostsPath(t, "192.0.2.50 first.hosts"), u.path(t))
	s := newServer(t)
	c := dialTCP(t, s)
	var stream []byte
	for i, name := range []string{"v4.example.", "first.hosts.", "both.example."} {
		m := newQuery(name, mdns.TypeA)
		m.Id = uint16(i)
		stream = append(stream, frame(pack(t, m))...)
	}
	for _, part := range [][]byte{stream[:1], stream[1:50], stream[50:]} { // cut where nothing ends
		_, err := c.Write(part)
		must(t, err)
	}
	must(t, c.(*net.TCPConn).CloseWrite()) // the answers come all the same
	got := []uint16{unframe(t, c).Id, unframe(t, c).Id}
	slices.Sort(got)
	close(release)
	if last := unframe(t, c).Id; !slices.Equal(got, []uint16{1, 2}) || last != 0 {
		t.Errorf("answers to %v came first, to %d last", got, last)
	}
	if _, err := c.Read(make([]byte, 1)); err != io.EOF {
		t.Errorf("after the last answer: %v, want EOF", err)
	}
}

// A stream ends when nothing comes, but not while a query is under way.
func TestIdleStream(t *testing.T) {
	asked, release := make(chan struct{}, 1), make(chan struct{})
	z := testZone(t)
	u := newUpstream(t, func(w mdns.ResponseWriter, m *mdns.Msg) {
		select {
		case asked <- struct{}{}:
		default:
		}
		<-release
		z.answer(w, m)
	})
	useNameSpaces(t, u.path(t))
	l := usual
	l.idle = 20 * time.Millisecond
	s, err := start(Config{}, l)
	must(t, err)
	defer s.Close()
	var busy net.Conn
	var length [2]byte
	received := make(chan error, 1)
	for under := false; !under; {
		busy = dialTCP(t, s)
		_, _ = busy.Write(frame(pack(t, newQuery("v4.example.", mdns.TypeA))))
		go func() { _, err := io.ReadFull(busy, length[:]); received <- err }()
		select {
		case <-asked:
			under = true
		case err := <-received:
			t.Log("the machine was too slow for the query to come before the stream was idle: ", err)
		}
	}
	if _, err := dialTCP(t, s).Read(make([]byte, 1)); err != io.EOF {
		t.Errorf("an idle stream: %v, want EOF", err)
	}
	close(release)
	must(t, <-received)
	if answer := unpack(t, busy, length); len(answer.Answer) != 1 {
		t.Errorf("the busy stream got\n%v", answer)
	}
}

func TestMalformed(t *testing.T) {
	useNameSpaces(t, hostsPath(t, "192.0.2.50 first.hosts"))
	s := newServer(t)
	good := pack(t, newQuery("first.hosts.", mdns.TypeA))
	with := func(change func(m []byte)) []byte {
		m := bytes.Clone(good)
		change(m)
		return m
	}
	twoOptions := newQuery("first.hosts.", mdns.TypeA)
	twoOptions.Extra = append(twoOptions.Extra, twoOptions.Extra[0])
	version := newQuery("first.hosts.", mdns.TypeA)
	version.IsEdns0().SetVersion(1)
	for _, c := range []struct {
		name    string
		message []byte
		want    string // nothing for silence
	}{
		{"empty", nil, ""},
		{"a byte less than a header", good[:headerSize-1], ""},
		{"an answer", with(func(m []byte) { m[flagsAt] |= 0x80 }), ""},
		{"a header alone", good[:headerSize], "FORMERR"},
		{"half a question", good[:headerSize+6], "FORMERR"},
		{"no question", with(func(m []byte) { m[countAt+1] = 0 }), "FORMERR"},
		{"two questions", with(func(m []byte) { m[countAt+1] = 2 }), "FORMERR"},
		{"a name that points to itself", with(func(m []byte) { m[headerSize], m[headerSize+1] = 0xc0, headerSize }), "FORMERR"},
		{"two options records", pack(t, twoOptions), "FORMERR"},
		{"a notification", with(func(m []byte) { m[flagsAt] |= mdns.OpcodeNotify << 3 }), "NOTIMP"},
		{"an update", with(func(m []byte) { m[flagsAt] |= mdns.OpcodeUpdate << 3 }), "NOTIMP"},
		{"a later EDNS", pack(t, version), "BADVERS"},
	} {
		reply := s.answer(c.message, true)
		if reply == nil || c.want == "" {
			if reply != nil || c.want != "" {
				t.Errorf("%s: %x, want %q", c.name, reply, c.want)
			}
			continue
		}
		m := new(mdns.Msg)
		must(t, m.Unpack(reply))
		if got := mdns.RcodeToString[m.Rcode]; got != c.want && !(c.want == "BADVERS" && m.Rcode == mdns.RcodeBadVers) {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
		if m.Id != binary.BigEndian.Uint16(good) && !strings.HasPrefix(c.name, "two options") && c.want != "BADVERS" || !m.Response || len(reply) > len(c.message)+11 {
			t.Errorf("%s: the reply is\n%v", c.name, m)
		}
	}
	// A stream with rubbish ends; others go on.
	c := dialTCP(t, s)
	_, err := c.Write(frame(good[:3]))
	must(t, err)
	if _, err := c.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
		t.Errorf("a stream with rubbish: %v, want EOF", err)
	}
	if got := show(s.query(t, "tcp", newQuery("first.hosts.", mdns.TypeA))); got != "NOERROR | first.hosts. 30 IN A 192.0.2.50" {
		t.Errorf("afterwards: %s", got)
	}
}

// However much is asked, there are no more goroutines than the limits say.
func TestLimits(t *testing.T) {
	release := make(chan struct{})
	z := testZone(t)
	reached := make(chan struct{}, 100)
	u := newUpstream(t, func(w mdns.ResponseWriter, m *mdns.Msg) {
		reached <- struct{}{}
		<-release
		z.answer(w, m)
	})
	useNameSpaces(t, u.path(t))
	l := usual
	l.queries, l.streams = 4, 2
	s, err := start(Config{}, l)
	must(t, err)
	defer s.Close()
	var group sync.WaitGroup
	for i := range 40 {
		network := []string{"udp", "tcp"}[i%2]
		group.Go(func() {
			client := mdns.Client{Net: network, Timeout: waitTime}
			answer, _, err := client.Exchange(newQuery("v4.example.", mdns.TypeA), s.Addr(false).String())
			if err != nil || len(answer.Answer) != 1 {
				t.Errorf("%s: %v", network, err)
			}
		})
	}
	for range l.queries {
		<-reached
	}
	if n, most := ownGoroutines(), l.queries+l.streams+4; n > most {
		t.Errorf("%d goroutines, want at most %d", n, most)
	}
	select {
	case <-reached:
		t.Error("more queries are under way than the limit allows")
	default:
	}
	close(release)
	group.Wait()
}

// ownGoroutines counts the goroutines of servers.
func ownGoroutines() int {
	buf := make([]byte, 1<<20)
	n := 0
	for _, g := range strings.Split(string(buf[:runtime.Stack(buf, true)]), "\n\n") {
		if strings.Contains(g, "dnsserver.(*Server)") && !strings.Contains(g, "dnsserver.Test") {
			n++
		}
	}
	return n
}

// Close ends what is under way, and leaves nothing behind.
func TestClose(t *testing.T) {
	release := make(chan struct{})
	asked := make(chan struct{}, 10)
	u := newUpstream(t, func(mdns.ResponseWriter, *mdns.Msg) {
		asked <- struct{}{}
		<-release
	})
	defer close(release)
	useNameSpaces(t, u.path(t))
	leak.Check(t)
	s, err := Start(Config{})
	must(t, err)
	c := dialTCP(t, s)
	defer c.Close()
	_, err = c.Write(frame(pack(t, newQuery("v4.example.", mdns.TypeA))))
	must(t, err)
	p, err := net.Dial("udp", s.Addr(false).String())
	must(t, err)
	defer p.Close()
	_, err = p.Write(pack(t, newQuery("text.example.", mdns.TypeTXT)))
	must(t, err)
	<-asked
	<-asked
	must(t, s.Close())
	must(t, s.Close())
	if n := ownGoroutines(); n > 0 {
		t.Errorf("%d goroutines are left", n)
	}
	if n, err := c.Read(make([]byte, 1)); err == nil {
		t.Errorf("the stream is still there: %d bytes", n)
	}
	if s.Queries() != 0 {
		t.Errorf("%d queries count as answered", s.Queries())
	}
}

// Each family has a port of its own, for both protocols.
func TestAddr(t *testing.T) {
	useNameSpaces(t, hostsPath(t, "192.0.2.50 first.hosts"))
	s := newServer(t)
	if !s.Addr(false).Addr().Is4() || !s.Addr(false).Addr().IsLoopback() {
		t.Errorf("the address is %v", s.Addr(false))
	}
	n := uint64(0)
	for _, v6 := range []bool{false, true} {
		if v6 && !s.Addr(true).IsValid() {
			t.Log("this host has no IPv6")
			continue
		}
		for _, network := range []string{"udp", "tcp"} {
			client := mdns.Client{Net: network, Timeout: waitTime}
			answer, _, err := client.Exchange(newQuery("first.hosts.", mdns.TypeA), s.Addr(v6).String())
			if err != nil || len(answer.Answer) != 1 {
				t.Errorf("%s %v: %v", network, s.Addr(v6), err)
			}
			n++
		}
	}
	if s.Queries() != n {
		t.Errorf("%d queries answered, want %d", s.Queries(), n)
	}
}

func TestIsOwn(t *testing.T) {
	for addr, want := range map[string]bool{"127.0.0.1": true, "127.9.9.9": true, "::1": true, "::ffff:127.0.0.1": true, "192.0.2.1": false, "2001:db8::1": false} {
		if got := isOwn(netip.MustParseAddr(addr)); got != want {
			t.Errorf("isOwn(%s) = %v", addr, got)
		}
	}
	list, err := net.InterfaceAddrs()
	must(t, err)
	for _, a := range list {
		addr, _ := netip.AddrFromSlice(a.(*net.IPNet).IP)
		if !isOwn(addr) {
			t.Errorf("isOwn(%v) = false", addr)
		}
	}
}

func TestConcurrency(t *testing.T) {
	u := newUpstream(t, testZone(t).answer)
	useNameSpaces(t, hostsPath(t, "192.0.2.50 first.hosts"), u.path(t))
	s := newServer(t)
	names := map[string]string{
		"v4.example.":   "NOERROR | v4.example. 300 IN A 192.0.2.1",
		"first.hosts.":  "NOERROR | first.hosts. 30 IN A 192.0.2.50",
		"nosuch.hosts.": "NXDOMAIN",
		"localhost.":    "NOERROR | localhost. 30 IN A 127.0.0.1",
	}
	var group sync.WaitGroup
	for i := range 16 {
		network := []string{"udp", "tcp"}[i%2]
		group.Go(func() {
			client := mdns.Client{Net: network, Timeout: waitTime}
			conn, err := client.Dial(s.Addr(false).String())
			if err != nil {
				t.Error(err)
				return
			}
			defer conn.Close()
			for range 20 {
				for name, want := range names {
					answer, _, err := client.ExchangeWithConn(newQuery(name, mdns.TypeA), conn)
					if err != nil || show(answer) != want {
						t.Errorf("%s by %s: %v, %v", name, network, answer, err)
						return
					}
				}
			}
		})
	}
	group.Wait()
}

// dig is what people look at servers with.
func TestDig(t *testing.T) {
	dig, err := exec.LookPath("dig")
	if err != nil {
		t.Skip("dig is not installed")
	}
	u := newUpstream(t, testZone(t).answer)
	useNameSpaces(t, hostsPath(t, "192.0.2.50 first.hosts"), u.path(t))
	s := newServer(t)
	for _, c := range []struct{ args, want string }{
		{"+short alias.example A", "alias2.example.\nboth.example.\n192.0.2.1"},
		{"+short +tcp alias.example AAAA", "alias2.example.\nboth.example.\n2001:db8::1"},
		{"+short first.hosts", "192.0.2.50"},
		{"+short -x 192.0.2.50", "first.hosts."},
		{"+short text.example TXT", `"hello world"`},
		{"+noall +comments nosuch.example", "status: NXDOMAIN"},
		{"+noall +comments +edns=1 +noednsnegotiation first.hosts", "status: BADVERS"},
		{"+noall +comments +opcode=update first.hosts", "status: NOTIMP"},
		{"+noall +answer +noedns big.example", "198.51.100.199"}, // comes back by TCP
		{"+noall +comments +ignore +noedns big.example", "flags: qr tc rd ra"},
		{"example AXFR", "Transfer failed"},
	} {
		args := append([]string{"@127.0.0.1", "-p", fmt.Sprint(s.Addr(false).Port()), "+tries=1", "+time=30"}, strings.Fields(c.args)...)
		out, err := exec.CommandContext(t.Context(), dig, args...).CombinedOutput()
		if err != nil || !strings.Contains(string(out), c.want) || strings.Contains(string(out), "WARNING") || strings.Contains(string(out), "Warning") {
			t.Errorf("dig %s: %v\n%s\nwant %q", c.args, err, out, c.want)
		}
	}
}

// Whatever comes in, the answer is a message that fits, with the sender's id.
func FuzzAnswer(f *testing.F) {
	useNameSpaces(f, hostsPath(f, "192.0.2.50 first.hosts", "127.0.0.1 localhost"))
	s := newServer(f)
	for _, m := range []*mdns.Msg{
		newQuery("first.hosts.", mdns.TypeA), newQuery("localhost.", mdns.TypeAAAA), newQuery("1.0.0.127.in-addr.arpa.", mdns.TypePTR),
		newQuery("x.", mdns.TypeMX), new(mdns.Msg).SetUpdate("x."), newQuery(`a\.\000.x.`, mdns.TypeA),
	} {
		f.Add(pack(f, m))
	}
	f.Fuzz(func(t *testing.T, message []byte) {
		reply := s.answer(message, true)
		if reply == nil {
			return
		}
		m := new(mdns.Msg)
		if err := m.Unpack(reply); err != nil {
			t.Fatalf("%x is answered with %x: %v", message, reply, err)
		}
		if m.Id != binary.BigEndian.Uint16(message) || !m.Response || len(reply) > maxDatagram {
			t.Fatalf("%x is answered with\n%v", message, m)
		}
		shorten(reply, mdns.MinMsgSize)
	})
}

// Whatever an upstream says is shortened and learnt without harm.
func FuzzUpstreamAnswer(f *testing.F) {
	m := newQuery("alias.example.", mdns.TypeA)
	m.Response = true
	for _, line := range []string{"alias.example. 1 IN CNAME b.example.", "b.example. 1 IN A 192.0.2.1", `b.example. 1 IN HTTPS 1 . ipv4hint=192.0.2.7`} {
		rr, err := mdns.NewRR(line)
		must(f, err)
		m.Answer = append(m.Answer, rr)
	}
	f.Add(pack(f, m))
	f.Fuzz(func(t *testing.T, answer []byte) {
		m := new(mdns.Msg)
		_ = m.Unpack(answer)
		learn(m)
		if len(answer) < headerSize {
			return
		}
		short := shorten(answer, mdns.MinMsgSize)
		if len(short) > mdns.MinMsgSize || !bytes.Equal(short[:2], answer[:2]) {
			t.Fatalf("%x is shortened to %x", answer, short)
		}
	})
}

func FuzzReverseAddr(f *testing.F) {
	f.Add("1.2.0.192.in-addr.arpa.")
	f.Add("1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.IP6.arpa")
	f.Fuzz(func(t *testing.T, name string) {
		addr, ok := reverseAddr(name)
		if ok != addr.IsValid() {
			t.Fatalf("%q: %v, %v", name, addr, ok)
		}
		if !ok {
			return
		}
		back, err := mdns.ReverseAddr(addr.String())
		if err != nil || !strings.EqualFold(strings.TrimSuffix(back, "."), strings.TrimSuffix(name, ".")) {
			t.Fatalf("%q is %v, whose name is %q (%v)", name, addr, back, err)
		}
	})
}
