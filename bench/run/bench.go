// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"

	"golang.org/x/sys/unix"

	"winsock/bench/report"
)

// A bench is what the rows share: the programs, built, in a folder that is
// removed at the end, and the proxy.
type bench struct {
	root string // the module's folder
	dir  string

	quiet pause

	mu    sync.Mutex // protects socks
	socks *proxy     // nil until it is wanted
}

// errMissing means that the machine lacks what a row needs.
var errMissing = errors.New("missing")

// need reports what of some programs the machine lacks.
func need(programs ...string) error {
	for _, p := range programs {
		if _, err := exec.LookPath(p); err != nil {
			return fmt.Errorf("%w: %s (a Debian package has it)", errMissing, p)
		}
	}
	return nil
}

// newBench builds the programs.
func newBench(ctx context.Context) (b *bench, err error) {
	b = new(bench)
	if b.root, err = report.Root(); err != nil {
		return nil, err
	}
	if b.dir, err = os.MkdirTemp("", "winsock-bench-"); err != nil {
		return nil, err
	}
	// The workers of a server give up privileges and open files here.
	if err := os.Chmod(b.dir, 0o755); err != nil {
		b.close()
		return nil, err
	}
	// Without a catalog of the machine's, Winsock has its defaults.
	os.Setenv("WINSOCK_CATALOG", b.path("no-catalog"))
	for _, build := range [][]string{
		{"gcc", "-O2", "-Wall", "-Wextra", "-o", b.path("loop"), "run/c/loop.c"},
		{"gcc", "-O2", "-Wall", "-Wextra", "-o", b.path("peer"), "run/c/peer.c"},
		{"go", "build", "-o", b.path("under"), "./run/under"},
		{"go", "-C", "..", "build", "-o", b.path("winsock"), "./cmd/winsock"},
	} {
		if err := runIn(ctx, b.root, build...); err != nil {
			b.close()
			return nil, err
		}
	}
	return b, nil
}

func (b *bench) path(name string) string { return filepath.Join(b.dir, name) }

func (b *bench) close() {
	if b.socks != nil {
		b.socks.close()
	}
	os.RemoveAll(b.dir)
}

// proxy returns the SOCKS5 proxy, which it starts when first wanted.
func (b *bench) proxy() (*proxy, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.socks == nil {
		p, err := startProxy()
		if err != nil {
			return nil, err
		}
		b.socks = p
	}
	return b.socks, nil
}

// proxychains writes the configuration of proxychains4 and returns its name.
func (b *bench) proxychains() (string, error) {
	p, err := b.proxy()
	if err != nil {
		return "", err
	}
	name := b.path("proxychains.conf")
	text := fmt.Sprintf("strict_chain\n[ProxyList]\nsocks5 127.0.0.1 %d\n", p.port())
	return name, os.WriteFile(name, []byte(text), 0o644)
}

func runIn(ctx context.Context, dir string, args ...string) error {
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Dir = dir
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%s: %w\n%s", args[0], err, &said)
	}
	return nil
}

// reserve returns a port of loopback for a server that does not let the
// kernel choose. A socket keeps it from everybody who does; that it does not
// listen, and shares its address, lets the server have it all the same.
func reserve() (port int, release func(), err error) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return 0, nil, err
	}
	name := &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}
	err = errors.Join(unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1), unix.Bind(fd, name))
	if err == nil {
		var bound unix.Sockaddr
		if bound, err = unix.Getsockname(fd); err == nil {
			return bound.(*unix.SockaddrInet4).Port, func() { unix.Close(fd) }, nil
		}
	}
	unix.Close(fd)
	return 0, nil, err
}
