// SPDX-License-Identifier: Apache-2.0

package near

import (
	"bytes"
	"sync"
	"testing"

	"winsock/internal/sys"
)

func socketOf(t *testing.T, k Kind) int {
	t.Helper()
	domain := sys.AF_INET6
	if k == IPv4 {
		domain = sys.AF_INET
	}
	fd, e := sys.Socket(domain, sys.SOCK_STREAM, 0)
	if e != 0 {
		t.Fatal(e)
	}
	t.Cleanup(func() { sys.Close(fd) })
	return fd
}

// converse sends a word each way.
func converse(t *testing.T, a, b int) {
	t.Helper()
	for _, way := range [][2]int{{a, b}, {b, a}} {
		word := []byte("word")
		if _, e := sys.SendTo(way[0], word, 0, nil); e != 0 {
			t.Fatal(e)
		}
		if sys.PollWaiting(way[1], sys.POLLIN, 5000) == 0 {
			t.Fatal("nothing comes")
		}
		got := make([]byte, 10)
		if n, _, e := sys.RecvFrom(way[1], got, 0, nil); e != 0 || !bytes.Equal(got[:n], word) {
			t.Fatalf("received %q, %v", got[:n], e)
		}
	}
}

func TestConnect(t *testing.T) {
	var e Ends
	defer e.Close()
	for _, k := range []Kind{IPv4, Mapped, IPv6} {
		var wg sync.WaitGroup
		for range 20 {
			fd := socketOf(t, k)
			wg.Go(func() {
				end, errno := e.Connect(fd, k)
				if errno != 0 {
					t.Errorf("kind %d: %v", k, errno)
					return
				}
				defer sys.Close(end)
				converse(t, fd, end)
			})
		}
		wg.Wait()
	}
}

// TestHold: a held socket is neither readable, writable nor in error, until
// it is completed, and then it is connected.
func TestHold(t *testing.T) {
	var e Ends
	defer e.Close()
	for _, k := range []Kind{IPv4, Mapped, IPv6} {
		var fds []int
		for range 20 {
			fd := socketOf(t, k)
			if errno := e.Hold(fd, k); errno != 0 {
				t.Fatalf("kind %d: %v", k, errno)
			}
			fds = append(fds, fd)
		}
		for i, fd := range fds {
			if p := sys.PollWaiting(fd, sys.POLLIN|sys.POLLOUT, 1); p != 0 {
				t.Fatalf("a held socket polls as %#x", p)
			}
			if i%2 == 1 {
				Fail(fd)
				if p := sys.PollWaiting(fd, sys.POLLOUT, 1000); p&sys.POLLERR == 0 {
					t.Errorf("a failed socket polls as %#x", p)
				}
				continue
			}
			end, errno := e.Complete(fd, k)
			if errno != 0 {
				t.Fatalf("kind %d: %v", k, errno)
			}
			if p := sys.PollWaiting(fd, sys.POLLOUT, 1000); p != sys.POLLOUT {
				t.Errorf("a completed socket polls as %#x", p)
			}
			if n, _ := sys.GetSockOptInt(fd, sys.SOL_SOCKET, sys.SO_ERROR); n != 0 {
				t.Errorf("SO_ERROR is %v", sys.Errno(n))
			}
			converse(t, fd, end)
			sys.Close(end)
		}
	}
}

func TestClosed(t *testing.T) {
	var e Ends
	e.Close()
	if _, errno := e.Connect(socketOf(t, IPv4), IPv4); errno == 0 {
		t.Error("connected after Close")
	}
}

// TestRefuse: a connected datagram socket reports that nobody receives, once,
// and goes on.
func TestRefuse(t *testing.T) {
	var e Ends
	defer e.Close()
	for _, k := range []Kind{IPv4, Mapped, IPv6} {
		domain := sys.AF_INET6
		if k == IPv4 {
			domain = sys.AF_INET
		}
		fd, errno := sys.Socket(domain, sys.SOCK_DGRAM, 0)
		if errno != 0 {
			t.Fatal(errno)
		}
		defer sys.Close(fd)
		end, errno := e.ConnectDatagram(fd, k)
		if errno != 0 {
			t.Fatal(errno)
		}
		defer sys.Close(end)
		converse(t, fd, end)
		Refuse(fd, end)
		if n, _ := sys.GetSockOptInt(fd, sys.SOL_SOCKET, sys.SO_ERROR); sys.Errno(n) != sys.ECONNREFUSED {
			t.Errorf("kind %d: SO_ERROR is %v", k, sys.Errno(n))
		}
		converse(t, fd, end)
	}
}
