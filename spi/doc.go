// SPDX-License-Identifier: Apache-2.0

// Package spi is the contract between Winsock and its service providers: the
// transport providers (base and layered) that carry sockets, and the name
// space providers that answer look-ups. It holds interfaces and the few
// helpers that every provider needs, and imports nothing but wsa.
//
// # The model
//
// A provider never blocks. Each call of a [Socket] does its work at once or
// answers WSAEWOULDBLOCK. Who wants to know when to try again puts a
// [Watcher] on the socket. The order that loses no event is register, try
// again, wait:
//
//	s.Watch(w)
//	defer s.Unwatch(w)
//	for {
//		n, err := s.Recv(m)
//		if err != wsa.WSAEWOULDBLOCK {
//			return n, err
//		}
//		<-woken // filled by w.Notify
//	}
//
// Blocking calls, overlapped calls, select, WSAPoll, events and completion
// ports are built once on this, above the providers. A layer that is right
// for Send and Recv is right for all of them.
//
// # Layers
//
// A layered provider's socket stands on the socket that [Opening.Next]
// opened and forwards to it what it does not change. Package spi/layer has a
// base that forwards everything.
//
// # Abilities
//
// What only some sockets can do is a separate interface (see ability.go),
// found by [As]. A socket without the ability simply lacks the methods; there
// are no flags and no methods that only fail. A socket that stands before any
// other, as those of meters do, has the methods of all abilities, and is a
// [Borrower] that has an ability only while the other one has it.
package spi
