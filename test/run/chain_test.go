// SPDX-License-Identifier: Apache-2.0

package run

import (
	"bytes"
	"context"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"winsock/spi"
)

// A chain is what a program runs under.
type chain struct {
	name     string
	layers   int
	redirect bool
	native   bool

	around []string // a program and its arguments that winsock is run by
	inside []string // one that winsock runs, and that runs the program
	flags  []string // further ones of winsock run
	user   uint32   // whom to run as, if not 0
	logs   []string // of the layers
}

// chains calls test for every chain.
func chains(t *testing.T, test func(t *testing.T, c chain)) {
	t.Helper()
	for _, c := range []chain{
		{name: "no layer"},
		{name: "one layer", layers: 1},
		{name: "three layers", layers: 3},
		{name: "redirected", redirect: true},
		{name: "redirected, one layer", redirect: true, layers: 1},
	} {
		c.run(t, test)
	}
	if *native {
		chain{name: "native", native: true}.run(t, test)
	}
}

// serverChains are those for programs that are asked.
func serverChains(t *testing.T, test func(t *testing.T, c chain)) {
	t.Helper()
	chains(t, func(t *testing.T, c chain) {
		if c.redirect {
			t.Skip("a server is not redirected")
		}
		test(t, c)
	})
}

func (c chain) run(t *testing.T, test func(t *testing.T, c chain)) {
	if c.native != *native {
		return
	}
	t.Run(c.name, func(t *testing.T) {
		if c.redirect && spi.FindDriver("filter") == nil {
			t.Skip("there is no layer for rules")
		}
		t.Parallel()
		test(t, c)
	})
}

// Addresses that nobody has.
var (
	nowhere4 = netip.MustParseAddrPort("203.0.113.9:80")
	nowhere6 = netip.MustParseAddrPort("[2001:db8::9]:80")
)

// toward returns the chain for programs that are to reach a server, and the
// address that they are to ask for.
func (c chain) toward(t *testing.T, server netip.AddrPort) (chain, netip.AddrPort) {
	t.Helper()
	if !c.redirect {
		return c, server
	}
	ask := nowhere4
	if server.Addr().Is6() {
		ask = nowhere6
	}
	c.flags = c.flags[:len(c.flags):len(c.flags)]
	rule := redirectRule(ask, server)
	if c.layers == 0 {
		c.flags = append(c.flags, "--rule", rule)
	} else {
		file := filepath.Join(scratch(t), "rules")
		if err := os.WriteFile(file, []byte("# Not there.\n"+rule+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
		c.flags = append(c.flags, "--rules", file)
	}
	return c, ask
}

// redirectRule is the text of a rule that sends connections elsewhere.
func redirectRule(from, to netip.AddrPort) string {
	return fmt.Sprintf("redirect %s out to %s port %d", to, from.Addr(), from.Port())
}

// Programs carry a mark in their environment, so that those that outlive
// their test are found.
const markPrefix = "WINSOCK_TEST_MARK="

var marks atomic.Int64

// command returns a program that is not started yet, under the chain.
func (c *chain) command(t *testing.T, name string, args ...string) *command {
	t.Helper()
	var line []string
	line = append(line, c.around...)
	if !c.native {
		dir := scratch(t)
		line = append(line, shared.winsock, "run")
		for i := range c.layers {
			log := filepath.Join(dir, fmt.Sprint("log", i))
			c.logs = append(c.logs, log)
			line = append(line, "--layer", "trace:log="+log)
		}
		line = append(line, c.flags...)
		line = append(line, "--")
	}
	line = append(line, c.inside...)
	line = append(append(line, name), args...)
	ctx, cancel := context.WithCancel(context.Background())
	cmd := &command{Cmd: exec.CommandContext(ctx, line[0], line[1:]...), t: t, name: filepath.Base(name), native: c.native}
	cmd.mark = fmt.Sprint(markPrefix, os.Getpid(), ".", marks.Add(1), ".")
	cmd.Env = append(os.Environ(), cmd.mark)
	cmd.Stderr = &cmd.errors
	cmd.WaitDelay = 5 * time.Second
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if c.user != 0 {
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: c.user, Gid: c.user}
		cmd.Env = append(cmd.Env, "HOME="+shared.dir)
	}
	t.Cleanup(func() {
		cancel()
		if cmd.Process != nil {
			cmd.reap()
			cmd.checkGone()
		}
	})
	return cmd
}

// output runs a program that must end well, and returns what it says.
func (c chain) output(t *testing.T, name string, args ...string) string {
	t.Helper()
	return c.command(t, name, args...).output()
}

// A command is a program under a chain.
type command struct {
	*exec.Cmd
	t      *testing.T
	name   string
	mark   string
	native bool
	errors lockedBuffer
	reaped bool
	result error
}

func (c *command) start() {
	c.t.Helper()
	if err := c.Start(); err != nil {
		c.t.Fatal(err)
	}
}

// longest is how long a program may take. It is there to end the test, not
// to judge the program.
const longest = 2 * time.Minute

// reap waits for the program.
func (c *command) reap() error {
	if !c.reaped {
		timer := time.AfterFunc(longest, func() {
			c.t.Errorf("%s does not end; its tasks:\n%s", c.name, tasks(c.processes()))
			for _, pid := range c.processes() {
				syscall.Kill(pid, syscall.SIGKILL)
			}
			c.Process.Kill()
		})
		c.result = c.Wait()
		timer.Stop()
		c.reaped = true
	}
	return c.result
}

// end waits for a program that must end well and leave nothing.
func (c *command) end() {
	c.t.Helper()
	if err := c.reap(); err != nil {
		c.t.Errorf("%s: %v\n%s", c.name, err, c.errors.tail())
	}
	c.checkGone()
}

func (c *command) output() string {
	c.t.Helper()
	var out bytes.Buffer
	c.Stdout = &out
	c.start()
	c.end()
	return strings.TrimSpace(out.String())
}

// stop ends a server as its keeper would, by a signal, and checks that
// nothing is left of it.
func (c *command) stop(sig syscall.Signal) {
	c.t.Helper()
	pid := c.program()
	if pid == 0 {
		c.t.Errorf("%s has ended by itself\n%s", c.name, c.errors.tail())
	} else {
		syscall.Kill(pid, sig)
	}
	c.reap()
	c.checkGone()
}

// program returns the process of the program itself, or 0 if it has ended:
// the one that winsock has started.
func (c *command) program() int {
	if c.native {
		return c.Process.Pid
	}
	for _, pid := range c.processes() {
		if exeOf(pid) != shared.winsock && exeOf(parentOf(pid)) == shared.winsock {
			return pid
		}
	}
	return 0
}

// supervisors lists the processes of winsock itself.
func (c *command) supervisors() (pids []int) {
	for _, pid := range c.processes() {
		if exeOf(pid) == shared.winsock {
			pids = append(pids, pid)
		}
	}
	return pids
}

func exeOf(pid int) string {
	exe, _ := os.Readlink(fmt.Sprintf("/proc/%d/exe", pid))
	return exe
}

// checkGone checks that neither the program nor its supervisor nor anything
// they started is there any more.
func (c *command) checkGone() {
	c.t.Helper()
	var left []int
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if left = c.processes(); len(left) == 0 {
			return
		}
	}
	c.t.Errorf("%s has left processes behind:\n%s", c.name, tasks(left))
	for _, pid := range left {
		syscall.Kill(pid, syscall.SIGKILL)
	}
}

