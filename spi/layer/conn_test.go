// SPDX-License-Identifier: Apache-2.0

package layer_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"winsock/spi"
	"winsock/spi/layer"
	"winsock/spi/spitest"
	"winsock/wsa"
)

type transform = func(context.Context, *layer.Handshake, net.Conn) (net.Conn, error)

// clientOnly leaves accepted connections alone, so that a test is about the
// connecting side.
func clientOnly(f transform) transform {
	return func(ctx context.Context, h *layer.Handshake, below net.Conn) (net.Conn, error) {
		if h.Server {
			return below, nil
		}
		return f(ctx, h, below)
	}
}

func serverOnly(f transform) transform {
	return func(ctx context.Context, h *layer.Handshake, below net.Conn) (net.Conn, error) {
		if !h.Server {
			return below, nil
		}
		return f(ctx, h, below)
	}
}

// conn returns a network of Conns over the kernel.
func conn(t testing.TB, cfg layer.ConnConfig) spitest.Network {
	return kernelNetwork(t).With(t, transforming(cfg), nil)
}

func send(t testing.TB, s spi.Socket, text string) {
	t.Helper()
	var m spi.Message
	m.SetBuffer([]byte(text))
	await(t, s, spi.EventWrite)
	if n, err := s.Send(&m); n != len(text) || err != nil {
		t.Fatalf("send: %d, %v", n, err)
	}
}

// recv receives once, when there is something.
func recv(t testing.TB, s spi.Socket) (string, error) {
	t.Helper()
	buf := make([]byte, 1000)
	var m spi.Message
	m.SetBuffer(buf)
	await(t, s, spi.EventRead|spi.EventsEnd)
	n, err := s.Recv(&m)
	return string(buf[:n]), err
}

// TestConnHandshakeErrors checks what a failed Transform makes of a connect
// (ConnConfig.Transform).
func TestConnHandshakeErrors(t *testing.T) {
	for name, c := range map[string]struct {
		transform transform
		want      wsa.Errno
	}{
		"an errno": {func(context.Context, *layer.Handshake, net.Conn) (net.Conn, error) { return nil, wsa.WSAEACCES }, wsa.WSAEACCES},
		"a wrapped errno": {func(context.Context, *layer.Handshake, net.Conn) (net.Conn, error) {
			return nil, fmt.Errorf("proxy: %w", wsa.WSAEHOSTUNREACH)
		}, wsa.WSAEHOSTUNREACH},
		"would block":     {func(context.Context, *layer.Handshake, net.Conn) (net.Conn, error) { return nil, wsa.WSAEWOULDBLOCK }, wsa.WSAECONNABORTED},
		"another error":   {func(context.Context, *layer.Handshake, net.Conn) (net.Conn, error) { return nil, errors.New("no") }, wsa.WSAECONNABORTED},
		"nothing":         {func(context.Context, *layer.Handshake, net.Conn) (net.Conn, error) { return nil, nil }, wsa.WSAECONNABORTED},
		"a panic":         {func(context.Context, *layer.Handshake, net.Conn) (net.Conn, error) { panic("on purpose") }, wsa.WSAECONNABORTED},
		"the peer leaves": {func(_ context.Context, _ *layer.Handshake, below net.Conn) (net.Conn, error) { return nil, io.EOF }, wsa.WSAECONNRESET},
		"it minds ctx": {func(ctx context.Context, _ *layer.Handshake, _ net.Conn) (net.Conn, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		}, wsa.WSAETIMEDOUT},
		"it reads for ever": {func(_ context.Context, _ *layer.Handshake, below net.Conn) (net.Conn, error) {
			_, err := below.Read(make([]byte, 1))
			return nil, err
		}, wsa.WSAETIMEDOUT},
		"it is late": {func(ctx context.Context, _ *layer.Handshake, below net.Conn) (net.Conn, error) {
			<-ctx.Done()
			return below, nil
		}, wsa.WSAETIMEDOUT},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := layer.ConnConfig{Transform: clientOnly(c.transform)}
			if c.want == wsa.WSAETIMEDOUT {
				cfg.HandshakeTimeout = 50 * time.Millisecond
			}
			n := conn(t, cfg)
			l, address := listen(t, n)
			defer l.Close()
			s := open(t, n)
			defer s.Close()
			if err := s.Connect(&address); err != wsa.WSAEWOULDBLOCK {
				t.Fatalf("connect: %v", err)
			}
			await(t, s, spi.EventConnect|spi.EventConnectFail)
			if got := s.Ready(spi.EventAll); got != spi.EventConnectFail {
				t.Errorf("Ready: %v, want %v", got, spi.EventConnectFail)
			}
			if err := s.ConnectResult(); err != c.want.Err() {
				t.Errorf("ConnectResult: %v, want %v", err, c.want)
			}
			var value [4]byte
			if _, err := s.GetSockOpt(wsa.SOL_SOCKET, wsa.SO_ERROR, value[:]); err != nil || wsa.Errno(binary.LittleEndian.Uint32(value[:])) != c.want {
				t.Errorf("SO_ERROR: %x, %v; want %v", value, err, c.want)
			}
			var m spi.Message
			if _, err := s.Send(&m); err != wsa.WSAENOTCONN {
				t.Errorf("send: %v, want WSAENOTCONN", err)
			}
			if err := s.Connect(&address); err != wsa.WSAEINVAL {
				t.Errorf("connect again: %v, want WSAEINVAL", err)
			}
		})
	}
}

