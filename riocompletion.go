// SPDX-License-Identifier: Apache-2.0

package winsock

import (
	"sync"

	"winsock/internal/poller"
	"winsock/object"
	"winsock/wsa"
)

// A rioCompletionQueue holds the results of requests that have ended.
//
// mu is taken under the locks of sockets, and before those of ports and
// events.
type rioCompletionQueue struct {
	object.Header
	notification rioNotification

	mu       sync.Mutex // protects what follows, and the counts of the request queues
	results  ringOf[rioResult]
	size     uint32 // how many results there may be
	reserved uint64 // how many of them the request queues may cause
	loud     int    // of the results, those that may be told of
	armed    bool   // RIONotify was called, and nothing was told since
	closed   bool
}

// A rioResult is a result that waits to be taken.
type rioResult struct {
	RIORESULT
	from  *rioHalf
	quiet bool // RIO_MSG_DONT_NOTIFY
}

// RIOCreateCompletionQueue makes a completion queue for up to size results
// ("LPFN_RIOCREATECOMPLETIONQUEUE callback function"). Without a
// notification, the program has to look for results by itself.
//
// Errors, with RIO_INVALID_CQ: WSANOTINITIALISED; WSAEINVAL for a size of 0
// or above RIO_MAX_CQ_SIZE, for a notification of an unknown type, and for
// one without a valid event, port or overlapped structure; WSAENOBUFS when
// there are too many handles.
func RIOCreateCompletionQueue(size uint32, notification *RIONotification) (RIO_CQ, error) {
	if err := requireStartup(); err != nil {
		return wsa.RIO_INVALID_CQ, err
	}
	if size == 0 || size > wsa.RIO_MAX_CQ_SIZE {
		return wsa.RIO_INVALID_CQ, wsa.WSAEINVAL
	}
	c := &rioCompletionQueue{size: size}
	if err := c.notification.open(notification); err != nil {
		return wsa.RIO_INVALID_CQ, err
	}
	h, err := object.Open(c)
	if err != nil {
		c.Destroy()
		return wsa.RIO_INVALID_CQ, wsa.WSAENOBUFS
	}
	return RIO_CQ(h), nil
}

// useCompletionQueue finds a completion queue. The caller releases it.
func useCompletionQueue(cq RIO_CQ) (*rioCompletionQueue, error) {
	o := object.Acquire(object.Handle(cq))
	c, ok := o.(*rioCompletionQueue)
	if !ok {
		release(o)
		return nil, wsa.WSAEINVAL
	}
	return c, nil
}

// Destroy is called when the last use has ended.
func (c *rioCompletionQueue) Destroy() { c.notification.close() }

// RIOCloseCompletionQueue closes a completion queue with the results in it
// ("LPFN_RIOCLOSECOMPLETIONQUEUE callback function"). Requests under way go
// on, and their results are dropped; new ones fail with WSAEINVAL. An unknown
// queue is ignored.
func RIOCloseCompletionQueue(cq RIO_CQ) {
	c, err := useCompletionQueue(cq)
	if err != nil {
		return
	}
	defer c.Release()
	if !object.Close(c) {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed, c.armed = true, false
	for c.results.length > 0 {
		c.popLocked()
	}
	c.results = ringOf[rioResult]{}
}

// RIOResizeCompletionQueue changes how many results a queue can hold
// ("LPFN_RIORESIZECOMPLETIONQUEUE callback function"). Those that are there
// stay.
//
// Errors: WSAEINVAL for an unknown queue and for a size of 0 or above
// RIO_MAX_CQ_SIZE; WSAETOOMANYREFS for less than the request queues need.
func RIOResizeCompletionQueue(cq RIO_CQ, size uint32) error {
	c, err := useCompletionQueue(cq)
	if err != nil {
		return err
	}
	defer c.Release()
	if size == 0 || size > wsa.RIO_MAX_CQ_SIZE {
		return wsa.WSAEINVAL
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if uint64(size) < c.reserved {
		return wsa.WSAETOOMANYREFS
	}
	c.size = size
	return nil
}

// RIODequeueCompletion takes results off a queue, as many as there are and
// as results has room for, and returns how many ("LPFN_RIODEQUEUECOMPLETION
// callback function"). It never waits. It is RIO_CORRUPT_CQ for an unknown
// queue.
//
// An empty queue makes it look for what has become possible on all sockets,
// unless a completion port's waiter is there to do so: a program that polls
// needs no other goroutine. One that polls in a loop should let others run
// all the same, see runtime.Gosched.
func RIODequeueCompletion(cq RIO_CQ, results []RIORESULT) uint32 {
	c, err := useCompletionQueue(cq)
	if err != nil {
		return wsa.RIO_CORRUPT_CQ
	}
	defer c.Release()
	n := c.take(results)
	if n == 0 && len(results) > 0 && lead.take() {
		_, _ = poller.Default.Poll(0) // without descriptors there is nothing to see
		drainReady(nil, nil)
		lead.leave(true, false)
		n = c.take(results)
	}
	return n
}

func (c *rioCompletionQueue) take(results []RIORESULT) (n uint32) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for ; int(n) < len(results) && c.results.length > 0; n++ {
		results[n] = c.popLocked()
	}
	return n
}

// popLocked takes the oldest result. Its request counts no longer.
func (c *rioCompletionQueue) popLocked() RIORESULT {
	k := c.results.pop()
	if !k.quiet {
		c.loud--
	}
	k.from.dischargeLocked()
	return k.RIORESULT
}

// push appends a result, and tells of it if that is asked for.
func (c *rioCompletionQueue) push(k rioResult) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		k.from.dischargeLocked()
		return
	}
	c.results.push(k)
	if k.quiet {
		return
	}
	c.loud++
	if c.armed {
		c.armed = false
		c.notification.tell()
	}
}
