// SPDX-License-Identifier: Apache-2.0

package diag

import (
	"io"
	"net"
	"testing"
	"time"

	"winsock/internal/sys"
)

// TestEnds: the end of a connection is told, with its bytes.
func TestEnds(t *testing.T) {
	l, e := Open()
	if e != 0 {
		t.Fatal(e)
	}
	defer l.Close()
	server, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	go func() {
		if c, err := server.Accept(); err == nil {
			io.Copy(c, io.LimitReader(c, 5)) // an echo of five bytes
			c.Close()
		}
	}()
	c, err := net.Dial("tcp4", server.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	raw, _ := c.(*net.TCPConn).SyscallConn()
	var cookie uint64
	raw.Control(func(fd uintptr) { cookie, e = sys.Cookie(int(fd)) })
	if e != 0 {
		t.Fatal(e)
	}
	living := func() bool {
		cookies := map[uint64]bool{cookie: false, cookie + 1<<63: false}
		if e := Living(cookies); e != 0 || cookies[cookie+1<<63] || len(cookies) != 2 {
			t.Errorf("the living sockets are %v, %v", cookies, e)
		}
		return cookies[cookie]
	}
	if !living() {
		t.Error("the socket is not among the living")
	}
	c.Write([]byte("hello"))
	io.ReadAll(c)
	c.Close()
	var ends []End
	defer time.AfterFunc(time.Minute, l.Close).Stop()
	for {
		if ends, _, err = l.Next(ends[:0]); err != nil {
			t.Fatal(err)
		}
		for _, end := range ends {
			if end.Cookie == cookie {
				if end.Sent < 5 || end.Received < 5 {
					t.Errorf("%d bytes sent, %d received", end.Sent, end.Received)
				}
				if living() {
					t.Error("the socket is still among the living")
				}
				return
			}
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte{})
	f.Add(make([]byte, 400))
	f.Fuzz(func(t *testing.T, b []byte) { parse(nil, b) })
}

func FuzzListed(f *testing.F) {
	f.Add([]byte{})
	f.Add(make([]byte, 400))
	f.Fuzz(func(t *testing.T, b []byte) {
		cookies := map[uint64]bool{1: false}
		listed(b, cookies)
		if len(cookies) != 1 {
			t.Errorf("there are other cookies: %v", cookies)
		}
	})
}