// sayHello is a server's handshake that waits for a byte.
func sayHello(_ context.Context, _ *layer.Handshake, below net.Conn) (net.Conn, error) {
	var hello [1]byte
	if _, err := io.ReadFull(below, hello[:]); err != nil {
		return nil, err
	}
	if hello[0] != 'h' {
		return nil, wsa.WSAEACCES
	}
	return below, nil
}

// TestConnAcceptSlow checks that a connection which never finishes its
// handshake, and one that fails it, hold up nobody.
func TestConnAcceptSlow(t *testing.T) {
	n := conn(t, layer.ConnConfig{Transform: serverOnly(sayHello)})
	l, address := listen(t, n)
	defer l.Close()
	dial := func(hello string) net.Conn {
		c, err := net.Dial("tcp4", address.String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		io.WriteString(c, hello)
		return c
	}
	dial("") // says nothing
	wrong := dial("x")
	dial("hello")
	s := accept(t, l)
	defer s.Close()
	if got, err := recv(t, s); got != "ello" || err != nil {
		t.Errorf("recv: %q, %v; want what followed the handshake", got, err)
	}
	wrong.SetDeadline(time.Now().Add(patience))
	if _, err := wrong.Read(make([]byte, 1)); err == nil || errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("the peer of a failed handshake reads: %v, want the end", err)
	}
	if got := l.Ready(spi.EventAccept); got != 0 {
		t.Errorf("Ready: %v; neither the slow nor the failed one may be accepted", got)
	}
}

// TestConnAcceptBounded checks that handshakes are bounded in number, and
// that time makes room again.
func TestConnAcceptBounded(t *testing.T) {
	var mu sync.Mutex // protects now, most
	var now, most int
	count := func(d int) {
		mu.Lock()
		defer mu.Unlock()
		now += d
		most = max(most, now)
	}
	n := conn(t, layer.ConnConfig{
		MaxHandshakes:    2,
		HandshakeTimeout: 50 * time.Millisecond,
		Transform: serverOnly(func(ctx context.Context, h *layer.Handshake, below net.Conn) (net.Conn, error) {
			count(1)
			defer count(-1)
			return sayHello(ctx, h, below)
		}),
	})
	l, address := listen(t, n)
	defer l.Close()
	dial := func(hello string) {
		c, err := net.Dial("tcp4", address.String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		io.WriteString(c, hello)
	}
	for range 5 {
		dial("")
	}
	// The machine may be too slow for one of them to be in time.
	for end := time.Now().Add(patience); l.Ready(spi.EventAccept) == 0 && time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		dial("hi")
	}
	accept(t, l).Close()
	mu.Lock()
	defer mu.Unlock()
	if most != 2 {
		t.Errorf("%d handshakes ran at once, want 2", most)
	}
}

