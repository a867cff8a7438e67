// SPDX-License-Identifier: Apache-2.0

package wsa_test

import (
	"strings"
	"testing"

	"winsock/wsa"
)

func TestNames(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{wsa.FamilyName(wsa.AF_INET), "AF_INET"},
		{wsa.FamilyName(23), "AF_INET6"},
		{wsa.FamilyName(10), "AF_CCITT"}, // Linux's AF_INET6 must not pass for Winsock's
		{wsa.FamilyName(-7), "-7"},
		{wsa.SocketTypeName(2), "SOCK_DGRAM"},
		{wsa.SocketTypeName(99), "99"},
		{wsa.ProtocolName(0), "IPPROTO_IP"},
		{wsa.ProtocolName(17), "IPPROTO_UDP"},
		{wsa.ProtocolName(254), "254"},
		{wsa.ShutdownName(1), "SD_SEND"},
		{wsa.ShutdownName(3), "3"},
		{wsa.LevelName(0xffff), "SOL_SOCKET"},
		{wsa.LevelName(0xff), "SOL_IRLMP"}, // and not IPPROTO_RAW, which is no level
		{wsa.LevelName(41), "IPPROTO_IPV6"},
		{wsa.LevelName(1), "IPPROTO_ICMP"},
		{wsa.LevelName(777), "777"},
		{wsa.OptionName(wsa.SOL_SOCKET, 8), "SO_KEEPALIVE"},
		{wsa.OptionName(wsa.SOL_SOCKET, wsa.SO_EXCLUSIVEADDRUSE), "SO_EXCLUSIVEADDRUSE"},
		{wsa.OptionName(wsa.SOL_SOCKET, ^0x80), "SO_DONTLINGER"},
		{wsa.OptionName(wsa.IPPROTO_TCP, 1), "TCP_NODELAY"},
		{wsa.OptionName(wsa.IPPROTO_UDP, 1), "UDP_NOCHECKSUM"},
		{wsa.OptionName(wsa.IPPROTO_IP, 12), "IP_ADD_MEMBERSHIP"},
		{wsa.OptionName(wsa.IPPROTO_IPV6, 12), "IPV6_ADD_MEMBERSHIP"},
		{wsa.OptionName(wsa.IPPROTO_IPV6, 27), "IPV6_V6ONLY"},
		{wsa.OptionName(wsa.SOL_IRLMP, 0x10), "IRLMP_ENUMDEVICES"},
		{wsa.OptionName(wsa.IPPROTO_UDP, 4711), "4711"},
		{wsa.IoctlName(wsa.FIONBIO), "FIONBIO"},
		{wsa.IoctlName(wsa.SIO_KEEPALIVE_VALS), "SIO_KEEPALIVE_VALS"},
		{wsa.IoctlName(0xdeadbeef), "0xdeadbeef"},
		{wsa.MsgFlagsString(0), "0"},
		{wsa.MsgFlagsString(wsa.MSG_PEEK), "MSG_PEEK"},
		{wsa.MsgFlagsString(wsa.MSG_PEEK | wsa.MSG_OOB), "MSG_OOB|MSG_PEEK"},
		{wsa.MsgFlagsString(0x10000000 | wsa.MSG_PARTIAL), "MSG_PARTIAL|0x10000000"},
		{wsa.MsgFlagsString(0x20000), "0x20000"},
		{wsa.NetworkEventsString(wsa.FD_READ | wsa.FD_CLOSE), "FD_READ|FD_CLOSE"},
		{wsa.PollEventsString(wsa.POLLIN), "POLLRDNORM|POLLRDBAND"},
		{wsa.PollEventsString(-32768), "0x8000"},
		{wsa.ServiceFlagsString(0x66), "XP1_GUARANTEED_DELIVERY|XP1_GUARANTEED_ORDER|XP1_GRACEFUL_CLOSE|XP1_EXPEDITED_DATA"},
		{wsa.LSPCategoriesString(0x100), "0x100"},
		{wsa.NamespaceName(12), "NS_DNS"},
		{wsa.NamespaceName(4711), "4711"},
		{wsa.SocketFlagsString(wsa.WSA_FLAG_OVERLAPPED), "WSA_FLAG_OVERLAPPED"},
	} {
		if c.got != c.want {
			t.Errorf("name is %q, want %q", c.got, c.want)
		}
	}
}

func TestNamesDoNotAllocate(t *testing.T) {
	var sink string
	for what, f := range map[string]func(){
		"FamilyName":     func() { sink = wsa.FamilyName(wsa.AF_IRDA) },
		"SocketTypeName": func() { sink = wsa.SocketTypeName(wsa.SOCK_RAW) },
		"ProtocolName":   func() { sink = wsa.ProtocolName(wsa.IPPROTO_ICMPV6) },
		"LevelName":      func() { sink = wsa.LevelName(wsa.SOL_SOCKET) },
		"OptionName":     func() { sink = wsa.OptionName(wsa.IPPROTO_TCP, wsa.TCP_KEEPCNT) },
		"IoctlName":      func() { sink = wsa.IoctlName(wsa.SIO_RCVALL) },
		"MsgFlagsString": func() { sink = wsa.MsgFlagsString(wsa.MSG_WAITALL) },
		"ShutdownName":   func() { sink = wsa.ShutdownName(wsa.SD_BOTH) },
	} {
		if n := testing.AllocsPerRun(100, f); n != 0 {
			t.Errorf("%s of a known value allocates %v times", what, n)
		}
	}
	_ = sink
}

