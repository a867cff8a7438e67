// SPDX-License-Identifier: Apache-2.0

package wsa

// Results and arguments of WSAWaitForMultipleEvents. WSA_WAIT_TIMEOUT is
// among the error codes.
const (
	WSA_WAIT_EVENT_0       = 0x00000000
	WSA_WAIT_IO_COMPLETION = 0x000000c0
	WSA_WAIT_FAILED        = 0xffffffff

	WSA_INFINITE            = 0xffffffff // milliseconds
	WSA_MAXIMUM_WAIT_EVENTS = 64
)

// Bits of WSAPoll ("WSAPOLLFD structure"). They differ from Linux's.
const (
	POLLERR    = 0x0001
	POLLHUP    = 0x0002
	POLLNVAL   = 0x0004
	POLLWRNORM = 0x0010
	POLLOUT    = POLLWRNORM
	POLLWRBAND = 0x0020
	POLLRDNORM = 0x0100
	POLLRDBAND = 0x0200
	POLLIN     = POLLRDNORM | POLLRDBAND
	POLLPRI    = 0x0400
)

// FD_SETSIZE is how many sockets an fd_set holds unless the program says
// otherwise.
const FD_SETSIZE = 64
