// SPDX-License-Identifier: Apache-2.0

package spitest

import (
	"encoding/binary"
	"slices"
	"testing"
	"time"

	"winsock/spi"
	"winsock/wsa"
)

// patience is how long the suite waits for what has to happen. It decides
// only how soon a broken provider fails.
var patience = time.Minute

// An env is what a check works with.
type env struct {
	*testing.T
	network *Network
	info    *wsa.ProtocolInfo
}

// A sock is a socket that the check's end closes unless it is closed before.
type sock struct {
	spi.Socket
	e      *env
	closed bool
}

func (e *env) own(s spi.Socket) *sock {
	own := &sock{Socket: s, e: e}
	e.Cleanup(func() {
		if !own.closed {
			own.Close()
		}
	})
	return own
}

// Close closes the socket, which must succeed.
func (s *sock) Close() error {
	s.closed = true
	if err := s.Socket.Close(); err != nil {
		s.e.Errorf("close: %v", err)
	}
	return nil
}

func (e *env) open() *sock {
	e.Helper()
	s, err := e.network.Open(e.info)
	if err != nil {
		e.Fatalf("WSPSocket: %v", err)
	}
	return e.own(s)
}

// bound returns a socket bound to an address of this machine, and that
// address.
func (e *env) bound() (*sock, wsa.Sockaddr) {
	e.Helper()
	s := e.open()
	name := e.network.address(e, e.info)
	if err := s.Bind(&name); err != nil {
		e.Fatalf("bind to %v: %v", &name, err)
	}
	return s, s.name()
}

func (e *env) listener(backlog int32) (*sock, wsa.Sockaddr) {
	e.Helper()
	l, name := e.bound()
	if err := l.Listen(backlog); err != nil {
		e.Fatalf("listen: %v", err)
	}
	return l, name
}

// pair returns the two ends of a connection; on a connectionless protocol,
// two sockets connected to each other.
func (e *env) pair() (client, server *sock) {
	e.Helper()
	if e.info.ServiceFlags1&wsa.XP1_CONNECTIONLESS != 0 {
		a, aName := e.bound()
		b, bName := e.bound()
		a.connect(&bName)
		b.connect(&aName)
		return a, b
	}
	l, name := e.listener(8)
	client = e.open()
	server = e.join(client, l, &name)
	l.Close()
	return client, server
}

// join connects client to the listener and returns the other end.
func (e *env) join(client, l *sock, name *wsa.Sockaddr) *sock {
	e.Helper()
	if err := client.Connect(name); err != nil && err != wsa.WSAEWOULDBLOCK {
		e.Fatalf("connect to %v: %v", name, err)
	}
	server := e.accept(l)
	client.connected(name)
	return server
}

func (e *env) accept(l *sock) *sock {
	e.Helper()
	l.await(spi.EventAccept)
	s, err := l.Accept(nil)
	if err != nil {
		e.Fatalf("accept, with EventAccept set: %v", err)
	}
	return e.own(s)
}

func (s *sock) name() (name wsa.Sockaddr) {
	s.e.Helper()
	if err := s.GetSockName(&name); err != nil {
		s.e.Fatalf("getsockname: %v", err)
	}
	return name
}

func (s *sock) connect(name *wsa.Sockaddr) {
	s.e.Helper()
	if err := s.Connect(name); err != nil && err != wsa.WSAEWOULDBLOCK {
		s.e.Fatalf("connect to %v: %v", name, err)
	}
	if s.e.info.ServiceFlags1&wsa.XP1_CONNECTIONLESS == 0 {
		s.connected(name)
	}
}

func (s *sock) connected(name *wsa.Sockaddr) {
	s.e.Helper()
	s.await(spi.EventConnect | spi.EventConnectFail)
	if err := s.ConnectResult(); err != nil {
		s.e.Fatalf("connect to %v ended with %v", name, err)
	}
}

// A waiter waits on a socket by a watcher.
type waiter struct {
	spi.Watcher
	woken chan struct{}
}

