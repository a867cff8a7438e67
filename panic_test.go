// SPDX-License-Identifier: Apache-2.0

package winsock

import (
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"winsock/spi"
	"winsock/spi/layer"
	"winsock/wsa"
)

// panicky is a layer that panics: a socket in the method that the control
// code armPanicky names, the provider where the option "at" says.
const (
	panicky    = "test-panicky"
	armPanicky = 0x5a5a0001
)

func init() {
	spi.Register(&spi.Driver{
		Name:    panicky,
		Options: []spi.Option{{Key: "at"}},
		Startup: func(p *spi.StartupParams) (spi.Provider, error) {
			at := p.Options.Text("at")
			panicIf(at == "Startup")
			wrapping := layer.NewProvider(p, func(below spi.Socket, o *spi.Opening) (spi.Socket, error) {
				panicIf(at == "wrap")
				s := &panickySocket{PassThrough: layer.PassThrough{Base: layer.Base{Socket: below}}}
				if at == "DataPath" {
					s.armed.Store(at)
				}
				return s, nil
			})
			return &panickyProvider{wrapping, at}, nil
		},
	})
}

func panicIf(now bool) {
	if now {
		panic("on purpose")
	}
}

type panickyProvider struct {
	spi.Provider
	at string
}

func (p *panickyProvider) Socket(o *spi.Opening) (spi.Socket, error) {
	if p.at == "Socket" {
		if _, err := o.Next(o); err != nil { // which then belongs to nobody
			return nil, err
		}
	}
	panicIf(p.at == "Socket")
	return p.Provider.Socket(o)
}

func (p *panickyProvider) Cleanup() error {
	panicIf(p.at == "Cleanup")
	return p.Provider.Cleanup()
}

type panickySocket struct {
	layer.PassThrough
	armed atomic.Value // the method that panics

	mu       sync.Mutex // protects watchers
	watchers map[*spi.Watcher]*spi.Watcher
}

func (s *panickySocket) in(method string) { panicIf(s.armed.Load() == method) }

func (s *panickySocket) Ioctl(code uint32, in, out []byte) (int, error) {
	if code == armPanicky {
		s.armed.Store(string(in))
		return 0, nil
	}
	s.in("Ioctl")
	return s.PassThrough.Ioctl(code, in, out)
}

func (s *panickySocket) Accept(peer *wsa.Sockaddr) (spi.Socket, error) {
	s.in("Accept")
	conn, err := s.PassThrough.Accept(peer)
	if err == nil && s.armed.Load() == "accepted DataPath" {
		conn.(*panickySocket).armed.Store("DataPath")
	}
	return conn, err
}

func (s *panickySocket) Abort()                        { s.in("Abort"); s.PassThrough.Abort() }
func (s *panickySocket) Bind(name *wsa.Sockaddr) error { s.in("Bind"); return s.PassThrough.Bind(name) }
func (s *panickySocket) Close() error                  { s.in("Close"); return s.PassThrough.Close() }
func (s *panickySocket) ConnectResult() error {
	s.in("ConnectResult")
	return s.PassThrough.ConnectResult()
}
func (s *panickySocket) DataPath() spi.Socket { s.in("DataPath"); return s }
func (s *panickySocket) Linger() error        { s.in("Linger"); return s.PassThrough.Linger() }
func (s *panickySocket) Listen(backlog int32) error {
	s.in("Listen")
	return s.PassThrough.Listen(backlog)
}
func (s *panickySocket) Ready(mask spi.Events) spi.Events {
	s.in("Ready")
	return s.PassThrough.Ready(mask)
}
func (s *panickySocket) Recv(m *spi.Message) (int, error) { s.in("Recv"); return s.PassThrough.Recv(m) }
func (s *panickySocket) Send(m *spi.Message) (int, error) { s.in("Send"); return s.PassThrough.Send(m) }
func (s *panickySocket) Shutdown(how int32) error {
	s.in("Shutdown")
	return s.PassThrough.Shutdown(how)
}
func (s *panickySocket) Unpark() { s.in("Unpark"); s.PassThrough.Unpark() }

