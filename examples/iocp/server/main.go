// SPDX-License-Identifier: Apache-2.0

// The server is an echo server on a completion port, as it is written for
// Windows: a few goroutines loop over GetQueuedCompletionStatusEx, and all
// that the server does is done by overlapped operations, of which each
// connection has one under way at any time.
//
//	iocp/server [-listen 127.0.0.1:7007] [-workers 2] [-accepts 64]
//
// It prints its address, and ends when its standard input does. Then it says
// how many operations have begun and ended, which must be the same.
package main

import (
	"encoding/binary"
	"flag"
	"fmt"
	"io"
	"net/netip"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"unsafe"

	"winsock"
	"winsock/wsa"
)

const (
	bufferSize = 4096
	nameSize   = 16 + wsa.SizeofSockaddrIn6 // what AcceptEx needs for an address
)

// A connection is a socket with its operation under way. The structure comes
// first, so that a packet leads back to the connection.
type connection struct {
	overlapped winsock.Overlapped
	socket     winsock.SOCKET
	next       func(s *server, c *connection, n int) // what its operation's end leads to
	buffer     [bufferSize]byte
}

// of is CONTAINING_RECORD: the connection of a packet.
func of(overlapped *winsock.Overlapped) *connection {
	return (*connection)(unsafe.Pointer(overlapped))
}

type server struct {
	port     winsock.HANDLE
	listener winsock.SOCKET
	family   int32

	begun, ended, accepted atomic.Int64 // operations, connections
	stopping               atomic.Bool

	mu          sync.Mutex // protects connections
	connections map[*connection]bool
	empty       sync.WaitGroup // until there are none
}

func main() {
	listen := flag.String("listen", "127.0.0.1:0", "address to listen on")
	workers := flag.Int("workers", runtime.NumCPU(), "goroutines that serve")
	accepts := flag.Int("accepts", 64, "connections to accept at once")
	flag.Parse()
	// Go raises the limit of descriptors to what is allowed at the start of
	// a program that uses package os.
	if err := run(*listen, *workers, *accepts); err != nil {
		fmt.Fprintln(os.Stderr, "server:", err)
		os.Exit(1)
	}
}

func run(listen string, workers, accepts int) error {
	address, err := netip.ParseAddrPort(listen)
	if err != nil {
		return err
	}
	if _, err := winsock.WSAStartup(winsock.Version22); err != nil {
		return err
	}
	defer winsock.WSACleanup()
	s := &server{connections: make(map[*connection]bool)}
	if err := s.open(address); err != nil {
		return err
	}
	var loops sync.WaitGroup
	for range workers {
		loops.Go(s.routineWork)
	}
	for range accepts {
		s.accept()
	}
	io.Copy(io.Discard, os.Stdin)
	s.stop()
	winsock.CloseHandle(s.port)
	loops.Wait()
	fmt.Printf("connections %d, operations begun %d ended %d\n", s.accepted.Load(), s.begun.Load(), s.ended.Load())
	if s.begun.Load() != s.ended.Load() {
		return fmt.Errorf("%d operations are unaccounted for", s.begun.Load()-s.ended.Load())
	}
	return nil
}

// open makes the port and the listener.
func (s *server) open(address netip.AddrPort) (err error) {
	if s.port, err = winsock.CreateIoCompletionPort(winsock.INVALID_HANDLE_VALUE, 0, 0, 0); err != nil {
		return err
	}
	name := wsa.SockaddrFrom(address)
	s.family = int32(name.Family())
	if s.listener, err = winsock.Socket(s.family, wsa.SOCK_STREAM, 0); err != nil {
		return err
	}
	if err := winsock.Bind(s.listener, &name); err != nil {
		return err
	}
	if err := winsock.Listen(s.listener, wsa.SOMAXCONN); err != nil {
		return err
	}
	if _, err := winsock.CreateIoCompletionPort(winsock.HANDLE(s.listener), s.port, 0, 0); err != nil {
		return err
	}
	if err := winsock.GetSockName(s.listener, &name); err != nil {
		return err
	}
	bound, _ := name.AddrPort() // it is one, as it was bound as one
	fmt.Println("listening on", bound)
	return nil
}

