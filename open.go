// SPDX-License-Identifier: Apache-2.0

package winsock

import (
	"os"
	"sync"

	"winsock/catalog"
	"winsock/spi"
	"winsock/wsa"
)

// Catalog returns the store that sockets are opened from, for programs that
// look into or change the catalog as a whole.
func Catalog() *catalog.Store { return store }

// thisProgram is what application categories are looked up by.
var thisProgram = sync.OnceValue(func() (p struct {
	path      string
	arguments []string
}) {
	p.path, _ = os.Executable() // without a path, no category applies
	p.arguments = os.Args[1:]
	return p
})

// choose finds the catalog's entry for a socket.
func choose(snap *catalog.Snapshot, family, socketType, protocol int32, info *wsa.ProtocolInfo) (catalog.Choice, error) {
	program := thisProgram()
	return snap.Select(catalog.Request{
		AddressFamily: family,
		SocketType:    socketType,
		Protocol:      protocol,
		Info:          info,
		Permission:    snap.Permission(program.path, program.arguments),
	})
}

// openSocket opens the chain of a choice and makes a socket of it.
func openSocket(snap *catalog.Snapshot, c catalog.Choice, group, flags uint32) (SOCKET, error) {
	top, ch, err := chains.Open(snap, c.Entry, &spi.Opening{
		AddressFamily: c.AddressFamily,
		SocketType:    c.SocketType,
		Protocol:      c.Protocol,
		Group:         group,
		Flags:         flags,
	})
	if err != nil {
		return INVALID_SOCKET, err
	}
	return adopt(newSocket(top, ch, flags))
}
