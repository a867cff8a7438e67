// SPDX-License-Identifier: Apache-2.0

// Package capture writes what sockets sent and received as a packet capture:
// a pcapng file that Wireshark, tshark and their like open as complete TCP
// connections and UDP exchanges, over IPv4 and IPv6.
//
// No packet of it was ever on a wire. A [Stream] is told of a connection's
// life (connecting, bytes sent, end of the sending direction ...) and makes
// the segments that a flawless network would have carried: handshake,
// sequence and acknowledgement numbers, urgent pointers, FIN and RST, each
// with right checksums. So a reader finds exactly the bytes of the stream,
// and no retransmission that is not there. [Writer.Datagram] does the same
// for one datagram.
//
// The packets are of link type RAW (101), an IP header first. The package
// knows io and addresses only; package trace tells it what happens.
package capture
