// SPDX-License-Identifier: Apache-2.0

package dns

import (
	"fmt"
	"net"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	mdns "github.com/miekg/dns"
)

// TestMain looks for goroutines of this package that outlive its tests.
func TestMain(m *testing.M) {
	code := m.Run()
	deadline := time.Now().Add(time.Minute)
	for {
		left := ownGoroutines()
		if left == "" {
			break
		}
		if time.Now().After(deadline) {
			fmt.Fprintln(os.Stderr, "goroutines left behind:\n"+left)
			code = 1
			break
		}
		runtime.Gosched()
	}
	os.Exit(code)
}

func ownGoroutines() string {
	buf := make([]byte, 1<<20)
	var own []string
	for _, g := range strings.Split(string(buf[:runtime.Stack(buf, true)]), "\n\n") {
		if strings.Contains(g, "winsock/namespace/dns.") && !strings.Contains(g, "TestMain") {
			own = append(own, g)
		}
	}
	return strings.Join(own, "\n\n")
}

// A server is a name server of the test's own, on loopback, by UDP and TCP.
type server struct {
	addr string

	mu    sync.Mutex // protects asked
	asked []string   // "udp name type" of each question
}

// newServer starts a server that lets handle answer.
func newServer(t *testing.T, handle func(w mdns.ResponseWriter, ask *mdns.Msg)) *server {
	t.Helper()
	s := &server{}
	handler := mdns.HandlerFunc(func(w mdns.ResponseWriter, ask *mdns.Msg) {
		q := ask.Question[0]
		s.mu.Lock()
		s.asked = append(s.asked, w.LocalAddr().Network()+" "+q.Name+" "+mdns.TypeToString[q.Qtype])
		s.mu.Unlock()
		handle(w, ask)
	})
	var packets net.PacketConn
	var listener net.Listener
	for range 20 { // until a port is free for both
		var err error
		if packets, err = net.ListenPacket("udp", "127.0.0.1:0"); err != nil {
			t.Fatal(err)
		}
		if listener, err = net.Listen("tcp", packets.LocalAddr().String()); err == nil {
			break
		}
		packets.Close()
		listener = nil
	}
	if listener == nil {
		t.Fatal("no port is free for both UDP and TCP")
	}
	s.addr = packets.LocalAddr().String()
	for _, serving := range []*mdns.Server{{PacketConn: packets, Handler: handler}, {Listener: listener, Handler: handler}} {
		started := make(chan struct{})
		serving.NotifyStartedFunc = func() { close(started) }
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			if err := serving.ActivateAndServe(); err != nil {
				t.Errorf("the test's name server: %v", err)
			}
		}()
		<-started
		t.Cleanup(func() {
			if err := serving.Shutdown(); err != nil {
				t.Error(err)
			}
			<-ended
		})
	}
	return s
}

func (s *server) questions() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.asked...)
}

// A zone is a set of records, in zone file form, that a server answers from
// as a resolver would.
type zone map[string][]mdns.RR // by lower-case name

func newZone(t *testing.T, lines ...string) zone {
	t.Helper()
	z := zone{}
	for _, line := range lines {
		rr, err := mdns.NewRR(line)
		if err != nil {
			t.Fatal(err)
		}
		name := strings.ToLower(rr.Header().Name)
		z[name] = append(z[name], rr)
	}
	return z
}

// answer answers from the zone: aliases are followed within it, an unknown
// name is NXDOMAIN, and an SOA of the root says how long to remember that.
func (z zone) answer(w mdns.ResponseWriter, ask *mdns.Msg) {
	m := new(mdns.Msg).SetReply(ask)
	m.RecursionAvailable = true
	q := ask.Question[0]
	name := strings.ToLower(q.Name)
	for range 32 {
		records, known := z[name]
		if !known {
			m.Rcode = mdns.RcodeNameError
		}
		next := ""
		for _, rr := range records {
			if rr.Header().Rrtype == q.Qtype {
				m.Answer = append(m.Answer, rr)
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
	m.Ns = append(m.Ns, z["."]...)
	if o := ask.IsEdns0(); o != nil {
		m.SetEdns0(udpSize, false)
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
func rcode(code int) func(mdns.ResponseWriter, *mdns.Msg) {
	return func(w mdns.ResponseWriter, ask *mdns.Msg) {
		_ = w.WriteMsg(new(mdns.Msg).SetRcode(ask, code))
	}
}

// silent never answers.
func silent(mdns.ResponseWriter, *mdns.Msg) {}

// patient is a configuration whose time-outs never strike.
func patient(servers ...string) Config {
	return Config{Servers: servers, Ndots: 1, Timeout: 30 * time.Second, Attempts: 1}
}

// hasty is a configuration for servers that do not answer.
func hasty(servers ...string) Config {
	return Config{Servers: servers, Ndots: 1, Timeout: 20 * time.Millisecond, Attempts: 2}
}

// closedPort returns an address at which nobody answers: the socket there
// takes nothing but from its own peer, so that all else is refused.
func closedPort(t *testing.T) string {
	t.Helper()
	c, err := (&net.Dialer{LocalAddr: &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)}}).Dial("udp4", "127.0.0.1:9")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c.LocalAddr().String()
}
