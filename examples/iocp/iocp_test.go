// SPDX-License-Identifier: Apache-2.0

// Package iocp_test runs the echo server and its client as processes, and
// kills either.
package iocp_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"strings"
	"testing"
	"time"
)

const (
	patience = 2 * time.Minute // how long an end is waited for; thousands of connections take a slow machine a while
	many     = 10_000          // connections, where the system allows it

	envConnections = "WINSOCK_IOCP_CONNECTIONS" // another number
)

// raced reports whether the test is run under the race detector, and the
// programs with it.
func raced() bool {
	info, _ := debug.ReadBuildInfo()
	for _, s := range info.Settings {
		if s.Key == "-race" {
			return s.Value == "true"
		}
	}
	return false
}

// build builds both programs.
func build(t *testing.T) (server, client string) {
	t.Helper()
	dir := t.TempDir()
	args := []string{"build", "-o", dir + "/"}
	if raced() {
		args = append(args, "-race")
	}
	if out, err := exec.CommandContext(t.Context(), "go", append(args, "./server", "./client")...).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return filepath.Join(dir, "server"), filepath.Join(dir, "client")
}

// A process is one of the programs.
type process struct {
	*exec.Cmd
	in     io.WriteCloser
	out    *bufio.Reader
	errors bytes.Buffer
	ended  chan struct{}
}

func start(t *testing.T, program string, args ...string) *process {
	t.Helper()
	p := &process{Cmd: exec.Command(program, args...), ended: make(chan struct{})}
	p.Env = append(os.Environ(), "WINSOCK_CATALOG="+filepath.Join(t.TempDir(), "catalog.toml"))
	p.Stderr = &p.errors
	in, err := p.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	p.in, p.out, p.Stdout = in, bufio.NewReader(r), w
	err = p.Start()
	w.Close()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		p.Process.Kill()
		<-p.ended
		r.Close()
	})
	go func() {
		p.Wait() // its result is in ProcessState
		close(p.ended)
	}()
	return p
}

// await waits for the end, and returns the last line and the code.
func (p *process) await(t *testing.T) (line string, code int) {
	t.Helper()
	select {
	case <-p.ended:
	case <-time.After(patience):
		p.Process.Signal(os.Interrupt)
		t.Fatalf("%s does not end", filepath.Base(p.Path))
	}
	rest, _ := io.ReadAll(p.out)
	if s := p.errors.String(); strings.Contains(s, "DATA RACE") || strings.Contains(s, "panic") {
		t.Errorf("%s: %s", filepath.Base(p.Path), s)
	}
	return strings.TrimSpace(string(rest)), p.ProcessState.ExitCode()
}

// counted checks the last line of a program: as many operations have ended
// as have begun, and each once.
func counted(t *testing.T, line string) (connections int) {
	t.Helper()
	var begun, ended int
	i := strings.Index(line, "operations begun")
	if i < 0 {
		t.Fatalf("the last line is %q", line)
	}
	if _, err := fmt.Sscanf(line[i:], "operations begun %d ended %d", &begun, &ended); err != nil || begun != ended || begun == 0 {
		t.Errorf("%q: %v", line, err)
	}
	if _, err := fmt.Sscanf(line, "connections %d", &connections); err != nil {
		t.Errorf("%q: %v", line, err)
	}
	return connections
}

// serve starts a server and returns its address.
func serve(t *testing.T, program string) (*process, string) {
	t.Helper()
	p := start(t, program)
	line, err := p.out.ReadString('\n')
	if err != nil {
		t.Fatalf("the server says nothing: %v, %s", err, p.errors.String())
	}
	return p, strings.TrimSpace(strings.TrimPrefix(line, "listening on "))
}

// finish ends a server in peace.
func finish(t *testing.T, p *process) (connections int) {
	t.Helper()
	p.in.Close()
	line, code := p.await(t)
	if code != 0 {
		t.Errorf("the server ends with %d: %s", code, p.errors.String())
	}
	return counted(t, line)
}

// descriptors counts those of a process.
func (p *process) descriptors(t *testing.T) int {
	t.Helper()
	entries, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", p.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	return len(entries)
}

// connections is how many the system lets the test make.
func connections() int {
	if n, err := strconv.Atoi(os.Getenv(envConnections)); err == nil {
		return n
	}
	if testing.Short() || raced() {
		return 300
	}
	limits, _ := os.ReadFile("/proc/self/limits")
	for line := range strings.Lines(string(limits)) {
		var soft, hard int
		if rest, found := strings.CutPrefix(line, "Max open files"); found {
			if _, err := fmt.Sscan(rest, &soft, &hard); err == nil && hard > many+many/10 {
				return many
			}
		}
	}
	return 300
}

// TestEcho: every byte comes back, on many connections at once.
func TestEcho(t *testing.T) {
	server, client := build(t)
	s, address := serve(t, server)
	n := connections()
	k := start(t, client, "-server", address, "-connections", strconv.Itoa(n), "-rounds", "5")
	line, code := k.await(t)
	if code != 0 || counted(t, line) != n {
		t.Errorf("the client ends with %d, %q: %s", code, line, k.errors.String())
	}
	if got := finish(t, s); got != n {
		t.Errorf("the server has accepted %d connections, want %d", got, n)
	}
}

// TestKilledClients: clients that are killed at any time leave nothing behind
// in the server, which serves on.
func TestKilledClients(t *testing.T) {
	server, client := build(t)
	s, address := serve(t, server)
	args := []string{"-server", address, "-connections", "100", "-rounds"}
	if line, code := start(t, client, append(args, "1")...).await(t); code != 0 {
		t.Fatalf("the first client ends with %d, %q", code, line)
	}
	before := s.descriptors(t)
	for range 6 {
		k := start(t, client, append(args, "100000")...)
		pause := time.Duration(rand.IntN(200)) * time.Millisecond
		time.Sleep(pause) // any time is right
		k.Process.Kill()
		<-k.ended
		for end := time.Now().Add(patience); ; time.Sleep(time.Millisecond) {
			n := s.descriptors(t)
			if n <= before {
				break
			}
			if time.Now().After(end) {
				t.Fatalf("killed after %v: the server has %d descriptors, before there were %d", pause, n, before)
			}
		}
	}
	k := start(t, client, append(args, "3")...)
	if line, code := k.await(t); code != 0 || counted(t, line) != 100 {
		t.Errorf("the last client ends with %d, %q: %s", code, line, k.errors.String())
	}
	finish(t, s)
}

// TestKilledServer: a client whose server is killed at any time ends, with an
// error and no operation lost.
func TestKilledServer(t *testing.T) {
	server, client := build(t)
	for range 5 {
		s, address := serve(t, server)
		k := start(t, client, "-server", address, "-connections", "200", "-rounds", "1000000")
		time.Sleep(time.Duration(rand.IntN(200)) * time.Millisecond) // any time is right
		s.Process.Kill()
		line, code := k.await(t)
		if code == 0 {
			t.Errorf("the client has not noticed: %q", line)
		}
		counted(t, line)
	}
}

// TestStoppedServer: a server that stops while clients talk ends all that it
// has begun.
func TestStoppedServer(t *testing.T) {
	server, client := build(t)
	for range 5 {
		s, address := serve(t, server)
		k := start(t, client, "-server", address, "-connections", "200", "-rounds", "1000000")
		time.Sleep(time.Duration(rand.IntN(200)) * time.Millisecond) // any time is right
		finish(t, s)
		line, code := k.await(t)
		if code == 0 {
			t.Errorf("the client has not noticed: %q", line)
		}
		counted(t, line)
	}
}
