// SPDX-License-Identifier: Apache-2.0

package message

import (
	"slices"
	"testing"
)

// FuzzQueue does to a queue what it does to a slice.
func FuzzQueue(f *testing.F) {
	f.Add([]byte{0, 1, 2, 0x40, 0x80, 3})
	f.Add(slices.Repeat([]byte{0, 1, 2, 3}, 500))
	f.Fuzz(func(t *testing.T, steps []byte) {
		steps = steps[:min(len(steps), 2000)] // as each compares everything
		var q queue
		var model []Msg
		for i, step := range steps {
			arg := int(step & 0x3f)
			switch step >> 6 {
			case 0, 1:
				m := Msg{Hwnd: HWND(arg % 4), Message: uint32(i)}
				q.push(m)
				model = append(model, m)
			case 2:
				if q.n > 0 {
					q.remove(arg % q.n)
					model = slices.Delete(model, arg%len(model), arg%len(model)+1)
				}
			case 3:
				q.drop(HWND(arg % 4))
				model = slices.DeleteFunc(model, func(m Msg) bool { return m.Hwnd == HWND(arg%4) })
			}
			if q.n != len(model) {
				t.Fatalf("step %d: %d messages, want %d", i, q.n, len(model))
			}
			for k := range model {
				if *q.at(k) != model[k] {
					t.Fatalf("step %d: message %d is %v, want %v", i, k, *q.at(k), model[k])
				}
			}
		}
	})
}

// TestQueueRoom: a queue that has been long does not keep its room.
func TestQueueRoom(t *testing.T) {
	var q queue
	for range MaxPosted {
		q.push(Msg{})
	}
	for range MaxPosted {
		q.remove(0)
	}
	if len(q.ring) > keptRoom {
		t.Errorf("an empty queue keeps room for %d", len(q.ring))
	}
}
