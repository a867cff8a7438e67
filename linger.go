// SPDX-License-Identifier: Apache-2.0

package winsock

import (
	"encoding/binary"
	"time"

	"winsock/spi"
	"winsock/wsa"
)

// linger is what closesocket waits for first: unsent data, if SO_LINGER is
// on with a time above zero. Past that time the connection is reset.
//
// Errors: WSAEWOULDBLOCK on a non-blocking socket with unsent data.
func (s *socket) linger() error {
	if !s.lingering.Load() {
		return nil
	}
	top := s.path.Load().top
	l, ok := spi.As[spi.Lingerer](top)
	if !ok {
		return nil
	}
	var value [4]byte
	if n, err := top.GetSockOpt(wsa.SOL_SOCKET, wsa.SO_LINGER, value[:]); err != nil || n < 4 {
		return nil
	}
	onoff, seconds := binary.LittleEndian.Uint16(value[:]), binary.LittleEndian.Uint16(value[2:])
	if onoff == 0 || seconds == 0 {
		return nil
	}
	end := time.Now().Add(time.Duration(seconds) * time.Second)
	for pause := time.Millisecond; ; pause = min(2*pause, 50*time.Millisecond) {
		if err := l.Linger(); err != wsa.WSAEWOULDBLOCK {
			return nil
		}
		if s.nonblocking.Load() {
			return wsa.WSAEWOULDBLOCK
		}
		left := time.Until(end)
		if left <= 0 || s.Closing() {
			l.Abort()
			return nil
		}
		time.Sleep(min(pause, left))
	}
}
