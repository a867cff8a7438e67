// SPDX-License-Identifier: Apache-2.0

package winsock

import (
	"bytes"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"winsock/wsa"
)

// testFile makes a file with these bytes.
func testFile(t testing.TB, content []byte) *os.File {
	t.Helper()
	name := filepath.Join(t.TempDir(), "file")
	must(t, os.WriteFile(name, content, 0o600))
	f, err := os.Open(name)
	must(t, err)
	t.Cleanup(func() { f.Close() })
	return f
}

// received collects what arrives on a socket until the peer has finished.
func (b *bed) received(s SOCKET) <-chan []byte {
	c := make(chan []byte, 1)
	go func() {
		var all []byte
		p := make([]byte, 1<<16)
		for {
			n, err := Recv(s, p, 0)
			all = append(all, p[:n]...)
			if n == 0 || err != nil {
				c <- all
				return
			}
		}
	}()
	return c
}

// TestTransmitFile: head, the file from its place, and tail, in order, and the
// number of bytes (difference 133).
func TestTransmitFile(t *testing.T) {
	const text = "0123456789"
	head, tail := TransmitFileBuffers{Head: []byte("<<")}, TransmitFileBuffers{Tail: []byte(">>")}
	both := TransmitFileBuffers{Head: head.Head, Tail: tail.Tail}
	cases := []struct {
		name     string
		file     bool
		offset   uint32
		n        uint32
		perSend  uint32
		buffers  *TransmitFileBuffers
		want     string
		position int64 // after a synchronous one
	}{
		{"nothing", false, 0, 0, 0, nil, "", 0},
		{"empty buffers", false, 0, 0, 0, &TransmitFileBuffers{}, "", 0},
		{"only buffers", false, 0, 0, 0, &both, "<<>>", 0},
		{"only the file", true, 0, 0, 0, nil, text, 10},
		{"head and file", true, 0, 0, 0, &head, "<<" + text, 10},
		{"file and tail", true, 0, 0, 3, &tail, text + ">>", 10},
		{"a piece of the file", true, 4, 3, 1, &both, "<<456>>", 7},
		{"from a place to the end", true, 8, 0, 0, &both, "<<89>>", 10},
		{"more than there is", true, 8, 100, 0, &both, "<<89>>", 10},
		{"past the end", true, 100, 0, 0, &both, "<<>>", 100},
	}
	onEveryChain(t, func(b *bed) {
		file := testFile(b, []byte(text))
		for _, c := range cases {
			for _, overlapped := range []bool{false, true} {
				client, server := b.connected()
				port := newTestPort(b, 0)
				associate(b, client, port, 9)
				f := file
				if !c.file {
					f = nil
				}
				arrived := b.received(server)
				if overlapped {
					ov := Overlapped{Offset: c.offset}
					wantErr(b, c.name, TransmitFile(client, f, c.n, c.perSend, &ov, c.buffers, wsa.TF_DISCONNECT), wsa.WSA_IO_PENDING)
					n, key, got, err := b.next(port)
					if int(n) != len(c.want) || key != 9 || got != &ov || err != nil {
						b.Errorf("%s: packet: %d bytes, key %d, %p, %v; want %d bytes", c.name, n, key, got, err, len(c.want))
					}
					if ov.Offset != c.offset {
						b.Errorf("%s: the place in the file became %d", c.name, ov.Offset)
					}
				} else {
					_, err := file.Seek(int64(c.offset), io.SeekStart)
					must(b, err)
					must(b, TransmitFile(client, f, c.n, c.perSend, nil, c.buffers, wsa.TF_DISCONNECT))
					if at, _ := file.Seek(0, io.SeekCurrent); c.file && at != c.position {
						b.Errorf("%s: the file's position is %d, want %d", c.name, at, c.position)
					}
				}
				b.noMore(port)
				if got := done(b, arrived); string(got) != c.want {
					b.Errorf("%s, overlapped %v: received %q, want %q", c.name, overlapped, got, c.want)
				}
			}
		}
	})
}

