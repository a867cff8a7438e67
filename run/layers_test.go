// SPDX-License-Identifier: Apache-2.0

package run

import (
	"fmt"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"winsock/spi"
	"winsock/spi/layer"
	"winsock/wsa"
)

// hooked is a layer whose Connect a test determines.
type hooked struct {
	layer.HandlePreserving
}

var onConnect atomic.Pointer[func(name *wsa.Sockaddr) error]

func init() {
	spi.Register(&spi.Driver{Name: "hooked", Startup: func(p *spi.StartupParams) (spi.Provider, error) {
		return layer.NewProvider(p, func(below spi.Socket, o *spi.Opening) (spi.Socket, error) {
			s := new(hooked)
			s.Socket = below
			return s, nil
		}), nil
	}})
}

func (s *hooked) Connect(name *wsa.Sockaddr) error {
	if err := (*onConnect.Load())(name); err != nil {
		return err
	}
	return s.HandlePreserving.Connect(name)
}

// hook sets what connects do until the test ends.
func hook(t *testing.T, f func(name *wsa.Sockaddr) error) {
	onConnect.Store(&f)
	t.Cleanup(func() { onConnect.Store(nil) })
}

// greeter is a server that greets and tells of each connection.
func greeter(t *testing.T) (port int, came <-chan struct{}) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	ch := make(chan struct{}, 1000)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			fmt.Fprint(c, "hello")
			c.Close()
			ch <- struct{}{}
		}
	}()
	return l.Addr().(*net.TCPAddr).Port, ch
}

// TestSlowLayer: while a layer keeps connects of one program waiting, more of
// them than there are receivers, another one's go on.
func TestSlowLayer(t *testing.T) {
	slow, _ := greeter(t)
	fast, _ := greeter(t)
	told, came := greeter(t)
	release := make(chan struct{})
	var waiting atomic.Int32
	hook(t, func(name *wsa.Sockaddr) error {
		if int(name.Port()) == slow {
			waiting.Add(1)
			<-release
		}
		return nil
	})
	program := fmt.Sprintf(`
import socket, threading
def f(port, n): socket.create_connection(("127.0.0.1", port)); print(n, flush=True)
slow = [threading.Thread(target=f, args=(%d, "slow")) for i in range(12)]
for t in slow: t.start()
f(%d, "fast")
f(%d, "told")
for t in slow: t.join()
`, slow, fast, told)
	var once sync.Once
	go func() {
		<-came
		once.Do(func() { close(release) })
	}()
	defer time.AfterFunc(time.Minute, func() { once.Do(func() { close(release) }) }).Stop()
	out, _ := under(t, Config{Layers: []string{"hooked"}}, "python3", "-c", program)
	if !strings.HasPrefix(out, "fast\n") || strings.Count(out, "slow") != 12 {
		t.Errorf("output %q", out)
	}
	if waiting.Load() != 12 {
		t.Errorf("%d connects have waited", waiting.Load())
	}
}

// TestPanickingLayer: a layer that fails fails one connection, and nothing
// else.
func TestPanickingLayer(t *testing.T) {
	bad, _ := greeter(t)
	good, _ := greeter(t)
	hook(t, func(name *wsa.Sockaddr) error {
		if int(name.Port()) == bad {
			panic("a layer fails")
		}
		return nil
	})
	program := fmt.Sprintf(`
import socket
for port in (%d, %d, %d):
    try: print(socket.create_connection(("127.0.0.1", port)).recv(10))
    except ConnectionAbortedError: print("aborted")
`, bad, good, bad)
	out, _ := under(t, Config{Layers: []string{"hooked"}}, "python3", "-c", program)
	if out != "aborted\nb'hello'\naborted\n" {
		t.Errorf("output %q", out)
	}
}

// TestErrors: what a layer answers is what the program gets, in Linux's terms.
func TestErrors(t *testing.T) {
	port, _ := greeter(t)
	for code, want := range map[wsa.Errno]string{
		wsa.WSAEACCES: "EACCES", wsa.WSAENETUNREACH: "ENETUNREACH", wsa.WSAEHOSTUNREACH: "EHOSTUNREACH", wsa.WSAETIMEDOUT: "ETIMEDOUT",
	} {
		hook(t, func(*wsa.Sockaddr) error { return code })
		program := fmt.Sprintf(`
import socket, errno, asyncio
def name(f):
    try: f(); print("connected")
    except OSError as e: print(errno.errorcode[e.errno])
a = ("127.0.0.1", %d)
name(lambda: socket.socket().connect(a))
s = socket.socket(); s.setblocking(False)
name(lambda: s.connect(a))
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
name(lambda: s.connect(a))
`, port)
		out, _ := under(t, Config{Layers: []string{"hooked"}}, "python3", "-c", program)
		if out != strings.Repeat(want+"\n", 3) {
			t.Errorf("%v: output %q", code, out)
		}
	}
}

// TestRedirected: a layer may lead a connection elsewhere, and the program
// sees whom it has asked for.
func TestRedirected(t *testing.T) {
	port, _ := greeter(t)
	rule := fmt.Sprintf("filter:rule=redirect 127.0.0.1:%d out to 192.0.2.1 port 7", port)
	program := `
import socket
s = socket.create_connection(("192.0.2.1", 7)); print(s.recv(10), s.getpeername(), s.getsockname()[0])
s = socket.socket(socket.AF_INET6); s.connect(("::ffff:192.0.2.1", 7)); print(s.recv(10), s.getpeername()[:2])
s = socket.create_connection(("192.0.2.1", 7), timeout=50); print(s.recv(10), s.getpeername())
`
	want := "b'hello' ('192.0.2.1', 7) 127.0.0.1\nb'hello' ('::ffff:192.0.2.1', 7)\nb'hello' ('192.0.2.1', 7)\n"
	for name, layers := range chainsToTest(t) {
		t.Run(name, func(t *testing.T) {
			if out, _ := under(t, Config{Layers: append([]string{rule}, layers...)}, "python3", "-c", program); out != want {
				t.Errorf("output %q, want %q", out, want)
			}
		})
	}
}
