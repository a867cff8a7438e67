// SPDX-License-Identifier: Apache-2.0

package wsa

import (
	"encoding/binary"
	"iter"
)

// A ControlMessage is one WSACMSGHDR with its data, in the layout of 64-bit
// programs: the length (8 bytes), level and type (4 each), the data, and
// zeros up to a multiple of 8.
type ControlMessage struct {
	Level int32
	Type  int32
	Data  []byte
}

// SizeofControlHeader is the size of a WSACMSGHDR, in bytes.
const SizeofControlHeader = 16

// ControlLen is WSA_CMSG_LEN: the length that the header of a message with n
// bytes of data states.
func ControlLen(n int) int { return SizeofControlHeader + n }

// ControlSpace is WSA_CMSG_SPACE: how much of a control buffer a message with
// n bytes of data takes.
func ControlSpace(n int) int { return SizeofControlHeader + controlAlign(n) }

func controlAlign(n int) int { return (n + 7) &^ 7 }

// AppendControl appends a message to a control buffer.
func AppendControl(control []byte, level, typ int32, data []byte) []byte {
	control = binary.LittleEndian.AppendUint64(control, uint64(ControlLen(len(data))))
	control = binary.LittleEndian.AppendUint32(control, uint32(level))
	control = binary.LittleEndian.AppendUint32(control, uint32(typ))
	control = append(control, data...)
	return append(control, zeros[:controlAlign(len(data))-len(data)]...)
}

// PutControl writes a message to the start of a caller's control buffer and
// returns what it took of it, or 0 when it does not fit. The zeros that
// close the last message may find no room.
func PutControl(control []byte, level, typ int32, data []byte) int {
	length := ControlLen(len(data))
	if len(control) < length {
		return 0
	}
	binary.LittleEndian.PutUint64(control[0:], uint64(length))
	binary.LittleEndian.PutUint32(control[8:], uint32(level))
	binary.LittleEndian.PutUint32(control[12:], uint32(typ))
	copy(control[SizeofControlHeader:], data)
	n := min(ControlSpace(len(data)), len(control))
	clear(control[length:n])
	return n
}

// ControlMessages goes through the messages of a control buffer, as
// WSA_CMSG_FIRSTHDR and WSA_CMSG_NXTHDR do. It ends at the first header that
// is cut or states an impossible length.
func ControlMessages(control []byte) iter.Seq[ControlMessage] {
	return func(yield func(ControlMessage) bool) {
		for {
			m, rest, ok := cutControl(control)
			if !ok || !yield(m) {
				return
			}
			control = rest
		}
	}
}

// CheckControl reports WSAEINVAL for a control buffer that is not a sequence
// of whole messages.
func CheckControl(control []byte) error {
	for len(control) > 0 {
		_, rest, ok := cutControl(control)
		if !ok {
			return WSAEINVAL
		}
		control = rest
	}
	return nil
}

// cutControl takes the first message off a control buffer.
func cutControl(control []byte) (m ControlMessage, rest []byte, ok bool) {
	if len(control) < SizeofControlHeader {
		return m, nil, false
	}
	length := binary.LittleEndian.Uint64(control)
	if length < SizeofControlHeader || length > uint64(len(control)) {
		return m, nil, false
	}
	m.Level = int32(binary.LittleEndian.Uint32(control[8:]))
	m.Type = int32(binary.LittleEndian.Uint32(control[12:]))
	m.Data = control[SizeofControlHeader:length:length]
	return m, control[min(controlAlign(int(length)), len(control)):], true
}
