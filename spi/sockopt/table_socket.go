// SPDX-License-Identifier: Apache-2.0

package sockopt

import (
	"math"

	"winsock/wsa"
)

// Sizes of the structures among the options of SOL_SOCKET.
const (
	sizeofProtocolInfoA = 372
	sizeofProtocolInfoW = 628
	sizeofCSAddrInfo    = 48 // on a 64-bit system, without the addresses
)

// BufferSize is the default of SO_SNDBUF and SO_RCVBUF, in bytes.
const BufferSize = 64 << 10

// Largest datagrams: 65535 less the UDP and IPv4 headers, and 65535 less
// the UDP header.
const (
	MaxDatagram4 = 65507
	MaxDatagram6 = 65527
)

// socketRules are the options of level SOL_SOCKET ("SOL_SOCKET Socket
// Options", "Summary of Common Socket Options").
//
// The options of protocols that carry data with a connection request
// (SO_CONNDATA and its like), the low-water marks and PVD_CONFIG are
// declared for no socket, as the documentation says that TCP/IP has not
// them: WSAENOPROTOOPT.
var socketRules = []Rule{
	{Level: wsa.SOL_SOCKET, Name: wsa.SO_DEBUG, Symbol: "SO_DEBUG", Format: Bool, Access: GetSet, Kinds: Any, Inherited: true},
	{Level: wsa.SOL_SOCKET, Name: wsa.SO_ACCEPTCONN, Symbol: "SO_ACCEPTCONN", Format: Bool, Access: Get, Kinds: Streams, Live: true},
	{Level: wsa.SOL_SOCKET, Name: wsa.SO_REUSEADDR, Symbol: "SO_REUSEADDR", Format: Bool, Access: GetSet, Kinds: Any, Inherited: true},
	{Level: wsa.SOL_SOCKET, Name: wsa.SO_EXCLUSIVEADDRUSE, Symbol: "SO_EXCLUSIVEADDRUSE", Format: Bool, Access: GetSet, Kinds: Any, Inherited: true},
	{Level: wsa.SOL_SOCKET, Name: wsa.SO_KEEPALIVE, Symbol: "SO_KEEPALIVE", Format: ByteBool, Access: GetSet, Kinds: Streams, Inherited: true},
	{Level: wsa.SOL_SOCKET, Name: wsa.SO_DONTROUTE, Symbol: "SO_DONTROUTE", Format: ByteBool, Access: GetSet, Kinds: Any &^ inet6, Inherited: true},
	{Level: wsa.SOL_SOCKET, Name: wsa.SO_BROADCAST, Symbol: "SO_BROADCAST", Format: Bool, Access: GetSet, Kinds: messages},
	{Level: wsa.SOL_SOCKET, Name: wsa.SO_USELOOPBACK, Symbol: "SO_USELOOPBACK", Format: Bool, Access: GetSet, Kinds: Any, Inherited: true},
	{Level: wsa.SOL_SOCKET, Name: wsa.SO_LINGER, Symbol: "SO_LINGER", Format: Linger, Access: GetSet, Kinds: Streams, Inherited: true},
	{Level: wsa.SOL_SOCKET, Name: wsa.SO_DONTLINGER, Symbol: "SO_DONTLINGER", Format: Bool, Access: GetSet, Kinds: Streams, Default: 1, Inherited: true},
	{Level: wsa.SOL_SOCKET, Name: wsa.SO_OOBINLINE, Symbol: "SO_OOBINLINE", Format: Bool, Access: GetSet, Kinds: Streams, Inherited: true},
	{Level: wsa.SOL_SOCKET, Name: wsa.SO_SNDBUF, Symbol: "SO_SNDBUF", Format: Int, Access: GetSet, Kinds: Any, Max: math.MaxInt32, Default: BufferSize, Inherited: true},
	{Level: wsa.SOL_SOCKET, Name: wsa.SO_RCVBUF, Symbol: "SO_RCVBUF", Format: Int, Access: GetSet, Kinds: Any, Max: math.MaxInt32, Default: BufferSize, Inherited: true},
	{Level: wsa.SOL_SOCKET, Name: wsa.SO_SNDLOWAT, Symbol: "SO_SNDLOWAT", Format: Int, Access: GetSet},
	{Level: wsa.SOL_SOCKET, Name: wsa.SO_RCVLOWAT, Symbol: "SO_RCVLOWAT", Format: Int, Access: GetSet},
	{Level: wsa.SOL_SOCKET, Name: wsa.SO_SNDTIMEO, Symbol: "SO_SNDTIMEO", Format: Int, Access: GetSet, Kinds: Any, Max: math.MaxUint32, Inherited: true, Upper: true},
	{Level: wsa.SOL_SOCKET, Name: wsa.SO_RCVTIMEO, Symbol: "SO_RCVTIMEO", Format: Int, Access: GetSet, Kinds: Any, Max: math.MaxUint32, Inherited: true, Upper: true},
	{Level: wsa.SOL_SOCKET, Name: wsa.SO_ERROR, Symbol: "SO_ERROR", Format: Int, Access: GetSet, Kinds: Any, Live: true},
	{Level: wsa.SOL_SOCKET, Name: wsa.SO_TYPE, Symbol: "SO_TYPE", Format: Int, Access: Get, Kinds: Any, Live: true},
	{Level: wsa.SOL_SOCKET, Name: wsa.SO_BSP_STATE, Symbol: "SO_BSP_STATE", Format: Struct, Size: sizeofCSAddrInfo, Access: Get, Kinds: Any, Live: true, Upper: true},
	{Level: wsa.SOL_SOCKET, Name: wsa.SO_GROUP_ID, Symbol: "SO_GROUP_ID", Format: Int, Access: Get, Kinds: Any, Upper: true},
	{Level: wsa.SOL_SOCKET, Name: wsa.SO_GROUP_PRIORITY, Symbol: "SO_GROUP_PRIORITY", Format: Int, Access: GetSet, Kinds: Any, Upper: true},
	{Level: wsa.SOL_SOCKET, Name: wsa.SO_MAX_MSG_SIZE, Symbol: "SO_MAX_MSG_SIZE", Format: Int, Access: Get, Kinds: messages, Default: MaxDatagram4, exception: inet6, otherwise: MaxDatagram6, Live: true},
	{Level: wsa.SOL_SOCKET, Name: wsa.SO_PROTOCOL_INFOA, Symbol: "SO_PROTOCOL_INFOA", Format: Struct, Size: sizeofProtocolInfoA, Access: Get, Kinds: Any, Live: true, Upper: true},
	{Level: wsa.SOL_SOCKET, Name: wsa.SO_PROTOCOL_INFOW, Symbol: "SO_PROTOCOL_INFOW", Format: Struct, Size: sizeofProtocolInfoW, Access: Get, Kinds: Any, Live: true, Upper: true},
	{Level: wsa.SOL_SOCKET, Name: wsa.PVD_CONFIG, Symbol: "PVD_CONFIG", Format: Blob, Access: GetSet},
	{Level: wsa.SOL_SOCKET, Name: wsa.SO_CONDITIONAL_ACCEPT, Symbol: "SO_CONDITIONAL_ACCEPT", Format: Bool, Access: GetSet, Kinds: Streams, Until: Listen},
	{Level: wsa.SOL_SOCKET, Name: wsa.SO_PAUSE_ACCEPT, Symbol: "SO_PAUSE_ACCEPT", Format: Bool, Access: GetSet, Kinds: Streams},
	{Level: wsa.SOL_SOCKET, Name: wsa.SO_COMPARTMENT_ID, Symbol: "SO_COMPARTMENT_ID", Format: Int, Access: GetSet, Kinds: Internet, Max: math.MaxInt32, Default: 1, Until: Bind},
	{Level: wsa.SOL_SOCKET, Name: wsa.SO_RANDOMIZE_PORT, Symbol: "SO_RANDOMIZE_PORT", Format: Bool, Access: GetSet, Kinds: Internet, Until: Bind},
	{Level: wsa.SOL_SOCKET, Name: wsa.SO_PORT_SCALABILITY, Symbol: "SO_PORT_SCALABILITY", Format: Bool, Access: GetSet, Kinds: Internet, Until: Bind},
	{Level: wsa.SOL_SOCKET, Name: wsa.SO_REUSE_UNICASTPORT, Symbol: "SO_REUSE_UNICASTPORT", Format: Bool, Access: GetSet, Kinds: Internet, Until: Bind},
	{Level: wsa.SOL_SOCKET, Name: wsa.SO_REUSE_MULTICASTPORT, Symbol: "SO_REUSE_MULTICASTPORT", Format: Bool, Access: GetSet, Kinds: Dgram4 | Dgram6, Until: Bind},
	{Level: wsa.SOL_SOCKET, Name: wsa.SO_CONNDATA, Symbol: "SO_CONNDATA", Format: Blob, Access: GetSet},
	{Level: wsa.SOL_SOCKET, Name: wsa.SO_CONNOPT, Symbol: "SO_CONNOPT", Format: Blob, Access: GetSet},
	{Level: wsa.SOL_SOCKET, Name: wsa.SO_DISCDATA, Symbol: "SO_DISCDATA", Format: Blob, Access: GetSet},
	{Level: wsa.SOL_SOCKET, Name: wsa.SO_DISCOPT, Symbol: "SO_DISCOPT", Format: Blob, Access: GetSet},
	{Level: wsa.SOL_SOCKET, Name: wsa.SO_CONNDATALEN, Symbol: "SO_CONNDATALEN", Format: Int, Access: Set},
	{Level: wsa.SOL_SOCKET, Name: wsa.SO_CONNOPTLEN, Symbol: "SO_CONNOPTLEN", Format: Int, Access: Set},
	{Level: wsa.SOL_SOCKET, Name: wsa.SO_DISCDATALEN, Symbol: "SO_DISCDATALEN", Format: Int, Access: Set},
	{Level: wsa.SOL_SOCKET, Name: wsa.SO_DISCOPTLEN, Symbol: "SO_DISCOPTLEN", Format: Int, Access: Set},
	{Level: wsa.SOL_SOCKET, Name: wsa.SO_OPENTYPE, Symbol: "SO_OPENTYPE", Format: Int, Access: GetSet, Kinds: Any, Upper: true},
	{Level: wsa.SOL_SOCKET, Name: wsa.SO_MAXDG, Symbol: "SO_MAXDG", Format: Int, Access: Get, Kinds: messages, Default: MaxDatagram4, exception: inet6, otherwise: MaxDatagram6, Live: true},
	{Level: wsa.SOL_SOCKET, Name: wsa.SO_MAXPATHDG, Symbol: "SO_MAXPATHDG", Format: Int, Access: Get},
	{Level: wsa.SOL_SOCKET, Name: wsa.SO_UPDATE_ACCEPT_CONTEXT, Symbol: "SO_UPDATE_ACCEPT_CONTEXT", Format: Blob, Access: Set, Kinds: Streams, Upper: true},
	{Level: wsa.SOL_SOCKET, Name: wsa.SO_CONNECT_TIME, Symbol: "SO_CONNECT_TIME", Format: Int, Access: Get, Kinds: Any, Default: -1, Live: true},
	{Level: wsa.SOL_SOCKET, Name: wsa.SO_UPDATE_CONNECT_CONTEXT, Symbol: "SO_UPDATE_CONNECT_CONTEXT", Format: Blob, Access: Set, Kinds: Streams, Upper: true},
}
