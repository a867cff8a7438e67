// SPDX-License-Identifier: Apache-2.0

package trace

import (
	"encoding/binary"

	"winsock/wsa"
)

// GetSockOpt is traced.
func (s *socket) GetSockOpt(level, name int32, value []byte) (int, error) {
	start := s.time()
	n, err := s.Socket.GetSockOpt(level, name, value)
	if l := s.control("WSPGetSockOpt", start, err); l != nil {
		l.option(level, name)
		if err == nil {
			l.optionValue(level, name, value[:n])
		} else {
			l.number("len", int64(len(value)))
		}
		s.write(l)
	}
	return n, err
}

// SetSockOpt is traced.
func (s *socket) SetSockOpt(level, name int32, value []byte) error {
	start := s.time()
	err := s.Socket.SetSockOpt(level, name, value)
	if err == nil && level == wsa.SOL_SOCKET {
		switch {
		case name == wsa.SO_LINGER && len(value) >= 4:
			s.tap.hardClose(binary.LittleEndian.Uint16(value) != 0 && binary.LittleEndian.Uint16(value[2:]) == 0)
		case name == wsa.SO_DONTLINGER && len(value) > 0 && value[0] != 0:
			s.tap.hardClose(false)
		}
	}
	if l := s.control("WSPSetSockOpt", start, err); l != nil {
		l.option(level, name)
		l.optionValue(level, name, value)
		s.write(l)
	}
	return err
}

// Ioctl is traced.
func (s *socket) Ioctl(code uint32, in, out []byte) (int, error) {
	start := s.time()
	n, err := s.Socket.Ioctl(code, in, out)
	if l := s.control("WSPIoctl", start, err); l != nil {
		l.symbol("ioctl", wsa.IoctlName(code))
		if len(in) > 0 {
			l.hex("in", in)
		}
		if err == nil && n > 0 {
			l.hex("out", out[:min(n, len(out))])
		} else if len(out) > 0 {
			l.number("len", int64(len(out)))
		}
		s.write(l)
	}
	return n, err
}

func (l *line) option(level, name int32) {
	l.symbol("level", wsa.LevelName(level))
	l.symbol("option", wsa.OptionName(level, name))
}

// optionValue writes the value of an option as the number it mostly is, with
// the two fields of SO_LINGER as "on,5s" or "off".
func (l *line) optionValue(level, name int32, value []byte) {
	switch {
	case level == wsa.SOL_SOCKET && name == wsa.SO_LINGER && len(value) == 4:
		if binary.LittleEndian.Uint16(value) == 0 {
			l.word("value", "off")
			return
		}
		l.key("value", true)
		if l.json {
			l.buf = append(l.buf, '"')
		}
		l.buf = append(l.buf, "on,"...)
		l.buf = appendUint(l.buf, uint64(binary.LittleEndian.Uint16(value[2:])))
		l.buf = append(l.buf, 's')
		if l.json {
			l.buf = append(l.buf, '"')
		}
	case len(value) == 1:
		l.number("value", int64(value[0]))
	case len(value) == 4:
		l.number("value", int64(int32(binary.LittleEndian.Uint32(value))))
	default:
		l.hex("value", value)
	}
}
