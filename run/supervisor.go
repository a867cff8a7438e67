// SPDX-License-Identifier: Apache-2.0

package run

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"os/exec"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"winsock"
	"winsock/internal/sys"
	"winsock/internal/sys/seccomp"
	"winsock/run/internal/dnsserver"
	"winsock/run/internal/near"
)

// A Supervisor carries the network calls of a program and of all that
// descend from it.
type Supervisor struct {
	config   Config
	log      *slog.Logger
	listener *seccomp.Listener
	chains   *chains
	dns      *dnsserver.Server // nil without Config.DNS
	door     *door             // where supervisors inside this one ask
	netns    uint64            // the cookie of the own network namespace
	needs    needs
	joined   bool // the program is another supervisor's

	processes processes
	sockets   table
	ends      ends
	scopes    scopes
	near      near.Ends
	numbers   atomic.Uint64
	warned    sync.Map // what was said once

	stats counters
	watch watch

	done    chan struct{}  // closed when the last process has ended
	stopped chan struct{}  // closed by Close
	working sync.WaitGroup // the supervisor's goroutines
	waiting sync.WaitGroup // those that wait on behalf of a call

	mu        sync.Mutex // protects what follows
	closed    bool
	spare     int           // receivers that rest
	wake      chan struct{} // ends the rest of one
	receivers map[int]bool  // the threads of those that wait
}

// counters are what Stats is made of.
type counters struct {
	calls, direct, relayed, accepted, refused, denied, sent, received atomic.Uint64
}

// Start starts cmd under a new supervisor. cmd is one that was not started
// yet; its Wait is the caller's to call.
//
// The errors of layers and rules say which and why.
func Start(c Config, cmd *exec.Cmd) (*Supervisor, error) {
	s := &Supervisor{
		config:    c,
		log:       cmp.Or(c.Log, slog.Default()),
		done:      make(chan struct{}),
		stopped:   make(chan struct{}),
		receivers: make(map[int]bool),
		wake:      make(chan struct{}, maxSpare),
		watch:     watch{begin: make(chan struct{}, 1)},
	}
	if _, err := winsock.WSAStartup(winsock.Version22); err != nil {
		return nil, err
	}
	joined, err := s.join(cmd)
	if s.joined = joined; !joined {
		err = s.start(cmd)
	}
	if err != nil {
		s.release()
		return nil, err
	}
	return s, nil
}

func (s *Supervisor) start(cmd *exec.Cmd) (err error) {
	if s.chains, err = compose(s.config.Layers, s.config.Meter); err != nil {
		return err
	}
	if s.config.DNS {
		if s.dns, err = startDNS(s.log); err != nil {
			return fmt.Errorf("the DNS server does not start: %w", err)
		}
	}
	s.netns = ownNetns()
	if s.door, err = openDoor(); err != nil {
		return err
	}
	setEnv(cmd, envSupervisor, s.door.name)
	s.needs = needs{layers: s.chains.layered(), dns: s.dns != nil, denyUnknown: s.config.DenyUnknown}
	if s.listener, err = launch(s.needs.policy(), cmd); err != nil {
		return err
	}
	s.working.Go(s.routineDoor)
	s.working.Go(s.routineWatch)
	if s.config.CountDirect {
		s.CountDirect()
	}
	s.working.Go(s.routineSucceed)
	s.addReceiver()
	return nil
}

// Done is closed when the last process under the supervisor has ended.
func (s *Supervisor) Done() <-chan struct{} { return s.done }

// Close ends the supervisor: relayed connections are reset and, from then
// on, network calls of processes that still run fail with ENOSYS.
func (s *Supervisor) Close() error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return errors.New("run: the supervisor is closed already")
	}
	s.closed = true
	s.mu.Unlock()
	close(s.stopped)
	if s.joined {
		s.working.Wait()
		s.release()
		return nil
	}
	s.ends.close()
	_ = s.door.listener.Close() // nobody is asked any more
	s.interrupt()
	s.listener.Close() // which ends the watching, too
	s.working.Wait()
	go func() { // some wait in the kernel for what may take minutes
		s.waiting.Wait()
		s.listener.Free()
	}()
	for _, k := range s.sockets.all() {
		k.mu.Lock()
		r := k.relay
		k.mu.Unlock()
		if r != nil {
			r.Abort()
			<-r.Done()
		}
		s.end(k.cookie, 0, 0)
	}
	s.release()
	return nil
}

