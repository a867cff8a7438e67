// SPDX-License-Identifier: Apache-2.0

// Package pairs makes connected pairs of sockets over loopback for tests: one
// end goes through layers, the other is plain.
package pairs

import (
	"io"
	"net"
	"testing"
	"time"

	"winsock"
	"winsock/wsnet"
)

// Patience is for what must happen, and only ever reached when it does not.
const Patience = 30 * time.Second

// Restart ends all chains of the process, with what their layers hold, and
// starts the library again.
func Restart(t testing.TB) {
	for winsock.WSACleanup() == nil {
	}
	if _, err := winsock.WSAStartup(winsock.Version22); err != nil {
		t.Error(err)
	}
}

// Pipe connects an end that goes through layers, from the top one down, with
// one of package net, as nettest.TestConn wants it.
func Pipe(layers ...string) (own, peer net.Conn, stop func(), err error) {
	return PipeOver(wsnet.Route{Layers: layers})
}

// PipeOver is Pipe with a route.
func PipeOver(r wsnet.Route) (own, peer net.Conn, stop func(), err error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, nil, nil, err
	}
	d := wsnet.Dialer{Route: r}
	return Join(l, func(address string) (net.Conn, error) { return d.Dial("tcp", address) })
}

// Join connects what dial makes with what l accepts, and closes l.
func Join(l net.Listener, dial func(address string) (net.Conn, error)) (dialled, accepted net.Conn, stop func(), err error) {
	type result struct {
		c   net.Conn
		err error
	}
	ch := make(chan result, 1)
	go func() {
		c, err := l.Accept()
		ch <- result{c, err}
	}()
	if dialled, err = dial(l.Addr().String()); err != nil {
		l.Close()
		if a := <-ch; a.err == nil {
			a.c.Close()
		}
		return nil, nil, nil, err
	}
	a := <-ch
	l.Close()
	if a.err != nil {
		dialled.Close()
		return nil, nil, nil, a.err
	}
	return dialled, a.c, func() { dialled.Close(); a.c.Close() }, nil
}

// Connected is Pipe for a test: with deadlines, and closed when it ends.
func Connected(t testing.TB, layers ...string) (own, peer net.Conn) {
	t.Helper()
	own, peer, stop, err := Pipe(layers...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stop)
	own.SetDeadline(time.Now().Add(Patience))
	peer.SetDeadline(time.Now().Add(Patience))
	return own, peer
}

// Exchange sends from one to the other, and returns how long it took until
// all had come, which it checks.
func Exchange(t testing.TB, from, to net.Conn, data []byte) time.Duration {
	t.Helper()
	begun := time.Now()
	sent := make(chan error, 1)
	go func() {
		_, err := from.Write(data)
		sent <- err
	}()
	got := make([]byte, len(data))
	if _, err := io.ReadFull(to, got); err != nil || string(got) != string(data) {
		t.Fatalf("%d bytes came wrong: %v", len(data), err)
	}
	took := time.Since(begun)
	if err := <-sent; err != nil {
		t.Fatal(err)
	}
	return took
}
