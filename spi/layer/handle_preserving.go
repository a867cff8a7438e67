// SPDX-License-Identifier: Apache-2.0

package layer

import "winsock/spi"

// A HandlePreserving is a [PassThrough] that lets the data go past it. The
// layer keeps bind, connect, accept, names and options; its Send, Recv,
// Ready, Watch and Park are not called by whoever asks for the data path.
//
// It has no Handle of its own: [spi.HandleOf] finds the descriptor at the
// end of the data path, if one is there.
//
// A layer that must speak first on a new connection overrides DataPath and
// returns its own socket until it has done so.
type HandlePreserving struct {
	PassThrough
}

var _ spi.DataPather = (*HandlePreserving)(nil)

// DataPath returns the socket that the data goes to.
func (s *HandlePreserving) DataPath() spi.Socket { return spi.DataPathOf(s.Socket) }

// Below returns the socket below, which [spi.DataPathTo] goes on with.
func (s *HandlePreserving) Below() spi.Socket { return s.Socket }
