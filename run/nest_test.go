// SPDX-License-Identifier: Apache-2.0

package run

import (
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"winsock/test/servers"
)

// TestInner is a supervisor inside another, when it is told to be one.
func TestInner(t *testing.T) {
	layers, program := os.Getenv("TEST_INNER_LAYERS"), os.Getenv("TEST_INNER_PROGRAM")
	if program == "" {
		t.Skip("part of TestNested")
	}
	cmd := exec.Command("python3", "-c", program)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	s, err := Start(Config{Layers: strings.Fields(layers)}, cmd)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	<-s.Done()
}

// TestNested: the layers of a supervisor inside another stand above those of
// the outer one, for its program and that one's children only.
func TestNested(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go servers.Each(l, func(c net.Conn) { io.Copy(c, c) })
	dir := t.TempDir()
	outer, inner := filepath.Join(dir, "outer"), filepath.Join(dir, "inner")
	client := fmt.Sprintf("import socket,os\ns = socket.create_connection((%q, %d)); s.sendall(b'x'); assert s.recv(1) == b'x'\n",
		"127.0.0.1", l.Addr().(*net.TCPAddr).Port)
	child := client + "if os.fork() == 0:\n s = socket.create_connection(s.getpeername()); os._exit(0)\nos.wait()\n"
	t.Setenv("TEST_INNER_LAYERS", "trace:log="+inner)
	t.Setenv("TEST_INNER_PROGRAM", child)
	under(t, Config{Layers: []string{"trace:log=" + outer}}, "python3", "-c", client+
		"import sys\nos.execv(sys.argv[1], [sys.argv[1], '-test.run', '^TestInner$'])", os.Args[0])
	for file, want := range map[string]int{outer: 3, inner: 2} {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(string(b), "WSPConnect("); n != want {
			t.Errorf("%s tells of %d connects, want %d:\n%s", filepath.Base(file), n, want, b)
		}
	}
}

// TestNestedInNothing: layers cannot be put on a supervisor that does not see
// enough.
func TestNestedInNothing(t *testing.T) {
	t.Setenv("TEST_INNER_LAYERS", "trace")
	t.Setenv("TEST_INNER_PROGRAM", "print('ran')")
	cmd := exec.Command(os.Args[0], "-test.run", "^TestInner$")
	var out strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &out
	s, err := Start(Config{}, cmd)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := cmd.Wait(); err == nil || strings.Contains(out.String(), "ran") || !strings.Contains(out.String(), "without a layer") {
		t.Errorf("%v: %s", err, &out)
	}
}
