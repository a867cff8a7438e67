// SPDX-License-Identifier: Apache-2.0

package run

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"winsock/layer/socks/sockstest"
	"winsock/spi"
)

// throughProxy is the layer with the proxy. far.example is loopback for it.
func throughProxy(p *sockstest.Server, scheme string) []string {
	return []string{spi.FormatPath("socks", spi.Options{"server": p.URL(scheme)})}
}

func proxy(t *testing.T, change ...func(*sockstest.Server)) *sockstest.Server {
	names := func(s *sockstest.Server) { s.Names = map[string]string{"far.example": "127.0.0.1"} }
	return sockstest.Serve(t, append(change, names)...)
}

// TestSocks: programs that connect by name are connected by the proxy, which
// is asked for the name. Blocking connects are direct, so that nothing is
// relayed afterwards.
func TestSocks(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, "host "+r.Host)
	}))
	defer server.Close()
	_, port, _ := net.SplitHostPort(server.Listener.Addr().String())
	at := "far.example:" + port
	ask := `b"GET / HTTP/1.0\r\nHost: ` + at + `\r\n\r\n"`
	blocking := `
import socket
for i in range(3):
    s = socket.create_connection(("far.example", ` + port + `))
    assert s.getpeername() == socket.getaddrinfo("far.example", ` + port + `, s.family)[0][4], s.getpeername()
    s.sendall(` + ask + `)
    d = b""
    while (b := s.recv(1000)): d += b
    assert d.endswith(b"host ` + at + `"), d
print("good")
`
	nonblocking := `
import asyncio
async def one():
    r, w = await asyncio.open_connection("far.example", ` + port + `)
    w.write(` + ask + `)
    d = await r.read()
    assert d.endswith(b"host ` + at + `"), d
async def main(): await asyncio.gather(*[one() for i in range(3)])
asyncio.run(main())
print("good")
`
	for _, scheme := range []string{"socks5", "socks4a", "http"} {
		for name, program := range map[string]string{"blocking": blocking, "non-blocking": nonblocking} {
			t.Run(scheme+" "+name, func(t *testing.T) {
				p := proxy(t)
				out, s := under(t, Config{Layers: throughProxy(p, scheme), DNS: true}, "python3", "-c", program)
				if out != "good\n" {
					t.Errorf("output %q", out)
				}
				if asked := slices.Compact(p.Requests()); !slices.Equal(asked, []string{at}) {
					t.Errorf("the proxy was asked for %q, want %q", asked, at)
				}
				stats := s.Stats()
				if name == "blocking" && stats.Direct != 3 || name != "blocking" && (stats.Direct > 0 || stats.Relayed < 3) {
					t.Errorf("%d relayed, %d direct", stats.Relayed, stats.Direct)
				}
			})
		}
	}
	t.Run("curl", func(t *testing.T) {
		p := proxy(t)
		out, _ := under(t, Config{Layers: throughProxy(p, "socks5"), DNS: true}, "curl", "-sS", "http://"+at)
		if out != "host "+at {
			t.Errorf("output %q", out)
		}
		if asked := p.Requests(); !slices.Equal(asked, []string{at}) {
			t.Errorf("the proxy was asked for %q", asked)
		}
	})
	t.Run("static Go", func(t *testing.T) {
		if testing.Short() {
			t.Skip("it is built first")
		}
		program := filepath.Join(t.TempDir(), "client")
		source := program + ".go"
		if err := os.WriteFile(source, []byte(`package main
import ("io"; "net/http"; "os")
func main() {
	r, err := http.Get(os.Args[1])
	if err != nil { panic(err) }
	io.Copy(os.Stdout, r.Body)
}`), 0o600); err != nil {
			t.Fatal(err)
		}
		build := exec.Command("go", "build", "-o", program, source)
		build.Env = append(os.Environ(), "CGO_ENABLED=0")
		if out, err := build.CombinedOutput(); err != nil {
			t.Skipf("%v\n%s", err, out)
		}
		p := proxy(t)
		out, _ := under(t, Config{Layers: throughProxy(p, "socks5"), DNS: true}, program, "http://"+at)
		if out != "host "+at {
			t.Errorf("output %q", out)
		}
		if asked := p.Requests(); !slices.Equal(asked, []string{at}) {
			t.Errorf("the proxy was asked for %q", asked)
		}
	})
}

