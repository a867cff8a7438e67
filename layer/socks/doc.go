// SPDX-License-Identifier: Apache-2.0

// Package socks is the layered provider "socks": it connects through proxies,
// by SOCKS 4, 4a and 5 (RFC 1928, RFC 1929) and HTTP CONNECT, and listens at
// them.
//
//	socks:server=socks5://127.0.0.1:1080
//	socks:server=http://user:password@proxy.example:8080,direct=10.0.0.0/8;*.lan
//	socks:server=socks5://a.example;socks5://b.example,mode=dynamic,retry=1m
//
// A proxy without a scheme is one of SOCKS 5. What is special in a user's name
// or password is written as in URLs (%40 for "@"), and a comma of an option's
// value with a backslash before it. Passwords are not shown in logs.
//
// # Which proxies
//
// In the mode strict, a connection goes through all of them in their order.
// In the mode dynamic, those that are not well are left out. The modes
// round-robin and random choose one, or as many as option length says. A proxy
// that cannot be reached, does not keep to its protocol, or does not accept the
// user is avoided for the time of option retry, twice as long each time in a
// row, and another route is tried at once, except in the mode strict. When no
// proxy is well, all are tried. One that is asked for the peer and says nothing
// in time is avoided as well, but as it may be the peer's fault, that connect
// fails.
//
// # The way of the data
//
// The layer connects the socket below to the first proxy and talks on it. It
// reads exactly what the proxies answer. From then on the data goes past it to
// the socket below, at no cost, and a descriptor of the kernel can be had.
// GetPeerName tells the address that was asked for.
//
// To a proxy of SOCKS 5 greeting, password and request can be said in one, as
// none of them depends on an answer: that saves a round trip, and with a
// password two. Some proxies take what is behind the greeting for a part of it.
// So the layer tries first (early=auto), after some connections, on one of its
// own that asks for nobody (0.0.0.0, port 0).
//
// For a program under a supervisor (spi.Opening's Base) that is told by the
// ability spi.Speaker: its blocking socket is itself connected to the proxy,
// and once connect has returned, nothing stands between the two any more. A
// non-blocking one is relayed, as the kernel would say that it is connected
// before the proxies have agreed.
//
// Another attempt needs another connection. The socket below is then replaced
// by a new one, with the options and the local address that were set.
//
// # Datagrams
//
// A datagram socket has an association (UDP ASSOCIATE) with one proxy of SOCKS
// 5, over a connection of its own, from the first datagram on; sends are
// WSAEWOULDBLOCK until the proxy is ready. When the connection ends, the next
// datagram makes another one. Answers come from the address that was sent to,
// also if that stands for a name. As the proxy tells which address an answer
// has come from, and not for which name, it is taken to be from the peer of
// that port to which was sent last by name, unless that very address was sent
// to as well. A connected socket receives from its peer only. Through more
// than one proxy, or one of another protocol, there is no way for datagrams:
// WSAENETUNREACH, with which programs go on to TCP.
//
// # Listening
//
// With listen=proxy, a stream socket that listens does so at the proxy, by BIND
// of SOCKS, and getsockname tells where that is; but not one that is bound to
// an address of option direct. Listen waits for the proxy's answer. The proxy
// is told from whom a connection is expected (option expect), and the port that
// the socket was bound to, if it was a certain one. A request is for one
// connection: the layer makes the next one when that was accepted, and asks for
// the same port then, but the proxy may choose another one. Nobody can connect
// in between. A request that ends without a connection is made again after the
// time of option retry.
//
// The socket below listens as well, on this machine, so that the readiness of
// the program's own socket tells of a connection. Whoever connects there is
// reset.
//
// # Errors
//
// What a proxy says of the peer is the error of the connect:
//
//	refused (SOCKS 5: 5, SOCKS 4: 91, HTTP: 503)           WSAECONNREFUSED
//	host unreachable (4; HTTP: 404, 502)                   WSAEHOSTUNREACH
//	network unreachable, failure (3, 1; HTTP: other)       WSAENETUNREACH
//	TTL expired (6; HTTP: 408, 504)                        WSAETIMEDOUT
//	not allowed (2; HTTP: 403, 405)                        WSAEACCES
//	command, family not supported (7, 8)                   WSAEOPNOTSUPP, WSAEAFNOSUPPORT
//
// A proxy that does not accept the user is WSAEACCES, one that does not answer
// in time WSAETIMEDOUT. Whatever else is wrong with the proxies, such as a
// refused connection to one, is WSAENETUNREACH, so that it is not taken for a
// word of the peer's. What is wrong on this machine (no memory, no port) keeps
// its own error.
//
// # Names
//
// With dns=remote, which is the default, proxies are asked for peers by name,
// and no look-up is made on this side but that of the first proxy's own name.
// While the layer is started, a spi.NameGuard lets the name space provider
// fakeip answer the process's look-ups, all but those by the hosts file, with
// addresses that stand for the names, and the layer finds the name again when
// it is asked to connect to one. Names of option direct pass the guard.
//
// The guard is for the whole process, as a look-up does not say which socket
// it is for. Where only some sockets go through the layer, dns=local is the
// option to take, or these sockets' peers are given by address. What is looked
// up before the layer is started, with its first socket, is looked up as ever:
// a program that is not to do so starts the chain first (winsock.Composed's
// Start; winsock run and wsnet do).
//
// SOCKS 4 (not 4a) cannot ask for a name: WSAEHOSTUNREACH.
//
// # What does not go through a proxy
//
// Sockets that listen do so on this machine, unless listen=proxy. Raw sockets cannot be opened
// (WSAEACCES). The layer leaves families other than the Internet's alone.
package socks
