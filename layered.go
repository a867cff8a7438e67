// SPDX-License-Identifier: Apache-2.0

package winsock

import (
	"winsock/catalog"
	"winsock/chain"
	"winsock/wsa"
)

// A Composed is a way to open sockets through layered providers that are not
// installed in the catalog.
type Composed struct {
	snap   *catalog.Snapshot
	choice catalog.Choice
}

// Compose puts layered providers, the first at the top, over what the
// catalog chooses for the family, type, protocol and info, as [WSASocket]
// does. See spi.ParsePath for
// the form of their paths. It is for Go programs and command lines; a layer
// that every program is to have is installed with WSCInstallProvider.
//
// Errors: those of [WSASocket] for the choice. Errors of the layers say
// which and why, and wrap WSAEPROVIDERFAILEDINIT for an unknown layer and
// WSAEINVAL for bad options.
func Compose(family, socketType, protocol int32, info *wsa.ProtocolInfo, layers ...string) (*Composed, error) {
	snap := theCatalog.Snapshot()
	choice, err := choose(snap, family, socketType, protocol, info)
	if err != nil {
		return nil, err
	}
	snap, entry, err := chain.Compose(snap, choice.Entry, layers...)
	if err != nil {
		return nil, err
	}
	choice.Entry = entry
	return &Composed{snap: snap, choice: choice}, nil
}

// Info describes the composed chain.
func (c *Composed) Info() wsa.ProtocolInfo { return c.choice.Entry.Info }

// Start starts the providers of the composed chain, which otherwise happens
// with the first socket.
//
// Errors: WSANOTINITIALISED, WSAEPROVIDERFAILEDINIT, WSAVERNOTSUPPORTED,
// WSAEINVALIDPROCTABLE. What a provider said is in the log.
func (c *Composed) Start() error {
	if err := requireStartup(); err != nil {
		return err
	}
	return chains.Start(c.snap, c.choice.Entry)
}

// Socket opens a socket through the composed chain, with flags as for
// [WSASocket].
//
// Errors: those of [WSASocket].
func (c *Composed) Socket(flags uint32) (SOCKET, error) {
	if err := requireStartup(); err != nil {
		return INVALID_SOCKET, err
	}
	return openSocket(c.snap, c.choice, 0, flags)
}
