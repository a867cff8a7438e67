// SPDX-License-Identifier: Apache-2.0

package interop

import (
	"bytes"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"winsock/layer/socks/sockstest"
	"winsock/spi"
	"winsock/test/ports"
)

// daemon starts a server of TCP on a free port of loopback, and returns the
// port when it listens. Its words are shown if the test fails.
func daemon(t *testing.T, command func(port string) *exec.Cmd) string {
	t.Helper()
	p := place{host: "127.0.0.1"}
	port := ports.Free(t, p.host)
	c := command(port)
	var said bytes.Buffer
	c.Stdout, c.Stderr = &said, &said
	c.WaitDelay = time.Second
	t.Cleanup(func() { // after its end
		if t.Failed() {
			t.Logf("%s said:\n%s", filepath.Base(c.Path), &said)
		}
	})
	start(t, c)
	p.awaitListener(t, port)
	return port
}

// configFile writes a file for a server.
func configFile(t *testing.T, format string, args ...any) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "conf")
	if err := os.WriteFile(name, fmt.Appendf(nil, format, args...), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// find is need for a program that may not be on the path.
func find(t *testing.T, program string) string {
	t.Helper()
	if path := "/usr/sbin/" + program; exists(path) {
		return path
	}
	return need(t, program)
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// The proxies of Debian. Each returns how option server names it.

func microsocks(t *testing.T) string {
	program := need(t, "microsocks")
	return "socks5://127.0.0.1:" + daemon(t, func(port string) *exec.Cmd {
		return exec.CommandContext(t.Context(), program, "-i", "127.0.0.1", "-p", port)
	})
}

// secret is a password that must not be shown anywhere.
const secret = "hush-hush"

func microsocksWithUser(t *testing.T) string {
	program := need(t, "microsocks")
	return "socks5://somebody:" + secret + "@127.0.0.1:" + daemon(t, func(port string) *exec.Cmd {
		return exec.CommandContext(t.Context(), program, "-i", "127.0.0.1", "-p", port, "-u", "somebody", "-P", secret)
	})
}

func tinyproxy(t *testing.T) string {
	program := find(t, "tinyproxy")
	return "http://somebody:" + secret + "@127.0.0.1:" + daemon(t, func(port string) *exec.Cmd {
		return exec.CommandContext(t.Context(), program, "-d", "-c", configFile(t,
			"Port %s\nListen 127.0.0.1\nTimeout 60\nMaxClients 50\nAllow 127.0.0.1\nBasicAuth somebody %s\n", port, secret))
	})
}

// sshd starts a server and a client with -D, which is the proxy.
func sshd(t *testing.T) string {
	server, client, keygen := find(t, "sshd"), need(t, "ssh"), need(t, "ssh-keygen")
	if os.Getuid() == 0 {
		if err := os.MkdirAll("/run/sshd", 0o755); err != nil {
			t.Skipf("sshd cannot be run: %v", err)
		}
	}
	dir := t.TempDir()
	key := filepath.Join(dir, "key")
	run(t, keygen, "-q", "-t", "ed25519", "-N", "", "-f", key)
	at := daemon(t, func(port string) *exec.Cmd {
		return exec.CommandContext(t.Context(), server, "-D", "-e", "-f", configFile(t,
			"ListenAddress 127.0.0.1:%s\nHostKey %s\nAuthorizedKeysFile %s.pub\nStrictModes no\nUsePAM no\nPidFile none\nPermitRootLogin yes\n", port, key, key))
	})
	return "socks5://127.0.0.1:" + daemon(t, func(port string) *exec.Cmd {
		return exec.CommandContext(t.Context(), client, "-N", "-D", "127.0.0.1:"+port, "-p", at, "-i", key, "-F", "none",
			"-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o", "ExitOnForwardFailure=yes", "-o", "BatchMode=yes", "127.0.0.1")
	})
}

// client returns a Go program without C that gets a page.
var client = sync.OnceValues(func() (string, error) {
	program := filepath.Join(shared.dir, "client")
	source := program + ".go"
	if err := os.WriteFile(source, []byte(`package main
import ("io"; "net/http"; "os")
func main() {
	r, err := http.Get(os.Args[1])
	if err != nil { panic(err) }
	if _, err := io.Copy(os.Stdout, r.Body); err != nil { panic(err) }
}`), 0o600); err != nil {
		return "", err
	}
	build := exec.Command("go", "build", "-o", program, source)
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if said, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w\n%s", err, said)
	}
	return program, nil
})

// site makes a folder for a web server, with a page and a repository of git.
func site(t *testing.T) string {
	t.Helper()
	git := need(t, "git")
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "page"), []byte("good\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	work, bare := filepath.Join(dir, "work"), filepath.Join(dir, "repo.git")
	who := []string{"-c", "user.name=a", "-c", "user.email=a@a.example", "-c", "init.defaultBranch=main"}
	run(t, git, append(who, "init", "-q", work)...)
	if err := os.WriteFile(filepath.Join(work, "file"), []byte("good\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	run(t, git, "-C", work, "add", "file")
	run(t, git, append(who, "-C", work, "commit", "-q", "-m", "a file")...)
	run(t, git, "clone", "-q", "--bare", work, bare)
	run(t, git, "-C", bare, "update-server-info")
	return dir
}

// fetches has curl, git and a static Go program get what is at a site, and
// tells of those that do not.
func fetches(t *testing.T, under func(program string, args ...string) *exec.Cmd, url string) {
	t.Helper()
	static, err := client()
	if err != nil {
		t.Fatal(err)
	}
	to := filepath.Join(t.TempDir(), "clone")
	for _, args := range [][]string{
		{need(t, "curl"), "-gsS", "--max-time", "60", url + "/page"},
		{static, url + "/page"},
		{need(t, "git"), "clone", "-q", url + "/repo.git", to},
	} {
		c := under(args[0], args[1:]...)
		var said bytes.Buffer
		c.Stderr = &said
		out, err := c.Output()
		if args[1] == "clone" && err == nil {
			out, err = os.ReadFile(filepath.Join(to, "file"))
		}
		if string(out) != "good\n" || err != nil {
			t.Errorf("%s: %q, %v\n%s", filepath.Base(args[0]), out, err, &said)
		}
	}
}

// TestProxies: programs under winsock run get to their server through the
// proxies of Debian, and through chains of them.
func TestProxies(t *testing.T) {
	server := httptest.NewServer(http.FileServer(http.Dir(site(t))))
	defer server.Close()
	through := func(o spi.Options) func(program string, args ...string) *exec.Cmd {
		return func(program string, args ...string) *exec.Cmd {
			return underLayer(t, spi.FormatPath("socks", o), program, args...)
		}
	}
	for name, proxy := range map[string]func(*testing.T) string{
		"microsocks": microsocks, "microsocks, with a password": microsocksWithUser, "ssh -D": sshd, "tinyproxy": tinyproxy,
		"dante": func(t *testing.T) string { return dante(t, "none") },
	} {
		t.Run(name, func(t *testing.T) {
			fetches(t, through(spi.Options{"server": proxy(t)}), server.URL)
		})
	}
	for _, o := range []spi.Options{
		{"mode": "strict"}, {"mode": "dynamic"}, {"mode": "round-robin"}, {"mode": "random", "length": "2"},
	} {
		t.Run(o["mode"], func(t *testing.T) {
			list := []string{microsocksWithUser(t), tinyproxy(t), dante(t, "none")}
			if o["mode"] != "strict" { // one that is not well
				list = append([]string{"socks5://" + sockstest.Refusing(t)}, list...)
			}
			o["server"] = strings.Join(list, ";")
			fetches(t, through(o), server.URL)
		})
	}
	t.Run("one that is silent", func(t *testing.T) {
		silent, err := net.Listen("tcp4", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer silent.Close()
		c := through(spi.Options{"mode": "dynamic", "timeout": "4s", "server": "http://" + silent.Addr().String() + ";" + microsocks(t)})(
			need(t, "curl"), "-gsS", server.URL+"/page")
		if out, err := c.Output(); string(out) != "good\n" || err != nil {
			t.Errorf("curl: %q, %v", out, err)
		}
	})
}

// TestPasswords: no password of a proxy's is told by what winsock run shows.
func TestPasswords(t *testing.T) {
	python := need(t, "python3")
	server := httptest.NewServer(http.FileServer(http.Dir(site(t))))
	defer server.Close()
	program := `
import sys, socket, subprocess, urllib.request
print(urllib.request.urlopen(sys.argv[1] + "/page").read())
try: socket.create_connection(("127.0.0.1", 1))
except OSError as e: print(e)
sys.stdout.flush()
subprocess.run([sys.argv[2], "top", "--once"])
`
	for _, change := range []func(url string) string{
		func(url string) string { return url },
		func(url string) string { return strings.Replace(url, "somebody:", "nobody:", 1) }, // refused
		func(url string) string { return strings.Replace(url, "127.0.0.1", "not:a:host", 1) },
		func(url string) string { return url + ";x://a:" + secret + "@b" },
		func(url string) string { return url + ",mode=none" },
	} {
		c := exec.CommandContext(t.Context(), shared.winsock, "run", "--log", "-", "--stats",
			"--layer", "socks:server="+change(microsocksWithUser(t)), "--", python, "-c", program, server.URL, shared.winsock)
		out, _ := c.CombinedOutput() // may fail
		if bytes.Contains(out, []byte(secret)) || len(out) == 0 {
			t.Errorf("%q shows a password, or nothing:\n%s", c.Args, out)
		}
	}
}
