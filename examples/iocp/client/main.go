// SPDX-License-Identifier: Apache-2.0

// The client opens many connections to an echo server, keeps them all open,
// and checks every byte that comes back. Like the server it lives on a
// completion port.
//
//	iocp/client -server 127.0.0.1:7007 [-connections 10000] [-rounds 10] [-workers 2]
//
// It fails if a connection does, or if not every operation that has begun
// has ended.
package main

import (
	"errors"
	"flag"
	"fmt"
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
	bufferSize = 1500
	window     = 500 // connections that are being made at once
)

// A connection is a socket with its operation under way. The structure comes
// first, so that a packet leads back to the connection.
type connection struct {
	overlapped winsock.Overlapped
	socket     winsock.SOCKET
	next       func(k *client, c *connection, n int) // what its operation's end leads to

	number, round int
	message       [bufferSize]byte
	size, have    int
	buffer        [bufferSize]byte
}

// of is CONTAINING_RECORD: the connection of a packet.
func of(overlapped *winsock.Overlapped) *connection {
	return (*connection)(unsafe.Pointer(overlapped))
}

type client struct {
	port   winsock.HANDLE
	server wsa.Sockaddr
	rounds int

	begun, ended, bytes atomic.Int64

	mu        sync.Mutex // protects what follows
	failure   error      // the first
	waiting   []*connection
	connected []*connection // and have no operation under way until all are
	left      int           // connections that are not over
	over      chan struct{} // closed when there are none
}

func main() {
	server := flag.String("server", "127.0.0.1:7007", "address of the echo server")
	connections := flag.Int("connections", 10_000, "how many to open")
	rounds := flag.Int("rounds", 10, "messages on each connection")
	workers := flag.Int("workers", runtime.NumCPU(), "goroutines that work")
	flag.Parse()
	// Go raises the limit of descriptors to what is allowed at the start of
	// a program that uses package os.
	if err := run(*server, *connections, *rounds, *workers); err != nil {
		fmt.Fprintln(os.Stderr, "client:", err)
		os.Exit(1)
	}
}

func run(server string, connections, rounds, workers int) error {
	address, err := netip.ParseAddrPort(server)
	if err != nil {
		return err
	}
	if connections <= 0 {
		return errors.New("no connections")
	}
	if _, err := winsock.WSAStartup(winsock.Version22); err != nil {
		return err
	}
	defer winsock.WSACleanup()
	k := &client{server: wsa.SockaddrFrom(address), rounds: rounds, left: connections, over: make(chan struct{})}
	if k.port, err = winsock.CreateIoCompletionPort(winsock.INVALID_HANDLE_VALUE, 0, 0, 0); err != nil {
		return err
	}
	var loops sync.WaitGroup
	for range workers {
		loops.Go(k.routineWork)
	}
	for i := range connections {
		k.waiting = append(k.waiting, &connection{number: i, socket: winsock.INVALID_SOCKET})
	}
	for range min(window, connections) {
		k.connectNext()
	}
	<-k.over
	winsock.CloseHandle(k.port)
	loops.Wait()
	fmt.Printf("connections %d, bytes %d, operations begun %d ended %d\n", connections, k.bytes.Load(), k.begun.Load(), k.ended.Load())
	if k.begun.Load() != k.ended.Load() {
		return fmt.Errorf("%d operations are unaccounted for", k.begun.Load()-k.ended.Load())
	}
	return k.failure
}

// routineWork takes packets until the port is closed. One with a key is the
// client's own.
func (k *client) routineWork() {
	var entries [32]winsock.OverlappedEntry
	for {
		n, err := winsock.GetQueuedCompletionStatusEx(k.port, entries[:], wsa.WSA_INFINITE, false)
		if err != nil {
			return
		}
		for _, e := range entries[:n] {
			c := of(e.Overlapped)
			if e.Key != 0 {
				k.talk(c)
				continue
			}
			k.ended.Add(1)
			if e.Err() != nil {
				k.fail(c, e.Err())
				continue
			}
			c.next(k, c, int(e.Transferred))
		}
	}
}

// connectNext begins to make one more connection. After a failure there is
// no point in it.
func (k *client) connectNext() {
	k.mu.Lock()
	if len(k.waiting) == 0 {
		k.mu.Unlock()
		return
	}
	c := k.waiting[len(k.waiting)-1]
	k.waiting = k.waiting[:len(k.waiting)-1]
	failure := k.failure
	k.mu.Unlock()
	if failure != nil {
		k.close(c)
		return
	}
	var err error
	local := wildcard(&k.server)
	if c.socket, err = winsock.Socket(int32(k.server.Family()), wsa.SOCK_STREAM, 0); err != nil {
		k.fail(c, err)
		return
	}
	if err := winsock.Bind(c.socket, &local); err != nil { // which ConnectEx wants
		k.fail(c, err)
		return
	}
	if _, err := winsock.CreateIoCompletionPort(winsock.HANDLE(c.socket), k.port, 0, 0); err != nil {
		k.fail(c, err)
		return
	}
	c.next = (*client).established
	k.begun.Add(1)
	_, err = winsock.ConnectEx(c.socket, &k.server, nil, &c.overlapped)
	k.check(c, err)
}

