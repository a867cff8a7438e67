// SPDX-License-Identifier: Apache-2.0

package winsock

import (
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	mdns "github.com/miekg/dns"

	"winsock/spi"
	"winsock/wsa"
)

// useNameSpaces makes providers of these paths the only active ones, in this
// order, until the test ends.
func useNameSpaces(t *testing.T, paths ...string) []wsa.GUID {
	t.Helper()
	for _, n := range theCatalog.Snapshot().NameSpaces() {
		if n.Info.Active {
			must(t, theCatalog.EnableNameSpace(n.Info.ProviderID, false))
			t.Cleanup(func() { must(t, theCatalog.EnableNameSpace(n.Info.ProviderID, true)) })
		}
	}
	var ids []wsa.GUID
	for _, path := range paths {
		d, _, err := spi.ParseNamePath(path)
		must(t, err)
		info := d.Info
		info.ProviderID = wsa.NewGUID()
		must(t, theCatalog.InstallNameSpace(path, info))
		t.Cleanup(func() { must(t, theCatalog.UninstallNameSpace(info.ProviderID)) })
		ids = append(ids, info.ProviderID)
	}
	return ids
}

// hostsPath returns the path of a provider for a hosts file of these lines.
func hostsPath(t *testing.T, lines ...string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "hosts")
	must(t, os.WriteFile(file, []byte(strings.Join(lines, "\n")+"\n"), 0o644))
	return spi.FormatPath("hosts", spi.Options{"file": file})
}

// dnsPath returns the path of a provider that asks a name server of the
// test's own, which answers with handle.
func dnsPath(t *testing.T, handle mdns.HandlerFunc) string {
	t.Helper()
	packets, err := net.ListenPacket("udp", "127.0.0.1:0")
	must(t, err)
	started := make(chan struct{})
	server := &mdns.Server{PacketConn: packets, Handler: handle, NotifyStartedFunc: func() { close(started) }}
	ended := make(chan error, 1)
	go func() { ended <- server.ActivateAndServe() }()
	<-started
	t.Cleanup(func() {
		must(t, server.Shutdown())
		must(t, <-ended)
	})
	return spi.FormatPath("dns", spi.Options{
		"server": packets.LocalAddr().String(), "resolvconf": filepath.Join(t.TempDir(), "none"), "timeout": "30s", "attempts": "1",
	})
}

// answering answers from records in zone file form; other names do not exist.
func answering(t *testing.T, lines ...string) mdns.HandlerFunc {
	t.Helper()
	var records []mdns.RR
	for _, line := range lines {
		rr, err := mdns.NewRR(line)
		must(t, err)
		records = append(records, rr)
	}
	return func(w mdns.ResponseWriter, ask *mdns.Msg) {
		m := new(mdns.Msg).SetReply(ask)
		m.RecursionAvailable, m.Rcode = true, mdns.RcodeNameError
		for _, rr := range records {
			if strings.EqualFold(rr.Header().Name, ask.Question[0].Name) {
				m.Rcode = mdns.RcodeSuccess
				if rr.Header().Rrtype == ask.Question[0].Qtype {
					m.Answer = append(m.Answer, rr)
				}
			}
		}
		_ = w.WriteMsg(m) // the client may be gone
	}
}

// failing answers every question with a code.
func failing(code int) mdns.HandlerFunc {
	return func(w mdns.ResponseWriter, ask *mdns.Msg) { _ = w.WriteMsg(new(mdns.Msg).SetRcode(ask, code)) }
}

// pretendAddrs gives this host other addresses until the test ends.
func pretendAddrs(t *testing.T, addrs ...string) {
	t.Helper()
	t.Cleanup(func() { ownAddrs = interfaceAddrs })
	var list []netip.Addr
	for _, a := range addrs {
		list = append(list, netip.MustParseAddr(a))
	}
	ownAddrs = func() []netip.Addr { return slices.Clone(list) }
}

// pretendName gives this host another name until the test ends.
func pretendName(t *testing.T, name string) {
	t.Helper()
	t.Cleanup(func() { kernelName = os.Hostname })
	kernelName = func() (string, error) { return name, nil }
}
