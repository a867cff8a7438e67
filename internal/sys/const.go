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

	NETLINK_ROUTE = syscall.NETLINK_ROUTE

	// Groups of NETLINK_ROUTE.
	RTMGRP_LINK        = 0x001
	RTMGRP_IPV4_IFADDR = 0x010
	RTMGRP_IPV4_ROUTE  = 0x040
	RTMGRP_IPV6_IFADDR = 0x100
	RTMGRP_IPV6_ROUTE  = 0x400

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

	EADDRNOTAVAIL = syscall.EADDRNOTAVAIL
	EPERM         = syscall.EPERM
	EACCES        = syscall.EACCES
	ENOTCONN      = syscall.ENOTCONN
	EISCONN       = syscall.EISCONN
	EHOSTUNREACH  = syscall.EHOSTUNREACH
	ENETUNREACH   = syscall.ENETUNREACH
	EHOSTDOWN     = syscall.EHOSTDOWN
	ENETDOWN      = syscall.ENETDOWN
	EPROTO        = syscall.EPROTO
	ENOPROTOOPT   = syscall.ENOPROTOOPT
	EOPNOTSUPP    = syscall.EOPNOTSUPP
	ENONET        = syscall.ENONET
	EMSGSIZE      = syscall.EMSGSIZE
	ENOENT        = syscall.ENOENT
	ENOTDIR       = syscall.ENOTDIR
	EROFS         = syscall.EROFS
	EBUSY         = syscall.EBUSY
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

// Options of the Internet protocols, which Winsock numbers otherwise.
const (
	IP_TOS                    = 1
	IP_TTL                    = 2
	IP_HDRINCL                = 3
	IP_OPTIONS                = 4
	IP_PKTINFO                = 8
	IP_MTU_DISCOVER           = 10
	IP_RECVTTL                = 12
	IP_RECVTOS                = 13
	IP_MTU                    = 14
	IP_MULTICAST_IF           = 32
	IP_MULTICAST_TTL          = 33
	IP_MULTICAST_LOOP         = 34
	IP_ADD_MEMBERSHIP         = 35
	IP_DROP_MEMBERSHIP        = 36
	IP_UNBLOCK_SOURCE         = 37
	IP_BLOCK_SOURCE           = 38
	IP_ADD_SOURCE_MEMBERSHIP  = 39
	IP_DROP_SOURCE_MEMBERSHIP = 40
	IP_MULTICAST_ALL          = 49
	IP_UNICAST_IF             = 50

	MCAST_JOIN_GROUP         = 42
	MCAST_BLOCK_SOURCE       = 43
	MCAST_UNBLOCK_SOURCE     = 44
	MCAST_LEAVE_GROUP        = 45
	MCAST_JOIN_SOURCE_GROUP  = 46
	MCAST_LEAVE_SOURCE_GROUP = 47

	IPV6_CHECKSUM       = 7
	IPV6_UNICAST_HOPS   = 16
	IPV6_MULTICAST_IF   = 17
	IPV6_MULTICAST_HOPS = 18
	IPV6_MULTICAST_LOOP = 19
	IPV6_JOIN_GROUP     = 20
	IPV6_LEAVE_GROUP    = 21
	IPV6_MTU_DISCOVER   = 23
	IPV6_MTU            = 24
	IPV6_HDRINCL        = 36
	IPV6_RECVPKTINFO    = 49
	IPV6_PKTINFO        = 50
	IPV6_RECVHOPLIMIT   = 51
	IPV6_HOPLIMIT       = 52
	IPV6_RECVTCLASS     = 66
	IPV6_TCLASS         = 67
	IPV6_UNICAST_IF     = 76

	PMTUDISC_DONT  = 0
	PMTUDISC_WANT  = 1
	PMTUDISC_DO    = 2
	PMTUDISC_PROBE = 3

	TCP_NODELAY      = 1
	TCP_MAXSEG       = 2
	TCP_KEEPIDLE     = 4
	TCP_KEEPINTVL    = 5
	TCP_KEEPCNT      = 6
	TCP_USER_TIMEOUT = 18
	TCP_TIMESTAMP    = 24
	TCP_SYNCNT       = 7
)

// Options of UDP.
const (
	UDP_SEGMENT      = 103
	UDP_NO_CHECK6_TX = 101
	SO_NO_CHECK      = 11
	TCP_FASTOPEN     = 23

	IPV6_MULTICAST_ALL = 29
)
