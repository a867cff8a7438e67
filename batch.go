// SPDX-License-Identifier: Apache-2.0

package winsock

import (
	"sync"

	"winsock/spi"
	"winsock/wsa"
)

// Several operations that wait on a socket of datagrams are tried together, if
// the provider can do that at about the cost of one (spi.BatchReceiver,
// spi.BatchSender).

// maxBatch is how many are tried at once. More make it no faster, and the slowest
// answers of a server that is kept busy come later (measured: a fifth).
const maxBatch = 16

// A batch is what is handed to the provider. It is pooled.
type batch [maxBatch]spi.Transfer

var batches = sync.Pool{New: func() any { return new(batch) }}

// fill makes the first operations of the queue the batch, as far as they are
// plain.
func (b *batch) fill(q *requestQueue) []spi.Transfer {
	n := 0
	for r := q.first(); r != nil && n < len(b) && r.plain(); r = r.next {
		b[n].Message = &r.msg
		n++
		if r == q.last {
			break
		}
	}
	return b[:n]
}

// several reports whether more than one operation is pending.
func (q *requestQueue) several() bool { return q.last != nil && q.last.next != q.last }

// receiveBatchLocked ends the receives that there are datagrams for, and
// reports whether it is known that there is nothing for those that are left.
// events are those that were told.
func (a *async) receiveBatchLocked(events spi.Events, t *taker) (drained bool) {
	p := a.sock.path.Load()
	if !p.batches || !a.recv.several() {
		return false
	}
	receiver, ok := spi.As[spi.BatchReceiver](p.data)
	if !ok {
		return false
	}
	b := batches.Get().(*batch)
	for {
		list := b.fill(&a.recv)
		if len(list) < 2 {
			break
		}
		n, err := receiver.RecvBatch(list)
		a.sock.selection.received(0)
		a.completeBatchLocked(&a.recv, list[:n], t)
		clear(list)
		if n < len(list) {
			// An error may be left, of which the events have told then.
			drained = err == wsa.WSAEWOULDBLOCK && events&spi.EventsEnd == 0
			break
		}
	}
	batches.Put(b)
	return drained
}

// sendBatchLocked ends the sends that there is room for, and reports whether it
// is known that there is none for those that are left.
func (a *async) sendBatchLocked() (full bool) {
	p := a.sock.path.Load()
	if !p.batches || !a.send.several() {
		return false
	}
	sender, ok := spi.As[spi.BatchSender](p.data)
	if !ok {
		return false
	}
	b := batches.Get().(*batch)
	for {
		list := b.fill(&a.send)
		if len(list) < 2 {
			break
		}
		n, err := sender.SendBatch(list)
		a.completeBatchLocked(&a.send, list[:n], nil)
		clear(list)
		if err == wsa.WSAEWOULDBLOCK {
			a.sock.selection.sent(err)
			full = true
		}
		if n < len(list) {
			break
		}
	}
	batches.Put(b)
	return full
}

// completeBatchLocked ends the first operations of the queue as the list tells.
// t, if not nil, takes the packets of those that succeeded, until one has to go
// through the port.
func (a *async) completeBatchLocked(q *requestQueue, list []spi.Transfer, t *taker) {
	for i := range list {
		r := q.pop()
		r.n, r.err = list[i].N, list[i].Err
		switch x := r.extras; {
		case x == nil:
		case q == &a.send:
			putFlags(x.rio.flags, 0)
		default:
			x.rio.describe(r, a.sock)
		}
		if !a.succeeds(r) {
			if t != nil {
				t.full()
			}
			a.completeLocked(r, later)
			continue
		}
		taken := t != nil && t.take(a, r)
		if t != nil && !taken {
			t.full()
		}
		a.succeedLocked(r, later, taken)
	}
}
