// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// A server is a process that runs as long as a workload.
type server struct {
	cmd  *exec.Cmd
	said bytes.Buffer
}

// startTime is how long a server may take to start, and stopTime to end.
const (
	startTime = 10 * time.Second
	stopTime  = 5 * time.Second
)

// command prepares a process of a group of its own, so that it can be ended
// with all that it has started, and ends with this process.
func command(ctx context.Context, args []string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = time.Second
	return cmd
}

// output runs a program to its end and returns what it printed.
func output(ctx context.Context, args []string) ([]byte, error) {
	cmd := command(ctx, args)
	var out, said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &said
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("%s: %w: %s%s", strings.Join(args, " "), err, &said, &out)
	}
	return out.Bytes(), nil
}

// serve starts a server that listens at a port.
func serve(ctx context.Context, port int, args []string) (*server, error) {
	s := &server{cmd: command(ctx, args)}
	s.cmd.Stdout, s.cmd.Stderr = &s.said, &s.said
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	for end := time.Now().Add(startTime); ; {
		c, err := net.Dial("tcp", "127.0.0.1:"+strconv.Itoa(port))
		if err == nil {
			c.Close()
			return s, nil
		}
		if time.Now().After(end) {
			s.stop()
			return nil, fmt.Errorf("%s does not listen: %s", strings.Join(args, " "), &s.said)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// startPeer starts the other end of loop, and returns its port.
func (b *bench) startPeer(ctx context.Context, mode string) (*server, string, error) {
	s := &server{cmd: command(ctx, []string{b.path("peer"), mode})}
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		return nil, "", err
	}
	if err := s.cmd.Start(); err != nil {
		return nil, "", err
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		s.stop()
		return nil, "", errors.New("peer did not tell its port")
	}
	return s, strings.TrimSpace(line), nil
}

// stop ends the server and what it has started.
func (s *server) stop() {
	_ = s.cmd.Process.Signal(syscall.SIGTERM) // or it has ended
	group := -s.cmd.Process.Pid
	kill := time.AfterFunc(stopTime, func() { _ = syscall.Kill(group, syscall.SIGKILL) })
	_ = s.cmd.Wait() // that it was ended
	kill.Stop()
	_ = syscall.Kill(group, syscall.SIGKILL) // what is left, if anything
}
