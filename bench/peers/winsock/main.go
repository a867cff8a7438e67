// SPDX-License-Identifier: Apache-2.0

// Command winsock is a server on a completion port of this project: workers
// that wait at one port, and overlapped operations on every socket.
package main

import (
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

	skip     bool // operations on data that end at once are told by the call alone
	port     winsock.HANDLE
	listener winsock.SOCKET
	file     *os.File // to send, for the mode of that name
}

// The keys tell which kind of structure the overlapped one is the beginning of.
const (
	listenerKey = iota
	dataKey
)

func main() {
	skip := flag.Bool("skip", false, "use FILE_SKIP_COMPLETION_PORT_ON_SUCCESS")
	s := &server{Options: peer.Parse(), skip: *skip}
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

	begin := s.listen
	socketType, protocol := int32(wsa.SOCK_STREAM), int32(wsa.IPPROTO_TCP)
	if s.datagrams {
		begin = s.answer
		socketType, protocol = wsa.SOCK_DGRAM, wsa.IPPROTO_UDP
	}
	sock, err := winsock.Socket(wsa.AF_INET, socketType, protocol)
	peer.Check(err)
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
		for i := range entries[:n] {
			e := &entries[i]
			if e.Key == listenerKey {
				acceptanceOf(e.Overlapped).ended(e.Err())
			} else {
				operationOf(e.Overlapped).ended(e.Transferred, e.Err())
			}
		}
	}
}

// associate makes a socket's operations end at the port.
func (s *server) associate(sock winsock.SOCKET, key uintptr) {
	_, err := winsock.CreateIoCompletionPort(winsock.HANDLE(sock), s.port, key, 0)
	peer.Check(err)
	if s.skip && key == dataKey {
		peer.Check(winsock.SetFileCompletionNotificationModes(sock, winsock.FILE_SKIP_COMPLETION_PORT_ON_SUCCESS))
	}
}
