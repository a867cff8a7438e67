// SPDX-License-Identifier: Apache-2.0

package sockopt

import (
	"encoding/binary"
	"slices"

	"winsock/wsa"
)

// Decode reads the value given to setsockopt as a number: 0 or 1 for
// booleans, the packed pair of [LingerOf] for SO_LINGER, otherwise the
// 32-bit number, sign-extended unless Max asks for an unsigned one.
//
// The length rules are Winsock's (differences 42 to 44, 55): booleans take
// any length from one byte on, at level SOL_SOCKET a DWORD boolean even an
// empty value, which means FALSE; numbers under 4 bytes are WSAEFAULT, as is
// an empty value elsewhere; bytes past the fourth are ignored. A number out
// of bounds is WSAEINVAL. Decode of a rule that is not scalar is
// WSAENOPROTOOPT.
func (r *Rule) Decode(value []byte) (int64, error) {
	switch r.Format {
	case ByteBool:
		if len(value) == 0 {
			return 0, wsa.WSAEFAULT
		}
		return truth(uint32(value[0])), nil
	case Bool:
		if len(value) == 0 && r.Level != wsa.SOL_SOCKET {
			return 0, wsa.WSAEFAULT
		}
		return truth(load(value)), nil
	case StrictBool:
		if len(value) < 4 {
			return 0, wsa.WSAEFAULT
		}
		return truth(load(value)), nil
	case Int, Linger:
		if len(value) < 4 {
			return 0, wsa.WSAEFAULT
		}
		return r.bounded(load(value))
	case ByteInt:
		if len(value) == 0 {
			return 0, wsa.WSAEFAULT
		}
		return r.bounded(load(value))
	}
	return 0, wsa.WSAENOPROTOOPT
}

// Encode writes v as getsockopt does and returns the length that it reports:
// 1 for one-byte booleans and for DWORDs that found less room (differences
// 42 and 43), otherwise 4. Too little room is WSAEFAULT.
func (r *Rule) Encode(v int64, value []byte) (int, error) {
	if len(value) == 0 {
		return 0, wsa.WSAEFAULT
	}
	switch r.Format {
	case ByteBool:
		value[0] = byte(truth(uint32(v)))
		return 1, nil
	case Bool:
		v = truth(uint32(v))
		if len(value) < 4 {
			// Level SOL_SOCKET fills the room and reports one byte all
			// the same; the IP levels write that one byte.
			if r.Level == wsa.SOL_SOCKET {
				clear(value)
			}
			value[0] = byte(v)
			return 1, nil
		}
	case ByteInt:
		if len(value) < 4 {
			value[0] = byte(v)
			return 1, nil
		}
	case StrictBool:
		v = truth(uint32(v))
		fallthrough
	case Int, Linger:
		if len(value) < 4 {
			return 0, wsa.WSAEFAULT
		}
	default:
		return 0, wsa.WSAENOPROTOOPT
	}
	binary.LittleEndian.PutUint32(value, uint32(v))
	return 4, nil
}

// CheckSize checks the length of a value that is not scalar: WSAEFAULT for a
// structure that is cut short.
func (r *Rule) CheckSize(value []byte) error {
	if r.Format == Struct && len(value) < r.Size {
		return wsa.WSAEFAULT
	}
	return nil
}

// LingerOf unpacks the value of SO_LINGER.
func LingerOf(v int64) wsa.Linger {
	return wsa.Linger{OnOff: uint16(v), Linger: uint16(v >> 16)}
}

// LingerValue is the reverse of [LingerOf].
func LingerValue(l wsa.Linger) int64 {
	return int64(l.OnOff) | int64(l.Linger)<<16
}

// bounded is the number of a DWORD, if the rule allows it.
func (r *Rule) bounded(raw uint32) (int64, error) {
	v := int64(int32(raw))
	if r.Max > 1<<31-1 || r.Format == Linger {
		v = int64(raw)
	}
	if (r.Min != 0 || r.Max != 0) && (v < r.Min || v > r.Max) {
		return 0, wsa.WSAEINVAL
	}
	if r.allowed != nil && !slices.Contains(r.allowed, v) {
		return 0, wsa.WSAEINVAL
	}
	return v, nil
}

// load reads up to four bytes, little-endian.
func load(value []byte) uint32 {
	if len(value) >= 4 {
		return binary.LittleEndian.Uint32(value)
	}
	var raw uint32
	for i, b := range value {
		raw |= uint32(b) << (8 * i)
	}
	return raw
}

func truth(raw uint32) int64 {
	if raw != 0 {
		return 1
	}
	return 0
}
