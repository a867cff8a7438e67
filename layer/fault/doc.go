// SPDX-License-Identifier: Apache-2.0

// Package fault is the layered provider "fault": it makes networks bad, to see
// how programs bear it.
//
//	fault:toxics=latency latency=100 jitter=20; drop toxicity=0.1
//	fault:script=bad.toxics,seed=7,log=decisions
//	fault:script=bad.toxics,replay=decisions
//	fault:name=db,listen=127.0.0.1:8474
//
// # Toxics
//
// A fault is called a toxic, as toxiproxy does. Each is a type, attributes, a
// stream (upstream for what the program sends, downstream, the default, for what
// it receives), a toxicity from 0 to 1, which is how likely it strikes, and
// a name. A script has one a line or between ";", "#" begins a comment:
//
//	TYPE [name=NAME] [stream=STREAM] [toxicity=NUMBER] [ATTRIBUTE=VALUE]...
//
// Of toxiproxy, for streams (latency for datagrams, too), with its attributes;
// times are milliseconds unless said otherwise:
//
//	latency latency= jitter=           what passes is late
//	bandwidth rate=                    kilobytes (1000) a second, 0 for none
//	slow_close delay=                  the end of the stream is late
//	timeout timeout=                   nothing passes, then the connection ends; 0: it stays
//	reset_peer timeout= [bytes=]       reset after that time or, if given, that many bytes
//	slicer average_size= size_variation= delay=   pieces, delay in microseconds
//	limit_data bytes=                  the connection ends after so many
//
// and by the API "enabled": false, toxiproxy's down. For streams also:
//
//	coalesce size= delay=              pieces are gathered up to a size or time
//	slow_open delay=                   connect and accept are late
//	connect_timeout timeout=           connect ends with WSAETIMEDOUT after that time
//	refuse                             connect is WSAECONNREFUSED
//
// These are decided before the socket below connects: the peer sees nothing of
// a connect that fails. For calls:
//
//	error call= errno= [after=] [count=]   a call (WSPSend, WSPBind ...) fails,
//	                                   after so many that do not, so often
//	short size=                        a send or receive moves 1 to size bytes
//	would_block delay=                 WSAEWOULDBLOCK, and no readiness for a while
//
// For datagrams:
//
//	drop, duplicate, reorder delay=
//
// For look-ups of names, by name space providers and by the name server of
// winsock run, except those of the hosts file alone or of one provider:
//
//	dns errno= [host=] [after=] [count=]     WSAHOST_NOT_FOUND, WSATRY_AGAIN,
//	                                         WSANO_RECOVERY or WSANO_DATA
//	dns_latency latency= jitter= [host=]     the answer is late
//
// host= is a name, or *.example.com for all names below. A look-up has no
// socket, so that it meets these faults once the layer has been started by a
// socket, or by winsock run.
//
// # What is decided when
//
// Toxicity is decided for each connection once, for calls, datagrams and
// look-ups each time. Toxics of streams that change take effect on connections
// that stand, and what is under way is decided about anew; the times and
// amounts of a toxic begin when it is put in force. The peer of a reset hears of
// it when the program closes its socket. An accepted connection is numbered and
// slowed down as one that the program made, and one that is to fail is dropped.
//
// # Chance
//
// seed= decides all chance: each socket (s1, s2 ...), connection (c1 ...) and
// datagram socket (d1 ...) has a sequence of its own for each direction, and
// all look-ups have one (n1). Numbers are given in the order in which things
// are opened, which is the program's.
// log=FILE notes each decision, in lines
//
//	c1 downstream latency_downstream:jitter 0.3145
//
// and other events after "#". replay=FILE takes the same decisions again; when
// a program asks for others than in the record, that sequence goes on with the
// seed. How a stream's data is divided into pieces is the network's doing, and
// with it how often a toxic is asked.
//
// # The API
//
// listen= is for clients of toxiproxy: GET /proxies, POST /proxies/NAME/toxics
// and so on. The proxies are the layers of the process, by their name=, and
// cannot be made or deleted; their listen and upstream say nothing. Requests of
// browsers are refused. Who can connect to the address can steer the
// program's network, so it should be a loopback address or unix:FILE.
//
// # Closing
//
// A closed socket still sends what it was given, as late as the toxics say; what
// has not got through after 20 seconds is lost.
//
// # What it costs
//
// Without listen=, what no toxic can concern goes past the layer, with the
// kernel's descriptor. With an API, calls for data cost some tens of nanoseconds
// while no toxic is in force, and take no lock. Toxics for streams copy what
// passes; meanwhile urgent data cannot be sent (WSAEOPNOTSUPP), and what comes of
// it goes past what is held back. A socket whose program never waits for it
// sees what has come when it asks. Where the program polls its own socket
// (datagrams that are not connected, under winsock run), a datagram that is
// held back cannot wake it when it is due: latency downstream and reorder are
// then as late as its next look.
package fault
