// SPDX-License-Identifier: Apache-2.0

package socks

import (
	"log/slog"
	"net/netip"
	"time"

	"winsock/spi"
	"winsock/spi/hostnames"
	"winsock/spi/layer"
	"winsock/wsa"
)

func init() { spi.Register(driver) }

const driverName = "socks"

var driver = &spi.Driver{
	Name:    driverName,
	Summary: "connects through SOCKS and HTTP proxies",
	Options: []spi.Option{
		{Key: "server", Kind: spi.Text, List: ";", Redact: spi.RedactPasswords, Help: `the proxies, such as HOST:PORT or socks5://USER:PASSWORD@HOST:PORT, also socks4, socks4a and http; several are separated by blanks or ";"`},
		{Key: "mode", Words: []string{"strict", "dynamic", "round-robin", "random"}, Default: "strict", Help: "which of them: all in order, all that are well, or length of them in turn or by chance"},
		{Key: "length", Kind: spi.Int, Default: "1", Help: "how many proxies a connection goes through in the modes round-robin and random"},
		{Key: "direct", Kind: spi.Text, List: ";", Help: `whom to connect to past the proxies: addresses, ranges such as 10.0.0.0/8, names, *.DOMAIN; separated by blanks or ";"`},
		{Key: "listen", Words: []string{"local", "proxy"}, Default: "local", Help: "where sockets of TCP listen: on this machine, or at the proxy (BIND of SOCKS, for one connection after the other), but for those bound to an address of direct"},
		{Key: "expect", Kind: spi.Text, Help: "with listen=proxy, from which address or name connections are expected, or any; without it, from the peer that the process has connected to last"},
		{Key: "dns", Words: []string{"remote", "local"}, Default: "remote", Help: "where names are looked up: remote (by the proxy, for the whole process) or local"},
		{Key: "timeout", Kind: spi.Duration, Default: "30s", Help: "how long a proxy may take to be connected to and to answer"},
		{Key: "retry", Kind: spi.Duration, Default: "10s", Help: "how long a proxy that failed is avoided, twice as long each time in a row"},
		{Key: "early", Words: []string{"auto", "true", "false"}, Default: "auto", Help: "whether to say all to a proxy of SOCKS 5 at once, which saves a round trip; auto tries on a connection to nowhere, once, whether the proxy can follow"},
		{Key: "ipv4", Kind: spi.Text, Default: "198.18.0.0/15", Help: "the addresses that stand for names with dns=remote"},
		{Key: "ipv6", Kind: spi.Text, Default: "fd57:696e:736f:636b::/64", Help: `likewise; "none" for IPv4 only`},
	},
	Check:   check,
	Metrics: declared,
	Startup: startup,
}

// startup is WSPStartup. Whatever is wrong with the options is WSAEINVAL.
func startup(p *spi.StartupParams) (spi.Provider, error) {
	s, fake, err := configure(p.Options)
	if err != nil {
		return nil, err
	}
	if s.log = p.Log; s.log == nil {
		s.log = slog.Default()
	}
	own := &provider{Provider: layer.NewProvider(p, s.wrap), socks: s}
	if fake != nil {
		own.release = append(own.release, spi.GuardNames(&spi.NameGuard{Path: spi.FormatPath("fakeip", fake), Passes: s.passes}))
	}
	if len(s.direct.names) > 0 {
		own.release = append(own.release, hostnames.Use())
	}
	return own, nil
}

// check tells what startup would refuse.
func check(o spi.Options) error {
	_, _, err := configure(o)
	return err
}

