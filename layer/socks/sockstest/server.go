// SPDX-License-Identifier: Apache-2.0

// Package sockstest is a proxy for tests: SOCKS 4, 4a, and 5 with datagrams,
// and HTTP CONNECT, on loopback, with faults.
package sockstest

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// A Fault is what a server of the tests does wrong.
type Fault uint8

const (
	Well    Fault = iota
	Slow          // it answers byte by byte
	Garbage       // it answers what means nothing
	Silent        // it does not answer
	Early         // it closes the connection before its answer
	Late          // it closes the connection in the middle of its answer
	Long          // it answers with a name of 255 bytes, or a long header
	Eager         // the peer's first bytes are in the same packet as the answer
	Lossy         // it takes all that comes with the greeting for a part of it
)

// A Server is a proxy of the tests: SOCKS 4, 4a and 5 and HTTP, whatever the
// client begins with.
type Server struct {
	t testing.TB
	l net.Listener

	User, Pass string            // who may use it; empty: anybody
	Fault      Fault             // of all answers
	Code       atomic.Int32      // to answer SOCKS 5 with, instead of asking for anybody
	Status     atomic.Int32      // to answer HTTP with
	Names      map[string]string // addresses of names
	Refuse     []string          // hosts that are refused, and datagrams to them dropped

	mu    sync.Mutex // protects what follows
	asked []string   // whom it was asked for
	bound string     // where it listens for a client
	binds int        // how often it has begun to
	conns map[net.Conn]bool
	ended bool
	work  sync.WaitGroup
}

// Serve starts a server on loopback.
func Serve(t testing.TB, change ...func(*Server)) *Server {
	t.Helper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &Server{t: t, l: l, conns: map[net.Conn]bool{}}
	for _, f := range change {
		f(s)
	}
	s.work.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			s.work.Go(func() { s.client(c) })
		}
	})
	t.Cleanup(s.close)
	return s
}

func (s *Server) close() {
	s.l.Close()
	s.mu.Lock()
	s.ended = true
	for c := range s.conns {
		c.Close()
	}
	s.mu.Unlock()
	s.work.Wait()
}

// URL is the option for the server as one of a scheme.
func (s *Server) URL(scheme string) string {
	user := ""
	if s.User != "" {
		user = s.User + ":" + s.Pass + "@"
	}
	return scheme + "://" + user + s.l.Addr().String()
}

func (s *Server) keep(c net.Conn) (forget func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended {
		c.Close()
	}
	s.conns[c] = true
	return func() {
		c.Close()
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.conns, c)
	}
}

func (s *Server) note(text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked = append(s.asked, text)
}

// Requests returns whom the server was asked for since the last call.
func (s *Server) Requests() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	asked := s.asked
	s.asked = nil
	return asked
}

func (s *Server) client(c net.Conn) {
	defer s.keep(c)()
	r := bufio.NewReader(c)
	first, err := r.Peek(1)
	if err != nil {
		return
	}
	switch first[0] {
	case 5:
		err = s.socks5(c, r)
	case 4:
		err = s.socks4(c, r)
	default:
		err = s.http(c, r)
	}
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, net.ErrClosed) && !errors.Is(err, syscall.ECONNRESET) && !errors.Is(err, syscall.EPIPE) {
		s.t.Logf("the proxy: %v", err)
	}
}

// answer writes an answer, with the server's fault. It reports whether the
// client is served further.
func (s *Server) answer(c net.Conn, p []byte) bool {
	switch s.Fault {
	case Slow:
		for i := range p {
			c.Write(p[i : i+1])
			time.Sleep(200 * time.Microsecond)
		}
		return true
	case Garbage:
		c.Write([]byte("\x07\xff\xff\xff\xff\xff\xff\xff\xff\xff\r\n\r\n"))
		return false
	case Silent:
		io.Copy(io.Discard, c)
		return false
	case Early:
		return false
	case Late:
		c.Write(p[:len(p)/2])
		return false
	}
	c.Write(p)
	return true
}

func (s *Server) dial(host string, port uint16) (net.Conn, error) {
	if port == 0 { // a client tries what the proxy can do
		return nil, syscall.ECONNREFUSED
	}
	at := net.JoinHostPort(host, strconv.Itoa(int(port)))
	s.note(at)
	if slices.Contains(s.Refuse, host) {
		return nil, syscall.ECONNREFUSED
	}
	if addr, ok := s.Names[host]; ok {
		host = addr
	}
	return net.DialTimeout("tcp", net.JoinHostPort(host, strconv.Itoa(int(port))), 10*time.Second)
}

