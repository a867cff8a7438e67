// SPDX-License-Identifier: Apache-2.0

package ssl

import (
	"log/slog"
	"net/netip"
	"testing"

	"winsock/spi"
	"winsock/wsa"
)

func TestRules(t *testing.T) {
	for _, test := range []struct {
		rules, address string
		names          []string
		want           bool
	}{
		{"443", "192.0.2.1:443", nil, true},
		{"443", "192.0.2.1:80", nil, false},
		{"80+443", "[2001:db8::1]:443", nil, true},
		{"8000-8100", "192.0.2.1:8100", nil, true},
		{"8000-8100", "192.0.2.1:8101", nil, false},
		{"*", "192.0.2.1:1", nil, true},
		{"192.0.2.0/24:443", "192.0.2.7:443", nil, true},
		{"192.0.2.0/24:443", "[::ffff:192.0.2.7]:443", nil, true},
		{"192.0.2.0/24:443", "198.51.100.7:443", nil, false},
		{"192.0.2.7", "192.0.2.7:25", nil, true},
		{"[2001:db8::]/32", "[2001:db8::1]:25", nil, false}, // refused, see below
		{"[2001:db8::1]:443", "[2001:db8::1]:443", nil, true},
		{"[2001:db8::1]", "[2001:db8::1]:1", nil, true},
		{"[2001:db8::/32]:443", "[2001:db8::1]:443", nil, true},
		{"2001:db8::1", "[2001:db8::1]:1", nil, true},
		{"*.example.com:443", "192.0.2.7:443", []string{"other.test", "a.example.com"}, true},
		{"*.example.com:443", "192.0.2.7:443", []string{"example.com"}, false},
		{"Example.COM.", "192.0.2.7:1", []string{"example.com"}, true},
		{"example.com", "192.0.2.7:1", nil, false},
		{"*:443", "192.0.2.7:443", nil, true},
		{"", "192.0.2.7:443", nil, false},
	} {
		list, err := parseRules(test.rules)
		if err != nil {
			if test.want {
				t.Errorf("%q: %v", test.rules, err)
			}
			continue
		}
		got := false
		for i := range list {
			got = got || list[i].matches(netip.MustParseAddrPort(test.address), func() []string { return test.names })
		}
		if got != test.want {
			t.Errorf("%q for %s: %v", test.rules, test.address, got)
		}
	}
	for _, bad := range []string{"65536", "5-4", "host:", ":443", "[::1", "[::1]443", "a/b", "1.2.3.4:x", "host:80:90", "-1", "[host]:x"} {
		if list, err := parseRules(bad); err == nil {
			t.Errorf("%q is taken: %+v", bad, list)
		}
	}
}

func TestPins(t *testing.T) {
	const hex = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
	for _, text := range []string{hex, "sha256:" + hex, "sha256/47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=", hex + ";" + hex} {
		if pins, err := parsePins(text); err != nil || pins[0][0] != 0xe3 {
			t.Errorf("%q: %x, %v", text, pins, err)
		}
	}
	for _, text := range []string{"x", hex[2:], hex + "00"} {
		if _, err := parsePins(text); err == nil {
			t.Errorf("%q is taken", text)
		}
	}
}

func FuzzRules(f *testing.F) {
	for _, seed := range []string{"443", "*.example.com:443+8443", "[::1]:80-90", "10.0.0.0/8", "*"} {
		f.Add(seed)
	}
	address := netip.MustParseAddrPort("[2001:db8::1]:443")
	f.Fuzz(func(t *testing.T, text string) {
		list, err := parseRules(text)
		if err != nil {
			return
		}
		for i := range list {
			if list[i].low > list[i].high {
				t.Errorf("%q: ports %d to %d", text, list[i].low, list[i].high)
			}
			list[i].matches(address, func() []string { return []string{"a.example.com"} })
		}
	})
}

func FuzzPins(f *testing.F) {
	f.Add("sha256/47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=")
	f.Add("e3:b0")
	f.Fuzz(func(t *testing.T, text string) { parsePins(text) })
}

