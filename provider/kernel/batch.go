// SPDX-License-Identifier: Apache-2.0

package kernel

import (
	"encoding/binary"
	"sync"

	"winsock/internal/sys"
	"winsock/spi"
	"winsock/spi/sockstate"
	"winsock/wsa"
)

// A batch is the memory for one call with several datagrams. It is pooled.
type batch struct {
	sys.Batch
	controls [sys.MaxBatch]*controlBuffer // of the datagrams that have control data
	names    [sys.MaxBatch][wsa.SizeofSockaddrIn6]byte
}

var batches = sync.Pool{New: func() any { return new(batch) }}

func (b *batch) free() {
	for i, control := range b.controls[:b.Len()] {
		if control != nil {
			controlBuffers.Put(control)
			b.controls[i] = nil
		}
	}
	b.Reset()
	batches.Put(b)
}

var (
	_ spi.BatchReceiver = (*datagram)(nil)
	_ spi.BatchSender   = (*datagram)(nil)
)

// RecvBatch receives several datagrams by one call of the kernel.
func (d *datagram) RecvBatch(list []spi.Transfer) (int, error) {
	if err := d.mayReceive(); err != nil {
		return endFirst(list, err)
	}
	b := batches.Get().(*batch)
	defer b.free()
	for i := range list {
		if !b.addReceive(list[i].Message) {
			break
		}
	}
	for b.Len() > 0 {
		n, e := b.Recv(d.fd, sys.MSG_TRUNC)
		switch {
		case e == 0:
			for i := range list[:n] {
				list[i].N, list[i].Err = d.received(list[i].Message, b, i)
			}
			if n < b.Len() {
				return n, wsa.WSAEWOULDBLOCK
			}
			return n, nil
		case e == sys.EAGAIN:
			return 0, wsa.WSAEWOULDBLOCK
		}
		if err := d.recvError(e); err != nil {
			return endFirst(list, err)
		}
	}
	return 0, nil
}

// endFirst ends the first of the list with an error.
func endFirst(list []spi.Transfer, err error) (int, error) {
	list[0].N, list[0].Err = 0, err
	return 1, nil
}

// addReceive makes room for a datagram. It reports false for what is to be
// received by itself.
func (b *batch) addReceive(m *spi.Message) bool {
	if m.Flags != 0 {
		return false
	}
	var name []byte
	if m.Name != nil {
		name = m.Name.Storage()[:]
	}
	if len(m.Control) == 0 {
		return b.Add(m.Bufs, name, nil)
	}
	control := controlBuffers.Get().(*controlBuffer)
	if !b.Add(m.Bufs, name, control[:]) {
		controlBuffers.Put(control)
		return false
	}
	b.controls[b.Len()-1] = control
	return true
}

// received ends the receive of datagram i.
func (d *datagram) received(m *spi.Message, b *batch, i int) (int, error) {
	n, r := b.Result(i)
	if m.Name != nil {
		d.kind.finishName(m.Name, r.NameLen)
	}
	if control := b.controls[i]; control != nil {
		d.finishControl(m, control, r)
	}
	return whole(m, n)
}

// SendBatch sends several datagrams by one call of the kernel.
func (d *datagram) SendBatch(list []spi.Transfer) (int, error) {
	b := batches.Get().(*batch)
	defer b.free()
	for i := range list {
		if !d.addSend(b, list[i].Message) {
			break
		}
	}
	if b.Len() == 0 {
		return 0, nil
	}
	n, e := b.Send(d.fd)
	switch e {
	case 0:
		for i := range list[:n] {
			list[i].N, _ = b.Result(i)
			list[i].Err = nil
		}
		if n < b.Len() {
			d.wasICMP() // else an error that has stopped the kernel would be lost
		}
		return n, nil
	case sys.EAGAIN:
		return 0, d.sendError(e)
	}
	if err := d.sendError(e); err != nil {
		return endFirst(list, err)
	}
	return 0, nil
}

// addSend appends a datagram to be sent. It reports false for what is to be
// sent by itself, or to be refused.
func (d *datagram) addSend(b *batch, m *spi.Message) bool {
	f := d.state.Flags() & (sockstate.Bound | sockstate.Connected | sockstate.SendShut)
	switch {
	case m.Flags != 0 || len(m.Control) != 0:
		return false
	case m.Name == nil:
		return f == sockstate.Bound|sockstate.Connected && b.Add(m.Bufs, nil, nil)
	case f&^sockstate.Connected != sockstate.Bound, d.kind.checkLen(m.Name) != nil, d.checkDestination(m.Name) != nil:
		return false
	}
	if b.Len() == len(b.names) {
		return false
	}
	name := b.names[b.Len()][:d.kind.nameLen]
	copy(name, m.Name.Bytes())
	binary.NativeEndian.PutUint16(name, uint16(d.kind.domain))
	return b.Add(m.Bufs, name, nil)
}
