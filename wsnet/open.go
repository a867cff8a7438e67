// SPDX-License-Identifier: Apache-2.0

package wsnet

import (
	"sync"

	"winsock"
	"winsock/wsa"
)

// start starts Winsock for the rest of the process's life.
var start = sync.OnceValue(func() error {
	_, err := winsock.WSAStartup(winsock.Version22)
	return err
})

// A Route says through which providers a socket goes. The zero Route is the
// catalog's own choice.
type Route struct {
	// Protocol, when not nil, is the catalog entry to use instead of the
	// one that the catalog would choose.
	Protocol *wsa.ProtocolInfo

	// Layers are the paths of layered providers, top first, to put over
	// that entry. See spi.ParsePath for their form.
	Layers []string
}

// open opens a socket along the route.
func (r *Route) open(family int32, t transport) (winsock.SOCKET, error) {
	if len(r.Layers) == 0 {
		return winsock.WSASocket(family, t.socketType, t.protocol, r.Protocol, 0, wsa.WSA_FLAG_OVERLAPPED)
	}
	c, err := winsock.Compose(family, t.socketType, t.protocol, r.Protocol, r.Layers...)
	if err != nil {
		return 0, err
	}
	return c.Socket(wsa.WSA_FLAG_OVERLAPPED)
}

// ready starts the providers of the route's layers, which may have a part in
// the look-up of names.
func (r *Route) ready(t transport) error {
	if len(r.Layers) == 0 || t.protocol != wsa.IPPROTO_TCP && t.protocol != wsa.IPPROTO_UDP {
		return nil
	}
	c, err := winsock.Compose(wsa.AF_INET, t.socketType, t.protocol, nil, r.Layers...)
	if err != nil {
		return err
	}
	return c.Start()
}
