// SPDX-License-Identifier: Apache-2.0

package job

import (
	"fmt"
	"os"
	"os/signal"
	"strconv"
	"syscall"

	"winsock/internal/sys"
)

// Subcommand is the first argument of the supervisor's command line. The
// rest is for [Supervise].
const Subcommand = "supervise"

// A front stands for the program before the shell.
type front struct {
	group      int // the job's process group; 0 if its leader is outside of this PID name space
	supervisor int // its pid
	wire       *wire
	witness    *witness
	signals    chan os.Signal
	messages   chan message

	pid      int       // the program's, 0 before it was started
	lastStop int       // number of the program's last stop
	adopted  *children // the program, after the supervisor has died
}

// Front runs a program and returns its exit code. If a signal ends the
// program, it ends this process too. An error is an *Error, and tells that
// the program was not run.
func Front(p *Plan) (code int, err error) {
	f := &front{group: syscall.Getpgrp(), signals: make(chan os.Signal, 128), messages: make(chan message)}
	sys.SetSubreaper()
	others := inherited()
	if err := f.startSupervisor(p); err != nil {
		return 0, &Error{ExitFailed, fmt.Errorf("the supervisor cannot be started: %w", err)}
	}
	letGo(append(others, 0, 1)...) // the program has its own
	signal.Notify(f.signals, passed()...)
	f.witness = newWitness()
	defer f.witness.end()
	f.wire.send(message{Kind: begin, Plan: p})
	go f.routineReceive()
	for {
		select {
		case s := <-f.signals:
			f.got(s.(syscall.Signal))
		case m := <-f.messages:
			if code, err, done := f.heard(m); done {
				return code, err
			}
		}
	}
}

// startSupervisor starts the supervisor with the other end of the wire. That
// keeps its number, as all others may be the program's.
func (f *front) startSupervisor(p *Plan) error {
	pair, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer sys.Close(pair[1])
	sys.SetCloseOnExec(pair[1], false)
	args := append([]string{"winsock", Subcommand, strconv.Itoa(pair[1]), strconv.Itoa(f.group), p.Path}, p.Args...)
	// Package os would first find out how it can wait for processes, which
	// takes as long as the rest.
	f.supervisor, _, err = syscall.StartProcess("/proc/self/exe", args, &syscall.ProcAttr{
		Env: os.Environ(), Files: []uintptr{0, 1, 2}, Sys: &syscall.SysProcAttr{Setpgid: f.group != 0},
	})
	if err != nil {
		sys.Close(pair[0])
		return err
	}
	f.wire = newWire(pair[0])
	return nil
}

// waitSupervisor waits for the supervisor's end, and says how it ended.
func (f *front) waitSupervisor() string {
	var status syscall.WaitStatus
	for {
		_, err := syscall.Wait4(f.supervisor, &status, 0, nil)
		switch {
		case err == syscall.EINTR:
		case err != nil:
			return err.Error()
		case status.Signaled():
			return "signal: " + status.Signal().String()
		default:
			return fmt.Sprint("exit code ", status.ExitStatus())
		}
	}
}

// passed lists the signals that are given to the program.
func passed() (list []os.Signal) {
	for n := syscall.Signal(1); n <= 64; n++ {
		switch n {
		case syscall.SIGKILL, syscall.SIGSTOP: // cannot be caught
		case syscall.SIGCHLD, syscall.SIGURG, syscall.SIGPIPE, syscall.SIGPROF: // mean this process
		case 32, 33: // belong to the C library
		default:
			list = append(list, n)
		}
	}
	return list
}

// got deals with a signal that this process got.
func (f *front) got(n syscall.Signal) {
	saw := f.witness.saw(n)
	if saw && f.pid == 0 && (n == syscall.SIGTTIN || n == syscall.SIGTTOU) {
		return // the program has it, and its start is not told yet: who else has used the terminal?
	}
	if saw && f.pid != 0 {
		if group, err := syscall.Getpgid(f.pid); err == nil && group == f.group {
			return // the program has it
		}
	}
	f.give(n)
}

// give has the program get a signal.
func (f *front) give(n syscall.Signal) {
	if f.adopted != nil {
		f.adopted.signal(n)
		return
	}
	f.wire.send(message{Kind: pass, Value: int(n), Stop: f.lastStop})
}

