// SPDX-License-Identifier: Apache-2.0

package kernel

import (
	"winsock/internal/sys"
	"winsock/spi"
	"winsock/spi/sockopt"
	"winsock/wsa"
)

// A kind is a sort of socket: what one entry of the catalog opens.
type kind struct {
	name     string
	family   int32 // AF_, Winsock's number
	domain   int   // the kernel's
	typ      int32 // SOCK_, the same for both
	protocol int32 // 0: any
	services uint32
	hidden   bool
	message  uint32 // the largest datagram, 0 on a stream

	nameLen    int // the least length of an address
	maxNameLen int

	stream bool // connections
	inet   bool // IPv4 or IPv6

	options sockopt.Sockets
}

func init() {
	for _, k := range kinds {
		k.options = sockopt.KindOf(k.family, k.typ)
	}
}

// The largest datagrams: 65535 bytes less the headers of UDP and, in IPv4,
// of IP ("SO_MAX_MSG_SIZE").
const (
	maxUDPv4 = 65507
	maxUDPv6 = 65527
	maxRaw   = 65535
)

const (
	streamServices = wsa.XP1_GUARANTEED_DELIVERY | wsa.XP1_GUARANTEED_ORDER | wsa.XP1_GRACEFUL_CLOSE |
		wsa.XP1_IFS_HANDLES
	tcpServices      = streamServices | wsa.XP1_EXPEDITED_DATA
	datagramServices = wsa.XP1_CONNECTIONLESS | wsa.XP1_MESSAGE_ORIENTED | wsa.XP1_SUPPORT_MULTIPOINT |
		wsa.XP1_IFS_HANDLES
)

var kinds = []*kind{
	{name: "Winsock TCP/IP [TCP/IP]", family: wsa.AF_INET, domain: sys.AF_INET, typ: wsa.SOCK_STREAM,
		protocol: wsa.IPPROTO_TCP, services: tcpServices,
		nameLen: wsa.SizeofSockaddrIn, maxNameLen: wsa.SizeofSockaddrIn, stream: true, inet: true},
	{name: "Winsock TCP/IP [UDP/IP]", family: wsa.AF_INET, domain: sys.AF_INET, typ: wsa.SOCK_DGRAM,
		protocol: wsa.IPPROTO_UDP, services: datagramServices | wsa.XP1_SUPPORT_BROADCAST, message: maxUDPv4,
		nameLen: wsa.SizeofSockaddrIn, maxNameLen: wsa.SizeofSockaddrIn, inet: true},
	{name: "Winsock TCP/IP [RAW/IP]", family: wsa.AF_INET, domain: sys.AF_INET, typ: wsa.SOCK_RAW,
		services: datagramServices | wsa.XP1_SUPPORT_BROADCAST, hidden: true, message: maxRaw,
		nameLen: wsa.SizeofSockaddrIn, maxNameLen: wsa.SizeofSockaddrIn, inet: true},
	{name: "Winsock TCP/IP [TCP/IPv6]", family: wsa.AF_INET6, domain: sys.AF_INET6, typ: wsa.SOCK_STREAM,
		protocol: wsa.IPPROTO_TCP, services: tcpServices,
		nameLen: wsa.SizeofSockaddrIn6, maxNameLen: wsa.SizeofSockaddrIn6, stream: true, inet: true},
	{name: "Winsock TCP/IP [UDP/IPv6]", family: wsa.AF_INET6, domain: sys.AF_INET6, typ: wsa.SOCK_DGRAM,
		protocol: wsa.IPPROTO_UDP, services: datagramServices, message: maxUDPv6,
		nameLen: wsa.SizeofSockaddrIn6, maxNameLen: wsa.SizeofSockaddrIn6, inet: true},
	{name: "Winsock TCP/IP [RAW/IPv6]", family: wsa.AF_INET6, domain: sys.AF_INET6, typ: wsa.SOCK_RAW,
		services: datagramServices, hidden: true, message: maxRaw,
		nameLen: wsa.SizeofSockaddrIn6, maxNameLen: wsa.SizeofSockaddrIn6, inet: true},
	{name: "Winsock AF_UNIX [STREAM]", family: wsa.AF_UNIX, domain: sys.AF_UNIX, typ: wsa.SOCK_STREAM,
		services: streamServices,
		nameLen:  2, maxNameLen: wsa.SizeofSockaddrUn, stream: true},
}

// info is the kind's entry in the catalog.
func (k *kind) info() wsa.ProtocolInfo {
	info := wsa.ProtocolInfo{
		ServiceFlags1: k.services,
		ProviderFlags: wsa.PFL_MULTIPLE_PROTO_ENTRIES | wsa.PFL_MATCHES_PROTOCOL_ZERO,
		ProviderID:    ProviderID,
		Chain:         wsa.ProtocolChain{Len: wsa.BASE_PROTOCOL},
		Version:       2,
		AddressFamily: k.family,
		MaxSockAddr:   int32(k.maxNameLen),
		MinSockAddr:   int32(k.nameLen),
		SocketType:    k.typ,
		Protocol:      k.protocol,
		MessageSize:   k.message,
		Name:          k.name,
	}
	if k.typ == wsa.SOCK_RAW {
		info.ProtocolMaxOffset = 255
	}
	if k.hidden {
		info.ProviderFlags |= wsa.PFL_HIDDEN
	}
	return info
}

// chooseKind finds the kind and the protocol number of a socket to open. The
// type is judged before the family, and the family before the protocol, as
// "socket function" lists the errors (differences 10 to 14).
func chooseKind(o *spi.Opening) (*kind, int32, error) {
	family, typ, protocol := o.Kind()
	if typ < wsa.SOCK_STREAM || typ > wsa.SOCK_SEQPACKET {
		return nil, 0, wsa.WSAESOCKTNOSUPPORT
	}
	sameFamily, sameType := false, false
	for _, k := range kinds {
		if k.family != family {
			continue
		}
		sameFamily = true
		if k.typ != typ {
			continue
		}
		sameType = true
		if k.typ == wsa.SOCK_RAW && protocol >= 0 && protocol <= 255 || protocol == 0 || protocol == k.protocol {
			if protocol == 0 {
				protocol = k.protocol
			}
			return k, protocol, nil
		}
	}
	switch {
	case !sameFamily:
		return nil, 0, wsa.WSAEAFNOSUPPORT
	case !sameType:
		return nil, 0, wsa.WSAESOCKTNOSUPPORT
	}
	return nil, 0, wsa.WSAEPROTONOSUPPORT
}
