// SPDX-License-Identifier: Apache-2.0

package errname

import (
	"testing"

	"winsock/wsa"
)

func TestOf(t *testing.T) {
	for name, want := range map[string]wsa.Errno{
		"WSAECONNRESET": wsa.WSAECONNRESET, "WSAEACCES": wsa.WSAEACCES,
		"WSAEWOULDBLOCK": 0, "WSAEISCONN": 0, "wsaeacces": 0, "": 0, "EACCES": 0,
	} {
		if got := Of(name); got != want {
			t.Errorf("%q: %v, want %v", name, got, want)
		}
	}
}
