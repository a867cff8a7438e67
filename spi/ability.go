// SPDX-License-Identifier: Apache-2.0

package spi

import (
	"time"

	"winsock/wsa"
)

// A Handler is a socket whose handle is a kernel descriptor (an IFS socket,
// XP1_IFS_HANDLES): reads and writes of the descriptor are reads and writes
// of the socket.
type Handler interface {
	// Handle returns the descriptor. It stays the socket's; it is valid
	// until Close.
	Handle() int
}

// A DataPather is a layered socket that leaves the data to another one. A
// handle-preserving layer returns the socket below it, and calls that carry
// data (Send, Recv, Ready, Watch, Unwatch, Park) then go past the layer at
// no cost, while all others still go through it.
//
// DataPath is asked when the socket is opened, accepted, and connected. A
// layer that speaks first on a new connection returns itself until it has
// done so.
type DataPather interface {
	DataPath() Socket
}

// A Foreseer is a layered socket whose part in the data depends on the peer.
type Foreseer interface {
	// Foresee returns what [DataPathOf] will return once the socket is
	// connected to name, as far as that can be told before. Nothing is
	// sent and the socket stays as it is. A layer that will connect to
	// another address asks [DataPathTo] about the socket below and that
	// one.
	Foresee(name *wsa.Sockaddr) Socket
}

// A Stander is a layered socket that tells which one it stands on, for
// [DataPathTo].
type Stander interface {
	// Below returns the socket below.
	Below() Socket
}

// A Speaker is a layered socket that talks with somebody on the way itself,
// once the one below is connected, and then leaves the data to another one.
// Its Foresee returns the socket itself, as its connect ends later than that
// below.
type Speaker interface {
	// Spoken returns what DataPath will return when the talk is over, if the
	// socket is connected to the name that Foresee was last asked about.
	Spoken() Socket
}

// A Direction is one of the two halves of a socket.
type Direction uint8

const (
	Receiving Direction = iota // Recv and Accept
	Sending                    // Send and the end of Connect
)

// A Parker is a socket that can park the calling goroutine more cheaply than
// through a watcher, as sockets of the kernel can by the runtime's poller.
type Parker interface {
	// Park calls try until it returns true, and waits before each repeat
	// until the direction may be ready. parked is false if the socket
	// could not do so (somebody else is parked in this direction, or it
	// has no way to); the caller then takes a watcher, and try may not
	// have been called. The error is WSAETIMEDOUT when the deadline of the
	// direction passed, WSAEINTR after Unpark.
	Park(d Direction, try func() bool) (parked bool, err error)

	// SetParkDeadline sets the time at which Park gives up, for present
	// and future calls. The zero time means never.
	SetParkDeadline(d Direction, t time.Time)

	// Unpark ends all present and future calls of Park, in preparation of
	// Close.
	Unpark()
}

// A ConnectDataer is a socket whose protocol carries data with the
// connection request and its answer (XP1_CONNECT_DATA).
type ConnectDataer interface {
	// ConnectWithData is WSPConnect with caller data; the answer's data is
	// written to callee once the connection is established.
	ConnectWithData(name *wsa.Sockaddr, caller []byte, callee *[]byte, sqos, gqos *wsa.QOS) error
}

// A DisconnectDataer is a socket whose protocol carries data with the end of
// the connection (XP1_DISCONNECT_DATA).
type DisconnectDataer interface {
	// SendDisconnect is WSPSendDisconnect.
	SendDisconnect(data []byte) error
	// RecvDisconnect is WSPRecvDisconnect; it returns the number of bytes.
	RecvDisconnect(data []byte) (int, error)
}

// A MultipointJoiner is a socket of a protocol with multipoint sessions
// (XP1_SUPPORT_MULTIPOINT).
type MultipointJoiner interface {
	// JoinLeaf is WSPJoinLeaf.
	JoinLeaf(name *wsa.Sockaddr, caller []byte, callee *[]byte, sqos, gqos *wsa.QOS, flags uint32) (Socket, error)
}

// A Duplicator is a socket that another process can be given a copy of.
type Duplicator interface {
	// Duplicate is WSPDuplicateSocket: it offers a copy of the socket to
	// that process, which is the only one to get it, and gets it once, by
	// an Opening with a Duplicate. The result's ProviderReserved, which is
	// not 0, is the offer's number; the caller sees to it that the rest
	// describes the chain. attached goes with the copy.
	//
	// Errors: WSAEINVAL when there is no such process.
	Duplicate(processID uint32, attached []byte) (*wsa.ProtocolInfo, error)
}

// An Extender is a socket with extension functions, found by GUID
// (SIO_GET_EXTENSION_FUNCTION_POINTER). They belong to this socket's
// provider and chain and are never shared between chains.
type Extender interface {
	// Extension returns the function, nil for an unknown GUID.
	Extension(id wsa.GUID) any
}

// A FileSender is a socket that can send bytes of a file without their being
// read first, as those of the kernel can.
type FileSender interface {
	// SendFile sends up to n bytes of a regular file, given its kernel
	// descriptor, from offset on, and returns how many: 0 at the file's
	// end. It answers WSAEWOULDBLOCK as Send does, and WSAEOPNOTSUPP when
	// the bytes have to be read and sent after all.
	SendFile(file int, offset int64, n int) (int, error)
}

// A Transfer is one message of a batch, and how its send or receive has ended.
type Transfer struct {
	Message *Message
	N       int
	Err     error
}

// A BatchReceiver is a socket of a message-oriented protocol that receives
// several messages at about the cost of one.
type BatchReceiver interface {
	// RecvBatch receives one message for each of the batch, in order, as so
	// many calls of Recv would: each with its own length, error, flags and
	// sender. It returns how many of them have ended so; those behind are as
	// they were.
	//
	// If that is not all of them, the error is WSAEWOULDBLOCK if no message
	// was left. An error that came in place of one may be left in that case,
	// for the next call; watchers are told of it by EventReset. With a nil
	// error, Recv is to be asked about the next one: it asks for something
	// that is not done in batches, as to peek.
	RecvBatch(batch []Transfer) (n int, err error)
}

// A BatchSender is a socket of a message-oriented protocol that sends several
// messages at about the cost of one.
type BatchSender interface {
	// SendBatch sends the messages of the batch, in order, as so many calls
	// of Send would, each with its own error. It returns how many of them
	// have ended so; those behind were not sent.
	//
	// If that is not all of them, the error is WSAEWOULDBLOCK if Send would
	// answer that about the next one. With a nil error, Send is to be asked.
	SendBatch(batch []Transfer) (n int, err error)
}

// A Steady socket is one whose Send and Recv are known not to panic, so that
// they are called without a guard where that costs too much.
type Steady interface {
	// Steady does nothing.
	Steady()
}

// A Lingerer is a socket that can tell when a graceful close is complete,
// for a closesocket that has to wait for it (SO_LINGER with a time).
type Lingerer interface {
	// Linger ends the sending direction and answers WSAEWOULDBLOCK while
	// bytes are not yet acknowledged by the peer.
	Linger() error
	// Abort makes the following Close reset the connection.
	Abort()
}

// An Abandoner is a layered socket from which the one below can be taken
// when its own Close has failed.
type Abandoner interface {
	// Abandon closes the socket below, unless that has been done.
	Abandon()
}
