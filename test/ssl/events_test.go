// SPDX-License-Identifier: Apache-2.0

package ssl

import (
	"bytes"
	"crypto/tls"
	"encoding/binary"
	"io"
	"net"
	"testing"
	"time"

	"winsock"
	"winsock/internal/testpki"
	"winsock/wsa"
)

// TestEvents: the events of a non-blocking secure socket are those of its
// plain text: connected after the handshake, readable with data, closed with
// the peer's close_notify.
func TestEvents(t *testing.T) {
	started(t)
	p := testpki.New(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	step := make(chan string)
	go func() {
		c, err := l.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		c.SetDeadline(time.Now().Add(patience))
		<-step // handshake
		s := tls.Server(c, &tls.Config{Certificates: []tls.Certificate{p.Server.TLS()}})
		s.Handshake()
		io.WriteString(s, <-step)
		<-step // the end
		s.CloseWrite()
		io.Copy(io.Discard, s)
	}()
	s := secured(t, layer("ca", p.CA.CertFile))
	event, err := winsock.WSACreateEvent()
	check(t, "event", err, 0)
	defer winsock.WSACloseEvent(event)
	check(t, "select", winsock.WSAEventSelect(s, event, wsa.FD_CONNECT|wsa.FD_READ|wsa.FD_WRITE|wsa.FD_CLOSE), 0)
	seen := int32(0)
	look := func(want int32, within time.Duration) {
		t.Helper()
		for end := time.Now().Add(within); seen&want != want && time.Now().Before(end); {
			winsock.WSAWaitForMultipleEvents([]winsock.HANDLE{event}, false, 50, false)
			var e wsa.NetworkEvents
			check(t, "enumerate", winsock.WSAEnumNetworkEvents(s, event, &e), 0)
			seen |= e.NetworkEvents
		}
	}
	check(t, "connect", winsock.Connect(s, address(l.Addr())), wsa.WSAEWOULDBLOCK)
	look(wsa.FD_CONNECT, 200*time.Millisecond)
	if seen != 0 {
		t.Errorf("before the handshake there is %#x", seen)
	}
	step <- ""
	if look(wsa.FD_CONNECT|wsa.FD_WRITE, patience); seen != wsa.FD_CONNECT|wsa.FD_WRITE {
		t.Errorf("after the handshake there is %#x", seen)
	}
	step <- "hello"
	look(wsa.FD_READ, patience)
	buf := make([]byte, 3)
	n, err := winsock.Recv(s, buf, 0)
	check(t, "recv", err, 0)
	if string(buf[:n]) != "hel" {
		t.Errorf("received %q", buf[:n])
	}
	seen = 0
	look(wsa.FD_READ, patience) // the rest of the record, which the socket below knows nothing of
	if seen&wsa.FD_READ == 0 {
		t.Error("nobody is told of the rest")
	}
	n, err = winsock.Recv(s, buf, 0)
	check(t, "recv", err, 0)
	if string(buf[:n]) != "lo" {
		t.Errorf("received %q", buf[:n])
	}
	seen = 0
	step <- ""
	if look(wsa.FD_CLOSE, patience); seen&wsa.FD_CLOSE == 0 {
		t.Errorf("at the end there is %#x", seen)
	}
	n, err = winsock.Recv(s, buf, 0)
	if n != 0 || err != nil {
		t.Errorf("at the end: %d, %v", n, err)
	}
	winsock.CloseSocket(s)
}

// TestCompletionPort: overlapped sends and receives of large buffers.
func TestCompletionPort(t *testing.T) {
	started(t)
	p := testpki.New(t)
	l := newPeer(t, &tls.Config{Certificates: []tls.Certificate{p.Server.TLS()}})
	s := secured(t, layer("ca", p.CA.CertFile))
	check(t, "connect", winsock.Connect(s, address(l.Addr())), 0)
	port, err := winsock.CreateIoCompletionPort(winsock.INVALID_HANDLE_VALUE, 0, 0, 0)
	check(t, "port", err, 0)
	defer winsock.CloseHandle(port)
	_, err = winsock.CreateIoCompletionPort(winsock.HANDLE(s), port, 7, 0)
	check(t, "associate", err, 0)
	data := bytes.Repeat([]byte("0123456789abcdef"), 1<<16)
	got := make([]byte, 0, len(data))
	var send, recv winsock.Overlapped
	buf := make([]byte, 100000)
	_, err = winsock.WSARecv(s, [][]byte{buf}, nil, &recv, nil)
	if err != nil && err != wsa.WSA_IO_PENDING {
		t.Fatal(err)
	}
	_, err = winsock.WSASend(s, [][]byte{data[:1000], data[1000:]}, 0, &send, nil)
	if err != nil && err != wsa.WSA_IO_PENDING {
		t.Fatal(err)
	}
	for sent := false; !sent || len(got) < len(data); {
		n, key, o, err := winsock.GetQueuedCompletionStatus(port, uint32(patience/time.Millisecond))
		if err != nil || key != 7 {
			t.Fatalf("%d, %d, %v", n, key, err)
		}
		if o == &send {
			if sent = true; int(n) != len(data) {
				t.Errorf("sent %d", n)
			}
			continue
		}
		got = append(got, buf[:n]...)
		if n == 0 {
			t.Fatal("the end")
		}
		if len(got) < len(data) {
			if _, err := winsock.WSARecv(s, [][]byte{buf}, nil, &recv, nil); err != nil && err != wsa.WSA_IO_PENDING {
				t.Fatal(err)
			}
		}
	}
	if !bytes.Equal(got, data) {
		t.Error("what came back is not what was sent")
	}
	winsock.CloseSocket(s)
}

// TestDeferredServer: the server's side of STARTTLS.
func TestDeferredServer(t *testing.T) {
	started(t)
	p := testpki.New(t)
	l := secured(t, layer("cert", p.Server.CertFile, "key", p.Server.KeyFile))
	_, err := control(l, wsa.SO_SSL_SET_FLAGS, binary.LittleEndian.AppendUint32(nil, wsa.SSL_FLAG_SERVER|wsa.SSL_FLAG_DEFER_HANDSHAKE), nil)
	check(t, "flags", err, 0)
	name := wsa.SockaddrFrom(netLoopback)
	check(t, "bind", winsock.Bind(l, &name), 0)
	check(t, "listen", winsock.Listen(l, 5), 0)
	check(t, "name", winsock.GetSockName(l, &name), 0)
	done := make(chan string, 1)
	go func() {
		ap, _ := name.AddrPort()
		c, err := net.Dial("tcp", ap.String())
		if err != nil {
			done <- err.Error()
			return
		}
		defer c.Close()
		c.SetDeadline(time.Now().Add(patience))
		greeting := make([]byte, 3)
		io.ReadFull(c, greeting)
		io.WriteString(c, "TLS")
		s := tls.Client(c, &tls.Config{RootCAs: p.Roots, ServerName: "localhost"})
		io.WriteString(s, "hello")
		s.CloseWrite()
		b, err := io.ReadAll(s)
		if err != nil {
			b = append(b, err.Error()...)
		}
		done <- string(greeting) + string(b)
	}()
	s, err := winsock.Accept(l, nil)
	check(t, "accept", err, 0)
	winsock.Send(s, []byte("220"), 0)
	expectLine(t, s, "TLS")
	_, err = control(s, wsa.SO_SSL_PERFORM_HANDSHAKE, nil, nil)
	check(t, "handshake", err, 0)
	expectLine(t, s, "hello")
	winsock.Send(s, []byte("good bye"), 0)
	winsock.CloseSocket(s)
	if got := <-done; got != "220good bye" {
		t.Errorf("the client has received %q", got)
	}
}
