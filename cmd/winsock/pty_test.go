// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"winsock/internal/sys"
)

// A pty is a pseudo-terminal with a program on it.
type pty struct {
	t      *testing.T
	master *os.File
	screen sharedBuffer // all that was written to it
	cmd    *exec.Cmd
}

// onTerminal starts a program as the leader of a session on a terminal.
func onTerminal(t *testing.T, cmd *exec.Cmd) *pty {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Skip("no terminals here: ", err)
	}
	_, e := sys.Ioctl(int(master.Fd()), sys.TIOCSPTLCK, 0)
	n, e2 := sys.Ioctl(int(master.Fd()), sys.TIOCGPTN, 0)
	if e != 0 || e2 != 0 {
		t.Fatal(e, e2)
	}
	slave, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer slave.Close()
	sys.SetTerminalSize(int(slave.Fd()), 25, 100)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = slave, slave, slave
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	term := &pty{t: t, master: master, cmd: cmd}
	read := make(chan struct{})
	go func() {
		defer close(read)
		_, _ = io.Copy(&term.screen, master) // ends with EIO
	}()
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
		<-read
		master.Close()
		if t.Failed() {
			t.Logf("the terminal showed:\n%s", term.screen.String())
		}
	})
	return term
}

// shell starts a bash with job control.
func shell(t *testing.T) *pty {
	t.Helper()
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("no bash here")
	}
	cmd := exec.Command(bash, "--norc", "--noprofile", "--noediting", "-i")
	cmd.Env = commandEnvironment(t, "PS1=PROMPT ", "TERM=dumb", "LC_ALL=C")
	term := onTerminal(t, cmd)
	term.await("PROMPT ")
	return term
}

// typed sends keys.
func (term *pty) typed(keys string) {
	if _, err := io.WriteString(term.master, keys); err != nil {
		term.t.Fatal(err)
	}
}

// await waits for a text after all that was waited for before, and returns
// what came up to it.
func (term *pty) await(text string) string {
	term.t.Helper()
	return term.screen.next(term.t, text)
}

// next waits for a text after the one that next has found last, and returns
// what came up to its end.
func (s *sharedBuffer) next(t *testing.T, text string) string {
	t.Helper()
	for end := time.Now().Add(time.Minute); ; time.Sleep(time.Millisecond) {
		if seen, ok := s.cut(text); ok {
			return seen
		}
		if time.Now().After(end) {
			t.Fatalf("%q did not come", text)
		}
	}
}
