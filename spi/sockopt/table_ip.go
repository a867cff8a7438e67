// SPDX-License-Identifier: Apache-2.0

package sockopt

import (
	"math"

	"winsock/wsa"
)

// HopLimit is the default of IP_TTL and IPV6_UNICAST_HOPS.
const HopLimit = 128

const (
	ipAny    = Internet                      // an IPv6 socket may be dual-stack
	ipDgrams = Dgram4 | Raw4 | Dgram6 | Raw6 // off TCP: WSAEINVAL
	ip4Raw   = Raw4                          // IP_HDRINCL
)

// ipRules are the options of level IPPROTO_IP ("IPPROTO_IP Socket Options").
// Addresses and interface indexes are DWORDs in network order, kept as the
// number that their four bytes make in memory.
var ipRules = []Rule{
	{Level: wsa.IPPROTO_IP, Name: wsa.IP_OPTIONS, Symbol: "IP_OPTIONS", Format: Blob, Access: GetSet, Kinds: ipAny},
	{Level: wsa.IPPROTO_IP, Name: wsa.IP_HDRINCL, Symbol: "IP_HDRINCL", Format: Bool, Access: GetSet, Kinds: ip4Raw},
	{Level: wsa.IPPROTO_IP, Name: wsa.IP_TOS, Symbol: "IP_TOS", Format: ByteInt, Access: GetSet, Kinds: ipAny, Max: 255, Inherited: true},
	{Level: wsa.IPPROTO_IP, Name: wsa.IP_TTL, Symbol: "IP_TTL", Format: ByteInt, Access: GetSet, Kinds: ipAny, Max: 255, Default: HopLimit, Inherited: true},
	{Level: wsa.IPPROTO_IP, Name: wsa.IP_MULTICAST_IF, Symbol: "IP_MULTICAST_IF", Format: Int, Access: GetSet, Kinds: ipDgrams, Max: math.MaxUint32},
	{Level: wsa.IPPROTO_IP, Name: wsa.IP_MULTICAST_TTL, Symbol: "IP_MULTICAST_TTL", Format: ByteInt, Access: GetSet, Kinds: ipDgrams, Max: 255, Default: 1},
	{Level: wsa.IPPROTO_IP, Name: wsa.IP_MULTICAST_LOOP, Symbol: "IP_MULTICAST_LOOP", Format: Bool, Access: GetSet, Kinds: ipDgrams, Default: 1},
	{Level: wsa.IPPROTO_IP, Name: wsa.IP_ADD_MEMBERSHIP, Symbol: "IP_ADD_MEMBERSHIP", Format: Struct, Size: 8, Access: Set, Kinds: ipAny, setKinds: ipDgrams},
	{Level: wsa.IPPROTO_IP, Name: wsa.IP_DROP_MEMBERSHIP, Symbol: "IP_DROP_MEMBERSHIP", Format: Struct, Size: 8, Access: Set, Kinds: ipAny, setKinds: ipDgrams},
	{Level: wsa.IPPROTO_IP, Name: wsa.IP_DONTFRAGMENT, Symbol: "IP_DONTFRAGMENT", Format: Bool, Access: GetSet, Kinds: ipAny, exception: Streams, otherwise: 1, Inherited: true},
	{Level: wsa.IPPROTO_IP, Name: wsa.IP_ADD_SOURCE_MEMBERSHIP, Symbol: "IP_ADD_SOURCE_MEMBERSHIP", Format: Struct, Size: 12, Access: Set, Kinds: ipAny, setKinds: ipDgrams},
	{Level: wsa.IPPROTO_IP, Name: wsa.IP_DROP_SOURCE_MEMBERSHIP, Symbol: "IP_DROP_SOURCE_MEMBERSHIP", Format: Struct, Size: 12, Access: Set, Kinds: ipAny, setKinds: ipDgrams},
	{Level: wsa.IPPROTO_IP, Name: wsa.IP_BLOCK_SOURCE, Symbol: "IP_BLOCK_SOURCE", Format: Struct, Size: 12, Access: Set, Kinds: ipAny, setKinds: ipDgrams},
	{Level: wsa.IPPROTO_IP, Name: wsa.IP_UNBLOCK_SOURCE, Symbol: "IP_UNBLOCK_SOURCE", Format: Struct, Size: 12, Access: Set, Kinds: ipAny, setKinds: ipDgrams},
	{Level: wsa.IPPROTO_IP, Name: wsa.IP_PKTINFO, Symbol: "IP_PKTINFO", Format: StrictBool, Access: GetSet, Kinds: ipDgrams},
	{Level: wsa.IPPROTO_IP, Name: wsa.IP_RECVTTL, Symbol: "IP_RECVTTL", Format: StrictBool, Access: GetSet, Kinds: ipDgrams},
	{Level: wsa.IPPROTO_IP, Name: wsa.IP_RECEIVE_BROADCAST, Symbol: "IP_RECEIVE_BROADCAST", Format: Bool, Access: GetSet, Kinds: ipDgrams, Default: 1},
	{Level: wsa.IPPROTO_IP, Name: wsa.IP_RECVIF, Symbol: "IP_RECVIF", Format: StrictBool, Access: GetSet, Kinds: ipDgrams},
	{Level: wsa.IPPROTO_IP, Name: wsa.IP_RECVDSTADDR, Symbol: "IP_RECVDSTADDR", Format: StrictBool, Access: GetSet, Kinds: ipDgrams},
	{Level: wsa.IPPROTO_IP, Name: wsa.IP_IFLIST, Symbol: "IP_IFLIST", Format: Bool, Access: GetSet, Kinds: ipAny},
	{Level: wsa.IPPROTO_IP, Name: wsa.IP_ADD_IFLIST, Symbol: "IP_ADD_IFLIST", Format: Int, Access: Set, Kinds: ipAny, Max: math.MaxUint32, Live: true},
	{Level: wsa.IPPROTO_IP, Name: wsa.IP_DEL_IFLIST, Symbol: "IP_DEL_IFLIST", Format: Int, Access: Set, Kinds: ipAny, Max: math.MaxUint32, Live: true},
	{Level: wsa.IPPROTO_IP, Name: wsa.IP_UNICAST_IF, Symbol: "IP_UNICAST_IF", Format: Int, Access: GetSet, Kinds: ipAny, Max: math.MaxUint32, Inherited: true},
	{Level: wsa.IPPROTO_IP, Name: wsa.IP_RTHDR, Symbol: "IP_RTHDR", Format: Blob, Access: GetSet, Kinds: ipAny},
	// IP_GET_IFLIST wants IP_IFLIST first and a list in the value: to read
	// it from a fresh socket is WSAEINVAL, which no kind here amounts to.
	{Level: wsa.IPPROTO_IP, Name: wsa.IP_GET_IFLIST, Symbol: "IP_GET_IFLIST", Format: Blob, Access: Get, Live: true},
	{Level: wsa.IPPROTO_IP, Name: wsa.IP_RECVRTHDR, Symbol: "IP_RECVRTHDR", Format: StrictBool, Access: GetSet, Kinds: ipDgrams},
	{Level: wsa.IPPROTO_IP, Name: wsa.IP_RECVTOS, Symbol: "IP_RECVTOS", Format: StrictBool, Access: GetSet, Kinds: ipDgrams},
	{Level: wsa.IPPROTO_IP, Name: wsa.IP_ORIGINAL_ARRIVAL_IF, Symbol: "IP_ORIGINAL_ARRIVAL_IF", Format: StrictBool, Access: GetSet, Kinds: ipDgrams},
	{Level: wsa.IPPROTO_IP, Name: wsa.IP_ECN, Symbol: "IP_ECN", Format: StrictBool, Access: GetSet, Kinds: ipDgrams},
	{Level: wsa.IPPROTO_IP, Name: wsa.IP_PKTINFO_EX, Symbol: "IP_PKTINFO_EX", Format: StrictBool, Access: GetSet, Kinds: ipDgrams},
	{Level: wsa.IPPROTO_IP, Name: wsa.IP_WFP_REDIRECT_RECORDS, Symbol: "IP_WFP_REDIRECT_RECORDS", Format: StrictBool, Access: GetSet, Kinds: ipDgrams},
	{Level: wsa.IPPROTO_IP, Name: wsa.IP_WFP_REDIRECT_CONTEXT, Symbol: "IP_WFP_REDIRECT_CONTEXT", Format: StrictBool, Access: GetSet, Kinds: ipDgrams},
	{Level: wsa.IPPROTO_IP, Name: wsa.IP_MTU_DISCOVER, Symbol: "IP_MTU_DISCOVER", Format: Int, Access: GetSet, Kinds: ipAny, Min: 1, Max: 3},
	// IP_MTU needs a connected socket: WSAENOTCONN, from the provider.
	{Level: wsa.IPPROTO_IP, Name: wsa.IP_MTU, Symbol: "IP_MTU", Format: Int, Access: Get, Kinds: ipAny, Default: 1500, Live: true},
	{Level: wsa.IPPROTO_IP, Name: wsa.IP_RECVERR, Symbol: "IP_RECVERR", Format: StrictBool, Access: GetSet, Kinds: Dgram4 | Dgram6},
	{Level: wsa.IPPROTO_IP, Name: wsa.IP_USER_MTU, Symbol: "IP_USER_MTU", Format: Int, Access: GetSet, Kinds: ipAny, Max: math.MaxUint32, Default: math.MaxUint32},
	{Level: wsa.IPPROTO_IP, Name: wsa.MCAST_JOIN_GROUP, Symbol: "MCAST_JOIN_GROUP", Format: Struct, Size: 136, Access: Set, Kinds: ipDgrams},
	{Level: wsa.IPPROTO_IP, Name: wsa.MCAST_LEAVE_GROUP, Symbol: "MCAST_LEAVE_GROUP", Format: Struct, Size: 136, Access: Set, Kinds: ipDgrams},
	{Level: wsa.IPPROTO_IP, Name: wsa.MCAST_BLOCK_SOURCE, Symbol: "MCAST_BLOCK_SOURCE", Format: Struct, Size: 264, Access: Set, Kinds: ipDgrams},
	{Level: wsa.IPPROTO_IP, Name: wsa.MCAST_UNBLOCK_SOURCE, Symbol: "MCAST_UNBLOCK_SOURCE", Format: Struct, Size: 264, Access: Set, Kinds: ipDgrams},
	{Level: wsa.IPPROTO_IP, Name: wsa.MCAST_JOIN_SOURCE_GROUP, Symbol: "MCAST_JOIN_SOURCE_GROUP", Format: Struct, Size: 264, Access: Set, Kinds: ipDgrams},
	{Level: wsa.IPPROTO_IP, Name: wsa.MCAST_LEAVE_SOURCE_GROUP, Symbol: "MCAST_LEAVE_SOURCE_GROUP", Format: Struct, Size: 264, Access: Set, Kinds: ipDgrams},
}
