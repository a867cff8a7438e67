// SPDX-License-Identifier: Apache-2.0

package run

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/netip"
	"os"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"winsock/test/ports"
)

// A lockedBuffer is what a program writes while others may read it.
type lockedBuffer struct {
	mu sync.Mutex // protects b
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// tail returns the last lines.
func (l *lockedBuffer) tail() string {
	s := l.String()
	return s[max(0, len(s)-3000):]
}

var loopbacks = []netip.Addr{netip.MustParseAddr("127.0.0.1"), netip.MustParseAddr("::1")}

var loopback = loopbacks[0]

func addrOf(a net.Addr) netip.AddrPort { return netip.MustParseAddrPort(a.String()) }

func listen(t *testing.T, host netip.Addr) (net.Listener, netip.AddrPort) {
	t.Helper()
	l, err := net.Listen("tcp", netip.AddrPortFrom(host, 0).String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l, addrOf(l.Addr())
}

// webServer starts a server of this process:
//
//	GET /file        the payload
//	PUT, POST /sum   answers with the sum of what was sent
//	GET /peer        answers with the client's name
//	GET /small?N     answers with N and a line of some bytes
func webServer(t *testing.T, host netip.Addr) netip.AddrPort {
	t.Helper()
	l, addr := listen(t, host)
	mux := http.NewServeMux()
	mux.HandleFunc("/file", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", strconv.Itoa(len(shared.payload)))
		w.Write(shared.payload)
	})
	mux.HandleFunc("/sum", func(w http.ResponseWriter, r *http.Request) {
		sum := sha256.New()
		if _, err := io.Copy(sum, r.Body); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		io.WriteString(w, hex.EncodeToString(sum.Sum(nil)))
	})
	mux.HandleFunc("/peer", func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, r.RemoteAddr)
	})
	mux.HandleFunc("/small", func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, small(r.URL.RawQuery))
	})
	s := &http.Server{Handler: mux, ErrorLog: log.New(io.Discard, "", 0)}
	go s.Serve(l)
	t.Cleanup(func() { s.Close() })
	return addr
}

func small(n string) string { return n + " " + strings.Repeat("x", 300) }

// An echoServer tells each client its name in a line and then sends back
// what comes, until the client has ended its side.
type echoServer struct {
	addr     netip.AddrPort
	accepted atomic.Int64
	open     atomic.Int64
}

func newEchoServer(t *testing.T, host netip.Addr) *echoServer {
	t.Helper()
	l, addr := listen(t, host)
	s := &echoServer{addr: addr}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			s.accepted.Add(1)
			s.open.Add(1)
			go func() {
				defer s.open.Add(-1)
				defer c.Close()
				fmt.Fprintln(c, c.RemoteAddr())
				io.Copy(c, c)
			}()
		}
	}()
	return s
}

// askEcho checks a server of the same kind that is a program: it must know
// its client's name, and its own.
func askEcho(server netip.AddrPort, size int) error {
	c, err := net.DialTimeout("tcp", server.String(), time.Minute)
	if err != nil {
		return err
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(60 * time.Second))
	r := bufio.NewReader(c)
	line, err := r.ReadString('\n')
	if err != nil {
		return fmt.Errorf("the line: %w", err)
	}
	if want := fmt.Sprintf("%s %s\n", c.LocalAddr(), c.RemoteAddr()); line != want {
		return fmt.Errorf("the server says %q, want %q", line, want)
	}
	payload := shared.payload[:size]
	sent := make(chan error, 1)
	go func() {
		_, err := c.Write(payload)
		if err == nil {
			err = c.(*net.TCPConn).CloseWrite()
		}
		sent <- err
	}()
	got, err := io.ReadAll(r)
	if err != nil {
		return fmt.Errorf("receiving: %w", err)
	}
	if err := <-sent; err != nil {
		return fmt.Errorf("sending: %w", err)
	}
	if !bytes.Equal(got, payload) {
		return fmt.Errorf("%d bytes came back of %d, or others", len(got), size)
	}
	return nil
}

// askMany has several clients ask a server of the echo kind.
func askMany(t *testing.T, server netip.AddrPort, clients, each int) {
	t.Helper()
	failed := make(chan error, clients)
	for range clients {
		go func() {
			var err error
			for i := 0; i < each && err == nil; i++ {
				err = askEcho(server, 1000*i)
			}
			failed <- err
		}()
	}
	for range clients {
		if err := <-failed; err != nil {
			t.Error(err)
		}
	}
}

// datagramServer answers each datagram with its sender's name, a blank and
// what was sent. It does so from a socket that is bound to one address.
func datagramServer(t *testing.T, host netip.Addr) netip.AddrPort {
	t.Helper()
	c, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.AddrPortFrom(host, 0)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	go func() {
		b := make([]byte, 65536)
		for {
			n, from, err := c.ReadFromUDPAddrPort(b)
			if err != nil {
				return
			}
			from = netip.AddrPortFrom(from.Addr().Unmap(), from.Port())
			c.WriteToUDPAddrPort(append([]byte(from.String()+" "), b[:n]...), from)
		}
	}()
	return addrOf(c.LocalAddr())
}

// freePort returns an address of host with a port that nobody uses.
func freePort(t *testing.T, host netip.Addr) netip.AddrPort {
	return netip.MustParseAddrPort(net.JoinHostPort(host.String(), ports.Free(t, host.String())))
}

// awaitListener waits until the program, or winsock for it, listens on the
// port. It asks the kernel's table: connecting would use up a connection, and
// binding would take the port away.
func awaitListener(t *testing.T, c *command, addr netip.AddrPort) {
	t.Helper()
	await(t, c, addr, "0A", "/proc/net/tcp", "/proc/net/tcp6")
}

// awaitDatagrams waits until the program, or winsock for it, has a UDP socket
// that is bound to the port.
func awaitDatagrams(t *testing.T, c *command, addr netip.AddrPort) {
	t.Helper()
	await(t, c, addr, "07", "/proc/net/udp", "/proc/net/udp6")
}

func await(t *testing.T, c *command, addr netip.AddrPort, state string, tables ...string) {
	t.Helper()
	entry := regexp.MustCompile(fmt.Sprintf(`(?m)^ *[0-9]+: [0-9A-F]+:%04X [0-9A-F:]+ %s (?:[^ ]+ +){5}([0-9]+)`, addr.Port(), state))
	for end := time.Now().Add(60 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		for _, table := range tables {
			text, _ := os.ReadFile(table)
			for _, found := range entry.FindAllStringSubmatch(string(text), -1) {
				if c.holds("socket:[" + found[1] + "]") {
					return
				}
			}
		}
		if len(c.processes()) == 0 {
			break
		}
	}
	t.Fatalf("nobody has port %d\n%s", addr.Port(), c.errors.tail())
}
