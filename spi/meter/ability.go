// SPDX-License-Identifier: Apache-2.0

package meter

import (
	"time"

	"winsock/spi"
	"winsock/wsa"
)

// A set is a set of optional interfaces. Whether a socket can do something is
// asked by a type assertion, so each set that a metered socket can have is a
// type of its own, made of a core and one part for each interface: a bundle.
type set uint16

const (
	handling      set = 1 << iota // spi.Handler
	pathing                       // spi.DataPather
	foreseeing                    // spi.Foreseer
	standing                      // Below, see spi.DataPathTo
	parking                       // spi.Parker
	connecting                    // spi.ConnectDataer
	disconnecting                 // spi.DisconnectDataer
	joining                       // spi.MultipointJoiner
	duplicating                   // spi.Duplicator
	extending                     // spi.Extender
	filing                        // spi.FileSender
	lingering                     // spi.Lingerer
	abandoning                    // spi.Abandoner
	allAbilities  = abandoning<<1 - 1
)

// A stander tells which socket it stands on.
type stander interface{ Below() spi.Socket }

// has returns bit if s has the interface I.
func has[I any](s spi.Socket, bit set) set {
	if _, ok := s.(I); ok {
		return bit
	}
	return 0
}

// abilitiesOf returns the optional interfaces that s has.
func abilitiesOf(s spi.Socket) set {
	return has[spi.Handler](s, handling) |
		has[spi.DataPather](s, pathing) |
		has[spi.Foreseer](s, foreseeing) |
		has[stander](s, standing) |
		has[spi.Parker](s, parking) |
		has[spi.ConnectDataer](s, connecting) |
		has[spi.DisconnectDataer](s, disconnecting) |
		has[spi.MultipointJoiner](s, joining) |
		has[spi.Duplicator](s, duplicating) |
		has[spi.Extender](s, extending) |
		has[spi.FileSender](s, filing) |
		has[spi.Lingerer](s, lingering) |
		has[spi.Abandoner](s, abandoning)
}

// The parts of the bundles.
type (
	handlingPart      struct{ c *core }
	pathingPart       struct{ c *core }
	foreseeingPart    struct{ c *core }
	standingPart      struct{ c *core }
	parkingPart       struct{ c *core }
	connectingPart    struct{ c *core }
	disconnectingPart struct{ c *core }
	joiningPart       struct{ c *core }
	duplicatingPart   struct{ c *core }
	extendingPart     struct{ c *core }
	filingPart        struct{ c *core }
	lingeringPart     struct{ c *core }
	abandoningPart    struct{ c *core }
)

// Handle is passed on. What is read and written by it is not counted.
func (p handlingPart) Handle() int { return p.c.s.(spi.Handler).Handle() }

// own returns the metered socket for the one that it is on.
func (c *core) own(s spi.Socket) spi.Socket {
	if s == c.s {
		return c.outer
	}
	return s
}

// DataPath leaves the data alone if the socket does.
func (p pathingPart) DataPath() spi.Socket { return p.c.own(p.c.s.(spi.DataPather).DataPath()) }

// Foresee leaves the data alone if the socket will.
func (p foreseeingPart) Foresee(name *wsa.Sockaddr) spi.Socket {
	return p.c.own(p.c.s.(spi.Foreseer).Foresee(name))
}

// Below is passed on.
func (p standingPart) Below() spi.Socket { return p.c.s.(stander).Below() }

// Park is passed on; what try does is counted where it does it.
func (p parkingPart) Park(d spi.Direction, try func() bool) (bool, error) {
	return p.c.s.(spi.Parker).Park(d, try)
}

// SetParkDeadline is passed on.
func (p parkingPart) SetParkDeadline(d spi.Direction, t time.Time) {
	p.c.s.(spi.Parker).SetParkDeadline(d, t)
}

// Unpark is passed on.
func (p parkingPart) Unpark() { p.c.s.(spi.Parker).Unpark() }

// ConnectWithData is counted under Connect.
func (p connectingPart) ConnectWithData(name *wsa.Sockaddr, caller []byte, callee *[]byte, sqos, gqos *wsa.QOS) error {
	start := now()
	err := p.c.s.(spi.ConnectDataer).ConnectWithData(name, caller, callee, sqos, gqos)
	p.c.tried(err)
	p.c.record(Connect, start, err)
	return err
}

// SendDisconnect is counted under Control.
func (p disconnectingPart) SendDisconnect(data []byte) error {
	start := now()
	err := p.c.s.(spi.DisconnectDataer).SendDisconnect(data)
	p.c.record(Control, start, err)
	return err
}

// RecvDisconnect is counted under Control.
func (p disconnectingPart) RecvDisconnect(data []byte) (int, error) {
	start := now()
	n, err := p.c.s.(spi.DisconnectDataer).RecvDisconnect(data)
	p.c.record(Control, start, err)
	return n, err
}

// JoinLeaf is counted under Connect, as is what a new socket does.
func (p joiningPart) JoinLeaf(name *wsa.Sockaddr, caller []byte, callee *[]byte, sqos, gqos *wsa.QOS, flags uint32) (spi.Socket, error) {
	start := now()
	leaf, err := p.c.s.(spi.MultipointJoiner).JoinLeaf(name, caller, callee, sqos, gqos, flags)
	p.c.record(Connect, start, err)
	switch {
	case err != nil || leaf == nil:
		return leaf, err
	case leaf == p.c.s:
		return p.c.outer, nil
	}
	return p.c.derive(leaf), nil
}

// Duplicate is counted under Control.
func (p duplicatingPart) Duplicate(processID uint32, attached []byte) (*wsa.ProtocolInfo, error) {
	start := now()
	info, err := p.c.s.(spi.Duplicator).Duplicate(processID, attached)
	p.c.record(Control, start, err)
	return info, err
}

// Extension hands the function out as the socket has it: that it was asked
// for is counted under Control, what it does is not.
func (p extendingPart) Extension(id wsa.GUID) any {
	start := now()
	function := p.c.s.(spi.Extender).Extension(id)
	p.c.record(Control, start, nil)
	return function
}

// SendFile is counted under Send. That the bytes have to be read is no error.
func (p filingPart) SendFile(file int, offset int64, n int) (int, error) {
	start := now()
	n, err := p.c.s.(spi.FileSender).SendFile(file, offset, n)
	told := err
	if err == wsa.WSAEOPNOTSUPP {
		told = nil
	}
	p.c.record(Send, start, told)
	if n > 0 {
		p.c.m.groups[Send].bytes.Add(int64(n))
	}
	return n, err
}

// Linger is counted under Control.
func (p lingeringPart) Linger() error {
	start := now()
	err := p.c.s.(spi.Lingerer).Linger()
	p.c.record(Control, start, err)
	return err
}

// Abort is counted under Control.
func (p lingeringPart) Abort() {
	start := now()
	p.c.s.(spi.Lingerer).Abort()
	p.c.record(Control, start, nil)
}

// Abandon is passed on; the socket is open no more.
func (p abandoningPart) Abandon() {
	p.c.s.(spi.Abandoner).Abandon()
	p.c.end()
}
