// SPDX-License-Identifier: Apache-2.0

package socks

import (
	"bytes"
	"log/slog"
	"net/netip"
	"testing"
	"time"

	"winsock/spi"
	"winsock/wsa"
)

// converse feeds a conversation with what a proxy says and returns how much of
// it was taken.
func converse(t testing.TB, k *talk, said []byte) (taken int, err error) {
	var in []byte
	read := 0 // at least as much
	for steps := 0; ; steps++ {
		if steps > 10 {
			t.Fatal("the conversation does not end")
		}
		_, want, err := k.next(in)
		switch {
		case err != nil:
			return taken, err
		case want == 0:
			if read > taken {
				t.Errorf("%d bytes are received, %d belong to the answers", read, taken)
			}
			return taken, nil
		case want == header:
			n, ends := endOfHeader(nil, said[taken:])
			if !ends {
				return taken, nil
			}
			want = n
		}
		read = max(read, taken+want, min(taken+k.ahead(), len(said)))
		if len(said)-taken < want {
			return taken, nil
		}
		in = said[taken : taken+want]
		taken += want
	}
}

// FuzzReplies: whatever a proxy says, a conversation ends, and fails or has
// taken no byte that follows its answer.
func FuzzReplies(f *testing.F) {
	for _, said := range []string{
		"\x05\x00\x05\x00\x00\x01\x7f\x00\x00\x01\x00\x50", "\x05\x02\x01\x00\x05\x00\x00\x03\x04name\x00\x50more",
		"\x05\x00\x05\x00\x00\x04................\x00\x50", "\x05\xff", "\x05\x00\x05\x05",
		"\x00\x5a\x00\x50\x7f\x00\x00\x01more", "\x00\x5b\x00\x00\x00\x00\x00\x00",
		"HTTP/1.1 200 OK\r\nA: b\r\n\r\nmore", "HTTP/1.0 407 No\n\n", "HTTP/1.1 2", "\r\n\r\n",
	} {
		for kind := range byte(8) {
			f.Add(kind, true, []byte(said))
		}
	}
	f.Fuzz(func(t *testing.T, which byte, named bool, said []byte) {
		k := &talk{kind: kind(which % 4), user: "user", pass: "pass", command: cmdConnect,
			to: target{addr: netip.MustParseAddr("192.0.2.1"), port: 80}}
		k.early = which&4 != 0
		if named {
			k.to = target{host: "a.example", port: 80}
		}
		taken, err := converse(t, k, said)
		if err != nil {
			if _, ok := err.(*refusal); !ok {
				t.Errorf("the error %T", err)
			}
			return
		}
		// What follows makes no difference.
		k2 := &talk{kind: k.kind, user: k.user, pass: k.pass, command: k.command, to: k.to, early: k.early}
		if k.step == stepOver {
			if again, err := converse(t, k2, append(bytes.Clone(said[:taken]), "more"...)); again != taken || err != nil {
				t.Errorf("%d bytes are taken, and then %d, %v", taken, again, err)
			}
		}
	})
}

// FuzzHeader: an empty line is found wherever the bytes are cut.
func FuzzHeader(f *testing.F) {
	f.Add([]byte("HTTP/1.1 200 OK\r\nA: b\r\n\r\nmore"), 5)
	f.Add([]byte("a\n\r\r\nb"), 3)
	f.Fuzz(func(t *testing.T, b []byte, cut int) {
		n, ends := endOfHeader(nil, b)
		if cut < 0 || cut > len(b) {
			return
		}
		m, early := endOfHeader(nil, b[:cut])
		if !early {
			more, late := endOfHeader(b[:m], b[m:])
			m, early = m+more, late
		}
		if n != m || ends != early {
			t.Errorf("%d, %v at once and %d, %v in two parts", n, ends, m, early)
		}
		if ends && !bytes.HasSuffix(bytes.ReplaceAll(b[:n], []byte("\r"), nil), []byte("\n\n")) &&
			len(bytes.ReplaceAll(b[:n], []byte("\r"), nil)) != 1 {
			t.Errorf("%q is taken for a header", b[:n])
		}
	})
}

// FuzzOptions: what is not a list of proxies or of peers is refused.
func FuzzOptions(f *testing.F) {
	f.Add("socks5://u:p@[::1]:1080;http://h", "10.0.0.0/8 *.a.example ::1")
	f.Fuzz(func(t *testing.T, servers, direct string) {
		if list, err := parseServers(servers); err == nil {
			for _, p := range list {
				if p.port == 0 || p.host == "" && !p.addr.IsValid() {
					t.Errorf("%q is the proxy %+v", servers, p)
				}
			}
		}
		if l, err := parseList(direct); err == nil {
			l.hasName("a.example")
			l.hasAddr(netip.MustParseAddr("10.1.2.3"))
		}
	})
}

