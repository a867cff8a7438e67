// SPDX-License-Identifier: Apache-2.0

package filter

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"winsock/catalog"
	"winsock/chain"
	_ "winsock/layer/trace" // a layer for chain rules
	"winsock/spi"
	"winsock/spi/layer"
	"winsock/wsa"
)

// patience bounds waits; it decides only how soon a broken filter fails.
const patience = time.Minute

// A world is a manager of chains with a filter at their top.
type world struct {
	t       testing.TB
	manager chain.Manager
	snap    *catalog.Snapshot
	file    string // of the rules
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

var networks atomic.Int32

// newWorld makes chains over the base provider with the rules in a file.
func newWorld(t testing.TB, base, text string) *world {
	t.Helper()
	dir := t.TempDir()
	w := &world{t: t, file: filepath.Join(dir, "rules"), log: &logText{}}
	w.options = spi.Options{"rules": w.file, "reload": "0"}
	w.write(text)
	path := base
	if base == "mem" { // all chains are to be on one network
		path = fmt.Sprintf("mem:network=filter%d", networks.Add(1))
	}
	store := catalog.NewStore(catalog.Config{File: filepath.Join(dir, "catalog.toml")})
	if _, err := store.InstallDriver(path); err != nil {
		t.Fatal(err)
	}
	w.snap = store.Snapshot()
	w.manager.Log = slog.New(slog.NewTextHandler(w.log, nil))
	t.Cleanup(w.manager.Shutdown)
	return w
}

// write writes the rules, at once as programs do that care.
func (w *world) write(text string) {
	w.t.Helper()
	if err := os.WriteFile(w.file+".new", []byte(text), 0o600); err != nil {
		w.t.Fatal(err)
	}
	if err := os.Rename(w.file+".new", w.file); err != nil {
		w.t.Fatal(err)
	}
	Reload()
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
		if s.chain != nil {
			s.chain.Release()
		}
	})
	return nil
}

// open opens a socket of a type over IPv4, with a filter.
func (w *world) open(socketType int32) *sock {
	w.t.Helper()
	return w.openFor(&spi.Opening{AddressFamily: wsa.AF_INET, SocketType: socketType}, spi.FormatPath("filter", w.options))
}

// plain opens one without a filter.
func (w *world) plain(socketType int32) *sock {
	w.t.Helper()
	return w.openFor(&spi.Opening{AddressFamily: wsa.AF_INET, SocketType: socketType})
}

func (w *world) openFor(o *spi.Opening, layers ...string) *sock {
	w.t.Helper()
	s, err := w.tryOpen(o, layers...)
	if err != nil {
		w.t.Fatalf("open: %v\n%s", err, w.log)
	}
	return s
}

func (w *world) tryOpen(o *spi.Opening, layers ...string) (*sock, error) {
	w.t.Helper()
	for _, e := range w.snap.Entries() {
		if e.Info.AddressFamily != o.AddressFamily || e.Info.SocketType != o.SocketType {
			continue
		}
		snap, entry, err := chain.Compose(w.snap, e, layers...)
		if err != nil {
			return nil, err
		}
		s, c, err := w.manager.Open(snap, entry, o)
		if err != nil {
			return nil, err
		}
		own := &sock{Socket: s, w: w, chain: c}
		w.t.Cleanup(func() { own.Close() })
		return own, nil
	}
	w.t.Fatal("no such protocol")
	return nil, nil
}

func loopback(port uint16) *wsa.Sockaddr {
	name := wsa.SockaddrFrom(netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), port))
	return &name
}

// bound binds a socket to a port that is chosen for it.
func (s *sock) bound() *sock {
	s.w.t.Helper()
	if err := s.Bind(loopback(0)); err != nil {
		s.w.t.Fatalf("bind: %v", err)
	}
	return s
}

func (s *sock) listening() *sock {
	s.w.t.Helper()
	if err := s.bound().Listen(10); err != nil {
		s.w.t.Fatalf("listen: %v", err)
	}
	return s
}

func (s *sock) name() *wsa.Sockaddr {
	s.w.t.Helper()
	var name wsa.Sockaddr
	if err := s.GetSockName(&name); err != nil {
		s.w.t.Fatalf("getsockname: %v", err)
	}
	return &name
}

func (s *sock) port() uint16 { return s.name().Port() }

