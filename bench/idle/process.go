// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"syscall"
	"time"
)

// The children die with the thread that has started them.
func init() { runtime.LockOSThread() }

// patience is how long the measurement of one kind of server may take, all
// connections included.
const patience = 5 * time.Minute

// The words that children are told.
const (
	collect = "collect" // collect garbage; the answer is that of liveMemory
	send    = "send"    // a byte on each connection; the answer is "sent"
	count   = "count"   // wait for a byte on each connection; the answer is how many
)

// A child is this program in another role. It is told words by lines, and
// answers by lines.
type child struct {
	cmd   *exec.Cmd
	in    io.WriteCloser
	lines chan string
}

func startChild(role string, n, buffer int, args ...string) (*child, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	args = append([]string{"-role", role, "-n", strconv.Itoa(n), "-buffer", strconv.Itoa(buffer)}, args...)
	c := &child{cmd: exec.Command(self, args...), lines: make(chan string)}
	c.cmd.Env = append(os.Environ(), "WINSOCK_CATALOG=/nonexistent") // the defaults
	c.cmd.Stderr = os.Stderr
	c.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if c.in, err = c.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := c.cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		defer close(c.lines)
		for s := bufio.NewScanner(out); s.Scan(); {
			c.lines <- s.Text()
		}
	}()
	return c, nil
}

// answer waits for the child's next line, after telling it a word if that is
// not empty.
func (c *child) answer(ctx context.Context, word string) (string, error) {
	if word != "" {
		if _, err := fmt.Fprintln(c.in, word); err != nil {
			return "", err
		}
	}
	select {
	case line, ok := <-c.lines:
		if !ok {
			return "", fmt.Errorf("process %d has ended", c.cmd.Process.Pid)
		}
		return line, nil
	case <-ctx.Done():
		return "", fmt.Errorf("process %d says nothing: %w", c.cmd.Process.Pid, ctx.Err())
	}
}

func (c *child) stop() {
	c.cmd.Process.Kill()
	for range c.lines { // until it is gone
	}
	_ = c.cmd.Wait() // that it was killed
}