// carry carries the data between the two, after the answer.
func (s *Server) carry(c net.Conn, r *bufio.Reader, peer net.Conn, answer []byte) error {
	defer s.keep(peer)()
	if s.Fault == Eager {
		buf := make([]byte, 1000)
		n, _ := peer.Read(buf)
		answer = append(answer, buf[:n]...)
	}
	if !s.answer(c, answer) {
		return nil
	}
	var ways sync.WaitGroup
	ways.Go(func() { carryOne(peer, r, c) })
	carryOne(c, peer, peer)
	ways.Wait()
	return nil
}

// carryOne carries one direction, with its end or its reset.
func carryOne(to net.Conn, r io.Reader, from net.Conn) {
	// Not by splice, whose pipes are kept for later.
	if _, err := io.Copy(struct{ io.Writer }{to}, struct{ io.Reader }{r}); err != nil {
		for _, c := range []net.Conn{to, from} {
			c.(*net.TCPConn).SetLinger(0)
			c.Close()
		}
		return
	}
	to.(*net.TCPConn).CloseWrite()
}

func (s *Server) socks5(c net.Conn, r *bufio.Reader) error {
	head := make([]byte, 2)
	if _, err := io.ReadFull(r, head); err != nil {
		return err
	}
	methods := make([]byte, head[1])
	if _, err := io.ReadFull(r, methods); err != nil {
		return err
	}
	if s.Fault == Lossy {
		r.Discard(r.Buffered())
	}
	method := byte(0)
	if s.User != "" {
		method = 2
	}
	if !strings.Contains(string(methods), string(method)) {
		method = 0xff
	}
	if !s.answer(c, []byte{5, method}) || method == 0xff {
		return nil
	}
	if method == 2 {
		user, pass, err := readAuth(r)
		if err != nil {
			return err
		}
		if user != s.User || pass != s.Pass {
			s.answer(c, []byte{1, 1})
			return nil
		}
		if !s.answer(c, []byte{1, 0}) {
			return nil
		}
	}
	if _, err := io.ReadFull(r, head); err != nil {
		return err
	}
	if _, err := r.ReadByte(); err != nil {
		return err
	}
	host, port, err := readAddr(r)
	if err != nil {
		return err
	}
	if code := byte(s.Code.Load()); code != 0 {
		s.answer(c, []byte{5, code, 0, 1, 0, 0, 0, 0, 0, 0})
		return nil
	}
	switch head[1] {
	case 2:
		return s.bind(c, r, host, port, func(a netip.AddrPort) []byte { return appendAddr([]byte{5, 0, 0}, a) })
	case 3:
		return s.associate(c, r)
	}
	peer, err := s.dial(host, port)
	if err != nil {
		code := byte(1)
		if errors.Is(err, syscall.ECONNREFUSED) {
			code = 5
		}
		s.answer(c, []byte{5, code, 0, 1, 0, 0, 0, 0, 0, 0})
		return nil
	}
	answer := appendAddr([]byte{5, 0, 0}, peer.LocalAddr().(*net.TCPAddr).AddrPort())
	if s.Fault == Long {
		answer = append([]byte{5, 0, 0, 3, 255}, make([]byte, 255+2)...)
	}
	return s.carry(c, r, peer, answer)
}

func readAuth(r *bufio.Reader) (user, pass string, err error) {
	if _, err = r.ReadByte(); err != nil {
		return
	}
	for _, text := range []*string{&user, &pass} {
		n, err := r.ReadByte()
		if err != nil {
			return "", "", err
		}
		b := make([]byte, n)
		if _, err := io.ReadFull(r, b); err != nil {
			return "", "", err
		}
		*text = string(b)
	}
	return user, pass, nil
}

