// SPDX-License-Identifier: Apache-2.0

package wsa

import "strconv"

var serviceFlagNames = []bitName{
	{XP1_CONNECTIONLESS, "XP1_CONNECTIONLESS"},
	{XP1_GUARANTEED_DELIVERY, "XP1_GUARANTEED_DELIVERY"},
	{XP1_GUARANTEED_ORDER, "XP1_GUARANTEED_ORDER"},
	{XP1_MESSAGE_ORIENTED, "XP1_MESSAGE_ORIENTED"},
	{XP1_PSEUDO_STREAM, "XP1_PSEUDO_STREAM"},
	{XP1_GRACEFUL_CLOSE, "XP1_GRACEFUL_CLOSE"},
	{XP1_EXPEDITED_DATA, "XP1_EXPEDITED_DATA"},
	{XP1_CONNECT_DATA, "XP1_CONNECT_DATA"},
	{XP1_DISCONNECT_DATA, "XP1_DISCONNECT_DATA"},
	{XP1_SUPPORT_BROADCAST, "XP1_SUPPORT_BROADCAST"},
	{XP1_SUPPORT_MULTIPOINT, "XP1_SUPPORT_MULTIPOINT"},
	{XP1_MULTIPOINT_CONTROL_PLANE, "XP1_MULTIPOINT_CONTROL_PLANE"},
	{XP1_MULTIPOINT_DATA_PLANE, "XP1_MULTIPOINT_DATA_PLANE"},
	{XP1_QOS_SUPPORTED, "XP1_QOS_SUPPORTED"},
	{XP1_INTERRUPT, "XP1_INTERRUPT"},
	{XP1_UNI_SEND, "XP1_UNI_SEND"},
	{XP1_UNI_RECV, "XP1_UNI_RECV"},
	{XP1_IFS_HANDLES, "XP1_IFS_HANDLES"},
	{XP1_PARTIAL_MESSAGE, "XP1_PARTIAL_MESSAGE"},
	{XP1_SAN_SUPPORT_SDP, "XP1_SAN_SUPPORT_SDP"},
}

// ServiceFlagsString returns ProtocolInfo.ServiceFlags1, such as
// "XP1_GUARANTEED_DELIVERY|XP1_GUARANTEED_ORDER"; "0" for none. Unknown bits
// follow in hexadecimal.
func ServiceFlagsString(flags uint32) string { return bitsString(serviceFlagNames, flags) }

var providerFlagNames = []bitName{
	{PFL_MULTIPLE_PROTO_ENTRIES, "PFL_MULTIPLE_PROTO_ENTRIES"},
	{PFL_RECOMMENDED_PROTO_ENTRY, "PFL_RECOMMENDED_PROTO_ENTRY"},
	{PFL_HIDDEN, "PFL_HIDDEN"},
	{PFL_MATCHES_PROTOCOL_ZERO, "PFL_MATCHES_PROTOCOL_ZERO"},
	{PFL_NETWORKDIRECT_PROVIDER, "PFL_NETWORKDIRECT_PROVIDER"},
}

// ProviderFlagsString returns ProtocolInfo.ProviderFlags, such as
// "PFL_HIDDEN"; "0" for none. Unknown bits follow in hexadecimal.
func ProviderFlagsString(flags uint32) string { return bitsString(providerFlagNames, flags) }

var lspCategoryNames = []bitName{
	{LSP_SYSTEM, "LSP_SYSTEM"},
	{LSP_INSPECTOR, "LSP_INSPECTOR"},
	{LSP_REDIRECTOR, "LSP_REDIRECTOR"},
	{LSP_PROXY, "LSP_PROXY"},
	{LSP_FIREWALL, "LSP_FIREWALL"},
	{LSP_INBOUND_MODIFY, "LSP_INBOUND_MODIFY"},
	{LSP_OUTBOUND_MODIFY, "LSP_OUTBOUND_MODIFY"},
	{LSP_CRYPTO_COMPRESS, "LSP_CRYPTO_COMPRESS"},
	{LSP_LOCAL_CACHE, "LSP_LOCAL_CACHE"},
}

// LSPCategoriesString returns categories of layered providers, such as
// "LSP_INSPECTOR|LSP_FIREWALL"; "0" for none. Unknown bits follow in
// hexadecimal.
func LSPCategoriesString(categories uint32) string { return bitsString(lspCategoryNames, categories) }

var namespaceNames = map[uint32]string{
	NS_ALL:         "NS_ALL",
	NS_SAP:         "NS_SAP",
	NS_NDS:         "NS_NDS",
	NS_PEER_BROWSE: "NS_PEER_BROWSE",
	NS_SLP:         "NS_SLP",
	NS_DHCP:        "NS_DHCP",
	NS_TCPIP_LOCAL: "NS_TCPIP_LOCAL",
	NS_TCPIP_HOSTS: "NS_TCPIP_HOSTS",
	NS_DNS:         "NS_DNS",
	NS_NETBT:       "NS_NETBT",
	NS_WINS:        "NS_WINS",
	NS_NLA:         "NS_NLA",
	NS_BTH:         "NS_BTH",
	NS_NBP:         "NS_NBP",
	NS_MS:          "NS_MS",
	NS_STDA:        "NS_STDA",
	NS_NTDS:        "NS_NTDS",
	NS_EMAIL:       "NS_EMAIL",
	NS_PNRPNAME:    "NS_PNRPNAME",
	NS_PNRPCLOUD:   "NS_PNRPCLOUD",
	NS_X500:        "NS_X500",
	NS_NIS:         "NS_NIS",
	NS_NISPLUS:     "NS_NISPLUS",
	NS_WRQ:         "NS_WRQ",
	NS_NETDES:      "NS_NETDES",
}

// NamespaceName returns the symbol of a name space, such as "NS_DNS", or its
// number.
func NamespaceName(namespace uint32) string {
	if name, ok := namespaceNames[namespace]; ok {
		return name
	}
	return strconv.FormatUint(uint64(namespace), 10)
}
