// SPDX-License-Identifier: Apache-2.0

package winsock

import (
	"io"
	"os"
	"sync"

	"winsock/spi"
	"winsock/wsa"
)

// A transmission is a TransmitFile or TransmitPackets under way: parts that
// are sent in order, and what follows.
type transmission struct {
	parts []transmitPart
	flags uint32 // TF_
	limit int    // bytes of one send, 0 for the usual

	buffer *[]byte // of transmitBuffers: what was read of a file or put together as a datagram, nil before
	unsent []byte  // of it

	position *os.File // whose position moves with what is sent, nil for none
	start    int64    // of the file part
	fromFile int64    // bytes sent of it
}

// A transmitPart is memory or a piece of a file.
type transmitPart struct {
	memory []byte
	file   *os.File // nil for memory
	offset int64
	length int64 // of the file part that is left
	last   bool  // it ends a datagram
}

const (
	// transmitChunk is the most that is sent of a file at a time without
	// passing through the process.
	transmitChunk = 4 << 20
	// transmitTurn is how much one attempt sends before others get theirs.
	transmitTurn = transmitChunk
	// transmitRead is how much is read at a time where a file has to be,
	// and more than the largest datagram.
	transmitRead = 128 << 10
)

var transmitBuffers = sync.Pool{New: func() any { b := make([]byte, transmitRead); return &b }}

// filePart is the part of a file from offset on; a length of 0 is all of it.
//
// Errors: WSA_INVALID_HANDLE for a closed file, WSAEINVAL for one that is not
// regular.
func filePart(f *os.File, offset, length int64) (transmitPart, error) {
	info, err := f.Stat()
	switch {
	case err != nil:
		return transmitPart{}, wsa.WSA_INVALID_HANDLE
	case !info.Mode().IsRegular(), offset < 0:
		return transmitPart{}, wsa.WSAEINVAL
	}
	left := max(0, info.Size()-offset)
	if length > 0 {
		left = min(left, length)
	}
	return transmitPart{file: f, offset: offset, length: left}, nil
}

// startTransmit begins the transmission.
func (s *socket) startTransmit(t *transmission, overlapped *Overlapped) error {
	r := newRequest(tryTransmit, overlapped)
	x := r.ofExtras()
	x.more, x.end, x.keepsOffset = t, endTransmission, true
	_, err := s.submit(r)
	return err
}

func endTransmission(r *request, _ *async) {
	t := r.extras.more.(*transmission)
	if t.buffer != nil {
		transmitBuffers.Put(t.buffer)
		t.buffer, t.unsent = nil, nil
	}
	if t.position != nil {
		_, _ = t.position.Seek(t.start+t.fromFile, io.SeekStart) // it was a regular file at the beginning
	}
}

// tryTransmit is the attempt of transmissions.
func tryTransmit(r *request, s *socket) bool {
	t := r.extras.more.(*transmission)
	send := t.sendStream
	if !s.stream() {
		send = t.sendDatagram
	}
	for turn := 0; len(t.parts) > 0 || len(t.unsent) > 0; {
		if turn >= transmitTurn {
			s.async.Load().again()
			return false
		}
		n, err := send(r, s.path.Load().data)
		if err == wsa.WSAEWOULDBLOCK {
			s.selection.sent(err)
			return false
		}
		if r.err = err; err != nil {
			return true
		}
		r.n += n
		turn += n
	}
	if r.err = nil; t.flags&wsa.TF_DISCONNECT != 0 {
		r.err = s.disconnectLocked(t.flags&wsa.TF_REUSE_SOCKET != 0)
	}
	return true
}

// again has the socket's operations tried once more soon, by a goroutine of
// their own, as whoever tried them has others to see to.
func (a *async) again() {
	go a.routineRun(spi.EventWrite)
}

func (a *async) routineRun(events spi.Events) {
	defer func() {
		if v := recover(); v != nil {
			a.panicked(v)
		}
	}()
	a.run(events, new(taker))
}