// readAddr reads the type, the address and the port.
func readAddr(r io.Reader) (host string, port uint16, err error) {
	b := make([]byte, 256)
	if _, err := io.ReadFull(r, b[:1]); err != nil {
		return "", 0, err
	}
	n := 0
	switch b[0] {
	case 1:
		n = 4
	case 4:
		n = 16
	case 3:
		if _, err := io.ReadFull(r, b[1:2]); err != nil {
			return "", 0, err
		}
		name := make([]byte, b[1])
		if _, err := io.ReadFull(r, name); err != nil {
			return "", 0, err
		}
		host = string(name)
	default:
		return "", 0, fmt.Errorf("the address has type %d", b[0])
	}
	if _, err := io.ReadFull(r, b[:n+2]); err != nil {
		return "", 0, err
	}
	if n > 0 {
		addr, _ := netip.AddrFromSlice(b[:n])
		host = addr.String()
	}
	return host, binary.BigEndian.Uint16(b[n:]), nil
}

func (s *Server) socks4(c net.Conn, r *bufio.Reader) error {
	b := make([]byte, 8)
	if _, err := io.ReadFull(r, b); err != nil {
		return err
	}
	user, err := r.ReadString(0)
	if err != nil {
		return err
	}
	host := netip.AddrFrom4([4]byte(b[4:])).String()
	if b[4] == 0 && b[5] == 0 && b[6] == 0 && b[7] != 0 {
		if host, err = r.ReadString(0); err != nil {
			return err
		}
		host = strings.TrimSuffix(host, "\x00")
	}
	if strings.TrimSuffix(user, "\x00") != s.User {
		s.answer(c, []byte{0, 93, 0, 0, 0, 0, 0, 0})
		return nil
	}
	port := binary.BigEndian.Uint16(b[2:])
	if b[1] == 2 {
		return s.bind(c, r, host, port, func(a netip.AddrPort) []byte {
			return append(binary.BigEndian.AppendUint16([]byte{0, 90}, a.Port()), a.Addr().AsSlice()...)
		})
	}
	peer, err := s.dial(host, port)
	if err != nil {
		s.answer(c, []byte{0, 91, 0, 0, 0, 0, 0, 0})
		return nil
	}
	return s.carry(c, r, peer, []byte{0, 90, 0, 0, 0, 0, 0, 0})
}

func (s *Server) http(c net.Conn, r *bufio.Reader) error {
	q, err := http.ReadRequest(r)
	if err != nil {
		return err
	}
	if s.User != "" {
		q.Header.Set("Authorization", q.Header.Get("Proxy-Authorization"))
		if user, pass, _ := q.BasicAuth(); user != s.User || pass != s.Pass {
			s.answer(c, []byte("HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n"))
			return nil
		}
	}
	if status := s.Status.Load(); status != 0 {
		s.answer(c, fmt.Appendf(nil, "HTTP/1.1 %d No\r\n\r\n", status))
		return nil
	}
	host, text, err := net.SplitHostPort(q.RequestURI)
	if err != nil || q.Method != "CONNECT" || q.Host != q.RequestURI {
		return fmt.Errorf("%s %s of %s", q.Method, q.RequestURI, q.Host)
	}
	port, _ := strconv.ParseUint(text, 10, 16)
	peer, err := s.dial(host, uint16(port))
	if err != nil {
		status := "502 Bad Gateway"
		if errors.Is(err, syscall.ECONNREFUSED) {
			status = "503 Service Unavailable"
		}
		s.answer(c, []byte("HTTP/1.1 "+status+"\r\n\r\n"))
		return nil
	}
	answer := "HTTP/1.1 200 Connection established\r\nVia: a test\r\n\r\n"
	if s.Fault == Long {
		answer = "HTTP/1.0 200 OK\nX: " + strings.Repeat("x", 5000) + "\n\n"
	}
	return s.carry(c, r, peer, []byte(answer))
}

func (s *Server) listens(at string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.bound = at; at != "" {
		s.binds++
	}
}

// Bound returns where the server listens for a client, if it does, and how
// often it has begun to.
func (s *Server) Bound() (at string, times int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.bound, s.binds
}