// TestTransmitFileLarge: more than any buffer on the way holds, on a
// non-blocking socket too, between other overlapped sends.
func TestTransmitFileLarge(t *testing.T) {
	content := make([]byte, 9<<20)
	rand.NewChaCha8([32]byte{}).Read(content)
	onEveryChain(t, func(b *bed) {
		file := testFile(b, content)
		client, server := b.connected()
		nonblocking(b, client)
		port := newTestPort(b, 0)
		associate(b, client, port, 9)
		arrived := b.received(server)
		var before, during, after Overlapped
		first, last := content[:3<<20], content[:1<<20]
		if _, err := WSASend(client, [][]byte{first}, 0, &before, nil); err != nil && err != wsa.WSA_IO_PENDING {
			b.Fatal(err)
		}
		wantErr(b, "TransmitFile", TransmitFile(client, file, 0, 0, &during, nil, 0), wsa.WSA_IO_PENDING)
		if _, err := WSASend(client, [][]byte{last}, 0, &after, nil); err != nil && err != wsa.WSA_IO_PENDING {
			b.Fatal(err)
		}
		for _, want := range []struct {
			ov *Overlapped
			n  int
		}{{&before, len(first)}, {&during, len(content)}, {&after, len(last)}} {
			if n, _, got, err := b.next(port); int(n) != want.n || got != want.ov || err != nil {
				b.Fatalf("packet: %d bytes, %p, %v; want %d bytes, %p", n, got, err, want.n, want.ov)
			}
		}
		must(b, TransmitFile(client, file, 0, 0, nil, nil, wsa.TF_DISCONNECT))
		if got := done(b, arrived); !bytes.Equal(got, bytes.Join([][]byte{first, content, last, content}, nil)) {
			b.Errorf("received %d bytes, or others than were sent", len(got))
		}
	})
}

// TestTransmitFileArguments: the checks of TransmitFile (difference 133).
func TestTransmitFileArguments(t *testing.T) {
	onEveryChain(t, func(b *bed) {
		client, _ := b.connected()
		datagram := b.socket(wsa.SOCK_DGRAM)
		_, addr := b.bound(wsa.SOCK_DGRAM)
		must(b, Connect(datagram, &addr))
		good, closed := testFile(b, []byte("x")), testFile(b, nil)
		closed.Close()
		folder, err := os.Open(b.TempDir())
		must(b, err)
		defer folder.Close()
		for _, c := range []struct {
			name  string
			s     SOCKET
			file  *os.File
			n     uint32
			flags uint32
			want  wsa.Errno
		}{
			{"no socket", INVALID_SOCKET, good, 0, 0, wsa.WSAENOTSOCK},
			{"unconnected", b.socket(wsa.SOCK_STREAM), good, 0, 0, wsa.WSAENOTCONN},
			{"datagram", datagram, good, 0, 0, wsa.WSAENOTCONN},
			{"closed file", client, closed, 0, 0, wsa.WSA_INVALID_HANDLE},
			{"folder", client, folder, 0, 0, wsa.WSAEINVAL},
			{"too much", client, good, 1<<31 - 1, 0, wsa.WSAEINVAL},
			{"unknown flag", client, good, 0, 1 << 10, wsa.WSAEINVAL},
			{"reuse without disconnect", client, good, 0, wsa.TF_REUSE_SOCKET, wsa.WSAEINVAL},
		} {
			wantErr(b, c.name, TransmitFile(c.s, c.file, c.n, 0, nil, nil, c.flags), c.want)
			wantErr(b, c.name+", overlapped", TransmitFile(c.s, c.file, c.n, 0, new(Overlapped), nil, c.flags), c.want)
		}
	})
}