// TestSocksFailures: what the proxy answers is what connect returns, and the
// socket can be connected again.
func TestSocksFailures(t *testing.T) {
	peer, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer peer.Close()
	_, gone, _ := net.SplitHostPort(sockstest.Refusing(t))
	program := fmt.Sprintf(`
import socket, select
for timeout in None, 10:
    s = socket.socket()
    s.settimeout(timeout)
    try: s.connect(("127.0.0.1", %s)); print("connected")
    except OSError as e: print(type(e).__name__)
    try: s.getpeername(); print("has a peer")
    except OSError as e: pass
    s.connect(("127.0.0.1", %d))
    print("connected", s.getpeername()[1] == %[2]d)
`, gone, peer.Addr().(*net.TCPAddr).Port)
	p := proxy(t)
	out, _ := under(t, Config{Layers: throughProxy(p, "socks5")}, "python3", "-c", program)
	if want := strings.Repeat("ConnectionRefusedError\nconnected True\n", 2); out != want {
		t.Errorf("output %q, want %q", out, want)
	}
	// A proxy of several that talks nonsense is left out.
	bad := sockstest.Serve(t, func(s *sockstest.Server) { s.Fault = sockstest.Garbage })
	layers := []string{spi.FormatPath("socks", spi.Options{"server": bad.URL("socks5") + ";" + p.URL("socks5"), "mode": "dynamic", "retry": "0s"})}
	out, _ = under(t, Config{Layers: layers}, "python3", "-c", program)
	if want := strings.Repeat("ConnectionRefusedError\nconnected True\n", 2); out != want {
		t.Errorf("with a bad proxy: output %q, want %q", out, want)
	}
}

// TestSocksDatagrams: datagrams go by way of the proxy, and come from whom the
// program has sent to.
func TestSocksDatagrams(t *testing.T) {
	peer, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer peer.Close()
	go func() {
		b := make([]byte, 2000)
		for {
			n, from, err := peer.ReadFrom(b)
			if err != nil {
				return
			}
			peer.WriteTo([]byte(strings.ToUpper(string(b[:n]))), from)
		}
	}()
	port := peer.LocalAddr().(*net.UDPAddr).Port
	program := fmt.Sprintf(`
import socket, select
port = %d
far = socket.getaddrinfo("far.example", port, socket.AF_INET, socket.SOCK_DGRAM)[0][4]
for a in ("127.0.0.1", port), far:
    for waits in True, False:
        s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        s.setblocking(waits)
        assert s.sendto(b"one", a) == 3
        assert select.select([s], [], [], 50)[0]
        d, f = s.recvfrom(100); print(d.decode(), f == a)
        assert s.sendmsg([b"tw", b"o"], [], 0, a) == 3
        assert select.select([s], [], [], 50)[0]
        d, _, _, f = s.recvmsg(100); print(d.decode(), f == a)
    c = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); c.settimeout(50)
    c.connect(a); print(c.getpeername() == a)
    c.send(b"four"); print(c.recv(100).decode())
`, port)
	p := proxy(t)
	out, _ := under(t, Config{Layers: throughProxy(p, "socks5"), DNS: true}, "python3", "-c", program)
	if want := strings.Repeat("ONE True\nTWO True\nONE True\nTWO True\nTrue\nFOUR\n", 2); out != want {
		t.Errorf("output %q, want %q", out, want)
	}
	near, far := fmt.Sprint("127.0.0.1:", port), fmt.Sprint("far.example:", port)
	want := []string{"udp", near, near, "udp", near, near, "udp", near, "udp", far, far, "udp", far, far, "udp", far}
	if got := p.Requests(); !slices.Equal(got, want) {
		t.Errorf("the proxy was asked for %q, want %q", got, want)
	}
}

