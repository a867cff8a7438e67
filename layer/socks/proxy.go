// SPDX-License-Identifier: Apache-2.0

package socks

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"winsock/spi"
)

// A kind is the protocol of a proxy.
type kind uint8

const (
	socks5 kind = iota
	socks4
	socks4a
	httpConnect
)

var kinds = map[string]kind{"socks5": socks5, "socks5h": socks5, "socks4": socks4, "socks4a": socks4a, "http": httpConnect}

// A proxy is one of the servers of option server, and how it has done lately.
type proxy struct {
	kind       kind
	host       string     // its name, if it is given by one
	addr       netip.Addr // else
	port       uint16
	user, pass string
	text       string // for messages: without the password

	follows atomic.Int32 // see followsYes
	made    atomic.Int32 // connections, as long as that is not known
	tries   tries

	mu       sync.Mutex // protects what follows
	failures int        // in a row
	until    time.Time  // when to try it again
	found    []netip.Addr
	foundAt  time.Time
}

// parseServers reads option server: proxies separated by blanks or ";". The
// error is a *spi.OptionError.
func parseServers(text string) ([]*proxy, error) {
	var list []*proxy
	for i, field := range fields(text) {
		p, err := parseServer(field)
		if err != nil {
			wrong := spi.BadOption(driverName, "server", "%v", err)
			wrong.Item = i + 1
			return nil, wrong
		}
		list = append(list, p)
	}
	if len(list) == 0 {
		return nil, spi.BadOption(driverName, "server", "no proxy is named")
	}
	return list, nil
}

// fields splits a list at blanks and ";".
func fields(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return r == ' ' || r == ';' || r == '\t' || r == '\n' })
}

func parseServer(text string) (*proxy, error) {
	bad := func(why string) (*proxy, error) {
		// Not the text itself: a password may stand in it.
		return nil, fmt.Errorf("%s; it is written socks5://USER:PASSWORD@HOST:PORT", why)
	}
	if !strings.Contains(text, "://") {
		text = "socks5://" + text
	}
	u, err := url.Parse(text)
	if err != nil || u.Host == "" {
		return bad("a proxy is no URL")
	}
	k, ok := kinds[u.Scheme]
	if !ok {
		return bad(fmt.Sprintf("%q is not one of socks5, socks4, socks4a and http", u.Scheme))
	}
	p := &proxy{kind: k, port: 1080}
	if k == httpConnect {
		p.port = 8080
	}
	if text := u.Port(); text != "" {
		port, err := strconv.ParseUint(text, 10, 16)
		if err != nil || port == 0 {
			return bad("a port is wrong")
		}
		p.port = uint16(port)
	}
	host := u.Hostname()
	if addr, err := netip.ParseAddr(host); err == nil {
		p.addr = addr.Unmap()
	} else if p.host = host; host == "" || len(host) > 255 {
		return bad("a host is wrong")
	}
	p.user = u.User.Username()
	p.pass, _ = u.User.Password()
	if len(p.user) > 255 || len(p.pass) > 255 {
		return bad("a user's name or password is too long")
	}
	if (k == socks4 || k == socks4a) && strings.IndexByte(p.user, 0) >= 0 {
		return bad("a user's name is wrong")
	}
	p.text = u.Scheme + "://" + net.JoinHostPort(host, strconv.Itoa(int(p.port)))
	return p, nil
}

// target is the proxy as the one before it is asked for it.
func (p *proxy) target() target { return target{p.host, p.addr, p.port} }

// foundFor is how long the addresses of a proxy's name are kept.
const foundFor = time.Minute

// known returns the proxy's address if no look-up is needed: of the addresses
// of its name, one of the family if there is any.
func (p *proxy) known(v6 bool) (ap netip.AddrPort, ok bool) {
	if p.host == "" {
		return netip.AddrPortFrom(p.addr, p.port), true
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.found) == 0 || time.Since(p.foundAt) > foundFor {
		return ap, false
	}
	best := p.found[0]
	for _, a := range p.found {
		if a.Unmap().Is6() == v6 {
			best = a
			break
		}
	}
	return netip.AddrPortFrom(best.Unmap(), p.port), true
}

// address looks the proxy's name up: the one look-up that is made on this side
// of the proxies. It may wait.
func (p *proxy) address(ctx context.Context, v6 bool) (netip.AddrPort, error) {
	found, err := net.DefaultResolver.LookupNetIP(ctx, "ip", p.host)
	if err != nil || len(found) == 0 {
		return netip.AddrPort{}, faulty("the name of the proxy has no address")
	}
	p.mu.Lock()
	p.found, p.foundAt = found, time.Now()
	p.mu.Unlock()
	ap, _ := p.known(v6)
	return ap, nil
}

// likely is the address that the proxy has without a look-up.
func (p *proxy) likely() netip.AddrPort {
	if p.host == "" {
		return netip.AddrPortFrom(p.addr, p.port)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.found) > 0 {
		return netip.AddrPortFrom(p.found[0].Unmap(), p.port)
	}
	return netip.AddrPort{}
}

// maxDoubled bounds how often the time of avoiding is doubled.
const maxDoubled = 6

// failed notes a failure: the proxy is avoided for retry, longer each time.
func (p *proxy) failed(retry time.Duration, now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.until = now.Add(retry << min(p.failures, maxDoubled))
	p.failures++
	p.tries.failed.Add(1)
}

func (p *proxy) succeeded() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.failures, p.until = 0, time.Time{}
	p.tries.ok.Add(1)
}

func (p *proxy) well(now time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return !now.Before(p.until)
}
