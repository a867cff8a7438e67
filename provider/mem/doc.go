// SPDX-License-Identifier: Apache-2.0

// Package mem is a transport provider whose network exists in memory only:
// streams and datagrams over IPv4, IPv6 and local (AF_UNIX) addresses, with
// Winsock's rules and with faults that a test chooses.
//
// A [Network] has hosts, each with its own addresses and ports. Its links
// lose, delay, duplicate and reorder datagrams and limit the bandwidth; on
// streams, which are reliable, loss shows as delay. Chance comes from a seed
// and time from a [Clock], so that a test with a [FakeClock] that issues the
// same calls sees the same network every time.
//
// Without faults nothing is put off: what one socket sends is in the other's
// buffer when Send returns, there are no goroutines and no timers, and
// stream data is moved without allocating. Delayed traffic of a network
// shares one timer, which is stopped when its last socket is closed.
//
// # Locking
//
// One lock per network protects its hosts, sockets and traffic. Watchers are
// told after it is released (see wakes), as they may call back.
package mem