// Watch puts a watcher of the layer's own on the socket below.
func (s *panickySocket) Watch(w *spi.Watcher) {
	s.in("Watch")
	own := &spi.Watcher{Mask: w.Mask, Notify: func(e spi.Events) { s.in("Notify"); w.Notify(e) }}
	s.mu.Lock()
	if s.watchers == nil {
		s.watchers = make(map[*spi.Watcher]*spi.Watcher)
	}
	s.watchers[w] = own
	s.mu.Unlock()
	s.PassThrough.Watch(own)
}

func (s *panickySocket) Unwatch(w *spi.Watcher) {
	s.in("Unwatch")
	s.mu.Lock()
	own := s.watchers[w]
	delete(s.watchers, w)
	s.mu.Unlock()
	if own != nil {
		s.PassThrough.Unwatch(own)
	}
}

func (s *panickySocket) Connect(name *wsa.Sockaddr) error {
	s.in("Connect")
	return s.PassThrough.Connect(name)
}
func (s *panickySocket) GetPeerName(name *wsa.Sockaddr) error {
	s.in("GetPeerName")
	return s.PassThrough.GetPeerName(name)
}
func (s *panickySocket) GetSockName(name *wsa.Sockaddr) error {
	s.in("GetSockName")
	return s.PassThrough.GetSockName(name)
}
func (s *panickySocket) GetSockOpt(level, name int32, value []byte) (int, error) {
	s.in("GetSockOpt")
	return s.PassThrough.GetSockOpt(level, name, value)
}
func (s *panickySocket) SetSockOpt(level, name int32, value []byte) error {
	s.in("SetSockOpt")
	return s.PassThrough.SetSockOpt(level, name, value)
}

func (s *panickySocket) Park(d spi.Direction, try func() bool) (bool, error) {
	s.in("Park")
	switch s.armed.Load() {
	case "Watch", "Unwatch", "Notify":
		return false, nil // so that it is watched
	}
	return s.PassThrough.Park(d, try)
}

func (s *panickySocket) SetParkDeadline(d spi.Direction, t time.Time) {
	s.in("SetParkDeadline")
	s.PassThrough.SetParkDeadline(d, t)
}

func arm(t testing.TB, s SOCKET, method string) {
	t.Helper()
	_, err := control(s, armPanicky, []byte(method), nil)
	must(t, err)
}

// panickyBed opens sockets through the layer.
func panickyBed(t *testing.T) *bed {
	t.Helper()
	c, err := Compose(wsa.AF_INET, wsa.SOCK_STREAM, 0, nil, panicky)
	must(t, err)
	return &bed{T: t, open: func(int32, int32) (SOCKET, error) { return c.Socket(wsa.WSA_FLAG_OVERLAPPED) }}
}

