// SPDX-License-Identifier: Apache-2.0

// Package spitest is the conformance suite of transport providers. A base
// provider, a layer over one, or a whole chain runs it from a test:
//
//	func TestConformance(t *testing.T) {
//		spitest.Run(t, func(t *testing.T) spitest.Network {
//			return spitest.Base(t, mem.Startup, mem.Entries())
//		})
//	}
//
// [Network.With] puts a layer on top. The suite checks each protocol of the
// network at the level of package spi: data, states and their errors,
// readiness and watchers, closing, options, bad input, and that nothing is
// left behind. Each check names the rule it stands on: a page of the Winsock
// documentation, a sentence of package spi's contract, or a numbered
// difference between Winsock and BSD sockets.
//
// What a protocol does not claim by its service flags, or a socket not by
// its abilities, is not checked; the log says why.
package spitest
