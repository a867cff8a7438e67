// SPDX-License-Identifier: Apache-2.0

package wsa

import "strconv"

var familyNames = map[int32]string{
	AF_UNSPEC:     "AF_UNSPEC",
	AF_UNIX:       "AF_UNIX",
	AF_INET:       "AF_INET",
	AF_IMPLINK:    "AF_IMPLINK",
	AF_PUP:        "AF_PUP",
	AF_CHAOS:      "AF_CHAOS",
	AF_IPX:        "AF_IPX",
	AF_ISO:        "AF_ISO",
	AF_ECMA:       "AF_ECMA",
	AF_DATAKIT:    "AF_DATAKIT",
	AF_CCITT:      "AF_CCITT",
	AF_SNA:        "AF_SNA",
	AF_DECnet:     "AF_DECnet",
	AF_DLI:        "AF_DLI",
	AF_LAT:        "AF_LAT",
	AF_HYLINK:     "AF_HYLINK",
	AF_APPLETALK:  "AF_APPLETALK",
	AF_NETBIOS:    "AF_NETBIOS",
	AF_VOICEVIEW:  "AF_VOICEVIEW",
	AF_FIREFOX:    "AF_FIREFOX",
	AF_UNKNOWN1:   "AF_UNKNOWN1",
	AF_BAN:        "AF_BAN",
	AF_ATM:        "AF_ATM",
	AF_INET6:      "AF_INET6",
	AF_CLUSTER:    "AF_CLUSTER",
	AF_12844:      "AF_12844",
	AF_IRDA:       "AF_IRDA",
	AF_NETDES:     "AF_NETDES",
	AF_TCNPROCESS: "AF_TCNPROCESS",
	AF_TCNMESSAGE: "AF_TCNMESSAGE",
	AF_ICLFXBM:    "AF_ICLFXBM",
	AF_BTH:        "AF_BTH",
	AF_LINK:       "AF_LINK",
	AF_HYPERV:     "AF_HYPERV",
}

// FamilyName returns the symbol of an address family, such as "AF_INET", or
// its number.
func FamilyName(family int32) string { return nameOr(familyNames, family) }

var socketTypeNames = map[int32]string{
	SOCK_STREAM:    "SOCK_STREAM",
	SOCK_DGRAM:     "SOCK_DGRAM",
	SOCK_RAW:       "SOCK_RAW",
	SOCK_RDM:       "SOCK_RDM",
	SOCK_SEQPACKET: "SOCK_SEQPACKET",
}

// SocketTypeName returns the symbol of a socket type, such as "SOCK_STREAM",
// or its number.
func SocketTypeName(socketType int32) string { return nameOr(socketTypeNames, socketType) }

var protocolNames = map[int32]string{
	IPPROTO_IP:       "IPPROTO_IP",
	IPPROTO_ICMP:     "IPPROTO_ICMP",
	IPPROTO_IGMP:     "IPPROTO_IGMP",
	IPPROTO_GGP:      "IPPROTO_GGP",
	IPPROTO_IPV4:     "IPPROTO_IPV4",
	IPPROTO_ST:       "IPPROTO_ST",
	IPPROTO_TCP:      "IPPROTO_TCP",
	IPPROTO_CBT:      "IPPROTO_CBT",
	IPPROTO_EGP:      "IPPROTO_EGP",
	IPPROTO_IGP:      "IPPROTO_IGP",
	IPPROTO_PUP:      "IPPROTO_PUP",
	IPPROTO_UDP:      "IPPROTO_UDP",
	IPPROTO_IDP:      "IPPROTO_IDP",
	IPPROTO_RDP:      "IPPROTO_RDP",
	IPPROTO_IPV6:     "IPPROTO_IPV6",
	IPPROTO_ROUTING:  "IPPROTO_ROUTING",
	IPPROTO_FRAGMENT: "IPPROTO_FRAGMENT",
	IPPROTO_ESP:      "IPPROTO_ESP",
	IPPROTO_AH:       "IPPROTO_AH",
	IPPROTO_ICMPV6:   "IPPROTO_ICMPV6",
	IPPROTO_NONE:     "IPPROTO_NONE",
	IPPROTO_DSTOPTS:  "IPPROTO_DSTOPTS",
	IPPROTO_ND:       "IPPROTO_ND",
	IPPROTO_ICLFXBM:  "IPPROTO_ICLFXBM",
	IPPROTO_PIM:      "IPPROTO_PIM",
	IPPROTO_PGM:      "IPPROTO_PGM",
	IPPROTO_L2TP:     "IPPROTO_L2TP",
	IPPROTO_SCTP:     "IPPROTO_SCTP",
	IPPROTO_RAW:      "IPPROTO_RAW",
}

// ProtocolName returns the symbol of a protocol of the Internet families,
// such as "IPPROTO_TCP", or its number.
func ProtocolName(protocol int32) string { return nameOr(protocolNames, protocol) }

var shutdownNames = map[int32]string{
	SD_RECEIVE: "SD_RECEIVE",
	SD_SEND:    "SD_SEND",
	SD_BOTH:    "SD_BOTH",
}

// ShutdownName returns the symbol of a direction of shutdown, such as
// "SD_SEND", or its number.
func ShutdownName(how int32) string { return nameOr(shutdownNames, how) }

// nameOr returns the name of value, or value as a decimal number.
func nameOr(names map[int32]string, value int32) string {
	if name, ok := names[value]; ok {
		return name
	}
	return strconv.Itoa(int(value))
}
