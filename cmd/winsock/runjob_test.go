// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestJobKeys: what keys of the terminal do reaches the program once, and the
// shell sees the program stop and go on.
func TestJobKeys(t *testing.T) {
	term := shell(t)
	term.typed("winsock run listener\n")
	program, _, group := whoIsReady(t, term.await("."))
	term.typed("\x03")
	term.await("1: got 2.")
	term.typed("\x1c")
	term.await("2: got 3.")

	term.typed("\x1a")
	term.await("Stopped")
	becomes(t, program, "T")
	becomes(t, group, "T") // its leader is the front
	term.await("PROMPT ")
	term.typed("jobs\n")
	term.await("Stopped                 winsock run listener")
	term.typed("fg\n")
	term.await("3: got 18.")
	becomes(t, group, "RS")

	term.typed("\x03")
	term.await("4: got 2.")
	term.typed("\x1a")
	term.await("Stopped")
	term.typed("bg\n")
	term.await("5: got 18.")
	term.typed("kill %1\n")
	term.await("6: got 15.")
	term.typed("kill -USR2 %1; wait %1; echo code=$?\n")
	term.await("7: got 12.")
	term.await("code=7")
}

// TestJobStopsItself: the shell gets the terminal back from a program that
// stops by itself, and the program goes on when it is told to.
func TestJobStopsItself(t *testing.T) {
	for _, n := range []string{"STOP", "TSTP"} {
		term := shell(t)
		term.typed("winsock run sh -c 'kill -" + n + " $$; echo re''sumed; exit 5'\n")
		term.await("Stopped")
		term.await("PROMPT ")
		term.typed("fg\n")
		term.await("resumed")
		term.typed("echo code=$?\n")
		term.await("code=5")
	}
}

// TestJobContinuedAlone: whoever continues the program has the front go on.
func TestJobContinuedAlone(t *testing.T) {
	r := begin(t)
	for n := range 20 {
		r.kill(r.program, syscall.SIGSTOP)
		if n%2 == 0 { // else it may still be about to stop
			becomes(t, r.front.Process.Pid, "T")
		}
		r.kill(r.program, syscall.SIGCONT)
		r.out.next(t, "got 18.")
		becomes(t, r.front.Process.Pid, "RS")
	}
	r.kill(r.front.Process.Pid, syscall.SIGUSR2)
	if status := r.wait(); status.ExitStatus() != 7 {
		t.Errorf("it ended with %v", status)
	}
}

// TestJobCatchesStop: a program that catches the key is not stopped, nor is
// the front.
func TestJobCatchesStop(t *testing.T) {
	term := shell(t)
	term.typed("winsock run bash -c 'trap \"echo kept on\" TSTP; echo rea''dy; read -r line; read -r line; echo $line; exit 9'\n")
	term.await("ready")
	term.typed("\x1a\n")
	term.await("kept on")
	term.typed("a line\n")
	term.await("\na line")
	term.typed("echo code=$?\n")
	term.await("code=9")
}

// TestJobShell: a shell with job control of its own runs inside, and its
// jobs are none of the front's business.
func TestJobShell(t *testing.T) {
	term := shell(t)
	term.typed("winsock run bash --norc --noprofile --noediting -i\n")
	term.typed("echo in$((1))side\n")
	term.await("in1side")
	term.typed("listener\n")
	term.await("ready")
	term.typed("\x03")
	term.await("1: got 2.")
	term.typed("\x1a")
	term.await("Stopped")
	term.typed("fg\n")
	term.await("2: got 18.")
	term.typed("\x03")
	term.await("3: got 2.")
	term.typed("\x1a")
	term.await("Stopped")
	term.typed("kill -KILL %1; fg; echo en$((1))ded\n")
	term.await("en1ded")
	term.typed("suspend\n")
	term.await("Stopped")
	term.typed("fg\n")
	term.typed("echo a$((1))gain\n")
	term.await("a1gain")
	term.await("PROMPT ")
	term.typed("exit 11\n")
	term.await("\nexit\r\n")
	term.await("PROMPT ")
	term.typed("echo code=$?\n")
	term.await("code=11")
}

// TestJobPipe: a program in a pipe is one job with the others.
func TestJobPipe(t *testing.T) {
	term := shell(t)
	term.typed("winsock run sh -c 'echo $PPID; exec sleep 1000' | cat\n")
	term.await("\n")
	term.await("\n")
	term.typed("\x03")
	term.await("PROMPT ")
	term.typed("echo codes=${PIPESTATUS[*]}\n")
	if got := term.await("\r\nPROMPT "); !strings.Contains(got, "codes=130 ") {
		t.Errorf("got %q", got)
	}
	term.typed("winsock run true | winsock run cat | winsock run sh -c 'cat; exit 6'\n")
	term.await("PROMPT ")
	term.typed("echo codes=${PIPESTATUS[*]}\n")
	if got := term.await("\r\nPROMPT "); !strings.Contains(got, "codes=0 0 6") {
		t.Errorf("got %q", got)
	}
}

// TestJobWithoutShell: where no shell could continue a program, the key does
// not stop it, as without winsock.
func TestJobWithoutShell(t *testing.T) {
	cmd := exec.Command("winsock", "run", listenerName)
	run := winsockCommand(t, "run", listenerName)
	cmd.Path, cmd.Env, cmd.Err = run.Path, run.Env, nil
	term := onTerminal(t, cmd)
	program, _, _ := whoIsReady(t, term.await("."))
	term.typed("\x1a")
	term.await("1: got 18.") // stopped, and continued at once
	becomes(t, program, "RS")
	term.typed("\x03")
	term.await("2: got 2.")
	if err := syscall.Kill(cmd.Process.Pid, syscall.SIGUSR2); err != nil {
		t.Fatal(err)
	}
	term.await("3: got 12.")
}

// TestJobTostop: a supervisor may write to a terminal that stops others in
// the background.
func TestJobTostop(t *testing.T) {
	term := shell(t)
	term.typed("stty tostop; winsock run --stats sh -c 'echo ru''ns; exit 8'; echo code=$?\n")
	term.await("runs")
	term.await("network calls")
	term.await("code=8")
}

// TestJobShellKilled: a stopped job does not stay when its shell is killed.
func TestJobShellKilled(t *testing.T) {
	term := shell(t)
	term.typed("winsock run sh -c 'echo pi''d=$$.; exec sleep 1000'\n")
	term.await("pid=")
	program, err := strconv.Atoi(strings.TrimSuffix(term.await("."), "."))
	if err != nil {
		t.Fatal(err)
	}
	front, err := syscall.Getpgid(program)
	if err != nil {
		t.Fatal(err)
	}
	term.typed("\x1a")
	becomes(t, front, "T")
	if err := term.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	gone(t, program)
	gone(t, front)
}

// TestJobReads: a program in the background that reads from the terminal is
// stopped, and reads in the foreground.
func TestJobReads(t *testing.T) {
	term := shell(t)
	term.typed("winsock run cat &\n")
	term.await("PROMPT ")
	for end := time.Now().Add(time.Minute); ; {
		term.typed("jobs\n")
		if strings.Contains(term.await("cat"), "Stopped") { // after the echo of none
			break
		}
		if time.Now().After(end) {
			t.Fatal("it was not stopped")
		}
	}
	term.typed("fg\n")
	term.await("winsock run cat\r\n")
	term.typed("a line\n")
	term.await("a line\r\n")
	term.await("a line\r\n")
	term.typed("\x04")
	term.await("PROMPT ")
	term.typed("echo code=$?\n")
	term.await("code=0")
}
