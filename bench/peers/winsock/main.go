// SPDX-License-Identifier: Apache-2.0

// Command winsock is a server on a completion port of this project: workers
// that wait at one port, and overlapped operations on every socket. With -rio,
// data go by registered I/O.
package main

import (
	"errors"
	"flag"
	"net/netip"
	"os"
	"runtime"

	"winsock"
	"winsock/bench/peers/peer"
	"winsock/wsa"
)

// datagrams is how many receives are posted at once on the UDP socket.
const datagrams = 64

// A server is what its workers share.
type server struct {
	peer.Options
	sends, echoes, datagrams bool // the mode

	skip     bool        // operations on data that end at once are told by the call alone
	rio      *registered // nil if data go by overlapped operations
	port     winsock.HANDLE
	listener winsock.SOCKET
	file     *os.File // to send, for the mode of that name
}

// The keys tell which kind of structure the overlapped one is the beginning of.
const (
	listenerKey = iota
	dataKey
	registeredKey
	fileKey
)

func main() {
	skip := flag.Bool("skip", false, "use FILE_SKIP_COMPLETION_PORT_ON_SUCCESS")
	rio := flag.Bool("rio", false, "move data by registered I/O, with one worker")
	s := &server{Options: peer.Parse(), skip: *skip}
	if *rio && (s.Workers > 1 || s.Mode == peer.File || s.Mode == peer.Churn) {
		peer.Die(errors.New("registered I/O is for one worker, and for sending and receiving"))
	}
	s.sends, s.datagrams = s.Mode == peer.Source, s.Mode == peer.UDP
	s.echoes = s.Mode == peer.Echo || s.datagrams
	runtime.GOMAXPROCS(s.Workers)
	_, err := winsock.WSAStartup(winsock.Version22)
	peer.Check(err)
	if s.Mode == peer.File {
		s.file, err = os.Open(s.File)
		peer.Check(err)
	}
	s.port, err = winsock.CreateIoCompletionPort(winsock.INVALID_HANDLE_VALUE, 0, 0, uint32(s.Workers))
	peer.Check(err)

	if *rio {
		s.rio = newRegistered(s)
	}
	begin := s.listen
	socketType, protocol := int32(wsa.SOCK_STREAM), int32(wsa.IPPROTO_TCP)
	if s.datagrams {
		begin = s.answer
		socketType, protocol = wsa.SOCK_DGRAM, wsa.IPPROTO_UDP
	}
	sock := s.socket(socketType, protocol)
	addr := wsa.SockaddrFrom(netip.MustParseAddrPort("127.0.0.1:0"))
	peer.Check(winsock.Bind(sock, &addr))
	peer.Check(winsock.GetSockName(sock, &addr))
	begin(sock)
	peer.Announce(int(addr.Port()))
	for range s.Workers - 1 {
		go s.routineWork()
	}
	s.routineWork()
}

// routineWork is a worker.
func (s *server) routineWork() {
	var entries [256]winsock.OverlappedEntry
	for {
		n, err := winsock.GetQueuedCompletionStatusEx(s.port, entries[:], wsa.WSA_INFINITE, false)
		peer.Check(err)
		s.goOn(entries[:n])
	}
}

// goOnOther is goOn for what is not the end of a send or receive.
func (s *server) goOnOther(e *winsock.OverlappedEntry) {
	switch e.Key {
	case listenerKey:
		acceptanceOf(e.Overlapped).ended(e.Err())
	case registeredKey:
		s.rio.work()
	case fileKey:
		peer.Check(winsock.CloseSocket(operationOf(e.Overlapped).sock))
	}
}

// socket makes a socket for data, or one that listens.
func (s *server) socket(socketType, protocol int32) winsock.SOCKET {
	flags := uint32(wsa.WSA_FLAG_OVERLAPPED)
	if s.rio != nil {
		flags |= wsa.WSA_FLAG_REGISTERED_IO
	}
	sock, err := winsock.WSASocket(wsa.AF_INET, socketType, protocol, nil, 0, flags)
	peer.Check(err)
	return sock
}

// associate makes a socket's operations end at the port.
func (s *server) associate(sock winsock.SOCKET, key uintptr) {
	_, err := winsock.CreateIoCompletionPort(winsock.HANDLE(sock), s.port, key, 0)
	peer.Check(err)
	if s.skip && (key == dataKey || key == fileKey) {
		peer.Check(winsock.SetFileCompletionNotificationModes(sock, winsock.FILE_SKIP_COMPLETION_PORT_ON_SUCCESS))
	}
}
