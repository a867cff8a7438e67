// SPDX-License-Identifier: Apache-2.0

package wsa

// Options of level IPPROTO_IP ("IPPROTO_IP Socket Options"). Most numbers
// differ from Linux's.
const (
	IP_OPTIONS                = 1
	IP_HDRINCL                = 2
	IP_TOS                    = 3
	IP_TTL                    = 4
	IP_MULTICAST_IF           = 9
	IP_MULTICAST_TTL          = 10
	IP_MULTICAST_LOOP         = 11
	IP_ADD_MEMBERSHIP         = 12
	IP_DROP_MEMBERSHIP        = 13
	IP_DONTFRAGMENT           = 14
	IP_ADD_SOURCE_MEMBERSHIP  = 15
	IP_DROP_SOURCE_MEMBERSHIP = 16
	IP_BLOCK_SOURCE           = 17
	IP_UNBLOCK_SOURCE         = 18
	IP_PKTINFO                = 19
	IP_HOPLIMIT               = 21
	IP_RECVTTL                = 21
	IP_RECEIVE_BROADCAST      = 22
	IP_PROTECTION_LEVEL       = 23
	IP_RECVIF                 = 24
	IP_RECVDSTADDR            = 25
	IP_IFLIST                 = 28
	IP_ADD_IFLIST             = 29
	IP_DEL_IFLIST             = 30
	IP_UNICAST_IF             = 31
	IP_RTHDR                  = 32
	IP_GET_IFLIST             = 33
	IP_RECVRTHDR              = 38
	IP_TCLASS                 = 39
	IP_RECVTCLASS             = 40
	IP_RECVTOS                = 40
	IP_ORIGINAL_ARRIVAL_IF    = 47
	IP_ECN                    = 50
	IP_RECVECN                = 50
	IP_PKTINFO_EX             = 51
	IP_WFP_REDIRECT_RECORDS   = 60
	IP_WFP_REDIRECT_CONTEXT   = 70
	IP_MTU_DISCOVER           = 71
	IP_MTU                    = 73
	IP_NRT_INTERFACE          = 74
	IP_RECVERR                = 75
	IP_USER_MTU               = 76

	IP_UNSPECIFIED_TYPE_OF_SERVICE = -1
	IP_UNSPECIFIED_HOP_LIMIT       = -1
	IP_UNSPECIFIED_USER_MTU        = 0xffffffff

	IP_DEFAULT_MULTICAST_TTL  = 1
	IP_DEFAULT_MULTICAST_LOOP = 1
	IP_MAX_MEMBERSHIPS        = 20
)

// Options of level IPPROTO_IPV6 ("IPPROTO_IPV6 Socket Options").
const (
	IPV6_HOPOPTS              = 1
	IPV6_HDRINCL              = 2
	IPV6_UNICAST_HOPS         = 4
	IPV6_MULTICAST_IF         = 9
	IPV6_MULTICAST_HOPS       = 10
	IPV6_MULTICAST_LOOP       = 11
	IPV6_ADD_MEMBERSHIP       = 12
	IPV6_JOIN_GROUP           = IPV6_ADD_MEMBERSHIP
	IPV6_DROP_MEMBERSHIP      = 13
	IPV6_LEAVE_GROUP          = IPV6_DROP_MEMBERSHIP
	IPV6_DONTFRAG             = 14
	IPV6_PKTINFO              = 19
	IPV6_HOPLIMIT             = 21
	IPV6_PROTECTION_LEVEL     = 23
	IPV6_RECVIF               = 24
	IPV6_RECVDSTADDR          = 25
	IPV6_CHECKSUM             = 26
	IPV6_V6ONLY               = 27
	IPV6_IFLIST               = 28
	IPV6_ADD_IFLIST           = 29
	IPV6_DEL_IFLIST           = 30
	IPV6_UNICAST_IF           = 31
	IPV6_RTHDR                = 32
	IPV6_GET_IFLIST           = 33
	IPV6_RECVRTHDR            = 38
	IPV6_TCLASS               = 39
	IPV6_RECVTCLASS           = 40
	IPV6_ECN                  = 50
	IPV6_RECVECN              = 50
	IPV6_PKTINFO_EX           = 51
	IPV6_WFP_REDIRECT_RECORDS = 60
	IPV6_WFP_REDIRECT_CONTEXT = 70
	IPV6_MTU_DISCOVER         = 71
	IPV6_MTU                  = 72
	IPV6_NRT_INTERFACE        = 74
	IPV6_RECVERR              = 75
	IPV6_USER_MTU             = 76
)

// Values of IPV6_PROTECTION_LEVEL.
const (
	PROTECTION_LEVEL_UNRESTRICTED   = 10
	PROTECTION_LEVEL_EDGERESTRICTED = 20
	PROTECTION_LEVEL_RESTRICTED     = 30
	PROTECTION_LEVEL_DEFAULT        = 0xffffffff
)

// Protocol-independent multicast options, at level IPPROTO_IP and
// IPPROTO_IPV6 (RFC 3678).
const (
	MCAST_JOIN_GROUP         = 41
	MCAST_LEAVE_GROUP        = 42
	MCAST_BLOCK_SOURCE       = 43
	MCAST_UNBLOCK_SOURCE     = 44
	MCAST_JOIN_SOURCE_GROUP  = 45
	MCAST_LEAVE_SOURCE_GROUP = 46

	MCAST_INCLUDE = 0
	MCAST_EXCLUDE = 1
)

// Values of IP_MTU_DISCOVER and IPV6_MTU_DISCOVER.
const (
	IP_PMTUDISC_NOT_SET = 0
	IP_PMTUDISC_DO      = 1
	IP_PMTUDISC_DONT    = 2
	IP_PMTUDISC_PROBE   = 3
	IP_PMTUDISC_MAX     = 4
)
