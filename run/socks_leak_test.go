// SPDX-License-Identifier: Apache-2.0

package run

import (
	"bytes"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"winsock/layer/socks/sockstest"
)

const envNamespace = "RUN_TEST_NAMESPACE"

// away is a network namespace with a way out that leads nowhere, so that all
// that is sent there can be counted.
const away = `
echo 1 > /proc/sys/net/ipv6/conf/all/disable_ipv6
echo 1 > /proc/sys/net/ipv6/conf/default/disable_ipv6
ip link set lo up &&
ip link add out type veth peer name end && ip link set end up && ip link set out up &&
ip addr add 10.9.9.2/24 dev out && ip route add default via 10.9.9.1`

// sentOut returns how many packets have left by the way out.
func sentOut(t *testing.T) int {
	t.Helper()
	text, err := os.ReadFile("/proc/self/net/dev")
	if err != nil {
		t.Fatal(err)
	}
	for line := range bytes.Lines(text) {
		if f := strings.Fields(string(line)); len(f) > 10 && f[0] == "out:" {
			n, err := strconv.Atoi(f[10])
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
	}
	t.Fatalf("there is no way out:\n%s", text)
	return 0
}

// TestSocksNoLeak: of a program that looks names up, connects, and sends
// datagrams, not a packet goes past the proxy.
func TestSocksNoLeak(t *testing.T) {
	if os.Getenv(envNamespace) == "" {
		inNamespace(t)
		return
	}
	if out, err := exec.Command("sh", "-ec", away).CombinedOutput(); err != nil {
		t.Skipf("the namespace has no network: %v\n%s", err, out)
	}
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	port := server.URL[strings.LastIndex(server.URL, ":")+1:]
	program := `
import socket, asyncio, struct, sys
def attempt(f):
    try: f()
    except OSError as e: print(type(e).__name__, e, file=sys.stderr)
def tcp():
    s = socket.create_connection(("far.example", ` + port + `), 60); s.sendall(b"GET / HTTP/1.0\r\n\r\n"); s.recv(100)
def nonblocking():
    async def f(): await asyncio.wait_for(asyncio.open_connection("far.example", ` + port + `), 60)
    asyncio.run(f())
def literal(): socket.create_connection(("192.0.2.1", 80), 60)
def udp():
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.settimeout(0.3); s.sendto(b"x", ("192.0.2.1", 4000)); s.recvfrom(10)
def udp_connected():
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.settimeout(0.3); s.connect(("192.0.2.1", 4000)); s.send(b"x"); s.recv(10)
def query(kind):
    q = struct.pack(">6H", 7, 0x100, 1, 0, 0, 0) + b"\3far\7example\0" + struct.pack(">2H", kind, 1)
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.settimeout(1); s.sendto(q, ("192.0.2.53", 53)); s.recvfrom(1000)
def reverse(): socket.gethostbyaddr("192.0.2.1")
for f in tcp, nonblocking, literal, udp, udp_connected, reverse: attempt(f)
for kind in 1, 28, 16, 65, 15: attempt(lambda: query(kind))
`
	for _, scheme := range []string{"socks5", "socks4a", "http"} {
		p := proxy(t, func(s *sockstest.Server) { s.Refuse = []string{"192.0.2.1"} })
		before := sentOut(t)
		out, _ := under(t, Config{Layers: throughProxy(p, scheme), DNS: true, DenyUnknown: true}, "python3", "-c", program)
		if n := sentOut(t) - before; n > 0 {
			t.Errorf("%s: %d packets have gone out\n%s", scheme, n, out)
		}
		asked := p.Requests()
		if !slices.Contains(asked, "far.example:"+port) || !slices.Contains(asked, "192.0.2.1:80") {
			t.Errorf("%s: the proxy was asked for %q\n%s", scheme, asked, out)
		}
	}
	// What does go out is counted.
	before := sentOut(t)
	c, err := net.Dial("udp", "192.0.2.1:4000")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.Write([]byte("x"))
	for end := time.Now().Add(time.Minute); sentOut(t) == before; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("nothing is counted that goes out")
		}
	}
}

// inNamespace runs the test in a network namespace of its own.
func inNamespace(t *testing.T) {
	cmd := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v", "-test.timeout=120s")
	cmd.Env = append(os.Environ(), envNamespace+"=1")
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNET,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}},
	}
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Skipf("there are no namespaces: %v", err)
	}
	err := cmd.Wait()
	switch text := out.String(); {
	case err != nil:
		t.Errorf("%v\n%s", err, text)
	case strings.Contains(text, "--- SKIP"):
		t.Skip(text)
	}
}