// release gives back what a supervisor holds that has no program.
func (s *Supervisor) release() {
	if s.dns != nil {
		_ = s.dns.Close() // nobody asks any more
	}
	s.ends.close() // again, if Close has done so
	if s.door != nil {
		_ = s.door.listener.Close() // again, if Close has done so
	}
	s.near.Close()
	s.processes.close()
	_ = winsock.WSACleanup() // of the start in Start
}

// interrupt wakes the receivers until all have gone.
func (s *Supervisor) interrupt() {
	for {
		s.mu.Lock()
		for tid := range s.receivers {
			seccomp.Interrupt(tid)
		}
		n := len(s.receivers)
		s.mu.Unlock()
		if n == 0 {
			return
		}
		time.Sleep(time.Millisecond)
	}
}

func (s *Supervisor) stopping() bool {
	select {
	case <-s.stopped:
		return true
	case <-s.done:
		return true
	default:
		return false
	}
}

// later runs f, which goes on with a call that waits.
func (s *Supervisor) later(f func()) { s.waiting.Go(f) }

// routineWatch waits for the last process to end, and for connects whose
// program has gone.
func (s *Supervisor) routineWatch() {
	for !s.stopping() {
		if s.listener.Ended(1000) {
			close(s.done)
			s.interrupt()
			s.findLast()
			return
		}
		s.sweep()
		if s.ends.due() {
			s.findEnded()
		}
	}
}

// warnOnce says something that would otherwise be said often.
func (s *Supervisor) warnOnce(key, message string, args ...any) {
	if _, said := s.warned.LoadOrStore(key, true); !said {
		s.log.Warn("winsock run: "+message, args...)
	}
}

// Stats returns the counts.
func (s *Supervisor) Stats() Stats {
	c := &s.stats
	stats := Stats{
		Calls: c.calls.Load(), Direct: c.direct.Load(), Relayed: c.relayed.Load(), Accepted: c.accepted.Load(),
		Refused: c.refused.Load(), Denied: c.denied.Load(), Sent: c.sent.Load(), Received: c.received.Load(),
	}
	if s.dns != nil {
		stats.Queries = s.dns.Queries()
	}
	if s.config.Meter != nil {
		stats.Layers = layerStats(s.config.Meter.Snapshot())
	}
	for _, k := range s.sockets.all() {
		k.mu.Lock()
		r := k.relay
		k.mu.Unlock()
		if r != nil {
			stats.Sent += r.Sent.Load()
			stats.Received += r.Received.Load()
		}
	}
	return stats
}

// Connections lists the connections that are open or being made.
func (s *Supervisor) Connections() []Connection {
	var list []Connection
	for _, k := range s.sockets.all() {
		k.info.mu.Lock()
		c := k.info.public
		k.info.mu.Unlock()
		if c.State != "open" && c.State != "connecting" {
			continue
		}
		if k.mu.TryLock() { // a slow layer keeps the socket, and the list does not wait
			if r := k.relay; r != nil {
				c.Sent, c.Received = r.Sent.Load(), r.Received.Load()
			}
			if u, err := winsock.Usage(k.handle); err == nil {
				c.Calls, c.Blocked = uint64(u.Sends+u.Recvs), uint64(u.Blocked)
			}
			k.mu.Unlock()
		}
		list = append(list, c)
	}
	slices.SortFunc(list, func(a, b Connection) int { return cmp.Compare(a.ID, b.ID) })
	return list
}

// ownNetns returns the cookie of the network namespace, 0 if the kernel has
// none.
func ownNetns() uint64 {
	fd, e := sys.Socket(sys.AF_INET, sys.SOCK_DGRAM, 0)
	if e != 0 {
		return 0
	}
	defer sys.Close(fd)
	return sys.NetnsCookie(fd)
}
