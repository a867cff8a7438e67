// SPDX-License-Identifier: Apache-2.0

package kernel

import (
	"io"
	"net"
	"testing"

	"winsock/internal/poller"
	"winsock/spi"
	"winsock/wsa"
)

// An end is one end of a connection in use by one goroutine: blocking sends
// and receives by Park, as package winsock makes them.
type end struct {
	s       *socket
	m       spi.Message
	n       int
	err     error
	recvTry func() bool
}

func newEnd(s *socket) *end {
	e := &end{s: s}
	e.recvTry = func() bool {
		e.n, e.err = e.s.Recv(&e.m)
		return e.err != wsa.WSAEWOULDBLOCK
	}
	return e
}

func (e *end) send(p []byte) error {
	e.m.SetBuffer(p)
	_, err := e.s.Send(&e.m)
	return err
}

func (e *end) recv(p []byte) (int, error) {
	e.m.SetBuffer(p)
	if !e.recvTry() {
		if parked, err := e.s.Park(spi.Receiving, e.recvTry); !parked || err != nil {
			return 0, err
		}
	}
	return e.n, e.err
}

// echo sends back what it receives until the end.
func (e *end) echo() {
	buf := make([]byte, 64)
	for {
		n, err := e.recv(buf)
		if n == 0 || err != nil || e.send(buf[:n]) != nil {
			return
		}
	}
}

// BenchmarkPingPong is a round trip of 64 bytes over TCP on the loopback,
// by this provider and by package net.
func BenchmarkPingPong(b *testing.B) {
	b.Run("provider", func(b *testing.B) {
		client, server := pair(b, tcp4)
		for _, s := range []*socket{client, server} {
			if err := s.SetSockOpt(wsa.IPPROTO_TCP, wsa.TCP_NODELAY, []byte{1}); err != nil {
				b.Fatal(err) // package net has it on by default
			}
		}
		done := make(chan struct{})
		go func() {
			newEnd(server).echo()
			close(done)
		}()
		e := newEnd(client)
		buf := make([]byte, 64)
		b.ReportAllocs()
		for b.Loop() {
			if err := e.send(buf); err != nil {
				b.Fatal(err)
			}
			if n, err := e.recv(buf); n != 64 || err != nil {
				b.Fatal(n, err)
			}
		}
		client.Shutdown(wsa.SD_BOTH)
		<-done
	})
	b.Run("net", func(b *testing.B) {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			b.Fatal(err)
		}
		defer l.Close()
		done := make(chan struct{})
		go func() {
			defer close(done)
			c, err := l.Accept()
			if err != nil {
				return
			}
			defer c.Close()
			buf := make([]byte, 64)
			for {
				n, err := c.Read(buf)
				if err != nil {
					return
				}
				if _, err := c.Write(buf[:n]); err != nil {
					return
				}
			}
		}()
		c, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			b.Fatal(err)
		}
		buf := make([]byte, 64)
		b.ReportAllocs()
		for b.Loop() {
			if _, err := c.Write(buf); err != nil {
				b.Fatal(err)
			}
			if _, err := io.ReadFull(c, buf); err != nil {
				b.Fatal(err)
			}
		}
		c.Close()
		<-done
	})
}

// BenchmarkDrivenPingPong is the same with a server that waits by a watcher
// and drives the poller itself, as a completion port does.
func BenchmarkDrivenPingPong(b *testing.B) {
	client, server := pair(b, tcp4)
	done := make(chan struct{})
	go func() {
		defer close(done)
		w := spi.Watcher{Mask: spi.EventRead, Notify: func(spi.Events) { poller.Default.Wake() }}
		server.Watch(&w)
		defer server.Unwatch(&w)
		e := newEnd(server)
		buf := make([]byte, 64)
		for {
			e.m.SetBuffer(buf)
			if !e.recvTry() {
				poller.Default.Poll(-1)
				continue
			}
			if e.n == 0 || e.err != nil || e.send(buf[:e.n]) != nil {
				return
			}
		}
	}()
	e := newEnd(client)
	buf := make([]byte, 64)
	b.ReportAllocs()
	for b.Loop() {
		if err := e.send(buf); err != nil {
			b.Fatal(err)
		}
		if n, err := e.recv(buf); n != 64 || err != nil {
			b.Fatal(n, err)
		}
	}
	client.Shutdown(wsa.SD_BOTH)
	<-done
}