// configure reads the options. fake are those of the name space whose
// addresses stand for names, nil if names are looked up on this side.
func configure(o spi.Options) (s *socks, fake spi.Options, err error) {
	bad := func(key, format string, args ...any) (*socks, spi.Options, error) {
		return nil, nil, spi.BadOption(driverName, key, format, args...)
	}
	s = &socks{timeout: o.Duration("timeout")}
	if s.timeout <= 0 {
		s.timeout = 30 * time.Second
	}
	if s.router.proxies, err = parseServers(o.Text("server")); err != nil {
		return nil, nil, err
	}
	if s.direct, err = parseList(o.Text("direct")); err != nil {
		return nil, nil, err
	}
	text := o.Text("mode")
	ok := true
	if s.router.mode, ok = modes[text]; !ok && text != "" {
		return bad("mode", "want strict, dynamic, round-robin or random, not %s", text)
	}
	if text := o.Text("early"); text != "" {
		if s.prober.early, ok = earlyModes[text]; !ok {
			return bad("early", "want true, false or auto, not %s", text)
		}
	}
	switch text := o.Text("listen"); text {
	case "local", "":
	case "proxy":
		s.remote = true
	default:
		return bad("listen", "want local or proxy, not %s", text)
	}
	if s.expect, err = parseExpected(o.Text("expect")); err != nil {
		return nil, nil, err
	}
	s.prober.patience, s.prober.cancel = min(s.timeout, probePatience), make(chan struct{})
	s.router.length = int(max(o.Int("length"), 1))
	s.router.retry = o.Duration("retry")
	switch text := o.Text("dns"); text {
	case "local", "":
	case "remote":
		fake = spi.Options{}
		for _, key := range []string{"ipv4", "ipv6"} {
			value := o.Text(key)
			if prefix, err := netip.ParsePrefix(value); value != "none" && (err != nil || prefix.Addr().Is4() != (key == "ipv4")) {
				return bad(key, "want a range, not %s", value)
			}
			fake[key] = value
		}
	default:
		return bad("dns", "want remote or local, not %s", text)
	}
	return s, fake, nil
}

// A provider is the started layer.
type provider struct {
	spi.Provider
	*socks
	release []func() // called by Cleanup
}

// Cleanup is WSPCleanup.
func (p *provider) Cleanup() error {
	p.prober.end()
	err := p.Provider.Cleanup()
	for _, f := range p.release {
		f()
	}
	return err
}

// socks is what the sockets of a provider share.
type socks struct {
	log     *slog.Logger
	router  router
	direct  list
	timeout time.Duration
	prober  prober

	remote bool   // sockets that listen do so at a proxy
	expect target // from whom they expect connections; empty: see recent
	recent recents
}

// passes reports whether a name is looked up on this side: the ones to which
// one connects directly.
func (p *socks) passes(name string) bool {
	if addr, err := netip.ParseAddr(name); err == nil {
		return p.direct.hasAddr(addr)
	}
	return p.direct.hasName(name)
}

// wrap makes the layer's socket. A raw socket could only go past the proxies,
// and is WSAEACCES. Families other than the Internet's stay on the machine,
// and are left alone.
func (p *socks) wrap(below spi.Socket, o *spi.Opening) (spi.Socket, error) {
	family, socketType, _ := o.Kind()
	if family != wsa.AF_INET && family != wsa.AF_INET6 {
		s := new(layer.HandlePreserving)
		s.Socket = below
		return s, nil
	}
	switch socketType {
	case wsa.SOCK_STREAM:
		s := new(stream)
		s.init(p, below, o, family)
		return s, nil
	case wsa.SOCK_DGRAM:
		s := new(datagram)
		s.init(p, below, o, family)
		return s, nil
	}
	return nil, wsa.WSAEACCES
}

// targetOf returns whom a proxy is to be asked for. An address that stood for
// a name once and does no more is WSAEHOSTUNREACH: a proxy could do nothing
// with it.
func (p *socks) targetOf(name *wsa.Sockaddr) (t target, direct bool, err error) {
	ap, ok := name.AddrPort()
	if !ok {
		return t, true, nil
	}
	addr := ap.Addr().Unmap().WithZone("")
	t = target{addr: addr, port: ap.Port()}
	host, known := hostnames.Fake(addr)
	switch {
	case host != "":
		t.host = host
	case p.direct.has(addr):
		return t, true, nil
	case known:
		return t, false, wsa.WSAEHOSTUNREACH
	}
	return t, false, nil
}