// TestTransmitFileEnds: closing the socket ends one that cannot go on, and a
// reset is its result.
func TestTransmitFileEnds(t *testing.T) {
	content := make([]byte, 9<<20)
	onEveryChain(t, func(b *bed) {
		file := testFile(b, content)
		client, _ := b.connected()
		port := newTestPort(b, 0)
		associate(b, client, port, 9)
		var ov Overlapped
		wantErr(b, "TransmitFile", TransmitFile(client, file, 0, 0, &ov, nil, 0), wsa.WSA_IO_PENDING)
		waits := make(chan error, 1)
		go func() { waits <- TransmitFile(client, file, 0, 0, nil, nil, 0) }()
		must(b, CloseSocket(client))
		if _, _, got, err := b.next(port); got != &ov || err != wsa.ERROR_OPERATION_ABORTED {
			b.Errorf("packet: %p, %v", got, err)
		}
		if err := done(b, waits); err != wsa.WSAEINTR && err != wsa.WSAENOTSOCK {
			b.Errorf("TransmitFile that waits: %v", err)
		}
		b.noMore(port)

		client, server := b.connected()
		port = newTestPort(b, 0)
		associate(b, client, port, 9)
		wantErr(b, "TransmitFile", TransmitFile(client, file, 0, 0, &ov, nil, 0), wsa.WSA_IO_PENDING)
		b.reset(server)
		if n, _, got, err := b.next(port); got != &ov || err != wsa.ERROR_NETNAME_DELETED || int(n) == len(content) {
			b.Errorf("packet after a reset: %d bytes, %p, %v", n, got, err)
		}
	})
}

// TestTransmitFileReuse: TF_REUSE_SOCKET after the last byte.
func TestTransmitFileReuse(t *testing.T) {
	onEveryChain(t, func(b *bed) {
		l, addr := b.listening()
		s := b.socket(wsa.SOCK_STREAM)
		file := testFile(b, []byte("content"))
		for range 2 {
			var accept, transmit Overlapped
			b.acceptEx(l, s, 0, &accept)
			client := b.connecting(&addr)
			blocking(b, client)
			_, _, err := WSAGetOverlappedResult(l, &accept, true)
			must(b, err)
			err = TransmitFile(s, file, 0, 0, &transmit, nil, wsa.TF_DISCONNECT|wsa.TF_REUSE_SOCKET)
			wantErr(b, "TransmitFile", err, wsa.WSA_IO_PENDING)
			if n, _, err := WSAGetOverlappedResult(s, &transmit, true); n != 7 || err != nil {
				b.Errorf("transmitted %d bytes, %v", n, err)
			}
			if got := done(b, b.received(client)); string(got) != "content" {
				b.Errorf("received %q", got)
			}
		}
	})
}

