// SPDX-License-Identifier: Apache-2.0

package run

import (
	"errors"
	"os"
	"slices"
	"sync"
	"time"

	"winsock/internal/sys"
	"winsock/internal/sys/diag"
	"winsock/internal/sys/foreign"
)

// How the supervisor learns that a socket of the program is no more: it looks,
// once a second, at which of those that it knows the kernel still has.
//
// The kernel could tell it at once, and with the bytes that were sent and
// received. But it would do so for every TCP socket of the network namespace,
// and each would have a kernel thread woken to tell of it, which costs a
// connection of anybody more than a system call or two. So it is asked to only
// while somebody wants the bytes.

// lookAgain is how long ago the last look has to be, in times of what it took:
// who has many sockets looks more seldom.
const lookAgain = 100

// ends are how the ends of sockets are learned.
type ends struct {
	mu       sync.Mutex     // protects what follows
	listener *diag.Listener // nil: the kernel does not tell of them
	closed   bool
	next     time.Time // when to look
}

// CountDirect has the bytes of direct connections counted from now on, in
// Stats. Those of relayed ones always are.
func (s *Supervisor) CountDirect() {
	e := &s.ends
	e.mu.Lock()
	defer e.mu.Unlock()
	if s.joined || e.closed || e.listener != nil {
		return
	}
	listener, errno := diag.Open()
	if errno != 0 {
		s.warnOnce("ends", "the kernel does not tell of the ends of sockets, whose bytes are not counted", "error", errno)
		return
	}
	e.listener = listener
	s.working.Go(func() { s.routineEnds(listener) })
}

// close ends what CountDirect has begun.
func (e *ends) close() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.closed = true
	if e.listener != nil {
		e.listener.Close()
	}
}

// told reports whether the kernel tells of ends.
func (e *ends) told() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.listener != nil
}

// due reports whether it is time to look.
func (e *ends) due() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.listener == nil && !time.Now().Before(e.next)
}

// looked notes a look that began at a time.
func (e *ends) looked(began time.Time) {
	e.mu.Lock()
	defer e.mu.Unlock()
	now := time.Now()
	e.next = now.Add(lookAgain * now.Sub(began))
}

// routineEnds forgets sockets that are no more, as the kernel tells.
func (s *Supervisor) routineEnds(listener *diag.Listener) {
	s.findEnded() // before
	var ends []diag.End
	for {
		var lost bool
		var err error
		ends, lost, err = listener.Next(ends[:0])
		if err != nil {
			if !errors.Is(err, os.ErrClosed) {
				s.log.Warn("the ends of sockets are not told any more", "error", err)
			}
			return
		}
		for _, end := range ends {
			s.end(end.Cookie, end.Sent, end.Received)
		}
		if lost {
			s.findEnded()
		}
	}
}

// findEnded looks for sockets that are no more, and forgets them. A socket is
// when the kernel lists it, or the program has it where it was last seen:
// before it has a peer or listens, it is not listed.
func (s *Supervisor) findEnded() {
	began := time.Now()
	defer func() { s.ends.looked(began) }()
	var ended []ending
	living := make(map[uint64]bool)
	for _, k := range s.sockets.all() {
		if uses, ok := k.atRest(); ok {
			ended = append(ended, ending{k, uses})
			living[k.cookie] = false
		}
	}
	if len(ended) == 0 {
		return
	}
	if e := diag.Living(living); e != 0 {
		s.warnOnce("living", "the living sockets cannot be listed", "error", e)
		return
	}
	ended = slices.DeleteFunc(ended, func(end ending) bool { return living[end.k.cookie] || end.k.held() })
	for some := range slices.Chunk(ended, endTogether) {
		s.working.Go(func() {
			for _, end := range some {
				end.k.endAtRest(end.uses)
			}
		})
	}
}

// findLast looks for sockets that are no more once all processes have ended.
// The kernel closes what a process has open when it has ended already.
func (s *Supervisor) findLast() {
	for wait := time.Millisecond; !s.ends.told(); wait = min(2*wait, time.Second) {
		s.findEnded()
		select {
		case <-s.stopped:
			return
		case <-time.After(wait):
		}
	}
}

// An ending is a socket that may have ended, and how often it was used before.
type ending struct {
	k    *socket
	uses uint32
}

// endTogether is how many sockets are ended one after the other, as ending one
// may take long.
const endTogether = 64

// atRest reports whether a socket may have ended without anybody's noticing,
// and how often it was used before. A relay notices, and so does who waits for
// a connect.
func (k *socket) atRest() (uses uint32, ok bool) {
	if k.elsewhere || !k.mu.TryLock() {
		return 0, false
	}
	defer k.mu.Unlock()
	return k.uses.Load(), k.attempt == nil && k.relay == nil
}

// held reports whether the program has the socket where it was last seen.
func (k *socket) held() bool {
	at := k.place.Load()
	if at == nil {
		return false
	}
	fd, ok := k.s.reach(*at, k.cookie)
	if ok {
		sys.Close(fd)
	}
	return ok
}

// A place is where a program has a socket.
type place struct{ tid, fd int }

// reach returns a descriptor of our own for a socket of the program, if it is
// still where it was.
func (s *Supervisor) reach(at place, cookie uint64) (fd int, ok bool) {
	p, e := s.processes.get(at.tid)
	if e != 0 {
		return -1, false
	}
	defer p.release()
	if fd, e = foreign.Descriptor(p.pidfd, at.fd); e != 0 {
		return -1, false
	}
	if now, e := sys.Cookie(fd); e == 0 && now == cookie {
		return fd, true
	}
	sys.Close(fd)
	return -1, false
}

// end forgets a socket that the kernel has no more. What is left of it is
// closed by a goroutine, as its chain may take long.
func (s *Supervisor) end(cookie, sent, received uint64) {
	if k := s.sockets.remove(cookie); k != nil {
		s.working.Go(func() {
			k.mu.Lock()
			defer k.mu.Unlock()
			k.endLocked(sent, received)
		})
	}
}

// endAtRest ends a socket, unless it was used again.
func (k *socket) endAtRest(uses uint32) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.uses.Load() == uses && k.attempt == nil && k.relay == nil {
		k.s.sockets.remove(k.cookie)
		k.endLocked(0, 0)
	}
}

func (k *socket) endLocked(sent, received uint64) {
	k.gone = true
	if !k.counted {
		k.s.stats.sent.Add(sent)
		k.s.stats.received.Add(received)
	}
	if k.attempt != nil {
		k.attempt.stop()
	}
	for _, a := range k.queue {
		a.drop()
	}
	k.queue = nil
	k.closeLocked()
}
