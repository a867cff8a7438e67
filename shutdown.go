// SPDX-License-Identifier: Apache-2.0

package winsock

import "winsock/wsa"

// shutdown ends directions. Overlapped receives that are under way still get
// their data (difference 76), of which a provider knows nothing: it hears of
// the end of the receiving direction when they have ended, and until then
// further receives are refused here.
func (s *socket) shutdown(how int32) error {
	top := s.path.Load().top
	a := s.async.Load()
	if how == wsa.SD_SEND || a == nil {
		return top.Shutdown(how)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if r := a.recv.first(); r == nil || r.accepts() {
		return top.Shutdown(how)
	}
	if how == wsa.SD_BOTH {
		if err := top.Shutdown(wsa.SD_SEND); err != nil {
			return err
		}
	}
	a.shutting.Store(true)
	return nil
}

// shutLocked is what remains to be done when the last receive has ended.
func (a *async) shutLocked() {
	a.sock.guard("Shutdown", func() {
		// A connection that broke meanwhile refuses receives by itself.
		_ = a.sock.path.Load().top.Shutdown(wsa.SD_RECEIVE)
	})
	a.shutting.Store(false)
}
