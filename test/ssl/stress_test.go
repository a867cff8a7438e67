// SPDX-License-Identifier: Apache-2.0

package ssl

import (
	"crypto/sha256"
	"crypto/tls"
	"io"
	"math/rand/v2"
	"net"
	"sync"
	"testing"
	"time"

	"winsock"
	"winsock/internal/testpki"
	"winsock/wsa"
)

// TestMany: many connections at once, each with its own data, which comes back
// whole.
func TestMany(t *testing.T) {
	p := testpki.New(t)
	l := listen(t, server(p))
	var conns sync.WaitGroup
	defer conns.Wait()
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			conns.Go(func() {
				defer c.Close()
				io.Copy(c, c)
			})
		}
	}()
	var clients sync.WaitGroup
	for i := range 60 {
		clients.Go(func() {
			c, err := dial(l.Addr().String(), client(p))
			if err != nil {
				t.Error(err)
				return
			}
			defer c.Close()
			size := 1 + rand.IntN(400000)
			sum, sent := sha256.New(), make(chan struct{})
			go func() {
				defer close(sent)
				r := rand.NewChaCha8([32]byte{byte(i)})
				for left := size; left > 0; {
					b := make([]byte, min(left, 1+rand.IntN(30000)))
					r.Read(b)
					sum.Write(b)
					if _, err := c.Write(b); err != nil {
						t.Error(err)
						break
					}
					left -= len(b)
				}
				c.(interface{ CloseWrite() error }).CloseWrite()
			}()
			got := sha256.New()
			if n, err := io.Copy(got, c); err != nil || n != int64(size) {
				t.Errorf("%d of %d bytes came back: %v", n, size, err)
			} else if <-sent; string(got.Sum(nil)) != string(sum.Sum(nil)) {
				t.Error("what came back is not what was sent")
			}
		})
	}
	clients.Wait()
	l.Close()
}

// TestSlowClients: connections that say nothing hold up nobody.
func TestSlowClients(t *testing.T) {
	started(t)
	p := testpki.New(t)
	l := open(t, server(p))
	name := wsa.SockaddrFrom(netLoopback)
	check(t, "bind", winsock.Bind(l, &name), 0)
	check(t, "listen", winsock.Listen(l, 1), 0)
	check(t, "name", winsock.GetSockName(l, &name), 0)
	ap, _ := name.AddrPort()
	for range 20 {
		c, err := net.DialTimeout("tcp", ap.String(), patience)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
	}
	d := net.Dialer{Timeout: patience}
	c, err := tls.DialWithDialer(&d, "tcp", ap.String(), &tls.Config{RootCAs: p.Roots})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	s, err := winsock.Accept(l, nil)
	check(t, "accept", err, 0)
	winsock.CloseSocket(s)
}

// TestTimeout: a handshake that never ends is WSAETIMEDOUT.
func TestTimeout(t *testing.T) {
	started(t)
	p := testpki.New(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	s := open(t, client(p, "timeout", "50ms"))
	check(t, "connect", winsock.Connect(s, address(l.Addr())), wsa.WSAETIMEDOUT)

	// Closing ends one that is under way.
	s = open(t, client(p))
	ended := make(chan error)
	go func() { ended <- winsock.Connect(s, address(l.Addr())) }()
	time.Sleep(50 * time.Millisecond) // most likely the connect is waiting by now
	winsock.CloseSocket(s)
	if err := <-ended; err != wsa.WSAEINTR && err != wsa.WSAENOTSOCK {
		t.Errorf("connect on a closed socket: %v", err)
	}
}

// TestHookPanics: a hook that panics costs its connection only.
func TestHookPanics(t *testing.T) {
	started(t)
	p := testpki.New(t)
	l := newPeer(t, &tls.Config{Certificates: []tls.Certificate{p.Server.TLS()}})
	s := secured(t, layer())
	check(t, "hook", winsock.SetValidateCertHook(s, func(uint32, uint64, [][]byte, uint32) int32 { panic("hook") }, 0), 0)
	check(t, "connect", winsock.Connect(s, address(l.Addr())), wsa.WSAECONNABORTED)
	check(t, "close", winsock.CloseSocket(s), 0)
	if data := <-l.data; len(data) > 0 {
		t.Errorf("the server has received %q", data)
	}
}

// TestAlert: a peer whose records are wrong is told so, and the program's
// data goes no further.
func TestAlert(t *testing.T) {
	started(t)
	p := testpki.New(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	told := make(chan error, 1)
	go func() {
		c, err := l.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		c.SetDeadline(time.Now().Add(patience))
		s := tls.Server(c, &tls.Config{Certificates: []tls.Certificate{p.Server.TLS()}})
		if err := s.Handshake(); err != nil {
			told <- err
			return
		}
		c.Write(append([]byte{23, 3, 3, 0, 40}, make([]byte, 40)...))
		_, err = s.Read(make([]byte, 1))
		told <- err
	}()
	s := open(t, client(p))
	check(t, "connect", winsock.Connect(s, address(l.Addr())), 0)
	_, err = winsock.Recv(s, make([]byte, 10), 0)
	check(t, "recv of a wrong record", err, wsa.WSAECONNABORTED)
	_, err = winsock.Send(s, []byte("x"), 0)
	check(t, "send afterwards", err, wsa.WSAECONNABORTED)
	if err := <-told; err == nil || err == io.EOF {
		t.Errorf("the peer is told %v", err)
	} else {
		t.Log(err)
	}
}