// holds reports whether one of the command's processes has a descriptor of
// what is named so.
func (c *command) holds(name string) bool {
	for _, pid := range c.processes() {
		fds, _ := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", pid))
		for _, fd := range fds {
			if to, _ := os.Readlink(fd); to == name {
				return true
			}
		}
	}
	return false
}

// processes lists those of the command that are alive: they carry its mark,
// or, as some write over their environment, are of its session.
func (c *command) processes() []int {
	return processes(func(pid int) bool {
		return carries(pid, c.mark) || sessionOf(pid) == c.Process.Pid
	})
}

func processes(want func(pid int) bool) (pids []int) {
	entries, _ := os.ReadDir("/proc")
	for _, e := range entries {
		if pid, err := strconv.Atoi(e.Name()); err == nil && want(pid) {
			pids = append(pids, pid)
		}
	}
	return pids
}

func carries(pid int, mark string) bool {
	env, err := os.ReadFile(fmt.Sprintf("/proc/%d/environ", pid))
	return err == nil && (bytes.Contains(append([]byte{0}, env...), []byte("\x00"+mark)))
}

// sessionOf returns the session of a process that has not ended, or 0.
func sessionOf(pid int) int {
	if state, _, session := statOf(pid); state != "Z" {
		return session
	}
	return 0
}

func parentOf(pid int) int {
	_, parent, _ := statOf(pid)
	return parent
}

func statOf(pid int) (state string, parent, session int) {
	stat, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	_, rest, _ := strings.Cut(string(stat), ") ")
	fields := strings.Fields(rest)
	if len(fields) < 4 {
		return "", 0, 0
	}
	parent, _ = strconv.Atoi(fields[1])
	session, _ = strconv.Atoi(fields[3])
	return fields[0], parent, session
}

// tasks describes processes.
func tasks(pids []int) string {
	var b strings.Builder
	for _, pid := range pids {
		line, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
		status, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
		state := ""
		for _, l := range strings.Split(string(status), "\n") {
			if strings.HasPrefix(l, "State:") {
				state = l
			}
		}
		call, _ := os.ReadFile(fmt.Sprintf("/proc/%d/syscall", pid))
		fmt.Fprintf(&b, "%d %s %.200q call %.20s\n", pid, state, line, call)
	}
	return b.String()
}

// checkLogs checks that the layers saw something.
func (c *chain) checkLogs(t *testing.T) {
	t.Helper()
	for _, log := range c.logs {
		if info, err := os.Stat(log); err != nil {
			t.Error(err)
		} else if info.Size() == 0 {
			t.Errorf("the layer that logs to %s saw nothing", filepath.Base(log))
		}
	}
}
