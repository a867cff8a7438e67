// SPDX-License-Identifier: Apache-2.0

package winsock

import (
	"winsock/object"
	"winsock/wsa"
)

// Registered I/O: requests in queues, results in queues, and memory that is
// made known beforehand.
//
// A program registers its buffers (RIORegisterBuffer), makes completion
// queues (RIOCreateCompletionQueue), and ties a socket that was created with
// WSA_FLAG_REGISTERED_IO to them by a request queue
// (RIOCreateRequestQueue). From then on RIOReceive and RIOSend put requests
// into the request queue, and RIODequeueCompletion takes results off the
// completion queue. RIONotify asks to be told, once, when there are some.
//
// # How it is built
//
// Requests are operations of the engine of overlapped I/O, and wait in the
// same queues per direction (async.go). So they run through any chain of
// providers, end in the order in which they were begun, and keep that order
// among overlapped ones. Only their end is told differently.
//
// # Why there is no io_uring
//
// A ring looks made for this: requests put in and results taken out in
// batches. A prototype had one for each completion queue, shared by all
// threads (COOP_TASKRUN, as no one thread is the only one to enter), and one
// io_uring_enter for each RIODequeueCompletion. Measured against the calls
// there are, with echoes of 64 bytes, in the same run:
//
//	                                50 connections   1,000 connections
//	receive again after the send    rate 0.99        1.01
//	                                cpu  0.99        0.97
//	receives posted ahead           rate 0.93        0.93
//	                                cpu  1.06        1.07
//
// The batch saves the entries into the kernel; but a receive that waits costs
// more in a ring: a try, a registration, work queued for the thread, and the
// second try. Programs on registered I/O post their receives ahead. UDP is no
// better: io_uring in C is at 0.95 of epoll there.
//
// Besides, a request would have to wait for others to make a batch, though
// the program may not come back to its queue for long; of a stream, only one
// in each direction could be under way, as a ring keeps no order among them;
// and the kernel would cancel the requests of a thread that ends.
//
// # What Windows leaves to the program
//
// There, queues are not synchronised: a program must not use one from two
// threads at once. Here that is safe; but of requests begun at once by
// several goroutines nobody knows the order.
//
// A completion queue never overflows. A request counts against its queue's
// limit from its beginning until its result is taken, and the limits of all
// request queues together fit the completion queue.

// A RIO_CQ names a completion queue.
type RIO_CQ object.Handle

// A RIO_RQ names the request queue of a socket.
type RIO_RQ object.Handle

// A RIO_BUFFERID names a registered buffer.
type RIO_BUFFERID object.Handle

// A RIO_BUF is a part of a registered buffer ("RIO_BUF structure").
type RIO_BUF struct {
	BufferID RIO_BUFFERID
	Offset   uint32 // in bytes
	Length   uint32 // in bytes
}

// A RIORESULT tells how a request has ended ("RIORESULT structure"). Its
// memory is that of the C structure.
type RIORESULT struct {
	Status           int32 // 0 or the number of a [wsa.Errno]
	BytesTransferred uint32
	SocketContext    uint64 // of RIOCreateRequestQueue
	RequestContext   uint64 // of the request
}

// Err returns the status as an error, nil for success.
func (r *RIORESULT) Err() error { return wsa.Errno(r.Status).Err() }
