// SPDX-License-Identifier: Apache-2.0

package spi

import (
	"testing"

	"winsock/wsa"
)

func TestChangedSince(t *testing.T) {
	var token [SizeofChangeToken]byte
	for i, step := range []struct {
		now  uint64
		want error
	}{
		{0, wsa.WSAEWOULDBLOCK}, // the first time
		{0, wsa.WSAEWOULDBLOCK},
		{7, nil},
		{7, nil}, // the token is still that of the first time
		{0, wsa.WSAEWOULDBLOCK},
	} {
		if _, err := ChangedSince(token[:], step.now); err != step.want {
			t.Errorf("step %d: %v, want %v", i, err, step.want)
		}
	}
	if _, err := ChangedSince(token[:7], 1); err != wsa.WSAEFAULT {
		t.Errorf("a short token: %v, want WSAEFAULT", err)
	}
}
