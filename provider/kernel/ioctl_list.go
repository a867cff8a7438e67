// SPDX-License-Identifier: Apache-2.0

package kernel

import (
	"encoding/binary"
	"net"
	"net/netip"
	"unsafe"

	"winsock/internal/sys"
	"winsock/wsa"
)

var limitedBroadcast = netip.AddrPortFrom(netip.AddrFrom4([4]byte{255, 255, 255, 255}), 0)

// routeTo is SIO_ROUTING_INTERFACE_QUERY: the local address from which the
// remote address in would be sent to. A datagram socket that is connected
// there learns it, without sending anything.
func (s *socket) routeTo(in, out []byte) (int, error) {
	remote, err := s.remoteName(in)
	if err != nil {
		return 0, err
	}
	if len(out) < s.kind.nameLen {
		return s.kind.nameLen, wsa.WSAEFAULT
	}
	local, err := s.sourceFor(remote)
	if err != nil {
		return 0, err
	}
	return local.CopyTo(out)
}

// remoteName reads the address that a control code is about.
func (s *socket) remoteName(in []byte) (wsa.Sockaddr, error) {
	if !s.kind.inet {
		return wsa.Sockaddr{}, wsa.WSAEOPNOTSUPP
	}
	remote := wsa.SockaddrBytes(in)
	if err := s.kind.checkLen(&remote); err != nil {
		return remote, err
	}
	return remote, s.kind.checkFamily(&remote)
}

// sourceFor returns the local address from which remote would be sent to.
func (s *socket) sourceFor(remote wsa.Sockaddr) (local wsa.Sockaddr, err error) {
	fd, e := sys.Socket(s.kind.domain, wsa.SOCK_DGRAM, 0)
	if e != 0 {
		return local, wsa.FromErrno(e).Err()
	}
	defer sys.Close(fd)
	sys.SetSockOptInt(fd, sys.SOL_SOCKET, sys.SO_BROADCAST, 1)
	remote.SetPort(1) // the kernel wants one
	var raw rawName
	raw.set(s.kind, &remote)
	if e := sys.Connect(fd, raw.bytes()); e != 0 {
		return local, connectError(e).Err()
	}
	n, e := sys.GetSockName(fd, local.Storage()[:])
	if e != 0 {
		return local, wsa.FromErrno(e).Err()
	}
	s.kind.finishName(&local, n)
	local.SetPort(0)
	return local, nil
}

// localAddrs calls f with the addresses of the interfaces that are up.
func localAddrs(f func(i *net.Interface, p netip.Prefix)) error {
	interfaces, err := net.Interfaces()
	if err != nil {
		return wsa.ErrnoOf(err).Err()
	}
	for _, i := range interfaces {
		if i.Flags&net.FlagUp == 0 {
			continue
		}
		addrs, err := i.Addrs()
		if err != nil {
			return wsa.ErrnoOf(err).Err()
		}
		for _, a := range addrs {
			if p, err := netip.ParsePrefix(a.String()); err == nil {
				f(&i, p)
			}
		}
	}
	return nil
}

// bindable calls f with the addresses that the socket could be bound to,
// without the loopback.
func (s *socket) bindable(f func(i *net.Interface, a netip.Addr)) error {
	return localAddrs(func(i *net.Interface, p netip.Prefix) {
		if a := p.Addr(); !a.IsLoopback() && a.Is4() == (s.kind.family == wsa.AF_INET) {
			f(i, a)
		}
	})
}

// Layout of SOCKET_ADDRESS_LIST on a 64-bit system.
const (
	sizeofListHead      = 8
	sizeofSocketAddress = 16 // a pointer, a length, padding
)

// addressList is SIO_ADDRESS_LIST_QUERY: the addresses that the socket could
// be bound to, without the loopback. The list points into out itself. A
// buffer that is too short is WSAEFAULT, with the size it should have.
func (s *socket) addressList(out []byte) (int, error) {
	if !s.kind.inet {
		return 0, wsa.WSAEOPNOTSUPP
	}
	var names []wsa.Sockaddr
	err := s.bindable(func(i *net.Interface, a netip.Addr) {
		name := wsa.SockaddrFrom(netip.AddrPortFrom(a, 0))
		if a.IsLinkLocalUnicast() && a.Is6() {
			binary.LittleEndian.PutUint32(name.Storage()[24:], uint32(i.Index))
		}
		names = append(names, name)
	})
	if err != nil {
		return 0, err
	}
	at := sizeofListHead + len(names)*sizeofSocketAddress
	need := at + len(names)*s.kind.nameLen
	if len(out) < need {
		return need, wsa.WSAEFAULT // difference 98
	}
	clear(out[:need])
	binary.LittleEndian.PutUint32(out, uint32(len(names)))
	for i := range names {
		entry := out[sizeofListHead+i*sizeofSocketAddress:]
		binary.LittleEndian.PutUint64(entry, uint64(uintptr(unsafe.Pointer(&out[at]))))
		binary.LittleEndian.PutUint32(entry[8:], uint32(names[i].Len()))
		at += copy(out[at:], names[i].Bytes())
	}
	return need, nil
}

// Layout of INTERFACE_INFO: flags and three sockaddr_gen.
const (
	sizeofSockaddrGen   = 24
	sizeofInterfaceInfo = 4 + 3*sizeofSockaddrGen
)

// Flags of INTERFACE_INFO.
const (
	iffUp           = 0x01
	iffBroadcast    = 0x02
	iffLoopback     = 0x04
	iffPointToPoint = 0x08
	iffMulticast    = 0x10
)

// interfaceList is SIO_GET_INTERFACE_LIST: an INTERFACE_INFO for each IPv4
// address. A buffer that is too short is WSAEFAULT, without a size.
func (s *socket) interfaceList(out []byte) (int, error) {
	if !s.kind.inet {
		return 0, wsa.WSAEOPNOTSUPP
	}
	n := 0
	err := localAddrs(func(i *net.Interface, p netip.Prefix) {
		if !p.Addr().Is4() {
			return
		}
		if len(out)-n >= sizeofInterfaceInfo {
			putInterface(out[n:], i, p)
		}
		n += sizeofInterfaceInfo
	})
	switch {
	case err != nil:
		return 0, err
	case n > len(out):
		return 0, wsa.WSAEFAULT // difference 98
	}
	return n, nil
}

func putInterface(b []byte, i *net.Interface, p netip.Prefix) {
	clear(b[:sizeofInterfaceInfo])
	var flags uint32
	for _, pair := range [...]struct {
		have net.Flags
		flag uint32
	}{
		{net.FlagUp, iffUp}, {net.FlagBroadcast, iffBroadcast}, {net.FlagLoopback, iffLoopback},
		{net.FlagPointToPoint, iffPointToPoint}, {net.FlagMulticast, iffMulticast},
	} {
		if i.Flags&pair.have != 0 {
			flags |= pair.flag
		}
	}
	binary.LittleEndian.PutUint32(b, flags)
	mask := net.CIDRMask(p.Bits(), 32)
	addr := p.Addr().As4()
	// Winsock gives the limited broadcast address here, not the subnet's.
	for k, a := range [...][4]byte{addr, {255, 255, 255, 255}, [4]byte(mask)} {
		name := wsa.SockaddrFrom(netip.AddrPortFrom(netip.AddrFrom4(a), 0))
		copy(b[4+k*sizeofSockaddrGen:], name.Bytes())
	}
}
