// SPDX-License-Identifier: Apache-2.0

package socks

import (
	"sync"
	"time"

	"winsock/spi"
	"winsock/spi/layer"
	"winsock/wsa"
)

// A lower is the socket below, which another one may replace: a connection on
// which a proxy has failed is of no use any more, and the next attempt needs a
// new one with the same options and the same local address.
//
// While it may be replaced, only the layer itself watches it, and nobody parks
// on it.
type lower struct {
	settings layer.Settings

	mu    sync.RWMutex // protects what follows; held for reading during calls below
	cur   *layer.PassThrough
	bound wsa.Sockaddr // by Bind; empty: not bound
}

var (
	_ spi.Socket     = (*lower)(nil)
	_ spi.Parker     = (*lower)(nil)
	_ spi.Lingerer   = (*lower)(nil)
	_ spi.DataPather = (*lower)(nil)
)

func (p *lower) init(below spi.Socket) {
	p.cur = new(layer.PassThrough)
	p.cur.Socket = below
}

// now returns the present socket below, with mu held for reading.
func (p *lower) now() *layer.PassThrough {
	p.mu.RLock()
	return p.cur
}

// socket returns the present socket below. The caller knows that it is not
// replaced meanwhile.
func (p *lower) socket() spi.Socket {
	defer p.mu.RUnlock()
	return p.now().Socket
}

// exchange closes the socket below, resetting its connection, and puts a new
// one in its place.
func (p *lower) exchange(o *spi.Opening) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.cur.Abort()
	_ = p.cur.Close() // so that its address is free
	own := *o
	below, err := o.Next(&own)
	if err != nil {
		p.cur.Socket = gone{}
		return wsa.ErrnoOf(err).Err()
	}
	cur := new(layer.PassThrough)
	cur.Socket = below
	p.cur = cur
	p.settings.Apply(below)
	p.settings.ApplyParking(cur)
	var has wsa.Sockaddr
	if p.bound.Len() > 0 && below.GetSockName(&has) != nil { // it may stand on what is bound already
		return below.Bind(&p.bound)
	}
	return nil
}

// Bind binds the socket below, and remembers where to.
func (p *lower) Bind(name *wsa.Sockaddr) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	err := p.cur.Bind(name)
	if err == nil {
		if p.cur.GetSockName(&p.bound) != nil {
			p.bound = *name
		}
	}
	return err
}

// SetSockOpt sets an option below.
func (p *lower) SetSockOpt(level, name int32, value []byte) error {
	err := func() error {
		defer p.mu.RUnlock()
		return p.now().SetSockOpt(level, name, value)
	}()
	if err == nil {
		p.settings.NoteOption(level, name, value)
	}
	return err
}

// Ioctl controls the socket below.
func (p *lower) Ioctl(code uint32, in, out []byte) (int, error) {
	n, err := func() (int, error) {
		defer p.mu.RUnlock()
		return p.now().Ioctl(code, in, out)
	}()
	if err == nil {
		p.settings.NoteIoctl(code, in, n)
	}
	return n, err
}

// Close closes the socket below.
func (p *lower) Close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.cur.Close()
}

// Park parks below. The caller knows that the socket there stays.
func (p *lower) Park(d spi.Direction, try func() bool) (bool, error) {
	p.mu.RLock()
	cur := p.cur
	p.mu.RUnlock()
	return cur.Park(d, try)
}

// SetParkDeadline sets the deadline below.
func (p *lower) SetParkDeadline(d spi.Direction, t time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.settings.NoteDeadline(d, t)
	p.cur.SetParkDeadline(d, t)
}

// Unpark ends the parking below.
func (p *lower) Unpark() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.settings.NoteUnpark()
	p.cur.Unpark()
}

// DataPath is the way of the data below.
func (p *lower) DataPath() spi.Socket {
	defer p.mu.RUnlock()
	return spi.DataPathOf(p.now().Socket)
}

// The calls below go to the present socket.

func (p *lower) Linger() error { defer p.mu.RUnlock(); return p.now().Linger() }
func (p *lower) Abort()        { defer p.mu.RUnlock(); p.now().Abort() }

func (p *lower) Connect(name *wsa.Sockaddr) error {
	defer p.mu.RUnlock()
	return p.now().Connect(name)
}

func (p *lower) ConnectResult() error { defer p.mu.RUnlock(); return p.now().ConnectResult() }

func (p *lower) Listen(backlog int32) error { defer p.mu.RUnlock(); return p.now().Listen(backlog) }

func (p *lower) Accept(peer *wsa.Sockaddr) (spi.Socket, error) {
	defer p.mu.RUnlock()
	return p.now().Socket.Accept(peer)
}

func (p *lower) Send(m *spi.Message) (int, error) { defer p.mu.RUnlock(); return p.now().Send(m) }
func (p *lower) Recv(m *spi.Message) (int, error) { defer p.mu.RUnlock(); return p.now().Recv(m) }
func (p *lower) Shutdown(how int32) error         { defer p.mu.RUnlock(); return p.now().Shutdown(how) }

func (p *lower) GetSockName(name *wsa.Sockaddr) error {
	defer p.mu.RUnlock()
	return p.now().GetSockName(name)
}

func (p *lower) GetPeerName(name *wsa.Sockaddr) error {
	defer p.mu.RUnlock()
	return p.now().GetPeerName(name)
}

func (p *lower) GetSockOpt(level, name int32, value []byte) (int, error) {
	defer p.mu.RUnlock()
	return p.now().GetSockOpt(level, name, value)
}

func (p *lower) Ready(mask spi.Events) spi.Events { defer p.mu.RUnlock(); return p.now().Ready(mask) }
func (p *lower) Watch(w *spi.Watcher)             { defer p.mu.RUnlock(); p.now().Watch(w) }
func (p *lower) Unwatch(w *spi.Watcher)           { defer p.mu.RUnlock(); p.now().Unwatch(w) }

// gone stands for a socket below that could not be had.
type gone struct{ spi.Socket }

func (gone) Bind(*wsa.Sockaddr) error                     { return wsa.WSAENOBUFS }
func (gone) Connect(*wsa.Sockaddr) error                  { return wsa.WSAENOBUFS }
func (gone) ConnectResult() error                         { return wsa.WSAENOTCONN }
func (gone) Listen(int32) error                           { return wsa.WSAENOBUFS }
func (gone) Accept(*wsa.Sockaddr) (spi.Socket, error)     { return nil, wsa.WSAEINVAL }
func (gone) Send(*spi.Message) (int, error)               { return 0, wsa.WSAENOTCONN }
func (gone) Recv(*spi.Message) (int, error)               { return 0, wsa.WSAENOTCONN }
func (gone) Shutdown(int32) error                         { return wsa.WSAENOTCONN }
func (gone) Close() error                                 { return nil }
func (gone) GetSockName(*wsa.Sockaddr) error              { return wsa.WSAEINVAL }
func (gone) GetPeerName(*wsa.Sockaddr) error              { return wsa.WSAENOTCONN }
func (gone) GetSockOpt(_, _ int32, _ []byte) (int, error) { return 0, wsa.WSAENOBUFS }
func (gone) SetSockOpt(_, _ int32, _ []byte) error        { return wsa.WSAENOBUFS }
func (gone) Ioctl(_ uint32, _, _ []byte) (int, error)     { return 0, wsa.WSAENOBUFS }
func (gone) Ready(spi.Events) spi.Events                  { return 0 }
func (gone) Watch(*spi.Watcher)                           {}
func (gone) Unwatch(*spi.Watcher)                         {}
