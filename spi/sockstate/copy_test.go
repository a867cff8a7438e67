// SPDX-License-Identifier: Apache-2.0

package sockstate

import (
	"testing"
	"time"

	"winsock/wsa"
)

func TestCopy(t *testing.T) {
	var s, c State
	s.InitAccepted(time.Unix(1000, 0))
	s.SetError(wsa.WSAECONNREFUSED)
	s.Break(wsa.WSAECONNRESET)
	if !c.InitCopy(s.Copy()) {
		t.Fatal("the copy is refused")
	}
	if c.Flags() != s.Flags() || c.Error() != wsa.WSAECONNREFUSED || c.CheckRecv() != wsa.WSAECONNRESET ||
		c.ConnectTime(time.Unix(1005, 0)) != 5 {
		t.Errorf("the copy is %v, %v, %v", c.Flags(), c.Error(), c.CheckRecv())
	}
	for _, bad := range []Flags{Listening | Connected, Connecting | Failed, Established << 1} {
		if new(State).InitCopy(Copy{Flags: bad}) {
			t.Errorf("%v was taken for a state", bad)
		}
	}
}