// wildcard is the address that leaves everything to the system.
func wildcard(server *wsa.Sockaddr) wsa.Sockaddr {
	if server.Family() == wsa.AF_INET6 {
		return wsa.SockaddrFrom(netip.AddrPortFrom(netip.IPv6Unspecified(), 0))
	}
	return wsa.SockaddrFrom(netip.AddrPortFrom(netip.IPv4Unspecified(), 0))
}

// established is called when c is connected. When all are, they begin to
// talk.
func (k *client) established(c *connection, _ int) {
	if err := winsock.SetSockOpt(c.socket, wsa.SOL_SOCKET, wsa.SO_UPDATE_CONNECT_CONTEXT, nil); err != nil {
		k.fail(c, err)
		return
	}
	k.mu.Lock()
	if k.failure != nil {
		k.mu.Unlock()
		k.close(c)
		return
	}
	k.connected = append(k.connected, c)
	var all []*connection
	if len(k.connected) == k.left {
		all, k.connected = k.connected, nil
	}
	k.mu.Unlock()
	k.connectNext()
	for _, c := range all {
		winsock.PostQueuedCompletionStatus(k.port, 0, 1, &c.overlapped)
	}
}

// talk sends the next message.
func (k *client) talk(c *connection) {
	if c.round == k.rounds {
		k.finish(c)
		return
	}
	c.round++
	c.size, c.have = 1+(c.number*31+c.round*977)%bufferSize, 0
	for i := range c.size {
		c.message[i] = byte(c.number + 7*c.round + i*i)
	}
	c.next = (*client).sent
	k.begun.Add(1)
	_, err := winsock.WSASend(c.socket, [][]byte{c.message[:c.size]}, 0, &c.overlapped, nil)
	k.check(c, err)
}

func (k *client) sent(c *connection, n int) {
	if n != c.size {
		k.fail(c, fmt.Errorf("a send of %d bytes ended with %d", c.size, n))
		return
	}
	k.receive(c)
}

func (k *client) receive(c *connection) {
	c.next = (*client).received
	k.begun.Add(1)
	_, err := winsock.WSARecv(c.socket, [][]byte{c.buffer[:]}, nil, &c.overlapped, nil)
	k.check(c, err)
}

// received compares what has come with what was sent.
func (k *client) received(c *connection, n int) {
	k.bytes.Add(int64(n))
	if n == 0 || c.have+n > c.size || string(c.buffer[:n]) != string(c.message[c.have:c.have+n]) {
		k.fail(c, fmt.Errorf("connection %d, round %d: %d bytes came after %d of %d, and they are not what was sent", c.number, c.round, n, c.have, c.size))
		return
	}
	if c.have += n; c.have < c.size {
		k.receive(c)
		return
	}
	k.talk(c)
}

// finish tells the server that no more will come.
func (k *client) finish(c *connection) {
	if err := winsock.Shutdown(c.socket, wsa.SD_SEND); err != nil {
		k.fail(c, err)
		return
	}
	c.next = (*client).finished
	k.begun.Add(1)
	_, err := winsock.WSARecv(c.socket, [][]byte{c.buffer[:]}, nil, &c.overlapped, nil)
	k.check(c, err)
}

func (k *client) finished(c *connection, n int) {
	if n > 0 {
		k.fail(c, fmt.Errorf("connection %d: %d bytes came after the last", c.number, n))
		return
	}
	k.close(c)
}

// check looks at how an operation has begun. One that has ended at once is
// told at the port like one that goes on; only one that failed at once is
// not. After it has begun, c belongs to whoever takes its packet.
func (k *client) check(c *connection, err error) {
	if err != nil && err != wsa.WSA_IO_PENDING {
		k.ended.Add(1)
		k.fail(c, err)
	}
}

// fail ends everything, as the test is lost: c, and all without an operation
// under way. The others end with theirs.
func (k *client) fail(c *connection, err error) {
	k.mu.Lock()
	first := k.failure == nil
	if first {
		k.failure = err
	}
	idle := k.connected
	k.connected = nil
	k.mu.Unlock()
	k.close(c)
	if !first {
		return
	}
	for _, c := range idle {
		k.close(c)
	}
	for {
		k.mu.Lock()
		n := len(k.waiting)
		k.mu.Unlock()
		if n == 0 {
			return
		}
		k.connectNext()
	}
}

// close ends a connection that has no operation under way.
func (k *client) close(c *connection) {
	if c.socket != winsock.INVALID_SOCKET {
		winsock.CloseSocket(c.socket)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.left--; k.left == 0 {
		close(k.over)
	}
}
