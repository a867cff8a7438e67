// SPDX-License-Identifier: Apache-2.0

package interop

import (
	"crypto/sha256"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"
	"time"
)

// What all tests share: the command, and a file to send.
var shared struct {
	dir     string
	winsock string
	file    payload
	small   payload // for what takes long to look at
}

// A payload is a file of bytes that do not repeat.
type payload struct {
	path string
	size int64
	sum  [sha256.Size]byte
}

func TestMain(m *testing.M) {
	code, err := setUp(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, "interop:", err)
		code = 1
	}
	os.RemoveAll(shared.dir)
	os.Exit(code)
}

func setUp(m *testing.M) (int, error) {
	var err error
	if shared.dir, err = os.MkdirTemp("", "interop"); err != nil {
		return 1, err
	}
	shared.winsock = filepath.Join(shared.dir, "winsock")
	build := exec.Command("go", "build", "-o", shared.winsock, "winsock/cmd/winsock")
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		return 1, err
	}
	size := int64(100 << 20)
	if raceEnabled {
		size = 1 << 20 // the command is built without the detector; once at full size is enough
	}
	if shared.file, err = makeFile("file", size); err == nil {
		shared.small, err = makeFile("small", 1<<20)
	}
	if err != nil {
		return 1, err
	}
	os.Setenv("WINSOCK_CATALOG", filepath.Join(shared.dir, "catalog.toml"))
	return m.Run(), nil
}

func makeFile(name string, size int64) (p payload, err error) {
	p.path, p.size = filepath.Join(shared.dir, name), size
	f, err := os.Create(p.path)
	if err != nil {
		return p, err
	}
	defer f.Close()
	sum := sha256.New()
	var seed [32]byte
	if _, err := io.CopyN(io.MultiWriter(f, sum), rand.NewChaCha8(seed), size); err != nil {
		return p, err
	}
	sum.Sum(p.sum[:0])
	return p, nil
}

// need skips the test without the program, except where the programs must be
// there.
func need(t *testing.T, program string) string {
	t.Helper()
	path, err := exec.LookPath(program)
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatalf("%s is not installed", program)
		}
		t.Skipf("%s is not installed", program)
	}
	return path
}

// A place is where a test takes place: an address family and a chain.
type place struct {
	name   string
	host   string
	layers []string
}

// places calls test for every family and chain.
func places(t *testing.T, test func(t *testing.T, p place)) {
	for _, host := range []string{"127.0.0.1", "::1"} {
		for _, layers := range [][]string{
			nil,
			{"trace:log=" + filepath.Join(shared.dir, "one")},
			{"trace:log=" + filepath.Join(shared.dir, "top"), "trace", "trace:format=json,log=" + filepath.Join(shared.dir, "bottom")},
		} {
			p := place{fmt.Sprintf("%s, %d layers", host, len(layers)), host, layers}
			t.Run(p.name, func(t *testing.T) { test(t, p) })
		}
	}
}

// nc returns a winsock nc that is not started yet.
func (p place) nc(t *testing.T, args ...string) *exec.Cmd {
	var flags []string
	for _, l := range p.layers {
		flags = append(flags, "--layer", l)
	}
	c := exec.CommandContext(t.Context(), shared.winsock, append(append([]string{"nc"}, flags...), args...)...)
	c.Stderr = os.Stderr
	return c
}

// awaitListener waits until the port is being listened on. It asks the
// kernel's table: connecting would use up the one connection that a program
// takes, and binding would take the port from it.
func (p place) awaitListener(t *testing.T, port string) {
	t.Helper()
	n, err := strconv.Atoi(port)
	if err != nil {
		t.Fatal(err)
	}
	listening := regexp.MustCompile(fmt.Sprintf(`(?m)^ *[0-9]+: [0-9A-F]+:%04X [0-9A-F:]+ 0A `, n))
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		for _, table := range []string{"/proc/net/tcp", "/proc/net/tcp6"} {
			if text, err := os.ReadFile(table); err == nil && listening.Match(text) {
				return
			}
		}
	}
	t.Fatalf("nobody listens on port %s", port)
}

// start starts a program that is ended with the test.
func start(t *testing.T, c *exec.Cmd) {
	t.Helper()
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		c.Process.Kill()
		c.Wait()
	})
}

// wait waits for a program that must end well.
func wait(t *testing.T, c *exec.Cmd) {
	t.Helper()
	done := make(chan error, 1)
	go func() { done <- c.Wait() }()
	select {
	case err := <-done:
		if err != nil {
			t.Errorf("%s: %v", filepath.Base(c.Path), err)
		}
	case <-time.After(2 * time.Minute):
		c.Process.Kill()
		t.Fatalf("%s does not end", filepath.Base(c.Path))
	}
}

func openFile(t *testing.T) *os.File {
	t.Helper()
	f, err := os.Open(shared.file.path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

// A sink takes what must be the file, after a head of which skip says how
// long it is, given the beginning.
type sink struct {
	path string
	f    *os.File
}

func newSink(t *testing.T) *sink {
	t.Helper()
	f, err := os.CreateTemp(shared.dir, "got")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		f.Close()
		os.Remove(f.Name())
	})
	return &sink{f.Name(), f}
}

// check compares what came, from offset skip on, with the payload.
func (s *sink) check(t *testing.T, skip int64, want *payload) {
	t.Helper()
	f, err := os.Open(s.path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.Seek(skip, io.SeekStart); err != nil {
		t.Fatal(err)
	}
	sum := sha256.New()
	n, err := io.Copy(sum, f)
	if err != nil {
		t.Fatal(err)
	}
	if n != want.size || [sha256.Size]byte(sum.Sum(nil)) != want.sum {
		t.Errorf("%d bytes came of %d, and they are not the file", n, want.size)
	}
}
