// SPDX-License-Identifier: Apache-2.0

package spi

// DataPathOf returns the socket that calls which carry data may go to
// directly: s itself, or what the handle-preserving layers on the way down
// leave the data to. The answer may change when the socket is connected.
func DataPathOf(s Socket) Socket {
	for {
		d, ok := s.(DataPather)
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

// HandleOf returns the kernel descriptor of s if reads and writes of one are
// reads and writes of s, which is decided at the end of its data path. ok is
// false otherwise.
func HandleOf(s Socket) (fd int, ok bool) {
	if h, ok := DataPathOf(s).(Handler); ok {
		return h.Handle(), true
	}
	return -1, false
}