// panics are the methods and the calls that meet their panic.
var panics = []struct {
	method string
	make   func(b *bed) SOCKET
	call   func(s SOCKET) error
	want   wsa.Errno
}{
	{"Bind", freshOne, callOf("bind"), wsa.WSAECONNABORTED},
	{"Listen", boundOne, callOf("listen"), wsa.WSAECONNABORTED},
	{"Connect", freshOne, callOf("connect"), wsa.WSAECONNABORTED},
	{"ConnectResult", freshOne, callOf("connect"), wsa.WSAECONNABORTED},
	{"Accept", listeningOne, callOf("accept"), wsa.WSAECONNABORTED},
	{"Send", connectedOne, callOf("send"), wsa.WSAECONNABORTED},
	{"Send", connectedOne, callOf("WSASend"), wsa.WSAECONNABORTED},
	{"Recv", connectedOne, callOf("recv"), wsa.WSAECONNABORTED},
	{"Recv", connectedOne, callOf("WSARecv"), wsa.WSAECONNABORTED},
	{"Park", connectedOne, callOf("recv"), wsa.WSAECONNABORTED},
	{"Watch", connectedOne, callOf("recv"), wsa.WSAECONNABORTED},
	{"Unwatch", connectedOne, recvTimingOut, wsa.WSAECONNABORTED},
	{"SetParkDeadline", connectedOne, recvTimingOut, wsa.WSAECONNABORTED},
	{"SetParkDeadline", connectedOne, callOf("SetDeadline"), wsa.WSAECONNABORTED},
	{"Shutdown", connectedOne, callOf("shutdown"), wsa.WSAECONNABORTED},
	{"Shutdown", connectedOne, callOf("WSASendDisconnect"), wsa.WSAECONNABORTED},
	{"GetSockName", boundOne, callOf("getsockname"), wsa.WSAECONNABORTED},
	{"GetPeerName", connectedOne, callOf("getpeername"), wsa.WSAECONNABORTED},
	{"GetSockOpt", freshOne, callOf("getsockopt"), wsa.WSAECONNABORTED},
	{"SetSockOpt", freshOne, callOf("setsockopt"), wsa.WSAECONNABORTED},
	{"Ioctl", freshOne, callOf("ioctlsocket"), wsa.WSAECONNABORTED},
	{"Ready", connectedOne, callOf("select"), 0}, // the socket is readable: a receive tells
	{"Ready", connectedOne, callOf("WSAPoll"), 0},
	{"GetSockOpt", lingeringOne, CloseSocket, wsa.WSAECONNABORTED},
	{"Linger", lingeringOne, CloseSocket, wsa.WSAECONNABORTED},
	{"Unpark", connectedOne, CloseSocket, 0}, // the socket is gone, which is all that was asked
	{"Close", connectedOne, CloseSocket, 0},
}

func freshOne(b *bed) SOCKET     { return b.socket(wsa.SOCK_STREAM) }
func boundOne(b *bed) SOCKET     { s, _ := b.bound(wsa.SOCK_STREAM); return s }
func listeningOne(b *bed) SOCKET { s, _ := b.listening(); return s }
func connectedOne(b *bed) SOCKET { s, _ := b.connected(); return s }

func lingeringOne(b *bed) SOCKET {
	s := connectedOne(b)
	linger := wsa.Linger{OnOff: 1, Linger: 5}
	must(b, SetSockOpt(s, wsa.SOL_SOCKET, wsa.SO_LINGER, linger.Append(nil)))
	return s
}

func callOf(name string) func(s SOCKET) error {
	i := slices.IndexFunc(socketCalls, func(c call) bool { return c.name == name })
	return socketCalls[i].call
}

func recvTimingOut(s SOCKET) error {
	if err := SetSockOptInt(s, wsa.SOL_SOCKET, wsa.SO_RCVTIMEO, 1); err != nil {
		return err
	}
	_, err := Recv(s, make([]byte, 1), 0)
	return err
}

// TestPanic: a layer that panics costs its socket the connection. The call
// and all that follow answer WSAECONNABORTED, other sockets do not notice,
// and nothing is left.
func TestPanic(t *testing.T) {
	for _, p := range panics {
		t.Run(p.method, func(t *testing.T) {
			leavesNothing(t)
			started(t)
			b := panickyBed(t)
			sister, brother := b.connected()
			s := p.make(b)
			arm(t, s, p.method)
			ended := make(chan error, 1)
			go func() { ended <- p.call(s) }()
			wantErr(t, "the call that panics", done(t, ended), p.want)
			if err := GetSockName(s, new(wsa.Sockaddr)); err != wsa.WSAECONNABORTED && err != wsa.WSAENOTSOCK {
				t.Errorf("the next call: %v", err)
			}
			if err := CloseSocket(s); err != nil && err != wsa.WSAENOTSOCK {
				t.Errorf("closesocket: %v", err)
			}
			wantErr(t, "closesocket again", CloseSocket(s), wsa.WSAENOTSOCK)
			sendText(t, sister, "still here")
			wantRecv(t, brother, "still here")
			worksAsUsual(t)
		})
	}
}

