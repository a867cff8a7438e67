// SPDX-License-Identifier: Apache-2.0

// Package rules is the language in which is written what programs may do with
// their sockets, and what is to become of it. It only decides; the layer
// "filter" and whoever else opens sockets for programs act on it.
//
// A text of rules has one rule a line. A # at the beginning of a word starts
// a comment:
//
//	# Mail goes to one server only.
//	allow out tcp to 192.0.2.25 port 25,465,587 program thunderbird
//	deny WSAECONNREFUSED out tcp port 25,465,587
//
//	# Nobody tells these hosts anything.
//	deny out to ads.example,*.ads.example
//	drop out udp to 198.51.100.0/24 not port 53
//
//	# The old database is on another machine now.
//	redirect 10.1.2.3:5433 out tcp to 10.0.0.7 port 5432
//
//	# The wide world is reached through a proxy, and is logged.
//	log out not to 127.0.0.0/8,::1,10.0.0.0/8
//	chain socks:server=127.0.0.1:1080 out tcp not to 127.0.0.0/8,::1,10.0.0.0/8
//
//	# Nobody connects to us from outside, except to the web server.
//	allow in tcp from 10.0.0.0/8 local-port 8080 program /usr/sbin/httpd
//	deny in,listen tcp
//	default allow
//
// To allow little, one begins at the other end. Programs that bind a socket
// before they connect mostly ask for port 0, which is any:
//
//	allow out tcp to *.example.org,example.org port 443
//	allow out udp to 192.0.2.53 port 53
//	allow bind local-port 0
//	default deny
//
// The first rule that matches decides, except log, after which the next one
// is tried. What no rule matches is decided by the line default, wherever it
// stands; without one it is allowed.
//
// # Actions
//
// A rule begins with what is to be done:
//
//	allow                       it is done as asked
//	deny [ERROR]                it fails with that error, or WSAEACCES: a name of
//	                            Winsock or Linux, WSAECONNREFUSED or ECONNREFUSED
//	drop                        a datagram is taken and thrown away
//	redirect ADDRESS            it is sent or connected elsewhere: IP:PORT,
//	                            [IPV6]:PORT, IP, or :PORT to change one of both
//	chain LAYER [over LAYER]... these layers are put in between, the first at
//	                            the top; their form is that of spi.ParsePath
//	log                         a line is written, and the next rule tried
//	default allow|deny [ERROR]  the end of all rules; it takes no conditions
//
// A denied connection from outside is reset, a denied datagram from outside
// is thrown away; the error is told to nobody then. Drop is for datagrams,
// and for the directions out and in. Redirect and chain are for out. Such a
// rule concerns nothing else, even if it does not say so; one that says
// otherwise is an error.
//
// # Conditions
//
// Then come any number of conditions, all of which must hold. A list, in
// which commas separate, holds if one of its items does. The word not before
// a condition makes it the opposite:
//
//	out, in, bind, listen     the direction: to connect or to send to somebody; to
//	                          accept or receive from somebody; to take a local
//	                          address; to wait for connections
//	tcp, udp, raw, unix       the protocol
//	to LIST, from LIST        the peer, whichever of the words is used: addresses
//	                          (192.0.2.1, 2001:db8::1), networks (192.0.2.0/24), and
//	                          names of hosts: all of it (www.example.com) or what
//	                          ends in it (*.example.com)
//	port LIST                 the peer's port: numbers and ranges (80,8000-8999)
//	local LIST                the own address: addresses and networks
//	local-port LIST           the own port
//	program LIST              the program's file: its whole path, a pattern of it
//	                          (/opt/games/*), or the name of the file (curl, python3*)
//	user LIST                 the program's effective user, by name or number
//
// The several directions and protocols of a list are written as one word, as
// in "out,in". For bind and listen, the peer does not exist; the address and
// the port that are bound are the own ones.
//
// An IPv4 address that is written as an IPv6 one (::ffff:192.0.2.1) is the
// IPv4 address, in rules and where they are applied. A scope id does not
// matter. An own address that is not known yet, as that of a socket which is
// not bound before it connects, matches no list.
//
// A host name matches by what look-ups of this process have found: an address
// that was found by several names has all of them, and one that was found by
// none, or that the program has from elsewhere, has none. So names are good
// for permitting, while a program that wants to get around the denial of a
// name can.
//
// Patterns are those of path.Match: * is anything but a slash, ? one
// character, [a-z] one of these.
//
// A word or item with spaces, commas or a # in it is written in quotation
// marks; \" and \\ within them are a quotation mark and a backslash.
package rules
