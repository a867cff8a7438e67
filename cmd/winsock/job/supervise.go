// SPDX-License-Identifier: Apache-2.0

package job

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"os/signal"
	"slices"
	"strconv"
	"sync/atomic"
	"syscall"
	"time"

	"winsock/internal/sys"
	"winsock/metrics"
	"winsock/run"
	"winsock/run/registry"
	"winsock/spi"
	"winsock/spi/meter"
)

// Carrier is what is wanted of a *run.Supervisor.
type Carrier interface {
	Done() <-chan struct{}
	Close() error
	Stats() run.Stats
	CountDirect()
	Connections() []run.Connection
}

// Start starts the program; tests of what surrounds it may put something
// simpler in its place.
var Start = func(c run.Config, cmd *exec.Cmd) (Carrier, error) { return run.Start(c, cmd) }

// Data that the program has sent before it ended is delivered after that, as
// the kernel would do. The front's end is held up for the first of these
// times at most, so that captures are whole when the prompt is back.
const (
	drainBefore = 500 * time.Millisecond
	drainAfter  = time.Minute
)

// A supervisor is the process that the program runs under.
type supervisor struct {
	wire    *wire
	front   int // pid of the front
	plan    *Plan
	started time.Time
	meters  *meter.Set      // nil: none
	metrics *metrics.Server // nil: none
	ready   chan struct{}   // closed when carrier is set
	carrier Carrier

	children children
	stop     atomic.Int64 // number of the stop that the program is in, 0 when it runs
	acks     chan struct{}
}

// Supervise is the supervisor: the descriptor of the wire, the front's
// process group, the executable and the program's arguments are its own. It
// returns its exit code, which nobody looks at.
func Supervise(args []string) int {
	s := &supervisor{front: syscall.Getppid(), acks: make(chan struct{}, 1)}
	if len(args) < 4 {
		return misused()
	}
	fd, err := strconv.Atoi(args[0])
	group, err2 := strconv.Atoi(args[1])
	if closes, e := sys.ClosesOnExec(fd); err != nil || err2 != nil || fd <= 2 || e != 0 || closes {
		return misused()
	}
	sys.SetCloseOnExec(fd, true)
	_ = os.WriteFile("/proc/self/comm", []byte("winsock"), 0) // for ps; it was started as /proc/self/exe
	others := inherited()
	sys.SetSubreaper()
	if group == 0 {
		// The program's group has no name by which to join it, and so this
		// process shares it, and what is sent to it.
		signal.Notify(make(chan os.Signal, 1), passed()...)
	}
	go learnToWait()
	s.wire = newWire(fd)
	m, ok := s.wire.receive()
	if !ok || m.Kind != begin || m.Plan == nil {
		return ExitFailed
	}
	s.plan = m.Plan
	s.plan.Path, s.plan.Args = args[2], args[3:]
	cmd, err := s.start(group)
	if err != nil {
		s.endMetrics()
		s.wire.send(message{Kind: failed, Value: err.(*Error).Code, Text: err.Error(), Alone: true})
		return ExitFailed
	}
	s.children.program, s.children.spare = cmd.Process.Pid, syscall.Getpgrp()
	s.wire.send(message{Kind: started, Value: cmd.Process.Pid})
	letGo(append(others, 0, 1)...)
	s.supervise()
	return 0
}

// learnToWait has package os find out how it can wait for processes, for which
// it starts one. It would do so before it starts the program.
func learnToWait() {
	if p, err := os.FindProcess(os.Getpid()); err == nil {
		_ = p.Release() // cannot fail
	}
}

func misused() int {
	fmt.Fprintln(os.Stderr, "winsock supervise: this is for winsock run only")
	return ExitFailed
}

// start starts the program. The error is an *Error.
func (s *supervisor) start(group int) (*exec.Cmd, error) {
	log, held := newHeldLog()
	slog.SetDefault(log) // which is that of layers too
	s.started = time.Now()
	if err := s.meter(); err != nil {
		return nil, &Error{ExitFailed, err}
	}
	cmd := s.command(group, s.plan.Path, s.plan.Args)
	carrier, err := Start(s.plan.config(s.meters, log), cmd)
	if errors.Is(err, syscall.ENOEXEC) && isText(s.plan.Path) { // a script without a first line that names its interpreter
		cmd = s.command(group, "/bin/sh", append([]string{"sh", s.plan.Path}, s.plan.Args[1:]...))
		carrier, err = Start(s.plan.config(s.meters, log), cmd)
	}
	if err != nil {
		failure := notStarted(s.plan.Path, err)
		if why := held.why(); failure.Code == ExitFailed && why != "" {
			failure.Err = errors.New(why)
		}
		return nil, failure
	}
	// From here on nothing is started that could inherit this. What is logged
	// is to be written although this group is in the background.
	signal.Ignore(syscall.SIGTTOU)
	held.release()
	s.carrier = carrier
	close(s.ready)
	return cmd, nil
}

