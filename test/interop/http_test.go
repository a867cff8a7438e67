// SPDX-License-Identifier: Apache-2.0

package interop

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"winsock/test/ports"
)

// TestPythonServes: winsock nc fetches the file from Python's web server.
func TestPythonServes(t *testing.T) {
	python := need(t, "python3")
	places(t, func(t *testing.T, p place) {
		port := ports.Free(t, p.host)
		server := exec.CommandContext(t.Context(), python, "-m", "http.server", "--bind", p.host, "--directory", shared.dir, port)
		start(t, server)
		p.awaitListener(t, port)
		got := newSink(t)
		client := p.nc(t, p.host, port)
		client.Stdin = strings.NewReader("GET /file HTTP/1.0\r\n\r\n")
		client.Stdout = got.f
		start(t, client)
		wait(t, client)
		got.check(t, got.head(t), &shared.file)
	})
}

// head returns the length of the HTTP head that the sink begins with.
func (s *sink) head(t *testing.T) int64 {
	t.Helper()
	f, err := os.Open(s.path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	begin := make([]byte, 4096)
	n, _ := io.ReadFull(f, begin) // a short file is found out by the search
	end := bytes.Index(begin[:n], []byte("\r\n\r\n"))
	if end < 0 {
		t.Fatalf("no head in %q", begin[:n])
	}
	return int64(end + 4)
}

// TestCurlDownloads: curl fetches the file from winsock nc -l, whose input
// is the answer.
func TestCurlDownloads(t *testing.T) {
	curl := need(t, "curl")
	places(t, func(t *testing.T, p place) {
		port := ports.Free(t, p.host)
		server := p.nc(t, "-l", p.host, port)
		head := fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n", shared.file.size)
		server.Stdin = io.MultiReader(strings.NewReader(head), openFile(t))
		start(t, server)
		p.awaitListener(t, port)
		got := newSink(t)
		client := exec.CommandContext(t.Context(), curl, "-gsS", "-o", got.path, "http://"+net.JoinHostPort(p.host, port)+"/")
		client.Stderr = os.Stderr
		start(t, client)
		wait(t, client)
		wait(t, server)
		got.check(t, 0, &shared.file)
	})
}

// TestCurlUploads: curl sends the file to winsock nc -l, which answers once
// it has all of it.
func TestCurlUploads(t *testing.T) {
	curl := need(t, "curl")
	places(t, func(t *testing.T, p place) {
		port := ports.Free(t, p.host)
		got := newSink(t)
		server := p.nc(t, "-l", p.host, port)
		server.Stdout = got.f
		answer, err := server.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		start(t, server)
		p.awaitListener(t, port)
		client := exec.CommandContext(t.Context(), curl, "-gsS", "-H", "Expect:", "-T", shared.file.path, "http://"+net.JoinHostPort(p.host, port)+"/")
		client.Stderr = os.Stderr
		start(t, client)
		got.await(t, shared.file.size)
		io.WriteString(answer, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
		answer.Close()
		wait(t, client)
		wait(t, server)
		got.check(t, got.head(t), &shared.file)
	})
}

// await waits until the sink has a head and a body of that size.
func (s *sink) await(t *testing.T, size int64) {
	t.Helper()
	s.awaitSize(t, func(now int64) bool { return now > size && now == s.head(t)+size })
}

// awaitExactly waits until the sink has that many bytes.
func (s *sink) awaitExactly(t *testing.T, size int64) {
	t.Helper()
	s.awaitSize(t, func(now int64) bool { return now >= size })
}

func (s *sink) awaitSize(t *testing.T, enough func(now int64) bool) {
	t.Helper()
	var now int64
	for end := time.Now().Add(60 * time.Second); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if info, err := os.Stat(s.path); err == nil {
			if now = info.Size(); enough(now) {
				return
			}
		}
	}
	t.Fatalf("%s has %d bytes and gets no more", filepath.Base(s.path), now)
}
