// SPDX-License-Identifier: Apache-2.0

package run

import (
	"fmt"

	"winsock"
	"winsock/internal/sys"
	"winsock/spi"
	"winsock/spi/meter"
	"winsock/wsa"
)

// A chainOf is the chain for one sort of socket.
type chainOf struct {
	composed *winsock.Composed
	layered  bool                                                  // there is at least one layer
	observe  func(place int, name string, s spi.Socket) spi.Socket // nil: nothing
}

// chains are those for the sorts of sockets that are carried.
type chains struct{ tcp4, tcp6, udp4, udp6 chainOf }

// compose makes the chains and starts their providers: what does not start is
// to be known before the program runs.
func compose(layers []string, set *meter.Set) (cs *chains, err error) {
	cs = new(chains)
	for _, k := range []struct {
		of                    *chainOf
		family, typ, protocol int32
	}{
		{&cs.tcp4, wsa.AF_INET, wsa.SOCK_STREAM, wsa.IPPROTO_TCP},
		{&cs.tcp6, wsa.AF_INET6, wsa.SOCK_STREAM, wsa.IPPROTO_TCP},
		{&cs.udp4, wsa.AF_INET, wsa.SOCK_DGRAM, wsa.IPPROTO_UDP},
		{&cs.udp6, wsa.AF_INET6, wsa.SOCK_DGRAM, wsa.IPPROTO_UDP},
	} {
		k.of.composed, err = winsock.Compose(k.family, k.typ, k.protocol, nil, layers...)
		if err != nil {
			return nil, err
		}
		info := k.of.composed.Info()
		if set != nil {
			k.of.observe = set.Observer(info.Name)
		}
		if k.of.layered = info.Chain.Len > 1; !k.of.layered {
			continue
		}
		if err := k.of.composed.Start(); err != nil {
			return nil, fmt.Errorf("the chain %q does not start: %w", info.Name, err)
		}
	}
	return cs, nil
}

// of returns the chain for a socket, nil for one that is not carried.
func (cs *chains) of(domain, typ, protocol int) *chainOf {
	switch {
	case typ == sys.SOCK_STREAM && protocol == sys.IPPROTO_TCP && domain == sys.AF_INET:
		return &cs.tcp4
	case typ == sys.SOCK_STREAM && protocol == sys.IPPROTO_TCP && domain == sys.AF_INET6:
		return &cs.tcp6
	case typ == sys.SOCK_DGRAM && protocol == wsa.IPPROTO_UDP && domain == sys.AF_INET:
		return &cs.udp4
	case typ == sys.SOCK_DGRAM && protocol == wsa.IPPROTO_UDP && domain == sys.AF_INET6:
		return &cs.udp6
	}
	return nil
}

// layered reports whether any chain has a layer.
func (cs *chains) layered() bool {
	return cs.tcp4.layered || cs.tcp6.layered || cs.udp4.layered || cs.udp6.layered
}
