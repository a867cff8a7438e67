// SPDX-License-Identifier: Apache-2.0

package throttle_test

import (
	"bytes"
	"io"
	"math"
	"math/rand/v2"
	"net"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/nettest"

	"winsock"
	"winsock/spi"
	"winsock/test/pairs"
	"winsock/wsa"
	"winsock/wsnet"
)

// TestConn runs the standard library's own conformance tests of net.Conn.
func TestConn(t *testing.T) {
	for name, layers := range map[string][]string{
		"high":  {"throttle:up=10gbit,down=10gbit"},
		"low":   {"throttle:up=100mbit,down=100mbit,burst=16k"},
		"twice": {"throttle:up=1gbit,scope=run", "throttle:down=1gbit,up=1gbit,scope=process,weight=3"},
	} {
		t.Run(name, func(t *testing.T) {
			nettest.TestConn(t, func() (net.Conn, net.Conn, func(), error) { return pairs.Pipe(layers...) })
		})
	}
}

// TestSelect: a program that polls sees a socket become ready when there are
// tokens, and everything arrives.
func TestSelect(t *testing.T) {
	c1, c2, stop, err := pairs.Pipe("throttle:up=80mbit,down=40mbit,burst=8k")
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	h := c1.(*wsnet.Conn).Socket()
	on := uint32(1)
	if err := winsock.IoctlSocket(h, wsa.FIONBIO, &on); err != nil {
		t.Fatal(err)
	}
	data := make([]byte, 300_000)
	for i := range data {
		data[i] = byte(rand.Uint32())
	}
	go func() { // echoes
		buf := make([]byte, 64<<10)
		for {
			n, err := c2.Read(buf)
			if err != nil {
				c2.(*net.TCPConn).CloseWrite()
				return
			}
			if _, err := c2.Write(buf[:n]); err != nil {
				return
			}
		}
	}()
	var got []byte
	out := data
	buf := make([]byte, 64<<10)
	for ended := false; !ended; {
		var r, w winsock.FdSet
		r.Set(h)
		if len(out) > 0 {
			w.Set(h)
		}
		limit := 20 * time.Second
		if n, err := winsock.Select(&r, &w, nil, &limit); n <= 0 || err != nil {
			t.Fatalf("select with %d bytes to go: %d, %v", len(out), n, err)
		}
		if w.IsSet(h) {
			n, err := winsock.Send(h, out, 0)
			if n == 0 || err != nil {
				t.Fatalf("send on a ready socket: %d, %v", n, err)
			}
			if out = out[n:]; len(out) == 0 {
				winsock.Shutdown(h, wsa.SD_SEND)
			}
		}
		if r.IsSet(h) {
			n, err := winsock.Recv(h, buf, 0)
			if err != nil {
				t.Fatalf("recv on a ready socket: %v", err)
			}
			got = append(got, buf[:n]...)
			ended = n == 0
		}
	}
	if !bytes.Equal(got, data) {
		t.Errorf("%d bytes came back, and not those that were sent", len(got))
	}
}

// TestOverlapped: overlapped receives and sends wait for tokens, too.
func TestOverlapped(t *testing.T) {
	c1, c2, stop, err := pairs.Pipe("throttle:up=80mbit,down=80mbit,burst=4k")
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	h := c1.(*wsnet.Conn).Socket()
	const size = 200_000
	var wg sync.WaitGroup
	wg.Go(func() { io.CopyN(c2, c2, size) })
	wait := func(ov *winsock.Overlapped, n int, err error) int {
		if err == wsa.WSA_IO_PENDING {
			var transferred uint32
			transferred, _, err = winsock.WSAGetOverlappedResult(h, ov, true)
			n = int(transferred)
		}
		if err != nil {
			t.Errorf("overlapped: %v", err)
		}
		return n
	}
	wg.Go(func() {
		var ov winsock.Overlapped
		n, err := winsock.WSASend(h, [][]byte{make([]byte, size)}, 0, &ov, nil)
		if n := wait(&ov, n, err); n != size {
			t.Errorf("an overlapped send sent %d", n)
		}
	})
	buf := make([]byte, 64<<10)
	for got := 0; got < size && !t.Failed(); {
		var ov winsock.Overlapped
		n, err := winsock.WSARecv(h, [][]byte{buf}, nil, &ov, nil)
		got += wait(&ov, n, err)
	}
	wg.Wait()
}

