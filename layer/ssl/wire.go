// SPDX-License-Identifier: Apache-2.0

package ssl

import (
	"errors"
	"net"
	"sync"
	"time"

	"winsock/spi"
	"winsock/wsa"
)

// wireSize is the size of the buffers for records: a few of the largest.
const wireSize = 64 << 10

// earlySize is the size of the buffer that handshakes receive into.
const earlySize = 4 << 10

// recordLimit is more than any record is long, with its header.
const recordLimit = headerLen + 16<<10 + 2048

// A buffer holds records on their way from or to the wire. Idle connections
// have none.
type buffer struct{ bytes [wireSize + recordLimit]byte }

var buffers = sync.Pool{New: func() any { return new(buffer) }}

// A wire is the net.Conn that a protocol speaks on: the socket below, with a
// buffer for each direction.
//
// A Write always succeeds; what the socket below does not take stays in the
// buffer until flush. A Read never waits and answers errWouldBlock, which is
// a temporary error that the protocol goes on after. During the handshake,
// which cannot be interrupted that way, both wait.
type wire struct {
	below   spi.Socket
	patient *patience // waits during the handshake, else nil; of who reads

	in       []byte  // of who reads; what was received into
	inBuffer *buffer // where that is, nil if it is early
	early    []byte  // of the handshake
	inAt     int     // first byte in use
	inEnd    int
	inFailed error // the end of the wire, after what is in the buffer
	fetched  bool  // something was received; cleared by who looks
	header   [headerLen]byte
	headed   int // bytes of the header that were read
	body     int // bytes of the record behind it that were not
	handed   int // plain text in the records that were read, at most; the reader subtracts
	overhead int // by which a record is longer than its plain text, at least
	recv     spi.Message

	mu      sync.Mutex // protects what follows
	out     *buffer    // nil if nothing is pending
	outAt   int
	outEnd  int
	more    []byte // what found no room in out
	flushes int    // counts the calls of flush
	direct  bool   // a Write is a whole flight: what nothing waits before goes out at once
	failure error  // of Send: nothing more goes out
	send    spi.Message
}

// wouldBlock is an error like that of a net.Conn's deadline, which leaves a
// tls.Conn intact.
type wouldBlock struct{}

func (wouldBlock) Error() string   { return "the wire has nothing yet" }
func (wouldBlock) Timeout() bool   { return true }
func (wouldBlock) Temporary() bool { return true }

var errWouldBlock error = wouldBlock{}

// errTruncated is the end of the wire. A protocol that ends properly says so
// before.
var errTruncated = errors.New("the connection ended without the protocol's end (close_notify)")

// A wireError is an error of the socket below. It is none of package net's,
// so that no protocol takes it for a temporary one.
type wireError struct{ errno wsa.Errno }

func (e wireError) Error() string { return e.errno.Error() }
func (e wireError) Unwrap() error { return e.errno }

func newWire(below spi.Socket) *wire { return &wire{below: spi.DataPathOf(below)} }

// Read returns what was received.
func (w *wire) Read(p []byte) (int, error) {
	for w.inAt == w.inEnd {
		if err := w.fill(); err != errWouldBlock {
			if err != nil {
				return 0, err
			}
			break
		}
		if w.patient == nil {
			return 0, errWouldBlock
		}
		if err := w.patient.wait(spi.EventRead, w.readable); err != nil {
			return 0, err
		}
	}
	p = p[:min(len(p), w.record())]
	n := copy(p, w.in[w.inAt:w.inEnd])
	w.passed(w.in[w.inAt : w.inAt+n])
	w.inAt += n
	return n, nil
}

// A protocol may read ahead into a buffer of its own. It is given no more
// than one record (RFC 8446, 5.1), so that what was received and not read can
// be told here.

const headerLen = 5

// record returns how many bytes may be read at once: up to the end of the
// current record, or of its header, if that is not there yet.
func (w *wire) record() int {
	switch {
	case w.headed == headerLen:
		return w.body
	case w.headed == 0 && w.inEnd-w.inAt >= headerLen:
		return headerLen + bodyLen(w.in[w.inAt:])
	}
	return headerLen - w.headed
}

// bodyLen returns how long a record is behind its header.
func bodyLen(header []byte) int { return int(header[3])<<8 | int(header[4]) }

// passed notes what was read of a record.
func (w *wire) passed(p []byte) {
	if w.headed < headerLen {
		n := copy(w.header[w.headed:], p)
		if w.headed += n; w.headed < headerLen {
			return
		}
		w.body = bodyLen(w.header[:])
		w.handed += max(0, w.body-w.overhead)
		p = p[n:]
	}
	if w.body -= len(p); w.body == 0 {
		w.headed = 0
	}
}

// empty reports whether there is nothing for the protocol to read, neither
// here nor, as plain text, there.
func (w *wire) empty() bool {
	return w.handed == 0 && w.inAt == w.inEnd && w.fill() == errWouldBlock
}

// readable tries to fill the buffer. It reports false if there is nothing.
func (w *wire) readable() bool { return w.inAt < w.inEnd || w.fill() != errWouldBlock }

