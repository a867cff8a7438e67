// SPDX-License-Identifier: Apache-2.0

package spi

import "winsock/wsa"

// DataPathOf returns the socket that calls which carry data may go to
// directly: s itself, or what the handle-preserving layers on the way down
// leave the data to. The answer may change when the socket is connected.
func DataPathOf(s Socket) Socket {
	for {
		d, ok := As[DataPather](s)
		if !ok {
			return s
		}
		next := d.DataPath()
		if next == s {
			return s
		}
		s = next
	}
}

// DataPathTo is [DataPathOf] for the time after s will have been connected
// to name, as far as its layers can tell.
func DataPathTo(s Socket, name *wsa.Sockaddr) Socket {
	for {
		if f, ok := As[Foreseer](s); ok {
			return f.Foresee(name)
		}
		d, ok := As[DataPather](s)
		if !ok {
			return s
		}
		next := d.DataPath()
		if next == s {
			return s
		}
		// A layer that leaves data alone may stand on one that cannot tell
		// yet. Its own answer would be past that one.
		if b, ok := As[Stander](s); ok {
			next = b.Below()
		}
		s = next
	}
}

// DuplicatorOf returns what makes copies of s for other processes: s itself,
// or what the handle-preserving layers on the way down leave the data to. It
// is nil if there is none.
func DuplicatorOf(s Socket) Duplicator {
	if d, ok := As[Duplicator](s); ok {
		return d
	}
	d, _ := As[Duplicator](DataPathOf(s))
	return d
}

// HandleOf returns the kernel descriptor of s if reads and writes of one are
// reads and writes of s, which is decided at the end of its data path. ok is
// false otherwise.
func HandleOf(s Socket) (fd int, ok bool) {
	if h, ok := As[Handler](DataPathOf(s)); ok {
		return h.Handle(), true
	}
	return -1, false
}
