// SPDX-License-Identifier: Apache-2.0

package message

// A Msg is a MSG: a message that was posted.
type Msg struct {
	Hwnd    HWND // 0 for a message to the thread itself
	Message uint32
	WParam  uintptr
	LParam  uintptr
	Time    uint32   // when it was posted, in milliseconds of a clock that wraps
	Pt      [2]int32 // where the cursor was; there is none
}

// MaxPosted is how many posted messages a thread's queue holds.
const MaxPosted = 10000

// keptRoom is how much room an empty queue keeps, in messages.
const keptRoom = 1024

// A queue holds posted messages, the oldest first.
type queue struct {
	ring []Msg // its length is a power of two
	head int
	n    int
}

// at returns the i-th message.
func (q *queue) at(i int) *Msg { return &q.ring[(q.head+i)&(len(q.ring)-1)] }

func (q *queue) push(m Msg) {
	if q.n == len(q.ring) {
		ring := make([]Msg, max(16, 2*len(q.ring)))
		for i := range q.n {
			ring[i] = *q.at(i)
		}
		q.ring, q.head = ring, 0
	}
	q.n++
	*q.at(q.n - 1) = m
}

// remove takes the i-th message out. The oldest costs nothing.
func (q *queue) remove(i int) {
	for ; i > 0; i-- {
		*q.at(i) = *q.at(i - 1)
	}
	q.head = (q.head + 1) & (len(q.ring) - 1)
	q.n--
	if q.n == 0 && len(q.ring) > keptRoom {
		*q = queue{}
	}
}

// drop takes all messages of a window out.
func (q *queue) drop(hwnd HWND) {
	kept := 0
	for i := range q.n {
		if m := *q.at(i); m.Hwnd != hwnd {
			*q.at(kept) = m
			kept++
		}
	}
	q.n = kept
}
