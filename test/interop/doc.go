// SPDX-License-Identifier: Apache-2.0

// Package interop tests the winsock command against real programs of other
// makers: curl, Python's web server, OpenSSL and netcat. A file goes through
// in both directions, over IPv4 and IPv6, through no layer, one and three,
// and arrives unchanged.
package interop
