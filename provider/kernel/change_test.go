// SPDX-License-Identifier: Apache-2.0

package kernel

import (
	"testing"

	"winsock/spi"
	"winsock/wsa"
)

// TestChangeListener: the kernel is listened to while somebody watches, and
// no longer.
func TestChangeListener(t *testing.T) {
	listens := func() bool {
		changes.mu.Lock()
		defer changes.mu.Unlock()
		return changes.open
	}
	one, other := newSock(t, tcp4), newSock(t, udp6)
	watchers := [2]spi.Watcher{}
	for i := range watchers {
		watchers[i] = spi.Watcher{Mask: spi.EventsChange, Notify: func(spi.Events) {}}
	}
	if listens() {
		t.Fatal("the kernel is listened to though nobody watches")
	}
	one.Watch(&watchers[0])
	other.Watch(&watchers[1])
	one.Unwatch(&watchers[0])
	if !listens() {
		t.Error("the kernel is not listened to")
	}
	other.Unwatch(&watchers[1])
	if listens() {
		t.Error("the kernel is still listened to")
	}
}

// TestChangeCodes: the answers while nothing changes, and to bad arguments.
func TestChangeCodes(t *testing.T) {
	s := newSock(t, udp4)
	to := wsa.SockaddrFrom(limitedBroadcast)
	for code, in := range map[uint32][]byte{wsa.SIO_ADDRESS_LIST_CHANGE: nil, wsa.SIO_ROUTING_INTERFACE_CHANGE: to.Bytes()} {
		var token [spi.SizeofChangeToken]byte
		_, err := s.Ioctl(code, in, token[:])
		want(t, "the first time", err, wsa.WSAEWOULDBLOCK)
		if token == [spi.SizeofChangeToken]byte{} {
			t.Errorf("%#x: the token is empty", code)
		}
		_, err = s.Ioctl(code, in, token[:4])
		want(t, "a short token", err, wsa.WSAEFAULT)
		token[0]++
		_, err = s.Ioctl(code, in, token[:])
		want(t, "another state", err, 0)
	}
}
