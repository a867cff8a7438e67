// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	supervised "winsock/run"
)

// carried makes commands carry what they run, where the kernel can.
var carried = sync.OnceValue(func() string {
	if supervised.Probe() != nil {
		return "native"
	}
	return "carried"
})

// commandEnvironment has $PATH begin with a folder where winsock and the
// listener are the test binary.
func commandEnvironment(t *testing.T, more ...string) []string {
	t.Helper()
	dir := t.TempDir()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"winsock", listenerName} {
		if err := os.Symlink(self, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	return append(append(os.Environ(), asCommand+"="+carried(), "XDG_RUNTIME_DIR="+t.TempDir(), "PATH="+dir+":"+os.Getenv("PATH")), more...)
}

// winsock returns a command line that was not started.
func winsockCommand(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	env := commandEnvironment(t)
	dir, _, _ := strings.Cut(strings.TrimPrefix(env[len(env)-1], "PATH="), ":")
	return &exec.Cmd{Path: filepath.Join(dir, "winsock"), Args: append([]string{"winsock"}, args...), Env: env}
}

// finish runs a command, which must end in time, and returns how it ended.
func finish(t *testing.T, cmd *exec.Cmd) (stdout, stderr string, status syscall.WaitStatus) {
	t.Helper()
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	guard := time.AfterFunc(time.Minute, func() { cmd.Process.Kill() })
	_ = cmd.Wait()
	if !guard.Stop() {
		t.Fatalf("%v did not end: %s%s", cmd.Args, out.String(), errs.String())
	}
	return out.String(), errs.String(), cmd.ProcessState.Sys().(syscall.WaitStatus)
}

// TestRunEnd: the command ends as the program does.
func TestRunEnd(t *testing.T) {
	for _, code := range []int{0, 1, 42, 125, 255} {
		_, errs, status := finish(t, winsockCommand(t, "run", "sh", "-c", fmt.Sprint("exit ", code)))
		if !status.Exited() || status.ExitStatus() != code || errs != "" {
			t.Errorf("exit %d: %v, %q", code, status, errs)
		}
	}
	for _, n := range []syscall.Signal{syscall.SIGHUP, syscall.SIGINT, syscall.SIGQUIT, syscall.SIGABRT, syscall.SIGKILL,
		syscall.SIGSEGV, syscall.SIGPIPE, syscall.SIGALRM, syscall.SIGTERM, syscall.SIGUSR1, syscall.Signal(40)} {
		// Some shells set a limit of their own on what dash's kill knows by name.
		_, errs, status := finish(t, winsockCommand(t, "run", "sh", "-c", fmt.Sprintf("ulimit -c 0; kill -%d $$", n)))
		if !status.Signaled() || status.Signal() != n || status.CoreDump() || errs != "" {
			t.Errorf("killed by %v: %v, %q", n, status, errs)
		}
	}
}

// TestRunNot: exit codes of what is not run, with one sentence.
func TestRunNot(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string, mode os.FileMode) string {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, []byte(text), mode); err != nil {
			t.Fatal(err)
		}
		return file
	}
	for _, c := range []struct {
		code int
		says string
		args []string
	}{
		{125, "which program?", nil},
		{125, "unknown flag: --nothing", []string{"--nothing", "true"}},
		{125, `no layer is named "nothing"`, []string{"--layer", "nothing", "true"}},
		{125, `"maybe" is none of`, []string{"--dns", "maybe", "true"}},
		{125, "text or json", []string{"--stats=xml", "true"}},
		{125, "no such file", []string{"--config", dir + "/none", "true"}},
		{125, `config.toml:2:1: unknown key "layer5"`, []string{"--config", write("config.toml", "\nlayer5 = 1\n", 0o600), "true"}},
		{127, `no program "no-such-program" is in $PATH`, []string{"no-such-program"}},
		{127, "no program is at " + dir + "/none", []string{dir + "/none"}},
		{127, "the interpreter that it names, is missing", []string{write("lost", "#!/no/such/interpreter\n", 0o700)}},
		{126, "permission denied", []string{write("plain", "text", 0o600)}},
		{126, "is a directory", []string{dir}},
		{126, "cannot be executed", []string{write("broken", "\x7fELF\x02\x01\x01 and nothing more", 0o700)}},
		{125, "want text or json", []string{"--layer", "trace:format=xml", "true"}},
		{125, "rules.txt:2: prt is no condition", []string{"--rules", write("rules.txt", "allow\ndeny prt 3\n", 0o600), "true"}},
	} {
		if strings.Contains(c.says, "condition") || strings.Contains(c.says, "want") {
			if carried() == "native" {
				continue // which starts no layers
			}
		}
		out, errs, status := finish(t, winsockCommand(t, append([]string{"run"}, c.args...)...))
		if status.ExitStatus() != c.code || !strings.Contains(errs, c.says) || out != "" ||
			strings.Count(errs, "\n") != 1 || !strings.HasPrefix(errs, "winsock run: ") {
			t.Errorf("%v: exit code %d, %q; want %d and a word of %q", c.args, status.ExitStatus(), errs, c.code, c.says)
		}
	}
	// A script without a first line is for the shell.
	out, errs, status := finish(t, winsockCommand(t, "run", write("script", "echo $1; exit 3\n", 0o700), "word"))
	if out != "word\n" || status.ExitStatus() != 3 {
		t.Errorf("a script: %v, %q, %q", status, out, errs)
	}
}

