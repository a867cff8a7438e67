// SPDX-License-Identifier: Apache-2.0

// Package wsa holds the vocabulary of Winsock: error numbers, constants,
// socket addresses, protocol descriptions and GUIDs, with the values and the
// memory layouts that the Winsock 2.2 documentation gives them.
//
// It is a leaf: every other package of the module may import it, and it
// imports none of them. Nothing in it makes a system call.
package wsa