// TestTransmitPackets: memory and pieces of files, in order
// ("LPFN_TRANSMITPACKETS (TransmitPackets) callback function").
func TestTransmitPackets(t *testing.T) {
	onEveryChain(t, func(b *bed) {
		file := testFile(b, []byte("0123456789"))
		_, err := file.Seek(7, io.SeekStart)
		must(b, err)
		elements := []TransmitPacketsElement{
			{Flags: wsa.TP_ELEMENT_MEMORY, Memory: []byte("ab")},
			{Flags: wsa.TP_ELEMENT_FILE | wsa.TP_ELEMENT_EOP, File: file, Offset: 2, Length: 3},
			{Flags: wsa.TP_ELEMENT_FILE, File: file, Offset: -1},
			{Flags: wsa.TP_ELEMENT_MEMORY | wsa.TP_ELEMENT_EOP, Memory: []byte("cd")},
			{Flags: wsa.TP_ELEMENT_MEMORY},
			{Flags: wsa.TP_ELEMENT_MEMORY, Memory: []byte("e")},
		}
		client, server := b.connected()
		arrived := b.received(server)
		var ov Overlapped
		wantErr(b, "TransmitPackets", TransmitPackets(client, elements, 2, &ov, 0), wsa.WSA_IO_PENDING)
		if n, _, err := WSAGetOverlappedResult(client, &ov, true); n != 11 || err != nil {
			b.Errorf("transmitted %d bytes, %v", n, err)
		}
		must(b, TransmitPackets(client, elements, 0, nil, wsa.TP_DISCONNECT))
		if got := string(done(b, arrived)); got != "ab234789cdeab234789cde" {
			b.Errorf("received %q", got)
		}

		for _, c := range []struct {
			size uint32
			want string
		}{{0, "ab234|789cd|e"}, {1<<32 - 1, "ab234|789cd|e"}, {4, "ab23|4|789c|d|e"}} {
			receiver, addr := b.bound(wsa.SOCK_DGRAM)
			sender := b.socket(wsa.SOCK_DGRAM)
			wantErr(b, "unconnected datagram socket", TransmitPackets(sender, elements, 0, nil, 0), wsa.WSAENOTCONN)
			must(b, Connect(sender, &addr))
			must(b, TransmitPackets(sender, elements, c.size, nil, 0))
			var got []string
			for range strings.Split(c.want, "|") {
				got = append(got, b.recv(receiver, 64, 0))
			}
			if all := strings.Join(got, "|"); all != c.want {
				b.Errorf("datagrams with send size %d: %s, want %s", c.size, all, c.want)
			}
			wantErr(b, "TF_DISCONNECT on a datagram socket", TransmitPackets(sender, nil, 0, nil, wsa.TP_DISCONNECT), wsa.WSAEOPNOTSUPP)
			must(b, TransmitPackets(sender, nil, 0, nil, 0))
		}

		for name, e := range map[string]TransmitPacketsElement{
			"neither": {}, "both": {Flags: wsa.TP_ELEMENT_MEMORY | wsa.TP_ELEMENT_FILE, File: file},
			"end of packet alone": {Flags: wsa.TP_ELEMENT_EOP}, "before the file": {Flags: wsa.TP_ELEMENT_FILE, File: file, Offset: -2},
		} {
			l, r := b.connected()
			_ = r
			wantErr(b, "element with "+name, TransmitPackets(l, []TransmitPacketsElement{e}, 0, nil, 0), wsa.WSAEINVAL)
		}
		wantErr(b, "unconnected", TransmitPackets(b.socket(wsa.SOCK_STREAM), elements, 0, nil, 0), wsa.WSAENOTCONN)
	})
}

// TestWSARecvEx: a datagram that is cut is told by MSG_PARTIAL ("WSARecvEx
// function").
func TestWSARecvEx(t *testing.T) {
	onEveryChain(t, func(b *bed) {
		receiver, addr := b.bound(wsa.SOCK_DGRAM)
		sender := b.socket(wsa.SOCK_DGRAM)
		for _, c := range []struct {
			send string
			room int
			want string
			flag uint32
		}{{"abcdef", 4, "abcd", wsa.MSG_PARTIAL}, {"abcd", 4, "abcd", 0}, {"ab", 4, "ab", 0}, {"", 4, "", 0}} {
			_, err := SendTo(sender, []byte(c.send), 0, &addr)
			must(b, err)
			p := make([]byte, c.room)
			flags := uint32(wsa.MSG_PARTIAL)
			n, err := WSARecvEx(receiver, p, &flags)
			if string(p[:n]) != c.want || flags&wsa.MSG_PARTIAL != c.flag || err != nil {
				b.Errorf("%q into %d bytes: %q, flags %#x, %v", c.send, c.room, p[:n], flags, err)
			}
		}
		client, server := b.connected()
		b.send(client, "stream")
		var flags uint32
		p := make([]byte, 3)
		if n, err := WSARecvEx(server, p, &flags); n == 0 || flags != 0 || err != nil {
			b.Errorf("stream: %d bytes, flags %#x, %v", n, flags, err)
		}
		_, err := WSARecvEx(server, p, nil)
		wantErr(b, "no flags", err, wsa.WSAEFAULT)
		_, err = WSARecvEx(INVALID_SOCKET, p, &flags)
		wantErr(b, "no socket", err, wsa.WSAENOTSOCK)
	})
}
