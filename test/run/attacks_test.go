// SPDX-License-Identifier: Apache-2.0

package run

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// A counter is a TCP and a UDP server on one port that counts who comes.
type counter struct {
	addr netip.AddrPort
	n    atomic.Int64
}

func newCounter(t *testing.T) *counter {
	t.Helper()
	for range 100 {
		l, addr := listen(t, loopback)
		u, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(addr))
		if err != nil {
			continue // somebody has that port of UDP
		}
		u.SetReadBuffer(4 << 20)
		t.Cleanup(func() { u.Close() })
		c := &counter{addr: addr}
		go func() {
			for {
				conn, err := l.Accept()
				if err != nil {
					return
				}
				c.n.Add(1)
				conn.Close()
			}
		}()
		go func() {
			b := make([]byte, 100)
			for {
				if _, _, err := u.ReadFromUDPAddrPort(b); err != nil {
					return
				}
				c.n.Add(1)
			}
		}()
		return c
	}
	t.Fatal("no port is free")
	return nil
}

func denyRule(to netip.AddrPort) []string {
	return []string{"--rule", fmt.Sprintf("deny out to %s port %d", to.Addr(), to.Port())}
}

// attackChains are those for programs that try to get past a rule.
func attackChains(t *testing.T, test func(t *testing.T, c chain)) {
	t.Helper()
	for _, c := range []chain{{name: "no layer"}, {name: "one layer", layers: 1}} {
		c.run(t, test)
	}
	if *native {
		chain{name: "native", native: true}.run(t, test)
	}
}

// TestChangingAddress: an address that a thread keeps changing never leads
// past a rule.
func TestChangingAddress(t *testing.T) {
	begin(t)
	program := victimC(t, "race.c", "gcc")
	for _, v := range []struct {
		kind  string
		tries int
	}{
		{"connect", 20000}, {"udp connect", 20000}, {"sendto", 20000}, {"sendmsg", 20000}, {"sendmmsg", 10000},
	} {
		t.Run(v.kind, func(t *testing.T) {
			attackChains(t, func(t *testing.T, c chain) {
				if c.layers > 0 {
					v.tries /= 4
				}
				allowed, denied := newCounter(t), newCounter(t)
				if !c.native {
					c.flags = append(c.flags, denyRule(denied.addr)...)
				}
				got := c.output(t, program, v.kind, loopback.String(), fmt.Sprint(allowed.addr.Port()), fmt.Sprint(denied.addr.Port()), fmt.Sprint(v.tries))
				var well, refused int
				fmt.Sscan(got, &well, &refused)
				time.Sleep(100 * time.Millisecond) // for what is under way
				t.Logf("%d well, %d refused; allowed %d, denied %d", well, refused, allowed.n.Load(), denied.n.Load())
				switch n := denied.n.Load(); {
				case c.native && n == 0:
					t.Error("the attack does not even work natively")
				case !c.native && n != 0:
					t.Errorf("of %d tries %d got past the rule", v.tries, n)
				}
				if well == 0 || !c.native && refused == 0 || allowed.n.Load() == 0 {
					t.Errorf("%d were allowed, %d refused", well, refused)
				}
			})
		})
	}
}

// TestDeniedInTheMiddle: of several datagrams of one call, those before the
// denied one are sent, and the next call gets its error.
func TestDeniedInTheMiddle(t *testing.T) {
	begin(t)
	program := victimC(t, "middle.c", "gcc")
	attackChains(t, func(t *testing.T, c chain) {
		allowed, denied := newCounter(t), newCounter(t)
		want := "1 ; -1 Permission denied; 1 ;"
		if c.native {
			want = "3 ;"
		} else {
			c.flags = append(c.flags, denyRule(denied.addr)...)
		}
		got := c.output(t, program, loopback.String(), fmt.Sprint(allowed.addr.Port()), fmt.Sprint(denied.addr.Port()))
		if got != want {
			t.Errorf("sendmmsg says %q, want %q", got, want)
		}
		for end := time.Now().Add(time.Minute); allowed.n.Load() < 2 && time.Now().Before(end); time.Sleep(time.Millisecond) {
		}
		if a, d := allowed.n.Load(), denied.n.Load(); a != 2 || d != 0 && !c.native {
			t.Errorf("%d came where they may, %d where they may not", a, d)
		}
	})
}