// TestCloseWithData: what was sent arrives although the socket is closed at
// once, with and without SO_LINGER.
func TestCloseWithData(t *testing.T) {
	for _, linger := range []int{-1, 5} {
		c1, c2, stop, err := pairs.Pipe("throttle:up=80mbit,burst=4k")
		if err != nil {
			t.Fatal(err)
		}
		c1.(*wsnet.Conn).SetLinger(linger)
		if n, err := c1.Write(make([]byte, 100_000)); n != 100_000 || err != nil {
			t.Errorf("write: %d, %v", n, err)
		}
		c1.Close()
		got, err := io.ReadAll(c2)
		if len(got) != 100_000 || err != nil {
			t.Errorf("linger %d: %d bytes, %v", linger, len(got), err)
		}
		stop()
	}
}

// TestRule: a rule of the layer filter throttles some peers, who share a
// bucket, and no others.
func TestRule(t *testing.T) {
	slow, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer slow.Close()
	_, port, _ := net.SplitHostPort(slow.Addr().String())
	filter := spi.FormatPath("filter", spi.Options{"rule": `chain "throttle:quota-up=1000,scope=run" out tcp port ` + port})
	// The quota shows who shares, without a clock.
	d := wsnet.Dialer{Route: wsnet.Route{Layers: []string{filter}}}
	for i, want := range []int{700, 300, 0} {
		own, err := d.Dial("tcp", slow.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		peer, err := slow.Accept()
		if err != nil {
			t.Fatal(err)
		}
		n, err := own.Write(make([]byte, 700))
		if n != want || (want == 700) != (err == nil) || err != nil && wsa.ErrnoOf(err) != wsa.WSAENOBUFS {
			t.Errorf("connection %d to the throttled port sent %d bytes, %v; want %d", i, n, err, want)
		}
		own.Close()
		peer.Close()
	}
	own, peer := pairs.Connected(t, filter)
	pairs.Exchange(t, own, peer, make([]byte, 100_000))
}

// BenchmarkAccuracy moves data for some seconds at each rate, up and down, on
// the clock on the wall, and reports by how much the rate is missed.
func BenchmarkAccuracy(b *testing.B) {
	for _, rate := range []struct {
		text  string
		bytes float64
	}{{"64kbit", 8e3}, {"1mbit", 125e3}, {"100mbit", 125e5}, {"1gbit", 125e6}} {
		for _, way := range []string{"up", "down"} {
			b.Run(way+"/"+rate.text, func(b *testing.B) {
				for range b.N {
					c1, c2, stop, err := pairs.Pipe("throttle:" + way + "=" + rate.text)
					if err != nil {
						b.Fatal(err)
					}
					if way == "down" {
						c1, c2 = c2, c1
					}
					const measured = 3 * time.Second
					go func() {
						data := make([]byte, 256<<10)
						for {
							if _, err := c1.Write(data); err != nil {
								return
							}
						}
					}()
					buf := make([]byte, 256<<10)
					var total int
					var begun time.Time
					for {
						n, err := c2.Read(buf)
						if err != nil {
							b.Fatal(err)
						}
						now := time.Now()
						if begun.IsZero() { // after the burst that it begins with
							if total += n; float64(total) >= max(0.05*rate.bytes, 128) {
								begun, total = now, 0
							}
							continue
						}
						if total += n; now.Sub(begun) >= measured {
							off := float64(total)/now.Sub(begun).Seconds()/rate.bytes - 1
							b.ReportMetric(math.Round(off*1e4)/100, "%off")
							break
						}
					}
					stop()
				}
			})
		}
	}
}
