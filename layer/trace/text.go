// SPDX-License-Identifier: Apache-2.0

package trace

import (
	"strconv"
	"time"

	"winsock/wsa"
)

func (l *line) beginText(t *tracer) {
	b := l.e.start.AppendFormat(l.buf, "15:04:05.000000")
	b = append(b, ' ')
	b = strconv.AppendInt(b, int64(l.e.owner.id), 10)
	b = append(b, '/')
	b = appendEscaped(b, l.e.owner.program)
	b = append(b, ' ')
	from := len(b)
	if l.e.number != 0 {
		b = append(b, '#')
		b = strconv.AppendInt(b, l.e.number, 10)
	} else {
		b = append(b, '-')
	}
	b = pad(b, from, 4)
	b = append(b, ' ')
	from = len(b)
	b = appendEscaped(b, t.tag)
	b = append(b, ':')
	b = strconv.AppendInt(b, int64(t.place), 10)
	b = pad(b, from, 8)
	b = append(b, ' ')
	l.column = len(b)
	b = append(b, l.e.call...)
	l.buf = append(b, '(')
}

func (l *line) finishText() {
	e := &l.e
	b := append(l.buf, ')')
	b = pad(b, l.column, widthCall)
	b = append(b, " = "...)
	from := len(b)
	if e.err != nil {
		b = append(b, wsa.ErrnoOf(e.err).Name()...)
		if e.bytes > 0 {
			b = append(b, ", "...)
		}
	}
	switch {
	case e.bytes > 0 || e.err == nil && e.bytes == 0:
		b = strconv.AppendInt(b, int64(e.bytes), 10)
		b = append(b, " bytes"...)
	case e.err == nil && e.made != 0:
		b = append(b, '#')
		b = strconv.AppendInt(b, e.made, 10)
	case e.err == nil:
		b = append(b, "OK"...)
	}
	b = pad(b, from, widthResult)
	b = append(b, ' ')
	var digits [32]byte
	took := appendMicroseconds(digits[:0], e.took)
	for n := len(took); n < widthTook; n++ {
		b = append(b, ' ')
	}
	b = append(b, took...)
	b = append(b, "us"...)
	if e.tries > 1 {
		b = append(b, "  "...)
		b = strconv.AppendInt(b, int64(e.tries), 10)
		b = append(b, " tries"...)
	}
	if len(l.payload) > 0 {
		b = append(b, `  "`...)
		b = appendEscaped(b, l.payload)
		b = append(b, '"')
		if len(l.payload) < e.bytes {
			b = append(b, "..."...)
		}
	}
	l.buf = append(b, '\n')
}

// pad fills up with blanks what began at from.
func pad(b []byte, from, width int) []byte {
	for n := len(b) - from; n < width; n++ {
		b = append(b, ' ')
	}
	return b
}

// appendMicroseconds writes a duration in microseconds, with one decimal.
func appendMicroseconds(b []byte, d time.Duration) []byte {
	tenths := max(0, int64(d)) / 100
	b = strconv.AppendInt(b, tenths/10, 10)
	b = append(b, '.')
	return append(b, byte('0'+tenths%10))
}

const hexDigits = "0123456789abcdef"

// appendEscaped writes bytes as the inside of a string of C: printable ASCII
// as it is, the rest escaped.
func appendEscaped[T string | []byte](b []byte, text T) []byte {
	for i := range len(text) {
		switch c := text[i]; {
		case c == '\r':
			b = append(b, `\r`...)
		case c == '\n':
			b = append(b, `\n`...)
		case c == '\t':
			b = append(b, `\t`...)
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
		case c < ' ' || c > '~':
			b = append(b, '\\', 'x', hexDigits[c>>4], hexDigits[c&15])
		default:
			b = append(b, c)
		}
	}
	return b
}

func appendHex(b, data []byte) []byte {
	for _, c := range data {
		b = append(b, hexDigits[c>>4], hexDigits[c&15])
	}
	return b
}

func appendUint(b []byte, v uint64) []byte { return strconv.AppendUint(b, v, 10) }
