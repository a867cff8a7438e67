// SPDX-License-Identifier: Apache-2.0

// Package transfer moves much data over many connections at once, by
// overlapped sends and receives on one completion port, and checks that each
// byte arrives once and in its order. Tests of layers and chains use it.
package transfer

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"hash"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"winsock"
	"winsock/wsa"
)

// SizeVariable is the environment variable with another amount of data than
// a test's own: a number of bytes, KiB, MiB or GiB.
const SizeVariable = "WINSOCK_TRANSFER"

// Size returns the amount of data that the environment wants, or else usual.
func Size(t testing.TB, usual int64) int64 {
	t.Helper()
	text := os.Getenv(SizeVariable)
	if text == "" {
		return usual
	}
	number, factor := text, int64(1)
	for i, unit := range []string{"KiB", "MiB", "GiB"} {
		if rest, ok := strings.CutSuffix(text, unit); ok {
			number, factor = rest, 1<<(10*(i+1))
		}
	}
	n, err := strconv.ParseInt(strings.TrimSpace(number), 10, 32)
	if err != nil || n <= 0 {
		t.Fatalf("%s=%s is no amount of data", SizeVariable, text)
	}
	return n * factor
}

// A Plan says what to move, and over what.
type Plan struct {
	Connections int
	Bytes       int64    // over all connections, half of it each way
	Client      []string // layers of the connecting ends, top first
	Server      []string // layers of the listener

	// At is the address to listen on. The zero value is IPv4's loopback.
	At wsa.Sockaddr
}

// patience is how long nothing may move before the transfer is given up.
const patience = 2 * time.Minute

// atOnce is how many connects are under way at a time. Handshakes take the
// processor's time, and have time limits.
const atOnce = 16

// most is the largest send, and the room for a receive.
const most = 48 << 10

// Run makes the connections, all of which are there before data moves, and
// moves the data both ways at the same time. It returns how long the data
// took. Whatever goes wrong fails the test.
func Run(t testing.TB, p Plan) time.Duration {
	t.Helper()
	if _, err := winsock.WSAStartup(winsock.Version22); err != nil {
		t.Fatal(err)
	}
	defer winsock.WSACleanup()
	r := &run{plan: p, t: t, block: make([]byte, 4<<20)}
	rand.NewChaCha8([32]byte{1}).Read(r.block)
	defer r.close()
	if !r.connect() {
		return 0
	}
	begun := time.Now()
	r.move()
	took := time.Since(begun)
	r.compare()
	return took
}

// A run is one transfer.
type run struct {
	plan  Plan
	t     testing.TB
	block []byte // random bytes, of which pieces are sent
	port  winsock.HANDLE
	ends  []*end // the clients, then the servers in the order they came

	open   atomic.Int64 // ends that are not done
	moved  atomic.Int64 // packets, so that a halt is noticed
	failed atomic.Bool
}

// An end is one side of a connection. Of each of its two operations there is
// one at a time, so that what belongs to it needs no lock.
type end struct {
	socket winsock.SOCKET
	server bool
	number int // of the connection; a server learns it from the first bytes

	send     winsock.Overlapped
	left     int64 // bytes that are still to be sent
	sending  int   // bytes under way
	sent     hash.Hash
	pieces   *rand.Rand
	gathered [3][]byte
	ended    bool // the end of the data is told

	recv     winsock.Overlapped
	room     [1][]byte
	received int64
	got      hash.Hash
	head     [8]byte

	running atomic.Int32 // directions that are not done
}

func (r *run) fail(format string, args ...any) {
	if !r.failed.Swap(true) {
		r.t.Errorf(format, args...)
	}
	if r.port != 0 {
		_ = winsock.PostQueuedCompletionStatus(r.port, 0, over, nil)
	}
}

// over is the key of the packet that ends a worker, which hands it on.
const over = ^uintptr(0)

