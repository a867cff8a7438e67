// SPDX-License-Identifier: Apache-2.0

package interop

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"winsock"
	"winsock/layer/socks/sockstest"
	"winsock/spi"
	"winsock/test/ports"
	"winsock/wsa"
	"winsock/wsnet"
)

// dante starts dante-server on loopback and returns its address.
func dante(t *testing.T, method string) string {
	t.Helper()
	program, err := exec.LookPath("danted")
	if err != nil {
		program = need(t, "/usr/sbin/danted")
	}
	p := place{host: "127.0.0.1"}
	port := ports.Free(t, p.host)
	dir := t.TempDir()
	file := filepath.Join(dir, "conf")
	conf := fmt.Sprintf(`logoutput: %s/log
internal: 127.0.0.1 port = %s
external: lo
clientmethod: none
socksmethod: %s
client pass { from: 127.0.0.0/8 to: 0.0.0.0/0 }
socks pass { from: 0.0.0.0/0 to: 127.0.0.0/8 command: connect bind bindreply udpassociate udpreply }
socks block { from: 0.0.0.0/0 to: 0.0.0.0/0 }
`, dir, port, method)
	if os.Getuid() == 0 {
		conf = "user.unprivileged: root\n" + conf
	}
	if err := os.WriteFile(file, []byte(conf), 0o600); err != nil {
		t.Fatal(err)
	}
	server := exec.CommandContext(t.Context(), program, "-f", file, "-p", filepath.Join(dir, "pid"))
	server.WaitDelay = 0
	start(t, server)
	p.awaitListener(t, port)
	return net.JoinHostPort("127.0.0.1", port)
}

// underLayer returns a program under winsock run with a layer.
func underLayer(t *testing.T, layer, program string, args ...string) *exec.Cmd {
	c := exec.CommandContext(t.Context(), shared.winsock, append([]string{"run", "--layer", layer, "--", program}, args...)...)
	c.Stderr = os.Stderr
	return c
}

// TestDante: curl under winsock run fetches the file by way of dante-server,
// and python exchanges datagrams.
func TestDante(t *testing.T) {
	curl, python := need(t, "curl"), need(t, "python3")
	files := httptest.NewServer(http.FileServer(http.Dir(shared.dir)))
	defer files.Close()
	at := dante(t, "none")
	for _, scheme := range []string{"socks5", "socks4"} {
		t.Run(scheme, func(t *testing.T) {
			got := newSink(t)
			client := underLayer(t, "socks:server="+scheme+"://"+at, curl, "-gsS", "-o", got.path, files.URL+"/file")
			start(t, client)
			wait(t, client)
			got.check(t, 0, &shared.file)
		})
	}
	echo, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer echo.Close()
	go func() {
		b := make([]byte, 2000)
		for {
			n, from, err := echo.ReadFrom(b)
			if err != nil {
				return
			}
			echo.WriteTo(b[:n], from)
		}
	}()
	program := fmt.Sprintf(`
import socket
a = ("127.0.0.1", %d)
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.settimeout(50)
s.sendto(b"one", a); print(*s.recvfrom(100))
s.connect(a); s.send(b"two"); print(s.recv(100))
`, echo.LocalAddr().(*net.UDPAddr).Port)
	client := underLayer(t, "socks:server=socks5://"+at, python, "-c", program)
	out, err := client.Output()
	if want := fmt.Sprintf("b'one' ('127.0.0.1', %d)\nb'two'\n", echo.LocalAddr().(*net.UDPAddr).Port); err != nil || string(out) != want {
		t.Errorf("output %q, %v; want %q", out, err, want)
	}
	// What its rules do not allow.
	client = underLayer(t, "socks:server=socks5://"+at, python, "-c", `
import socket
try: socket.create_connection(("192.0.2.1", 80), 5)
except OSError as e: print(e.errno)`)
	if out, err := client.Output(); string(out) != "13\n" || err != nil {
		t.Errorf("output %q, %v; want EACCES", out, err)
	}
}

