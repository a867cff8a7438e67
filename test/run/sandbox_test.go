// SPDX-License-Identifier: Apache-2.0

package run

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// nobody is an ordinary user.
const nobody = 65534

// sandbox is a container that shares the network and the files.
var sandbox = []string{"bwrap", "--unshare-all", "--share-net", "--die-with-parent", "--bind", "/", "/", "--dev", "/dev", "--proc", "/proc"}

// sandboxes calls test for the ways to be somebody who may little. How
// programs are to be run there is in the chain, which has no layers yet.
func sandboxes(t *testing.T, test func(t *testing.T, c chain)) {
	t.Helper()
	for _, c := range []chain{
		{name: "ordinary user", user: nobody},
		{name: "user namespace", around: []string{"unshare", "-Ur"}},
		{name: "user namespace of an ordinary user", around: []string{"unshare", "-Ur"}, user: nobody},
		{name: "sandbox", around: sandbox},
		{name: "sandbox of an ordinary user", around: sandbox, user: nobody},
		{name: "sandbox inside", inside: sandbox},
		{name: "sandbox inside, ordinary user", inside: sandbox, user: nobody},
		{name: "process namespace inside", inside: []string{"unshare", "-Urpf", "--mount-proc", "--kill-child"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if c.user != 0 && os.Getuid() != 0 {
				t.Skip("only root can become another user")
			}
			for _, line := range [][]string{c.around, c.inside} {
				if len(line) == 0 {
					continue
				}
				need(t, line[0])
				try := exec.Command(line[0], append(line[1:len(line):len(line)], "true")...)
				if c.user != 0 {
					try.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: c.user, Gid: c.user}}
				}
				if out, err := try.CombinedOutput(); err != nil {
					t.Skipf("%s does not work here: %v %s", line[0], err, out)
				}
			}
			test(t, c)
		})
	}
}

// TestSandboxes: the checker sees the same as an ordinary user, in a user
// namespace, and in a sandbox; and in a sandbox that winsock has started.
func TestSandboxes(t *testing.T) {
	begin(t)
	program := victimC(t, "behave.c", "gcc", "-Wno-unused-result")
	sandboxes(t, func(t *testing.T, plain chain) {
		plain.native = true
		var want string
		t.Run("native", func(t *testing.T) { want = behaviour(t, plain, program, loopback) })
		for layers, name := range []string{"no layer", "one layer"} {
			c := plain
			c.name, c.native, c.layers = name, false, layers
			c.run(t, func(t *testing.T, c chain) {
				compareLines(t, behaviour(t, c, program, loopback), want, func(question string) (got, want string) {
					return behaviour(t, c, program, loopback, question), behaviour(t, plain, program, loopback, question)
				})
			})
		}
	})
}

// TestSandboxPrograms: the usual programs do their work there.
func TestSandboxPrograms(t *testing.T) {
	begin(t)
	repo := newRepository(t)
	sandboxes(t, func(t *testing.T, c chain) {
		c.native, c.layers = *native, 1
		web := webServer(t, loopback)
		url := fmt.Sprintf("http://%s", web)
		host, port := web.Addr().String(), fmt.Sprint(web.Port())
		python := "/usr/bin/python3" // everybody's
		part := func(name string, programs []string, test func(t *testing.T)) {
			t.Run(name, func(t *testing.T) {
				for _, p := range programs {
					need(t, p)
				}
				test(t)
			})
		}
		// Who starts a program in a sandbox passes on no signals, but takes it along.
		end := syscall.SIGTERM
		if c.inside != nil {
			end = syscall.SIGKILL
		}
		says := func(t *testing.T, want, name string, args ...string) {
			t.Helper()
			if got := c.output(t, name, args...); got != want {
				t.Errorf("the program says %q, not %q", got, want)
			}
		}
		part("curl", []string{"curl"}, func(t *testing.T) {
			file := filepath.Join(scratch(t), "got")
			c.output(t, "curl", "-sS", "-o", file, url+"/file")
			checkFile(t, file)
			says(t, shared.sum, "curl", "-sS", "-T", shared.file, url+"/sum")
		})
		part("python", []string{python}, func(t *testing.T) {
			says(t, "well", python, "-I", "victims/client.py", "asyncio", host, port, shared.file)
		})
		part("node", []string{"node"}, func(t *testing.T) {
			says(t, "well", "node", "victims/peer.js", "client", host, port, shared.sum, shared.file)
		})
		part("go", nil, func(t *testing.T) {
			says(t, "100 well", victimGo(t), "client", newEchoServer(t, loopback).addr.String(), "4", "25")
		})
		part("musl", nil, func(t *testing.T) {
			echo := newEchoServer(t, loopback).addr
			says(t, "20 well", victimC(t, "client.c", "musl-gcc", "-static"), echo.Addr().String(), fmt.Sprint(echo.Port()), "20")
		})
		part("git", []string{"git"}, func(t *testing.T) { repo.checkClone(t, c, repo.addr) })
		part("web server", []string{python}, func(t *testing.T) {
			addr := freePort(t, loopback)
			s := c.command(t, python, "-m", "http.server", "--bind", host, "--directory", shared.dir, fmt.Sprint(addr.Port()))
			s.start()
			awaitListener(t, s, addr)
			if body, _ := get(t, fmt.Sprintf("http://%s/payload", addr)); string(body) != string(shared.payload) {
				t.Errorf("%d bytes came of %d, or others", len(body), len(shared.payload))
			}
			s.stop(end)
		})
		part("redis", []string{"redis-server", "redis-cli"}, func(t *testing.T) {
			addr := freePort(t, loopback)
			port := fmt.Sprint(addr.Port())
			s := c.command(t, "redis-server", "--bind", host, "--port", port, "--save", "", "--appendonly", "no", "--dir", scratch(t))
			s.start()
			awaitListener(t, s, addr)
			value := strings.Repeat("b", 30000)
			says(t, "OK", "redis-cli", "-h", host, "-p", port, "set", "a", value)
			says(t, value, "redis-cli", "-h", host, "-p", port, "get", "a")
			s.stop(end)
		})
	})
}