func (f *front) routineReceive() {
	for {
		m, ok := f.wire.receive()
		f.messages <- m
		if !ok {
			return
		}
	}
}

// heard deals with a message. At the program's end done is set.
func (f *front) heard(m message) (code int, err error, done bool) {
	if m.Alone {
		f.waitSupervisor() // leave no zombie to who does not reap
	}
	switch m.Kind {
	case started:
		f.pid = m.Value
	case stopped:
		f.lastStop = m.Stop
		f.stop(syscall.Signal(m.Value))
	case continued:
		f.wire.send(message{Kind: acknowledged})
	case failed:
		return 0, &Error{m.Value, fmt.Errorf("%s", m.Text)}, true
	case exited:
		return m.Value, nil, true
	case killed:
		f.witness.end()
		f.witness = nil
		die(syscall.Signal(m.Value))
		return 128 + m.Value, nil, true
	default:
		return f.bereaved()
	}
	return 0, nil, false
}

// stop stops this process as the program was stopped, until it is continued.
func (f *front) stop(n syscall.Signal) {
	before := f.forlorn()
	if n != syscall.SIGSTOP && before {
		// Without a shell that could continue it, the kernel would not have
		// let a key stop the program. The supervisor only looks like a shell.
		f.give(syscall.SIGCONT)
		return
	}
	f.witness.look() // SIGCONT will have it forget the key, which may still be in f.signals
	// A shell inside has a process group of its own, of which the shell
	// outside knows nothing: it gives the terminal back to this one.
	group, err := syscall.Getpgid(f.pid)
	inside := err == nil && group != f.group && foreground(group, group)
	sys.SignalOnParentsEnd(syscall.SIGCONT)
	sys.Raise(n)
	sys.SignalOnParentsEnd(0)
	if inside {
		foreground(f.group, group)
	}
	if !before && f.forlorn() {
		// The shell is gone. The kernel does this to groups that nobody can
		// continue any more, but does not see that this is one.
		syscall.Kill(-f.group, syscall.SIGHUP)
		syscall.Kill(-f.group, syscall.SIGCONT)
	}
}

// foreground tells whether a process group is in the terminal's foreground,
// and puts another there if it is.
func foreground(is, becomes int) bool {
	terminal, err := os.OpenFile("/dev/tty", os.O_RDWR, 0)
	if err != nil {
		return false
	}
	defer terminal.Close()
	fd := int(terminal.Fd())
	group, e := sys.Ioctl(fd, sys.TIOCGPGRP, 0)
	if e != 0 || int(group) != is {
		return false
	}
	if is != becomes {
		sys.Ioctl(fd, sys.TIOCSPGRP, int32(becomes))
	}
	return true
}

// forlorn tells that the job has no parent in its session that could
// continue it.
func (f *front) forlorn() bool {
	parent := syscall.Getppid()
	theirs, e := sys.Getsid(parent)
	ours, _ := sys.Getsid(0)
	if e != 0 || theirs != ours {
		return true
	}
	group, err := syscall.Getpgid(parent)
	return err != nil || group == f.group
}

// die ends this process by a signal. It returns if the kernel does not let
// it, as for the first process of a container.
func die(n syscall.Signal) {
	sys.SetUndumpable() // the program has made its core dump
	sys.Raise(n)
}

// bereaved goes on without the supervisor.
func (f *front) bereaved() (code int, err error, done bool) {
	how := f.waitSupervisor()
	if f.pid == 0 {
		return 0, &Error{ExitFailed, fmt.Errorf("the supervisor died (%s) before it started the program", how)}, true
	}
	var status syscall.WaitStatus
	pid, err := syscall.Wait4(f.pid, &status, syscall.WNOHANG, nil)
	if err != nil {
		return 0, &Error{ExitFailed, fmt.Errorf("the supervisor died (%s), and how the program ended is not known", how)}, true
	}
	signal.Ignore(syscall.SIGTTOU) // this may be the background
	if pid == f.pid {
		fmt.Fprintf(os.Stderr, "winsock run: the supervisor died (%s)\n", how)
		return f.heard(told(status))
	}
	fmt.Fprintf(os.Stderr, "winsock run: the supervisor died (%s); the program goes on without a network\n", how)
	f.adopted = &children{program: f.pid}
	go f.adopted.reap(func(s syscall.WaitStatus) { f.messages <- told(s) })
	return 0, nil, false
}
