// SPDX-License-Identifier: Apache-2.0

package wsa

// Address families ("socket function"). AF_INET6 differs from Linux's.
const (
	AF_UNSPEC     = 0
	AF_UNIX       = 1
	AF_INET       = 2
	AF_IMPLINK    = 3
	AF_PUP        = 4
	AF_CHAOS      = 5
	AF_NS         = 6
	AF_IPX        = AF_NS
	AF_ISO        = 7
	AF_OSI        = AF_ISO
	AF_ECMA       = 8
	AF_DATAKIT    = 9
	AF_CCITT      = 10
	AF_SNA        = 11
	AF_DECnet     = 12
	AF_DLI        = 13
	AF_LAT        = 14
	AF_HYLINK     = 15
	AF_APPLETALK  = 16
	AF_NETBIOS    = 17
	AF_VOICEVIEW  = 18
	AF_FIREFOX    = 19
	AF_UNKNOWN1   = 20
	AF_BAN        = 21
	AF_ATM        = 22
	AF_INET6      = 23
	AF_CLUSTER    = 24
	AF_12844      = 25
	AF_IRDA       = 26
	AF_NETDES     = 28
	AF_TCNPROCESS = 29
	AF_TCNMESSAGE = 30
	AF_ICLFXBM    = 31
	AF_BTH        = 32
	AF_LINK       = 33
	AF_HYPERV     = 34
	AF_MAX        = 35
)

// Socket types.
const (
	SOCK_STREAM    = 1
	SOCK_DGRAM     = 2
	SOCK_RAW       = 3
	SOCK_RDM       = 4
	SOCK_SEQPACKET = 5
)

// Protocols of the Internet families.
const (
	IPPROTO_IP       = 0
	IPPROTO_HOPOPTS  = 0
	IPPROTO_ICMP     = 1
	IPPROTO_IGMP     = 2
	IPPROTO_GGP      = 3
	IPPROTO_IPV4     = 4
	IPPROTO_ST       = 5
	IPPROTO_TCP      = 6
	IPPROTO_CBT      = 7
	IPPROTO_EGP      = 8
	IPPROTO_IGP      = 9
	IPPROTO_PUP      = 12
	IPPROTO_UDP      = 17
	IPPROTO_IDP      = 22
	IPPROTO_RDP      = 27
	IPPROTO_IPV6     = 41
	IPPROTO_ROUTING  = 43
	IPPROTO_FRAGMENT = 44
	IPPROTO_ESP      = 50
	IPPROTO_AH       = 51
	IPPROTO_ICMPV6   = 58
	IPPROTO_NONE     = 59
	IPPROTO_DSTOPTS  = 60
	IPPROTO_ND       = 77
	IPPROTO_ICLFXBM  = 78
	IPPROTO_PIM      = 103
	IPPROTO_PGM      = 113
	IPPROTO_L2TP     = 115
	IPPROTO_SCTP     = 132
	IPPROTO_RAW      = 255
	IPPROTO_MAX      = 256
)

// FROM_PROTOCOL_INFO in an argument of WSASocket takes the field from the
// WSAPROTOCOL_INFO.
const FROM_PROTOCOL_INFO = -1

// Flags of WSASocket.
const (
	WSA_FLAG_OVERLAPPED             = 0x01
	WSA_FLAG_MULTIPOINT_C_ROOT      = 0x02
	WSA_FLAG_MULTIPOINT_C_LEAF      = 0x04
	WSA_FLAG_MULTIPOINT_D_ROOT      = 0x08
	WSA_FLAG_MULTIPOINT_D_LEAF      = 0x10
	WSA_FLAG_ACCESS_SYSTEM_SECURITY = 0x40
	WSA_FLAG_NO_HANDLE_INHERIT      = 0x80
	WSA_FLAG_REGISTERED_IO          = 0x100
)

// Flags of the send and receive calls.
const (
	MSG_OOB            = 0x0001
	MSG_PEEK           = 0x0002
	MSG_DONTROUTE      = 0x0004
	MSG_WAITALL        = 0x0008
	MSG_INTERRUPT      = 0x0010
	MSG_PUSH_IMMEDIATE = 0x0020
	MSG_TRUNC          = 0x0100
	MSG_CTRUNC         = 0x0200
	MSG_BCAST          = 0x0400
	MSG_MCAST          = 0x0800
	MSG_ERRQUEUE       = 0x1000
	MSG_PARTIAL        = 0x8000

	MSG_MAXIOVLEN = 16
)

// Directions of shutdown.
const (
	SD_RECEIVE = 0
	SD_SEND    = 1
	SD_BOTH    = 2
)

// SOMAXCONN lets the provider choose the backlog of listen.
const SOMAXCONN = 0x7fffffff
