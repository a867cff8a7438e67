// SPDX-License-Identifier: Apache-2.0

// Package sockstate is the state of a Winsock socket, as far as it decides
// which calls are allowed: whether it is bound, listening, connecting,
// connected, shut down or reset, and which error number the documentation
// gives a call that comes at the wrong time. Base providers keep a [State]
// per socket so that all of them refuse alike.
//
// # Order of checks
//
// A provider checks in this order, which is Winsock's:
//
//  1. a name that is missing or shorter than its family's structure:
//     WSAEFAULT;
//  2. the state (the Check and Begin methods here);
//  3. the name's family (WSAEAFNOSUPPORT) and address (WSAEADDRNOTAVAIL);
//  4. whatever the protocol says.
//
// The handle, getpeername's buffer and the other arguments have been looked
// at above the providers.
//
// # Concurrency
//
// Every method may be called by several goroutines at once. Changes are
// serialised by a lock in the State; the checks of the data path
// ([State.CheckSend], [State.CheckRecv]) read one atomic word and return
// constants, so they cost about a nanosecond and allocate nothing. A check
// says what held at that moment: a provider whose operation must not race
// with a change (bind against bind) holds its own lock over both.
package sockstate
