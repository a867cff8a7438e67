// SPDX-License-Identifier: Apache-2.0

package winsock

import (
	"testing"

	"winsock/wsa"
)

// atMark is SIOCATMARK.
func atMark(t *testing.T, s SOCKET) uint32 {
	t.Helper()
	var v uint32
	must(t, IoctlSocket(s, wsa.SIOCATMARK, &v))
	return v
}

// urgentSemantics are the rules of "Protocol-Independent Out-of-Band Data".
var urgentSemantics = []semantic{
	{"Protocol-Independent Out-of-Band Data: MSG_OOB", "an urgent byte beside the data", inBothFamilies(func(t *testing.T, family int32) {
		c, s := connected(t, family)
		b := &bed{T: t}
		sendText(t, c, "data")
		b.sendOOB(c, "!")
		wantSelected(t, "urgent data", selectedOf(t, s, inExcept, true), inExcept)
		if got := b.recv(s, 10, wsa.MSG_OOB); got != "!" {
			t.Errorf("urgent data %q", got)
		}
		wantRecv(t, s, "data")
	})},
	{"recv function: MSG_OOB without urgent data", "no urgent data", inBothFamilies(func(t *testing.T, family int32) {
		c, s := connected(t, family)
		sendText(t, c, "data")
		nonblocking(t, s)
		_, err := Recv(s, make([]byte, 1), wsa.MSG_OOB)
		wantErr(t, "recv", err, wsa.WSAEWOULDBLOCK)
	})},
	{"difference 86", "MSG_OOB with SO_OOBINLINE", inBothFamilies(func(t *testing.T, family int32) {
		c, s := connected(t, family)
		setOpt(t, s, wsa.SOL_SOCKET, wsa.SO_OOBINLINE, 1)
		(&bed{T: t}).sendOOB(c, "!")
		wantSelected(t, "urgent data inline", selectedOf(t, s, inRead|inExcept, true), inRead)
		_, err := Recv(s, make([]byte, 1), wsa.MSG_OOB)
		wantErr(t, "recv with MSG_OOB", err, wsa.WSAEINVAL)
		wantRecv(t, s, "!")
	})},
	{"difference 87", "SIOCATMARK is true when no urgent data is pending", inBothFamilies(func(t *testing.T, family int32) {
		c, s := connected(t, family)
		if atMark(t, s) != 1 {
			t.Error("without urgent data it is FALSE")
		}
		(&bed{T: t}).sendOOB(c, "!")
		wantSelected(t, "urgent data", selectedOf(t, s, inExcept, true), inExcept)
		if atMark(t, s) != 0 {
			t.Error("with urgent data it is TRUE")
		}
		(&bed{T: t}).recv(s, 1, wsa.MSG_OOB)
		if atMark(t, s) != 1 {
			t.Error("once it is read it is FALSE")
		}
	})},
	{"difference 87", "SIOCATMARK of a datagram socket", func(t *testing.T) {
		s, _ := boundSocket(t, wsa.AF_INET, wsa.SOCK_DGRAM)
		var v uint32
		wantErr(t, "ioctlsocket", IoctlSocket(s, wsa.SIOCATMARK, &v), wsa.WSAEINVAL)
	}},
	{"difference 87", "FIONREAD does not count urgent data", inBothFamilies(func(t *testing.T, family int32) {
		c, s := connected(t, family)
		sendText(t, c, "data")
		(&bed{T: t}).sendOOB(c, "!")
		wantSelected(t, "urgent data", selectedOf(t, s, inExcept, true), inExcept)
		if got := pendingBytes(t, s); got != 4 {
			t.Errorf("%d bytes, want 4", got)
		}
	})},
}
