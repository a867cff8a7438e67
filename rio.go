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
// A ring looks made for this. But a ring talks to descriptors, past the
// providers, which hold the rules of states, addresses and errors; it keeps no
// order among the requests of a stream, so that only one may be under way;
// and even a ring without all that was measured to cost no less than plain
// calls do, for the work of BenchmarkRIOEcho. What the engine adds to those is
// mostly the calls that find a socket empty.
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