func newWaiter(mask spi.Events) *waiter {
	w := &waiter{woken: make(chan struct{}, 1)}
	w.Mask = mask
	w.Notify = func(spi.Events) {
		select {
		case w.woken <- struct{}{}:
		default:
		}
	}
	return w
}

// wait waits for a notification. It returns false if none comes.
func (w *waiter) wait() bool {
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case <-w.woken:
		return true
	case <-timer.C:
		return false
	}
}

// await waits, by nothing but a watcher, until one of the events holds.
func (s *sock) await(mask spi.Events) spi.Events {
	s.e.Helper()
	var now spi.Events
	if !s.waits(mask, func() bool { now = s.Ready(mask); return now != 0 }) {
		s.e.Fatalf("none of %v came about; what holds is %v", mask, s.Ready(spi.EventAll))
	}
	return now
}

// waits repeats try each time the watcher is notified, until it returns true.
// It returns false if the notification never came.
func (s *sock) waits(mask spi.Events, try func() bool) bool {
	w := newWaiter(mask)
	s.Watch(&w.Watcher)
	defer s.Unwatch(&w.Watcher)
	for !try() {
		if !w.wait() {
			return false
		}
	}
	return true
}

// becomes waits until exactly the wanted events of the mask hold.
func (s *sock) becomes(rule string, mask, want spi.Events) {
	s.e.Helper()
	s.e.eventually(func() bool { return s.Ready(mask) == want }, func() {
		s.e.Fatalf("%s: of %v hold %v, want exactly %v", rule, mask, s.Ready(mask), want)
	})
}

// eventually waits for a condition that nothing announces.
func (e *env) eventually(holds func() bool, otherwise func()) {
	e.Helper()
	deadline := time.Now().Add(patience)
	for pause := 10 * time.Microsecond; !holds(); pause = min(2*pause, 10*time.Millisecond) {
		if time.Now().After(deadline) {
			otherwise()
			return
		}
		time.Sleep(pause)
	}
}

// send sends all of data, from one buffer.
func (s *sock) send(data []byte) {
	s.e.Helper()
	for len(data) > 0 {
		n := s.sendSome(data)
		data = data[n:]
	}
}

func (s *sock) sendSome(data []byte) (n int) {
	s.e.Helper()
	var m spi.Message
	m.SetBuffer(data)
	var err error
	if !s.waits(spi.EventWrite, func() bool { n, err = s.Send(&m); return err != wsa.WSAEWOULDBLOCK }) {
		s.e.Fatalf("send: WSAEWOULDBLOCK, and no EventWrite was announced; what holds is %v", s.Ready(spi.EventAll))
	}
	if err != nil {
		s.e.Fatalf("send: %v", err)
	}
	return n
}

// recv receives once, when there is something to be told.
func (s *sock) recv(p []byte) (n int, err error) {
	s.e.Helper()
	var m spi.Message
	m.SetBuffer(p)
	return s.recvMessage(&m)
}

func (s *sock) recvMessage(m *spi.Message) (n int, err error) {
	s.e.Helper()
	if !s.waits(spi.EventRead, func() bool { n, err = s.Recv(m); return err != wsa.WSAEWOULDBLOCK }) {
		s.e.Fatalf("recv: WSAEWOULDBLOCK, and no EventRead was announced; what holds is %v", s.Ready(spi.EventAll))
	}
	return n, err
}

// expect receives exactly want.
func (s *sock) expect(rule, want string) {
	s.e.Helper()
	buf := make([]byte, len(want))
	got := 0
	for got < len(buf) {
		n, err := s.recv(buf[got:])
		if err != nil || n == 0 {
			s.e.Fatalf("%s: recv after %q: %d, %v; want %q", rule, buf[:got], n, err, want)
		}
		got += n
	}
	if string(buf) != want {
		s.e.Fatalf("%s: received %q, want %q", rule, buf, want)
	}
}

