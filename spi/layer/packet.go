// SPDX-License-Identifier: Apache-2.0

package layer

import (
	"encoding/binary"
	"log/slog"
	"sync"

	"winsock/spi"
	"winsock/wsa"
)

// A Packet is a datagram socket whose datagrams go through the functions of
// a [PacketConfig]. It holds at most one datagram, the next one: only by
// decoding it can the socket tell that it is not one to be dropped, and so
// be exact about its readiness.
type Packet struct {
	Base
	config PacketConfig

	state  sync.Mutex // protects the four below; taken alone, or after send or recv
	peer   wsa.Sockaddr
	noRecv bool // SD_RECEIVE
	failed bool // the layer's code has panicked

	wantControl bool // the application has asked for control data

	send    sync.Mutex // held while Encode runs; protects the four below
	to      wsa.Sockaddr
	plain   []byte
	encoded []byte
	out     spi.Message

	recv sync.Mutex // held while Decode runs; protects the one below
	next held
}

// held is the next datagram, decoded, or the error that comes first.
type held struct {
	full    bool
	data    []byte
	from    wsa.Sockaddr
	flags   uint32
	control []byte
	err     error

	message spi.Message
}

var _ spi.Socket = (*Packet)(nil)

const maxDatagram = 64 << 10

// raw lends the memory for datagrams as they come from below.
var raw = sync.Pool{New: func() any { return new([maxDatagram]byte) }}

// NewPacket returns a datagram socket of the layer that cfg describes, on
// below.
func NewPacket(below spi.Socket, cfg PacketConfig) *Packet {
	if cfg.Log == nil {
		cfg.Log = slog.Default()
	}
	unchanged := func(dst, p []byte, _ *wsa.Sockaddr) ([]byte, error) { return append(dst, p...), nil }
	if cfg.Encode == nil {
		cfg.Encode = unchanged
	}
	if cfg.Decode == nil {
		cfg.Decode = unchanged
	}
	p := &Packet{config: cfg}
	p.Socket = below
	return p
}

// Connect sets the peer. Below it is the address that Route returns.
func (p *Packet) Connect(name *wsa.Sockaddr) error {
	below := name
	dissolve := name != nil && name.Family() == wsa.AF_UNSPEC
	if p.config.Route != nil && name != nil && name.Len() > 2 && !dissolve {
		address, err := p.config.Route(name)
		if err != nil {
			return wsa.ErrnoOf(err).Err()
		}
		below = &address
	}
	p.state.Lock()
	defer p.state.Unlock()
	if err := p.Base.Connect(below); err != nil {
		return err
	}
	if p.peer = *name; dissolve {
		p.peer = wsa.Sockaddr{}
	}
	return nil
}

// GetPeerName tells what the application connected to.
func (p *Packet) GetPeerName(name *wsa.Sockaddr) error {
	if err := p.Base.GetPeerName(name); err != nil || p.config.Route == nil {
		return err
	}
	*name, _ = p.status()
	return nil
}

// status returns the peer, and the error of a socket whose layer has failed.
func (p *Packet) status() (peer wsa.Sockaddr, err error) {
	p.state.Lock()
	defer p.state.Unlock()
	if p.failed {
		return p.peer, wsa.WSAECONNABORTED
	}
	return p.peer, nil
}

// recovered turns a panic of the layer's code into the end of this socket.
func (p *Packet) recovered(doing string, err *error) {
	if v := recover(); v != nil {
		logPanic(p.config.Log, doing, v)
		p.state.Lock()
		p.failed = true
		p.state.Unlock()
		*err = wsa.WSAECONNABORTED
	}
}

// Send encodes the datagram and sends it below.
func (p *Packet) Send(m *spi.Message) (n int, err error) {
	peer, err := p.status()
	if err != nil {
		return 0, err
	}
	if m.Name == nil && peer.Len() == 0 {
		return 0, wsa.WSAENOTCONN
	}
	n = m.Len()
	if n > maxDatagram {
		return 0, wsa.WSAEMSGSIZE
	}
	p.send.Lock()
	defer p.send.Unlock()
	if cap(p.plain) < n {
		p.plain = make([]byte, n)
	}
	p.plain = p.plain[:n]
	m.Gather(p.plain, 0)
	if m.Name != nil {
		peer = *m.Name
	}
	p.to = peer
	if err := p.encode(); err == ErrDrop {
		return n, nil
	} else if err != nil {
		return 0, connError(err)
	}
	p.out.SetBuffer(p.encoded)
	p.out.Flags, p.out.Name, p.out.Control = m.Flags, m.Name, m.Control
	if p.to != peer {
		p.out.Name = &p.to
	}
	defer p.out.Reset()
	if _, err := p.Base.Send(&p.out); err != nil {
		return 0, err
	}
	return n, nil
}

func (p *Packet) encode() (err error) {
	defer p.recovered("encoding a datagram", &err)
	p.encoded, err = p.config.Encode(p.encoded[:0], p.plain, &p.to)
	return err
}

