// SPDX-License-Identifier: Apache-2.0

package trace

import (
	"strconv"
	"unicode/utf8"

	"winsock/wsa"
)

// beginJSON writes the fields that every line has. Their names are part of
// the package's documentation.
func (l *line) beginJSON(t *tracer) {
	e := &l.e
	b := append(l.buf, `{"time":"`...)
	b = e.start.UTC().AppendFormat(b, "2006-01-02T15:04:05.000000Z")
	b = append(b, `","pid":`...)
	b = strconv.AppendInt(b, int64(e.owner.id), 10)
	b = append(b, `,"prog":`...)
	b = appendJSONString(b, e.owner.program)
	b = append(b, `,"sock":`...)
	b = strconv.AppendInt(b, e.number, 10)
	b = append(b, `,"tag":`...)
	b = appendJSONString(b, t.tag)
	b = append(b, `,"place":`...)
	b = strconv.AppendInt(b, int64(t.place), 10)
	b = append(b, `,"call":"`...)
	b = append(b, e.call...)
	b = append(b, `","error":"`...)
	code := wsa.ErrnoOf(e.err)
	if code != 0 {
		b = append(b, code.Name()...)
	}
	b = append(b, `","code":`...)
	b = strconv.AppendInt(b, int64(code), 10)
	b = append(b, `,"us":`...)
	b = appendMicroseconds(b, e.took)
	b = append(b, `,"tries":`...)
	l.buf = strconv.AppendInt(b, int64(e.tries), 10)
	if e.bytes >= 0 {
		l.number("bytes", int64(e.bytes))
	}
}

func (l *line) finishJSON() {
	if len(l.payload) > 0 {
		l.buf = append(l.buf, `,"data":"`...)
		l.buf = appendHex(l.buf, l.payload)
		l.buf = append(l.buf, '"')
	}
	l.buf = append(l.buf, "}\n"...)
}

func appendJSONString(b []byte, s string) []byte {
	b = append(b, '"')
	b = appendJSONContent(b, s)
	return append(b, '"')
}

// appendJSONContent writes the inside of a JSON string. Bytes that are not
// UTF-8 become the replacement character.
func appendJSONContent(b []byte, s string) []byte {
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b = append(b, '\\', byte(r))
		case r < ' ' || r == 0x7f:
			b = append(b, `\u00`...)
			b = append(b, hexDigits[r>>4], hexDigits[r&15])
		default:
			b = utf8.AppendRune(b, r)
		}
	}
	return b
}