// FuzzOptions gives the driver any options: it takes them, and then can make a
// connection's parameters, or says what is wrong.
func FuzzOptions(f *testing.F) {
	f.Add("443", "", "", "h2+http/1.1", "1.2", "1.3")
	f.Add("*.example.com:443+[::1]", "*", "sha256:00", "", "1.0", "")
	quiet := slog.New(slog.DiscardHandler)
	peer := wsa.SockaddrFrom(netip.MustParseAddrPort("192.0.2.1:443"))
	f.Fuzz(func(t *testing.T, originate, terminate, pin, alpn, low, high string) {
		x := &secure{logger: quiet}
		if _, err := x.configure(spi.Options{"originate": originate, "terminate": terminate, "pin": pin, "alpn": alpn, "min": low, "max": high}, quiet); err != nil {
			return
		}
		if x.base.MinVersion > x.base.MaxVersion {
			t.Errorf("versions %#x to %#x", x.base.MinVersion, x.base.MaxVersion)
		}
		if len(x.terminate) > 0 {
			t.Error("a server without a certificate is taken")
		}
		s := &socket{secure: x}
		s.Socket = idle{}
		if s.byRule = s.ruleFor(&peer); s.byRule == nil {
			return
		}
		s.peer = peer
		if p, err := s.parameters(); err != nil || p.tls.ServerName == "" {
			t.Errorf("the parameters are %+v, %v", p, err)
		}
	})
}

// FuzzControl gives the control codes any memory: they take it or refuse it.
func FuzzControl(f *testing.F) {
	x := &secure{}
	if _, err := x.configure(options(f, nil), nil); err != nil {
		f.Fatal(err)
	}
	list := []uint32{wsa.SO_SSL_SET_FLAGS, wsa.SO_SSL_SET_PROTOCOLS, wsa.SO_SSL_SET_CIPHERS, wsa.SO_SSL_GET_CIPHERS,
		wsa.SO_SSL_SET_CLIENT_OPTS, wsa.SO_SSL_SET_SERVER_OPTS, wsa.SO_SSL_SET_CLIENT_AUTH_OPTS, wsa.SO_SSL_SET_VALIDATE_CERT_HOOK,
		wsa.SO_SSL_SET_AUTH_REQUEST_HOOK, wsa.SO_SSL_SET_KEY_EXCH_HOOK, wsa.SO_SSL_SET_SIGNATURE_HOOK, wsa.SO_SSL_SET_PEERNAME, wsa.SIO_SET_SECURITY, wsa.SIO_SET_PEER_TARGET_NAME}
	f.Add(uint8(1), []byte{1, 0, 0, 0, 4, 0, 0, 0, 3, 3, 0, 0, 0, 0, 0, 0})
	f.Add(uint8(6), make([]byte, 32))
	f.Add(uint8(11), (&wsa.SocketPeerTargetName{PeerTargetName: "name"}).Append(nil))
	f.Fuzz(func(t *testing.T, code uint8, in []byte) {
		s := &socket{secure: x}
		s.Socket = idle{}
		s.secured = true
		out := make([]byte, 64)
		n, err, ours := s.control(list[int(code)%len(list)], in, out)
		if !ours || n > len(out) || err == wsa.WSAEWOULDBLOCK {
			t.Errorf("%d, %v, %v", n, err, ours)
		}
		if err == nil {
			if _, err := s.parameters(); err != nil && s.isServer() == false {
				t.Errorf("parameters: %v", err)
			}
		}
	})
}

// FuzzWire: a protocol gets what was received, in whatever pieces, and no
// more than a record at a time.
func FuzzWire(f *testing.F) {
	f.Add([]byte{23, 3, 3, 0, 2, 'a', 'b', 21, 3, 3, 0, 0}, uint8(3), uint8(4))
	f.Fuzz(func(t *testing.T, data []byte, piece, room uint8) {
		w := &wire{below: &pieces{data: data, piece: 1 + int(piece)}}
		var got []byte
		p := make([]byte, 1+int(room))
		for {
			n, err := w.Read(p)
			got = append(got, p[:n]...)
			if err == errWouldBlock {
				continue
			}
			if err != nil {
				if err != errTruncated {
					t.Fatal(err)
				}
				break
			}
			if n == 0 {
				t.Fatal("nothing was read")
			}
			if w.whole() && w.headed != 0 {
				t.Fatal("a record is whole in the middle of another")
			}
		}
		if string(got) != string(data) {
			t.Errorf("read %q of %q", got, data)
		}
	})
}
