// SPDX-License-Identifier: Apache-2.0

package capture

import (
	"bytes"
	"testing"

	"winsock/layer/trace/internal/readback"
)

// Any order of events, sensible or not, makes a file in which each packet is
// well-formed and the connection is one that TCP allows.
func FuzzAnyOrderOfEvents(f *testing.F) {
	f.Add([]byte{0, 1, 3, 4, 5, 6, 9}, uint32(0), uint32(0))
	f.Add([]byte{2, 3, 0x13, 4, 7, 3, 4, 8, 9}, uint32(0xffffffff), uint32(0xfffffffe))
	f.Add([]byte{0, 10, 3}, uint32(1), uint32(1))
	f.Add([]byte{0x33, 0x44, 0xb3, 6, 0xb4, 5}, uint32(0xffff0000), uint32(5))
	f.Fuzz(func(t *testing.T, events []byte, localISN, remoteISN uint32) {
		if len(events) > 200 {
			return
		}
		var file bytes.Buffer
		c := newClock()
		w := newTestWriter(t, &file)
		local, remote := local4, remote4
		if len(events)%2 == 1 {
			local, remote = local6, remote6
		}
		s := w.newStream(0, local, remote, "fuzz", localISN, remoteISN)
		data := noise(15 * 5000)
		for _, e := range events {
			n, urgent := int(e>>4)*5000, e>>4 == 5
			switch e & 15 {
			case 0:
				s.Connecting(c.now())
			case 1:
				s.Connected(c.now())
			case 2:
				s.Accepted(c.now())
			case 3:
				s.Sent(c.now(), data, n, urgent)
			case 4:
				s.Received(c.now(), data, n, urgent)
			case 5:
				s.FinishSending(c.now())
			case 6:
				s.FinishReceiving(c.now())
			case 7:
				s.Reset(c.now())
			case 8:
				s.ResetByRemote(c.now())
			case 9:
				w.Flush()
			case 10:
				s.Refused(c.now())
			case 11:
				w.Datagram(&Datagram{Time: c.now(), Local: remote, Remote: local, Sent: urgent}, data, n)
			}
		}
		s.Close(c.now())
		w.Close()
		readback.CheckTCP(t, readback.ReadAll(t, file.Bytes()))
	})
}
