// SPDX-License-Identifier: Apache-2.0

package ssl

import (
	"crypto/tls"
	"io"
	"net"
	"testing"

	"winsock/internal/testpki"
	"winsock/test/servers"
	"winsock/wsnet"
)

// The benchmarks put the layer beside crypto/tls on a net.Conn of package
// net: the same work at both ends.

// native connects two ends of crypto/tls.
func native(b testing.TB, p *testpki.PKI) (dial func() (net.Conn, error), l net.Listener) {
	serverConfig := &tls.Config{Certificates: []tls.Certificate{p.Server.TLS()}, MinVersion: tls.VersionTLS12}
	clientConfig := &tls.Config{RootCAs: p.Roots, ServerName: "127.0.0.1"}
	inner, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { inner.Close() })
	return func() (net.Conn, error) { return tls.Dial("tcp", inner.Addr().String(), clientConfig) }, tls.NewListener(inner, serverConfig)
}

// above connects two ends of crypto/tls on connections of wsnet.
func above(b testing.TB, p *testpki.PKI) (dial func() (net.Conn, error), l net.Listener) {
	serverConfig := &tls.Config{Certificates: []tls.Certificate{p.Server.TLS()}, MinVersion: tls.VersionTLS12}
	clientConfig := &tls.Config{RootCAs: p.Roots, ServerName: "127.0.0.1"}
	inner := listen(b)
	var d wsnet.Dialer
	return func() (net.Conn, error) {
		c, err := d.Dial("tcp", inner.Addr().String())
		if err != nil {
			return nil, err
		}
		return tls.Client(c, clientConfig), nil
	}, tls.NewListener(inner, serverConfig)
}

// layered connects two ends of the layer.
func layered(b testing.TB, p *testpki.PKI) (func() (net.Conn, error), net.Listener) {
	l := listen(b, server(p))
	var d wsnet.Dialer
	d.Layers = []string{client(p, "resume", "false")} // as native
	return func() (net.Conn, error) { return d.Dial("tcp", l.Addr().String()) }, l
}

var ends = []struct {
	name string
	make func(testing.TB, *testpki.PKI) (func() (net.Conn, error), net.Listener)
}{{"native", native}, {"above", above}, {"layer", layered}}

func BenchmarkBulk(b *testing.B) {
	p := testpki.New(b)
	for _, size := range []int{1 << 10, 16 << 10, 64 << 10, 1 << 20} {
		for _, e := range ends {
			b.Run(e.name+"/"+sizeName(size), func(b *testing.B) {
				dial, l := e.make(b, p)
				done := make(chan int64, 1)
				go func() {
					c, err := l.Accept()
					if err != nil {
						done <- 0
						return
					}
					defer c.Close()
					buf := make([]byte, 64<<10)
					var n int64
					for {
						k, err := c.Read(buf)
						if n += int64(k); err != nil {
							break
						}
					}
					done <- n
				}()
				c, err := dial()
				if err != nil {
					b.Fatal(err)
				}
				data := make([]byte, size)
				b.SetBytes(int64(size))
				b.ReportAllocs()
				for b.Loop() {
					if _, err := c.Write(data); err != nil {
						b.Fatal(err)
					}
				}
				c.(interface{ CloseWrite() error }).CloseWrite()
				<-done
				c.Close()
			})
		}
	}
}

func sizeName(n int) string {
	switch {
	case n >= 1<<20:
		return "1M"
	case n == 1:
		return "1"
	case n == 1<<10:
		return "1k"
	case n == 16<<10:
		return "16k"
	}
	return "64k"
}

func BenchmarkEcho(b *testing.B) {
	p := testpki.New(b)
	for _, size := range []int{1, 1 << 10, 16 << 10} {
		for _, e := range ends {
			b.Run(e.name+"/"+sizeName(size), func(b *testing.B) {
				dial, l := e.make(b, p)
				go func() {
					c, err := l.Accept()
					if err != nil {
						return
					}
					defer c.Close()
					buf := make([]byte, size)
					for {
						if _, err := io.ReadFull(c, buf); err != nil {
							return
						}
						c.Write(buf)
					}
				}()
				c, err := dial()
				if err != nil {
					b.Fatal(err)
				}
				defer c.Close()
				buf := make([]byte, size)
				b.ReportAllocs()
				for b.Loop() {
					c.Write(buf)
					if _, err := io.ReadFull(c, buf); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

// BenchmarkHandshake is a connection with one byte each way.
func BenchmarkHandshake(b *testing.B) {
	p := testpki.New(b)
	for _, e := range ends {
		b.Run(e.name, func(b *testing.B) {
			dial, l := e.make(b, p)
			go servers.Each(l, func(c net.Conn) { io.Copy(c, c) })
			first, err := dial() // the providers stay
			if err != nil {
				b.Fatal(err)
			}
			defer first.Close()
			b.RunParallel(func(pb *testing.PB) {
				buf := make([]byte, 1)
				for pb.Next() {
					c, err := dial()
					if err != nil {
						b.Error(err)
						return
					}
					c.Write(buf)
					if _, err := io.ReadFull(c, buf); err != nil {
						b.Error(err)
					}
					c.Close()
				}
			})
		})
	}
}
