// SPDX-License-Identifier: Apache-2.0

package winsock

import (
	"time"

	"winsock/spi"
	"winsock/wsa"
)

// A PollFd is a WSAPOLLFD: a socket, what is asked of it, and the answer.
type PollFd struct {
	Fd      SOCKET // ignored if negative as a signed number
	Events  int16  // POLLRDNORM, POLLRDBAND, POLLWRNORM
	REvents int16  // those that hold, and POLLERR, POLLHUP, POLLNVAL
}

// pollRequests are what may be asked for.
const pollRequests = wsa.POLLRDNORM | wsa.POLLRDBAND | wsa.POLLWRNORM

// WSAPoll waits until sockets are in one of the states asked for ("WSAPoll
// function"). timeout is in milliseconds: 0 to look only, negative to wait
// forever. The result is the number of elements with an answer. Errors and
// hang-ups are told unasked:
//
//   - the peer has finished sending: POLLHUP, and POLLRDNORM for as long as
//     there is data;
//   - the connection was reset: POLLERR, POLLHUP, POLLWRNORM;
//   - a connect failed: POLLERR, POLLHUP, POLLWRNORM;
//   - no socket, or closed meanwhile: POLLNVAL.
//
// Errors: WSANOTINITIALISED; WSAEFAULT for nil; WSAEINVAL for an empty list
// and for other bits in Events; WSAENOTSOCK when there is not one socket in
// the list.
func WSAPoll(fds []PollFd, timeout int32) (int, error) {
	if err := requireStartup(); err != nil {
		return 0, err
	}
	if fds == nil {
		return 0, wsa.WSAEFAULT
	}
	if len(fds) == 0 {
		return 0, wsa.WSAEINVAL
	}
	for i := range fds {
		if fds[i].Events&^pollRequests != 0 {
			return 0, wsa.WSAEINVAL
		}
	}
	p := newPollSet()
	defer p.free()
	good, bad := p.addPollFds(fds)
	if good == 0 {
		return 0, wsa.WSAENOTSOCK
	}
	limit := time.Duration(-1)
	if timeout >= 0 {
		limit = time.Duration(timeout) * time.Millisecond
	}
	if bad > 0 {
		limit = 0 // there is an answer already
	}
	p.wait(limit)
	n := 0
	for i, e := range p.entries {
		fds[i].REvents = e.pollAnswer(fds[i].Events)
		if fds[i].REvents != 0 {
			n++
		}
	}
	return n, nil
}

func ignored(fd SOCKET) bool { return int(fd) < 0 }

// addPollFds adds an entry for each element, without a socket for those that
// are none. It returns the number of sockets and of elements that should
// have been one.
func (p *pollSet) addPollFds(fds []PollFd) (good, bad int) {
	for i := range fds {
		f := &fds[i]
		var s *socket
		if !ignored(f.Fd) {
			if s, _ = use(f.Fd); s == nil {
				bad++
			} else {
				good++
			}
		}
		p.add(f.Fd, s).want = pollEvents(f.Events)
	}
	return good, bad
}

// pollEvents returns what to look for on behalf of a request.
func pollEvents(request int16) spi.Events {
	want := spi.EventsEnd
	if request&wsa.POLLRDNORM != 0 {
		want |= spi.EventRead | spi.EventAccept
	}
	if request&wsa.POLLRDBAND != 0 {
		want |= spi.EventOOB
	}
	if request&wsa.POLLWRNORM != 0 {
		want |= spi.EventWrite
	}
	return want
}

// pollAnswer returns the answer to a request.
func (e *pollEntry) pollAnswer(request int16) (answer int16) {
	if e.sock == nil && ignored(e.handle) {
		return 0
	}
	if e.sock == nil || e.closed {
		return wsa.POLLNVAL
	}
	if e.have&(spi.EventRead|spi.EventAccept) != 0 {
		answer |= wsa.POLLRDNORM
	}
	if e.have&spi.EventOOB != 0 {
		answer |= wsa.POLLRDBAND
	}
	if e.have&(spi.EventWrite|spi.EventReset|spi.EventConnectFail) != 0 {
		answer |= wsa.POLLWRNORM & request
	}
	if e.have&(spi.EventReset|spi.EventConnectFail) != 0 {
		answer |= wsa.POLLERR
	}
	switch {
	case e.have&spi.EventsEnd == 0:
	case e.sock.connectionless(): // the error waits for a receive
		answer |= wsa.POLLRDNORM & request
	default:
		answer |= wsa.POLLHUP
	}
	return answer
}

// connectionless reports whether the socket's protocol knows no connections.
func (s *socket) connectionless() bool { return s.info().ServiceFlags1&wsa.XP1_CONNECTIONLESS != 0 }
