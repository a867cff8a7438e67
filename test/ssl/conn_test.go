// SPDX-License-Identifier: Apache-2.0

package ssl

import (
	"crypto/sha256"
	"crypto/tls"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"testing"
	"time"

	"golang.org/x/net/nettest"

	"winsock"
	"winsock/internal/testpki"
	"winsock/wsa"
	"winsock/wsnet"
)

// TestConn runs the standard library's own conformance tests of net.Conn,
// with TLS at both ends, and with one layer above and one below it.
func TestConn(t *testing.T) {
	p := testpki.New(t)
	for name, versions := range map[string][]string{"1.2": {"max", "1.2"}, "1.3": {"min", "1.3"}} {
		t.Run(name, func(t *testing.T) {
			nettest.TestConn(t, func() (net.Conn, net.Conn, func(), error) {
				return pipe(t, []string{server(p, versions...)}, []string{client(p)})
			})
		})
	}
	t.Run("between layers", func(t *testing.T) {
		nettest.TestConn(t, func() (net.Conn, net.Conn, func(), error) {
			return pipe(t, []string{"filter:rule=default allow", server(p), "trace"},
				[]string{"trace", client(p), "filter:rule=default allow"})
		})
	})
	t.Run("twice", func(t *testing.T) {
		nettest.TestConn(t, func() (net.Conn, net.Conn, func(), error) {
			return pipe(t, []string{server(p), server(p)}, []string{client(p), client(p)})
		})
	})
}

// TestBulk: much data, both ways at once, comes whole and in order, and ends
// with the end of each direction.
func TestBulk(t *testing.T) {
	p := testpki.New(t)
	a, b, stop, err := pipe(t, []string{server(p)}, []string{client(p)})
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	const size = 16 << 20
	sent, got := make(chan [32]byte, 2), make(chan [32]byte, 2)
	for i, c := range []net.Conn{a, b} {
		go func() {
			r := rand.NewChaCha8([32]byte{byte(i)})
			h, buf := sha256.New(), make([]byte, 70000)
			for left := size; left > 0; {
				n := min(left, 1+int(r.Uint64()%uint64(len(buf))))
				r.Read(buf[:n])
				h.Write(buf[:n])
				if _, err := c.Write(buf[:n]); err != nil {
					t.Errorf("write: %v", err)
					break
				}
				left -= n
			}
			if err := c.(interface{ CloseWrite() error }).CloseWrite(); err != nil {
				t.Errorf("close: %v", err)
			}
			sent <- [32]byte(h.Sum(nil))
		}()
		go func() {
			h := sha256.New()
			if n, err := io.Copy(h, c); err != nil || n != size {
				t.Errorf("received %d bytes: %v", n, err)
			}
			got <- [32]byte(h.Sum(nil))
		}()
	}
	want := map[[32]byte]bool{<-sent: true, <-sent: true}
	for range 2 {
		if !want[<-got] {
			t.Error("what came is not what was sent")
		}
	}
}

// TestCloseAfterWrite: what was sent before a close arrives, however much
// and however slowly the peer takes it.
func TestCloseAfterWrite(t *testing.T) {
	p := testpki.New(t)
	for _, size := range []int{1, 100, 20000, 3 << 20} {
		a, b, stop, err := pipe(t, []string{server(p)}, []string{client(p)})
		if err != nil {
			t.Fatal(err)
		}
		go func() {
			a.Write(make([]byte, size))
			a.Close()
		}()
		if n, err := io.Copy(io.Discard, b); err != nil || n != int64(size) {
			t.Errorf("%d of %d bytes came: %v", n, size, err)
		}
		stop()
	}
}

// TestTruncated: an end without close_notify is told apart from a proper one.
func TestTruncated(t *testing.T) {
	p := testpki.New(t)
	cert := p.Server.TLS()
	for name, more := range map[string][]string{"refused": nil, "allowed": {"truncated", "true"}} {
		t.Run(name, func(t *testing.T) {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
			go func() {
				c, err := l.Accept()
				if err != nil {
					return
				}
				s := tls.Server(c, &tls.Config{Certificates: []tls.Certificate{cert}})
				s.Write([]byte("cut"))
				c.(*net.TCPConn).CloseWrite()
				io.Copy(io.Discard, c)
				c.Close()
			}()
			c, err := dial(l.Addr().String(), client(p, more...))
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			data, err := io.ReadAll(c)
			if string(data) != "cut" {
				t.Errorf("received %q", data)
			}
			if more == nil && !errors.Is(err, wsa.WSAECONNABORTED) || more != nil && err != nil {
				t.Errorf("the end is %v", err)
			}
		})
	}
}

// TestRest: a receive that waits is told of what somebody else has fetched
// from the socket below and left.
func TestRest(t *testing.T) {
	p := testpki.New(t)
	a, b, stop, err := pipe(t, []string{server(p)}, []string{client(p)})
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	s := b.(*wsnet.Conn).Socket()
	for range 300 {
		got := make(chan error, 1)
		go func() {
			_, err := io.ReadFull(b, make([]byte, 10))
			got <- err
		}()
		looked := make(chan struct{})
		go func() {
			defer close(looked)
			for {
				fds := []winsock.PollFd{{Fd: s, Events: wsa.POLLIN}}
				if n, err := winsock.WSAPoll(fds, 0); n > 0 || err != nil {
					return
				}
				select {
				case err := <-got:
					got <- err
					return
				default:
				}
			}
		}()
		if _, err := a.Write(make([]byte, 10)); err != nil {
			t.Fatal(err)
		}
		select {
		case err := <-got:
			if err != nil {
				t.Fatal(err)
			}
			got <- nil
		case <-time.After(patience):
			t.Fatal("the receive was not told")
		}
		<-looked
	}
}
