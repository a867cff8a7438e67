// SPDX-License-Identifier: Apache-2.0

package trace

import (
	"winsock/spi"
	"winsock/spi/layer"
)

// absent is the provider of a layer that has nothing to trace for: its
// sockets are those of the provider below, at no cost.
type absent struct{}

func (absent) Socket(o *spi.Opening) (spi.Socket, error) { return o.Next(o) }
func (absent) Cleanup() error                            { return nil }

// A provider opens traced sockets.
type provider struct{ *tracer }

// Socket opens the socket below and traces it.
func (p *provider) Socket(o *spi.Opening) (spi.Socket, error) {
	start := p.time()
	below, err := o.Next(o)
	if err != nil {
		p.logSocket(start, nil, o, err)
		return nil, err
	}
	s := p.trace(below, identify(o), ownerOf(o.Process))
	p.logSocket(start, s, o, nil)
	return s, nil
}

// Cleanup gives the files back.
func (p *provider) Cleanup() error {
	p.close()
	return nil
}

// trace returns a traced socket of a process on the socket below.
func (t *tracer) trace(below spi.Socket, id identity, of *owner) *socket {
	s := &socket{
		HandlePreserving: layer.HandlePreserving{PassThrough: layer.PassThrough{Base: layer.Base{Socket: below}}},
		tracer:           t,
		identity:         id,
		origin:           origin{sockets.Add(1), of},
	}
	if t.capture != nil {
		s.tap = newTap(t, s)
	}
	return s
}

// An identity is what a socket is, with the fields filled in that the
// application left to the catalog entry.
type identity struct{ family, socketType, protocol int32 }

func identify(o *spi.Opening) identity {
	family, socketType, protocol := o.Kind()
	return identity{family, socketType, protocol}
}
