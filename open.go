// SPDX-License-Identifier: Apache-2.0

package winsock

import (
	"winsock/catalog"
	"winsock/spi"
	"winsock/wsa"
)

// Catalog returns the store that sockets are opened from, for programs that
// look into or change the catalog as a whole.
func Catalog() *catalog.Store { return theCatalog }

// choose finds the catalog's entry for a socket.
func choose(snap *catalog.Snapshot, family, socketType, protocol int32, info *wsa.ProtocolInfo) (catalog.Choice, error) {
	return snap.Select(catalog.Request{
		AddressFamily: family,
		SocketType:    socketType,
		Protocol:      protocol,
		Info:          info,
		Permission:    ownPermission(),
	})
}

// openSocket opens the chain of a choice and makes a socket of it.
func openSocket(snap *catalog.Snapshot, c catalog.Choice, group, flags uint32) (SOCKET, error) {
	return openChain(snap, c.Entry, &spi.Opening{
		AddressFamily: c.AddressFamily,
		SocketType:    c.SocketType,
		Protocol:      c.Protocol,
		Group:         group,
		Flags:         flags,
	})
}

func openChain(snap *catalog.Snapshot, entry *catalog.Entry, o *spi.Opening) (SOCKET, error) {
	if o.Observe == nil {
		o.Observe = observer(&entry.Info)
	}
	top, ch, err := chains.Open(snap, entry, o)
	if err != nil {
		return INVALID_SOCKET, err
	}
	return adopt(newSocket(top, ch, o.Flags))
}
