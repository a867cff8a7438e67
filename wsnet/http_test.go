// SPDX-License-Identifier: Apache-2.0

package wsnet_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"

	"winsock/layer/socks/sockstest"
	"winsock/wsnet"
)

// TestHTTP runs a server and a transport of net/http over every route:
// keep-alive, large bodies in both directions, many clients at once, and
// shutting down.
func TestHTTP(t *testing.T) {
	for name, r := range routes() {
		t.Run(name, func(t *testing.T) {
			lc := wsnet.ListenConfig{Route: r}
			l, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				body, err := io.ReadAll(r.Body)
				if err != nil {
					t.Error(err)
				}
				w.Write(body)
			})}
			var served sync.WaitGroup
			served.Go(func() {
				if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
					t.Error(err)
				}
			})
			d := wsnet.Dialer{Route: r}
			transport := &http.Transport{DialContext: d.DialContext}
			client := &http.Client{Transport: transport, Timeout: time.Minute}

			var clients sync.WaitGroup
			for i := range 8 {
				clients.Go(func() {
					body := make([]byte, 1<<(2*i+6))
					for j := range body {
						body[j] = byte(rand.Uint32())
					}
					for range 3 {
						resp, err := client.Post("http://"+l.Addr().String(), "application/octet-stream", bytes.NewReader(body))
						if err != nil {
							t.Error(err)
							return
						}
						got, err := io.ReadAll(resp.Body)
						resp.Body.Close()
						if err != nil || !bytes.Equal(got, body) {
							t.Errorf("%d bytes came back as %d others, %v", len(body), len(got), err)
						}
					}
				})
			}
			clients.Wait()
			transport.CloseIdleConnections()
			ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
			defer cancel()
			if err := server.Shutdown(ctx); err != nil {
				t.Error(err)
			}
			served.Wait()
		})
	}
}

// TestDialCancel: a context ends a dial that waits, with its own error.
func TestDialCancel(t *testing.T) {
	// A listener whose queue is full does not answer.
	lc := wsnet.ListenConfig{Backlog: 1}
	l, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for i := 0; ; i++ {
		if i == 64 {
			t.Fatal("the queue never fills up")
		}
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		c, err := (&wsnet.Dialer{}).DialContext(ctx, "tcp", l.Addr().String())
		cancel()
		if err == nil {
			defer c.Close()
			continue
		}
		var timeout net.Error
		if !errors.As(err, &timeout) || !timeout.Timeout() {
			t.Errorf("a deadline gave %v", err)
		}
		break
	}
	for i := 0; ; i++ {
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(10*time.Millisecond, cancel)
		c, err := (&wsnet.Dialer{}).DialContext(ctx, "tcp", l.Addr().String())
		if err == nil && i < 64 { // the deadline had come before the queue was full
			defer c.Close()
			continue
		}
		if !errors.Is(err, context.Canceled) {
			t.Errorf("cancelling gave %v", err)
		}
		break
	}
}

// TestPackets: datagrams and their addresses, connected and not.
func TestPackets(t *testing.T) {
	for _, address := range []string{"127.0.0.1:0", "[::1]:0"} {
		t.Run(address, func(t *testing.T) {
			server, err := wsnet.ListenPacket("udp", address)
			if err != nil {
				t.Fatal(err)
			}
			defer server.Close()
			go func() {
				buf := make([]byte, 2000)
				for {
					n, from, err := server.ReadFrom(buf)
					if err != nil {
						return
					}
					server.WriteTo(buf[:n], from)
				}
			}()
			client, err := wsnet.Dial("udp", server.LocalAddr().String())
			if err != nil {
				t.Fatal(err)
			}
			defer client.Close()
			for _, size := range []int{0, 1, 1472} {
				if _, err := client.Write(make([]byte, size)); err != nil {
					t.Fatal(err)
				}
				client.SetReadDeadline(time.Now().Add(time.Minute))
				n, err := client.Read(make([]byte, 2000))
				if n != size || err != nil {
					t.Errorf("a datagram of %d bytes came back as %d, %v", size, n, err)
				}
			}
		})
	}
}

// TestErrors: what the errors of this package say and are.
func TestErrors(t *testing.T) {
	l, err := wsnet.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	address := sockstest.Refusing(t)
	_, err = wsnet.Dial("tcp", address)
	want := "dial tcp " + address + ": connect: Connection refused"
	if err == nil || err.Error() != want {
		t.Errorf("a refused dial says %q, want %q", err, want)
	}
	for _, network := range []string{"", "sctp", "tcp7"} {
		var unknown net.UnknownNetworkError
		if _, err := wsnet.Dial(network, address); !errors.As(err, &unknown) {
			t.Errorf("network %q gives %v", network, err)
		}
	}
	if _, err := l.Accept(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("accepting on a closed listener gives %v", err)
	}
}
