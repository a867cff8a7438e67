// SPDX-License-Identifier: Apache-2.0

// Package filter is the layered provider "filter": it decides, by rules that
// are read in order, about each connection and datagram of a program.
//
//	filter:rules=/etc/winsock/rules                     rules in a file
//	filter:rule=deny out tcp port 25; allow             rules on the spot
//	filter:rules=mine,log=/tmp/decisions,reload=5s
//
// Package [winsock/layer/filter/rules] has the language. A few rules:
//
//	# Only the mail program talks to mail servers.
//	allow out tcp port 25,465,587 program thunderbird
//	deny WSAECONNREFUSED out tcp port 25,465,587
//	# What is asked of the old server goes to the new one.
//	redirect 10.1.2.3:5433 out tcp to 10.0.0.7 port 5432
//	# The log shows who connects to the web, and where to.
//	log out tcp port 80,443
//	default allow
//
// # What is decided when
//
// At bind and listen, by rules for these. At connect, by rules for out; the
// local address that a connect or a send chooses by itself is not a bind. At
// accept, by rules for in: a connection that is denied is reset, and the next
// one taken. An established connection is never looked at again, and its data
// goes past the layer at no cost.
//
// A datagram socket stays under observation, as it can send to anybody even
// when it is connected. Each peer is judged once, until the rules or the names
// of hosts change, and a line in the log is about the peer, not each datagram.
// Who is connected stays so. What arrives from a peer to whom the socket has
// sent, or is connected, is an answer, and not judged. What else arrives is
// judged by rules for in and, if denied, thrown away.
//
// Connections and datagrams that will be denied do not count as something to
// accept or receive, so that a program which was told to by select does not
// wait for what never comes.
//
// For a socket of another process that exists already (spi.Opening's Process
// and Base), Foresee tells that also a connected datagram socket's data may go
// past the layer: what is sent without a name was decided about at connect.
//
// # Redirected
//
// A program that is redirected notices nothing: getpeername tells the address
// that it asked for, and an answer to a redirected datagram comes from there.
// A target of another family than the socket's is refused by what is below.
//
// # Other layers in between
//
// A chain rule is for a connection that is about to be made. The socket below
// is then replaced by one that stands on the rule's layers. It gets the
// options and the local address that the program has set; an option that the
// new layers do not know is left out, and if somebody else was quicker to bind
// the address, the connect is answered with WSAEADDRINUSE. Datagrams can be diverted this way when
// they have one peer: on a socket that is not connected, a send to whom a chain
// rule is for is WSAEOPNOTSUPP, and a diverted socket sends to its peer only,
// else WSAEISCONN.
//
// While the rules in force have one for chains that could concern it, the
// handle of a stream's kernel descriptor cannot be had before the stream is
// connected. A stream that was bound when there was no such rule cannot be
// diverted by a newer one: WSAEACCES.
//
// # When rules change
//
// The file is looked at when something is decided, at most as often as option
// reload says, and at once after [Reload]. A new text with a mistake is
// reported once, with its lines, and the old rules stay in force, as they do
// when the file is gone. At the start there are no old rules: then the layer
// does not start, and there are no sockets.
//
// # The log
//
// A log rule writes a line to the program's log and, if there is an option
// log, to that file, as package log/slog writes text:
//
//	time=... level=INFO msg=filter pid=4711 program=/usr/bin/curl uid=1000
//	  direction=out protocol=tcp address=192.0.2.1:443 host=www.example.com
//	  line=7 verdict="deny WSAEACCES" by=9
//
// (in one line). line is that of the log rule; by, of the rule that decided,
// is left out for the default; local, the own address, and host, the names of
// the peer, are there if the rules ask for such.
package filter
