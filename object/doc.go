// SPDX-License-Identifier: Apache-2.0

// Package object holds the one handle space of the system and the objects
// that are waited for: events, and whatever else has a signalled state.
//
// Sockets, events, completion ports and threads all live in this space, as on
// Windows, so that a handle of one kind is never mistaken for another. A
// handle is opaque, a multiple of four, has 32 significant bits, and carries
// a generation: after it is closed, its number finds nothing for as long as
// 1,023 further uses of its slot take.
package object
