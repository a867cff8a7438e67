// SPDX-License-Identifier: Apache-2.0

package winsock

import (
	"encoding/binary"
	"time"

	"winsock/spi"
	"winsock/wsa"
)

// GetSockOpt reads a socket option into value, in Winsock's memory layout,
// and returns how many bytes it wrote ("getsockopt function").
//
// Errors: WSANOTINITIALISED, WSAENOTSOCK, WSAEFAULT for a value too short,
// WSAENOPROTOOPT, WSAEINVAL for an unknown level.
func GetSockOpt(h SOCKET, level, name int32, value []byte) (n int, err error) {
	s, err := use(h)
	if err != nil {
		if level == wsa.SOL_SOCKET && name == wsa.SO_OPENTYPE && err == wsa.WSAENOTSOCK {
			return getOpenType(value)
		}
		return 0, err
	}
	defer s.done("WSPGetSockOpt", &err)
	if level == wsa.SOL_SOCKET {
		if get := ownOptions[name].get; get != nil {
			return get(s, value)
		}
	}
	return s.path.Load().top.GetSockOpt(level, name, value)
}

// SetSockOpt sets a socket option to value, in Winsock's memory layout
// ("setsockopt function").
//
// Errors: WSANOTINITIALISED, WSAENOTSOCK, WSAEFAULT for a nil or short
// value, WSAENOPROTOOPT, WSAEINVAL for an unknown level or a value out of
// range.
func SetSockOpt(h SOCKET, level, name int32, value []byte) (err error) {
	s, err := use(h)
	if err != nil {
		if level == wsa.SOL_SOCKET && name == wsa.SO_OPENTYPE && err == wsa.WSAENOTSOCK {
			return setOpenType(value)
		}
		return err
	}
	defer s.done("WSPSetSockOpt", &err)
	if level == wsa.SOL_SOCKET {
		if own, ok := ownOptions[name]; ok {
			if own.set == nil {
				return wsa.WSAENOPROTOOPT
			}
			return own.set(s, value)
		}
	}
	if level == wsa.SOL_SOCKET && name == wsa.SO_LINGER {
		s.lingering.Store(true) // closesocket has to ask
	}
	return s.path.Load().top.SetSockOpt(level, name, value)
}

// GetSockOptInt reads an option whose value is a BOOL, an int or a DWORD.
//
// Errors: those of [GetSockOpt].
func GetSockOptInt(h SOCKET, level, name int32) (int32, error) {
	var value [4]byte
	n, err := GetSockOpt(h, level, name, value[:])
	if err != nil {
		return 0, err
	}
	if n == 1 {
		return int32(value[0]), nil
	}
	return int32(binary.LittleEndian.Uint32(value[:])), nil
}

// SetSockOptInt sets an option whose value is a BOOL, an int or a DWORD.
//
// Errors: those of [SetSockOpt].
func SetSockOptInt(h SOCKET, level, name, value int32) error {
	var b [4]byte
	binary.LittleEndian.PutUint32(b[:], uint32(value))
	return SetSockOpt(h, level, name, b[:])
}

// An ownOption is an option that Winsock keeps itself, because it concerns
// waiting or the catalog, of which a provider knows nothing.
type ownOption struct {
	get func(s *socket, value []byte) (int, error)
	set func(s *socket, value []byte) error
}

var ownOptions = map[int32]ownOption{
	wsa.SO_RCVTIMEO:       timeoutOption(spi.Receiving),
	wsa.SO_SNDTIMEO:       timeoutOption(spi.Sending),
	wsa.SO_PROTOCOL_INFOW: {get: (*socket).protocolInfoW},
	wsa.SO_PROTOCOL_INFOA: {get: (*socket).protocolInfoA},
	wsa.SO_OPENTYPE: {
		get: func(_ *socket, value []byte) (int, error) { return getOpenType(value) },
		set: func(_ *socket, value []byte) error { return setOpenType(value) },
	},
	wsa.SO_SECURE:                 {set: setSecure},
	wsa.SO_GROUP_PRIORITY:         {get: constantOption(0)},
	wsa.SO_UPDATE_ACCEPT_CONTEXT:  {set: updateAcceptContext},
	wsa.SO_UPDATE_CONNECT_CONTEXT: {set: updateConnectContext},
}

// timeoutOption is SO_RCVTIMEO or SO_SNDTIMEO: milliseconds, 0 for none.
func timeoutOption(d spi.Direction) ownOption {
	return ownOption{
		get: func(s *socket, value []byte) (int, error) {
			return putInt(value, uint32(s.timeout(d)/time.Millisecond))
		},
		set: func(s *socket, value []byte) error {
			ms, err := takeInt(value)
			if err != nil {
				return err
			}
			s.half(d).timeout.Store(int64(ms) * int64(time.Millisecond))
			return nil
		},
	}
}

func constantOption(v uint32) func(*socket, []byte) (int, error) {
	return func(_ *socket, value []byte) (int, error) { return putInt(value, v) }
}

func (s *socket) protocolInfoW(value []byte) (int, error) {
	return putBytes(value, s.info().AppendW(nil))
}

func (s *socket) protocolInfoA(value []byte) (int, error) {
	return putBytes(value, s.info().AppendA(nil))
}

// The socket type that socket creates by default, per thread on Windows, is
// obsolete: every socket here can do overlapped and synchronous calls alike.
// The option is accepted on any handle and reads back as 0 (overlapped).
func getOpenType(value []byte) (int, error) { return putInt(value, 0) }

func setOpenType(value []byte) error {
	_, err := takeInt(value)
	return err
}

func putInt(value []byte, v uint32) (int, error) {
	if len(value) < 4 {
		return 0, wsa.WSAEFAULT
	}
	binary.LittleEndian.PutUint32(value, v)
	return 4, nil
}

func takeInt(value []byte) (uint32, error) {
	if len(value) < 4 {
		return 0, wsa.WSAEFAULT
	}
	return binary.LittleEndian.Uint32(value), nil
}

func putBytes(value, b []byte) (int, error) {
	if len(value) < len(b) {
		return 0, wsa.WSAEFAULT
	}
	return copy(value, b), nil
}