// TestRunLikeNative: what the program finds is what it finds without winsock.
func TestRunLikeNative(t *testing.T) {
	const script = `echo $0 $# "$1"; ls /proc/$$/fd; ulimit -n; umask; echo $PWD; cat <&7; echo here >&2
		exec grep -E '^Sig(Blk|Ign|Cgt)' /proc/self/status`
	read := func(cmd *exec.Cmd) string {
		file, err := os.CreateTemp(t.TempDir(), "")
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		io.WriteString(file, "from descriptor 7\n")
		file.Seek(0, io.SeekStart)
		cmd.ExtraFiles = []*os.File{nil, nil, nil, nil, file}
		cmd.Dir = t.TempDir()
		out, errs, status := finish(t, cmd)
		if !status.Exited() || status.ExitStatus() != 0 || errs != "here\n" {
			t.Errorf("%v: %v, %q", cmd.Args, status, errs)
		}
		return strings.ReplaceAll(out, cmd.Dir, "DIR")
	}
	for _, before := range []string{"", "trap '' HUP INT TSTP; ", "ulimit -n 321; umask 027; "} {
		native := read(exec.Command("sh", "-c", before+`exec sh -c "$0" x "a b"`, script))
		run := winsockCommand(t)
		run.Path, run.Args = "/bin/sh", []string{"sh", "-c", before + `exec winsock run sh -c "$0" x "a b"`, script}
		if got := read(run); got != native {
			t.Errorf("after %q it found\n%s\nand not\n%s", before, got, native)
		}
	}
}

// TestRunOrphans: the supervisor reaps what the program has left.
func TestRunOrphans(t *testing.T) {
	out, errs, status := finish(t, winsockCommand(t, "run", "sh", "-c",
		`for i in 1 2 3 4 5; do sh -c 'true & exec true'; done; while ps -o stat= --ppid $PPID | grep -q Z; do sleep 0.01; done; echo none`))
	if out != "none\n" || status.ExitStatus() != 0 {
		t.Errorf("got %q, %q, %v", out, errs, status)
	}
}

// TestRunEnvironment: the file of --config sets variables, and the program is
// looked for in its $PATH.
func TestRunEnvironment(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "hello"), []byte("#!/bin/sh\necho $HELLO $NOT\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	config := filepath.Join(dir, "c.toml")
	if err := os.WriteFile(config, []byte("[run.env]\nHELLO = 'world'\nNOT=''\nPATH='"+dir+"'"), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := winsockCommand(t, "run", "--config", config, "hello")
	cmd.Env = append(cmd.Env, "NOT=this")
	if out, errs, _ := finish(t, cmd); out != "world\n" {
		t.Errorf("got %q, %q", out, errs)
	}
}

// A running is a listener under winsock run.
type running struct {
	t                          *testing.T
	front                      *exec.Cmd
	out                        sharedBuffer
	program, supervisor, group int
}

var ready = regexp.MustCompile(`ready pid=(\d+) supervisor=(\d+) group=(\d+)\.`)

// begin starts a listener in a process group of its own.
func begin(t *testing.T) *running {
	t.Helper()
	r := &running{t: t, front: winsockCommand(t, "run", listenerName)}
	r.front.Stdout, r.front.Stderr = &r.out, &r.out
	r.front.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := r.front.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		r.front.Process.Kill() // if it is still there
		if t.Failed() {
			t.Logf("it said:\n%s", r.out.String())
		}
	})
	r.program, r.supervisor, r.group = whoIsReady(t, r.out.next(t, "."))
	if r.group != r.front.Process.Pid {
		t.Errorf("the program is in group %d, not %d", r.group, r.front.Process.Pid)
	}
	return r
}

func whoIsReady(t *testing.T, text string) (program, supervisor, group int) {
	t.Helper()
	m := ready.FindStringSubmatch(text)
	if m == nil {
		t.Fatalf("no listener is ready: %q", text)
	}
	program, _ = strconv.Atoi(m[1])
	supervisor, _ = strconv.Atoi(m[2])
	group, _ = strconv.Atoi(m[3])
	return program, supervisor, group
}

func (r *running) kill(pid int, n syscall.Signal) {
	r.t.Helper()
	if err := syscall.Kill(pid, n); err != nil {
		r.t.Fatal(err)
	}
}

func (r *running) wait() syscall.WaitStatus {
	_ = r.front.Wait()
	return r.front.ProcessState.Sys().(syscall.WaitStatus)
}

