// SPDX-License-Identifier: Apache-2.0

// Package trace is the layered provider "trace": it shows the calls that
// pass its place in a chain, in a log for people or for programs, and writes
// what they carry as a packet capture.
//
//	trace:log=-                                    every call, to standard error
//	trace:log=/tmp/calls,format=json,data=64       JSON lines with payload
//	trace:capture=/tmp/plain.pcapng,tag=above-ssl  for Wireshark
//
// A layer with neither a log nor a capture is not there: its sockets are
// those of the provider below. One that logs control calls only lets the
// data go past it.
//
// # The log as text
//
// One line per call: time, owner, socket, tag and place in the chain (0 is
// the top), the call with its arguments, the result, the microseconds it
// took, and as many bytes of the payload as option data says.
//
//	20:14:07.381250 4711/fetch #1   trace:0  WSPSocket(AF_INET, SOCK_STREAM, IPPROTO_TCP, fd=7)           = #1                           41.0us
//	20:14:07.381330 4711/fetch #1   trace:0  WSPConnect(name=192.0.2.1:80)                                = WSAEWOULDBLOCK               35.2us
//	20:14:07.393412 4711/fetch #1   trace:0  ConnectResult()                                              = OK                        12093.4us  2 tries
//	20:14:07.393490 4711/fetch #1   trace:0  WSPSend(len=18)                                              = 18 bytes                     11.8us  "GET / HTTP/1.0\r\n\r\n"
//	20:14:07.393541 4711/fetch #1   trace:0  WSPRecv(len=4096)                                            = WSAEWOULDBLOCK                2.1us
//	20:14:07.401877 4711/fetch #1   trace:0  WSPRecv(len=4096)                                            = 1256 bytes                 8345.0us  3 tries  "HTTP/1.0 200 OK\r\n"...
//	20:14:07.401960 4711/fetch #1   trace:0  WSPCloseSocket()                                             = OK                           30.6us
//
// A provider answers WSAEWOULDBLOCK whenever it is asked too early, so a
// wait is many calls. The log shows it as two lines: the first call that had
// to wait, and the one that ended it, with the time since the first and the
// number of tries. (Two goroutines that wait in one direction of one socket
// are one wait.) What a wait came to that a close ended is told by the
// closing line.
//
// # The log as JSON lines
//
// With format=json each line is an object with these fields, always present
// and in this order:
//
//	time    when the call began, UTC, RFC 3339 with microseconds
//	pid     process id of the socket's owner (number)
//	prog    name of the owner's program
//	sock    number of the socket, from 1; 0 for a socket that could not be opened
//	tag     the option of that name
//	place   place in the chain, 0 being the top
//	call    WSPSocket, WSPBind, WSPConnect, ConnectResult, WSPListen, WSPAccept, WSPSend, WSPSendTo,
//	        WSPSendMsg, WSPRecv, WSPRecvFrom, WSPRecvMsg, WSPShutdown, WSPCloseSocket, WSPGetSockName,
//	        WSPGetPeerName, WSPGetSockOpt, WSPSetSockOpt, WSPIoctl, WSPSendDisconnect, WSPRecvDisconnect,
//	        WSPJoinLeaf, WSPDuplicateSocket, Extension, Linger, Abort
//	error   symbol of the error, "" for success
//	code    number of the error, 0 for success
//	us      microseconds: of the call, or of the whole wait that it ended
//	tries   calls that the wait took, 1 for none
//
// and those of these that the call has:
//
//	bytes                   transferred or stored bytes
//	len                     room for them, or how many were offered
//	buffers                 of how many buffers, if it is not one
//	flags                   "MSG_PEEK|MSG_OOB", "WSA_FLAG_OVERLAPPED", "0"
//	flags_out               flags that a receive reported
//	name                    address given to bind, connect, sendto
//	peer                    address reported by accept, recvfrom, getpeername
//	local                   address reported by getsockname
//	control                 bytes of control data
//	data                    payload in hexadecimal, at most as many bytes as option data says
//	family, type, protocol  of a new socket, by symbol
//	fd                      kernel descriptor of a new socket, if it has one
//	new                     number of the accepted or joined socket
//	backlog, how            of listen and shutdown
//	level, option, value    of an option, by symbol; the value as a number, or as a
//	                        string: "off" or "on,5s" of SO_LINGER, else hexadecimal
//	ioctl, in, out          of a control code; hexadecimal
//	caller                  connect data, in hexadecimal
//	process, id             of a duplicate, of an extension function
//	pending                 the waits that a close ended, such as "WSPRecv after 3 tries"
//
// Fields may be added; these keep their meaning.
//
// # The capture
//
// The capture has the TCP and UDP sockets that pass, over IPv4 and IPv6, as
// [winsock/layer/trace/capture] describes it: the bytes at the layer's place,
// so that a layer above ssl captures plain text in packets between the true
// addresses. Other sockets (AF_UNIX, AF_IRDA, raw) are only logged. Peeked
// bytes are not received ones and are left out; an urgent byte stands where
// it was sent or received. A datagram socket that is bound to the wildcard
// has the unspecified address.
//
// Each process whose sockets pass has an interface of its own at each place,
// named by tag, process and program ("trace@4711/fetch"); the description
// adds what else is known of them. The first packet of a connection, and the
// first datagram of a socket, has a comment: "socket #1 of process 4711,
// fetch". When both ends of a connection pass the layer, the file has the
// connection once, as the end saw it that came first, and a comment names
// the other one; a datagram is there for each traced socket that sent or
// received it.
//
// Two places of one chain should have two capture files: the same addresses
// with different bytes would look like one muddled connection.
//
// # Sockets of other processes
//
// The owner of a socket is the process it was opened for
// ([winsock/spi.Opening].Process), else the one that traces. Accepted sockets
// have the listener's owner.
//
// # Files
//
// All layers and sockets of a process that name one file share it. A file is
// emptied when it is opened, unless option append is set (a capture then
// gets one more section) or another process writes to it at that time:
// then a log is shared line by line, and a capture goes to the name with the
// process id before the extension, "out-4711.pcapng" for "out.pcapng".
//
// A log line is one write, so nothing of it is lost in a crash, and lines of
// several processes do not mix. (In a pipe they may if they are longer than
// the 4096 bytes that it takes at once.) A capture is
// written when a socket closes and at most a second after a packet. A file
// that cannot be opened or written is reported to the provider's log, once,
// and otherwise left out: tracing does not disturb what it traces.
package trace