// Recv returns the next datagram that Decode does not drop.
func (p *Packet) Recv(m *spi.Message) (int, error) {
	p.state.Lock()
	shut, failed := p.noRecv, p.failed
	p.wantControl = p.wantControl || m.Control != nil
	p.state.Unlock()
	switch {
	case failed:
		return 0, wsa.WSAECONNABORTED
	case shut:
		return 0, wsa.WSAESHUTDOWN
	}
	p.recv.Lock()
	defer p.recv.Unlock()
	p.fetchLocked()
	h := &p.next
	if !h.full {
		err := h.err
		h.err = nil
		return 0, err
	}
	peek := m.Flags&wsa.MSG_PEEK != 0
	m.Flags = h.flags
	n := m.Scatter(h.data, 0)
	if m.Name != nil {
		*m.Name = h.from
	}
	var err error
	if n < len(h.data) {
		m.Flags |= wsa.MSG_TRUNC
		err = wsa.WSAEMSGSIZE
	}
	if m.Control != nil {
		k := copy(m.Control, h.control)
		if m.Control = m.Control[:k]; k < len(h.control) {
			m.Flags |= wsa.MSG_CTRUNC
			err = wsa.WSAEMSGSIZE
		}
	}
	h.full = peek
	return n, err
}

// fetchLocked makes sure that next holds a datagram or an error.
func (p *Packet) fetchLocked() {
	h := &p.next
	if h.full || h.err != nil {
		return
	}
	buf := raw.Get().(*[maxDatagram]byte)
	defer raw.Put(buf)
	defer h.message.Reset()
	for {
		p.state.Lock()
		control, peer := p.wantControl, p.peer
		p.state.Unlock()
		h.message.SetBuffer(buf[:])
		h.message.Flags, h.message.Name = 0, &h.from
		if h.message.Control = nil; control {
			if cap(h.control) == 0 {
				h.control = make([]byte, 512)
			}
			h.message.Control = h.control[:cap(h.control)]
		}
		n, err := p.Base.Recv(&h.message)
		if err == wsa.WSAEMSGSIZE {
			continue // longer than a datagram of ours can be
		}
		if err != nil {
			h.err = err
			return
		}
		h.flags = h.message.Flags
		if control {
			h.control = h.message.Control
		}
		err = p.decode(buf[:n])
		switch {
		case err == wsa.WSAECONNABORTED && p.hasFailed():
			h.err = err
			return
		case err != nil:
			if err != ErrDrop {
				p.config.Log.Debug("datagram dropped", "from", h.from.String(), "err", err)
			}
		case p.config.Route != nil && peer.Len() > 0 && h.from != peer:
		default:
			h.full = true
			return
		}
	}
}

func (p *Packet) decode(datagram []byte) (err error) {
	defer p.recovered("decoding a datagram", &err)
	p.next.data, err = p.config.Decode(p.next.data[:0], datagram, &p.next.from)
	return err
}

func (p *Packet) hasFailed() bool {
	_, err := p.status()
	return err != nil
}

// Ready looks at the next datagram, if one is there below, before it says
// that there is something to receive.
func (p *Packet) Ready(mask spi.Events) spi.Events {
	if p.hasFailed() {
		return spi.EventReset & mask
	}
	e := p.Base.Ready(mask &^ spi.EventRead)
	if mask&(spi.EventRead|spi.EventReset) == 0 {
		return e
	}
	p.state.Lock()
	shut := p.noRecv
	p.state.Unlock()
	if shut {
		return e
	}
	p.recv.Lock()
	defer p.recv.Unlock()
	p.lookLocked()
	if p.next.full {
		e |= spi.EventRead
	} else if p.next.err != nil {
		e |= spi.EventReset
	}
	return e & mask
}

// lookLocked fetches only what is certainly there, so that states such as
// unbound are not taken for errors to be reported.
func (p *Packet) lookLocked() {
	if !p.next.full && p.next.err == nil && p.Base.Ready(spi.EventRead) != 0 {
		if p.fetchLocked(); p.next.err == wsa.WSAEWOULDBLOCK {
			p.next.err = nil
		}
	}
}

// Shutdown ends a direction.
func (p *Packet) Shutdown(how int32) error {
	p.state.Lock()
	defer p.state.Unlock()
	err := p.Base.Shutdown(how)
	if err == nil && how != wsa.SD_SEND {
		p.noRecv = true
	}
	return err
}

// GetSockOpt takes the overhead off SO_MAX_MSG_SIZE.
func (p *Packet) GetSockOpt(level, name int32, value []byte) (int, error) {
	n, err := p.Base.GetSockOpt(level, name, value)
	if err == nil && n == 4 && level == wsa.SOL_SOCKET && name == wsa.SO_MAX_MSG_SIZE {
		size := int(binary.LittleEndian.Uint32(value)) - p.config.Overhead
		binary.LittleEndian.PutUint32(value, uint32(max(size, 0)))
	}
	return n, err
}

// Ioctl answers FIONREAD with the length of the next datagram.
func (p *Packet) Ioctl(code uint32, in, out []byte) (int, error) {
	if code != wsa.FIONREAD || len(out) < 4 {
		return p.Base.Ioctl(code, in, out)
	}
	p.recv.Lock()
	defer p.recv.Unlock()
	p.lookLocked()
	n := 0
	if p.next.full {
		n = len(p.next.data)
	}
	binary.LittleEndian.PutUint32(out, uint32(n))
	return 4, nil
}