// ways lists the ways of the leak program.
func ways(t *testing.T, program string) []string {
	return strings.Fields(chain{native: true}.output(t, program, "ways"))
}

// known are the ways that lead past the rules, with the reason.
var known = map[string]string{
	"swapped": "what is no socket of the network goes to the kernel as it is, and a thread may swap descriptors meanwhile",
}

// unjudged are those that only --deny-unknown closes, as a rule for a port
// says nothing about them.
var unjudged = map[string]string{
	"raw_header":      "raw sockets have no ports",
	"raw_tcp":         "raw sockets have no ports",
	"raw_icmp":        "raw sockets have no ports",
	"packet_raw":      "packet sockets pass",
	"packet_datagram": "packet sockets pass",
	"packet_old":      "packet sockets pass",
}

// TestWays: no way to reach an address leads past a rule, nor does any end
// the program.
func TestWays(t *testing.T) {
	begin(t)
	program := victimC(t, "leak.c", "gcc", "-Wno-unused-result")
	attackChains(t, func(t *testing.T, c chain) {
		for _, way := range ways(t, program) {
			denied := newCounter(t)
			if !c.native {
				c.flags = append(c.flags[:0:0], denyRule(denied.addr)...)
			}
			got := c.output(t, program, "try", denied.addr.Addr().String(), fmt.Sprint(denied.addr.Port()), way)
			time.Sleep(20 * time.Millisecond)
			if n := denied.n.Load(); n != 0 && !c.native {
				if why := known[way] + unjudged[way]; why != "" {
					t.Logf("%s: %d came: %s", way, n, why)
				} else {
					t.Errorf("%s: %d came:\n%s", way, n, got)
				}
			} else {
				t.Logf("%s: %d came: %q", way, n, got)
			}
			if strings.HasPrefix(got, "io_uring_setup: ") && !c.native && !strings.Contains(got, "not implemented") && !strings.Contains(got, "not permitted") {
				t.Errorf("a ring can be set up: %q", got)
			}
		}
	})
}

// TestForeignProgram: a program of 32 bits, whose system calls are others, has
// no network, is told so, and does not get past winsock.
func TestForeignProgram(t *testing.T) {
	begin(t)
	file := filepath.Join(shared.dir, "foreign")
	if out, err := exec.Command(need(t, "gcc"), "-m32", "-w", "-pthread", "-o", file, "victims/client.c").CombinedOutput(); err != nil {
		t.Skipf("gcc makes no programs of 32 bits: %v\n%.300s", err, out)
	}
	if err := exec.Command(file).Run(); err == nil || !strings.Contains(err.Error(), "exit status 2") {
		t.Skipf("the machine runs no programs of 32 bits: %v", err)
	}
	attackChains(t, func(t *testing.T, c chain) {
		server := newEchoServer(t, loopback)
		p := c.command(t, file, server.addr.Addr().String(), fmt.Sprint(server.addr.Port()), "4")
		p.start()
		err := p.reap()
		p.checkGone()
		if c.native {
			if err != nil {
				t.Errorf("natively: %v\n%s", err, p.errors.tail())
			}
			return
		}
		if err == nil || err.Error() != "exit status 1" || !strings.Contains(p.errors.String(), "not implemented") {
			t.Errorf("the program ends with %v:\n%s", err, p.errors.tail())
		}
		if n := server.accepted.Load(); n != 0 {
			t.Errorf("%d connections got past winsock", n)
		}
	})
}

