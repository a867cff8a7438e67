// SPDX-License-Identifier: Apache-2.0

package relay

import (
	"bytes"
	"io"
	"net"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"winsock"
	"winsock/wsa"
)

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "relay")
	if err != nil {
		panic(err)
	}
	os.Setenv("WINSOCK_CATALOG", filepath.Join(dir, "catalog.toml"))
	if _, err := winsock.WSAStartup(winsock.Version22); err != nil {
		panic(err)
	}
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}

// pair returns the two ends of a connection over loopback.
func pair(t testing.TB) (a, b *net.TCPConn) {
	t.Helper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	x, err := net.Dial("tcp4", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	y, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	a, b = x.(*net.TCPConn), y.(*net.TCPConn)
	t.Cleanup(func() { a.Close(); b.Close() })
	return a, b
}

// descriptor takes the descriptor of a connection, as one that does not wait.
func descriptor(t testing.TB, c *net.TCPConn) int {
	t.Helper()
	f, err := c.File()
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	fd, err := syscall.Dup(int(f.Fd()))
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.SetNonblock(fd, true); err != nil {
		t.Fatal(err)
	}
	c.Close()
	return fd
}

// relayed returns what a program and its peer have of a connection with a
// relay between them.
func relayed(t testing.TB, ended func()) (program, peer *net.TCPConn, r *Relay) {
	t.Helper()
	program, near := pair(t)
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	far, err := winsock.Socket(wsa.AF_INET, wsa.SOCK_STREAM, wsa.IPPROTO_TCP)
	if err != nil {
		t.Fatal(err)
	}
	to := wsa.SockaddrFrom(l.Addr().(*net.TCPAddr).AddrPort())
	if err := winsock.Connect(far, &to); err != nil {
		t.Fatal(err)
	}
	accepted, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	peer = accepted.(*net.TCPConn)
	t.Cleanup(func() { peer.Close() })
	return program, peer, Start(descriptor(t, near), far, ended)
}

// TestBothWays: each direction carries its data and ends by itself, and the
// relay ends with the second.
func TestBothWays(t *testing.T) {
	ended := make(chan struct{})
	program, peer, r := relayed(t, func() { close(ended) })
	deadline := time.Now().Add(time.Minute)
	program.SetDeadline(deadline)
	peer.SetDeadline(deadline)
	there, back := bytes.Repeat([]byte("there"), 1<<18), bytes.Repeat([]byte("back"), 1<<18)
	carry := func(from, to *net.TCPConn, data []byte) {
		t.Helper()
		go func() {
			from.Write(data)
			from.CloseWrite()
		}()
		got, err := io.ReadAll(to)
		if err != nil || !bytes.Equal(got, data) {
			t.Fatalf("%d bytes came (%v), want %d", len(got), err, len(data))
		}
	}
	carry(program, peer, there)
	select {
	case <-r.Done():
		t.Fatal("the relay has ended with its first direction")
	default:
	}
	carry(peer, program, back)
	select {
	case <-ended:
	case <-time.After(time.Minute):
		t.Fatal("the relay does not end")
	}
	if r.Sent.Load() != uint64(len(there)) || r.Received.Load() != uint64(len(back)) {
		t.Errorf("counted %d and %d bytes, want %d and %d", r.Sent.Load(), r.Received.Load(), len(there), len(back))
	}
}

// TestAbort: both sides are reset.
func TestAbort(t *testing.T) {
	program, peer, r := relayed(t, nil)
	r.Abort()
	<-r.Done()
	for _, c := range []*net.TCPConn{program, peer} {
		c.SetDeadline(time.Now().Add(time.Minute))
		if n, err := c.Read(make([]byte, 1)); n != 0 || !isReset(err) {
			t.Errorf("read %d bytes, %v; want a reset", n, err)
		}
	}
}

func isReset(err error) bool {
	op, ok := err.(*net.OpError)
	if !ok {
		return false
	}
	call, ok := op.Err.(*os.SyscallError)
	return ok && call.Err == syscall.ECONNRESET
}

func BenchmarkBulk(b *testing.B) {
	program, peer, _ := relayed(b, nil)
	const size = 64 << 10
	b.SetBytes(size)
	data := make([]byte, size)
	go func() {
		for range b.N {
			if _, err := program.Write(data); err != nil {
				return
			}
		}
	}()
	b.ResetTimer()
	if _, err := io.CopyN(io.Discard, readerOnly{peer}, int64(b.N)*size); err != nil {
		b.Fatal(err)
	}
}

// readerOnly keeps io.Copy from splicing.
type readerOnly struct{ io.Reader }

func BenchmarkRoundTrip(b *testing.B) {
	program, peer, _ := relayed(b, nil)
	go io.Copy(writerOnly{peer}, readerOnly{peer})
	data := make([]byte, 64)
	b.ReportAllocs()
	b.ResetTimer()
	for range b.N {
		if _, err := program.Write(data); err != nil {
			b.Fatal(err)
		}
		if _, err := io.ReadFull(program, data); err != nil {
			b.Fatal(err)
		}
	}
}

type writerOnly struct{ io.Writer }