// TestConnListenerCloses checks that a closed listening socket ends the
// connections it has not handed out, in their handshake or past it.
func TestConnListenerCloses(t *testing.T) {
	n := conn(t, layer.ConnConfig{Transform: serverOnly(sayHello)})
	l, address := listen(t, n)
	var conns []net.Conn
	for _, hello := range []string{"", "h"} {
		c, err := net.Dial("tcp4", address.String())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		io.WriteString(c, hello)
		conns = append(conns, c)
	}
	await(t, l, spi.EventAccept)
	l.Close()
	for i, c := range conns {
		c.SetDeadline(time.Now().Add(patience))
		var timeout net.Error
		if _, err := c.Read(make([]byte, 1)); err == nil || errors.As(err, &timeout) && timeout.Timeout() {
			t.Errorf("connection %d after the listener's close: %v, want its end", i, err)
		}
	}
	again := open(t, n)
	defer again.Close()
	if err := again.Bind(&address); err != nil {
		t.Errorf("bind to the address right after closesocket: %v", err)
	}
}

// brokenConn panics in the calls that it is told to.
type brokenConn struct {
	net.Conn
	read, write, closes bool
}

func (c *brokenConn) Read(p []byte) (int, error) {
	if c.read {
		panic("read on purpose")
	}
	return c.Conn.Read(p)
}

func (c *brokenConn) Write(p []byte) (int, error) {
	if c.write {
		panic("write on purpose")
	}
	return c.Conn.Write(p)
}

func (c *brokenConn) Close() error {
	if c.closes {
		panic("close on purpose")
	}
	return c.Conn.Close()
}

// TestConnPanic checks that a panic of the layer's code resets its socket,
// is logged, and harms nothing else.
func TestConnPanic(t *testing.T) {
	for name, broken := range map[string]brokenConn{
		"read": {read: true}, "write": {write: true}, "close": {closes: true},
	} {
		t.Run(name, func(t *testing.T) {
			var log lockedBuffer
			n := conn(t, layer.ConnConfig{
				Log: slog.New(slog.NewTextHandler(&log, nil)).With("layer", "clumsy"),
				Transform: clientOnly(func(_ context.Context, _ *layer.Handshake, below net.Conn) (net.Conn, error) {
					c := broken
					c.Conn = below
					return &c, nil
				}),
			})
			client, server := pair(t, n)
			defer server.Close()
			if broken.write {
				send(t, client, "x")
			}
			if !broken.closes {
				await(t, client, spi.EventReset)
				for range 2 {
					if _, err := recv(t, client); err != wsa.WSAECONNABORTED {
						t.Errorf("recv: %v, want WSAECONNABORTED", err)
					}
				}
			}
			client.Close()
			await(t, server, spi.EventsEnd)
			deadline := time.Now().Add(patience)
			for !strings.Contains(log.String(), name+" on purpose") && time.Now().Before(deadline) {
				time.Sleep(time.Millisecond)
			}
			if text := log.String(); !strings.Contains(text, name+" on purpose") || !strings.Contains(text, "layer=clumsy") {
				t.Errorf("the log does not tell the panic and the layer: %s", text)
			}
		})
	}
}

// lateConn panics in Write once it is told to.
type lateConn struct {
	net.Conn
	panics chan struct{}
}

func (c *lateConn) Write([]byte) (int, error) {
	<-c.panics
	panic("write on purpose")
}

// TestConnPanicWhileClosing: what a panic has kept from being sent is missed
// by the peer of a closed socket, too: it is reset.
func TestConnPanicWhileClosing(t *testing.T) {
	panics := make(chan struct{})
	n := conn(t, layer.ConnConfig{
		Log: slog.New(slog.DiscardHandler),
		Transform: clientOnly(func(_ context.Context, _ *layer.Handshake, below net.Conn) (net.Conn, error) {
			return &lateConn{below, panics}, nil
		}),
	})
	client, server := pair(t, n)
	defer server.Close()
	send(t, client, "x")
	client.Close()
	close(panics)
	if got, err := recv(t, server); err != wsa.WSAECONNRESET {
		t.Errorf("the peer receives %q, %v; want WSAECONNRESET", got, err)
	}
}

