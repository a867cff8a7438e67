// SPDX-License-Identifier: Apache-2.0

package kernel

import (
	"time"

	"winsock/internal/sys"
	"winsock/wsa"
)

// options are the values that the kernel does not keep for us, or keeps
// otherwise than Winsock tells them. They are protected by socket.mu.
type options struct {
	soError     wsa.Errno // SO_ERROR: how the last attempt to connect failed
	connectTime time.Time // SO_CONNECT_TIME counts from here
	linger      wsa.Linger
}

// inherited are the options of a connection that a listener with o accepts.
func (o *options) inherited() options {
	i := *o
	i.soError = 0
	return i
}

// prepare gives a new socket of the kernel Winsock's defaults.
func (s *socket) prepare() {
	if s.kind.family == wsa.AF_INET6 && s.kind.typ != wsa.SOCK_RAW {
		sys.SetSockOptInt(s.fd, sys.IPPROTO_IPV6, sys.IPV6_V6ONLY, 1) // difference 39
	}
	if s.kind.typ == wsa.SOCK_DGRAM {
		s.keepErrors(true)
	}
}

// keepErrors lets the kernel tell of ICMP errors (SIO_UDP_CONNRESET).
func (s *socket) keepErrors(on bool) {
	value := 0
	if on {
		value = 1
	}
	sys.SetSockOptInt(s.fd, sys.IPPROTO_IP, sys.IP_RECVERR, value)
	if s.kind.family == wsa.AF_INET6 {
		sys.SetSockOptInt(s.fd, sys.IPPROTO_IPV6, sys.IPV6_RECVERR, value)
	}
}

// GetSockOpt is WSPGetSockOpt.
func (s *socket) GetSockOpt(level, name int32, value []byte) (int, error) {
	return 0, wsa.WSAENOPROTOOPT
}

// SetSockOpt is WSPSetSockOpt.
func (s *socket) SetSockOpt(level, name int32, value []byte) error {
	return wsa.WSAENOPROTOOPT
}

// Ioctl is WSPIoctl.
func (s *socket) Ioctl(code uint32, in, out []byte) (int, error) {
	return 0, wsa.WSAEOPNOTSUPP
}
