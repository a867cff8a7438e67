// SPDX-License-Identifier: Apache-2.0

// Package addrsel orders the addresses of a host by how well they can be
// expected to work from here (RFC 6724, section 6).
//
// Of that section it leaves out what this machine would have to ask further
// tables for: deprecated and home source addresses (rules 3 and 4) and
// encapsulating interfaces (rule 7). The policy table is the RFC's.
package addrsel
