// SPDX-License-Identifier: Apache-2.0

package socks

import (
	"bytes"
	"log/slog"
	"net"
	"net/netip"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"winsock/catalog"
	"winsock/chain"
	"winsock/layer/socks/sockstest"
	_ "winsock/layer/trace"
	_ "winsock/namespace/fakeip"
	"winsock/spi"
	"winsock/wsa"
)

// patience bounds waits; it decides only how soon a broken layer fails.
const patience = time.Minute

// A world is a manager of chains with the layer at their top.
type world struct {
	t       testing.TB
	manager chain.Manager
	snap    *catalog.Snapshot
	options spi.Options
	log     *logText
}

// A logText is what a program's log says.
type logText struct {
	mu   sync.Mutex // protects text
	text bytes.Buffer
}

func (l *logText) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logText) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// newWorld makes chains over the kernel with these options.
func newWorld(t testing.TB, options spi.Options) *world {
	t.Helper()
	return newWorldOver(t, "kernel", options)
}

func newWorldOver(t testing.TB, base string, options spi.Options) *world {
	t.Helper()
	w := &world{t: t, options: options, log: &logText{}}
	if options["dns"] == "" {
		options["dns"] = "local"
	}
	store := catalog.NewStore(catalog.Config{File: filepath.Join(t.TempDir(), "catalog.toml")})
	if _, err := store.InstallDriver(base); err != nil {
		t.Fatal(err)
	}
	w.snap = store.Snapshot()
	w.manager.Log = slog.New(slog.NewTextHandler(w.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	t.Cleanup(w.manager.Shutdown)
	return w
}

// A sock is the top of a chain.
type sock struct {
	spi.Socket
	w     *world
	chain *chain.Chain
	once  sync.Once
}

func (s *sock) Close() error {
	s.once.Do(func() {
		if err := s.Socket.Close(); err != nil {
			s.w.t.Errorf("close: %v", err)
		}
		s.chain.Release()
	})
	return nil
}

// open opens a socket with the layer, and others on top of it.
func (w *world) open(family, socketType int32, above ...string) *sock {
	w.t.Helper()
	return w.openWith(family, socketType, append(above, spi.FormatPath("socks", w.options))...)
}

func (w *world) openWith(family, socketType int32, layers ...string) *sock {
	w.t.Helper()
	for _, e := range w.snap.Entries() {
		if e.Info.AddressFamily != family || e.Info.SocketType != socketType {
			continue
		}
		snap, entry, err := chain.Compose(w.snap, e, layers...)
		if err != nil {
			w.t.Fatal(err)
		}
		s, c, err := w.manager.Open(snap, entry, &spi.Opening{AddressFamily: family, SocketType: socketType})
		if err != nil {
			w.t.Fatalf("open: %v\n%s", err, w.log)
		}
		own := &sock{Socket: s, w: w, chain: c}
		w.t.Cleanup(func() { own.Close() })
		return own
	}
	w.t.Fatal("no such protocol")
	return nil
}

func at(text string) *wsa.Sockaddr {
	name := wsa.SockaddrFrom(netip.MustParseAddrPort(text))
	return &name
}

// wait calls try each time that one of the events may hold, until it returns
// true.
func (s *sock) wait(mask spi.Events, try func() bool) {
	s.w.t.Helper()
	woken := make(chan struct{}, 1)
	w := spi.Watcher{Mask: mask, Notify: func(spi.Events) {
		select {
		case woken <- struct{}{}:
		default:
		}
	}}
	s.Watch(&w)
	defer s.Unwatch(&w)
	late := time.After(patience)
	for !try() {
		select {
		case <-woken:
		case <-late:
			s.w.t.Fatalf("none of %v came about\n%s", mask, s.w.log)
		}
	}
}

// connect connects, and returns how that ended.
func (s *sock) connect(name *wsa.Sockaddr) error {
	s.w.t.Helper()
	err := s.Connect(name)
	if err == wsa.WSAEWOULDBLOCK {
		s.wait(spi.EventConnect|spi.EventConnectFail, func() bool {
			err = s.ConnectResult()
			return err != wsa.WSAEWOULDBLOCK
		})
	}
	return err
}

func (s *sock) mustConnect(name *wsa.Sockaddr) *sock {
	s.w.t.Helper()
	if err := s.connect(name); err != nil {
		s.w.t.Fatalf("connect to %v: %v\n%s", name, err, s.w.log)
	}
	return s
}

func (s *sock) sendTo(text string, to *wsa.Sockaddr) error {
	m := spi.Message{Name: to}
	m.SetBuffer([]byte(text))
	var err error
	s.wait(spi.EventWrite, func() bool {
		var n int
		n, err = s.Send(&m)
		if err == nil && n != len(text) {
			s.w.t.Errorf("send took %d bytes of %d", n, len(text))
		}
		return err != wsa.WSAEWOULDBLOCK
	})
	return err
}

func (s *sock) send(text string) {
	s.w.t.Helper()
	if err := s.sendTo(text, nil); err != nil {
		s.w.t.Fatalf("send: %v\n%s", err, s.w.log)
	}
}

// recvFrom receives, and returns what and from whom.
func (s *sock) recvFrom(flags uint32) (string, wsa.Sockaddr) {
	s.w.t.Helper()
	var from wsa.Sockaddr
	m := spi.Message{Name: &from}
	buf := make([]byte, 4000)
	m.SetBuffer(buf)
	var n int
	s.wait(spi.EventRead|spi.EventClose, func() bool {
		var err error
		m.Flags = flags
		n, err = s.Recv(&m)
		if err != nil && err != wsa.WSAEWOULDBLOCK {
			s.w.t.Fatalf("recv: %v\n%s", err, s.w.log)
		}
		return err == nil
	})
	return string(buf[:n]), from
}

func (s *sock) expect(want string) {
	s.w.t.Helper()
	got := ""
	for len(got) < len(want) {
		text, _ := s.recvFrom(0)
		if got += text; text == "" {
			break
		}
	}
	if got != want {
		s.w.t.Errorf("received %q, want %q", got, want)
	}
}

func (s *sock) peer() string {
	var name wsa.Sockaddr
	if err := s.GetPeerName(&name); err != nil {
		return err.(wsa.Errno).Name()
	}
	return name.String()
}

// echo starts a peer that says hello, and then answers with what it is sent.
func echo(t testing.TB) netip.AddrPort {
	t.Helper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var work sync.WaitGroup
	work.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			work.Go(func() {
				defer c.Close()
				c.SetDeadline(time.Now().Add(2 * patience))
				c.Write([]byte("hello"))
				b := make([]byte, 4096)
				for {
					n, err := c.Read(b)
					if err != nil {
						return
					}
					c.Write(b[:n])
				}
			})
		}
	})
	t.Cleanup(func() {
		l.Close()
		work.Wait()
	})
	return l.Addr().(*net.TCPAddr).AddrPort()
}

// talks checks that a socket is connected to an echo.
func (s *sock) talks() {
	s.w.t.Helper()
	s.expect("hello")
	s.send("ping")
	s.expect("ping")
}

// closedPort is an address where nobody listens, and nobody else will: it is
// bound.
func closedPort(t testing.TB) string {
	t.Helper()
	return sockstest.Refusing(t)
}
