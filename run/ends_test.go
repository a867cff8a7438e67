// SPDX-License-Identifier: Apache-2.0

package run

import (
	"bufio"
	"bytes"
	"fmt"
	"net"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"winsock/layer/socks/sockstest"
	"winsock/spi"
	"winsock/spi/layer"
	"winsock/test/servers"
)

// counted is a layer that counts its sockets.
type counted struct {
	layer.HandlePreserving
	once sync.Once
}

// countedNow is how many are open, and countedEver how many were opened.
var countedNow, countedEver atomic.Int32

func init() {
	spi.Register(&spi.Driver{Name: "counted", Startup: func(p *spi.StartupParams) (spi.Provider, error) {
		return layer.NewProvider(p, func(below spi.Socket, o *spi.Opening) (spi.Socket, error) {
			s := new(counted)
			s.Socket = below
			countedNow.Add(1)
			countedEver.Add(1)
			return s, nil
		}), nil
	}})
}

func (s *counted) Close() error {
	s.once.Do(func() { countedNow.Add(-1) })
	return s.HandlePreserving.Close()
}

// churn opens sockets of all kinds, and closes them but for one of each kind,
// and one that is where it was not opened. Then it waits until it is told that
// the others were seen to end, and looks at those that it has kept.
const churn = `
import os, socket, sys
peer = ("127.0.0.1", int(sys.argv[1]))
def connected():
    return socket.create_connection(peer)
def nonblocking():
    s = socket.socket(); s.setblocking(False)
    try: s.connect(peer)
    except BlockingIOError: pass
    return s
def refused():
    s = socket.socket()
    try: s.connect(("127.0.0.1", int(sys.argv[2])))
    except ConnectionRefusedError: pass
    return s
def bound():
    s = socket.socket(); s.bind(("127.0.0.1", 0)); return s
def listening():
    s = bound(); s.listen(); return s
def datagrams():
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.sendto(b"x", peer); return s
kept = [f() for f in (connected, bound, listening, datagrams)]
moved = connected(); moved = socket.socket(fileno=os.dup(moved.fileno()))
for i in range(int(sys.argv[3])):
    connected().close()
    if i % 10 == 0:
        for f in nonblocking, refused, bound, listening, datagrams: f().close()
print("closed", flush=True)
sys.stdin.readline()
c, b, l, d = kept
assert c.getpeername() == peer and moved.getpeername() == peer, c
b.listen()
for s in b, l:
    n = socket.create_connection(s.getsockname()); a, name = s.accept()
    assert name == n.getsockname(), name
d.sendto(b"y", peer)
print("well", flush=True)
`

// TestEndsAreSeen: of thousands of sockets that a program has opened and
// closed, nothing is left after a while, without the kernel's telling of each,
// and with it. What the program has kept is known still.
func TestEndsAreSeen(t *testing.T) {
	for _, told := range []bool{false, true} {
		t.Run(fmt.Sprintf("told=%v", told), func(t *testing.T) { endsAreSeen(t, told) })
	}
}

func endsAreSeen(t *testing.T, told bool) {
	if _, err := exec.LookPath("python3"); err != nil {
		t.Skip(err)
	}
	port, ever := keeper(t), countedEver.Load()
	_, refusing, _ := net.SplitHostPort(sockstest.Refusing(t))
	const times = 3000
	cmd := exec.Command("python3", "-c", churn, fmt.Sprint(port), refusing, fmt.Sprint(times))
	var errs bytes.Buffer
	cmd.Stderr = &errs
	in, _ := cmd.StdinPipe()
	out, _ := cmd.StdoutPipe()
	s, err := Start(Config{Layers: []string{"counted"}, CountDirect: told}, cmd)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	defer time.AfterFunc(2*time.Minute, func() { cmd.Process.Kill() }).Stop()
	lines := bufio.NewScanner(out)
	if !lines.Scan() {
		t.Fatalf("the program fails: %v\n%s", cmd.Wait(), &errs)
	}
	if n := countedEver.Load() - ever; n < times {
		t.Errorf("%d sockets were opened", n)
	}
	const kept = 5
	for end := time.Now().Add(time.Minute); ; time.Sleep(10 * time.Millisecond) {
		known, open := len(s.sockets.all()), countedNow.Load()
		if known == kept && open == kept {
			break
		}
		if time.Now().After(end) {
			t.Errorf("%d sockets are known, and %d chains open, of %d", known, open, kept)
			break
		}
	}
	fmt.Fprintln(in)
	if !lines.Scan() || lines.Text() != "well" {
		t.Errorf("what the program has kept is not well: %v\n%s", cmd.Wait(), &errs)
		return
	}
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
	<-s.Done()
	stats := s.Stats()
	if stats.Direct < times || strings.Contains(errs.String(), "Error") {
		t.Errorf("%+v\n%s", stats, &errs)
	}
}

// keeper is a server that keeps its connections until the client ends them.
func keeper(t *testing.T) (port int) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go servers.Each(l, func(c net.Conn) {
		var b [1]byte
		_, _ = c.Read(b[:]) // the end, however it comes
	})
	return l.Addr().(*net.TCPAddr).Port
}