// TestDanteBind: as FTP does, a program connects to a server, listens, tells it
// where, and is connected to by it: both by way of dante-server. It does so
// again on the same socket, and does not wait for the connection by accept.
func TestDanteBind(t *testing.T) {
	python := need(t, "python3")
	at := dante(t, "none")
	for _, scheme := range []string{"socks5", "socks4"} {
		t.Run(scheme, func(t *testing.T) {
			server, err := net.Listen("tcp4", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			defer server.Close()
			go func() {
				control, err := server.Accept()
				if err != nil {
					return
				}
				defer control.Close()
				for lines := bufio.NewScanner(control); lines.Scan(); {
					data, err := net.Dial("tcp4", lines.Text())
					if err != nil { // the proxy does not listen there any more, or not yet
						fmt.Fprint(control, "again")
						continue
					}
					fmt.Fprintf(data, "from %v", data.LocalAddr())
					data.Close()
				}
			}()
			client := underLayer(t, "socks:server="+scheme+"://"+at+",listen=proxy", python, "-c", `
import socket, select, sys
control = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
l = socket.socket()
l.bind(("127.0.0.1", 0)); l.listen(1); l.setblocking(False)
for i in range(2):
    while True:
        control.sendall(b"%s:%d\n" % (l.getsockname()[0].encode(), l.getsockname()[1]))
        ready = select.select([l, control], [], [], 10)[0]
        if ready == [l]: break
        assert ready == [control] and control.recv(5) == b"again", ready
    c, peer = l.accept()
    assert c.recv(100) == b"from %s:%d" % (peer[0].encode(), peer[1])
    assert c.recv(100) == b""
    print("good")
`, strings.TrimPrefix(server.Addr().String(), "127.0.0.1:"))
			if out, err := client.Output(); string(out) != "good\ngood\n" || err != nil {
				t.Errorf("output %q, %v", out, err)
			}
		})
	}
}

// TestDialerThroughProxy: a dialer whose route has the layer connects by name.
func TestDialerThroughProxy(t *testing.T) {
	files := httptest.NewServer(http.FileServer(http.Dir(shared.dir)))
	defer files.Close()
	_, port, _ := net.SplitHostPort(files.Listener.Addr().String())
	p := sockstest.Serve(t, func(s *sockstest.Server) { s.Names = map[string]string{"far.example": "127.0.0.1"} })
	d := wsnet.Dialer{Route: wsnet.Route{Layers: []string{spi.FormatPath("socks", spi.Options{"server": p.URL("socks5"), "ipv6": "none"})}}}
	transport := &http.Transport{DialContext: d.DialContext}
	defer transport.CloseIdleConnections()
	answer, err := (&http.Client{Transport: transport}).Get("http://far.example:" + port + "/small")
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if n, err := io.Copy(io.Discard, answer.Body); n != shared.small.size || err != nil {
		t.Errorf("%d bytes came, %v", n, err)
	}
	if asked := p.Requests(); !slices.Equal(asked, []string{"far.example:" + port}) {
		t.Errorf("the proxy was asked for %q", strings.Join(asked, " "))
	}
}

// TestListenAtProxy: a listener of a Go program is one at the proxy, for
// whatever way it has to accept: by waiting, by events, and overlapped.
func TestListenAtProxy(t *testing.T) {
	p := sockstest.Serve(t)
	layers := []string{spi.FormatPath("socks", spi.Options{"server": p.URL("socks5"), "listen": "proxy", "dns": "local"})}
	ask := func(addr string) {
		c, err := net.Dial("tcp", addr)
		if err != nil {
			t.Error(err)
			return
		}
		c.Write([]byte("hello"))
		c.Close()
	}

	lc := wsnet.ListenConfig{Route: wsnet.Route{Layers: layers}}
	listener, err := lc.Listen(t.Context(), "tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go ask(listener.Addr().String())
	conn, err := listener.Accept()
	if err != nil {
		t.Fatal(err)
	}
	if said, err := io.ReadAll(conn); string(said) != "hello" || err != nil {
		t.Errorf("received %q, %v", said, err)
	}
	if conn.LocalAddr().String() != listener.Addr().String() {
		t.Errorf("the connection is one to %v, and the listener at %v", conn.LocalAddr(), listener.Addr())
	}
	conn.Close()
	listener.Close()

	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	_, err = winsock.WSAStartup(winsock.Version22)
	must(err)
	defer winsock.WSACleanup()
	chain, err := winsock.Compose(wsa.AF_INET, wsa.SOCK_STREAM, wsa.IPPROTO_TCP, nil, layers...)
	must(err)
	listen := func() (h winsock.SOCKET, addr string) {
		h, err := chain.Socket(wsa.WSA_FLAG_OVERLAPPED)
		must(err)
		name := wsa.SockaddrFrom(netip.MustParseAddrPort("127.0.0.1:0"))
		must(winsock.Bind(h, &name))
		must(winsock.Listen(h, 5))
		must(winsock.GetSockName(h, &name))
		return h, name.String()
	}
	t.Run("events", func(t *testing.T) {
		h, addr := listen()
		defer winsock.CloseSocket(h)
		event, err := winsock.WSACreateEvent()
		must(err)
		defer winsock.WSACloseEvent(event)
		must(winsock.WSAEventSelect(h, event, wsa.FD_ACCEPT))
		if _, err := winsock.Accept(h, nil); err != wsa.WSAEWOULDBLOCK {
			t.Errorf("accept before somebody has come: %v", err)
		}
		go ask(addr)
		if _, err := winsock.WSAWaitForMultipleEvents([]winsock.HANDLE{event}, false, 20_000, false); err != nil {
			t.Fatal(err)
		}
		conn, err := winsock.Accept(h, nil)
		must(err)
		winsock.CloseSocket(conn)
	})
	t.Run("overlapped", func(t *testing.T) {
		h, addr := listen()
		defer winsock.CloseSocket(h)
		conn, err := chain.Socket(wsa.WSA_FLAG_OVERLAPPED)
		must(err)
		defer winsock.CloseSocket(conn)
		port, err := winsock.CreateIoCompletionPort(winsock.INVALID_HANDLE_VALUE, 0, 0, 0)
		must(err)
		defer winsock.CloseHandle(port)
		_, err = winsock.CreateIoCompletionPort(winsock.HANDLE(h), port, 7, 0)
		must(err)
		var o winsock.Overlapped
		out := make([]byte, 64+64)
		if _, err := winsock.AcceptEx(h, conn, out, 64, 32, 32, &o); err != wsa.WSA_IO_PENDING {
			t.Fatal(err)
		}
		go ask(addr)
		n, _, done, err := winsock.GetQueuedCompletionStatus(port, 20_000)
		if err != nil || done != &o || string(out[:n]) != "hello" {
			t.Errorf("%v, %q", err, out[:n])
		}
	})
}
