// SPDX-License-Identifier: Apache-2.0

package dns

import (
	"fmt"
	"net"
	"net/netip"
	"strings"

	"winsock/spi"
	"winsock/wsa"
)

// ProviderID is the name space provider's GUID in the default catalog.
var ProviderID = wsa.GUID{Data1: 0x3c8d0a1e, Data2: 0x7b52, Data3: 0x4f6a, Data4: [8]byte{0xb1, 0x0d, 0x6e, 0x93, 0x25, 0xc7, 0x48, 0x5f}}

func init() {
	spi.RegisterName(&spi.NameDriver{
		Name:    "dns",
		Summary: "the domain name system",
		Options: []spi.Option{
			{Key: "resolvconf", Kind: spi.File, Default: "/etc/resolv.conf", Help: "the resolver's configuration"},
			{Key: "server", Kind: spi.Text, Help: "name servers to ask instead, as host or host:port, separated by blanks"},
			{Key: "search", Kind: spi.Text, Help: "domains to search instead, separated by blanks"},
			{Key: "timeout", Kind: spi.Duration, Help: "how long one server has for its answer"},
			{Key: "attempts", Kind: spi.Int, Help: "how often all servers are asked"},
			{Key: "cache", Kind: spi.Int, Default: fmt.Sprint(DefaultCacheSize), Help: "how many answers are remembered, 0 for none"},
		},
		Info: wsa.NamespaceInfo{
			ProviderID: ProviderID,
			NameSpace:  wsa.NS_DNS,
			Active:     true,
			Version:    1,
			Identifier: "NSPM",
		},
		Startup: startup,
	})
}

func startup(p *spi.NameStartupParams) (spi.NameProvider, error) {
	servers, err := parseServers(p.Options.Text("server"))
	if err != nil {
		return nil, err
	}
	file := &configFile{
		path: p.Options.Text("resolvconf"),
		adjust: func(c *Config) {
			if len(servers) > 0 {
				c.Servers = servers
			}
			if domains := p.Options.Text("search"); domains != "" {
				c.Search = validDomains(strings.Fields(domains))
			}
			if timeout := p.Options.Duration("timeout"); timeout > 0 {
				c.Timeout = min(timeout, maxTimeout)
			}
			if attempts := p.Options.Int("attempts"); attempts > 0 {
				c.Attempts = int(min(attempts, maxAttempts))
			}
		},
	}
	size := int(max(0, min(p.Options.Int("cache"), 1<<20)))
	return NewProvider(p.ProviderID, newResolver(file.load, nil, size)), nil
}

// parseServers reads the option server. The error wraps WSAEINVAL.
func parseServers(s string) ([]string, error) {
	var servers []string
	for _, field := range strings.Fields(s) {
		if ap, err := netip.ParseAddrPort(field); err == nil {
			servers = append(servers, ap.String())
			continue
		}
		addr, err := netip.ParseAddr(field)
		if err != nil {
			return nil, fmt.Errorf("dns: server %q is neither an address nor an address with a port: %w", field, wsa.WSAEINVAL)
		}
		servers = append(servers, net.JoinHostPort(addr.String(), "53"))
	}
	return servers, nil
}
