// SPDX-License-Identifier: Apache-2.0

package winsock

import (
	"testing"

	"winsock/wsa"
)

// optionDefaults makes a row for each option whose default the documentation
// tells.
func optionDefaults() (rows []semantic) {
	for _, o := range []struct {
		page        string
		family      int32
		socketType  int32
		level, name int32
		want        int32
	}{
		{"SOL_SOCKET Socket Options", wsa.AF_INET, wsa.SOCK_DGRAM, wsa.SOL_SOCKET, wsa.SO_BROADCAST, 0},
		{"SOL_SOCKET Socket Options", wsa.AF_INET, wsa.SOCK_STREAM, wsa.SOL_SOCKET, wsa.SO_CONDITIONAL_ACCEPT, 0},
		{"SOL_SOCKET Socket Options", wsa.AF_INET, wsa.SOCK_STREAM, wsa.SOL_SOCKET, wsa.SO_DONTLINGER, 1},
		{"SOL_SOCKET Socket Options", wsa.AF_INET, wsa.SOCK_STREAM, wsa.SOL_SOCKET, wsa.SO_EXCLUSIVEADDRUSE, 0},
		{"SOL_SOCKET Socket Options", wsa.AF_INET6, wsa.SOCK_STREAM, wsa.SOL_SOCKET, wsa.SO_KEEPALIVE, 0},
		{"SOL_SOCKET Socket Options", wsa.AF_INET6, wsa.SOCK_STREAM, wsa.SOL_SOCKET, wsa.SO_OOBINLINE, 0},
		{"SOL_SOCKET Socket Options", wsa.AF_INET, wsa.SOCK_STREAM, wsa.SOL_SOCKET, wsa.SO_PAUSE_ACCEPT, 0},
		{"SOL_SOCKET Socket Options", wsa.AF_INET, wsa.SOCK_DGRAM, wsa.SOL_SOCKET, wsa.SO_RANDOMIZE_PORT, 0},
		{"SOL_SOCKET Socket Options", wsa.AF_INET6, wsa.SOCK_DGRAM, wsa.SOL_SOCKET, wsa.SO_RCVTIMEO, 0},
		{"SOL_SOCKET Socket Options", wsa.AF_INET6, wsa.SOCK_STREAM, wsa.SOL_SOCKET, wsa.SO_REUSEADDR, 0},
		{"SOL_SOCKET Socket Options", wsa.AF_INET, wsa.SOCK_STREAM, wsa.SOL_SOCKET, wsa.SO_SNDTIMEO, 0},
		{"IPPROTO_TCP Socket Options", wsa.AF_INET, wsa.SOCK_STREAM, wsa.IPPROTO_TCP, wsa.TCP_NODELAY, 0},
		{"IPPROTO_UDP Socket Options", wsa.AF_INET, wsa.SOCK_DGRAM, wsa.IPPROTO_UDP, wsa.UDP_NOCHECKSUM, 0},
		{"IPPROTO_IP Socket Options", wsa.AF_INET, wsa.SOCK_DGRAM, wsa.IPPROTO_IP, wsa.IP_MULTICAST_LOOP, 1},
		{"IPPROTO_IP Socket Options", wsa.AF_INET, wsa.SOCK_DGRAM, wsa.IPPROTO_IP, wsa.IP_MULTICAST_TTL, 1},
		{"IPPROTO_IP Socket Options", wsa.AF_INET, wsa.SOCK_DGRAM, wsa.IPPROTO_IP, wsa.IP_RECEIVE_BROADCAST, 1},
		{"IPPROTO_IP Socket Options", wsa.AF_INET, wsa.SOCK_DGRAM, wsa.IPPROTO_IP, wsa.IP_PKTINFO, 0},
		{"IPPROTO_IPV6 Socket Options", wsa.AF_INET6, wsa.SOCK_DGRAM, wsa.IPPROTO_IPV6, wsa.IPV6_MULTICAST_HOPS, 1},
		{"IPPROTO_IPV6 Socket Options", wsa.AF_INET6, wsa.SOCK_DGRAM, wsa.IPPROTO_IPV6, wsa.IPV6_MULTICAST_LOOP, 1},
		{"IPPROTO_IPV6 Socket Options", wsa.AF_INET6, wsa.SOCK_STREAM, wsa.IPPROTO_IPV6, wsa.IPV6_PROTECTION_LEVEL, wsa.PROTECTION_LEVEL_UNRESTRICTED},
		{"IPPROTO_IPV6 Socket Options", wsa.AF_INET6, wsa.SOCK_DGRAM, wsa.IPPROTO_IPV6, wsa.IPV6_PKTINFO, 0},
	} {
		rows = append(rows, semantic{
			rule: o.page + ": the default of " + wsa.OptionName(o.level, o.name),
			name: "default of " + wsa.OptionName(o.level, o.name),
			run: func(t *testing.T) {
				wantOpt(t, newTestSocket(t, o.family, o.socketType), o.level, o.name, o.want)
			},
		})
	}
	return rows
}

