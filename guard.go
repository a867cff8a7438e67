// SPDX-License-Identifier: Apache-2.0

package winsock

import (
	"log/slog"
	"runtime/debug"
	"time"

	"winsock/object"
	"winsock/spi"
	"winsock/wsa"
)

// done ends a call that use began. If a provider panicked in it, the call
// fails with WSAECONNABORTED, the socket is cut off from its chain, and the
// rest of the program lives on.
func (s *socket) done(call string, err *error) {
	if v := recover(); v != nil {
		if p, ok := v.(programPanic); ok {
			s.Release()
			panic(p.value)
		}
		s.fail(call, v)
		*err = wsa.WSAECONNABORTED
	}
	s.Release()
}

// A programPanic is a panic of the program's own code, which a call has run
// and which is to reach the program.
type programPanic struct{ value any }

// fail takes a socket whose chain has panicked off that chain. Every further
// call on it answers WSAECONNABORTED.
func (s *socket) fail(call string, v any) {
	logFailure(s.info(), call, v)
	old := s.path.Swap(abortedPath)
	if old == abortedPath {
		return
	}
	s.wakeAll()
	s.selection.failed()
	if a := s.async.Load(); a != nil {
		a.failed()
	}
	if s.Hold() {
		go s.routineLeave(old)
	} else {
		s.left.Store(old) // closed already: the last user closes the chain
	}
}

// routineLeave closes a chain that the socket was cut off from, so that its
// peer hears of it at once. Calls that were under way in it come first: they
// are woken, and hold a use for as long as they last.
func (s *socket) routineLeave(old *path) {
	defer s.Release()
	if l, ok := spi.As[spi.Lingerer](old.top); ok {
		guarded(s.info(), l.Abort)
	}
	if p := old.parker(); p != nil {
		guarded(s.info(), p.Unpark)
	}
	wait := 10 * time.Microsecond
	for end := time.Now().Add(settleTime); s.Uses() > 2+s.duplicates.Load().count(); wait = min(2*wait, time.Millisecond) { // the handles' and this one
		if s.Closing() || time.Now().After(end) {
			s.left.Store(old) // to the last user
			return
		}
		time.Sleep(wait)
	}
	if a := s.async.Load(); a != nil { // the engine holds a lock instead of a use
		a.rest()
	}
	closeGuarded(old.top, s.info())
}

func init() { spi.OnNoticeLost(tellEverybody) }

// tellEverybody makes all that wait on sockets look again, as the notice of
// one of them was lost in a layer that panicked.
func tellEverybody() {
	for _, o := range object.All() {
		if s := socketIn(o); s != nil {
			if h := s.halves.Load(); h != nil {
				h[spi.Receiving].tell()
				h[spi.Sending].tell()
			}
			if r := s.selection.recorder.Load(); r != nil {
				r.notify(spi.EventAll)
			}
			if a := s.async.Load(); a != nil {
				a.notify(spi.EventAll)
				a.changes().notify(0)
			}
		}
		release(o)
	}
}

// tell makes every waiter of the direction believe that something happened.
func (h *half) tell() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for w := h.waiters; w != nil; w = w.next {
		w.Notify(spi.EventAll)
	}
}

// logFailure says that a provider has panicked.
func logFailure(info *wsa.ProtocolInfo, call string, v any) {
	slog.Error("winsock: a provider failed; its socket is aborted",
		"call", call, "chain", info.Name, "entry", info.CatalogEntryID,
		"panic", v, "stack", string(debug.Stack()))
}

// closeGuarded closes a chain that may panic while doing so. What a layer
// then has not closed below it is closed all the same.
func closeGuarded(top spi.Socket, info *wsa.ProtocolInfo) {
	if guarded(info, func() { _ = top.Close() }) { // it is gone whatever Close returns
		return
	}
	if a, ok := spi.As[spi.Abandoner](top); ok {
		guarded(info, a.Abandon)
	}
}

// guarded reports whether f went well.
func guarded(info *wsa.ProtocolInfo, f func()) (ok bool) {
	defer func() {
		if v := recover(); v != nil {
			slog.Error("winsock: a provider failed while closing", "chain", info.Name, "panic", v, "stack", string(debug.Stack()))
		}
	}()
	f()
	return true
}

// abortedPath is the path of a socket whose chain has failed.
var abortedPath = &path{top: aborted{}, data: aborted{}}

// aborted stands for a chain that has failed.
type aborted struct{}

var _ spi.Socket = aborted{}

func (aborted) Bind(*wsa.Sockaddr) error                     { return wsa.WSAECONNABORTED }
func (aborted) Connect(*wsa.Sockaddr) error                  { return wsa.WSAECONNABORTED }
func (aborted) ConnectResult() error                         { return wsa.WSAECONNABORTED }
func (aborted) Listen(int32) error                           { return wsa.WSAECONNABORTED }
func (aborted) Accept(*wsa.Sockaddr) (spi.Socket, error)     { return nil, wsa.WSAECONNABORTED }
func (aborted) Send(*spi.Message) (int, error)               { return 0, wsa.WSAECONNABORTED }
func (aborted) Recv(*spi.Message) (int, error)               { return 0, wsa.WSAECONNABORTED }
func (aborted) Shutdown(int32) error                         { return wsa.WSAECONNABORTED }
func (aborted) Close() error                                 { return nil }
func (aborted) GetSockName(*wsa.Sockaddr) error              { return wsa.WSAECONNABORTED }
func (aborted) GetPeerName(*wsa.Sockaddr) error              { return wsa.WSAECONNABORTED }
func (aborted) GetSockOpt(_, _ int32, _ []byte) (int, error) { return 0, wsa.WSAECONNABORTED }
func (aborted) SetSockOpt(_, _ int32, _ []byte) error        { return wsa.WSAECONNABORTED }
func (aborted) Ioctl(uint32, []byte, []byte) (int, error)    { return 0, wsa.WSAECONNABORTED }
func (aborted) Ready(mask spi.Events) spi.Events             { return mask & spi.EventReset }
func (aborted) Watch(*spi.Watcher)                           {}
func (aborted) Unwatch(*spi.Watcher)                         {}
