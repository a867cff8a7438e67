// SPDX-License-Identifier: Apache-2.0

package socks

import (
	"winsock/spi"
	"winsock/spi/layer"
	"winsock/wsa"
)

// A datagram is a socket whose datagrams go to direct peers only.
type datagram struct {
	layer.PassThrough
	*socks
	family int32
}

func (s *datagram) init(p *socks, below spi.Socket, o *spi.Opening, family int32) {
	s.socks, s.family, s.Socket = p, family, below
}

// Connect sets a direct peer.
func (s *datagram) Connect(name *wsa.Sockaddr) error {
	if err := s.check(name); err != nil {
		return err
	}
	return s.Socket.Connect(name)
}

// Send sends to a direct peer.
func (s *datagram) Send(m *spi.Message) (int, error) {
	if err := s.check(m.Name); err != nil {
		return 0, err
	}
	return s.Socket.Send(m)
}

func (s *datagram) check(name *wsa.Sockaddr) error {
	if foreign(name, s.family) {
		return nil
	}
	_, past, err := s.targetOf(name)
	if err == nil && !past {
		err = wsa.WSAENETUNREACH
	}
	return err
}
