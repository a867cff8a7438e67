// SPDX-License-Identifier: Apache-2.0

package dns

import (
	"bytes"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"winsock/namespace/hostname"
)

// Bounds of a configuration. What a file says beyond them is left out.
const (
	maxServers  = 8
	maxSearch   = 32
	maxNdots    = 15
	maxTimeout  = 30 * time.Second
	maxAttempts = 5
)

// A Config says whom a [Resolver] asks and how.
type Config struct {
	// Servers are the name servers, as host:port with numeric hosts, in
	// the order in which they are asked.
	Servers []string

	// Search are the domains in which names with fewer than Ndots dots are
	// looked for first, and others last.
	Search []string
	Ndots  int

	// Timeout is how long one server has for its answer, and Attempts how
	// often the list of servers is gone through.
	Timeout  time.Duration
	Attempts int

	// Rotate begins each question at another server.
	Rotate bool

	// TCP never asks by UDP.
	TCP bool
}

// ParseResolvConf reads a file in the form of resolv.conf(5). What it does
// not understand is passed over, and what the file leaves out has the
// defaults of that page: one server on this machine, one dot, five seconds,
// two attempts.
func ParseResolvConf(file []byte) Config {
	c := Config{Ndots: 1, Timeout: 5 * time.Second, Attempts: 2}
	for len(file) > 0 {
		var line []byte
		line, file, _ = bytes.Cut(file, []byte("\n"))
		if i := bytes.IndexAny(line, "#;"); i >= 0 {
			line = line[:i]
		}
		fields := strings.Fields(string(line))
		if len(fields) < 2 {
			continue
		}
		switch fields[0] {
		case "nameserver":
			if addr, err := netip.ParseAddr(fields[1]); err == nil && len(c.Servers) < maxServers {
				c.Servers = append(c.Servers, net.JoinHostPort(addr.String(), "53"))
			}
		case "domain":
			c.Search = validDomains(fields[1:2])
		case "search":
			c.Search = validDomains(fields[1:])
		case "options":
			for _, option := range fields[1:] {
				c.setOption(option)
			}
		}
	}
	if len(c.Servers) == 0 {
		c.Servers = []string{"127.0.0.1:53"}
	}
	return c
}

func (c *Config) setOption(option string) {
	key, value, _ := strings.Cut(option, ":")
	n, err := strconv.Atoi(value)
	number := err == nil && n >= 0
	switch {
	case key == "ndots" && number:
		c.Ndots = min(n, maxNdots)
	case key == "timeout" && number:
		c.Timeout = min(time.Duration(max(n, 1))*time.Second, maxTimeout)
		if n > int(maxTimeout/time.Second) {
			c.Timeout = maxTimeout // and not what the product overflowed to
		}
	case key == "attempts" && number:
		c.Attempts = min(max(n, 1), maxAttempts)
	case option == "rotate":
		c.Rotate = true
	case option == "use-vc":
		c.TCP = true
	}
}

func validDomains(names []string) []string {
	var domains []string
	for _, name := range names {
		if name = strings.TrimSuffix(name, "."); hostname.Valid(name) && len(domains) < maxSearch {
			domains = append(domains, hostname.Key(name))
		}
	}
	return domains
}

// candidates returns the full names under which name is to be looked for, in
// order, each with its closing dot. A closing dot on name means that it is
// one already.
func (c *Config) candidates(name string) []string {
	if strings.HasSuffix(name, ".") {
		return []string{name}
	}
	var list []string
	asIs := strings.Count(name, ".") >= c.Ndots
	if asIs {
		list = append(list, name+".")
	}
	for _, domain := range c.Search {
		if full := name + "." + domain + "."; hostname.Valid(full) {
			list = append(list, full)
		}
	}
	if !asIs {
		list = append(list, name+".")
	}
	return list
}
