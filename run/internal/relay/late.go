// SPDX-License-Identifier: Apache-2.0

package relay

import (
	"log/slog"
	"runtime/debug"
	"sync"
	"time"

	"winsock"
	"winsock/internal/sys"
	"winsock/spi"
)

// A side that has finished sending may still be reset, and the other side is
// to hear of it when it happens and not with its next send.

// awaitHangUp waits, when near has ended, until it was reset or both
// directions are over.
func (r *Relay) awaitHangUp() {
	r.nearEnded.Store(true)
	over := func(fd uintptr) bool {
		p := sys.Poll(int(fd), 0)
		if p&sys.POLLERR != 0 {
			r.breakOff()
			return true
		}
		return p&sys.POLLHUP != 0 || r.ended.Load()
	}
	_ = r.conn.Read(over) // the deadline of breakOff or finished ends it
}

// finished ends the waiting of awaitHangUp.
func (r *Relay) finished() {
	r.ended.Store(true)
	if !r.broken.Load() && r.nearEnded.Load() {
		_ = r.near.SetReadDeadline(time.Unix(1, 0))
	}
}

// A lateReset watches the far side for a reset.
type lateReset struct {
	watcher spi.Watcher

	mu   sync.Mutex // protects sock; held while it is asked
	sock spi.Socket // nil once it may not be asked any more
}

// watchFar breaks the relay off when far is reset. A layer that fails in it
// watches nothing.
func (r *Relay) watchFar() {
	sock, err := winsock.BaseSocket(r.far, nil)
	if err != nil {
		return
	}
	l := &lateReset{sock: sock}
	l.watcher.Mask = spi.EventReset
	l.watcher.Notify = func(e spi.Events) {
		if e&spi.EventReset != 0 {
			go l.check(r)
		}
	}
	if guarded(func() { sock.Watch(&l.watcher) }) {
		r.late = l
	}
}

// check looks whether the side was reset, or has only ended in both
// directions.
func (l *lateReset) check(r *Relay) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.sock == nil {
		return
	}
	guarded(func() {
		if l.sock.Ready(spi.EventReset) != 0 {
			r.breakOff()
		}
	})
}

func (l *lateReset) stop() {
	l.mu.Lock()
	defer l.mu.Unlock()
	sock := l.sock
	l.sock = nil
	guarded(func() { sock.Unwatch(&l.watcher) })
}

// guarded reports whether f, which runs code of layers, went well.
func guarded(f func()) (ok bool) {
	defer func() {
		if v := recover(); v != nil {
			slog.Error("winsock run: a layer failed", "panic", v, "stack", string(debug.Stack()))
		}
	}()
	f()
	return true
}