func (s *sock) peer() string {
	var name wsa.Sockaddr
	if err := s.GetPeerName(&name); err != nil {
		return err.(wsa.Errno).Name()
	}
	return name.String()
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
			s.w.t.Fatalf("none of %v came about", mask)
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

func (s *sock) accept() *sock {
	s.w.t.Helper()
	var conn spi.Socket
	s.wait(spi.EventAccept, func() bool {
		var err error
		conn, err = s.Accept(nil)
		if err != nil && err != wsa.WSAEWOULDBLOCK {
			s.w.t.Fatalf("accept: %v", err)
		}
		return err == nil
	})
	own := &sock{Socket: conn, w: s.w}
	s.w.t.Cleanup(func() { own.Close() })
	return own
}

func (s *sock) sendTo(text string, to *wsa.Sockaddr) error {
	m := spi.Message{Name: to}
	m.SetBuffer([]byte(text))
	n, err := s.Send(&m)
	if err == nil && n != len(text) {
		s.w.t.Errorf("send took %d bytes of %d", n, len(text))
	}
	if m.Name != to {
		s.w.t.Error("send has changed its message")
	}
	return err
}

func (s *sock) send(text string) {
	s.w.t.Helper()
	if err := s.sendTo(text, nil); err != nil {
		s.w.t.Fatalf("send: %v", err)
	}
}

// recvFrom receives, and returns what and from whom.
func (s *sock) recvFrom(flags uint32) (string, wsa.Sockaddr) {
	s.w.t.Helper()
	var from wsa.Sockaddr
	m := spi.Message{Name: &from, Flags: flags}
	buf := make([]byte, 100)
	m.SetBuffer(buf)
	var n int
	s.wait(spi.EventRead, func() bool {
		var err error
		m.Flags = flags
		n, err = s.Recv(&m)
		if err != nil && err != wsa.WSAEWOULDBLOCK {
			s.w.t.Fatalf("recv: %v", err)
		}
		return err == nil
	})
	return string(buf[:n]), from
}

func (s *sock) expect(want string) {
	s.w.t.Helper()
	if got, _ := s.recvFrom(0); got != want {
		s.w.t.Errorf("received %q, want %q", got, want)
	}
}

// talk checks that the two are connected.
func talk(a, b *sock) {
	a.w.t.Helper()
	a.send("ping")
	b.expect("ping")
	b.send("pong")
	a.expect("pong")
}

func want(t testing.TB, what string, got error, code wsa.Errno) {
	t.Helper()
	if got != code.Err() {
		t.Errorf("%s: %v, want %s", what, got, code.Name())
	}
}

// says checks what the log has.
func (w *world) says(words ...string) {
	w.t.Helper()
	for _, word := range words {
		if !strings.Contains(w.log.String(), word) {
			w.t.Errorf("the log does not say %q:\n%s", word, w.log)
		}
	}
}

// A marking is a layer that holds the data and can be recognised.
type marking struct {
	layer.PassThrough
	options map[[2]int32][]byte
}

// marks counts the sockets of the layer that are open.
var marks struct {
	mu           sync.Mutex // protects what follows
	opened, open int
	fail         bool // the next one cannot be opened
	last         *marking
}

func init() {
	spi.Register(&spi.Driver{
		Name: "filter-mark",
		Startup: func(p *spi.StartupParams) (spi.Provider, error) {
			return layer.NewProvider(p, func(below spi.Socket, o *spi.Opening) (spi.Socket, error) {
				marks.mu.Lock()
				defer marks.mu.Unlock()
				if marks.fail {
					return nil, wsa.WSAENETDOWN
				}
				s := &marking{options: map[[2]int32][]byte{}}
				s.Socket = below
				marks.opened++
				marks.open++
				marks.last = s
				return s, nil
			}), nil
		},
	})
}

func (s *marking) Close() error {
	marks.mu.Lock()
	marks.open--
	marks.mu.Unlock()
	return s.PassThrough.Close()
}

func (s *marking) SetSockOpt(level, name int32, value []byte) error {
	s.options[[2]int32{level, name}] = append([]byte(nil), value...)
	return s.PassThrough.SetSockOpt(level, name, value)
}

// marked reports whether the data of s goes through the layer.
func marked(s *sock) bool {
	_, ok := spi.DataPathOf(s.Socket).(*marking)
	return ok
}