// bind waits for one connection for the client, at the port that it asks for.
// If only some host is expected, others are refused. The addresses go into the
// two answers.
func (s *Server) bind(c net.Conn, r *bufio.Reader, host string, port uint16, answer func(netip.AddrPort) []byte) error {
	s.note("bind " + net.JoinHostPort(host, strconv.Itoa(int(port))))
	l, err := net.ListenTCP("tcp4", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: int(port)})
	if err != nil {
		c.Close()
		return err
	}
	defer l.Close()
	s.listens(l.Addr().String())
	if !s.answer(c, answer(l.Addr().(*net.TCPAddr).AddrPort())) {
		return nil
	}
	gone := make(chan struct{})
	go func() { // a client that ends the connection does not want it any more
		defer close(gone)
		if _, err := r.Peek(1); err != nil {
			l.Close()
		}
	}()
	for {
		peer, err := l.AcceptTCP()
		if err != nil {
			c.Close()
			<-gone
			return nil
		}
		from := peer.RemoteAddr().(*net.TCPAddr).AddrPort()
		if host != "0.0.0.0" && host != from.Addr().Unmap().String() {
			peer.Close()
			continue
		}
		l.Close()
		s.listens("")
		defer s.keep(peer)()
		if !s.answer(c, answer(netip.AddrPortFrom(from.Addr().Unmap(), from.Port()))) {
			c.Close()
			<-gone
			return nil
		}
		var ways sync.WaitGroup
		ways.Go(func() { carryOne(c, peer, peer) })
		<-gone // what the client has sent, or its end
		carryOne(peer, r, c)
		ways.Wait()
		return nil
	}
}

// Addr is where the server listens.
func (s *Server) Addr() string { return s.l.Addr().String() }

// Stop has the server refuse new clients.
func (s *Server) Stop() { s.l.Close() }

// Disconnect closes all connections.
func (s *Server) Disconnect() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.conns {
		c.Close()
	}
}

// appendAddr appends an address as SOCKS 5 has it.
func appendAddr(b []byte, a netip.AddrPort) []byte {
	if addr := a.Addr(); addr.Is4() {
		b = append(append(b, 1), addr.AsSlice()...)
	} else {
		b = append(append(b, 4), addr.AsSlice()...)
	}
	return binary.BigEndian.AppendUint16(b, a.Port())
}

// associate carries datagrams between the client and whom it asks for, as
// long as the connection lasts.
func (s *Server) associate(c net.Conn, r *bufio.Reader) error {
	s.note("udp")
	inner, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		return err
	}
	defer inner.Close()
	outer, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		return err
	}
	defer outer.Close()
	at := inner.LocalAddr().(*net.UDPAddr).AddrPort()
	if !s.answer(c, appendAddr([]byte{5, 0, 0}, netip.AddrPortFrom(netip.IPv4Unspecified(), at.Port()))) {
		return nil
	}
	var mu sync.Mutex
	var client netip.AddrPort
	var ways sync.WaitGroup
	ways.Go(func() {
		b := make([]byte, 1<<16)
		for {
			n, from, err := inner.ReadFromUDPAddrPort(b)
			if err != nil {
				return
			}
			mu.Lock()
			client = from
			mu.Unlock()
			in := strings.NewReader(string(b[3:n]))
			host, port, err := readAddr(in)
			if err != nil || b[0] != 0 || b[1] != 0 || b[2] != 0 {
				s.t.Errorf("a datagram with the header % x: %v", b[:10], err)
				continue
			}
			s.note(net.JoinHostPort(host, strconv.Itoa(int(port))))
			if addr, ok := s.Names[host]; ok {
				host = addr
			}
			to, err := netip.ParseAddr(host)
			if err != nil || slices.Contains(s.Refuse, host) {
				continue
			}
			rest, _ := io.ReadAll(in)
			outer.WriteToUDPAddrPort(rest, netip.AddrPortFrom(to, port))
		}
	})
	ways.Go(func() {
		b := make([]byte, 1<<16)
		for {
			n, from, err := outer.ReadFromUDPAddrPort(b)
			if err != nil {
				return
			}
			mu.Lock()
			to := client
			mu.Unlock()
			head := appendAddr([]byte{0, 0, 0}, netip.AddrPortFrom(from.Addr().Unmap(), from.Port()))
			inner.WriteToUDPAddrPort(append(head, b[:n]...), to)
		}
	})
	io.Copy(io.Discard, r)
	inner.Close()
	outer.Close()
	ways.Wait()
	return nil
}

// Refusing returns an address that refuses connections until the test ends:
// somebody is bound there, and does not listen.
func Refusing(t testing.TB) string {
	t.Helper()
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { syscall.Close(fd) })
	if err := syscall.Bind(fd, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		t.Fatal(err)
	}
	name, err := syscall.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprint("127.0.0.1:", name.(*syscall.SockaddrInet4).Port)
}