// connect makes the connections.
func (r *run) connect() bool {
	n := r.plan.Connections
	l, err := open(r.plan.Server)
	if err != nil {
		r.fail("the listener: %v", err)
		return false
	}
	defer winsock.CloseSocket(l)
	name := r.plan.At
	if name.Family() == 0 {
		name = wsa.SockaddrBytes([]byte{wsa.AF_INET, 0, 0, 0, 127, 0, 0, 1, 15: 0})
	}
	for _, step := range []func() error{
		func() error { return winsock.Bind(l, &name) },
		func() error { return winsock.Listen(l, int32(n)) },
		func() error { return winsock.GetSockName(l, &name) },
	} {
		if err := step(); err != nil {
			r.fail("the listener: %v", err)
			return false
		}
	}
	clients, servers := make([]*end, n), make([]*end, 0, n)
	var work sync.WaitGroup
	work.Go(func() {
		for len(servers) < n {
			s, err := winsock.Accept(l, nil)
			if err != nil {
				r.fail("accept %d: %v", len(servers), err)
				return
			}
			servers = append(servers, r.end(s, true, -1))
		}
	})
	var connects sync.WaitGroup
	slots := make(chan struct{}, atOnce)
	for i := range n {
		slots <- struct{}{}
		connects.Go(func() {
			defer func() { <-slots }()
			s, err := open(r.plan.Client)
			if err == nil {
				clients[i] = r.end(s, false, i)
				err = winsock.Connect(s, &name)
			}
			if err != nil {
				r.fail("connect %d: %v", i, err)
			}
		})
	}
	connects.Wait()
	if r.failed.Load() {
		winsock.CloseSocket(l) // which ends the accepts
	}
	work.Wait()
	for _, e := range append(clients, servers...) {
		if e != nil {
			r.ends = append(r.ends, e)
		}
	}
	return !r.failed.Load()
}

func open(layers []string) (winsock.SOCKET, error) {
	c, err := winsock.Compose(wsa.AF_INET, wsa.SOCK_STREAM, wsa.IPPROTO_TCP, nil, layers...)
	if err != nil {
		return winsock.INVALID_SOCKET, err
	}
	return c.Socket(wsa.WSA_FLAG_OVERLAPPED)
}

func (r *run) end(s winsock.SOCKET, server bool, number int) *end {
	e := &end{socket: s, server: server, number: number, left: r.plan.Bytes / int64(2*r.plan.Connections),
		sent: sha256.New(), got: sha256.New(), pieces: rand.New(rand.NewPCG(rand.Uint64(), 0))}
	e.room[0] = make([]byte, most)
	e.running.Store(2)
	return e
}

// move begins both operations of every end and works off what comes of them.
func (r *run) move() {
	port, err := winsock.CreateIoCompletionPort(winsock.INVALID_HANDLE_VALUE, 0, 0, 0)
	if err != nil {
		r.fail("the port: %v", err)
		return
	}
	r.port = port
	defer winsock.CloseHandle(port)
	r.open.Store(int64(len(r.ends)))
	for i, e := range r.ends {
		if _, err := winsock.CreateIoCompletionPort(winsock.HANDLE(e.socket), port, uintptr(i), 0); err != nil {
			r.fail("to the port: %v", err)
			return
		}
	}
	for _, e := range r.ends {
		r.receive(e)
		r.next(e)
	}
	var workers sync.WaitGroup
	for range 4 {
		workers.Go(r.work)
	}
	workers.Wait()
}

// work takes packets from the port until the transfer is over.
func (r *run) work() {
	entries := make([]winsock.OverlappedEntry, 16)
	last, since := r.moved.Load(), time.Now()
	for {
		n, err := winsock.GetQueuedCompletionStatusEx(r.port, entries, 1000, false)
		if err == wsa.WSA_WAIT_TIMEOUT {
			if now := r.moved.Load(); now != last {
				last, since = now, time.Now()
			} else if time.Since(since) > patience {
				r.fail("nothing moves any more:\n%s", r.state())
			}
			continue
		}
		if err != nil {
			r.fail("the port: %v", err)
			return
		}
		for i := range entries[:n] {
			p := &entries[i]
			if p.Key == over {
				_ = winsock.PostQueuedCompletionStatus(r.port, 0, over, nil)
				return
			}
			r.moved.Add(1)
			if r.failed.Load() {
				continue
			}
			e := r.ends[p.Key]
			if err := p.Err(); err != nil {
				r.fail("%s: %v\n%s", e.describe(p.Overlapped), err, r.state())
			} else if p.Overlapped == &e.recv {
				r.arrived(e, int(p.Transferred))
			} else {
				r.gone(e, int(p.Transferred))
			}
		}
	}
}

