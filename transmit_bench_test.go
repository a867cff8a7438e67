// SPDX-License-Identifier: Apache-2.0

package winsock

import (
	"io"
	"net"
	"os"
	"path/filepath"
	"testing"

	"winsock/test/servers"
	"winsock/wsa"
)

// BenchmarkTransmitFile compares TransmitFile, waiting and overlapped, with
// what package net does by sendfile, on the same file and to the same reader.
func BenchmarkTransmitFile(b *testing.B) {
	const size = 1 << 30
	started(b)
	f, err := os.Create(filepath.Join(b.TempDir(), "file"))
	must(b, err)
	defer f.Close()
	must(b, f.Truncate(size))
	if _, err := io.Copy(io.Discard, f); err != nil { // into the cache
		b.Fatal(err)
	}
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	must(b, err)
	defer l.Close()
	go servers.Each(l, func(c net.Conn) {
		p := make([]byte, 1<<20)
		for {
			if _, err := c.Read(p); err != nil {
				return
			}
		}
	})
	addr := wsa.SockaddrFrom(l.Addr().(*net.TCPAddr).AddrPort())
	b.Run("net", func(b *testing.B) {
		c, err := net.DialTCP("tcp4", nil, l.Addr().(*net.TCPAddr))
		must(b, err)
		defer c.Close()
		b.SetBytes(size)
		for b.Loop() {
			_, err := f.Seek(0, io.SeekStart)
			must(b, err)
			n, err := c.ReadFrom(f)
			must(b, err)
			if n != size {
				b.Fatalf("sent %d bytes", n)
			}
		}
	})
	for name, overlapped := range map[string]*Overlapped{"waiting": nil, "overlapped": new(Overlapped)} {
		b.Run(name, func(b *testing.B) {
			s := newTestSocket(b, wsa.AF_INET, wsa.SOCK_STREAM)
			must(b, Connect(s, &addr))
			b.SetBytes(size)
			for b.Loop() {
				if overlapped == nil {
					_, err := f.Seek(0, io.SeekStart)
					must(b, err)
				}
				err := TransmitFile(s, f, 0, 0, overlapped, nil, 0)
				if err == wsa.WSA_IO_PENDING {
					var n uint32
					if n, _, err = WSAGetOverlappedResult(s, overlapped, true); n != size {
						b.Fatalf("sent %d bytes, %v", n, err)
					}
				}
				must(b, err)
			}
		})
	}
}
