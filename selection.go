// SPDX-License-Identifier: Apache-2.0

package winsock

// A selection is what WSAEventSelect has set up on a socket.
type selection struct{}

func (sel *selection) active() bool                                { return false }
func (sel *selection) cancel(s *socket)                            {}
func (sel *selection) received(s *socket, flags uint32, err error) {}
func (sel *selection) sent(s *socket, err error)                   {}
func (sel *selection) accepted(s *socket, err error)               {}
func (sel *selection) connectBegun(s *socket)                      {}
func (sel *selection) connected(s *socket)                         {}
func (sel *selection) inherit(from, s *socket)                     {}