// TestEveryConstantHasItsName reads the package's own source: a name that is
// wrong, and a new constant that traces cannot print, are found here.
func TestEveryConstantHasItsName(t *testing.T) {
	checks := []struct {
		prefix string
		name   func(v int64) string
	}{
		{"AF_", func(v int64) string { return wsa.FamilyName(int32(v)) }},
		{"SOCK_", func(v int64) string { return wsa.SocketTypeName(int32(v)) }},
		{"IPPROTO_", func(v int64) string { return wsa.ProtocolName(int32(v)) }},
		{"SD_", func(v int64) string { return wsa.ShutdownName(int32(v)) }},
		{"SO_", func(v int64) string { return wsa.OptionName(wsa.SOL_SOCKET, int32(v)) }},
		{"IRLMP_", func(v int64) string { return wsa.OptionName(wsa.SOL_IRLMP, int32(v)) }},
		{"IP_", func(v int64) string { return wsa.OptionName(wsa.IPPROTO_IP, int32(v)) }},
		{"IPV6_", func(v int64) string { return wsa.OptionName(wsa.IPPROTO_IPV6, int32(v)) }},
		{"TCP_", func(v int64) string { return wsa.OptionName(wsa.IPPROTO_TCP, int32(v)) }},
		{"UDP_", func(v int64) string { return wsa.OptionName(wsa.IPPROTO_UDP, int32(v)) }},
		{"SIO", func(v int64) string { return wsa.IoctlName(uint32(v)) }},
		{"SO_SSL_", func(v int64) string { return wsa.IoctlName(uint32(v)) }},
		{"XP1_", func(v int64) string { return wsa.ServiceFlagsString(uint32(v)) }},
		{"PFL_", func(v int64) string { return wsa.ProviderFlagsString(uint32(v)) }},
		{"LSP_", func(v int64) string { return wsa.LSPCategoriesString(uint32(v)) }},
		{"NS_", func(v int64) string { return wsa.NamespaceName(uint32(v)) }},
		{"FIO", func(v int64) string { return wsa.IoctlName(uint32(v)) }},
		{"MSG_", func(v int64) string { return wsa.MsgFlagsString(uint32(v)) }},
	}
	// Second names, limits, and values of options.
	others := map[string]bool{
		"AF_MAX": true, "AF_IRDA_CE": true, "IPPROTO_MAX": true, "MSG_MAXIOVLEN": true,
		"SO_SYNCHRONOUS_ALERT": true, "SO_SYNCHRONOUS_NONALERT": true,
		"IP_UNSPECIFIED_TYPE_OF_SERVICE": true, "IP_UNSPECIFIED_HOP_LIMIT": true, "IP_UNSPECIFIED_USER_MTU": true,
		"IP_DEFAULT_MULTICAST_TTL": true, "IP_DEFAULT_MULTICAST_LOOP": true, "IP_MAX_MEMBERSHIPS": true,
		"IP_PMTUDISC_NOT_SET": true, "IP_PMTUDISC_DO": true, "IP_PMTUDISC_DONT": true,
		"IP_PMTUDISC_PROBE": true, "IP_PMTUDISC_MAX": true,
		"SO_SSL_FAMILY": true, "SO_SSL_SET_PEERNAME_OUT": true, "SIO_LAZY_DISCOVERY": true, "UDP_COALESCED_INFO": true,
	}
	aliases := map[string]string{
		"AF_NS": "AF_IPX", "AF_OSI": "AF_ISO", "IPPROTO_HOPOPTS": "IPPROTO_IP",
		"IP_HOPLIMIT": "IP_RECVTTL", "IP_RECVTOS": "IP_RECVTCLASS", "IP_RECVECN": "IP_ECN",
		"IPV6_JOIN_GROUP": "IPV6_ADD_MEMBERSHIP", "IPV6_LEAVE_GROUP": "IPV6_DROP_MEMBERSHIP",
		"IPV6_RECVECN": "IPV6_ECN", "TCP_KEEPIDLE": "TCP_KEEPALIVE",
		"NS_VNS": "NS_WRQ", "SIO_SOCKET_CLOSE_NOTIFY": "SIO_RCVALL_MCAST_IF",
	}
	tested := 0
	for name, value := range sourceConstants(t, "") {
		for _, c := range checks {
			if !strings.HasPrefix(name, c.prefix) || others[name] || strings.HasPrefix(name, "SOCK_NOTIFY_") || strings.HasPrefix(name, "SO_SEC") ||
				c.prefix == "SO_" && strings.HasPrefix(name, "SO_SSL") {
				continue
			}
			want := name
			if alias := aliases[name]; alias != "" {
				want = alias
			}
			tested++
			if got := c.name(value); got != want {
				t.Errorf("the name of %s (%#x) is %q, want %q", name, value, got, want)
			}
		}
	}
	if tested < 200 {
		t.Errorf("only %d constants were found in the source", tested)
	}
}
