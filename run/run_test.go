// SPDX-License-Identifier: Apache-2.0

package run

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	_ "winsock" // the built-in providers
	"winsock/layer/socks/sockstest"
	"winsock/spi/meter"
)

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "run")
	if err != nil {
		panic(err)
	}
	os.Setenv("WINSOCK_CATALOG", filepath.Join(dir, "catalog.toml"))
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}

// under runs a program and returns its output.
func under(t *testing.T, c Config, name string, args ...string) (string, *Supervisor) {
	t.Helper()
	if _, err := exec.LookPath(name); err != nil {
		t.Skip(err)
	}
	cmd := exec.Command(name, args...)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	s, err := Start(c, cmd)
	if err != nil {
		t.Fatal(err)
	}
	timer := time.AfterFunc(2*time.Minute, func() { cmd.Process.Kill() })
	err = cmd.Wait()
	timer.Stop()
	if err != nil {
		t.Errorf("%s: %v\n%s", name, err, &out)
	}
	select {
	case <-s.Done():
	case <-time.After(time.Minute):
		t.Error("the supervisor does not see the end")
	}
	s.Close()
	return out.String(), s
}

// chainsToTest are an empty chain and ones with data layers.
func chainsToTest(t *testing.T) map[string][]string {
	log := filepath.Join(t.TempDir(), "log")
	one := "trace:log=" + log
	return map[string][]string{"empty": nil, "control": {one + ",calls=control"}, "data": {one}, "three": {one, one + ",tag=b", one + ",tag=c"}}
}

func TestCurl(t *testing.T) {
	body := bytes.Repeat([]byte("0123456789abcdef"), 1<<16)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Write(body)
	}))
	defer server.Close()
	for name, layers := range chainsToTest(t) {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "out")
			out, s := under(t, Config{Layers: layers}, "curl", "-sS", "-o", file, "-w", "%{remote_ip}:%{remote_port}", server.URL)
			if got, _ := os.ReadFile(file); !bytes.Equal(got, body) {
				t.Errorf("%d bytes came, want %d", len(got), len(body))
			}
			if want := server.Listener.Addr().String(); out != want {
				t.Errorf("curl was connected to %s, want %s", out, want)
			}
			t.Logf("%+v", s.Stats())
		})
	}
}

func TestRefused(t *testing.T) {
	_, port, _ := net.SplitHostPort(sockstest.Refusing(t))
	program := fmt.Sprintf(`
import socket, asyncio
s = socket.socket()
try:
    s.connect(("127.0.0.1", %s)); print("connected")
except OSError as e: print(type(e).__name__)
async def f():
    try:
        await asyncio.open_connection("127.0.0.1", %s); print("connected")
    except OSError as e: print(type(e).__name__)
asyncio.run(f())
`, port, port)
	for name, layers := range chainsToTest(t) {
		t.Run(name, func(t *testing.T) {
			out, _ := under(t, Config{Layers: layers}, "python3", "-c", program)
			if want := "ConnectionRefusedError\nConnectionRefusedError\n"; out != want {
				t.Errorf("output %q, want %q", out, want)
			}
		})
	}
}

func TestServer(t *testing.T) {
	for name, layers := range chainsToTest(t) {
		t.Run(name, func(t *testing.T) {
			program := `
import socket, sys, threading
s = socket.socket()
s.bind(("127.0.0.1", 0)); s.listen()
print(s.getsockname()[1], flush=True)
for i in range(3):
    c, a = s.accept()
    assert c.getpeername() == a, (c.getpeername(), a)
    assert c.getsockname() == s.getsockname()
    c.sendall(("%s:%d " % a).encode() + c.recv(100))
    c.close()
`
			cmd := exec.Command("python3", "-c", program)
			cmd.Stderr = os.Stderr
			stdout, _ := cmd.StdoutPipe()
			s, err := Start(Config{Layers: layers}, cmd)
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			var port int
			if _, err := fmt.Fscan(stdout, &port); err != nil {
				t.Fatal(err)
			}
			for range 3 {
				c, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", port))
				if err != nil {
					t.Fatal(err)
				}
				c.SetDeadline(time.Now().Add(time.Minute))
				fmt.Fprint(c, "hello")
				got, err := io.ReadAll(c)
				if want := c.LocalAddr().String() + " hello"; string(got) != want {
					t.Errorf("the answer is %q, %v; want %q", got, err, want)
				}
				c.Close()
			}
			if err := cmd.Wait(); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestDatagrams(t *testing.T) {
	echo, err := net.ListenPacket("udp", "127.0.0.1:0")
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
			echo.WriteTo([]byte(strings.ToUpper(string(b[:n]))), from)
		}
	}()
	port := echo.LocalAddr().(*net.UDPAddr).Port
	program := fmt.Sprintf(`
import socket
a = ("127.0.0.1", %d)
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.settimeout(50)
s.sendto(b"one", a); print(s.recvfrom(100)[0].decode(), s.getsockname()[1] != 0)
s.sendmsg([b"tw", b"o"], [], 0, a); d, _, _, f = s.recvmsg(100); print(d.decode(), f == a)
b = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
b.sendto(b"three", a); d, f = b.recvfrom(2); print(d.decode(), f == a)
c = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
c.connect(a); print(c.getpeername() == a)
c.send(b"four"); print(c.recv(100).decode())
`, port)
	want := "ONE True\nTWO True\nTH True\nTrue\nFOUR\n"
	for name, layers := range chainsToTest(t) {
		t.Run(name, func(t *testing.T) {
			if out, _ := under(t, Config{Layers: layers}, "python3", "-c", program); out != want {
				t.Errorf("output %q, want %q", out, want)
			}
		})
	}
}

// TestMeter: metering leaves the ways of the data as they are, and tells of
// each layer.
func TestMeter(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	for name, layers := range chainsToTest(t) {
		t.Run(name, func(t *testing.T) {
			_, s := under(t, Config{Layers: layers, Meter: new(meter.Set)}, "curl", "-sS", server.URL)
			stats := s.Stats()
			if relayed := name == "data" || name == "three"; (stats.Relayed == 1) != relayed || (stats.Direct == 1) == relayed {
				t.Errorf("%d relayed, %d direct", stats.Relayed, stats.Direct)
			}
			traces := 0
			for _, l := range stats.Layers {
				if l.Name == "trace" && l.Calls > 0 {
					traces++
				}
				for _, g := range l.Groups {
					if g.Median <= 0 || g.P99 < g.Median || 2*g.Time < g.Median { // as far as buckets tell
						t.Errorf("%s: %+v", l.Name, g)
					}
				}
			}
			if traces != len(layers) {
				t.Errorf("layers %+v", stats.Layers)
			}
		})
	}
}
