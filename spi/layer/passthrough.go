// SPDX-License-Identifier: Apache-2.0

package layer

import (
	"encoding/binary"
	"time"

	"winsock/spi"
	"winsock/wsa"
)

// A PassThrough is a [Base] for layers that keep nothing back: whenever the
// layer's Send or Recv answers WSAEWOULDBLOCK, the one below has just done
// so. Waiting for the socket below is then waiting for this one, so callers
// may park there, and linger there.
type PassThrough struct {
	Base
}

var (
	_ spi.Parker   = (*PassThrough)(nil)
	_ spi.Lingerer = (*PassThrough)(nil)
)

// parker returns who parks below, past handle-preserving layers.
func (s *PassThrough) parker() (spi.Parker, bool) {
	if p, ok := spi.As[spi.Parker](s.Socket); ok {
		return p, true
	}
	p, ok := spi.As[spi.Parker](spi.DataPathOf(s.Socket))
	return p, ok
}

// Park parks on the socket below. It reports false if that one cannot.
func (s *PassThrough) Park(d spi.Direction, try func() bool) (parked bool, err error) {
	if p, ok := s.parker(); ok {
		return p.Park(d, try)
	}
	return false, nil
}

// SetParkDeadline sets the deadline of the socket below.
func (s *PassThrough) SetParkDeadline(d spi.Direction, t time.Time) {
	if p, ok := s.parker(); ok {
		p.SetParkDeadline(d, t)
	}
}

// Unpark ends the parking on the socket below.
func (s *PassThrough) Unpark() {
	if p, ok := s.parker(); ok {
		p.Unpark()
	}
}

// Linger ends the sending direction of the socket below and asks whether its
// peer has everything. A socket below that cannot tell is taken to be done.
func (s *PassThrough) Linger() error { return linger(s.Socket) }

// Abort makes the following Close reset the connection below.
func (s *PassThrough) Abort() { abort(s.Socket) }

func linger(below spi.Socket) error {
	if l, ok := spi.As[spi.Lingerer](below); ok {
		return l.Linger()
	}
	if err := below.Shutdown(wsa.SD_SEND); err != nil {
		return err
	}
	return nil
}

// hardLinger is SO_LINGER's value for a reset at close: on, zero seconds.
var hardLinger = binary.LittleEndian.AppendUint16(binary.LittleEndian.AppendUint16(nil, 1), 0)

// abort makes the next Close of below reset its connection.
func abort(below spi.Socket) {
	if l, ok := spi.As[spi.Lingerer](below); ok {
		l.Abort()
		return
	}
	// A socket without connections refuses the option and has none to reset.
	_ = below.SetSockOpt(wsa.SOL_SOCKET, wsa.SO_LINGER, hardLinger)
}
