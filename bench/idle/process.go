// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// The children die with the thread that has started them.
func init() { runtime.LockOSThread() }

// patience is how long a child may take for one answer.
const patience = 3 * time.Minute

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
func (c *child) answer(word string) (string, error) {
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
	case <-time.After(patience):
		return "", fmt.Errorf("process %d says nothing", c.cmd.Process.Pid)
	}
}

func (c *child) stop() {
	c.cmd.Process.Kill()
	for range c.lines { // until it is gone
	}
	_ = c.cmd.Wait() // that it was killed
}

// resident returns the child's resident memory in bytes.
func (c *child) resident() (int64, error) {
	name := fmt.Sprintf("/proc/%d/status", c.cmd.Process.Pid)
	status, err := os.ReadFile(name)
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(status)) {
		var kib int64
		if n, _ := fmt.Sscanf(line, "VmRSS: %d kB", &kib); n == 1 {
			return kib << 10, nil
		}
	}
	return 0, fmt.Errorf("%s has no VmRSS", name)
}

// A usage is the resident memory of a server.
type usage struct{ empty, connected, collected int64 }

// The words that children are told.
const (
	collect = "collect" // collect garbage; the answer is "collected"
	send    = "send"    // a byte on each connection; the answer is "sent"
	count   = "count"   // wait for a byte on each connection; the answer is how many
)

func usageOf(k kind, n, buffer int) (u usage, err error) {
	server, err := startChild(k.name, n, buffer)
	if err != nil {
		return u, err
	}
	defer server.stop()
	addresses, err := server.answer("")
	if err != nil {
		return u, err
	}
	if _, err := server.answer(collect); err != nil {
		return u, err
	}
	if u.empty, err = server.resident(); err != nil {
		return u, err
	}

	clients, err := startChild("clients", n, buffer, strings.Fields(addresses)...)
	if err != nil {
		return u, err
	}
	defer clients.stop()
	if _, err := clients.answer(""); err != nil {
		return u, err
	}
	if _, err := server.answer(""); err != nil { // it has all connections
		return u, err
	}
	if u.connected, err = server.resident(); err != nil {
		return u, err
	}
	if _, err := server.answer(collect); err != nil {
		return u, err
	}
	if u.collected, err = server.resident(); err != nil {
		return u, err
	}

	if _, err := clients.answer(send); err != nil {
		return u, err
	}
	received, err := server.answer(count)
	if err == nil && received != strconv.Itoa(n) {
		err = fmt.Errorf("%s of %d connections have received their byte", received, n)
	}
	return u, err
}
