// SPDX-License-Identifier: Apache-2.0

package kernel

import (
	"winsock/internal/sys"
	"winsock/spi"
	"winsock/spi/sockstate"
)

// Ready tells which of the events hold now. A fresh stream, and one that is
// connecting, has none (differences 64 and 103).
func (s *socket) Ready(mask spi.Events) spi.Events {
	s.settle()
	var have spi.Events
	switch f := s.state.Flags(); {
	case f&sockstate.Datagram != 0:
		have = s.readyDatagram(mask, f)
	case f&sockstate.Connected != 0:
		have = s.readyStream(f)
	case f&sockstate.Listening != 0:
		if sys.Poll(s.fd, sys.POLLIN)&sys.POLLIN != 0 {
			have = spi.EventAccept
		}
	case f&sockstate.Failed != 0:
		have = spi.EventConnectFail
	}
	return have & mask
}

// readyStream is Ready of a connection. The kernel calls a stream readable
// at its end, too; Winsock only when there is data (difference 108).
func (s *socket) readyStream(f sockstate.Flags) spi.Events {
	have := spi.EventConnect
	p := sys.Poll(s.fd, sys.POLLIN|sys.POLLOUT|sys.POLLPRI|sys.POLLRDHUP)
	if p&sys.POLLERR != 0 && f&sockstate.Broken == 0 {
		if n, _ := sys.GetSockOptInt(s.fd, sys.SOL_SOCKET, sys.SO_ERROR); n != 0 {
			s.streamError(sys.Errno(n)) // asking took it: from now on the state knows
			f = s.state.Flags()
		}
	}
	if p&sys.POLLIN != 0 && f&sockstate.RecvShut == 0 && (p&(sys.POLLRDHUP|sys.POLLHUP) == 0 || s.unread() > 0) {
		have |= spi.EventRead
	}
	if p&sys.POLLPRI != 0 && !s.opts.Bool(ruleOOBInline) { // difference 86
		have |= spi.EventOOB
	}
	switch {
	case f&sockstate.Broken != 0:
		return have | spi.EventReset
	case p&sys.POLLRDHUP != 0:
		have |= spi.EventClose
	}
	if p&sys.POLLOUT != 0 && f&sockstate.SendShut == 0 {
		have |= spi.EventWrite
	}
	return have
}

// unread is the number of bytes that a receive would find.
func (s *socket) unread() int32 {
	n, _ := sys.Ioctl(s.fd, sys.SIOCINQ, 0)
	return n
}

func (s *socket) readyDatagram(mask spi.Events, f sockstate.Flags) spi.Events {
	var have spi.Events
	p := sys.Poll(s.fd, sys.POLLIN|sys.POLLOUT)
	if p&sys.POLLERR != 0 {
		s.lookForICMP()
	}
	if p&sys.POLLIN != 0 && f&(sockstate.Bound|sockstate.RecvShut) == sockstate.Bound {
		have |= spi.EventRead
	}
	switch {
	case p&sys.POLLOUT == 0:
		if mask&spi.EventWrite != 0 {
			s.requestOut()
		}
	case f&sockstate.SendShut == 0:
		have |= spi.EventWrite
	}
	if s.refused.Load() != 0 {
		have |= spi.EventReset
	}
	return have
}

// lookForICMP empties the error queue up to the first error that a receive
// has to report.
func (s *socket) lookForICMP() {
	for s.refused.Load() == 0 {
		code, found := s.nextICMP()
		if !found {
			return
		}
		s.refuse(code)
	}
}
