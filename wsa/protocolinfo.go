// SPDX-License-Identifier: Apache-2.0

package wsa

// Limits of WSAPROTOCOL_INFO ("WSAPROTOCOL_INFO structure").
const (
	MAX_PROTOCOL_CHAIN = 7
	BASE_PROTOCOL      = 1
	LAYERED_PROTOCOL   = 0
	WSAPROTOCOL_LEN    = 255

	BIGENDIAN    = 0
	LITTLEENDIAN = 1

	SECURITY_PROTOCOL_NONE = 0
	SECURITY_PROTOCOL_SSL  = 1
)

// Bits of ProtocolInfo.ProviderFlags.
const (
	PFL_MULTIPLE_PROTO_ENTRIES  = 0x01
	PFL_RECOMMENDED_PROTO_ENTRY = 0x02
	PFL_HIDDEN                  = 0x04
	PFL_MATCHES_PROTOCOL_ZERO   = 0x08
	PFL_NETWORKDIRECT_PROVIDER  = 0x10
)

// Bits of ProtocolInfo.ServiceFlags1.
const (
	XP1_CONNECTIONLESS           = 0x00001
	XP1_GUARANTEED_DELIVERY      = 0x00002
	XP1_GUARANTEED_ORDER         = 0x00004
	XP1_MESSAGE_ORIENTED         = 0x00008
	XP1_PSEUDO_STREAM            = 0x00010
	XP1_GRACEFUL_CLOSE           = 0x00020
	XP1_EXPEDITED_DATA           = 0x00040
	XP1_CONNECT_DATA             = 0x00080
	XP1_DISCONNECT_DATA          = 0x00100
	XP1_SUPPORT_BROADCAST        = 0x00200
	XP1_SUPPORT_MULTIPOINT       = 0x00400
	XP1_MULTIPOINT_CONTROL_PLANE = 0x00800
	XP1_MULTIPOINT_DATA_PLANE    = 0x01000
	XP1_QOS_SUPPORTED            = 0x02000
	XP1_INTERRUPT                = 0x04000
	XP1_UNI_SEND                 = 0x08000
	XP1_UNI_RECV                 = 0x10000
	XP1_IFS_HANDLES              = 0x20000
	XP1_PARTIAL_MESSAGE          = 0x40000
	XP1_SAN_SUPPORT_SDP          = 0x80000
)

// A ProtocolChain is a WSAPROTOCOLCHAIN: Len is 0 for a layered protocol, 1
// for a base protocol, more for a chain, whose Entries then are the catalog
// ids from the topmost layered protocol to the base protocol.
type ProtocolChain struct {
	Len     int32
	Entries [MAX_PROTOCOL_CHAIN]uint32
}

// A ProtocolInfo is a WSAPROTOCOL_INFO: the description of one entry of the
// catalog.
type ProtocolInfo struct {
	ServiceFlags1     uint32
	ServiceFlags2     uint32
	ServiceFlags3     uint32
	ServiceFlags4     uint32
	ProviderFlags     uint32
	ProviderID        GUID
	CatalogEntryID    uint32
	Chain             ProtocolChain
	Version           int32
	AddressFamily     int32
	MaxSockAddr       int32
	MinSockAddr       int32
	SocketType        int32
	Protocol          int32
	ProtocolMaxOffset int32
	NetworkByteOrder  int32
	SecurityScheme    int32
	MessageSize       uint32 // 0: not message-oriented, 1: depends on the bind, 0xFFFFFFFF: no limit
	ProviderReserved  uint32
	Name              string // szProtocol, at most WSAPROTOCOL_LEN characters
}
