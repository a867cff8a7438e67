// SPDX-License-Identifier: Apache-2.0

package wsa

import (
	"strconv"
	"strings"
)

// A bitName is the symbol of one bit, or of several that belong together.
type bitName struct {
	bits uint32
	name string
}

var msgFlagNames = []bitName{
	{MSG_OOB, "MSG_OOB"},
	{MSG_PEEK, "MSG_PEEK"},
	{MSG_DONTROUTE, "MSG_DONTROUTE"},
	{MSG_WAITALL, "MSG_WAITALL"},
	{MSG_INTERRUPT, "MSG_INTERRUPT"},
	{MSG_PUSH_IMMEDIATE, "MSG_PUSH_IMMEDIATE"},
	{MSG_TRUNC, "MSG_TRUNC"},
	{MSG_CTRUNC, "MSG_CTRUNC"},
	{MSG_BCAST, "MSG_BCAST"},
	{MSG_MCAST, "MSG_MCAST"},
	{MSG_ERRQUEUE, "MSG_ERRQUEUE"},
	{MSG_PARTIAL, "MSG_PARTIAL"},
}

// MsgFlagsString returns the flags of a send or receive call, such as
// "MSG_OOB|MSG_PEEK"; "0" for none. Unknown bits follow in hexadecimal.
func MsgFlagsString(flags uint32) string { return bitsString(msgFlagNames, flags) }

var networkEventNames = []bitName{
	{FD_READ, "FD_READ"},
	{FD_WRITE, "FD_WRITE"},
	{FD_OOB, "FD_OOB"},
	{FD_ACCEPT, "FD_ACCEPT"},
	{FD_CONNECT, "FD_CONNECT"},
	{FD_CLOSE, "FD_CLOSE"},
	{FD_QOS, "FD_QOS"},
	{FD_GROUP_QOS, "FD_GROUP_QOS"},
	{FD_ROUTING_INTERFACE_CHANGE, "FD_ROUTING_INTERFACE_CHANGE"},
	{FD_ADDRESS_LIST_CHANGE, "FD_ADDRESS_LIST_CHANGE"},
}

// NetworkEventsString returns network events, such as "FD_READ|FD_CLOSE";
// "0" for none. Unknown bits follow in hexadecimal.
func NetworkEventsString(events int32) string { return bitsString(networkEventNames, uint32(events)) }

var pollEventNames = []bitName{
	{POLLERR, "POLLERR"},
	{POLLHUP, "POLLHUP"},
	{POLLNVAL, "POLLNVAL"},
	{POLLWRNORM, "POLLWRNORM"},
	{POLLWRBAND, "POLLWRBAND"},
	{POLLRDNORM, "POLLRDNORM"},
	{POLLRDBAND, "POLLRDBAND"},
	{POLLPRI, "POLLPRI"},
}

// PollEventsString returns events of WSAPoll, such as
// "POLLHUP|POLLRDNORM"; "0" for none. Unknown bits follow in hexadecimal.
func PollEventsString(events int16) string {
	return bitsString(pollEventNames, uint32(uint16(events)))
}

var socketFlagNames = []bitName{
	{WSA_FLAG_OVERLAPPED, "WSA_FLAG_OVERLAPPED"},
	{WSA_FLAG_MULTIPOINT_C_ROOT, "WSA_FLAG_MULTIPOINT_C_ROOT"},
	{WSA_FLAG_MULTIPOINT_C_LEAF, "WSA_FLAG_MULTIPOINT_C_LEAF"},
	{WSA_FLAG_MULTIPOINT_D_ROOT, "WSA_FLAG_MULTIPOINT_D_ROOT"},
	{WSA_FLAG_MULTIPOINT_D_LEAF, "WSA_FLAG_MULTIPOINT_D_LEAF"},
	{WSA_FLAG_ACCESS_SYSTEM_SECURITY, "WSA_FLAG_ACCESS_SYSTEM_SECURITY"},
	{WSA_FLAG_NO_HANDLE_INHERIT, "WSA_FLAG_NO_HANDLE_INHERIT"},
	{WSA_FLAG_REGISTERED_IO, "WSA_FLAG_REGISTERED_IO"},
}

// SocketFlagsString returns the flags of WSASocket, such as
// "WSA_FLAG_OVERLAPPED"; "0" for none. Unknown bits follow in hexadecimal.
func SocketFlagsString(flags uint32) string { return bitsString(socketFlagNames, flags) }

// bitsString names the bits of value. A value with one name, the usual one,
// costs no allocation.
func bitsString(names []bitName, value uint32) string {
	if value == 0 {
		return "0"
	}
	for _, n := range names {
		if n.bits == value {
			return n.name
		}
	}
	var b strings.Builder
	for _, n := range names {
		if value&n.bits != 0 {
			if b.Len() > 0 {
				b.WriteByte('|')
			}
			b.WriteString(n.name)
			value &^= n.bits
		}
	}
	if value != 0 {
		if b.Len() > 0 {
			b.WriteByte('|')
		}
		b.WriteString("0x")
		b.WriteString(strconv.FormatUint(uint64(value), 16))
	}
	return b.String()
}
