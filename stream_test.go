// SPDX-License-Identifier: Apache-2.0

package winsock

import (
	"bytes"
	"crypto/rand"
	"errors"
	"net"
	"sync"
	"testing"
	"time"

	"winsock/spi"
	"winsock/wsa"
)

func TestEcho(t *testing.T) {
	started(t)
	for family := range loopbacks {
		t.Run(wsa.FamilyName(family), func(t *testing.T) {
			client, server := connected(t, family)
			buf := make([]byte, 64)
			for range 100 {
				n, err := Send(client, []byte("hello"), 0)
				must(t, err)
				if n != 5 {
					t.Fatalf("sent %d of 5 bytes", n)
				}
				n, err = Recv(server, buf, 0)
				must(t, err)
				if string(buf[:n]) != "hello" {
					t.Fatalf("received %q", buf[:n])
				}
			}
		})
	}
}

// TestBlockingSendSendsAll follows "send function": a blocking send on a
// stream returns when all the data is sent.
func TestBlockingSendSendsAll(t *testing.T) {
	started(t)
	client, server := connected(t, wsa.AF_INET)
	data := make([]byte, 8<<20)
	rand.Read(data)
	var got bytes.Buffer
	var wg sync.WaitGroup
	wg.Go(func() {
		buf := make([]byte, 100_000)
		for {
			n, err := Recv(server, buf, 0)
			if err != nil {
				t.Error(err)
				return
			}
			if n == 0 {
				return
			}
			got.Write(buf[:n])
		}
	})
	half := len(data) / 2
	n, err := Send(client, data[:half], 0)
	must(t, err)
	if n != half {
		t.Errorf("sent %d of %d bytes", n, half)
	}
	n, err = WSASend(client, [][]byte{data[half : half+10], nil, data[half+10 : half+3<<20], data[half+3<<20:]}, 0, nil, nil)
	must(t, err)
	if n != len(data)-half {
		t.Errorf("gathered %d of %d bytes", n, len(data)-half)
	}
	must(t, Shutdown(client, wsa.SD_SEND))
	wg.Wait()
	if !bytes.Equal(got.Bytes(), data) {
		t.Error("what arrived is not what was sent")
	}
}

// TestReceiveTimeout follows difference 47: SO_RCVTIMEO is in milliseconds
// and ends a receive with WSAETIMEDOUT.
func TestReceiveTimeout(t *testing.T) {
	started(t)
	client, _ := connected(t, wsa.AF_INET)
	must(t, SetSockOptInt(client, wsa.SOL_SOCKET, wsa.SO_RCVTIMEO, 30))
	begun := time.Now()
	_, err := Recv(client, make([]byte, 1), 0)
	wantErr(t, "recv", err, wsa.WSAETIMEDOUT)
	if took := time.Since(begun); took < 20*time.Millisecond {
		t.Errorf("timed out after %v", took)
	}
	if v, err := GetSockOptInt(client, wsa.SOL_SOCKET, wsa.SO_RCVTIMEO); err != nil || v != 30 {
		t.Errorf("SO_RCVTIMEO reads %d, %v", v, err)
	}
}

// TestCloseEndsCalls follows difference 62: closesocket from another
// goroutine ends whatever waits, with WSAEINTR.
func TestCloseEndsCalls(t *testing.T) {
	started(t)
	for _, test := range []struct {
		name string
		call func(s SOCKET) error
		make func(t *testing.T) SOCKET
	}{
		{"recv", func(s SOCKET) error { _, err := Recv(s, make([]byte, 1), 0); return err },
			func(t *testing.T) SOCKET { c, _ := connected(t, wsa.AF_INET); return c }},
		{"recvfrom", func(s SOCKET) error { _, err := RecvFrom(s, make([]byte, 1), 0, nil); return err },
			func(t *testing.T) SOCKET {
				s := newTestSocket(t, wsa.AF_INET, wsa.SOCK_DGRAM)
				addr := loopback(wsa.AF_INET, 0)
				must(t, Bind(s, &addr))
				return s
			}},
		{"accept", func(s SOCKET) error { _, err := Accept(s, nil); return err },
			func(t *testing.T) SOCKET { l, _ := listening(t, wsa.AF_INET6); return l }},
		{"send", func(s SOCKET) error { _, err := Send(s, make([]byte, 64<<20), 0); return err },
			func(t *testing.T) SOCKET { c, _ := connected(t, wsa.AF_INET); return c }},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := test.make(t)
			done := make(chan error, 2)
			for range 2 { // one parks, the other has to watch
				go func() { done <- test.call(s) }()
			}
			time.Sleep(20 * time.Millisecond) // most likely both wait by now; the answer is the same if not
			must(t, CloseSocket(s))
			for range 2 {
				select {
				case err := <-done:
					if err != wsa.WSAEINTR && err != wsa.WSAENOTSOCK {
						t.Errorf("got %v", err)
					}
					if !errors.Is(err, net.ErrClosed) {
						t.Errorf("%v is not net.ErrClosed", err)
					}
				case <-time.After(time.Minute):
					t.Fatal("still waiting")
				}
			}
			wantErr(t, "closesocket again", CloseSocket(s), wsa.WSAENOTSOCK)
		})
	}
}

// TestDeadline: a deadline ends calls under way, and no longer does once it
// is taken back.
func TestDeadline(t *testing.T) {
	started(t)
	client, server := connected(t, wsa.AF_INET)
	done := make(chan error)
	go func() { _, err := Recv(client, make([]byte, 1), 0); done <- err }()
	must(t, SetDeadline(client, spi.Receiving, time.Now().Add(10*time.Millisecond)))
	wantErr(t, "recv", <-done, wsa.WSAETIMEDOUT)
	must(t, SetDeadline(client, spi.Receiving, time.Time{}))
	_, err := Send(server, []byte("x"), 0)
	must(t, err)
	_, err = Recv(client, make([]byte, 1), 0)
	wantErr(t, "recv", err, 0)
}

