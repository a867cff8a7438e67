// SPDX-License-Identifier: Apache-2.0

package run

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestKilledPrograms: of programs that are killed in the middle of their
// calls nothing is left: no connections, and no descriptors of the
// supervisor.
func TestKilledPrograms(t *testing.T) {
	begin(t)
	program := victimC(t, "kills.c", "gcc", "-Wno-unused-result")
	chains(t, func(t *testing.T, c chain) {
		server := newEchoServer(t, loopback)
		c, ask := c.toward(t, server.addr)
		p := c.command(t, program, ask.Addr().String(), fmt.Sprint(ask.Port()), "100")
		in, _ := p.StdinPipe()
		out, _ := p.StdoutPipe()
		p.start()
		r := bufio.NewReader(out)
		expect := func(want string) {
			t.Helper()
			if line, err := r.ReadString('\n'); line != want+"\n" {
				t.Fatalf("the program says %q (%v)\n%s", line, err, p.errors.tail())
			}
		}
		expect("ready")
		before := p.descriptors()
		io.WriteString(in, "\n")
		expect("done")
		// Relays end when both sides have; give them the time.
		var after int
		var open int64
		for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
			if after, open = p.descriptors(), server.open.Load(); after <= before+spare && open == 0 {
				break
			}
		}
		if after > before+spare {
			t.Errorf("the supervisor had %d descriptors and has %d", before, after)
		}
		if open != 0 {
			t.Errorf("%d connections are left", open)
		}
		io.WriteString(in, "\n")
		p.end()
	})
}

// TestParentDeath: a program that is to be killed with its parent is not
// killed while that is there.
func TestParentDeath(t *testing.T) {
	begin(t)
	program := victimC(t, "faithful.c", "gcc")
	attackChains(t, func(t *testing.T, c chain) {
		for range 20 {
			if got := c.output(t, program); got != "alive" {
				t.Fatalf("the program says %q", got)
			}
		}
	})
}

// spare is by how many descriptors a supervisor may grow that keeps some for
// the next time.
const spare = 10

// descriptors counts those of winsock's own processes, but for those that
// stand for processes: these are kept until there are some hundreds.
func (c *command) descriptors() (n int) {
	for _, pid := range c.supervisors() {
		fds, _ := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", pid))
		for _, fd := range fds {
			if to, err := os.Readlink(fd); err == nil && !strings.Contains(to, "pidfd") && !strings.HasPrefix(to, "/proc/") {
				n++
			}
		}
	}
	return n
}
