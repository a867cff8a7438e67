// SPDX-License-Identifier: Apache-2.0

package sockopt

import (
	"math"

	"winsock/wsa"
)

const dgrams6 = Dgram6 | Raw6

// ipv6Rules are the options of level IPPROTO_IPV6 ("IPPROTO_IPV6 Socket
// Options"). Interface indexes are in host order here.
var ipv6Rules = []Rule{
	{Level: wsa.IPPROTO_IPV6, Name: wsa.IPV6_HOPOPTS, Symbol: "IPV6_HOPOPTS", Format: Blob, Access: GetSet, Kinds: inet6},
	{Level: wsa.IPPROTO_IPV6, Name: wsa.IPV6_HDRINCL, Symbol: "IPV6_HDRINCL", Format: Bool, Access: GetSet, Kinds: Raw6},
	{Level: wsa.IPPROTO_IPV6, Name: wsa.IPV6_UNICAST_HOPS, Symbol: "IPV6_UNICAST_HOPS", Format: ByteInt, Access: GetSet, Kinds: inet6, Min: -1, Max: 255, Default: HopLimit, Inherited: true},
	{Level: wsa.IPPROTO_IPV6, Name: wsa.IPV6_MULTICAST_IF, Symbol: "IPV6_MULTICAST_IF", Format: Int, Access: GetSet, Kinds: dgrams6, Max: math.MaxUint32},
	{Level: wsa.IPPROTO_IPV6, Name: wsa.IPV6_MULTICAST_HOPS, Symbol: "IPV6_MULTICAST_HOPS", Format: ByteInt, Access: GetSet, Kinds: dgrams6, Min: -1, Max: 255, Default: 1},
	{Level: wsa.IPPROTO_IPV6, Name: wsa.IPV6_MULTICAST_LOOP, Symbol: "IPV6_MULTICAST_LOOP", Format: Bool, Access: GetSet, Kinds: dgrams6, Default: 1},
	{Level: wsa.IPPROTO_IPV6, Name: wsa.IPV6_ADD_MEMBERSHIP, Symbol: "IPV6_ADD_MEMBERSHIP", Format: Struct, Size: 20, Access: Set, Kinds: inet6, setKinds: dgrams6},
	{Level: wsa.IPPROTO_IPV6, Name: wsa.IPV6_DROP_MEMBERSHIP, Symbol: "IPV6_DROP_MEMBERSHIP", Format: Struct, Size: 20, Access: Set, Kinds: inet6, setKinds: dgrams6},
	{Level: wsa.IPPROTO_IPV6, Name: wsa.IPV6_DONTFRAG, Symbol: "IPV6_DONTFRAG", Format: Bool, Access: GetSet, Kinds: inet6, exception: Streams, otherwise: 1, Inherited: true},
	{Level: wsa.IPPROTO_IPV6, Name: wsa.IPV6_PKTINFO, Symbol: "IPV6_PKTINFO", Format: StrictBool, Access: GetSet, Kinds: dgrams6},
	{Level: wsa.IPPROTO_IPV6, Name: wsa.IPV6_HOPLIMIT, Symbol: "IPV6_HOPLIMIT", Format: StrictBool, Access: GetSet, Kinds: dgrams6},
	{Level: wsa.IPPROTO_IPV6, Name: wsa.IPV6_PROTECTION_LEVEL, Symbol: "IPV6_PROTECTION_LEVEL", Format: Int, Access: GetSet, Kinds: inet6, Max: math.MaxUint32,
		Default: wsa.PROTECTION_LEVEL_UNRESTRICTED, Inherited: true,
		allowed: []int64{wsa.PROTECTION_LEVEL_UNRESTRICTED, wsa.PROTECTION_LEVEL_EDGERESTRICTED, wsa.PROTECTION_LEVEL_RESTRICTED, wsa.PROTECTION_LEVEL_DEFAULT}},
	{Level: wsa.IPPROTO_IPV6, Name: wsa.IPV6_RECVIF, Symbol: "IPV6_RECVIF", Format: StrictBool, Access: GetSet, Kinds: dgrams6},
	{Level: wsa.IPPROTO_IPV6, Name: wsa.IPV6_RECVDSTADDR, Symbol: "IPV6_RECVDSTADDR", Format: StrictBool, Access: GetSet, Kinds: dgrams6},
	{Level: wsa.IPPROTO_IPV6, Name: wsa.IPV6_CHECKSUM, Symbol: "IPV6_CHECKSUM", Format: Int, Access: GetSet, Kinds: Raw6, Min: -1, Max: math.MaxInt32, Default: -1},
	// Difference 41: also on AF_INET sockets, until they are bound.
	{Level: wsa.IPPROTO_IPV6, Name: wsa.IPV6_V6ONLY, Symbol: "IPV6_V6ONLY", Format: ByteBool, Access: GetSet, Kinds: Internet, Default: 1, Inherited: true, Until: Bind},
	{Level: wsa.IPPROTO_IPV6, Name: wsa.IPV6_IFLIST, Symbol: "IPV6_IFLIST", Format: Bool, Access: GetSet, Kinds: inet6},
	{Level: wsa.IPPROTO_IPV6, Name: wsa.IPV6_ADD_IFLIST, Symbol: "IPV6_ADD_IFLIST", Format: Int, Access: Set, Kinds: inet6, Max: math.MaxUint32, Live: true},
	{Level: wsa.IPPROTO_IPV6, Name: wsa.IPV6_DEL_IFLIST, Symbol: "IPV6_DEL_IFLIST", Format: Int, Access: Set, Kinds: inet6, Max: math.MaxUint32, Live: true},
	{Level: wsa.IPPROTO_IPV6, Name: wsa.IPV6_UNICAST_IF, Symbol: "IPV6_UNICAST_IF", Format: Int, Access: GetSet, Kinds: inet6, Max: math.MaxUint32, Inherited: true},
	{Level: wsa.IPPROTO_IPV6, Name: wsa.IPV6_RTHDR, Symbol: "IPV6_RTHDR", Format: Blob, Access: GetSet, Kinds: inet6},
	{Level: wsa.IPPROTO_IPV6, Name: wsa.IPV6_GET_IFLIST, Symbol: "IPV6_GET_IFLIST", Format: Blob, Access: Get, Live: true}, // as IP_GET_IFLIST
	{Level: wsa.IPPROTO_IPV6, Name: wsa.IPV6_RECVRTHDR, Symbol: "IPV6_RECVRTHDR", Format: StrictBool, Access: GetSet, Kinds: dgrams6},
	{Level: wsa.IPPROTO_IPV6, Name: wsa.IPV6_TCLASS, Symbol: "IPV6_TCLASS", Format: ByteInt, Access: GetSet, Kinds: inet6, Min: -1, Max: 255, Inherited: true},
	{Level: wsa.IPPROTO_IPV6, Name: wsa.IPV6_RECVTCLASS, Symbol: "IPV6_RECVTCLASS", Format: StrictBool, Access: GetSet, Kinds: dgrams6},
	{Level: wsa.IPPROTO_IPV6, Name: wsa.IP_ORIGINAL_ARRIVAL_IF, Symbol: "IPV6_ORIGINAL_ARRIVAL_IF", Format: StrictBool, Access: GetSet, Kinds: dgrams6},
	{Level: wsa.IPPROTO_IPV6, Name: wsa.IPV6_ECN, Symbol: "IPV6_ECN", Format: StrictBool, Access: GetSet, Kinds: dgrams6},
	{Level: wsa.IPPROTO_IPV6, Name: wsa.IPV6_PKTINFO_EX, Symbol: "IPV6_PKTINFO_EX", Format: StrictBool, Access: GetSet, Kinds: dgrams6},
	{Level: wsa.IPPROTO_IPV6, Name: wsa.IPV6_WFP_REDIRECT_RECORDS, Symbol: "IPV6_WFP_REDIRECT_RECORDS", Format: StrictBool, Access: GetSet, Kinds: dgrams6},
	{Level: wsa.IPPROTO_IPV6, Name: wsa.IPV6_WFP_REDIRECT_CONTEXT, Symbol: "IPV6_WFP_REDIRECT_CONTEXT", Format: StrictBool, Access: GetSet, Kinds: dgrams6},
	{Level: wsa.IPPROTO_IPV6, Name: wsa.IPV6_MTU_DISCOVER, Symbol: "IPV6_MTU_DISCOVER", Format: Int, Access: GetSet, Kinds: inet6, Min: 1, Max: 3},
	// IPV6_MTU needs a connected socket: WSAENOTCONN, from the provider.
	{Level: wsa.IPPROTO_IPV6, Name: wsa.IPV6_MTU, Symbol: "IPV6_MTU", Format: Int, Access: Get, Kinds: inet6, Default: 1500, Live: true},
	{Level: wsa.IPPROTO_IPV6, Name: wsa.IPV6_RECVERR, Symbol: "IPV6_RECVERR", Format: StrictBool, Access: GetSet, Kinds: Dgram6},
	{Level: wsa.IPPROTO_IPV6, Name: wsa.IPV6_USER_MTU, Symbol: "IPV6_USER_MTU", Format: Int, Access: GetSet, Kinds: inet6, Max: math.MaxUint32, Default: math.MaxUint32},
	{Level: wsa.IPPROTO_IPV6, Name: wsa.MCAST_JOIN_GROUP, Symbol: "MCAST_JOIN_GROUP", Format: Struct, Size: 136, Access: Set, Kinds: dgrams6},
	{Level: wsa.IPPROTO_IPV6, Name: wsa.MCAST_LEAVE_GROUP, Symbol: "MCAST_LEAVE_GROUP", Format: Struct, Size: 136, Access: Set, Kinds: dgrams6},
	{Level: wsa.IPPROTO_IPV6, Name: wsa.MCAST_BLOCK_SOURCE, Symbol: "MCAST_BLOCK_SOURCE", Format: Struct, Size: 264, Access: Set, Kinds: dgrams6},
	{Level: wsa.IPPROTO_IPV6, Name: wsa.MCAST_UNBLOCK_SOURCE, Symbol: "MCAST_UNBLOCK_SOURCE", Format: Struct, Size: 264, Access: Set, Kinds: dgrams6},
	{Level: wsa.IPPROTO_IPV6, Name: wsa.MCAST_JOIN_SOURCE_GROUP, Symbol: "MCAST_JOIN_SOURCE_GROUP", Format: Struct, Size: 264, Access: Set, Kinds: dgrams6},
	{Level: wsa.IPPROTO_IPV6, Name: wsa.MCAST_LEAVE_SOURCE_GROUP, Symbol: "MCAST_LEAVE_SOURCE_GROUP", Format: Struct, Size: 264, Access: Set, Kinds: dgrams6},
}
