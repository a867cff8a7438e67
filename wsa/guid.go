// SPDX-License-Identifier: Apache-2.0

package wsa

import (
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"fmt"
)

// A GUID names a provider, a namespace, a service class or an extension
// function.
type GUID struct {
	Data1 uint32
	Data2 uint16
	Data3 uint16
	Data4 [8]byte
}

// NewGUID returns a random GUID (RFC 9562, version 4).
func NewGUID() GUID {
	var b [16]byte
	rand.Read(b[:]) // never fails: the runtime aborts the program instead
	g := GUIDFromBytes(b)
	g.Data3 = g.Data3&0x0fff | 0x4000
	g.Data4[0] = g.Data4[0]&0x3f | 0x80
	return g
}

// ParseGUID reads the form of [GUID.String], with or without braces, in
// either case. Anything else is WSAEINVAL.
func ParseGUID(s string) (GUID, error) {
	if len(s) == 38 && s[0] == '{' && s[37] == '}' {
		s = s[1:37]
	}
	if len(s) != 36 || s[8] != '-' || s[13] != '-' || s[18] != '-' || s[23] != '-' {
		return GUID{}, fmt.Errorf("%q is not a GUID: %w", s, WSAEINVAL)
	}
	raw, err := hex.DecodeString(s[0:8] + s[9:13] + s[14:18] + s[19:23] + s[24:36])
	if err != nil {
		return GUID{}, fmt.Errorf("%q is not a GUID: %w", s, WSAEINVAL)
	}
	return GUID{
		Data1: binary.BigEndian.Uint32(raw[0:4]),
		Data2: binary.BigEndian.Uint16(raw[4:6]),
		Data3: binary.BigEndian.Uint16(raw[6:8]),
		Data4: [8]byte(raw[8:16]),
	}, nil
}

// GUIDFromBytes returns the GUID with the memory layout b (the first three
// fields little-endian).
func GUIDFromBytes(b [16]byte) GUID {
	return GUID{
		Data1: binary.LittleEndian.Uint32(b[0:4]),
		Data2: binary.LittleEndian.Uint16(b[4:6]),
		Data3: binary.LittleEndian.Uint16(b[6:8]),
		Data4: [8]byte(b[8:16]),
	}
}

// Bytes returns the memory layout of g.
func (g GUID) Bytes() (b [16]byte) {
	binary.LittleEndian.PutUint32(b[0:4], g.Data1)
	binary.LittleEndian.PutUint16(b[4:6], g.Data2)
	binary.LittleEndian.PutUint16(b[6:8], g.Data3)
	copy(b[8:], g.Data4[:])
	return b
}

// IsZero reports whether g is GUID_NULL.
func (g GUID) IsZero() bool { return g == GUID{} }

// String returns g as "e70f1aa0-ab8b-11cf-8ca3-00805f48a192".
func (g GUID) String() string {
	return fmt.Sprintf("%08x-%04x-%04x-%x-%x", g.Data1, g.Data2, g.Data3, g.Data4[:2], g.Data4[2:])
}

// MarshalText returns [GUID.String].
func (g GUID) MarshalText() ([]byte, error) { return []byte(g.String()), nil }

// UnmarshalText is [ParseGUID].
func (g *GUID) UnmarshalText(text []byte) error {
	parsed, err := ParseGUID(string(text))
	if err != nil {
		return err
	}
	*g = parsed
	return nil
}
