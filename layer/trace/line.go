// SPDX-License-Identifier: Apache-2.0

package trace

import (
	"strconv"
	"sync"
	"time"

	"winsock/spi"
	"winsock/wsa"
)

// An event is what every line tells.
type event struct {
	origin
	call  string
	start time.Time
	took  time.Duration
	tries int
	err   error
	bytes int   // that the call moved, -1 if it moves none
	made  int64 // number of the socket it made, 0 for none
}

// An origin is which socket it happens to.
type origin struct {
	number int64 // 0 for none
	owner  *owner
}

// A line is one line of the log in the making, in either form: begin, then
// the call's arguments, then finish. A line takes no memory of its own once
// it has been used a few times.
type line struct {
	buf     []byte
	json    bool
	args    bool // text: an argument is there already
	column  int  // text: where the call begins
	e       event
	payload []byte
}

var lines = sync.Pool{New: func() any { return new(line) }}

// Columns of the text form, in characters.
const (
	widthCall   = 60
	widthResult = 20
	widthTook   = 12 // digits of microseconds
)

func (t *tracer) begin(e *event) *line {
	l := lines.Get().(*line)
	l.buf, l.json, l.args, l.e, l.payload = l.buf[:0], t.json, false, *e, l.payload[:0]
	if l.json {
		l.beginJSON(t)
	} else {
		l.beginText(t)
	}
	return l
}

// write finishes the line, writes it, and keeps it for the next one.
func (t *tracer) write(l *line) {
	if l.json {
		l.finishJSON()
	} else {
		l.finishText()
	}
	t.sink.write(l.buf)
	l.e.err, l.e.owner = nil, nil
	if cap(l.buf) <= 64<<10 {
		lines.Put(l)
	}
}

// key writes an argument's name and what parts it from the one before. In
// text a symbol needs no name.
func (l *line) key(name string, named bool) {
	if l.json {
		l.buf = append(l.buf, `,"`...)
		l.buf = append(l.buf, name...)
		l.buf = append(l.buf, `":`...)
		return
	}
	if l.args {
		l.buf = append(l.buf, ", "...)
	}
	l.args = true
	if named {
		l.buf = append(l.buf, name...)
		l.buf = append(l.buf, '=')
	}
}

// symbol writes a value that says by itself what it is, such as AF_INET.
func (l *line) symbol(name, value string) {
	l.key(name, false)
	l.value(value)
}

// word writes a text.
func (l *line) word(name, value string) {
	l.key(name, true)
	l.value(value)
}

func (l *line) value(value string) {
	if l.json {
		l.buf = appendJSONString(l.buf, value)
	} else {
		l.buf = append(l.buf, value...)
	}
}

func (l *line) number(name string, value int64) {
	l.key(name, true)
	l.buf = strconv.AppendInt(l.buf, value, 10)
}

// address writes an address if there is one.
func (l *line) address(name string, sa *wsa.Sockaddr) {
	if sa == nil {
		l.word(name, "NULL")
		return
	}
	l.key(name, true)
	if l.json {
		l.buf = append(l.buf, '"')
	}
	if ap, ok := sa.AddrPort(); ok {
		l.buf = ap.AppendTo(l.buf)
	} else if text := sa.String(); l.json {
		l.buf = appendJSONContent(l.buf, text)
	} else {
		l.buf = appendEscaped(l.buf, text)
	}
	if l.json {
		l.buf = append(l.buf, '"')
	}
}

// hex writes bytes, at most 64 of them.
func (l *line) hex(name string, b []byte) {
	l.key(name, true)
	if l.json {
		l.buf = append(l.buf, '"')
	}
	shown := b[:min(len(b), 64)]
	l.buf = appendHex(l.buf, shown)
	if l.json {
		l.buf = append(l.buf, '"')
	} else if len(shown) < len(b) {
		l.buf = append(l.buf, "..."...)
	}
}

// data takes the first of n bytes of m, at most limit, to show them.
func (l *line) data(m *spi.Message, n, limit int) {
	n = min(n, limit)
	if n <= 0 {
		return
	}
	if cap(l.payload) < n {
		l.payload = make([]byte, n)
	}
	l.payload = l.payload[:n]
	l.payload = l.payload[:m.Gather(l.payload, 0)]
}
