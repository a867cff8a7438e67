// SPDX-License-Identifier: Apache-2.0

package run

import (
	"winsock"
	"winsock/internal/sys"
	"winsock/run/internal/near"
	"winsock/spi"
	"winsock/wsa"
)

// An option is one of the kernel's.
type option struct{ level, name int }

// inherited are the options of the program's socket that matter on the wire,
// and so for the chain's own socket, too.
var inherited = []option{
	{sys.SOL_SOCKET, sys.SO_KEEPALIVE},
	{sys.SOL_SOCKET, sys.SO_PRIORITY},
	{sys.SOL_SOCKET, sys.SO_MARK},
	{sys.IPPROTO_TCP, sys.TCP_SYNCNT},
	{sys.IPPROTO_TCP, sys.TCP_KEEPIDLE},
	{sys.IPPROTO_TCP, sys.TCP_KEEPINTVL},
	{sys.IPPROTO_TCP, sys.TCP_KEEPCNT},
	{sys.IPPROTO_TCP, sys.TCP_USER_TIMEOUT},
	{sys.IPPROTO_IP, sys.IP_TOS},
	{sys.IPPROTO_IP, sys.IP_TTL},
	{sys.IPPROTO_IPV6, sys.IPV6_TCLASS},
	{sys.IPPROTO_IPV6, sys.IPV6_UNICAST_HOPS},
}

// copyOptions gives the socket to the options of the socket from, as far as
// both have them and they differ.
func copyOptions(from, to int, options []option) {
	for _, o := range options {
		was, e := sys.GetSockOptInt(from, o.level, o.name)
		if e != 0 {
			continue
		}
		if is, e := sys.GetSockOptInt(to, o.level, o.name); e == 0 && is != was {
			sys.SetSockOptInt(to, o.level, o.name, was) // what cannot be had is done without
		}
	}
}

// inheritLocked prepares the chain's own socket as the program has prepared
// fd: its options, and the device and the address that it is bound to.
func (k *socket) inheritLocked(fd int, kind near.Kind) {
	own, kernel := spi.HandleOf(k.carrier)
	if kernel {
		copyOptions(fd, own, inherited)
		var device [16]byte
		if n, e := sys.GetSockOpt(fd, sys.SOL_SOCKET, sys.SO_BINDTODEVICE, device[:]); e == 0 && n > 1 && string(device[:3]) != "lo\x00" {
			sys.SetSockOpt(own, sys.SOL_SOCKET, sys.SO_BINDTODEVICE, device[:n])
			// The program's own is to reach the loopback device.
			sys.SetSockOpt(fd, sys.SOL_SOCKET, sys.SO_BINDTODEVICE, []byte{0})
		}
	}
	if kind == near.Mapped {
		_ = winsock.SetSockOptInt(k.handle, wsa.IPPROTO_IPV6, wsa.IPV6_V6ONLY, 0) // else the connect tells
	}
	local, e := sockName(fd)
	if e != 0 || local.port() == 0 {
		return
	}
	name, ok := local.name()
	if !ok {
		return
	}
	// Both are bound to the same address and port, and will have different
	// peers. The kernel allows it if both say that they will share.
	if kernel {
		shares, _ := sys.GetSockOptInt(fd, sys.SOL_SOCKET, sys.SO_REUSEADDR)
		sys.SetSockOptInt(fd, sys.SOL_SOCKET, sys.SO_REUSEADDR, 1)
		sys.SetSockOptInt(own, sys.SOL_SOCKET, sys.SO_REUSEADDR, 1)
		defer sys.SetSockOptInt(fd, sys.SOL_SOCKET, sys.SO_REUSEADDR, shares)
	}
	if winsock.Bind(k.handle, &name) == nil || local.wildcard() {
		return
	}
	local.setPort(0)
	if name, ok := local.name(); ok {
		_ = winsock.Bind(k.handle, &name) // else the route decides
	}
}