// TestDenyUnknown: in a network of the test's own, where a program has every
// privilege, nothing goes to a denied address on any way.
func TestDenyUnknown(t *testing.T) {
	begin(t)
	program := victimC(t, "leak.c", "gcc", "-Wno-unused-result")
	need(t, "unshare")
	need(t, "ip")
	for _, c := range []chain{{name: "no layer"}, {name: "one layer", layers: 1}, {name: "native", native: true}} {
		c.run(t, func(t *testing.T, c chain) {
			const host = "203.0.113.9"
			var try string
			for _, way := range ways(t, program) {
				if known[way] != "" {
					continue
				}
				try += fmt.Sprintf("echo; echo == %s >&3; echo == %s; ", way, way)
				if !c.native {
					try += fmt.Sprintf("%s run --deny-unknown --rule 'deny out to 203.0.113.0/24' ", shared.winsock)
					for i := range c.layers {
						try += fmt.Sprintf("--layer trace:log=%s/log%d ", scratch(t), i)
					}
					try += "-- "
				}
				try += fmt.Sprintf("%s try %s 80 %s || echo ended with $?\n", program, host, way)
			}
			// A known neighbour, so that packets go out at once.
			text := `set -e
				ip link set lo up
				ip link add v0 type veth peer name v1
				ip addr add 203.0.113.1/24 dev v0
				ip link set v0 up; ip link set v1 up
				ip neigh add ` + host + ` lladdr 02:00:00:00:00:09 dev v0
				dir=$1
				exec 3>>$dir/sniffed
				` + program + ` sniff v1 ` + host + ` >>$dir/sniffed & sniffer=$!
				until grep -q ready $dir/sniffed; do sleep 0.01; done
				set +e
				` + try + `
				` + program + ` mark ` + host + ` >/dev/null
				wait $sniffer`
			dir := scratch(t)
			file := filepath.Join(dir, "script")
			if err := os.WriteFile(file, []byte(text), 0o755); err != nil {
				t.Fatal(err)
			}
			out := chain{native: true}.output(t, "unshare", "-Urn", "sh", file, dir)
			b, _ := os.ReadFile(filepath.Join(dir, "sniffed"))
			sniffed := string(b)
			t.Logf("the program says:\n%s\nwhat came:\n%s", out, sniffed)
			came := strings.Count(sniffed, "protocol ")
			if c.native && came < 10 {
				t.Errorf("natively only %d packets came", came)
			}
			if !c.native && came > 0 {
				t.Errorf("%d packets came:\n%s", came, sniffed)
			}
			if strings.Contains(out, "ended with") && !c.native {
				t.Errorf("a program ended badly:\n%s", out)
			}
		})
	}
}

// TestSupervisorKilled: without their supervisor, programs do not hang: their
// network calls fail with ENOSYS, those too that the supervisor was at. What
// it had left to the kernel goes on there.
func TestSupervisorKilled(t *testing.T) {
	begin(t)
	if *native {
		t.Skip("needs a supervisor")
	}
	python := need(t, "python3")
	for _, c := range []chain{{name: "no layer"}, {name: "one layer", layers: 1}} {
		c.run(t, func(t *testing.T, c chain) {
			server := newEchoServer(t, loopback)
			p := c.command(t, python, "-I", "victims/orphan.py", server.addr.Addr().String(), fmt.Sprint(server.addr.Port()))
			in, _ := p.StdinPipe()
			out, _ := p.StdoutPipe()
			p.start()
			r := bufio.NewReader(out)
			var port int
			if line, err := r.ReadString('\n'); err != nil {
				t.Fatalf("the program says %q (%v)\n%s", line, err, p.errors.tail())
			} else if _, err := fmt.Sscanf(line, "ready %d\n", &port); err != nil {
				t.Fatalf("the program says %q", line)
			}
			killed := 0
			for _, pid := range p.supervisors() {
				if holdsListener(pid) {
					syscall.Kill(pid, syscall.SIGKILL)
					killed++
				}
			}
			if killed != 1 {
				t.Fatalf("%d processes are the supervisor", killed)
			}
			io.WriteString(in, "go\n")
			in.Close()
			var said strings.Builder
			for !strings.Contains(said.String(), "files") {
				line, err := r.ReadString('\n')
				said.WriteString(line)
				if err != nil {
					break
				}
			}
			if c, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", port)); err == nil {
				c.Close()
			}
			rest, _ := io.ReadAll(r)
			said.Write(rest)
			for _, want := range []string{"connect ENOSYS\n", "files well\n", "accept "} {
				if !strings.Contains(said.String(), want) {
					t.Errorf("the program says %q, which lacks %q", said.String(), want)
				}
			}
			t.Logf("%q", said.String())
			p.reap()
			p.checkGone()
		})
	}
}

func holdsListener(pid int) bool {
	fds, _ := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", pid))
	for _, fd := range fds {
		if to, _ := os.Readlink(fd); strings.Contains(to, "seccomp") {
			return true
		}
	}
	return false
}
