// SPDX-License-Identifier: Apache-2.0

package layer

import (
	"log/slog"
	"time"

	"winsock/spi"
	"winsock/wsa"
)

// A Wrap makes a layer's socket on the socket below. It is called for each
// socket that is opened and for each connection that one of them accepts; o
// is then the listener's Opening. On an error the caller closes below.
type Wrap func(below spi.Socket, o *spi.Opening) (spi.Socket, error)

// NewProvider returns the provider of a layer whose sockets wrap makes. Each
// must embed [Base] (itself, or through [PassThrough] or [HandlePreserving])
// for its accepted connections to be wrapped as well.
//
// A panic of wrap is logged to p.Log and answered with
// WSAEPROVIDERFAILEDINIT; the program lives on.
func NewProvider(p *spi.StartupParams, wrap Wrap) spi.Provider {
	return &provider{wrap: wrap, log: logger(p)}
}

type provider struct {
	wrap   Wrap
	log    *slog.Logger
	ending Ending // closed sockets that still send what they hold
}

// Socket opens the socket below and wraps it.
func (p *provider) Socket(o *spi.Opening) (spi.Socket, error) {
	below, err := o.Next(o)
	if err != nil {
		return nil, err
	}
	// The caller may use its Opening again for another socket.
	own := *o
	return p.wrapped(below, &own)
}

// Cleanup waits for closed sockets that still have something to send, as the
// program may be about to end, and their data with it. They are bounded in
// time themselves; code of a layer that does not come back is not waited for.
func (p *provider) Cleanup() error {
	if !p.ending.Wait(cleanupTimeout) {
		p.log.Warn("a layer does not end its closed connections")
	}
	return nil
}

const cleanupTimeout = time.Minute

func (p *provider) wrapped(below spi.Socket, o *spi.Opening) (s spi.Socket, err error) {
	defer func() {
		if v := recover(); v != nil {
			logPanic(p.log, "opening a socket", v)
			s, err = nil, wsa.WSAEPROVIDERFAILEDINIT
		}
		if err != nil {
			_ = below.Close()
		}
	}()
	if s, err = p.wrap(below, o); err != nil {
		return nil, err
	}
	if b, ok := s.(interface{ base() *Base }); ok {
		b := b.base()
		b.outer = s
		b.ending = &p.ending
		b.wrap = func(conn spi.Socket) (spi.Socket, error) { return p.wrapped(conn, o) }
	}
	return s, nil
}

func logger(p *spi.StartupParams) *slog.Logger {
	if p == nil || p.Log == nil {
		return slog.Default()
	}
	return p.Log
}
