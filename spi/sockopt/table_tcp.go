// SPDX-License-Identifier: Apache-2.0

package sockopt

import (
	"math"

	"winsock/wsa"
)

const tcp = Stream4 | Stream6

// tcpRules are the options of level IPPROTO_TCP ("IPPROTO_TCP Socket
// Options"). Times are in seconds unless their name ends in MS.
var tcpRules = []Rule{
	{Level: wsa.IPPROTO_TCP, Name: wsa.TCP_NODELAY, Symbol: "TCP_NODELAY", Format: ByteBool, Access: GetSet, Kinds: tcp, Inherited: true},
	{Level: wsa.IPPROTO_TCP, Name: wsa.TCP_EXPEDITED_1122, Symbol: "TCP_EXPEDITED_1122", Format: Bool, Access: GetSet, Kinds: tcp, Inherited: true},
	{Level: wsa.IPPROTO_TCP, Name: wsa.TCP_KEEPALIVE, Symbol: "TCP_KEEPALIVE", Format: Int, Access: GetSet, Kinds: tcp, Max: math.MaxInt32, Default: 7200, Inherited: true},
	{Level: wsa.IPPROTO_TCP, Name: wsa.TCP_MAXSEG, Symbol: "TCP_MAXSEG", Format: Int, Access: Get, Kinds: tcp, Default: 1460, Live: true},
	{Level: wsa.IPPROTO_TCP, Name: wsa.TCP_MAXRT, Symbol: "TCP_MAXRT", Format: Int, Access: GetSet, Kinds: tcp, Min: -1, Max: math.MaxInt32, Default: 10, Inherited: true},
	{Level: wsa.IPPROTO_TCP, Name: wsa.TCP_STDURG, Symbol: "TCP_STDURG", Format: Bool, Access: GetSet, Kinds: tcp, Inherited: true},
	{Level: wsa.IPPROTO_TCP, Name: wsa.TCP_NOURG, Symbol: "TCP_NOURG", Format: Bool, Access: GetSet, Kinds: tcp, Inherited: true},
	{Level: wsa.IPPROTO_TCP, Name: wsa.TCP_ATMARK, Symbol: "TCP_ATMARK", Format: Bool, Access: Get, Kinds: tcp, Default: 1, Live: true},
	{Level: wsa.IPPROTO_TCP, Name: wsa.TCP_NOSYNRETRIES, Symbol: "TCP_NOSYNRETRIES", Format: Bool, Access: GetSet, Kinds: tcp},
	{Level: wsa.IPPROTO_TCP, Name: wsa.TCP_TIMESTAMPS, Symbol: "TCP_TIMESTAMPS", Format: Bool, Access: GetSet, Kinds: tcp, Inherited: true},
	{Level: wsa.IPPROTO_TCP, Name: wsa.TCP_MAXRTMS, Symbol: "TCP_MAXRTMS", Format: Int, Access: GetSet, Kinds: tcp, Max: math.MaxUint32, Default: 10000, Inherited: true},
	{Level: wsa.IPPROTO_TCP, Name: wsa.TCP_FASTOPEN, Symbol: "TCP_FASTOPEN", Format: Bool, Access: GetSet, Kinds: tcp},
	{Level: wsa.IPPROTO_TCP, Name: wsa.TCP_KEEPCNT, Symbol: "TCP_KEEPCNT", Format: Int, Access: GetSet, Kinds: tcp, Min: 0, Max: 255, Default: 10, Inherited: true},
	{Level: wsa.IPPROTO_TCP, Name: wsa.TCP_KEEPINTVL, Symbol: "TCP_KEEPINTVL", Format: Int, Access: GetSet, Kinds: tcp, Max: math.MaxInt32, Default: 1, Inherited: true},
	{Level: wsa.IPPROTO_TCP, Name: wsa.TCP_FAIL_CONNECT_ON_ICMP_ERROR, Symbol: "TCP_FAIL_CONNECT_ON_ICMP_ERROR", Format: Bool, Access: GetSet, Kinds: tcp},
	{Level: wsa.IPPROTO_TCP, Name: wsa.TCP_BSDURGENT, Symbol: "TCP_BSDURGENT", Format: Bool, Access: GetSet, Kinds: tcp, Default: 1, Inherited: true},
}

// udpRules are the options of level IPPROTO_UDP ("IPPROTO_UDP Socket
// Options").
var udpRules = []Rule{
	{Level: wsa.IPPROTO_UDP, Name: wsa.UDP_NOCHECKSUM, Symbol: "UDP_NOCHECKSUM", Format: Bool, Access: GetSet, Kinds: Dgram4 | Dgram6},
	{Level: wsa.IPPROTO_UDP, Name: wsa.UDP_SEND_MSG_SIZE, Symbol: "UDP_SEND_MSG_SIZE", Format: Int, Access: GetSet, Kinds: Dgram4 | Dgram6, Max: math.MaxInt32},
	{Level: wsa.IPPROTO_UDP, Name: wsa.UDP_RECV_MAX_COALESCED_SIZE, Symbol: "UDP_RECV_MAX_COALESCED_SIZE", Format: Int, Access: GetSet, Kinds: Dgram4 | Dgram6, Max: math.MaxInt32},
	{Level: wsa.IPPROTO_UDP, Name: wsa.UDP_CHECKSUM_COVERAGE, Symbol: "UDP_CHECKSUM_COVERAGE", Format: Bool, Access: GetSet, Kinds: Dgram4 | Dgram6},
}
