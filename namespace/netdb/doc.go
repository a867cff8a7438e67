// SPDX-License-Identifier: Apache-2.0

// Package netdb is the data base of ports and protocols behind
// getservbyname, getprotobyname and their like: the system's services file
// with a built-in list for systems that have none, and the fixed list of
// protocols that Winsock knows.
package netdb
