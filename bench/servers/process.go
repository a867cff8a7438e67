// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// startTime is how long a server may take to tell its port. Wine needs
// seconds.
const startTime = 30 * time.Second

// exitUnsupported is a server's exit status on a kernel that lacks what it
// needs (peers/c/peer.h).
const exitUnsupported = 3

// A server is a process that is measured.
type server struct {
	cmd    *exec.Cmd
	stderr bytes.Buffer
	port   string
	pids   []int // whose processor time is the server's
}

// pinned calls f with the thread, and so the processes that it starts, on
// some processors only.
func pinned(cores []int, f func() error) error {
	var before, set unix.CPUSet
	if err := unix.SchedGetaffinity(0, &before); err != nil {
		return fmt.Errorf("sched_getaffinity: %w", err)
	}
	for _, core := range cores {
		set.Set(core)
	}
	if err := unix.SchedSetaffinity(0, &set); err != nil {
		return fmt.Errorf("processors %v: %w", cores, err)
	}
	err := f()
	return errors.Join(err, unix.SchedSetaffinity(0, &before))
}

// serverCores and loadCores place a workload. With two processors only, a
// server on two shares them with the load.
func (w workload) serverCores() []int {
	if w.cores == 1 {
		return []int{0}
	}
	return []int{0, 1}
}

func (w workload) loadCores() []int {
	switch {
	case processors() == 1:
		return []int{0}
	case w.cores == 1:
		return []int{1}
	case processors() == 2:
		return []int{0, 1}
	}
	return []int{2}
}

func processors() int {
	var set unix.CPUSet
	if err := unix.SchedGetaffinity(0, &set); err != nil {
		return 1
	}
	return set.Count()
}

// start starts a subject for a workload.
func (b *bench) start(ctx context.Context, s subject, w workload) (*server, error) {
	p := findProgram(s.program)
	name, args := b.binary(p), append(w.serverArgs(b.file), s.args...)
	// Without a catalog of the machine's, Winsock has its defaults.
	env := append(os.Environ(), "WINSOCK_CATALOG="+b.path("no-catalog"))
	if p.wine {
		name, args, env = b.wine.command(name, args)
	}
	srv := &server{cmd: exec.CommandContext(ctx, name, args...)}
	srv.cmd.Env = env
	srv.cmd.Stderr = &srv.stderr
	srv.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	srv.cmd.WaitDelay = time.Second // Wine's other processes hold the pipes too
	out, err := srv.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := pinned(w.serverCores(), srv.cmd.Start); err != nil {
		return nil, err
	}
	line := make(chan string, 1)
	go func() {
		text, _ := bufio.NewReader(out).ReadString('\n')
		line <- strings.TrimSpace(text)
	}()
	select {
	case srv.port = <-line:
	case <-time.After(startTime):
	}
	if _, err := strconv.ParseUint(srv.port, 10, 16); err != nil {
		srv.stop()
		if srv.cmd.ProcessState.ExitCode() == exitUnsupported {
			return nil, fmt.Errorf("%w: %s", errMissing, strings.TrimSpace(srv.stderr.String()))
		}
		return nil, fmt.Errorf("%s did not tell its port but %q: %s", s.name, srv.port, &srv.stderr)
	}
	srv.pids = []int{srv.cmd.Process.Pid}
	if p.wine {
		srv.pids = append(srv.pids, b.wine.servers()...)
	}
	return srv, nil
}

func (s *server) stop() {
	s.cmd.Process.Kill()
	_ = s.cmd.Wait() // that it was killed
}
