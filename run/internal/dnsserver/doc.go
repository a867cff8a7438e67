// SPDX-License-Identifier: Apache-2.0

// Package dnsserver answers the DNS queries of programs under a supervisor by
// the name space providers of the catalog: a server on loopback, to which the
// supervisor leads what a program sends to port 53.
//
// Addresses (A, AAAA) and the names of addresses (PTR) are asked of the
// active providers in the catalog's order, and the first that knows the name
// decides: one that is in the hosts file with an IPv4 address alone has no
// IPv6 address, whatever the DNS says. So do the answers to a program's two
// questions fit together, as those of GetAddrInfo do. Names are taken as they
// are: the program's resolver has applied its search list. What depends on
// this host, such as whether it has IPv6, counts for nothing.
//
// A provider of the DNS that exchanges messages (dns.MessageClass) gets the
// program's message as it is, and its answer is passed on as it is: with its
// TTLs, aliases, signatures and the SOA that says how long an absence lasts.
// Such a provider also gets all questions of other types and classes. The
// answers of others are written here, with a TTL of half a minute.
//
// localhost, invalid, onion and the reverse names of loopback addresses never
// go out as messages (RFC 6761, RFC 7686). Zone transfers are refused.
//
// The server's own questions are those of the process that it runs in, which
// must not be one whose queries are led here. winsock.WSAStartup is the
// caller's to call, before Start, and WSACleanup after Close.
package dnsserver
