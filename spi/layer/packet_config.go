// SPDX-License-Identifier: Apache-2.0

package layer

import (
	"errors"
	"log/slog"

	"winsock/spi"
	"winsock/wsa"
)

// ErrDrop is what Encode and Decode return for a datagram that is to
// disappear, as the network may make any datagram do.
var ErrDrop = errors.New("layer: drop the datagram")

// A PacketConfig describes a layer on datagram sockets as a function for
// each direction. [NewPacket] makes sockets of it.
//
// The functions must not block and must not keep the slices they are given.
// Each is called by one goroutine at a time for one socket, but the two of
// them may run at once; state of a conversation is theirs to keep, for which
// each socket is given a PacketConfig of its own.
type PacketConfig struct {
	// Encode appends to dst the datagram that is sent below instead of p.
	// peer is where the application sends it, as it was given, or to which
	// the socket is connected; changing it sends the datagram elsewhere. It
	// may be called again with the same p if the socket below would block.
	// An error is Send's: the wsa.Errno that it wraps, or else
	// WSAECONNABORTED. Nil leaves datagrams as they are.
	Encode func(dst, p []byte, peer *wsa.Sockaddr) ([]byte, error)

	// Decode appends to dst the datagram that the application receives
	// instead of p. peer is where it came from; changing it tells the
	// application another sender. A datagram with any error is dropped.
	// Nil leaves datagrams as they are.
	Decode func(dst, p []byte, peer *wsa.Sockaddr) ([]byte, error)

	// Route returns the address that the socket below is connected to when
	// the application connects to name, such as a relay's. The datagrams
	// of other senders than name, as Decode tells them, are then dropped
	// here. Nil means name.
	Route func(name *wsa.Sockaddr) (wsa.Sockaddr, error)

	// Overhead is by how many bytes Encode makes a datagram longer at
	// most. SO_MAX_MSG_SIZE is smaller by that.
	Overhead int

	// Log takes what the application is not told. Nil means the default
	// logger.
	Log *slog.Logger
}

// NewPacketProvider returns a provider whose datagram sockets are of
// [NewPacket], each with what config returns for it. Other sockets are left
// as they are below.
func NewPacketProvider(p *spi.StartupParams, config func(o *spi.Opening) PacketConfig) spi.Provider {
	log := logger(p)
	return NewProvider(p, func(below spi.Socket, o *spi.Opening) (spi.Socket, error) {
		if !Datagram(o) {
			return &HandlePreserving{PassThrough{Base{Socket: below}}}, nil
		}
		cfg := config(o)
		if cfg.Log == nil {
			cfg.Log = log
		}
		return NewPacket(below, cfg), nil
	})
}

// Datagram reports whether o opens a datagram socket.
func Datagram(o *spi.Opening) bool {
	_, socketType, _ := o.Kind()
	return socketType == wsa.SOCK_DGRAM
}
