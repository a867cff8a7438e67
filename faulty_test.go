// SPDX-License-Identifier: Apache-2.0

package winsock

import (
	"sync/atomic"
	"testing"
	"time"

	"winsock/spi"
	"winsock/spi/layer"
	"winsock/wsa"
)

// A faulty layer panics in the calls that wait when told to.
type faulty struct{ layer.Base }

var faultyPanics atomic.Value // the name of the call that panics

func init() {
	spi.Register(&spi.Driver{
		Name:    "faulty",
		Summary: "a layer that panics, for tests",
		Startup: func(p *spi.StartupParams) (spi.Provider, error) {
			return layer.NewProvider(p, func(below spi.Socket, _ *spi.Opening) (spi.Socket, error) {
				return &faulty{layer.Base{Socket: below}}, nil
			}), nil
		},
	})
}

func (s *faulty) check(call string) {
	if faultyPanics.Load() == call {
		panic("faulty layer: " + call)
	}
}

func (s *faulty) Ready(mask spi.Events) spi.Events {
	s.check("Ready")
	return s.Socket.Ready(mask)
}

func (s *faulty) Watch(w *spi.Watcher) {
	s.check("Watch")
	s.Socket.Watch(w)
}

func (s *faulty) Unwatch(w *spi.Watcher) {
	s.check("Unwatch")
	s.Socket.Unwatch(w)
}

// TestWaitingOnFaultyProvider: a provider that panics while it is waited for
// costs its own socket the connection, and nobody else anything.
func TestWaitingOnFaultyProvider(t *testing.T) {
	for _, call := range []string{"Ready", "Watch", "Unwatch"} {
		t.Run(call, func(t *testing.T) {
			started(t)
			c, err := Compose(wsa.AF_INET, wsa.SOCK_STREAM, 0, nil, "faulty")
			must(t, err)
			faultyBed := &bed{T: t, open: func(int32, int32) (SOCKET, error) { return c.Socket(wsa.WSA_FLAG_OVERLAPPED) }}
			healthy, _ := connected(t, wsa.AF_INET)

			fail := func() {
				faultyPanics.Store(call)
				t.Cleanup(func() { faultyPanics.Store("") })
			}
			faultyPanics.Store("")
			_, s := faultyBed.connected()
			_, p := faultyBed.connected()
			_, w := faultyBed.connected()
			watch := faultyBed.selecting(w, wsa.FD_READ|wsa.FD_CLOSE)
			fail()

			timeout := 50 * time.Millisecond // for Unwatch, which is not called before
			read := FdSet{healthy, s}
			n, err := Select(&read, nil, nil, &timeout)
			must(t, err)
			fds := []PollFd{{Fd: healthy, Events: wsa.POLLIN}, {Fd: p, Events: wsa.POLLIN}}
			m, err := WSAPoll(fds, int32(timeout.Milliseconds()))
			must(t, err)
			if call == "Unwatch" {
				if n != 0 || m != 0 {
					t.Errorf("select found %v, WSAPoll %v", read, fds)
				}
			} else {
				if n != 1 || !read.IsSet(s) {
					t.Errorf("select found %v, want the failed socket", read)
				}
				wantPolled(t, "WSAPoll of the failed socket", fds[1].REvents, wsa.POLLHUP|wsa.POLLERR)
				wantPolled(t, "WSAPoll of the other", fds[0].REvents, 0)
			}
			_, err = Recv(s, make([]byte, 1), 0)
			wantErr(t, "recv of the failed socket", err, wsa.WSAECONNABORTED)
			watch.choose(0)                          // takes the watcher off
			watch.choose(wsa.FD_READ | wsa.FD_CLOSE) // puts it on and looks
			watch.wantCode("WSAEventSelect on the failed socket", wsa.FD_CLOSE, wsa.WSAECONNABORTED)
		})
	}
}

// TestFailsWhileWaited: a provider that fails in another call ends the wait,
// even if it fails again when it is left.
func TestFailsWhileWaited(t *testing.T) {
	for what, call := range map[string]string{"once": "", "again": "Unwatch"} {
		t.Run(what, func(t *testing.T) {
			started(t)
			c, err := Compose(wsa.AF_INET, wsa.SOCK_STREAM, 0, nil, "faulty")
			must(t, err)
			b := &bed{T: t, open: func(int32, int32) (SOCKET, error) { return c.Socket(wsa.WSA_FLAG_OVERLAPPED) }}
			faultyPanics.Store("")
			_, h := b.connected()
			result := make(chan int)
			go func() { result <- selectedOf(t, h, inRead, true) }()
			untilWatched(t, h)
			s, err := use(h)
			must(t, err)
			defer s.Release()
			faultyPanics.Store(call)
			t.Cleanup(func() { faultyPanics.Store("") })
			s.fail("a call of the test", "on purpose")
			wantSelected(t, "failed meanwhile", done(t, result), inRead)
		})
	}
}
