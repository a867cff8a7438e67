// SPDX-License-Identifier: Apache-2.0

package kernel

import (
	"log/slog"

	"winsock/spi"
	"winsock/wsa"
)

// ProviderID is the provider's identity, which all its protocols share.
var ProviderID = wsa.GUID{Data1: 0x5ad0c4e7, Data2: 0x31c9, Data3: 0x4d57,
	Data4: [8]byte{0x9e, 0x0b, 0x6c, 0x41, 0x27, 0xf8, 0xd2, 0x63}}

func init() {
	spi.Register(&spi.Driver{
		Name:    "kernel",
		Summary: "TCP, UDP, raw and AF_UNIX sockets of the Linux kernel",
		Entries: Entries,
		Startup: Startup,
	})
}

// Entries returns the protocols of the provider, in the order in which the
// catalog lists them.
func Entries() []wsa.ProtocolInfo {
	list := make([]wsa.ProtocolInfo, len(kinds))
	for i, k := range kinds {
		list[i] = k.info()
	}
	return list
}

// Startup is WSPStartup.
func Startup(p *spi.StartupParams) (spi.Provider, error) {
	return &provider{log: p.Log}, nil
}

type provider struct {
	log *slog.Logger
}

// Socket is WSPSocket.
func (p *provider) Socket(o *spi.Opening) (spi.Socket, error) {
	k, protocol, err := chooseKind(o)
	if err != nil {
		return nil, err
	}
	if o.Duplicate != nil {
		return openCopy(k, o.Duplicate)
	}
	if o.Connection != nil {
		return wrapConnection(k, protocol, o.Connection)
	}
	if k.typ == wsa.SOCK_DGRAM {
		d := new(datagram)
		if err := d.open(k, protocol); err != nil {
			return nil, err
		}
		return d, nil
	}
	s := new(socket)
	if err := s.open(k, protocol); err != nil {
		return nil, err
	}
	return s, nil
}

// Cleanup is WSPCleanup.
func (p *provider) Cleanup() error { return nil }