// TestPanicResetsThePeer: the other side hears of it at once, and not when
// the program closes the socket.
func TestPanicResetsThePeer(t *testing.T) {
	leavesNothing(t)
	started(t)
	b := panickyBed(t)
	s, peer := b.connected()
	arm(t, s, "Send")
	_, err := Send(s, []byte("x"), 0)
	wantErr(t, "send", err, wsa.WSAECONNABORTED)
	_, err = Recv(peer, make([]byte, 1), 0)
	wantErr(t, "recv of the peer", err, wsa.WSAECONNRESET)
}

// TestPanicWhileWaiting: calls that wait on the socket meanwhile end as well,
// and only then the chain is closed.
func TestPanicWhileWaiting(t *testing.T) {
	leavesNothing(t)
	started(t)
	b := panickyBed(t)
	s, _ := b.connected()
	ended := make(chan error, 3)
	for range 3 {
		go func() { _, err := Recv(s, make([]byte, 1), 0); ended <- err }()
	}
	untilWatched(t, s) // one is parked, so that another one watches
	arm(t, s, "Send")
	_, err := Send(s, []byte("x"), 0)
	wantErr(t, "send", err, wsa.WSAECONNABORTED)
	for range 3 {
		if err := done(t, ended); err != wsa.WSAECONNABORTED && err != wsa.WSAEINTR {
			t.Errorf("recv: %v", err)
		}
	}
}

// TestPanicWhenWoken: a panic in the try that follows a wait.
func TestPanicWhenWoken(t *testing.T) {
	leavesNothing(t)
	started(t)
	b := panickyBed(t)
	s, peer := b.connected()
	ended := make(chan error, 1)
	go func() { _, err := Recv(s, make([]byte, 1), 0); ended <- err }()
	arm(t, s, "Recv")                 // before or after the first try, which is the same
	_, _ = Send(peer, []byte("x"), 0) // fails if that try has met the panic
	wantErr(t, "recv", done(t, ended), wsa.WSAECONNABORTED)
}

// TestPanicInNotify: what a layer's watcher keeps from those above it is
// found all the same.
func TestPanicInNotify(t *testing.T) {
	for what, wait := range map[string]func(s SOCKET) error{
		"recv": func(s SOCKET) error { _, err := Recv(s, make([]byte, 1), 0); return err },
		"select": func(s SOCKET) error {
			timeout := soon
			_, err := Select(&FdSet{s}, nil, nil, &timeout)
			return err
		},
		"WSAPoll": func(s SOCKET) error { _, err := WSAPoll([]PollFd{{Fd: s, Events: wsa.POLLIN}}, -1); return err },
	} {
		t.Run(what, func(t *testing.T) {
			leavesNothing(t)
			started(t)
			b := panickyBed(t)
			s, peer := b.connected()
			arm(t, s, "Notify")
			ended := make(chan error, 1)
			go func() { ended <- wait(s) }()
			untilWatched(t, s)
			b.send(peer, "x")
			wantErr(t, what, done(t, ended), 0)
			worksAsUsual(t)
		})
	}
	t.Run("WSAEventSelect", onTheKernel(func(b *bed) {
		leavesNothing(b.T)
		started(b)
		b = panickyBed(b.T)
		s, peer := b.connected()
		arm(b, s, "Notify")
		w := b.selecting(s, wsa.FD_READ)
		b.send(peer, "x")
		w.want("data", wsa.FD_READ)
	}))
}

// TestPanicOfTheAccepted: a connection that cannot become a socket.
func TestPanicOfTheAccepted(t *testing.T) {
	leavesNothing(t)
	started(t)
	b := panickyBed(t)
	l, addr := b.listening()
	arm(t, l, "accepted DataPath")
	c := clientOf(t, addr)
	_, err := Accept(l, nil)
	wantErr(t, "accept", err, wsa.WSAEPROVIDERFAILEDINIT)
	if _, err = Recv(c, make([]byte, 1), 0); err != nil && err != wsa.WSAECONNRESET {
		t.Errorf("recv of the client: %v", err)
	}
	arm(t, l, "")
	clientOf(t, addr)
	b.accept(l)
}

