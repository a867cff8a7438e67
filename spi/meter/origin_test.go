// SPDX-License-Identifier: Apache-2.0

package meter_test

import (
	"path/filepath"
	"testing"

	"winsock"
	"winsock/provider/mem"
	"winsock/spi"
	"winsock/spi/meter"
	"winsock/wsa"
)

// A given base provider makes the sockets at the bottom of a chain, and
// remembers the last one.
type given struct {
	base spi.Provider
	last spi.Socket
}

func (g *given) Cleanup() error { return nil }

func (g *given) Socket(o *spi.Opening) (s spi.Socket, err error) {
	s, err = g.base.Socket(o)
	g.last = s
	return s, err
}

// TestBaseSocketOfAMeteredChain: who acts for another process finds its own
// base provider's socket at the end of the data path, metered or not, if no
// layer looks at the data.
func TestBaseSocketOfAMeteredChain(t *testing.T) {
	if _, err := winsock.WSAStartup(winsock.Version22); err != nil {
		t.Fatal(err)
	}
	defer winsock.WSACleanup()
	base, err := mem.Startup(&spi.StartupParams{})
	if err != nil {
		t.Fatal(err)
	}
	defer base.Cleanup()
	log := filepath.Join(t.TempDir(), "log")
	var name wsa.Sockaddr
	for layer, past := range map[string]bool{"trace:calls=control,log=" + log: true, "trace:log=" + log: false} {
		chain, err := winsock.Compose(wsa.AF_INET, wsa.SOCK_STREAM, 0, nil, layer)
		if err != nil {
			t.Fatal(err)
		}
		var set meter.Set
		g := &given{base: base}
		h, err := chain.SocketFrom(winsock.Origin{Process: &spi.Process{ID: 1}, Base: g, Observe: set.Observe}, 0)
		if err != nil {
			t.Fatal(err)
		}
		if list := set.Snapshot(); len(list) != 2 || list[0].Name != "trace" || list[1].Name != "base" || list[1].Open != 1 {
			t.Errorf("metered: %+v", list)
		}
		for _, to := range []*wsa.Sockaddr{nil, &name} {
			below, err := winsock.BaseSocket(h, to)
			if err != nil || (below == g.last) != past {
				t.Errorf("%s: BaseSocket is %T, %v; want the base provider's: %v", layer, below, err, past)
			}
		}
		if err := winsock.CloseSocket(h); err != nil {
			t.Error(err)
		}
		if list := set.Snapshot(); list[0].Open != 0 || list[1].Open != 0 {
			t.Errorf("sockets are still open: %+v", list)
		}
	}
}
