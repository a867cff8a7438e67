// SPDX-License-Identifier: Apache-2.0

package winsock

import (
	"testing"

	"winsock/wsa"
)

// TestRIOAllocations: nothing is allocated per request.
func TestRIOAllocations(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector allocates")
	}
	b := kernelRIO(t)
	for name, socketType := range rioTypes {
		x, y := b.pair(socketType)
		cq := newTestCQ(t, 64, nil)
		from, to := newTestRQ(t, x, 4, 4, cq, 1), newTestRQ(t, y, 4, 4, cq, 2)
		m := newRIOMemory(t, 256)
		out, in, local, remote := m.at(0, 8), m.at(8, 8), m.at(100, 28), m.at(128, 28)
		var got [8]RIORESULT
		await := func(n int) {
			for n > 0 {
				n -= int(RIODequeueCompletion(cq, got[:]))
			}
		}
		if n := testing.AllocsPerRun(500, func() {
			RIOReceive(to, in, 1, 0, 1)
			RIOSend(from, out, 1, 0, 2)
			await(2)
		}); n > 0 {
			t.Errorf("%s: RIOSend, RIOReceive and RIODequeueCompletion: %v allocations", name, n)
		}
		if n := testing.AllocsPerRun(500, func() {
			RIOReceiveEx(to, in, 1, local, remote, nil, nil, 0, 1)
			RIOSendEx(from, out, 1, nil, nil, nil, nil, wsa.RIO_MSG_DEFER, 2)
			RIOSend(from, nil, 0, wsa.RIO_MSG_COMMIT_ONLY, 0)
			await(2)
		}); n > 0 {
			t.Errorf("%s: RIOSendEx and RIOReceiveEx with addresses: %v allocations", name, n)
		}
	}
}
