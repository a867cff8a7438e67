// SPDX-License-Identifier: Apache-2.0

package run

import (
	"winsock/internal/sys"
	"winsock/internal/sys/seccomp"
)

// needs are what decides which calls have to be seen. A call that is seen
// costs the program some microseconds, so that few are.
type needs struct {
	layers      bool // some chain has a layer
	dns         bool // name servers are answered for
	denyUnknown bool
}

// Protocols and options that only the policy knows.
const (
	protoUDP   = 17
	protoMPTCP = 262

	tcpFastOpenConnect = 30

	typeMask = 0xf // of a socket's type, beside its flags
)

// policy returns the filter for a program.
func (n needs) policy() *seccomp.Policy {
	p := &seccomp.Policy{Foreign: seccomp.ForeignNetwork}
	add := func(call uintptr, action seccomp.Action, tests ...seccomp.Test) {
		p.Rules = append(p.Rules, seccomp.Rule{Call: call, Tests: tests, Action: action})
	}
	equal, nonNil, flag := seccomp.Equal, seccomp.NonNil, seccomp.Flag

	// What goes past system calls cannot be seen. Programs do without.
	for _, call := range []uintptr{seccomp.IO_URING_SETUP, seccomp.IO_URING_ENTER, seccomp.IO_URING_REGISTER} {
		add(call, seccomp.Fail(sys.ENOSYS))
	}
	n.sockets(add)

	// Data that goes along with a connection request. Programs connect
	// first when it is refused.
	add(seccomp.SETSOCKOPT, seccomp.Fail(sys.ENOPROTOOPT), equal(1, sys.IPPROTO_TCP), equal(2, tcpFastOpenConnect))
	for call, arg := range map[uintptr]int{seccomp.SENDTO: 3, seccomp.SENDMSG: 2, seccomp.SENDMMSG: 3} {
		add(call, seccomp.Fail(sys.EOPNOTSUPP), flag(arg, sys.MSG_FASTOPEN))
	}

	add(seccomp.CONNECT, seccomp.Notify)
	if !n.layers && !n.dns {
		return p
	}
	add(seccomp.GETSOCKNAME, seccomp.Notify)
	add(seccomp.GETPEERNAME, seccomp.Notify)
	add(seccomp.GETSOCKOPT, seccomp.Notify, equal(1, sys.SOL_SOCKET), equal(2, sys.SO_ERROR))
	add(seccomp.GETSOCKOPT, seccomp.Notify, equal(1, sys.SOL_SOCKET), equal(2, sys.SO_PEERNAME))
	add(seccomp.SENDTO, seccomp.Notify, nonNil(4))
	add(seccomp.SENDMSG, seccomp.Notify)
	add(seccomp.SENDMMSG, seccomp.Notify)
	add(seccomp.RECVFROM, seccomp.Notify, nonNil(4))
	add(seccomp.RECVMSG, seccomp.Notify)
	add(seccomp.RECVMMSG, seccomp.Notify)
	if n.layers {
		for _, call := range []uintptr{seccomp.BIND, seccomp.LISTEN, seccomp.ACCEPT, seccomp.ACCEPT4} {
			add(call, seccomp.Notify)
		}
	}
	return p
}

// sockets adds the rules for which sockets can be made at all.
func (n needs) sockets(add func(uintptr, seccomp.Action, ...seccomp.Test)) {
	equal := seccomp.Equal
	if !n.denyUnknown {
		// Programs fall back to TCP.
		add(seccomp.SOCKET, seccomp.Fail(sys.EPROTONOSUPPORT), equal(2, protoMPTCP))
		return
	}
	add(seccomp.SOCKET, seccomp.Allow, equal(0, sys.AF_UNIX))
	add(seccomp.SOCKET, seccomp.Allow, equal(0, sys.AF_NETLINK))
	for _, family := range []uint32{sys.AF_INET, sys.AF_INET6} {
		for _, k := range []struct{ typ, protocol uint32 }{
			{sys.SOCK_STREAM, 0}, {sys.SOCK_STREAM, sys.IPPROTO_TCP}, {sys.SOCK_DGRAM, 0}, {sys.SOCK_DGRAM, protoUDP},
		} {
			add(seccomp.SOCKET, seccomp.Allow, equal(0, family),
				seccomp.Test{Arg: 1, Mask: typeMask, Value: k.typ}, equal(2, k.protocol))
		}
		add(seccomp.SOCKET, seccomp.Fail(sys.EPROTONOSUPPORT), equal(0, family),
			seccomp.Test{Arg: 1, Mask: typeMask, Value: sys.SOCK_STREAM})
		add(seccomp.SOCKET, seccomp.Fail(sys.EACCES), equal(0, family))
	}
	add(seccomp.SOCKET, seccomp.Fail(sys.EAFNOSUPPORT))
}