// A scripted is a socket below whose peer says what it is to say, in pieces.
type scripted struct {
	gone
	said []byte
	cuts []byte // how much of it comes at once
	wait bool   // for the next piece
}

func (s *scripted) Connect(*wsa.Sockaddr) error       { return nil }
func (s *scripted) Send(m *spi.Message) (int, error)  { return m.Len(), nil }
func (s *scripted) GetPeerName(n *wsa.Sockaddr) error { *n = *at("192.0.2.1:1080"); return nil }
func (s *scripted) Recv(m *spi.Message) (int, error) {
	if s.wait = !s.wait; s.wait {
		return 0, wsa.WSAEWOULDBLOCK
	}
	n := len(s.said)
	if len(s.cuts) > 0 {
		n = min(n, int(s.cuts[0])%8+1)
		if m.Flags&wsa.MSG_PEEK == 0 {
			s.cuts = s.cuts[1:]
		}
	}
	n = m.Scatter(s.said[:n], 0)
	if m.Flags&wsa.MSG_PEEK == 0 {
		s.said = s.said[n:]
	} else {
		s.wait = true // what was seen is there
	}
	return n, nil
}

// attempted has an attempt hear what proxies say, and returns how it ends and
// what of it is left to the program.
func attempted(t testing.TB, p *socks, command byte, said, cuts []byte) (bound netip.AddrPort, rest string, err error) {
	below := &scripted{said: said, cuts: cuts}
	s := new(stream)
	s.init(p, below, &spi.Opening{Next: func(*spi.Opening) (spi.Socket, error) { return gone{}, nil }}, wsa.AF_INET)
	a := &attempt{s: s, command: command, to: target{addr: netip.MustParseAddr("192.0.2.7"), port: 80}}
	if command == cmdBind {
		a.listens = func(netip.AddrPort) {}
	}
	for range 2*len(said) + 10 {
		if err = a.advance(); err != wsa.WSAEWOULDBLOCK {
			return a.bound, string(below.said), err
		}
	}
	t.Fatalf("the attempt does not end: %q of %q are left", below.said, said)
	return bound, "", nil
}

// FuzzAttempt: an attempt through a chain of proxies ends alike whatever the
// pieces are in which their answers come, and takes nothing of what follows.
func FuzzAttempt(f *testing.F) {
	const well5, well4, wellHTTP = "\x05\x00\x05\x00\x00\x01\x7f\x00\x00\x01\x00\x50", "\x00\x5a\x00\x50\x7f\x00\x00\x01", "HTTP/1.1 200 OK\r\nA: b\r\n\r\n"
	for _, said := range []string{
		well5 + well4 + "more", well4 + wellHTTP + "more", wellHTTP + well5 + "more", "\x05\x02\x01\x00" + well5[2:] + well5, "\x05\xff", well5,
		well5 + "\x05\x00\x00\x03\x01n\x00\x50more", well4 + well4 + well4, "\x05\x00\x05\x00\x00\x03\x00\x00\x50more",
	} {
		for route := range byte(16) {
			f.Add(route, said[0] == 5, []byte(said), []byte("\x00\x01\x02\x03"))
		}
	}
	f.Fuzz(func(t *testing.T, route byte, bind bool, said, cuts []byte) {
		p := &socks{timeout: time.Hour, log: slog.New(slog.DiscardHandler)}
		for _, k := range []kind{kind(route & 3), kind(route >> 2 & 3)} {
			p.router.proxies = append(p.router.proxies, &proxy{kind: k, addr: netip.MustParseAddr("192.0.2.1"), port: 1080})
			if route&16 != 0 {
				p.router.proxies[0].user, p.router.proxies[0].pass = "user", "pass"
			}
			if route&32 != 0 {
				p.prober.early = followsYes
			}
		}
		command := byte(cmdConnect)
		if bind && p.router.takes(binds) {
			command = cmdBind
		}
		bound, rest, err := attempted(t, p, command, said, cuts)
		bound2, rest2, again := attempted(t, p, command, said, nil)
		if (err == nil) != (again == nil) || err == nil && (bound != bound2 || rest != rest2) {
			t.Errorf("%v, %v, %q left in pieces of % x; %v, %v, %q left at once", err, bound, rest, cuts, again, bound2, rest2)
		}
	})
}
