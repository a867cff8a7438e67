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

// open opens a socket through the catalog, with layers over it if there are
// any.
func open(family int32, t transport, layers []string) (winsock.SOCKET, error) {
	if len(layers) == 0 {
		return winsock.WSASocket(family, t.socketType, t.protocol, nil, 0, wsa.WSA_FLAG_OVERLAPPED)
	}
	c, err := winsock.Compose(family, t.socketType, t.protocol, layers...)
	if err != nil {
		return 0, err
	}
	return c.Socket(wsa.WSA_FLAG_OVERLAPPED)
}
