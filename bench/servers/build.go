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
	"strings"
)

// A program is how one of the measured servers is built and started.
type program struct {
	name  string
	build func(b *bench, ctx context.Context, output string) error
	wine  bool
}

// programs are all but the load generator.
var programs = []program{
	{"epoll", gcc("-pthread", "epoll.c", "peer.c"), false},
	{"uring", gcc("uring.c", "peer.c", "-luring"), false},
	{"gonet", goBuild("./peers/gonet"), false},
	{"gnet", goBuild("./peers/gnet"), false},
	{"winsock", goBuild("./peers/winsock"), false},
	{"iocp", mingw("iocp.c", "-lws2_32", "-lmswsock"), true},
}

// binary is where a program is built. Wine goes by the ending.
func (b *bench) binary(p program) string {
	if p.wine {
		return b.path(p.name + ".exe")
	}
	return b.path(p.name)
}

func findProgram(name string) program {
	for _, p := range programs {
		if p.name == name {
			return p
		}
	}
	panic("no program " + name)
}

// errMissing means that the machine lacks what a program needs.
var errMissing = errors.New("missing")

func gcc(args ...string) func(*bench, context.Context, string) error {
	return func(b *bench, ctx context.Context, output string) error {
		return b.compile(ctx, "gcc", output, args)
	}
}

func mingw(args ...string) func(*bench, context.Context, string) error {
	return func(b *bench, ctx context.Context, output string) error {
		for _, tool := range []string{"wine", "wineserver"} {
			if _, err := exec.LookPath(tool); err != nil {
				return fmt.Errorf("%w: %s (Debian: apt-get install --no-install-recommends wine wine64)", errMissing, tool)
			}
		}
		return b.compile(ctx, "x86_64-w64-mingw32-gcc", output, args)
	}
}

func (b *bench) compile(ctx context.Context, compiler, output string, args []string) error {
	if _, err := exec.LookPath(compiler); err != nil {
		return fmt.Errorf("%w: %s (Debian: apt-get install gcc libc6-dev liburing-dev gcc-mingw-w64-x86-64-win32)", errMissing, compiler)
	}
	args = append([]string{"-O2", "-Wall", "-Wextra", "-o", output}, args...)
	err := runIn(ctx, filepath.Join(b.root, "peers", "c"), compiler, args...)
	if err != nil && strings.Contains(err.Error(), "liburing.h: No such file") {
		return fmt.Errorf("%w: liburing.h (Debian: apt-get install liburing-dev)", errMissing)
	}
	return err
}

func goBuild(pkg string) func(*bench, context.Context, string) error {
	return func(b *bench, ctx context.Context, output string) error {
		return runIn(ctx, b.root, "go", "build", "-o", output, pkg)
	}
}

func runIn(ctx context.Context, dir, name string, args ...string) error {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%s: %w\n%s", name, err, &said)
	}
	return nil
}

// makeFile makes the file that is sent. It has no holes and ends up in the
// page cache, so that no disk is measured.
func makeFile(name string, size int64) error {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	defer f.Close()
	block := make([]byte, 1<<20)
	for i := range block {
		block[i] = byte(i * 7 >> 3)
	}
	for left := size; left > 0; left -= int64(len(block)) {
		if _, err := f.Write(block[:min(left, int64(len(block)))]); err != nil {
			return err
		}
	}
	return f.Sync()
}
