// SPDX-License-Identifier: Apache-2.0

package trace

import (
	"time"

	"winsock/spi"
	"winsock/wsa"
)

// A tracer is one place in a chain: what its sockets share. It does not
// change once it is made.
type tracer struct {
	tag        string
	place      int
	json       bool
	logControl bool
	logData    bool
	dataMax    int          // bytes of payload per line
	sink       *sink        // nil: no log
	capture    *captureFile // nil: none
	where      string       // of the capture, in words

	clock func() time.Time // nil for the true one
}

func (t *tracer) time() time.Time {
	if t.clock != nil {
		return t.clock()
	}
	return time.Now()
}

// close gives the files back.
func (t *tracer) close() {
	if t.sink != nil {
		t.sink.release()
	}
	if t.capture != nil {
		t.capture.release()
	}
}

// event begins the description of a call that has just returned.
func (t *tracer) event(from origin, call string, start time.Time, err error) event {
	return event{origin: from, call: call, start: start, took: t.time().Sub(start), tries: 1, err: err, bytes: -1}
}

// logSocket logs WSPSocket; s is nil if there is no socket.
func (t *tracer) logSocket(start time.Time, s *socket, o *spi.Opening, err error) {
	if !t.logControl {
		return
	}
	from := origin{owner: ownerOf(o.Process)}
	if s != nil {
		from = s.origin
	}
	e := t.event(from, "WSPSocket", start, err)
	e.made = from.number
	l := t.begin(&e)
	l.symbol("family", wsa.FamilyName(o.AddressFamily))
	l.symbol("type", wsa.SocketTypeName(o.SocketType))
	l.symbol("protocol", wsa.ProtocolName(o.Protocol))
	if o.Flags != 0 {
		l.word("flags", wsa.SocketFlagsString(o.Flags))
	}
	if s != nil {
		if fd, ok := spi.HandleOf(s.Socket); ok {
			l.number("fd", int64(fd))
		}
	}
	t.write(l)
}