func (s *supervisor) command(group int, path string, args []string) *exec.Cmd {
	return &exec.Cmd{
		Path: path, Args: args, Env: append(os.Environ(), s.plan.Env...),
		Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr,
		SysProcAttr: &syscall.SysProcAttr{Setpgid: group != 0, Pgid: group},
	}
}

// supervise goes on until the last descendant of the program has ended.
func (s *supervisor) supervise() {
	defer s.wire.close()
	defer s.endMetrics()
	last := make(chan message, 1)
	go s.routineReap(last)
	go s.routineReceive()
	unregister, err := registry.Serve(s.snapshot)
	if err != nil {
		slog.Warn("winsock top will not see this", "error", err)
	} else {
		defer unregister()
	}

	m := <-last
	m.Alone = alone() && s.over(drainBefore)
	if m.Alone {
		s.carrier.Close()
	}
	s.report()
	s.wire.send(m)
	if m.Alone {
		return
	}
	<-s.carrier.Done()
	s.over(drainAfter)
	s.carrier.Close()
	if s.plan.StatsFile != "" {
		s.report()
	}
}

// routineReap tells the front what becomes of the program, and last of its end.
func (s *supervisor) routineReap(last chan<- message) {
	number := 0
	s.children.reap(func(status syscall.WaitStatus) {
		switch m := told(status); m.Kind {
		case stopped:
			number++
			s.stop.Store(int64(number))
			m.Stop = number
			s.wire.send(m)
		case continued:
			s.stop.Store(0)
			s.wire.send(m)
			s.wakeFront()
		default:
			last <- m
		}
	})
}

// wakeFront has the front run when the program does, whoever continued that.
// The front may be about to stop, so one look is not enough.
func (s *supervisor) wakeFront() {
	for {
		select {
		case <-s.acks:
			return
		case <-time.After(5 * time.Millisecond):
			if isStopped(s.front) {
				syscall.Kill(s.front, syscall.SIGCONT)
			}
		}
	}
}

// routineReceive does what the front says, until that has ended.
func (s *supervisor) routineReceive() {
	for {
		m, ok := s.wire.receive()
		if !ok {
			break
		}
		switch m.Kind {
		case acknowledged:
			s.acks <- struct{}{}
		case pass:
			n := syscall.Signal(m.Value)
			if now := s.stop.Load(); n == syscall.SIGCONT && (now == 0 || now != int64(m.Stop)) {
				continue // it has had the front go on after a stop that is over
			}
			s.children.signal(n)
		}
	}
	s.children.signal(syscall.SIGKILL) // if it still runs, the front was killed
	letGo(2)
	close(s.acks)
}

// over tells whether within a time all processes have ended and what they have
// left to be relayed is delivered.
func (s *supervisor) over(limit time.Duration) bool {
	deadline := time.After(limit)
	select {
	case <-s.carrier.Done():
	case <-deadline:
		return false
	}
	relayed := func(c run.Connection) bool { return c.Relayed }
	for slices.ContainsFunc(s.carrier.Connections(), relayed) {
		select {
		case <-time.After(time.Millisecond):
		case <-deadline:
			return false
		}
	}
	return true
}

// snapshot is for somebody who looks on, and most often not for the last time.
func (s *supervisor) snapshot() registry.Snapshot {
	s.carrier.CountDirect()
	var layers []string
	for _, path := range s.plan.Layers {
		layers = append(layers, spi.RedactPath(path))
	}
	return registry.Snapshot{
		Program: s.plan.Args[0], Args: s.plan.Args[1:], PID: s.children.program, Supervisor: os.Getpid(),
		Started: s.started, Layers: layers, Stats: s.carrier.Stats(), Connections: s.carrier.Connections(),
	}
}
