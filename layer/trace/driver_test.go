// SPDX-License-Identifier: Apache-2.0

package trace

import (
	"bytes"
	"encoding/json"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"winsock/layer/trace/internal/readback"
	"winsock/spi"
	"winsock/wsa"
)

// start starts the driver as a chain does, with the options of a path.
func start(t testing.TB, path string, complaints *bytes.Buffer) spi.Provider {
	t.Helper()
	d, options, err := spi.ParsePath(path)
	if err != nil {
		t.Fatal(err)
	}
	p, err := d.Startup(&spi.StartupParams{
		Version: 0x0202, Place: 1, Options: options,
		Info: wsa.ProtocolInfo{Name: "TCP over trace"},
		Log:  slog.New(slog.NewTextHandler(complaints, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// opening opens f below.
func opening(f spi.Socket) *spi.Opening {
	return &spi.Opening{
		AddressFamily: wsa.AF_INET,
		Info:          &wsa.ProtocolInfo{AddressFamily: wsa.AF_INET, SocketType: wsa.SOCK_STREAM, Protocol: wsa.IPPROTO_TCP},
		Next: func(*spi.Opening) (spi.Socket, error) {
			if f == nil {
				return nil, wsa.WSAEMFILE
			}
			return f, nil
		},
	}
}

func quiet(t *testing.T) *bytes.Buffer {
	var complaints bytes.Buffer
	t.Cleanup(func() {
		if complaints.Len() > 0 {
			t.Errorf("the provider complained: %s", &complaints)
		}
	})
	return &complaints
}

func read(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestBadOptionsAreRefused(t *testing.T) {
	for _, path := range []string{"trace:format=xml", "trace:calls=some"} {
		if _, _, err := spi.ParsePath(path); !errors.Is(err, wsa.WSAEINVAL) || !strings.Contains(err.Error(), "want ") {
			t.Errorf("%s: error %v, want WSAEINVAL with what is allowed", path, err)
		}
		_, option, _ := strings.Cut(path, ":")
		key, value, _ := strings.Cut(option, "=")
		_, err := driver.Startup(&spi.StartupParams{Options: spi.Options{key: value}})
		if !errors.Is(err, wsa.WSAEINVAL) || !strings.Contains(err.Error(), "want ") {
			t.Errorf("%s: error %v, want WSAEINVAL with what is allowed", path, err)
		}
	}
}

func TestLayerThatIsOffIsNotThere(t *testing.T) {
	f := &fake{}
	p := start(t, "trace", quiet(t))
	s, err := p.Socket(opening(f))
	if err != nil || s != spi.Socket(f) {
		t.Errorf("Socket = %v, %v, want the socket below", s, err)
	}
	m := message("x")
	if n := testing.AllocsPerRun(100, func() { s.Send(m) }); n != 0 {
		t.Errorf("%v allocations per Send, want 0", n)
	}
	if err := p.Cleanup(); err != nil {
		t.Error(err)
	}
}

func TestSocketLines(t *testing.T) {
	sockets.Store(0)
	name := filepath.Join(t.TempDir(), "log")
	p := start(t, "trace:tag=mine,log="+name, quiet(t))
	o := opening(&fake{})
	o.Flags = wsa.WSA_FLAG_OVERLAPPED
	s, err := p.Socket(o)
	if err != nil {
		t.Fatal(err)
	}
	s.Close()
	if _, err := p.Socket(opening(nil)); err != wsa.WSAEMFILE {
		t.Errorf("Socket = %v, want the error from below", err)
	}
	p.Cleanup()
	lines := strings.Split(read(t, name), "\n")
	for i, want := range []string{
		"#1   mine:1   WSPSocket(AF_INET, 0, IPPROTO_IP, flags=WSA_FLAG_OVERLAPPED) ",
		"#1   mine:1   WSPCloseSocket() ",
		"-    mine:1   WSPSocket(AF_INET, 0, IPPROTO_IP) ",
	} {
		if !strings.Contains(lines[i], want) {
			t.Errorf("line %d is %q, want %q in it", i+1, lines[i], want)
		}
	}
	if !strings.Contains(lines[0], "= #1 ") || !strings.Contains(lines[2], "= WSAEMFILE ") {
		t.Errorf("results of WSPSocket: %q, %q", lines[0], lines[2])
	}
}

func TestLayersOfAProcessShareAFile(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	if err := os.WriteFile("log", []byte("old\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	paths := []string{"trace:format=json,data=64,log=log", "trace:format=json,data=64,log=" + filepath.Join(dir, "log"), "trace:format=json,data=64,log=./x/../log"}
	var wg sync.WaitGroup
	var providers []spi.Provider
	for _, path := range paths {
		p := start(t, path, quiet(t))
		providers = append(providers, p)
		for range 4 {
			wg.Go(func() {
				s, err := p.Socket(opening(&fake{data: []byte("\n")}))
				if err != nil {
					t.Error(err)
					return
				}
				for range 100 {
					s.Send(message("\n{}\n"))
					s.Recv(message("x"))
				}
				s.Close()
			})
		}
	}
	wg.Wait()
	lines := strings.Split(strings.TrimSuffix(read(t, "log"), "\n"), "\n")
	if len(lines) != 12*202 {
		t.Errorf("%d lines, want %d: the old one gone, each call one, before any close", len(lines), 12*202)
	}
	for i, line := range lines {
		if !json.Valid([]byte(line)) {
			t.Fatalf("line %d is not whole: %q", i+1, line)
		}
	}
	for _, p := range providers {
		p.Cleanup()
	}
	if len(sinks.byName) != 0 {
		t.Errorf("%d logs are open after the last Cleanup", len(sinks.byName))
	}
	p := start(t, "trace:append,log=log", quiet(t))
	s, _ := p.Socket(opening(&fake{}))
	s.Close()
	p.Cleanup()
	if n := strings.Count(read(t, "log"), "\n"); n != 12*202+2 {
		t.Errorf("%d lines with option append, want the old ones too", n)
	}
}

// hold opens and locks a file as another process would that traces to it.
func hold(t *testing.T, name string) {
	t.Helper()
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	if _, err := f.WriteString("theirs\n"); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		t.Fatal(err)
	}
}

func TestFilesOfAnotherProcess(t *testing.T) {
	dir := t.TempDir()
	log, file := filepath.Join(dir, "log"), filepath.Join(dir, "out.pcapng")
	hold(t, log)
	hold(t, file)
	p := start(t, "trace:log="+log+",capture="+file, quiet(t))
	s, err := p.Socket(opening(&fake{local: server, remote: server}))
	if err != nil {
		t.Fatal(err)
	}
	s.Send(message("x"))
	s.Close()
	p.Cleanup()
	if got := read(t, log); !strings.HasPrefix(got, "theirs\n") || strings.Count(got, "\n") != 4 {
		t.Errorf("the log is\n%s\nwant their line and three of ours", got)
	}
	if got := read(t, file); got != "theirs\n" {
		t.Errorf("their capture has become %q", got)
	}
	if n := len(readback.ReadAll(t, []byte(read(t, filepath.Join(dir, "out-4711.pcapng"))))); n != 6 {
		t.Errorf("%d packets in the capture with our process id, want 6", n)
	}
}

func TestFilesThatFailDoNotDisturb(t *testing.T) {
	var complaints bytes.Buffer
	nowhere := filepath.Join(t.TempDir(), "missing", "file")
	p := start(t, "trace:log="+nowhere+",capture="+nowhere, &complaints)
	f := &fake{}
	if s, err := p.Socket(opening(f)); err != nil || s != spi.Socket(f) {
		t.Errorf("Socket = %v, %v, want the socket below", s, err)
	}
	if n := strings.Count(complaints.String(), "level=ERROR"); n != 2 {
		t.Errorf("complaints %q, want one for the log and one for the capture", &complaints)
	}

	complaints.Reset()
	p = start(t, "trace:log=/dev/full,capture=/dev/full", &complaints)
	s, err := p.Socket(opening(&fake{data: []byte("hello"), local: server, remote: server}))
	if err != nil {
		t.Fatal(err)
	}
	for range 100 {
		if n, err := s.Send(message("x")); n != 1 || err != nil {
			t.Errorf("Send = %d, %v on a full disk", n, err)
		}
	}
	s.Close()
	p.Cleanup()
	if n := strings.Count(complaints.String(), "level=ERROR"); n != 2 {
		t.Errorf("complaints %q, want one for the log and one for the capture", &complaints)
	}
}

func TestPipeWithoutReaderDoesNotBlock(t *testing.T) {
	name := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(name, 0o600); err != nil {
		t.Fatal(err)
	}
	var complaints bytes.Buffer
	start(t, "trace:log="+name, &complaints).Cleanup()
	if !strings.Contains(complaints.String(), name) {
		t.Errorf("complaints %q do not tell of the pipe", &complaints)
	}
}

func TestStandardErrorIsShared(t *testing.T) {
	a, err := openLog("-", false, slog.Default())
	if err != nil {
		t.Fatal(err)
	}
	b, err := openLog("stderr", false, slog.Default())
	if err != nil || a != b || a.out != os.Stderr {
		t.Errorf("\"-\" and \"stderr\" are %p and %p, %v", a, b, err)
	}
	a.release()
	b.release()
	if _, err := os.Stderr.Stat(); err != nil {
		t.Errorf("standard error is closed: %v", err)
	}
}

func TestLoggedCallsDoNotAllocate(t *testing.T) {
	if underRace {
		t.Skip("the race detector allocates")
	}
	var out bytes.Buffer
	for _, form := range []bool{false, true} {
		tr := newTracer(&out)
		tr.json = form
		s := tr.trace(&fake{data: []byte("hello"), from: server}, identity{wsa.AF_INET, wsa.SOCK_DGRAM, 0}, self)
		m, name := message("hello"), new(wsa.Sockaddr)
		m.Name = name
		if n := testing.AllocsPerRun(1000, func() {
			out.Reset()
			m.Flags = 0
			s.Recv(m)
			s.Send(m)
		}); n > 0.1 { // a collection may empty the pool
			t.Errorf("json %v: %v allocations per Recv and Send, want none", form, n)
		}
	}
}
