// SPDX-License-Identifier: Apache-2.0

package spi

import (
	"log/slog"

	"winsock/wsa"
)

// A Provider is a started transport service provider: what WSPStartup
// returned for one catalog entry. Its methods may be called by several
// goroutines at once.
type Provider interface {
	// Socket is WSPSocket. A base provider creates a socket; a layered one
	// opens the socket below it with o.Next and returns its own.
	Socket(o *Opening) (Socket, error)

	// Cleanup is WSPCleanup: the last use of the provider has ended. No
	// socket of it is open.
	Cleanup() error
}

// An Opening is the argument of [Provider.Socket].
type Opening struct {
	// AddressFamily, SocketType and Protocol are passed through as the
	// application gave them; zero fields are to be taken from Info.
	AddressFamily int32
	SocketType    int32
	Protocol      int32

	// Info is the catalog entry that was chosen: the base protocol's or
	// the chain's.
	Info *wsa.ProtocolInfo

	Group uint32 // reserved
	Flags uint32 // WSA_FLAG_

	// Process is whose socket it is, nil for the process that the provider
	// runs in.
	Process *Process

	// Base, when not nil, is asked for the socket at the bottom of the
	// chain instead of the chain's own base provider, which is then its
	// Next: for a socket that exists already. Layers pass it on.
	Base Provider

	// Connection, when not nil, is a connection of the kernel that exists
	// already: a base provider whose sockets are the kernel's makes its
	// socket of that one. Other base providers answer WSAEOPNOTSUPP.
	Connection *Connection

	// Observe, when not nil, is called by the chain with each socket that a
	// provider of the chain has opened, the base provider's first and those
	// of layers that were put in between as well, with the provider's place
	// and name. What it returns takes the socket's place; nil leaves it as
	// it is. Accepted sockets are not shown. Layers pass it on.
	Observe func(place int, name string, s Socket) Socket

	// Duplicate, when not nil, is the copy of another process's socket
	// that is asked for. A base provider without a [Duplicator] answers
	// WSAEOPNOTSUPP. Layers pass it on.
	Duplicate *Duplicate

	// Next opens the socket of the next provider down the chain. It is nil
	// for a base provider. A layer that changes what is opened passes a
	// changed copy of the Opening.
	Next func(o *Opening) (Socket, error)

	// Through opens what Next would, with more layers on top of it, the
	// first at the top: for a layer that finds out late, such as by the
	// address to connect to, what else is to stand between. The layers
	// are given as their paths, see [ParsePath]. Nil for a base provider.
	//
	// Errors: those of the layers as in package chain's Compose, and of Next.
	Through func(layers []string, o *Opening) (Socket, error)
}

// Kind returns what is opened, with what the application has left open taken
// from Info.
func (o *Opening) Kind() (family, socketType, protocol int32) {
	family, socketType, protocol = o.AddressFamily, o.SocketType, o.Protocol
	if o.Info == nil {
		return family, socketType, protocol
	}
	if family == wsa.AF_UNSPEC {
		family = o.Info.AddressFamily
	}
	if socketType == 0 {
		socketType = o.Info.SocketType
	}
	if protocol == 0 {
		protocol = o.Info.Protocol
	}
	return family, socketType, protocol
}

// A Duplicate is a copy of a socket that another process has offered, see
// [Duplicator].
type Duplicate struct {
	ID       uint32 // ProviderReserved of what Duplicate returned
	Attached []byte // set by the base provider, and then not nil
}

// A Connection is an established stream connection of the kernel.
type Connection struct {
	Descriptor int // the socket's from then on, if it could be opened
	Peer       wsa.Sockaddr
}

// StartupParams are the arguments of WSPStartup.
type StartupParams struct {
	// Version is the highest version that may be used, MAKEWORD(2, 2).
	Version uint16

	// Info is the catalog entry that is being started: the base
	// protocol's, or the chain's for every provider of that chain.
	Info wsa.ProtocolInfo

	// Place is the provider's place in Info.Chain, 0 being the top.
	Place int

	// Options are the values from the provider's path, checked against the
	// driver's declaration.
	Options Options

	// Log takes what the provider has to say. It names the provider.
	Log *slog.Logger
}
