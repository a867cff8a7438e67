// SPDX-License-Identifier: Apache-2.0

// Package meter counts and times the calls that pass one place of a provider
// chain.
//
// [Wrap] puts a [Meter] on a socket. What it returns does what the socket
// does, and can do what the socket can: as [spi.As] sees it, it has each of the
// optional interfaces of package spi that the socket has, and no other, so that
// a layer above sees no difference. Where the socket leaves the data to the one below
// it, the metered socket does so too, and the data is counted there. Waiting
// (Ready, Watch, Unwatch, Park) is passed on and not counted: what is done
// when the wait has ended is.
//
// A [Set] has a meter for each place of the chains that one program uses, as
// the Observe function of their openings:
//
//	var set meter.Set
//	s, c, err := manager.Open(snapshot, entry, &spi.Opening{Observe: set.Observe})
//	for _, layer := range set.Snapshot() { ... }
package meter