// fill receives into the empty buffer.
func (w *wire) fill() error {
	if w.inFailed != nil {
		return w.inFailed
	}
	w.room()
	w.recv.SetBuffer(w.in)
	n, err := w.below.Recv(&w.recv)
	w.recv.Reset()
	w.inAt, w.inEnd = 0, n
	w.fetched = w.fetched || err != wsa.WSAEWOULDBLOCK
	switch {
	case err == nil && n > 0:
		return nil
	case err == nil:
		err = errTruncated
	case err == wsa.WSAEWOULDBLOCK:
		w.drop()
		return errWouldBlock
	default:
		err = wireError{wsa.ErrnoOf(err)}
	}
	w.inEnd = 0
	w.drop()
	w.inFailed = err
	return err
}

// room sees to it that there is something to receive into: little for the
// handshake, whose messages are short.
func (w *wire) room() {
	switch {
	case w.patient != nil:
		if w.early == nil {
			w.early = make([]byte, earlySize)
		}
		w.in = w.early
	case w.inBuffer == nil:
		w.inBuffer, w.early = buffers.Get().(*buffer), nil
		w.in = w.inBuffer.bytes[:wireSize]
	}
}

// drop gives the empty buffer back.
func (w *wire) drop() {
	if w.inBuffer != nil {
		buffers.Put(w.inBuffer)
	}
	w.inBuffer, w.in, w.inAt, w.inEnd = nil, nil, 0, 0
}

// whole reports whether a whole record has been received.
func (w *wire) whole() bool {
	n := w.inEnd - w.inAt
	if n < headerLen || w.headed > 0 {
		return false
	}
	return n >= headerLen+bodyLen(w.in[w.inAt:])
}

// Write takes all of p.
func (w *wire) Write(p []byte) (int, error) {
	w.mu.Lock()
	err, n := w.failure, len(p)
	if err == nil && w.direct && w.out == nil {
		p = w.passLocked(p)
		err = w.failure
	}
	if err == nil && len(p) > 0 {
		w.takeLocked(p)
	}
	w.mu.Unlock()
	if err == nil && w.patient != nil {
		err = w.drain()
	}
	if err != nil {
		return 0, err
	}
	return n, nil
}

// passLocked sends from p without a buffer between, and returns what the
// socket below does not take.
func (w *wire) passLocked(p []byte) []byte {
	for len(p) > 0 {
		w.send.SetBuffer(p)
		n, err := w.below.Send(&w.send)
		w.send.Reset()
		if err == wsa.WSAEWOULDBLOCK {
			break
		}
		if err != nil {
			w.failLocked(wireError{wsa.ErrnoOf(err)})
			break
		}
		p = p[n:]
	}
	return p
}

func (w *wire) takeLocked(p []byte) {
	if w.out == nil {
		w.out = buffers.Get().(*buffer)
		w.outAt, w.outEnd = 0, 0
	}
	if len(w.more) == 0 {
		if w.outAt > 0 && len(p) > len(w.out.bytes)-w.outEnd {
			w.outEnd = copy(w.out.bytes[:], w.out.bytes[w.outAt:w.outEnd])
			w.outAt = 0
		}
		n := copy(w.out.bytes[w.outEnd:], p)
		w.outEnd += n
		p = p[n:]
	}
	w.more = append(w.more, p...)
}

// drain flushes, and waits until all is out.
func (w *wire) drain() error {
	for {
		switch err := w.flush(); err {
		case nil:
			return nil
		case errWouldBlock:
			if err := w.patient.wait(spi.EventWrite, func() bool { return w.flush() != errWouldBlock }); err != nil {
				return err
			}
		default:
			return err
		}
	}
}

// flush sends what is pending. It answers errWouldBlock if something stays.
func (w *wire) flush() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.flushes++
	return w.flushLocked()
}

func (w *wire) flushLocked() error {
	for w.failure == nil && w.out != nil {
		rest := w.passLocked(w.out.bytes[w.outAt:w.outEnd])
		if w.failure != nil {
			break
		}
		if w.outAt = w.outEnd - len(rest); len(rest) > 0 {
			return errWouldBlock
		}
		w.outAt, w.outEnd = 0, 0
		if len(w.more) == 0 {
			buffers.Put(w.out)
			w.out, w.more = nil, nil
			break
		}
		w.outEnd = copy(w.out.bytes[:], w.more)
		w.more = w.more[w.outEnd:]
	}
	return w.failure
}

// fail makes the wire end for whoever writes.
func (w *wire) fail(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.failLocked(err)
}

func (w *wire) failLocked(err error) {
	if w.failure == nil {
		w.failure = err
	}
	if w.out != nil {
		buffers.Put(w.out)
		w.out, w.more = nil, nil
	}
}

// setDirect says whether each Write is all that there is to send for now.
func (w *wire) setDirect(direct bool) {
	w.mu.Lock()
	w.direct = direct
	w.mu.Unlock()
}

// pending reports whether something was written that is not out yet.
func (w *wire) pending() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.out != nil
}

// progress returns a number that changes with each flush.
func (w *wire) progress() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.flushes
}

// The rest of a net.Conn. Deadlines are the business of whoever calls the
// socket, and closing is the socket's own.

func (w *wire) Close() error                     { return nil }
func (w *wire) LocalAddr() net.Addr              { return noAddr{} }
func (w *wire) RemoteAddr() net.Addr             { return noAddr{} }
func (w *wire) SetDeadline(time.Time) error      { return nil }
func (w *wire) SetReadDeadline(time.Time) error  { return nil }
func (w *wire) SetWriteDeadline(time.Time) error { return nil }

var _ net.Conn = (*wire)(nil)

// noAddr is the address of a wire: its peer is known to the socket only.
type noAddr struct{}

func (noAddr) Network() string { return "winsock" }
func (noAddr) String() string  { return "" }