// TestSocksInChains: the layer above and below others, and brought in by a
// rule.
func TestSocksInChains(t *testing.T) {
	peer := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "good") }))
	defer peer.Close()
	host, port, _ := net.SplitHostPort(peer.Listener.Addr().String())
	program := fmt.Sprintf(`
import socket, asyncio
s = socket.create_connection(("%s", %s))
assert s.getpeername() == ("%[1]s", %[2]s)
s.sendall(b"GET / HTTP/1.0\r\n\r\n")
d = b""
while (b := s.recv(1000)): d += b
assert d.endswith(b"good"), d
async def f():
    r, w = await asyncio.open_connection("%[1]s", %[2]s)
    w.write(b"GET / HTTP/1.0\r\n\r\n")
    d = await r.read()
    assert d.endswith(b"good"), d
asyncio.run(f())
print("good")
`, host, port)
	p, q := proxy(t), proxy(t)
	layer := func(p *sockstest.Server) string {
		return spi.FormatPath("socks", spi.Options{"server": p.URL("socks5"), "dns": "local"})
	}
	rule := "chain " + layer(p) + " out tcp port " + port
	log := "trace:log=" + filepath.Join(t.TempDir(), "log")
	for name, c := range map[string]struct {
		layers []string
		asked  []string
		direct uint64
	}{
		"under a log of calls":  {[]string{log + ",calls=control", layer(p)}, []string{peer.Listener.Addr().String()}, 1},
		"over a log of calls":   {[]string{layer(p), log + ",calls=control"}, []string{peer.Listener.Addr().String()}, 1},
		"over a log of data":    {[]string{layer(p), log}, []string{peer.Listener.Addr().String()}, 0},
		"over a filter":         {[]string{layer(p), "filter:rule=allow"}, []string{peer.Listener.Addr().String()}, 1},
		"by a rule of a filter": {[]string{spi.FormatPath("filter", spi.Options{"rule": rule})}, []string{peer.Listener.Addr().String()}, 1},
		"over itself":           {[]string{layer(p), layer(q)}, []string{peer.Listener.Addr().String()}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			out, s := under(t, Config{Layers: c.layers}, "python3", "-c", program)
			if out != "good\n" {
				t.Errorf("output %q", out)
			}
			if asked := slices.Compact(p.Requests()); !slices.Equal(asked, c.asked) {
				t.Errorf("the proxy was asked for %q, want %q", asked, c.asked)
			}
			if n := s.Stats().Direct; n != c.direct {
				t.Errorf("%d direct, want %d", n, c.direct)
			}
			if asked := slices.Compact(q.Requests()); name == "over itself" && !slices.Equal(asked, []string{p.Addr()}) {
				t.Errorf("the second proxy was asked for %q", asked)
			}
		})
	}
}

// TestSocksSlow: proxies whose answers do not come at once, nor whole.
func TestSocksSlow(t *testing.T) {
	peer := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "good") }))
	defer peer.Close()
	host, port, _ := net.SplitHostPort(peer.Listener.Addr().String())
	for _, scheme := range []string{"socks5", "socks4a", "http"} {
		p := sockstest.Serve(t, func(s *sockstest.Server) { s.Fault = sockstest.Slow })
		out, s := under(t, Config{Layers: throughProxy(p, scheme)}, "python3", "-c", fmt.Sprintf(`
import socket, threading
def one():
    s = socket.create_connection((%q, %s))
    s.sendall(b"GET / HTTP/1.0\r\n\r\n")
    d = b""
    while (b := s.recv(1000)): d += b
    assert d.endswith(b"good"), d
    assert s.getsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT) == 1
for i in range(5): one()
all = [threading.Thread(target=one) for i in range(10)]
for t in all: t.start()
for t in all: t.join()
print("good")
`, host, port))
		if n := s.Stats().Direct; out != "good\n" || n != 15 {
			t.Errorf("%s: output %q, %d direct", scheme, out, n)
		}
	}
}
