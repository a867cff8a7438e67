// SPDX-License-Identifier: Apache-2.0

package run

import (
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// An sshd is what a server of SSH needs: keys, and a configuration without a
// place to listen.
type sshd struct {
	program, ssh, dir, user string
}

// newSSHD makes it, and skips the test where the user cannot log in.
func newSSHD(t *testing.T) *sshd {
	t.Helper()
	s := &sshd{program: need(t, "sshd"), ssh: need(t, "ssh"), dir: scratch(t)}
	os.Chmod(s.dir, 0o755)
	me, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	s.user = me.Username
	if me.Uid == "0" {
		// Its service would make the folder, which must be there and empty.
		if err := os.MkdirAll("/run/sshd", 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, key := range []string{"host", "key"} {
		make := exec.Command(need(t, "ssh-keygen"), "-q", "-t", "ed25519", "-N", "", "-f", filepath.Join(s.dir, key))
		if out, err := make.CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
	}
	text := fmt.Sprintf(`HostKey %[1]s/host
AuthorizedKeysFile %[1]s/key.pub
PidFile none
StrictModes no
UsePAM no
UseDNS no
PermitRootLogin yes
PasswordAuthentication no
KbdInteractiveAuthentication no
`, s.dir)
	if err := os.WriteFile(filepath.Join(s.dir, "config"), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	if !*native {
		plain := chain{native: true}
		if got, err := s.command(t, plain, s.serve(t, plain), "echo", "in").Output(); strings.TrimSpace(string(got)) != "in" {
			t.Skipf("%s cannot log in here: %v", s.user, err)
		}
	}
	return s
}

// serve starts the server under a chain, for as long as the test runs.
func (s *sshd) serve(t *testing.T, c chain) netip.AddrPort {
	t.Helper()
	addr := freePort(t, loopback)
	p := c.command(t, s.program, "-D", "-e", "-f", filepath.Join(s.dir, "config"),
		"-o", "ListenAddress="+addr.Addr().String(), "-p", fmt.Sprint(addr.Port()))
	p.start()
	awaitListener(t, p, addr)
	t.Cleanup(func() {
		p.stop(syscall.SIGTERM)
		if t.Failed() {
			t.Log(p.errors.tail())
		}
	})
	return addr
}

// command is the client under a chain, with something to be done at the
// server.
func (s *sshd) command(t *testing.T, c chain, server netip.AddrPort, do ...string) *command {
	t.Helper()
	args := []string{"-F", "none", "-p", fmt.Sprint(server.Port()), "-l", s.user, "-i", filepath.Join(s.dir, "key"),
		"-o", "BatchMode=yes", "-o", "IdentitiesOnly=yes", "-o", "StrictHostKeyChecking=no", "-o", "LogLevel=ERROR",
		"-o", "UserKnownHostsFile=" + filepath.Join(scratch(t), "known"), server.Addr().String(), "--"}
	return c.command(t, s.ssh, append(args, do...)...)
}

// check fetches a file from the server and sends it there.
func (s *sshd) check(t *testing.T, c chain, server netip.AddrPort) {
	t.Helper()
	name := filepath.Join(scratch(t), "got")
	file, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	fetch := s.command(t, c, server, "cat", shared.file)
	fetch.Stdout = file
	fetch.start()
	fetch.end()
	checkFile(t, name)

	payload, err := os.Open(shared.file)
	if err != nil {
		t.Fatal(err)
	}
	defer payload.Close()
	send := s.command(t, c, server, "sha256sum")
	send.Stdin = payload
	if got := send.output(); !strings.HasPrefix(got, shared.sum) {
		t.Errorf("of what was sent came %q", got)
	}
	if err := s.command(t, c, server, "exit 7").Run(); err == nil || err.Error() != "exit status 7" {
		t.Errorf("the client ends with %v", err)
	}
}

// TestSSH: the client under winsock, the server under winsock with the
// processes that it starts, and both.
func TestSSH(t *testing.T) {
	begin(t)
	s := newSSHD(t)
	t.Run("client", func(t *testing.T) {
		server := s.serve(t, chain{native: true})
		t.Run("chains", func(t *testing.T) {
			chains(t, func(t *testing.T, c chain) {
				c, ask := c.toward(t, server)
				s.check(t, c, ask)
				c.checkLogs(t)
			})
		})
	})
	t.Run("server", func(t *testing.T) {
		serverChains(t, func(t *testing.T, c chain) {
			server := s.serve(t, c)
			s.check(t, chain{native: true}, server)
			by := newForwarder(t, server)
			names := strings.Fields(s.command(t, chain{native: true}, by.addr, "echo $SSH_CONNECTION").output())
			if want := by.name(); strings.Join(names, " ") != want {
				t.Errorf("the server has the names %q, want %q", names, want)
			}
		})
	})
	t.Run("both", func(t *testing.T) {
		serverChains(t, func(t *testing.T, c chain) { s.check(t, c, s.serve(t, c)) })
	})
}

// A forwarder stands before a server, and knows by which name it was reached.
type forwarder struct {
	addr netip.AddrPort

	mu   sync.Mutex // protects last
	last net.Conn
}

func newForwarder(t *testing.T, server netip.AddrPort) *forwarder {
	t.Helper()
	l, addr := listen(t, loopback)
	f := &forwarder{addr: addr}
	go func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			c, err := net.DialTimeout("tcp", server.String(), time.Minute)
			if err != nil {
				client.Close()
				continue
			}
			f.mu.Lock()
			f.last = c
			f.mu.Unlock()
			go forward(c, client)
			go forward(client, c)
		}
	}()
	return f
}

// name is what the server is to see: the client's address and its own.
func (f *forwarder) name() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.last == nil {
		return ""
	}
	local, peer := addrOf(f.last.LocalAddr()), addrOf(f.last.RemoteAddr())
	return fmt.Sprint(local.Addr(), " ", local.Port(), " ", peer.Addr(), " ", peer.Port())
}

// forward carries one direction to its end.
func forward(to, from net.Conn) {
	io.Copy(to, from)
	to.(*net.TCPConn).CloseWrite()
}
