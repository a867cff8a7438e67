// SPDX-License-Identifier: Apache-2.0

// Package throttle is the layered provider "throttle": it lets data pass at a
// set rate and in set amounts.
//
//	throttle:up=1mbit,down=8mbit
//	throttle:down=2MB,scope=run,weight=4
//	throttle:packets-up=100,quota-down=1G,quota-end=close
//	throttle:down=20mbit,schedule=mon-fri 08:00-18:00 down=2mbit; 23:00-06:00 down=unlimited
//
// Up is what the program sends, down what it receives.
//
// # Rates
//
// A rate is a number and a unit, with "/s" after it or not: bit, kbit, mbit,
// gbit, tbit in any case, or bytes with a capital B: B, kB, MB, GB, TB; k is
// 1000. KiB, MiB and GiB are powers of 1024. "unlimited" is a rate too. Packets
// are a number with k for 1000 or not, a second or "/min". A packet is a
// datagram, or a call that sends or receives on a stream.
//
// Each rate is a token bucket. It begins full and holds burst= bytes, or what
// flows in during 50 ms, so that this is the most that goes at once; over time
// exactly the rate flows. A datagram and urgent data go whole or not at all: one
// that is larger than what is there goes when there is anything, and what follows
// waits the longer.
//
// The layer counts what the program gives and takes, without headers. What it
// does not take stays in the buffers of the socket below, so that the sender of
// a stream is slowed down by the protocol's own flow control, after these
// buffers are full, and datagrams that come faster are lost when they are.
//
// # Who shares a bucket
//
// scope=socket gives each socket its own, scope=process all sockets of one
// process, scope=run all sockets for which the options say the same. Options are
// compared without weight= and priority=, so that the same line can be used with
// different ones: while several sockets wait for a bucket, those of the highest
// priority get all, and each of them a share by its weight. That and limits for
// some peers or ports are best said by rules of the layer filter:
//
//	chain "throttle:up=1mbit,scope=run,weight=8" port 22
//	chain "throttle:up=1mbit,scope=run,weight=1" port 80,443
//	chain "throttle:up=1mbit,scope=run,priority=1" port 53
//
// A child process is a process of its own.
//
// # Quotas
//
// After quota-up= or quota-down= bytes the direction ends with the error
// quota-end=, by default WSAENOBUFS, "close", which ends the connection as
// SD_BOTH does (what is received is the end, what is sent WSAESHUTDOWN), or
// "reset", after which every call for data answers WSAECONNRESET and the peer
// gets a reset when the program closes the socket. They have the scope of the
// buckets. A stream gets exactly the quota; the last datagram goes whole.
//
// # Schedules
//
// schedule= has spans of the day with other rates, separated by ";". The first
// that fits holds, and for what it does not mention and for the rest of the
// day the options do:
//
//	[DAY[-DAY] ]HH:MM-HH:MM KEY=RATE...
//
// A day is mon to sun, a key up, down, packets-up or packets-down. A span may go
// over midnight, and its day is that of its beginning. Time is local.
//
// # What programs see
//
// A socket whose bucket is empty is not ready and answers WSAEWOULDBLOCK; when
// there are tokens again, its watchers are told by the bucket's one timer.
// Nothing is held back by the layer itself: a shutdown, a close and SO_LINGER
// are those of the socket below. The end of a stream is not told before the data
// that it follows. Where the program polls its own socket (datagrams that are
// not connected under winsock run), a datagram that is there but not
// to be received yet keeps the socket readable; a blocking program waits in its
// call, a polling one sees WSAEWOULDBLOCK and polls again at once.
package throttle
