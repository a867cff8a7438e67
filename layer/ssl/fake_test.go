// SPDX-License-Identifier: Apache-2.0

package ssl

import (
	"winsock/spi"
	"winsock/wsa"
)

// idle is a socket that has done nothing yet.
type idle struct{ spi.Socket }

func (idle) ConnectResult() error { return wsa.WSAENOTCONN }

// pieces is a socket that receives data in pieces, with nothing in between.
type pieces struct {
	spi.Socket
	data  []byte
	piece int
	pause bool
}

func (p *pieces) Recv(m *spi.Message) (int, error) {
	if p.pause = !p.pause; p.pause {
		return 0, wsa.WSAEWOULDBLOCK
	}
	n := m.Scatter(p.data[:min(len(p.data), p.piece)], 0)
	p.data = p.data[n:]
	return n, nil
}
