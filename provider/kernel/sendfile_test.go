// SPDX-License-Identifier: Apache-2.0

package kernel

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"testing"

	"winsock/spi"
	"winsock/wsa"
)

// newFile makes a file of that many bytes, not all the same.
func newFile(t testing.TB, size int) (*os.File, []byte) {
	t.Helper()
	content := bytes.Repeat([]byte("0123456789abcde"), size/15+1)[:size]
	f, err := os.Create(filepath.Join(t.TempDir(), "file"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	if _, err := f.Write(content); err != nil {
		t.Fatal(err)
	}
	return f, content
}

func TestSendFile(t *testing.T) {
	each(t, streams, func(t *testing.T, o spi.Opening) {
		client, server := pair(t, o)
		f, content := newFile(t, 100)
		fd := int(f.Fd())
		for _, c := range []struct {
			offset int64
			n      int
			want   string
		}{{0, 10, string(content[:10])}, {95, 100, string(content[95:])}, {100, 10, ""}, {1000, 10, ""}} {
			n, err := client.SendFile(fd, c.offset, c.n)
			if n != len(c.want) || err != nil {
				t.Errorf("%d bytes from %d: sent %d, %v; want %d", c.n, c.offset, n, err, len(c.want))
			}
			if n > 0 {
				expect(t, server, c.want)
			}
		}
		if at, err := f.Seek(0, io.SeekCurrent); at != 100 || err != nil {
			t.Errorf("the file's position became %d, %v", at, err)
		}
	})
}

// TestSendFileBlocks: it answers WSAEWOULDBLOCK when the peer has no room, and
// never waits.
func TestSendFileBlocks(t *testing.T) {
	client, _ := pair(t, tcp4)
	f, content := newFile(t, 64<<20)
	for offset := int64(0); ; {
		n, err := client.SendFile(int(f.Fd()), offset, len(content))
		if err == wsa.WSAEWOULDBLOCK {
			break
		}
		if err != nil || n == 0 {
			t.Fatalf("sent %d bytes, then %d, %v", offset, n, err)
		}
		offset += int64(n)
	}
}

func TestSendFileErrors(t *testing.T) {
	f, _ := newFile(t, 10)
	file := int(f.Fd())
	check := func(what string, s *socket, want error) {
		t.Helper()
		if n, err := s.SendFile(file, 0, 10); n != 0 || err != want {
			t.Errorf("%s: %d, %v; want %v", what, n, err, want)
		}
	}
	check("unconnected (difference 133)", newSock(t, tcp4), wsa.WSAENOTCONN)
	check("datagram socket", newSock(t, udp4), wsa.WSAEOPNOTSUPP)
	client, server := pair(t, tcp4)
	server.Abort()
	shut(server)
	waitFor(t, client, spi.EventReset)
	check("reset", client, wsa.WSAECONNRESET)
	client, _ = pair(t, tcp4)
	if err := client.Shutdown(wsa.SD_SEND); err != nil {
		t.Fatal(err)
	}
	check("after shutdown", client, wsa.WSAESHUTDOWN)
}
