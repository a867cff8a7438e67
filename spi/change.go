// SPDX-License-Identifier: Apache-2.0

package spi

import (
	"encoding/binary"

	"winsock/wsa"
)

// SizeofChangeToken is the size of the out buffer of SIO_ADDRESS_LIST_CHANGE
// and SIO_ROUTING_INTERFACE_CHANGE, as providers see them.
const SizeofChangeToken = 8

// ChangedSince is how a provider answers these two control codes. now tells
// the present state of affairs from others: a number of the list of addresses
// or of the route. The caller keeps in token what it was told last, all zero
// in the beginning. The answer is WSAEWOULDBLOCK the first time, which fills
// the token, and for as long as nothing has changed; and then success. The
// provider keeps nothing.
//
// A caller that waits puts a watcher for [EventsChange] on the socket before
// it asks for the first time, and asks again whenever that is notified.
func ChangedSince(token []byte, now uint64) (int, error) {
	if len(token) < SizeofChangeToken {
		return 0, wsa.WSAEFAULT
	}
	if now == 0 {
		now = 1
	}
	switch binary.LittleEndian.Uint64(token) {
	case 0:
		binary.LittleEndian.PutUint64(token, now)
		return 0, wsa.WSAEWOULDBLOCK
	case now:
		return 0, wsa.WSAEWOULDBLOCK
	}
	return 0, nil
}