// routineWork takes packets until the port is closed.
func (s *server) routineWork() {
	var entries [32]winsock.OverlappedEntry
	for {
		n, err := winsock.GetQueuedCompletionStatusEx(s.port, entries[:], wsa.WSA_INFINITE, false)
		if err != nil {
			return
		}
		for _, e := range entries[:n] {
			s.ended.Add(1)
			c := of(e.Overlapped)
			if e.Err() != nil {
				s.drop(c)
				continue
			}
			c.next(s, c, int(e.Transferred))
		}
	}
}

// accept begins to wait for one more connection.
func (s *server) accept() {
	socket, err := winsock.Socket(s.family, wsa.SOCK_STREAM, 0)
	if err != nil {
		fmt.Fprintln(os.Stderr, "server: no more connections:", err)
		return
	}
	c := &connection{socket: socket, next: (*server).established}
	s.mu.Lock()
	s.connections[c] = true
	s.empty.Add(1)
	s.mu.Unlock()
	s.begun.Add(1)
	_, err = winsock.AcceptEx(s.listener, socket, c.buffer[:], 0, nameSize, nameSize, &c.overlapped)
	s.check(c, err)
}

// established is called when a connection is there.
func (s *server) established(c *connection, _ int) {
	s.accepted.Add(1)
	if !s.stopping.Load() {
		s.accept()
	}
	listener := binary.LittleEndian.AppendUint64(nil, uint64(s.listener))
	if winsock.SetSockOpt(c.socket, wsa.SOL_SOCKET, wsa.SO_UPDATE_ACCEPT_CONTEXT, listener) != nil {
		s.drop(c)
		return
	}
	if _, err := winsock.CreateIoCompletionPort(winsock.HANDLE(c.socket), s.port, 0, 0); err != nil {
		s.drop(c)
		return
	}
	s.receive(c)
}

func (s *server) receive(c *connection) {
	c.next = (*server).received
	s.begun.Add(1)
	_, err := winsock.WSARecv(c.socket, [][]byte{c.buffer[:]}, nil, &c.overlapped, nil)
	s.check(c, err)
}

// received echoes what has come.
func (s *server) received(c *connection, n int) {
	if n == 0 { // the peer has finished
		s.drop(c)
		return
	}
	c.next = (*server).sent
	s.begun.Add(1)
	_, err := winsock.WSASend(c.socket, [][]byte{c.buffer[:n]}, 0, &c.overlapped, nil)
	s.check(c, err)
}

func (s *server) sent(c *connection, _ int) { s.receive(c) }

// check looks at how an operation has begun. One that has ended at once is
// told at the port like one that goes on; only one that failed at once is
// not. After it has begun, c belongs to whoever takes its packet.
func (s *server) check(c *connection, err error) {
	if err != nil && err != wsa.WSA_IO_PENDING {
		s.ended.Add(1)
		s.drop(c)
	}
}

// drop ends a connection that has no operation under way.
func (s *server) drop(c *connection) {
	winsock.CloseSocket(c.socket)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.connections[c] {
		delete(s.connections, c)
		s.empty.Done()
	}
}

// stop ends everything.
func (s *server) stop() {
	s.stopping.Store(true)
	winsock.CloseSocket(s.listener) // ends the accepts
	s.mu.Lock()
	open := make([]winsock.SOCKET, 0, len(s.connections))
	for c := range s.connections {
		open = append(open, c.socket)
	}
	s.mu.Unlock()
	for _, socket := range open {
		winsock.CloseSocket(socket) // ends its operation, which ends the connection
	}
	s.empty.Wait()
}