// sendStream sends some bytes of the first part.
func (t *transmission) sendStream(r *request, data spi.Socket) (n int, err error) {
	if len(t.unsent) > 0 {
		return t.sendRead(r, data)
	}
	p := &t.parts[0]
	switch {
	case p.file == nil && len(p.memory) > 0:
		r.msg.SetBuffer(t.piece(p.memory))
		n, err = data.Send(&r.msg)
		p.memory = p.memory[n:]
	case p.file != nil && p.length > 0:
		if n, err = t.sendFile(p, data); err == wsa.WSAEOPNOTSUPP {
			if err = t.read(p, min(int64(t.size()), p.length)); err == nil {
				return t.sendRead(r, data)
			}
		}
	}
	if err == nil && len(p.memory) == 0 && p.length == 0 {
		t.parts = t.parts[1:]
	}
	return n, err
}

// sendFile sends from a file without reading it here.
func (t *transmission) sendFile(p *transmitPart, data spi.Socket) (int, error) {
	sender, ok := spi.As[spi.FileSender](data)
	if !ok {
		return 0, wsa.WSAEOPNOTSUPP
	}
	conn, err := p.file.SyscallConn()
	if err != nil {
		return 0, wsa.WSA_INVALID_HANDLE
	}
	var n int
	gone := conn.Control(func(fd uintptr) {
		n, err = sender.SendFile(int(fd), p.offset, int(min(p.length, transmitChunk)))
	})
	switch {
	case gone != nil:
		return 0, wsa.WSA_INVALID_HANDLE
	case err == nil && n == 0:
		p.length = 0 // the file has become shorter
	}
	t.advance(p, n)
	return n, err
}

func (t *transmission) advance(p *transmitPart, n int) {
	p.offset += int64(n)
	p.length = max(0, p.length-int64(n))
	if t.position != nil {
		t.fromFile += int64(n)
	}
}

// read reads bytes of a file to be sent.
func (t *transmission) read(p *transmitPart, size int64) error {
	b := t.room()
	have := len(t.unsent)
	n, err := p.file.ReadAt(b[have:have+int(size)], p.offset)
	if err != nil && err != io.EOF {
		return wsa.ErrnoOf(err).Err()
	}
	t.unsent = b[:have+n]
	t.advance(p, n)
	if int64(n) < size {
		p.length = 0
	}
	return nil
}

// sendRead sends what was read.
func (t *transmission) sendRead(r *request, data spi.Socket) (int, error) {
	if len(t.unsent) == 0 { // the file has become shorter
		t.parts = t.parts[1:]
		return 0, nil
	}
	r.msg.SetBuffer(t.unsent)
	n, err := data.Send(&r.msg)
	t.unsent = t.unsent[n:]
	if len(t.unsent) == 0 && len(t.parts) > 0 && t.parts[0].length == 0 {
		t.parts = t.parts[1:]
	}
	return n, err
}

// room returns the buffer.
func (t *transmission) room() []byte {
	if t.buffer == nil {
		t.buffer = transmitBuffers.Get().(*[]byte)
	}
	return *t.buffer
}

// size is how much of a file is read at a time.
func (t *transmission) size() int {
	if t.limit > 0 {
		return min(t.limit, transmitRead)
	}
	return transmitRead
}

// piece is as much of memory as one send takes.
func (t *transmission) piece(memory []byte) []byte {
	if t.limit > 0 && len(memory) > t.limit {
		return memory[:t.limit]
	}
	return memory
}

// sendDatagram puts the next datagram together, up to a part that is the
// last one of it or to the limit, and sends it.
func (t *transmission) sendDatagram(r *request, data spi.Socket) (int, error) {
	for whole := len(t.unsent) > 0; !whole && len(t.parts) > 0; {
		p := &t.parts[0]
		room := t.size() - len(t.unsent)
		if p.file != nil {
			if err := t.read(p, min(p.length, int64(room))); err != nil {
				return 0, err
			}
		} else {
			n := copy(t.room()[len(t.unsent):t.size()], p.memory)
			t.unsent = t.room()[:len(t.unsent)+n]
			p.memory = p.memory[n:]
		}
		whole = len(t.unsent) == t.size()
		if len(p.memory) == 0 && p.length == 0 {
			whole = whole || p.last
			t.parts = t.parts[1:]
		}
	}
	r.msg.SetBuffer(t.unsent)
	n, err := data.Send(&r.msg)
	if err == nil {
		t.unsent = nil
	}
	return n, err
}
