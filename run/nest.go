// SPDX-License-Identifier: Apache-2.0

package run

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"winsock/internal/sys"
	"winsock/internal/sys/foreign"
)

// The kernel allows one supervisor for each tree of processes. One that is
// started inside another therefore asks that one to put its layers on top for
// its program, which is then recognised by a mark in its environment.

// Variables of the program's environment.
const (
	envSupervisor = "WINSOCK_RUN"       // where the supervisor is asked
	envScope      = "WINSOCK_RUN_SCOPE" // the mark
)

// ErrNested is the error of a supervisor inside another that cannot be asked.
var ErrNested = errors.New("the program would run under two supervisors, of which the kernel allows one, and the outer one cannot be asked")

// A request is what an inner supervisor asks for.
type request struct {
	Layers      []string `json:"layers"`
	DNS         bool     `json:"dns"`
	DenyUnknown bool     `json:"denyUnknown"`
}

// A grant is the answer.
type grant struct {
	Scope int    `json:"scope"`
	Error string `json:"error,omitempty"`
}

// scopes are the chains of programs with layers of their own.
type scopes struct {
	count atomic.Int32 // len(list), for readers without the lock

	mu   sync.Mutex // protects list
	list []scope    // by number less 1
}

type scope struct {
	layers []string
	chains *chains
}

// get returns the scope with a number.
func (ss *scopes) get(number int) (sc scope, ok bool) {
	ss.mu.Lock()
	defer ss.mu.Unlock()
	if number < 1 || number > len(ss.list) {
		return sc, false
	}
	return ss.list[number-1], true
}

// add makes a new scope and returns its number.
func (ss *scopes) add(sc scope) int {
	ss.mu.Lock()
	defer ss.mu.Unlock()
	ss.list = append(ss.list, sc)
	ss.count.Store(int32(len(ss.list)))
	return len(ss.list)
}

// A door is where a supervisor is asked.
type door struct {
	listener net.Listener
	name     string
}

// openDoor opens it under a name that nobody else can guess.
func openDoor() (*door, error) {
	name := fmt.Sprintf("@winsock-run-%d-%s", os.Getpid(), rand.Text())
	listener, err := net.Listen("unix", name)
	if err != nil {
		return nil, err
	}
	return &door{listener, name}, nil
}

// routineDoor answers inner supervisors.
func (s *Supervisor) routineDoor() {
	for {
		conn, err := s.door.listener.Accept()
		if err != nil {
			return
		}
		s.grant(conn)
	}
}

// grant answers one.
func (s *Supervisor) grant(conn net.Conn) {
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(5 * time.Second)) // one that says nothing is left alone
	var r request
	var g grant
	if json.NewDecoder(conn).Decode(&r) != nil {
		return
	}
	var err error
	if g.Scope, err = s.newScope(&r, peerOf(conn)); err != nil {
		g.Error = err.Error()
	}
	_ = json.NewEncoder(conn).Encode(&g) // who has gone needs none
}

// peerOf returns the process at the other side.
func peerOf(conn net.Conn) (pid int) {
	raw, err := conn.(*net.UnixConn).SyscallConn()
	if err == nil {
		_ = raw.Control(func(fd uintptr) { pid = sys.PeerProcess(int(fd)) }) // 0 is nobody
	}
	return pid
}

func (s *Supervisor) newScope(r *request, pid int) (int, error) {
	switch {
	case !s.needs.layers:
		return 0, errors.New("the outer supervisor was started without a layer, and does not see enough of the program's calls for one")
	case r.DNS && s.dns == nil:
		return 0, errors.New("the outer supervisor does not answer DNS queries")
	case r.DenyUnknown && !s.config.DenyUnknown:
		return 0, errors.New("the outer supervisor does not refuse what it does not understand")
	}
	outer, _ := s.scopeOf(pid)
	layers := outer.layers
	if layers == nil {
		layers = s.config.Layers
	}
	layers = append(append([]string(nil), r.Layers...), layers...)
	cs, err := compose(layers, s.config.Meter)
	if err != nil {
		return 0, err
	}
	return s.scopes.add(scope{layers, cs}), nil
}

// scopeOf finds the scope that a process belongs to by its environment, or by
// those of its ancestors if it has cleared it.
func (s *Supervisor) scopeOf(pid int) (sc scope, ok bool) {
	if s.scopes.count.Load() == 0 {
		return sc, false
	}
	for range 64 {
		if pid <= 1 || pid == os.Getpid() {
			return sc, false
		}
		env, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/environ")
		if err == nil {
			if number, found := markIn(env); found {
				return s.scopes.get(number)
			}
		}
		pid = foreign.Parent(pid)
	}
	return sc, false
}

// markIn finds the mark in an environment.
func markIn(env []byte) (number int, found bool) {
	for assignment := range bytes.SplitSeq(env, []byte{0}) {
		if value, ok := bytes.CutPrefix(assignment, []byte(envScope+"=")); ok {
			number, err := strconv.Atoi(string(value))
			return number, err == nil
		}
	}
	return 0, false
}

// chainsOf returns the chains for the sockets of a thread.
func (s *Supervisor) chainsOf(tid int) *chains {
	if sc, ok := s.scopeOf(tid); ok {
		return sc.chains
	}
	return s.chains
}

// join asks the outer supervisor, if there is one. joined is false if there is
// none.
func (s *Supervisor) join(cmd *exec.Cmd) (joined bool, err error) {
	name := os.Getenv(envSupervisor)
	if name == "" {
		return false, nil
	}
	conn, err := net.DialTimeout("unix", name, 5*time.Second)
	if err != nil {
		return false, nil // one that is gone
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(10 * time.Second)) // what fails then fails below
	if err := json.NewEncoder(conn).Encode(&request{s.config.Layers, s.config.DNS, s.config.DenyUnknown}); err != nil {
		return true, err
	}
	var g grant
	if err := json.NewDecoder(conn).Decode(&g); err != nil {
		return true, fmt.Errorf("the outer supervisor does not answer: %w", err)
	}
	if g.Error != "" {
		return true, errors.New(g.Error)
	}
	setEnv(cmd, envScope, strconv.Itoa(g.Scope))
	if err := cmd.Start(); err != nil {
		return true, err
	}
	s.working.Go(func() { s.routineJoined(cmd.Process.Pid) })
	return true, nil
}

// routineJoined waits for the end of a program that another supervisor
// carries.
func (s *Supervisor) routineJoined(pid int) {
	defer close(s.done)
	pidfd, e := foreign.Open(pid)
	if e != 0 {
		return
	}
	defer sys.Close(pidfd)
	for !s.stopping() {
		if sys.PollWaiting(pidfd, sys.POLLIN, 500) != 0 {
			return
		}
	}
}

// setEnv sets a variable for a command that was not started yet.
func setEnv(cmd *exec.Cmd, name, value string) {
	cmd.Env = append(cmd.Environ(), name+"="+value)
}
