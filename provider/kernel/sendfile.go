// SPDX-License-Identifier: Apache-2.0

package kernel

import (
	"winsock/internal/sys"
	"winsock/spi"
	"winsock/wsa"
)

var _ spi.FileSender = (*socket)(nil)

// SendFile sends bytes of a file without copying them.
func (s *socket) SendFile(file int, offset int64, n int) (int, error) {
	if !s.kind.stream {
		return 0, wsa.WSAEOPNOTSUPP
	}
	if err := s.state.CheckSend(false); err != nil {
		if err = s.maySend(err); err != nil {
			return 0, err
		}
	}
	sent, e := sys.SendFile(s.fd, file, offset, n)
	switch e {
	case 0:
		return sent, nil
	case sys.EAGAIN:
		return 0, wsa.WSAEWOULDBLOCK
	case sys.EINVAL, sys.EOPNOTSUPP: // not from this kind of file
		return 0, wsa.WSAEOPNOTSUPP
	}
	return 0, s.streamError(e)
}
