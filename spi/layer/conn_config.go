// SPDX-License-Identifier: Apache-2.0

package layer

import (
	"context"
	"log/slog"
	"net"
	"time"

	"winsock/spi"
	"winsock/wsa"
)

// A ConnConfig describes a layer that is written as blocking code: a
// function that makes a connection out of the connection below it, as TLS, a
// proxy's handshake, compression and framing do. [NewConn] makes sockets of
// it that never block.
type ConnConfig struct {
	// Transform makes the connection that the application's data goes
	// through. It runs in a goroutine of its own, once for each connection:
	// after the connect of the socket below, or for each accepted
	// connection before the application sees that. It may read and write
	// below and take as long as HandshakeTimeout; ctx ends then, and when
	// the socket is closed. Returning below itself leaves the data alone.
	//
	// The result's CloseWrite, if it has one, is called for the end of the
	// sending direction; without it, below's is. Its Close is called once,
	// and must end its Read and Write.
	//
	// An error fails the connect with the wsa.Errno that it wraps, or else
	// with WSAECONNABORTED; an accepted connection is dropped. So does a
	// panic.
	Transform func(ctx context.Context, h *Handshake, below net.Conn) (net.Conn, error)

	// Route returns the address that the socket below connects to when the
	// application connects to name, such as a proxy's. Nil means name. The
	// error is a wsa.Errno and becomes Connect's. It must not block nor make
	// calls of the socket.
	Route func(name *wsa.Sockaddr) (wsa.Sockaddr, error)

	// BufferSize is the size of the buffer of each direction, in bytes.
	// Zero means 64 KiB.
	BufferSize int

	// MaxHandshakes is how many accepted connections of one listening
	// socket may be in Transform, and how many may wait for Accept after
	// it. Zero means 128. For the latter a smaller backlog of listen counts
	// instead.
	MaxHandshakes int

	// HandshakeTimeout bounds Transform. Zero means 30 seconds.
	HandshakeTimeout time.Duration

	// CloseTimeout is how long a closed socket may try to send what it
	// still holds, before the connection is reset. Zero means 30 seconds.
	CloseTimeout time.Duration

	// Log takes what the application is not told: why a handshake failed.
	// Nil means the default logger.
	Log *slog.Logger
}

func (cfg ConnConfig) withDefaults() *ConnConfig {
	if cfg.BufferSize <= 0 {
		cfg.BufferSize = 64 << 10
	}
	if cfg.MaxHandshakes <= 0 {
		cfg.MaxHandshakes = 128
	}
	if cfg.HandshakeTimeout <= 0 {
		cfg.HandshakeTimeout = 30 * time.Second
	}
	if cfg.CloseTimeout <= 0 {
		cfg.CloseTimeout = 30 * time.Second
	}
	if cfg.Log == nil {
		cfg.Log = slog.Default()
	}
	return &cfg
}

// A Handshake tells Transform which connection it makes.
type Handshake struct {
	// Server is true for an accepted connection.
	Server bool

	// Peer is the address that the application connects to (which Route
	// may have replaced below), or the other side's of an accepted
	// connection.
	Peer wsa.Sockaddr

	// Socket is the layer's socket, and Listener the one that accepted it,
	// nil otherwise. They are where a layer keeps what the application set
	// by options.
	Socket, Listener spi.Socket

	// Opening is how the socket, or its listener, was opened.
	Opening *spi.Opening
}

// NewConnProvider returns a provider whose streams are sockets of
// [NewConn]. Sockets of other types are left as they are below, which a layer
// that must not let them pass prevents by refusing to open them: it writes
// its own [Wrap].
func NewConnProvider(p *spi.StartupParams, cfg ConnConfig) spi.Provider {
	if cfg.Log == nil {
		cfg.Log = logger(p)
	}
	return NewProvider(p, func(below spi.Socket, o *spi.Opening) (spi.Socket, error) {
		if !Stream(o) {
			return &HandlePreserving{PassThrough{Base{Socket: below}}}, nil
		}
		return NewConn(below, o, cfg), nil
	})
}

// IsPeer reports whether name is one of somebody whom a socket of the family
// can be connected to. The error of any other is known to the base provider
// only.
func IsPeer(name *wsa.Sockaddr, family int32) bool {
	if name == nil || name.Len() <= 2 || name.Family() != family {
		return false
	}
	if family == wsa.AF_UNIX {
		return true
	}
	ap, ok := name.AddrPort()
	return ok && ap.Port() != 0 && !ap.Addr().IsUnspecified()
}

// Stream reports whether o opens a stream socket.
func Stream(o *spi.Opening) bool {
	_, socketType, _ := o.Kind()
	return socketType == wsa.SOCK_STREAM
}