// next sends another piece, or the end of the data.
func (r *run) next(e *end) {
	bufs := e.gathered[:0]
	switch {
	case !e.server && e.sending == 0: // the first: the connection's number
		binary.LittleEndian.PutUint64(e.head[:], uint64(e.number))
		e.sent.Write(e.head[:])
		e.sending = len(e.head)
		bufs = append(bufs, e.head[:])
	case e.left == 0:
		e.ended = true
		if err := winsock.Shutdown(e.socket, wsa.SD_SEND); err != nil {
			r.fail("%s: shutdown: %v", e.describe(&e.send), err)
			return
		}
		r.done(e)
		return
	default:
		n := int(min(e.left, 1+e.pieces.Int64N(most)))
		at := e.pieces.IntN(len(r.block) - n)
		piece := r.block[at : at+n]
		e.sent.Write(piece)
		e.left -= int64(n)
		e.sending = n
		for len(bufs) < cap(bufs)-1 && len(piece) > 1 && e.pieces.IntN(2) == 0 {
			cut := 1 + e.pieces.IntN(len(piece)-1)
			bufs, piece = append(bufs, piece[:cut]), piece[cut:]
		}
		bufs = append(bufs, piece)
	}
	if _, err := winsock.WSASend(e.socket, bufs, 0, &e.send, nil); err != nil && err != wsa.WSA_IO_PENDING {
		r.fail("%s: %v", e.describe(&e.send), err)
	}
}

func (r *run) gone(e *end, n int) {
	if n != e.sending {
		r.fail("%s: the send of %d bytes sent %d", e.describe(&e.send), e.sending, n)
		return
	}
	r.next(e)
}

func (r *run) receive(e *end) {
	if _, err := winsock.WSARecv(e.socket, e.room[:], nil, &e.recv, nil); err != nil && err != wsa.WSA_IO_PENDING {
		r.fail("%s: %v", e.describe(&e.recv), err)
	}
}

func (r *run) arrived(e *end, n int) {
	if n == 0 {
		r.done(e)
		return
	}
	data := e.room[0][:n]
	if e.server && e.received < int64(len(e.head)) {
		copy(e.head[e.received:], data)
	}
	e.received += int64(n)
	e.got.Write(data)
	r.receive(e)
}

// done ends one direction of an end, and with the second the end itself.
func (r *run) done(e *end) {
	if e.running.Add(-1) > 0 {
		return
	}
	if err := winsock.CloseSocket(e.socket); err != nil {
		r.fail("%s: close: %v", e.describe(&e.send), err)
	}
	e.socket = winsock.INVALID_SOCKET
	if r.open.Add(-1) == 0 {
		_ = winsock.PostQueuedCompletionStatus(r.port, 0, over, nil)
	}
}

// compare checks that each end has received what the other one has sent, and
// that no connection is missing.
func (r *run) compare() {
	if r.failed.Load() {
		return
	}
	n := r.plan.Connections
	seen := make([]bool, n)
	for _, s := range r.ends[n:] {
		i := binary.LittleEndian.Uint64(s.head[:])
		if i >= uint64(n) || seen[i] {
			r.fail("a server has connection %d, of %d, twice or wrong", i, n)
			return
		}
		seen[i] = true
		c := r.ends[i]
		if string(c.sent.Sum(nil)) != string(s.got.Sum(nil)) || string(s.sent.Sum(nil)) != string(c.got.Sum(nil)) {
			r.fail("connection %d: what arrives (%d and %d bytes) is not what was sent", i, s.received, c.received)
		}
	}
}

// close closes what is left of a failed transfer.
func (r *run) close() {
	for _, e := range r.ends {
		if e.socket != winsock.INVALID_SOCKET {
			winsock.CloseSocket(e.socket)
		}
	}
}

func (e *end) describe(ov *winsock.Overlapped) string {
	side, what := "client", "send"
	if e.server {
		side = "server"
	}
	if ov == &e.recv {
		what = "receive"
	}
	return fmt.Sprintf("a %s's %s", side, what)
}

// state tells how far the ends are. It is for a transfer that has failed, and
// looks at what others may write.
func (r *run) state() string {
	counts := map[string]int{}
	for _, e := range r.ends {
		side := "client"
		if e.server {
			side = "server"
		}
		counts[fmt.Sprintf("%s: %d directions to go, send pending %t, receive pending %t",
			side, e.running.Load(), !e.send.Done(), !e.recv.Done())]++
	}
	var b strings.Builder
	for text, n := range counts {
		fmt.Fprintf(&b, "%4d %s\n", n, text)
	}
	return b.String()
}