// TestWaitAll follows "recv function": MSG_WAITALL fills the buffer on a
// blocking stream and is refused elsewhere.
func TestWaitAll(t *testing.T) {
	started(t)
	client, server := connected(t, wsa.AF_INET)
	go func() {
		for range 10 {
			Send(server, []byte("0123456789"), 0)
			time.Sleep(time.Millisecond)
		}
		Shutdown(server, wsa.SD_SEND)
	}()
	buf := make([]byte, 95)
	n, err := Recv(client, buf, wsa.MSG_WAITALL)
	if n != 95 || err != nil {
		t.Errorf("got %d bytes, %v", n, err)
	}
	n, err = Recv(client, buf, wsa.MSG_WAITALL)
	if n != 5 || err != nil {
		t.Errorf("got %d bytes of the last 5, %v", n, err)
	}
	nonblocking(t, client)
	_, err = Recv(client, buf, wsa.MSG_WAITALL)
	wantErr(t, "recv on a non-blocking socket", err, wsa.WSAEOPNOTSUPP)
}

// TestWouldBlock: a non-blocking socket never waits.
func TestWouldBlock(t *testing.T) {
	started(t)
	client, server := connected(t, wsa.AF_INET)
	nonblocking(t, client)
	_, err := Recv(client, make([]byte, 1), 0)
	wantErr(t, "recv", err, wsa.WSAEWOULDBLOCK)
	total := 0
	for {
		n, err := Send(client, make([]byte, 1<<20), 0)
		if err != nil {
			wantErr(t, "send", err, wsa.WSAEWOULDBLOCK)
			break
		}
		total += n
	}
	for total > 0 {
		n, err := Recv(server, make([]byte, 1<<20), 0)
		must(t, err)
		total -= n
	}
}

// TestNonblockingConnect follows differences 63 and 65.
func TestNonblockingConnect(t *testing.T) {
	started(t)
	l, addr := listening(t, wsa.AF_INET)
	s := newTestSocket(t, wsa.AF_INET, wsa.SOCK_STREAM)
	nonblocking(t, s)
	err := Connect(s, &addr)
	wantErr(t, "connect", err, wsa.WSAEWOULDBLOCK)
	_, err = Accept(l, nil)
	must(t, err)
	end := time.Now().Add(time.Minute)
	for Connect(s, &addr) != wsa.WSAEISCONN {
		if time.Now().After(end) {
			t.Fatal("never connected")
		}
		time.Sleep(time.Millisecond)
	}
}

func TestRefused(t *testing.T) {
	started(t)
	addr := refusingAddr(t, wsa.AF_INET)
	s := newTestSocket(t, wsa.AF_INET, wsa.SOCK_STREAM)
	wantErr(t, "connect", Connect(s, &addr), wsa.WSAECONNREFUSED)
}

// TestCondition follows "WSAAccept function" and difference 61.
func TestCondition(t *testing.T) {
	started(t)
	l, addr := listening(t, wsa.AF_INET)
	client := newTestSocket(t, wsa.AF_INET, wsa.SOCK_STREAM)
	must(t, Connect(client, &addr))
	var local wsa.Sockaddr
	must(t, GetSockName(client, &local))

	_, err := WSAAccept(l, nil, func(p *ConditionParams) int32 {
		if p.CallerID != local || p.CalleeID != addr {
			t.Errorf("caller %v, callee %v", &p.CallerID, &p.CalleeID)
		}
		return CF_DEFER
	})
	wantErr(t, "deferred", err, wsa.WSATRY_AGAIN)
	var peer wsa.Sockaddr
	s, err := Accept(l, &peer)
	must(t, err)
	defer CloseSocket(s)
	if peer != local {
		t.Errorf("peer is %v, want %v", &peer, &local)
	}

	second := newTestSocket(t, wsa.AF_INET, wsa.SOCK_STREAM)
	must(t, Connect(second, &addr))
	_, err = WSAAccept(l, nil, func(*ConditionParams) int32 { return CF_REJECT })
	wantErr(t, "rejected", err, wsa.WSAECONNREFUSED)
	_, err = Recv(second, make([]byte, 1), 0)
	wantErr(t, "recv of the rejected", err, wsa.WSAECONNRESET)
}

// TestNoAllocation: a send and a receive allocate nothing.
func TestNoAllocation(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector makes pools forget")
	}
	started(t)
	client, server := connected(t, wsa.AF_INET)
	buf := make([]byte, 64)
	bufs := [][]byte{buf[:32], buf[32:]}
	var wg sync.WaitGroup
	wg.Go(func() { // so that the receive has to wait
		p := make([]byte, 64)
		for {
			if n, err := Recv(server, p, 0); n == 0 || err != nil {
				return
			}
			Send(server, p, 0)
		}
	})
	if n := testing.AllocsPerRun(1000, func() {
		Send(client, buf, 0)
		Recv(client, buf, wsa.MSG_WAITALL)
	}); n > 0 {
		t.Errorf("send and recv: %v allocations", n)
	}
	if n := testing.AllocsPerRun(1000, func() {
		WSASend(client, bufs, 0, nil, nil)
		for got := 0; got < 64; {
			k, _ := WSARecv(client, bufs, nil, nil, nil)
			got += k
		}
	}); n > 0 {
		t.Errorf("WSASend and WSARecv: %v allocations", n)
	}
	must(t, Shutdown(client, wsa.SD_SEND))
	wg.Wait()
}
