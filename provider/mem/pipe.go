// SPDX-License-Identifier: Apache-2.0

package mem

import (
	"time"

	"winsock/spi"
	"winsock/wsa"
)

// segmentSize is the most data of one packet of a stream, in bytes: what
// Ethernet leaves to TCP.
const segmentSize = 1460

// A pipe is one direction of a stream. What is sent goes into the ring at
// once and becomes visible to the receiver when the segment that carries it
// arrives; the network's lock protects it.
//
//	head ......... visible ......... tail
//	     readable            on its way
type pipe struct {
	src, dst *socket
	ring
	visible uint64

	flight  []*segment // on their way, in order
	urgent  []mark     // positions of urgent bytes from head to visible
	oob     []byte     // urgent bytes to be received with MSG_OOB
	fin     bool       // the end has been sent
	ended   bool       // the end has arrived
	dstGone bool       // the receiver was closed
}

// A segment is a packet of a stream on its way.
type segment struct {
	size    int
	urgent  bool // its byte is urgent
	fin     bool // it ends the stream
	opens   bool // it is the answer that establishes the connection
	arrived bool
	tries   int
	first   time.Time
}

// A mark is the position of an urgent byte.
type mark struct {
	pos    uint64
	inline bool // it is received with the other data
}

// room is how many bytes may be sent: the buffers of both ends together are
// the limit, and never let less than one byte through.
func (p *pipe) room() int {
	limit := max(1, p.src.sndbuf+p.dst.rcvbuf)
	return max(0, limit-p.len()-len(p.oob))
}

// readable is how many bytes Recv could return now.
func (p *pipe) readable() int {
	n := int(p.visible - p.head)
	for _, m := range p.urgent {
		if !m.inline {
			n--
		}
	}
	return n
}

// send puts what fits of the message into the pipe, from offset skip on, and
// returns how much that was.
func (p *pipe) send(m *spi.Message, skip, want int, urgent bool, w *wakes) int {
	n := min(want, p.room())
	if n == 0 {
		return 0
	}
	a, b := p.reserve(n)
	m.Gather(a, skip)
	if len(b) > 0 {
		m.Gather(b, skip+len(a))
	}
	p.tail += uint64(n)
	net := p.src.net
	net.traceLocked("send", p.src.local, p.src.peer, n)
	if len(p.flight) == 0 && (net.perfect || p.src.linkLocked().perfect()) {
		p.arrive(n, urgent, w)
		return n
	}
	for sent := 0; sent < n; {
		size := min(n-sent, segmentSize)
		sent += size
		p.launch(&segment{size: size, urgent: urgent})
	}
	return n
}

// end sends the end of the stream.
func (p *pipe) end(w *wakes) {
	if p.fin {
		return
	}
	p.fin = true
	p.src.net.traceLocked("fin", p.src.local, p.src.peer, 0)
	if len(p.flight) == 0 && (p.src.net.perfect || p.src.linkLocked().perfect()) {
		p.arriveEnd(w)
		return
	}
	p.launch(&segment{fin: true})
}

// launch puts a segment on its way.
func (p *pipe) launch(g *segment) {
	g.first = p.src.net.clock.Now()
	p.flight = append(p.flight, g)
	p.transmit(g)
}

// Bounds of the time after which a lost segment is sent again.
const (
	shortestRetransmit = 200 * time.Millisecond
	longestRetransmit  = 60 * time.Second
)

// transmit sends a segment, or again after it was lost.
func (p *pipe) transmit(g *segment) {
	net := p.src.net
	l := p.src.linkLocked()
	way := p.src.pair()
	if net.lostLocked(&l) {
		net.traceLocked("lost", p.src.local, p.src.peer, g.size)
		after := max(shortestRetransmit, 2*(l.Latency+l.Jitter)) << min(g.tries, 8)
		g.tries++
		net.laterLocked(net.clock.Now().Add(min(after, longestRetransmit)), func(w *wakes) {
			if len(p.flight) == 0 || p.dst == nil {
				return // the connection was reset meanwhile
			}
			if limit := net.options.GiveUp; limit > 0 && net.clock.Now().Sub(g.first) >= limit {
				p.src.breakLocked(wsa.WSAETIMEDOUT, w)
				p.dst.breakLocked(wsa.WSAECONNRESET, w)
				return
			}
			p.transmit(g)
		})
		return
	}
	_, at := net.travelLocked(way, &l, g.size)
	net.laterLocked(at, func(w *wakes) {
		g.arrived = true
		p.deliver(w)
	})
}