// TestPanicWhileOpening: WSAEPROVIDERFAILEDINIT, and what was opened below is
// closed.
func TestPanicWhileOpening(t *testing.T) {
	for _, at := range []string{"Startup", "Socket", "wrap", "DataPath"} {
		t.Run(at, func(t *testing.T) {
			leavesNothing(t)
			started(t)
			for range 3 {
				c, err := Compose(wsa.AF_INET, wsa.SOCK_STREAM, 0, nil, panicky+":at="+at)
				must(t, err)
				s, err := c.Socket(wsa.WSA_FLAG_OVERLAPPED)
				wantErr(t, "WSASocket", err, wsa.WSAEPROVIDERFAILEDINIT)
				if s != INVALID_SOCKET {
					t.Errorf("it returned %v", s)
				}
			}
			worksAsUsual(t)
		})
	}
}

// TestPanicWhileCleaningUp: WSACleanup closes all sockets whatever their
// layers do.
func TestPanicWhileCleaningUp(t *testing.T) {
	for _, method := range []string{"Unpark", "Close", "Abort", "Linger"} {
		t.Run(method, func(t *testing.T) {
			leavesNothing(t)
			_, err := WSAStartup(Version22)
			must(t, err)
			b := panickyBed(t)
			for range 3 {
				arm(t, lingeringOne(b), method)
			}
			must(t, WSACleanup())
			started(t)
			worksAsUsual(t)
		})
	}
	t.Run("Cleanup", func(t *testing.T) {
		leavesNothing(t)
		started(t)
		c, err := Compose(wsa.AF_INET, wsa.SOCK_STREAM, 0, nil, panicky+":at=Cleanup")
		must(t, err)
		s, err := c.Socket(wsa.WSA_FLAG_OVERLAPPED)
		must(t, err)
		must(t, CloseSocket(s))
		worksAsUsual(t)
	})
}

// TestPanicOfPending: all overlapped operations on the socket end, and those
// on sockets that are ready at the same time go on.
func TestPanicOfPending(t *testing.T) {
	leavesNothing(t)
	started(t)
	b := panickyBed(t)
	port := newTestPort(t, 0)
	const bad, good, sockets = 1, 2, 9 // keys, and how many there are, the middle one the bad one
	var ovs [sockets + 1]Overlapped
	var peers [sockets]SOCKET
	for i := range sockets {
		s, peer := b.connected()
		peers[i] = peer
		key := uintptr(good)
		if i == sockets/2 {
			key = bad
		}
		associate(t, s, port, key)
		_, err := WSARecv(s, [][]byte{make([]byte, 1)}, nil, &ovs[i], nil)
		wantErr(t, "WSARecv", err, wsa.WSA_IO_PENDING)
		if key == bad {
			_, err := WSARecv(s, [][]byte{make([]byte, 1)}, nil, &ovs[sockets], nil)
			wantErr(t, "another WSARecv", err, wsa.WSA_IO_PENDING)
			arm(t, s, "Recv")
		}
	}
	for _, peer := range peers {
		b.send(peer, "x")
	}
	for range sockets + 1 {
		n, key, ov, err := GetQueuedCompletionStatus(port, uint32(soon.Milliseconds()))
		switch {
		case ov == nil:
			t.Fatalf("an operation has not ended: %v", err)
		case key == bad && (err != wsa.ERROR_CONNECTION_ABORTED || n != 0):
			t.Errorf("on the socket that was cut off: %d bytes, %v", n, err)
		case key == good && (err != nil || n != 1):
			t.Errorf("on another socket: %d bytes, %v", n, err)
		}
	}
}
