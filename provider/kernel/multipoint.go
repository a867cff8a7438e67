// SPDX-License-Identifier: Apache-2.0

package kernel

import (
	"winsock/internal/sys"
	"winsock/spi"
	"winsock/wsa"
)

// A datagram is a socket of UDP, whose data plane is rootless: every member
// of a group is a leaf.
type datagram struct{ socket }

var _ spi.MultipointJoiner = (*datagram)(nil)

// JoinLeaf is WSPJoinLeaf. A receiver becomes a member of the multicast group
// name, on the interface of its scope id or the default one; a sender needs
// no membership. The leaf is the socket itself. UDP carries no connect data:
// WSAEOPNOTSUPP.
func (d *datagram) JoinLeaf(name *wsa.Sockaddr, caller []byte, callee *[]byte, sqos, gqos *wsa.QOS, flags uint32) (spi.Socket, error) {
	if err := d.kind.checkLen(name); err != nil {
		return nil, err
	}
	if err := d.kind.checkFamily(name); err != nil {
		return nil, err
	}
	switch flags {
	case wsa.JL_SENDER_ONLY, wsa.JL_RECEIVER_ONLY, wsa.JL_BOTH:
	default:
		return nil, wsa.WSAEINVAL
	}
	if len(caller) > 0 {
		return nil, wsa.WSAEOPNOTSUPP
	}
	if ap, _ := name.AddrPort(); !ap.Addr().IsMulticast() {
		return nil, wsa.WSAEADDRNOTAVAIL
	}
	if err := d.bindImplicitly(); err != nil {
		return nil, err
	}
	if callee != nil {
		*callee = (*callee)[:0]
	}
	if flags != wsa.JL_SENDER_ONLY {
		if err := d.join(name); err != nil {
			return nil, err
		}
	}
	return d, nil
}

func (d *datagram) join(name *wsa.Sockaddr) error {
	b := name.Bytes()
	if d.kind.family == wsa.AF_INET6 {
		mreq := [20]byte(append(b[8:24:24], b[24:28]...)) // address, then the scope as the index
		return d.setRaw(sys.IPPROTO_IPV6, sys.IPV6_JOIN_GROUP, mreq[:])
	}
	var mreqn [12]byte
	copy(mreqn[:], b[4:8])
	return d.setRaw(sys.IPPROTO_IP, sys.IP_ADD_MEMBERSHIP, mreqn[:])
}
