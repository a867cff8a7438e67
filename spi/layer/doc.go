// SPDX-License-Identifier: Apache-2.0

// Package layer is the safe base for layered providers. A layer's socket
// embeds one of three types and overrides what it changes:
//
//   - [Base] forwards every call and offers no ability. It is right for every
//     layer: one that holds data of its own, delays it, or changes it.
//   - [PassThrough] also lets callers park on the socket below. It is for a
//     layer that sees calls but keeps nothing back: its Recv answers
//     WSAEWOULDBLOCK only when the socket below did, and so does its Send.
//   - [HandlePreserving] also lets the data go past the layer. It is for a
//     layer that decides at bind, connect, accept and in options, and never
//     looks at data. It costs nothing once the connection stands, and keeps
//     a kernel descriptor below reachable.
//
// An override calls the embedded type for what it does not do itself:
//
//	type socket struct{ layer.PassThrough }
//
//	func (s *socket) Connect(name *wsa.Sockaddr) error {
//		if forbidden(name) {
//			return wsa.WSAEACCES
//		}
//		return s.PassThrough.Connect(name)
//	}
//
// [NewProvider] makes the provider around such a socket. It wraps accepted
// connections too, and turns a panic of the layer into an error.
//
// # Abilities
//
// Which of the optional interfaces of package spi a layer may pass on is
// decided by what the layer does, so no type passes on more than it can
// answer for. Parker and Lingerer are sound when the layer holds no data;
// DataPather when it does not look at any. ConnectDataer, MultipointJoiner,
// Duplicator and Extender carry calls around overridden methods (the other
// process of a duplicate, say, has no such layer), so a layer that has them
// says so by its own methods.
package layer
