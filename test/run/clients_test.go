// SPDX-License-Identifier: Apache-2.0

package run

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// families calls test for IPv4 and IPv6.
func families(t *testing.T, test func(t *testing.T, host netip.Addr)) {
	t.Helper()
	for _, host := range loopbacks {
		t.Run(host.String(), func(t *testing.T) { test(t, host) })
	}
}

// scratch returns a folder that every program can write to.
func scratch(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp(shared.dir, "scratch")
	if err != nil {
		t.Fatal(err)
	}
	os.Chmod(dir, 0o777)
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

func checkFile(t *testing.T, name string) {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Error(err)
		return
	}
	if sum := sha256.Sum256(b); hex.EncodeToString(sum[:]) != shared.sum {
		t.Errorf("%d bytes came of %d, and they are not the file", len(b), len(shared.payload))
	}
}

func TestCurl(t *testing.T) {
	begin(t)
	curl := need(t, "curl")
	families(t, func(t *testing.T, host netip.Addr) {
		chains(t, func(t *testing.T, c chain) {
			c, ask := c.toward(t, webServer(t, host))
			url := "http://" + ask.String()
			dir := scratch(t)

			got := c.output(t, curl, "-sS", "-g", "-w", "\n%{remote_ip} %{remote_port} %{local_ip} %{local_port}", url+"/peer")
			lines := strings.Split(got, "\n")
			if len(lines) != 2 {
				t.Fatalf("curl says %q", got)
			}
			peer, err := netip.ParseAddrPort(lines[0])
			if err != nil {
				t.Fatal(err)
			}
			if want := fmt.Sprint(ask.Addr(), " ", ask.Port(), " ", peer.Addr(), " ", peer.Port()); lines[1] != want {
				t.Errorf("curl has the names %q, want %q", lines[1], want)
			}
			c.output(t, curl, "-sS", "-g", "-o", filepath.Join(dir, "got"), url+"/file")
			checkFile(t, filepath.Join(dir, "got"))
			if sum := c.output(t, curl, "-sS", "-g", "-T", shared.file, url+"/sum"); sum != shared.sum {
				t.Errorf("of the upload came %q", sum)
			}
			c.output(t, curl, "-sS", "-Z", "--parallel-immediate", "--parallel-max", "50",
				"-o", filepath.Join(dir, "#1"), strings.NewReplacer("[", `\[`, "]", `\]`).Replace(url)+"/small?[1-50]")
			for i := range 50 {
				n := fmt.Sprint(i + 1)
				if b, _ := os.ReadFile(filepath.Join(dir, n)); string(b) != small(n) {
					t.Errorf("transfer %s of 50 got %q", n, b)
				}
			}
			c.checkLogs(t)
		})
	})
}

func TestWget(t *testing.T) {
	begin(t)
	wget := need(t, "wget")
	chains(t, func(t *testing.T, c chain) {
		c, ask := c.toward(t, webServer(t, loopback))
		file := filepath.Join(scratch(t), "got")
		c.output(t, wget, "-q", "--tries=1", "-O", file, fmt.Sprintf("http://%s/file", ask))
		checkFile(t, file)
	})
}

func TestPython(t *testing.T) {
	begin(t)
	python := need(t, "python3")
	for _, how := range []string{"urllib", "asyncio", "threads", "keepalive"} {
		t.Run(how, func(t *testing.T) {
			chains(t, func(t *testing.T, c chain) {
				c, ask := c.toward(t, webServer(t, loopback))
				if got := c.output(t, python, "-I", "victims/client.py", how, ask.Addr().String(), fmt.Sprint(ask.Port()), shared.file); got != "well" {
					t.Errorf("the program says %q", got)
				}
			})
		})
	}
}

func TestNode(t *testing.T) {
	begin(t)
	node := need(t, "node")
	chains(t, func(t *testing.T, c chain) {
		c, ask := c.toward(t, webServer(t, loopback))
		if got := c.output(t, node, "victims/peer.js", "client", ask.Addr().String(), fmt.Sprint(ask.Port()), shared.sum, shared.file); got != "well" {
			t.Errorf("the program says %q", got)
		}
	})
}

func TestJava(t *testing.T) {
	begin(t)
	java := like(t, "java")
	chains(t, func(t *testing.T, c chain) {
		web, ask := c.toward(t, webServer(t, loopback))
		if got := web.output(t, java, javaFlags("web", ask, shared.file, shared.sum)...); got != "well" {
			t.Errorf("the program says %q", got)
		}
		echo, ask := c.toward(t, newEchoServer(t, loopback).addr)
		if got := echo.output(t, java, javaFlags("echo", ask)...); got != "well" {
			t.Errorf("the program says %q", got)
		}
	})
}

func javaFlags(how string, a netip.AddrPort, more ...string) []string {
	return append([]string{"-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xmx256m", "victims/Peer.java",
		how, a.Addr().String(), fmt.Sprint(a.Port())}, more...)
}

