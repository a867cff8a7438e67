// SPDX-License-Identifier: Apache-2.0

package catalog

import (
	"fmt"
	"strconv"

	"winsock/wsa"
)

// A word is the name that a catalog file has for a number.
type word struct {
	value uint32
	name  string
}

// The sets of flags that a catalog file writes as lists of words.
var (
	serviceWords = []word{
		{wsa.XP1_CONNECTIONLESS, "XP1_CONNECTIONLESS"},
		{wsa.XP1_GUARANTEED_DELIVERY, "XP1_GUARANTEED_DELIVERY"},
		{wsa.XP1_GUARANTEED_ORDER, "XP1_GUARANTEED_ORDER"},
		{wsa.XP1_MESSAGE_ORIENTED, "XP1_MESSAGE_ORIENTED"},
		{wsa.XP1_PSEUDO_STREAM, "XP1_PSEUDO_STREAM"},
		{wsa.XP1_GRACEFUL_CLOSE, "XP1_GRACEFUL_CLOSE"},
		{wsa.XP1_EXPEDITED_DATA, "XP1_EXPEDITED_DATA"},
		{wsa.XP1_CONNECT_DATA, "XP1_CONNECT_DATA"},
		{wsa.XP1_DISCONNECT_DATA, "XP1_DISCONNECT_DATA"},
		{wsa.XP1_SUPPORT_BROADCAST, "XP1_SUPPORT_BROADCAST"},
		{wsa.XP1_SUPPORT_MULTIPOINT, "XP1_SUPPORT_MULTIPOINT"},
		{wsa.XP1_MULTIPOINT_CONTROL_PLANE, "XP1_MULTIPOINT_CONTROL_PLANE"},
		{wsa.XP1_MULTIPOINT_DATA_PLANE, "XP1_MULTIPOINT_DATA_PLANE"},
		{wsa.XP1_QOS_SUPPORTED, "XP1_QOS_SUPPORTED"},
		{wsa.XP1_INTERRUPT, "XP1_INTERRUPT"},
		{wsa.XP1_UNI_SEND, "XP1_UNI_SEND"},
		{wsa.XP1_UNI_RECV, "XP1_UNI_RECV"},
		{wsa.XP1_IFS_HANDLES, "XP1_IFS_HANDLES"},
		{wsa.XP1_PARTIAL_MESSAGE, "XP1_PARTIAL_MESSAGE"},
		{wsa.XP1_SAN_SUPPORT_SDP, "XP1_SAN_SUPPORT_SDP"},
	}
	providerWords = []word{
		{wsa.PFL_MULTIPLE_PROTO_ENTRIES, "PFL_MULTIPLE_PROTO_ENTRIES"},
		{wsa.PFL_RECOMMENDED_PROTO_ENTRY, "PFL_RECOMMENDED_PROTO_ENTRY"},
		{wsa.PFL_HIDDEN, "PFL_HIDDEN"},
		{wsa.PFL_MATCHES_PROTOCOL_ZERO, "PFL_MATCHES_PROTOCOL_ZERO"},
		{wsa.PFL_NETWORKDIRECT_PROVIDER, "PFL_NETWORKDIRECT_PROVIDER"},
	}
	categoryWords = []word{
		{wsa.LSP_SYSTEM, "LSP_SYSTEM"},
		{wsa.LSP_INSPECTOR, "LSP_INSPECTOR"},
		{wsa.LSP_REDIRECTOR, "LSP_REDIRECTOR"},
		{wsa.LSP_PROXY, "LSP_PROXY"},
		{wsa.LSP_FIREWALL, "LSP_FIREWALL"},
		{wsa.LSP_INBOUND_MODIFY, "LSP_INBOUND_MODIFY"},
		{wsa.LSP_OUTBOUND_MODIFY, "LSP_OUTBOUND_MODIFY"},
		{wsa.LSP_CRYPTO_COMPRESS, "LSP_CRYPTO_COMPRESS"},
		{wsa.LSP_LOCAL_CACHE, "LSP_LOCAL_CACHE"},
	}
)

// spellFlags writes a set of flags as words, with a number for bits that
// have none.
func spellFlags(words []word, flags uint32) []string {
	var list []string
	for _, w := range words {
		if flags&w.value != 0 {
			list = append(list, w.name)
			flags &^= w.value
		}
	}
	if flags != 0 {
		list = append(list, fmt.Sprintf("%#x", flags))
	}
	return list
}

// readFlags is the reverse of spellFlags.
func readFlags(words []word, list []string) (flags uint32, err error) {
	for _, s := range list {
		v, err := readWord(words, s)
		if err != nil {
			return 0, err
		}
		flags |= v
	}
	return flags, nil
}

// readWord returns the number that a word, or a number as text, stands for.
func readWord(words []word, s string) (uint32, error) {
	for _, w := range words {
		if w.name == s {
			return w.value, nil
		}
	}
	if v, err := strconv.ParseUint(s, 0, 32); err == nil {
		return uint32(v), nil
	}
	return 0, fmt.Errorf("%q is neither a name that is known here nor a number", s)
}

// FormatCategories writes LSP_ categories as the catalog file does.
func FormatCategories(categories uint32) []string { return spellFlags(categoryWords, categories) }

// ParseCategories reads LSP_ categories: their names, or numbers. Anything
// else is WSAEINVAL.
func ParseCategories(names []string) (uint32, error) {
	v, err := readFlags(categoryWords, names)
	if err != nil {
		return 0, fmt.Errorf("categories: %v: %w", err, wsa.WSAEINVAL)
	}
	return v, nil
}

// The numbers that a catalog file writes as one word.
var (
	familyWords = namesOf(wsa.FamilyName, 64)
	typeWords   = namesOf(wsa.SocketTypeName, 8)

	nameSpaceWords = []word{
		{wsa.NS_SAP, "NS_SAP"}, {wsa.NS_NDS, "NS_NDS"}, {wsa.NS_PEER_BROWSE, "NS_PEER_BROWSE"},
		{wsa.NS_SLP, "NS_SLP"}, {wsa.NS_DHCP, "NS_DHCP"}, {wsa.NS_TCPIP_LOCAL, "NS_TCPIP_LOCAL"},
		{wsa.NS_TCPIP_HOSTS, "NS_TCPIP_HOSTS"}, {wsa.NS_DNS, "NS_DNS"}, {wsa.NS_NETBT, "NS_NETBT"},
		{wsa.NS_WINS, "NS_WINS"}, {wsa.NS_NLA, "NS_NLA"}, {wsa.NS_BTH, "NS_BTH"}, {wsa.NS_NBP, "NS_NBP"},
		{wsa.NS_MS, "NS_MS"}, {wsa.NS_STDA, "NS_STDA"}, {wsa.NS_NTDS, "NS_NTDS"}, {wsa.NS_X500, "NS_X500"},
		{wsa.NS_NIS, "NS_NIS"}, {wsa.NS_NISPLUS, "NS_NISPLUS"}, {wsa.NS_WRQ, "NS_WRQ"}, {wsa.NS_NETDES, "NS_NETDES"},
	}
)

// namesOf lists the numbers below limit that have a name.
func namesOf(name func(int32) string, limit int32) []word {
	var words []word
	for v := range limit {
		if n := name(v); n != strconv.Itoa(int(v)) {
			words = append(words, word{uint32(v), n})
		}
	}
	return words
}

// spell writes a number as its word, or as text.
func spell(words []word, v uint32) string {
	for _, w := range words {
		if w.value == v {
			return w.name
		}
	}
	return strconv.FormatUint(uint64(v), 10)
}