// deliver hands over the segments that have arrived, in order.
func (p *pipe) deliver(w *wakes) {
	for len(p.flight) > 0 && p.flight[0].arrived {
		g := p.flight[0]
		p.flight[0] = nil
		p.flight = p.flight[1:]
		switch {
		case g.opens:
			p.dst.establishedLocked(w)
		case g.fin:
			p.arriveEnd(w)
		default:
			p.arrive(g.size, g.urgent, w)
		}
	}
	if len(p.flight) == 0 {
		p.flight = nil
	}
}

// arrive makes n more bytes visible to the receiver.
func (p *pipe) arrive(n int, urgent bool, w *wakes) {
	net := p.src.net
	net.traceLocked("arrive", p.src.local, p.src.peer, n)
	if p.dstGone {
		// Nobody will read it: the answer is a reset.
		p.drop()
		net.resetLaterLocked(p.src, p.dst, w)
		return
	}
	p.visible += uint64(n)
	events := spi.EventRead
	if urgent {
		events = p.arriveUrgent()
	}
	w.add(p.dst, events)
	if p.src.lingering && p.visible == p.tail {
		w.add(p.src, spi.EventWrite|spi.EventClose)
	}
}

// arriveUrgent treats the last visible byte as urgent. Whether it is read
// in line is decided now, by the receiver's SO_OOBINLINE.
func (p *pipe) arriveUrgent() spi.Events {
	pos := p.visible - 1
	if p.dst.opts.Bool(oobInlineRule) {
		p.urgent = append(p.urgent, mark{pos, true})
		return spi.EventRead
	}
	p.oob = append(p.oob, p.slice(pos, 1)[0])
	p.urgent = append(p.urgent, mark{pos, false})
	p.skipUrgent()
	return spi.EventOOB
}

// skipUrgent passes over urgent bytes at the head that are read elsewhere,
// and forgets marks that the head has passed.
func (p *pipe) skipUrgent() {
	done := 0
	for _, m := range p.urgent {
		if m.pos == p.head && !m.inline {
			p.head++
		} else if m.pos >= p.head {
			break
		}
		done++
	}
	if done > 0 {
		p.urgent = append(p.urgent[:0], p.urgent[done:]...)
	}
}

// arriveEnd tells the receiver that no more will come.
func (p *pipe) arriveEnd(w *wakes) {
	p.ended = true
	if !p.dstGone && p.dst.st.SetPeerShut() {
		w.add(p.dst, spi.EventClose)
	}
	if p.src.lingering {
		w.add(p.src, spi.EventWrite|spi.EventClose)
	}
}

// receive moves readable bytes to the message and returns how many. It stops
// before an urgent byte that is read in line, so that such a byte is always
// the first of a receive. With peek nothing is taken out.
func (p *pipe) receive(m *spi.Message, peek bool, w *wakes) int {
	full := p.room() == 0
	want, n, pos := m.Len(), 0, p.head
	marks := p.urgent
	for n < want && pos < p.visible {
		end := p.visible
		if len(marks) > 0 {
			next := marks[0]
			switch {
			case next.pos == pos && !next.inline:
				pos++
				marks = marks[1:]
				continue
			case next.pos == pos && n > 0:
				want = n // the urgent byte begins another receive
				continue
			case next.pos == pos:
				marks = marks[1:]
				if len(marks) > 0 {
					end = marks[0].pos
				}
			default:
				end = next.pos
			}
		}
		run := p.slice(pos, min(want-n, int(end-pos)))
		m.Scatter(run, n)
		n += len(run)
		pos += uint64(len(run))
	}
	if !peek {
		p.head = pos
		p.skipUrgent()
		if full && p.room() > 0 && p.src != nil {
			w.add(p.src, spi.EventWrite)
		}
	}
	return n
}

// receiveUrgent moves urgent bytes to the message, one at least if there are
// any and it has room.
func (p *pipe) receiveUrgent(m *spi.Message, peek bool, w *wakes) int {
	n := m.Scatter(p.oob[:min(len(p.oob), 1)], 0)
	if !peek && n > 0 {
		full := p.room() == 0
		p.oob = append(p.oob[:0], p.oob[n:]...)
		if full {
			w.add(p.src, spi.EventWrite)
		}
	}
	return n
}

// atMark is SIOCATMARK: whether no urgent byte is still to come. With
// SO_OOBINLINE that is so too when it is the next byte.
func (p *pipe) atMark() bool {
	if len(p.oob) > 0 {
		return false
	}
	for _, m := range p.urgent {
		if m.inline {
			return m.pos == p.head
		}
	}
	return true
}

// drop forgets all data.
func (p *pipe) drop() {
	p.head, p.visible = p.tail, p.tail
	p.ring.buf, p.flight, p.urgent, p.oob = nil, nil, nil, nil
}
