// SPDX-License-Identifier: Apache-2.0

package bed

import (
	"testing"

	"winsock/spi"
	"winsock/spi/spitest"
	"winsock/wsa"
)

// Silent is the bottom of a chain that takes everything at no cost, so that
// what a layer costs can be told.
type Silent struct{ spi.Socket }

// Send takes everything.
func (Silent) Send(m *spi.Message) (int, error) { return m.Len(), nil }

// Recv fills everything.
func (Silent) Recv(m *spi.Message) (int, error) { return m.Len(), nil }

// Ready is ready for all.
func (Silent) Ready(mask spi.Events) spi.Events { return mask }

// Watch forgets w, as nothing happens.
func (Silent) Watch(*spi.Watcher) {}

// Unwatch does nothing.
func (Silent) Unwatch(*spi.Watcher) {}

// ConnectResult is that of a connected socket.
func (Silent) ConnectResult() error { return nil }

// GetSockOpt knows no options.
func (Silent) GetSockOpt(int32, int32, []byte) (int, error) { return 0, wsa.WSAENOPROTOOPT }

// Close does nothing.
func (Silent) Close() error { return nil }

// OnSilent opens a stream socket of a layer on Silent, until the test ends.
func OnSilent(t testing.TB, startup spitest.Startup, o spi.Options) spi.Socket {
	t.Helper()
	p, err := startup(&spi.StartupParams{Options: o})
	if err != nil {
		t.Fatal(err)
	}
	s, err := p.Socket(&spi.Opening{AddressFamily: wsa.AF_INET, SocketType: wsa.SOCK_STREAM,
		Next: func(*spi.Opening) (spi.Socket, error) { return Silent{}, nil }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close(); p.Cleanup() })
	return s
}
