// SPDX-License-Identifier: Apache-2.0

package winsock

import (
	"log/slog"
	"runtime/debug"

	"winsock/spi"
	"winsock/wsa"
)

// done ends a call that use began. If a provider panicked in it, the call
// fails with WSAECONNABORTED, the socket is cut off from its chain, and the
// rest of the program lives on.
func (s *socket) done(call string, err *error) {
	if v := recover(); v != nil {
		s.fail(call, v)
		*err = wsa.WSAECONNABORTED
	}
	s.Release()
}

// fail takes a socket whose chain has panicked off that chain. Every further
// call on it answers WSAECONNABORTED.
func (s *socket) fail(call string, v any) {
	slog.Error("winsock: a provider failed; its socket is aborted",
		"call", call, "chain", s.info.Name, "entry", s.info.CatalogEntryID,
		"panic", v, "stack", string(debug.Stack()))
	old := s.path.Swap(&path{top: aborted{}, data: aborted{}})
	if _, twice := old.top.(aborted); twice {
		return
	}
	s.recv.wake()
	s.send.wake()
	s.selection.failed()
	if a := s.async.Load(); a != nil {
		a.failed()
	}
	go func() {
		if l, ok := old.top.(spi.Lingerer); ok {
			guarded(s.info, l.Abort)
		}
		if old.parker != nil {
			guarded(s.info, old.parker.Unpark)
		}
		closeGuarded(old.top, s.info)
	}()
}

// closeGuarded closes a chain that may panic while doing so.
func closeGuarded(top spi.Socket, info *wsa.ProtocolInfo) {
	guarded(info, func() { _ = top.Close() }) // it is gone whatever Close returns
}

func guarded(info *wsa.ProtocolInfo, f func()) {
	defer func() {
		if v := recover(); v != nil {
			slog.Error("winsock: a provider failed while closing", "chain", info.Name, "panic", v, "stack", string(debug.Stack()))
		}
	}()
	f()
}

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
