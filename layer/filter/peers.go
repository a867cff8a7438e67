// SPDX-License-Identifier: Apache-2.0

package filter

import (
	"encoding/binary"

	"winsock/layer/filter/rules"
	"winsock/wsa"
)

// maxPeers bounds what a socket remembers of others. When it is reached, all
// is forgotten and found out again.
const maxPeers = 4096

// A key is an IPv4 or IPv6 address with its port, in a form that is quickly
// made and compared.
type key struct {
	addr  [16]byte
	scope uint32
	port  uint16
	v6    bool
}

// keyOf returns the key of an address, false if it is of another family.
func keyOf(name *wsa.Sockaddr) (k key, ok bool) {
	b := name.Bytes()
	switch {
	case name.Family() == wsa.AF_INET && len(b) >= wsa.SizeofSockaddrIn:
		copy(k.addr[:], b[4:8])
	case name.Family() == wsa.AF_INET6 && len(b) >= wsa.SizeofSockaddrIn6:
		copy(k.addr[:], b[8:24])
		k.scope, k.v6 = binary.LittleEndian.Uint32(b[24:28]), true
	default:
		return key{}, false
	}
	k.port = binary.BigEndian.Uint16(b[2:4])
	return k, true
}

// peers is what a datagram socket remembers of those it sends to and receives
// from, so that the rules are asked once about each.
type peers struct {
	out map[key]outcome
	in  map[key]sender
}

// An outcome is the verdict on datagrams to somebody.
type outcome struct {
	stamp  judged
	action rules.Action
	errno  wsa.Errno
	actual *wsa.Sockaddr // of Redirect
}

// A sender is what is known of somebody whom datagrams come from.
type sender struct {
	answers bool          // the socket has sent to it: what it sends is not judged
	asked   *wsa.Sockaddr // for whom it answers, nil for itself
	stamp   judged
	allowed bool
}

// judged tells what a verdict was based on, which holds until that changes.
type judged struct {
	rules *active
	names uint64 // hostnames.Changes
}
