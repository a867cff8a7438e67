// SPDX-License-Identifier: Apache-2.0

package run

import (
	"winsock"
	"winsock/internal/sys"
	"winsock/spi"
	"winsock/wsa"
)

// A relay has to keep urgent data apart, which on a stream is a byte at a
// mark. Where that is, only the base provider's socket knows at the moment of
// the receive. So the carrier, which is next to it, receives up to the mark
// only, and reports the urgent byte, alone, with the flag MSG_OOB.

// markUrgent begins with that. It does nothing for a chain whose layers have no
// urgent data.
func (c *carrier) markUrgent(h winsock.SOCKET) {
	var marked [4]byte
	if _, err := winsock.WSAIoctl(h, wsa.SIOCATMARK, nil, marked[:], nil, nil); err != nil {
		return
	}
	if winsock.SetSockOptInt(h, wsa.SOL_SOCKET, wsa.SO_OOBINLINE, 1) != nil {
		return
	}
	if fd, ok := spi.HandleOf(c); ok {
		c.marks.Store(int32(fd) + 1)
	}
}

// recvToMark receives from base, whose kernel descriptor is fd.
func recvToMark(base spi.Socket, fd int, m *spi.Message) (int, error) {
	if m.Flags&wsa.MSG_OOB != 0 || len(m.Bufs) != 1 || len(m.Bufs[0]) == 0 {
		return base.Recv(m)
	}
	// What comes between these questions and the receive is left for the
	// next one.
	there, _ := sys.Ioctl(fd, sys.SIOCINQ, 0)
	at, e := sys.Ioctl(fd, sys.SIOCATMARK, 0)
	whole := m.Bufs[0]
	limit, urgent := len(whole), e == 0 && at != 0 && there > 0
	switch {
	case urgent:
		limit = 1
	case there > 0:
		limit = min(limit, int(there))
	}
	m.Bufs[0] = whole[:limit]
	n, err := base.Recv(m)
	m.Bufs[0] = whole
	if urgent && n == 1 && err == nil {
		m.Flags |= wsa.MSG_OOB
	}
	return n, err
}