// TestGo: a static program whose threads get signals all the time connects
// 2,000 times, so that many calls are interrupted and made again.
func TestGo(t *testing.T) {
	begin(t)
	program := victimGo(t)
	families(t, func(t *testing.T, host netip.Addr) {
		chains(t, func(t *testing.T, c chain) {
			server := newEchoServer(t, host)
			c, ask := c.toward(t, server.addr)
			each := 250
			if host.Is6() {
				each = 25
			}
			if got := c.output(t, program, "client", ask.String(), "8", fmt.Sprint(each)); got != fmt.Sprint(8*each, " well") {
				t.Errorf("the program says %q", got)
			}
			if n := server.accepted.Load(); n != int64(8*each) {
				t.Errorf("the server has accepted %d connections, not %d", n, 8*each)
			}
		})
	})
}

// TestC: a program with the usual C library, static ones with two libraries,
// and one that makes its network calls without a library.
func TestC(t *testing.T) {
	begin(t)
	for _, v := range []struct {
		name, compiler string
		flags          []string
	}{
		{"dynamic", "gcc", nil},
		{"static", "gcc", []string{"-static"}},
		{"musl", "musl-gcc", []string{"-static"}},
		{"raw calls", "gcc", []string{"-DRAW"}},
	} {
		t.Run(v.name, func(t *testing.T) {
			program := victimC(t, "client.c", v.compiler, v.flags...)
			families(t, func(t *testing.T, host netip.Addr) {
				chains(t, func(t *testing.T, c chain) {
					server := newEchoServer(t, host)
					c, ask := c.toward(t, server.addr)
					if got := c.output(t, program, ask.Addr().String(), fmt.Sprint(ask.Port()), "20"); got != "20 well" {
						t.Errorf("the program says %q", got)
					}
					if n := server.accepted.Load(); n != 20 {
						t.Errorf("the server has accepted %d connections, not 20", n)
					}
				})
			})
		})
	}
}

func TestBash(t *testing.T) {
	begin(t)
	bash := need(t, "bash")
	chains(t, func(t *testing.T, c chain) {
		c, ask := c.toward(t, webServer(t, loopback))
		got := c.output(t, bash, "-c", fmt.Sprintf(
			`exec 3<>/dev/tcp/%s/%d && printf 'GET /small?7 HTTP/1.0\r\n\r\n' >&3 && cat <&3`, ask.Addr(), ask.Port()))
		if _, body, _ := strings.Cut(got, "\r\n\r\n"); body != small("7") {
			t.Errorf("bash got %q", got)
		}
	})
}

// A repository is one that a web server serves.
type repository struct {
	addr netip.AddrPort
	head []byte
	dir  string
}

// newRepository makes one, and starts its server.
func newRepository(t *testing.T) *repository {
	t.Helper()
	need(t, "git")
	python := need(t, "python3")
	r := &repository{dir: scratch(t), addr: freePort(t, loopback)}
	os.WriteFile(filepath.Join(r.dir, "file"), shared.payload[:1<<20], 0o644)
	script := `set -e
		git init -q work && cd work && cp ../file . && git add file
		git -c user.name=a -c user.email=a@example.org commit -q -m first
		for i in 1 2 3 4 5 6 7 8; do echo $i > $i; git add $i; git -c user.name=a -c user.email=a@example.org commit -q -m $i; done
		git clone -q --bare . ../repo.git && cd ../repo.git && git update-server-info && git rev-parse HEAD`
	build := exec.Command("sh", "-c", script)
	build.Dir = r.dir
	build.Env = append(os.Environ(), "HOME="+r.dir, "GIT_CONFIG_NOSYSTEM=1")
	var err error
	if r.head, err = build.Output(); err != nil {
		t.Fatal(err)
	}
	server := chain{native: true}
	s := server.command(t, python, "-m", "http.server", "--bind", r.addr.Addr().String(), "--directory", r.dir, fmt.Sprint(r.addr.Port()))
	s.start()
	awaitListener(t, s, r.addr)
	return r
}

// checkClone has git under a chain clone it from an address.
func (r *repository) checkClone(t *testing.T, c chain, ask netip.AddrPort) {
	t.Helper()
	copy := filepath.Join(scratch(t), "copy")
	clone := c.command(t, "git", "clone", "-q", fmt.Sprintf("http://%s/repo.git", ask), copy)
	clone.Env = append(clone.Env, "HOME="+r.dir, "GIT_CONFIG_NOSYSTEM=1")
	clone.output()
	got, err := exec.Command("git", "-c", "safe.directory=*", "-C", copy, "rev-parse", "HEAD").Output()
	if err != nil || !bytes.Equal(got, r.head) {
		t.Errorf("the clone's head is %s (%v), not %s", got, err, r.head)
	}
	if b, _ := os.ReadFile(filepath.Join(copy, "file")); !bytes.Equal(b, shared.payload[:1<<20]) {
		t.Errorf("the file came with %d bytes, or others", len(b))
	}
}

func TestGit(t *testing.T) {
	begin(t)
	r := newRepository(t)
	t.Run("clone", func(t *testing.T) {
		chains(t, func(t *testing.T, c chain) {
			c, ask := c.toward(t, r.addr)
			r.checkClone(t, c, ask)
		})
	})
}
