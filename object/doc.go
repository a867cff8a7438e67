// SPDX-License-Identifier: Apache-2.0

// Package object holds the one handle space of the system and the objects
// that are waited for: events, and whatever else has a signalled state.
//
// Sockets, events, completion ports and threads all live in this space, as on
// Windows, so that a handle of one kind is never mistaken for another. A
// handle is opaque, a multiple of four, has 32 significant bits, and carries
// a generation: after it is closed, its number finds nothing for as long as
// 1,023 further uses of its slot take.
//
// What is waited for is a [Signal], which makes the object that embeds it
// [Waitable]. A wait is for any or for all of a list of objects, for any
// time, and can be alertable; see [Wait].
//
// # Locks
//
// The lock of a Signal may be taken under any lock of the packages above,
// and under it nothing is taken. Waits for all take several in one order
// that is the same for everybody. The handle table's lock stands alone.
package object
