// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/binary"
	"unsafe"

	"winsock"
	"winsock/bench/peers/peer"
	"winsock/wsa"
)

const (
	accepts     = 32      // posted at once
	addressSize = 16 + 16 // what AcceptEx needs for a sockaddr_in
)

// An acceptance is an AcceptEx that is under way.
type acceptance struct {
	overlapped winsock.Overlapped // first, for acceptanceOf
	server     *server
	sock       winsock.SOCKET // that will have the connection
	addresses  [2 * addressSize]byte
}

func acceptanceOf(ov *winsock.Overlapped) *acceptance { return (*acceptance)(unsafe.Pointer(ov)) }

// listen begins to take connections.
func (s *server) listen(listener winsock.SOCKET) {
	peer.Check(winsock.Listen(listener, 4096))
	s.listener = listener
	s.associate(listener, listenerKey)
	for range accepts {
		(&acceptance{server: s}).post()
	}
}

func (a *acceptance) post() {
	a.sock = a.server.socket(wsa.SOCK_STREAM, wsa.IPPROTO_TCP)
	_, err := winsock.AcceptEx(a.server.listener, a.sock, a.addresses[:], 0, addressSize, addressSize, &a.overlapped)
	if err != wsa.WSA_IO_PENDING {
		peer.Check(err)
	}
}

// ended goes on after a connection has come, and takes the next one.
func (a *acceptance) ended(err error) {
	sock := a.sock
	a.post()
	if err != nil || a.server.Mode == peer.Churn {
		peer.Check(winsock.CloseSocket(sock))
		return
	}
	a.server.serve(sock)
}

// serve begins the first operation of a connection.
func (s *server) serve(sock winsock.SOCKET) {
	var listener [8]byte
	binary.LittleEndian.PutUint64(listener[:], uint64(s.listener))
	peer.Check(winsock.SetSockOpt(sock, wsa.SOL_SOCKET, wsa.SO_UPDATE_ACCEPT_CONTEXT, listener[:]))
	peer.Check(winsock.SetSockOptInt(sock, wsa.IPPROTO_TCP, wsa.TCP_NODELAY, 1))
	if s.rio != nil {
		s.rio.serve(sock)
		return
	}
	op := s.newOperation(sock)
	if s.Mode == peer.File {
		s.associate(sock, fileKey)
		op.sendFile()
		return
	}
	s.associate(sock, dataKey)
	op.begin()
}

// answer posts the receives of the UDP socket.
func (s *server) answer(sock winsock.SOCKET) {
	if s.rio != nil {
		s.rio.serve(sock)
		return
	}
	s.associate(sock, dataKey)
	for range datagrams {
		s.newOperation(sock).begin()
	}
}
