// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"winsock/test/ports"
)

// A sharedBuffer may be written to while it is read.
type sharedBuffer struct {
	mu   sync.Mutex // protects the others
	b    bytes.Buffer
	seen int // up to where cut has looked
}

func (s *sharedBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *sharedBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// cut returns what comes after the last cut, up to the end of a text.
func (s *sharedBuffer) cut(text string) (string, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	rest := s.b.String()[s.seen:]
	i := strings.Index(rest, text)
	if i < 0 {
		return "", false
	}
	s.seen += i + len(text)
	return rest[:i+len(text)], true
}

// await waits until the buffer has a text.
func (s *sharedBuffer) await(t *testing.T, text string) {
	t.Helper()
	for end := time.Now().Add(time.Minute); !strings.Contains(s.String(), text); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%q never says %q", s.String(), text)
		}
	}
}

// TestPipe: two nc give each other what they read, and end with the input.
func TestPipe(t *testing.T) {
	useCatalog(t)
	port := ports.Free(t, "127.0.0.1")
	var out, says sharedBuffer
	done := make(chan int, 1)
	go func() {
		done <- run(t.Context(), []string{"nc", "-v", "-l", "127.0.0.1", port}, strings.NewReader("from the server"), &out, &says)
	}()
	says.await(t, "listening on")
	got, errs, code := command(t, strings.NewReader("from the client"), "nc", "-v", "--layer", "trace", "127.0.0.1", port)
	if code != 0 || got != "from the server" || !strings.Contains(errs, "through trace > kernel") {
		t.Errorf("the client printed %q, ended with %d, said %q", got, code, errs)
	}
	if code := <-done; code != 0 || out.String() != "from the client" {
		t.Errorf("the server printed %q, ended with %d", out.String(), code)
	}
}

// TestKeepOpen: with -k a server takes one connection after the other, and
// ends well when it is interrupted.
func TestKeepOpen(t *testing.T) {
	useCatalog(t)
	port := ports.Free(t, "127.0.0.1")
	ctx, interrupt := context.WithCancel(t.Context())
	defer interrupt()
	var out, says sharedBuffer
	done := make(chan int, 1)
	go func() {
		done <- run(ctx, []string{"nc", "-v", "-k", "-l", "127.0.0.1", port}, strings.NewReader(""), &out, &says)
	}()
	says.await(t, "listening on")
	for _, text := range []string{"one ", "two ", "three"} {
		if _, errs, code := command(t, strings.NewReader(text), "nc", "127.0.0.1", port); code != 0 {
			t.Errorf("%q: exit code %d, %s", text, code, errs)
		}
		out.await(t, text)
	}
	interrupt()
	if code := <-done; code != 0 || out.String() != "one two three" {
		t.Errorf("the server printed %q, ended with %d", out.String(), code)
	}
}

// TestDatagrams: with -u each read is a datagram, and the listener answers
// its first sender.
func TestDatagrams(t *testing.T) {
	useCatalog(t)
	port := ports.Free(t, "127.0.0.1")
	answer, give := io.Pipe()
	defer give.Close()
	var out, says sharedBuffer
	done := make(chan int, 1)
	go func() {
		done <- run(t.Context(), []string{"nc", "-v", "-u", "-i", "3s", "-l", "127.0.0.1", port}, answer, &out, &says)
	}()
	says.await(t, "listening on")
	go func() { io.WriteString(give, "pong") }()
	got, errs, code := command(t, strings.NewReader("ping"), "nc", "-u", "-i", "3s", "127.0.0.1", port)
	if code != 0 || got != "pong" {
		t.Errorf("the client printed %q, ended with %d, said %q", got, code, errs)
	}
	if code := <-done; code != 0 || out.String() != "ping" {
		t.Errorf("the server printed %q, ended with %d, said %q", out.String(), code, says.String())
	}
}

// TestExitCodes: 1 after a network error, 2 for a wrong command.
func TestExitCodes(t *testing.T) {
	useCatalog(t)
	_, errs, code := command(t, strings.NewReader(""), "nc", "127.0.0.1", ports.Free(t, "127.0.0.1"))
	if code != exitNetwork || !strings.Contains(errs, "Connection refused") {
		t.Errorf("a refused connection: exit code %d, %q", code, errs)
	}
	refuse(t, "HOST PORT", "nc", "80")
	refuse(t, "between 0 and 65535", "nc", "127.0.0.1", "65536")
	refuse(t, "-k needs -l", "nc", "-k", "127.0.0.1", "80")
	refuse(t, "no layer is named", "nc", "--layer", "nothing", "127.0.0.1", "80")
	refuse(t, "unknown flag", "nc", "--nothing", "127.0.0.1", "80")
	refuse(t, "none of the others", "nc", "-4", "-6", "127.0.0.1", "80")
}