// TestRunSignals: a signal to the front, and one to the whole group, reach
// the program, and exactly once.
func TestRunSignals(t *testing.T) {
	r := begin(t)
	count := 0
	for range 30 {
		for _, n := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT, syscall.SIGUSR1, syscall.SIGWINCH, syscall.SIGHUP, syscall.SIGQUIT, 40} {
			for _, to := range []int{r.front.Process.Pid, -r.group} {
				r.kill(to, n)
				count++
				r.out.next(t, fmt.Sprintf("%d: got %d.", count, n))
			}
		}
	}
	r.kill(r.front.Process.Pid, syscall.SIGUSR2)
	r.out.next(t, fmt.Sprintf("%d: got %d.", count+1, syscall.SIGUSR2))
	if status := r.wait(); status.ExitStatus() != 7 {
		t.Errorf("it ended with %v", status)
	}
}

// TestRunFrontKilled: a program does not outlive the front.
func TestRunFrontKilled(t *testing.T) {
	r := begin(t)
	r.kill(r.front.Process.Pid, syscall.SIGKILL)
	gone(t, r.program)
	gone(t, r.supervisor)
	r.wait()
}

// gone waits until there is no such process, or but its status.
func gone(t *testing.T, pid int) {
	t.Helper()
	for end := time.Now().Add(time.Minute); ; time.Sleep(time.Millisecond) {
		if s := state(pid); s == "" || s == "Z" {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("process %d is still there: %s", pid, state(pid))
		}
	}
}

// state returns the letter of a process's state, and nothing for none.
func state(pid int) string {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return ""
	}
	return string(stat[bytes.LastIndexByte(stat, ')')+2:][:1])
}

// becomes waits until a process is in a state.
func becomes(t *testing.T, pid int, states string) {
	t.Helper()
	for end := time.Now().Add(time.Minute); ; time.Sleep(time.Millisecond) {
		if s := state(pid); s != "" && strings.Contains(states, s) {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("process %d is in state %q, not in %q", pid, state(pid), states)
		}
	}
}

// TestRunSupervisorKilled: the front says so, and goes on with the program.
func TestRunSupervisorKilled(t *testing.T) {
	r := begin(t)
	r.kill(r.supervisor, syscall.SIGKILL)
	r.out.next(t, "the supervisor died (signal: killed)")
	r.kill(r.front.Process.Pid, syscall.SIGTERM)
	r.out.next(t, "1: got 15.")
	r.kill(-r.group, syscall.SIGHUP)
	r.out.next(t, "2: got 1.")
	r.kill(r.program, syscall.SIGSTOP)
	becomes(t, r.front.Process.Pid, "T")
	r.kill(-r.group, syscall.SIGCONT)
	r.out.next(t, "3: got 18.")
	r.kill(r.front.Process.Pid, syscall.SIGUSR2)
	r.out.next(t, "4: got 12.")
	if status := r.wait(); status.ExitStatus() != 7 {
		t.Errorf("it ended with %v", status)
	}
}

// TestRunDaemon: what a program leaves running stays under the supervisor,
// and holds up neither the command nor a reader of its output.
func TestRunDaemon(t *testing.T) {
	cmd := winsockCommand(t, "run", "sh", "-c", "setsid sleep 1000 >/dev/null 2>&1 </dev/null & echo $!; echo $PPID; exit 3")
	out, errs, status := finish(t, cmd) // returns when the pipes are closed
	if status.ExitStatus() != 3 {
		t.Errorf("it ended with %v, %q", status, errs)
	}
	var daemon, supervisor int
	if _, err := fmt.Sscan(out, &daemon, &supervisor); err != nil {
		t.Fatal(err, out)
	}
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", daemon))
	if err != nil || !strings.Contains(string(stat), fmt.Sprintf(" %d ", supervisor)) {
		t.Errorf("the daemon is not a child of the supervisor %d: %v %s", supervisor, err, stat)
	}
	if err := syscall.Kill(daemon, syscall.SIGTERM); err != nil {
		t.Error(err)
	}
	gone(t, daemon)
	gone(t, supervisor)
}

// TestRunStats: counts are printed in the forms that were asked for.
func TestRunStats(t *testing.T) {
	cmd := winsockCommand(t, "run", "--stats", "true")
	cmd.Env = append(cmd.Env, asCommand+"=native") // which makes them up
	_, errs, _ := finish(t, cmd)
	for _, word := range []string{"12 network calls", "direct", "relayed", "345 B", "67.9 kB", "trace", "1.23ms"} {
		if !strings.Contains(errs, word) {
			t.Errorf("no %q in\n%s", word, errs)
		}
	}
	file := filepath.Join(t.TempDir(), "stats")
	cmd = winsockCommand(t, "run", "--stats=json", "--stats-file", file, "true")
	cmd.Env = append(cmd.Env, asCommand+"=native")
	_, errs, _ = finish(t, cmd)
	text, err := os.ReadFile(file)
	if err != nil || errs != "" || !bytes.Contains(text, []byte(`67890`)) {
		t.Errorf("%v, %q, %s", err, errs, text)
	}
}