// lockedBuffer is a log that several goroutines write to.
type lockedBuffer struct {
	mu  sync.Mutex // protects buf
	buf bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

// TestConnRoute checks that a layer can connect elsewhere and tell nobody.
func TestConnRoute(t *testing.T) {
	base := kernelNetwork(t)
	proxy, proxyName := listen(t, base)
	defer proxy.Close()
	wanted := loopback
	wanted.SetPort(9)
	n := base.With(t, transforming(layer.ConnConfig{
		Route: func(*wsa.Sockaddr) (wsa.Sockaddr, error) { return proxyName, nil },
		Transform: func(_ context.Context, h *layer.Handshake, below net.Conn) (net.Conn, error) {
			_, err := io.WriteString(below, "to "+h.Peer.String()+"\n")
			return below, err
		},
	}), nil)
	s := open(t, n)
	defer s.Close()
	if err := s.Connect(&wanted); err != wsa.WSAEWOULDBLOCK {
		t.Fatalf("connect: %v", err)
	}
	at := accept(t, proxy)
	defer at.Close()
	if got, err := recv(t, at); got != "to 127.0.0.1:9\n" || err != nil {
		t.Errorf("the proxy hears %q, %v", got, err)
	}
	await(t, s, spi.EventConnect)
	var name wsa.Sockaddr
	if err := s.GetPeerName(&name); err != nil || name != wanted {
		t.Errorf("getpeername: %v, %v; want %v", &name, err, &wanted)
	}
}

// TestConnWithoutCloseWrite checks that the end of the sending direction
// reaches the peer when the transformed connection has no half close.
func TestConnWithoutCloseWrite(t *testing.T) {
	n := conn(t, layer.ConnConfig{Transform: func(_ context.Context, _ *layer.Handshake, below net.Conn) (net.Conn, error) {
		return struct{ net.Conn }{below}, nil
	}})
	client, server := pair(t, n)
	defer client.Close()
	defer server.Close()
	send(t, client, "all")
	if err := client.Shutdown(wsa.SD_SEND); err != nil {
		t.Fatal(err)
	}
	if got, err := recv(t, server); got != "all" || err != nil {
		t.Errorf("recv: %q, %v", got, err)
	}
	if got, err := recv(t, server); got != "" || err != nil {
		t.Errorf("recv: %q, %v; want the end", got, err)
	}
	send(t, server, "answer")
	if got, err := recv(t, client); got != "answer" || err != nil {
		t.Errorf("recv: %q, %v", got, err)
	}
}

// TestConnCloseDuringHandshake checks that Close does not wait for Transform,
// and that Transform is told.
func TestConnCloseDuringHandshake(t *testing.T) {
	began, told := make(chan struct{}, 1), make(chan struct{})
	n := conn(t, layer.ConnConfig{Transform: clientOnly(func(ctx context.Context, _ *layer.Handshake, below net.Conn) (net.Conn, error) {
		began <- struct{}{}
		below.Read(make([]byte, 1)) // ended by the close below
		<-ctx.Done()
		close(told)
		return below, nil
	})})
	l, address := listen(t, n)
	defer l.Close()
	s := open(t, n)
	if err := s.Connect(&address); err != wsa.WSAEWOULDBLOCK {
		t.Fatalf("connect: %v", err)
	}
	<-began
	if err := s.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
	select {
	case <-told:
	case <-time.After(patience):
		t.Error("Transform was not told of the close")
	}
	server := accept(t, l)
	defer server.Close()
	if got, err := recv(t, server); got != "" || err != nil && err != wsa.WSAECONNRESET {
		t.Errorf("the peer receives %q, %v; want the end", got, err)
	}
}

// TestConnCloseTimeout checks that a peer which takes nothing cannot keep a
// closed socket alive.
func TestConnCloseTimeout(t *testing.T) {
	base := kernelNetwork(t)
	n := base.With(t, transforming(layer.ConnConfig{Transform: untouched, CloseTimeout: 20 * time.Millisecond}), nil)
	l, address := listen(t, base)
	defer l.Close()
	s := open(t, n)
	if err := s.Connect(&address); err != wsa.WSAEWOULDBLOCK {
		t.Fatalf("connect: %v", err)
	}
	peer := accept(t, l)
	defer peer.Close()
	await(t, s, spi.EventConnect)
	var m spi.Message
	m.SetBuffer(make([]byte, 64<<10))
	for refused := 0; refused < 50; { // nothing moves any more
		switch _, err := s.Send(&m); err {
		case nil:
			refused = 0
		case wsa.WSAEWOULDBLOCK:
			refused++
			time.Sleep(5 * time.Millisecond)
		default:
			t.Fatalf("send: %v", err)
		}
	}
	s.Close()
	await(t, peer, spi.EventReset)
}

// TestConnAllocs checks that data passes without allocations, the pumps
// included.
func TestConnAllocs(t *testing.T) {
	client, server := pair(t, conn(t, layer.ConnConfig{Transform: untouched}))
	defer client.Close()
	defer server.Close()
	out, in := new(spi.Message), new(spi.Message)
	out.SetBuffer(make([]byte, 100))
	in.SetBuffer(make([]byte, 100))
	woken := make(chan struct{}, 1)
	w := spi.Watcher{Mask: spi.EventRead, Notify: func(spi.Events) {
		select {
		case woken <- struct{}{}:
		default:
		}
	}}
	server.Watch(&w)
	defer server.Unwatch(&w)
	allocs := testing.AllocsPerRun(200, func() {
		if n, err := client.Send(out); n != 100 || err != nil {
			t.Fatalf("send: %d, %v", n, err)
		}
		for got := 0; got < 100; {
			n, err := server.Recv(in)
			if err == wsa.WSAEWOULDBLOCK {
				<-woken
			} else if err != nil {
				t.Fatalf("recv: %v", err)
			}
			got += n
		}
	})
	if allocs != 0 {
		t.Errorf("a send and its receive allocate %v times", allocs)
	}
}

// TestConnNoDelay checks that a handshake does not wait for delayed
// acknowledgements, and that TCP_NODELAY afterwards is as the application has
// it.
func TestConnNoDelay(t *testing.T) {
	noDelay := func(s spi.Socket) byte {
		var value [4]byte
		if _, err := s.GetSockOpt(wsa.IPPROTO_TCP, wsa.TCP_NODELAY, value[:]); err != nil {
			t.Errorf("getsockopt TCP_NODELAY: %v", err)
		}
		return value[0]
	}
	for _, set := range []byte{0, 1} {
		during := make(chan byte, 1)
		n := conn(t, layer.ConnConfig{Transform: clientOnly(func(_ context.Context, h *layer.Handshake, below net.Conn) (net.Conn, error) {
			during <- noDelay(h.Socket)
			if set != 0 {
				if err := h.Socket.SetSockOpt(wsa.IPPROTO_TCP, wsa.TCP_NODELAY, []byte{set}); err != nil {
					t.Errorf("setsockopt TCP_NODELAY: %v", err)
				}
			}
			return below, nil
		})})
		client, server := pair(t, n)
		if got := <-during; got != 1 {
			t.Errorf("TCP_NODELAY during the handshake: %d, want 1", got)
		}
		if got := noDelay(client); got != set {
			t.Errorf("TCP_NODELAY after the handshake: %d, want %d", got, set)
		}
		client.Close()
		server.Close()
	}
}

// TestConnCleanup checks that a program which ends after closesocket and
// WSACleanup loses nothing that send took.
func TestConnCleanup(t *testing.T) {
	base := kernelNetwork(t)
	info := tcp4(t, base)
	var slow slowConn
	p, err := transforming(layer.ConnConfig{Transform: func(_ context.Context, _ *layer.Handshake, below net.Conn) (net.Conn, error) {
		slow.Conn = below
		return &slow, nil
	}})(&spi.StartupParams{})
	if err != nil {
		t.Fatal(err)
	}
	l, address := listen(t, base)
	defer l.Close()
	s, err := p.Socket(&spi.Opening{Info: info, SocketType: wsa.SOCK_STREAM, Next: func(*spi.Opening) (spi.Socket, error) { return base.Open(info) }})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Connect(&address); err != wsa.WSAEWOULDBLOCK {
		t.Fatalf("connect: %v", err)
	}
	peer := accept(t, l)
	defer peer.Close()
	await(t, s, spi.EventConnect)
	send(t, s, "last words")
	s.Close()
	if err := p.Cleanup(); err != nil {
		t.Fatal(err)
	}
	// As of now the program may be gone.
	if n := slow.written.Load(); n != int64(len("last words")) {
		t.Errorf("after WSACleanup %d bytes are written", n)
	}
	if got, err := recv(t, peer); err != nil || got != "last words" {
		t.Errorf("after WSACleanup the peer receives %q, %v", got, err)
	}
}

// slowConn takes its time to write.
type slowConn struct {
	net.Conn
	written atomic.Int64
}

func (c *slowConn) Write(p []byte) (int, error) {
	time.Sleep(20 * time.Millisecond)
	n, err := c.Conn.Write(p)
	c.written.Add(int64(n))
	return n, err
}
