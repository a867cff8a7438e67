// SPDX-License-Identifier: Apache-2.0

// Package query is what the Internet name space providers share: reading a
// WSAQUERYSET as a question, and writing answers as WSAQUERYSETs.
package query