// optionErrors makes a row for each option that some sockets do not have
// (difference 57).
func optionErrors() (rows []semantic) {
	for _, o := range []struct {
		family      int32
		socketType  int32
		level, name int32
		want        wsa.Errno // of getsockopt and setsockopt alike
	}{
		{wsa.AF_INET, wsa.SOCK_DGRAM, wsa.SOL_SOCKET, wsa.SO_KEEPALIVE, wsa.WSAENOPROTOOPT},
		{wsa.AF_INET6, wsa.SOCK_DGRAM, wsa.SOL_SOCKET, wsa.SO_OOBINLINE, wsa.WSAENOPROTOOPT},
		{wsa.AF_INET, wsa.SOCK_STREAM, wsa.SOL_SOCKET, wsa.SO_BROADCAST, wsa.WSAENOPROTOOPT},
		{wsa.AF_INET, wsa.SOCK_STREAM, wsa.SOL_SOCKET, wsa.SO_SNDLOWAT, wsa.WSAENOPROTOOPT},
		{wsa.AF_INET, wsa.SOCK_DGRAM, wsa.SOL_SOCKET, wsa.SO_RCVLOWAT, wsa.WSAENOPROTOOPT},
		{wsa.AF_INET, wsa.SOCK_STREAM, wsa.SOL_SOCKET, 0x7abc, wsa.WSAENOPROTOOPT},
		{wsa.AF_INET, wsa.SOCK_DGRAM, wsa.IPPROTO_TCP, wsa.TCP_NODELAY, wsa.WSAEINVAL},
		{wsa.AF_INET, wsa.SOCK_STREAM, wsa.IPPROTO_UDP, wsa.UDP_NOCHECKSUM, wsa.WSAEINVAL},
		{wsa.AF_INET6, wsa.SOCK_STREAM, wsa.IPPROTO_TCP, 0x7abc, wsa.WSAENOPROTOOPT},
		{wsa.AF_INET, wsa.SOCK_STREAM, wsa.IPPROTO_IP, wsa.IP_MULTICAST_TTL, wsa.WSAEINVAL},
		{wsa.AF_INET, wsa.SOCK_STREAM, wsa.IPPROTO_IP, wsa.IP_PKTINFO, wsa.WSAEINVAL},
		{wsa.AF_INET, wsa.SOCK_DGRAM, wsa.IPPROTO_IP, 0x7abc, wsa.WSAENOPROTOOPT},
		{wsa.AF_INET, wsa.SOCK_DGRAM, wsa.IPPROTO_IPV6, wsa.IPV6_UNICAST_HOPS, wsa.WSAEINVAL},
		{wsa.AF_INET6, wsa.SOCK_STREAM, wsa.IPPROTO_IPV6, wsa.IPV6_MULTICAST_HOPS, wsa.WSAEINVAL},
	} {
		what := wsa.OptionName(o.level, o.name) + " of " + wsa.LevelName(o.level) + " on " +
			wsa.FamilyName(o.family) + " " + wsa.SocketTypeName(o.socketType)
		rows = append(rows, semantic{
			rule: "difference 57",
			name: what,
			run: func(t *testing.T) {
				s := newTestSocket(t, o.family, o.socketType)
				_, err := GetSockOptInt(s, o.level, o.name)
				wantErr(t, "getsockopt", err, o.want)
				wantErr(t, "setsockopt", SetSockOptInt(s, o.level, o.name, 1), o.want)
			},
		})
	}
	return rows
}
