// SPDX-License-Identifier: Apache-2.0

package sys

import "syscall"

// The kernel's numbers for what Winsock numbers differently, or calls the
// same.
const (
	AF_UNSPEC = syscall.AF_UNSPEC
	AF_UNIX   = syscall.AF_UNIX
	AF_INET   = syscall.AF_INET
	AF_INET6  = syscall.AF_INET6

	MSG_OOB       = syscall.MSG_OOB
	MSG_PEEK      = syscall.MSG_PEEK
	MSG_DONTROUTE = syscall.MSG_DONTROUTE
	MSG_TRUNC     = syscall.MSG_TRUNC
	MSG_CTRUNC    = syscall.MSG_CTRUNC
	MSG_ERRQUEUE  = syscall.MSG_ERRQUEUE

	SHUT_RD   = syscall.SHUT_RD
	SHUT_WR   = syscall.SHUT_WR
	SHUT_RDWR = syscall.SHUT_RDWR

	SIOCINQ    = 0x541b
	SIOCOUTQ   = 0x5411
	SIOCATMARK = 0x8905
)

// Error numbers that callers tell apart.
const (
	EINTR        = syscall.EINTR
	EAGAIN       = syscall.EAGAIN
	ETIMEDOUT    = syscall.ETIMEDOUT
	EINPROGRESS  = syscall.EINPROGRESS
	EPIPE        = syscall.EPIPE
	ECONNRESET   = syscall.ECONNRESET
	ECONNREFUSED = syscall.ECONNREFUSED
	ECONNABORTED = syscall.ECONNABORTED
	EADDRINUSE   = syscall.EADDRINUSE
	EINVAL       = syscall.EINVAL
	EPERM        = syscall.EPERM
	EACCES       = syscall.EACCES
	ENOTCONN     = syscall.ENOTCONN
	EISCONN      = syscall.EISCONN
	EHOSTUNREACH = syscall.EHOSTUNREACH
	ENETUNREACH  = syscall.ENETUNREACH
	EHOSTDOWN    = syscall.EHOSTDOWN
	ENETDOWN     = syscall.ENETDOWN
	EPROTO       = syscall.EPROTO
	ENOPROTOOPT  = syscall.ENOPROTOOPT
	EOPNOTSUPP   = syscall.EOPNOTSUPP
	ENONET       = syscall.ENONET
	EMSGSIZE     = syscall.EMSGSIZE
	ENOENT       = syscall.ENOENT
	EBUSY        = syscall.EBUSY
)

// Option levels and names.
const (
	SOL_SOCKET   = syscall.SOL_SOCKET
	SO_REUSEADDR = syscall.SO_REUSEADDR
	SO_REUSEPORT = 15
	SO_KEEPALIVE = syscall.SO_KEEPALIVE
	SO_DONTROUTE = syscall.SO_DONTROUTE
	SO_BROADCAST = syscall.SO_BROADCAST
	SO_LINGER    = syscall.SO_LINGER
	SO_OOBINLINE = syscall.SO_OOBINLINE
	SO_SNDBUF    = syscall.SO_SNDBUF
	SO_RCVBUF    = syscall.SO_RCVBUF
	SO_ERROR     = syscall.SO_ERROR

	SO_ATTACH_REUSEPORT_CBPF = 51

	IPPROTO_IP   = syscall.IPPROTO_IP
	IPPROTO_IPV6 = syscall.IPPROTO_IPV6
	IPPROTO_TCP  = syscall.IPPROTO_TCP
	IPPROTO_UDP  = syscall.IPPROTO_UDP
	IPPROTO_ICMP = syscall.IPPROTO_ICMP

	IP_RECVERR   = syscall.IP_RECVERR
	IPV6_RECVERR = syscall.IPV6_RECVERR
	IPV6_V6ONLY  = syscall.IPV6_V6ONLY

	SOL_RAW     = 255
	ICMP_FILTER = 1
)