// end expects the end of the data.
func (s *sock) end(rule string) {
	s.e.Helper()
	var buf [16]byte
	if n, err := s.recv(buf[:]); n != 0 || err != nil {
		s.e.Fatalf("%s: recv: %d (%q), %v; want the end of the data", rule, n, buf[:n], err)
	}
}

// try receives or sends without waiting.
func (s *sock) tryRecv(p []byte, flags uint32) (int, error) {
	m := spi.Message{Flags: flags}
	m.SetBuffer(p)
	return s.Recv(&m)
}

func (s *sock) trySend(p []byte, flags uint32) (int, error) {
	m := spi.Message{Flags: flags}
	m.SetBuffer(p)
	return s.Send(&m)
}

// fill sends until the socket would block and no more room is announced for
// a while, and returns how many bytes went.
func (s *sock) fill() (total int) {
	s.e.Helper()
	chunk := make([]byte, 64<<10)
	for i := range chunk {
		chunk[i] = byte(i)
	}
	w := newWaiter(spi.EventWrite)
	s.Watch(&w.Watcher)
	defer s.Unwatch(&w.Watcher)
	for {
		n, err := s.trySend(chunk, 0)
		total += n
		if err != nil && err != wsa.WSAEWOULDBLOCK {
			s.e.Fatalf("send: %v", err)
		}
		if total > 256<<20 {
			s.e.Fatalf("send took %d bytes that nobody receives: there is no backpressure", total)
		}
		if err == nil {
			continue
		}
		select {
		case <-w.woken:
		case <-time.After(20 * time.Millisecond):
			return total
		}
	}
}

func (s *sock) drain(total int) {
	s.e.Helper()
	buf := make([]byte, 64<<10)
	for total > 0 {
		n, err := s.recv(buf[:min(total, len(buf))])
		if n == 0 || err != nil {
			s.e.Fatalf("recv: %d, %v, with %d bytes still to come", n, err, total)
		}
		total -= n
	}
}

// want compares an error with a code, 0 being success.
func (e *env) want(what string, got error, codes ...wsa.Errno) {
	e.Helper()
	if slices.ContainsFunc(codes, func(code wsa.Errno) bool { return got == code.Err() }) {
		return
	}
	names := make([]string, len(codes))
	for i, code := range codes {
		if names[i] = code.Name(); code == 0 {
			names[i] = "success"
		}
	}
	e.Errorf("%s: got %s, want %v", what, errorName(got), names)
}

func errorName(err error) string {
	if code, ok := err.(wsa.Errno); ok {
		return code.Name()
	}
	if err == nil {
		return "success"
	}
	return "an error that is no plain wsa.Errno: " + err.Error()
}

// option returns an option of four bytes.
func (s *sock) option(level, name int32) uint32 {
	s.e.Helper()
	var value [4]byte
	n, err := s.GetSockOpt(level, name, value[:])
	if err != nil || n == 0 {
		s.e.Errorf("getsockopt %#x %#x: %d bytes, %v", level, name, n, err)
	}
	return binary.LittleEndian.Uint32(value[:])
}

func (s *sock) setOption(level, name int32, value uint32) error {
	return s.SetSockOpt(level, name, binary.LittleEndian.AppendUint32(nil, value))
}

// linger sets SO_LINGER.
func (s *sock) linger(onoff, seconds uint16) {
	s.e.Helper()
	value := binary.LittleEndian.AppendUint16(binary.LittleEndian.AppendUint16(nil, onoff), seconds)
	if err := s.SetSockOpt(wsa.SOL_SOCKET, wsa.SO_LINGER, value); err != nil {
		s.e.Fatalf("setsockopt SO_LINGER: %v", err)
	}
}

func (s *sock) fionread() int {
	s.e.Helper()
	var out [4]byte
	n, err := s.Ioctl(wsa.FIONREAD, nil, out[:])
	if n != 4 || err != nil {
		s.e.Fatalf("ioctl FIONREAD: %d bytes, %v", n, err)
	}
	return int(binary.LittleEndian.Uint32(out[:]))
}
