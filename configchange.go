// SPDX-License-Identifier: Apache-2.0

package winsock

import (
	"context"

	"winsock/catalog"
	"winsock/object"
	"winsock/wsa"
)

// A configNotification is what a notification handle of
// WSAProviderConfigChange names. While calls pend, a goroutine waits for the
// catalog.
type configNotification struct {
	object.Header

	owner async              // where ends are told; its lock protects what follows
	calls requestQueue       // each with the snapshot of its beginning
	stop  context.CancelFunc // ends the goroutine, nil if there is none
}

// Destroy has nothing to do.
func (*configNotification) Destroy() {}

// WSAProviderConfigChange tells of changes of the catalog
// ("WSAProviderConfigChange function"). The first call, with a zero handle,
// stores a notification handle and returns at once. Later calls with that
// handle end when providers have been installed, removed or changed since
// the call was made, by this process or another one. Without an overlapped
// structure a call waits; with one, its end is told by the event of the
// structure, the completion routine, the port that the handle is associated
// with ([CreateIoCompletionPort]), or the handle itself. The handle is closed
// with [CloseHandle], which cancels the calls.
//
// Errors: WSANOTINITIALISED; WSAEFAULT for nil; WSA_INVALID_HANDLE for a
// handle that is not of this kind; WSAEMFILE; WSA_IO_PENDING for an
// overlapped call; WSAEINVAL for a completion routine where there is a port;
// WSA_INVALID_PARAMETER for a structure whose operation has not ended. A call
// ends with WSA_OPERATION_ABORTED when the handle is closed or Winsock is
// cleaned up, one that waits with WSAEINTR in the latter case.
func WSAProviderConfigChange(notification *HANDLE, overlapped *Overlapped, completion *Completion) error {
	if err := requireStartup(); err != nil {
		return err
	}
	if notification == nil {
		return wsa.WSAEFAULT
	}
	if *notification == 0 {
		h, err := object.Open(new(configNotification))
		if err != nil {
			return err
		}
		*notification = h
		return nil
	}
	n, err := useNotification(*notification)
	if err != nil {
		return err
	}
	defer n.Release()
	if overlapped != nil {
		return n.start(overlapped, completion)
	}
	r := newRequest(nil, nil)
	end := &syncEnd{ended: make(chan struct{})}
	r.ofExtras().sync = end
	if err := n.pend(r); err != wsa.WSA_IO_PENDING {
		return err
	}
	<-end.ended
	return end.err
}

func useNotification(h HANDLE) (*configNotification, error) {
	o := object.Acquire(h)
	n, ok := o.(*configNotification)
	if !ok {
		release(o)
		return nil, wsa.WSA_INVALID_HANDLE
	}
	return n, nil
}

// start begins an overlapped call.
func (n *configNotification) start(overlapped *Overlapped, completion *Completion) error {
	switch {
	case completion != nil && (completion.Routine == nil || n.owner.hasPort()):
		return wsa.WSAEINVAL
	case !overlapped.Done() && n.pending(overlapped):
		return wsa.WSA_INVALID_PARAMETER
	}
	r := newRequest(nil, overlapped)
	r.ofExtras().completion = completion
	return n.pend(r)
}

func (n *configNotification) pend(r *request) error {
	since := theCatalog.Refresh()
	n.owner.mu.Lock()
	defer n.owner.mu.Unlock()
	if err := n.owner.beginLocked(r); err != nil {
		n.owner.dropLocked(r)
		return err
	}
	if n.owner.closed {
		_, err := n.owner.refuseLocked(r, wsa.WSA_OPERATION_ABORTED)
		return err
	}
	r.mark()
	r.ofExtras().more = since
	n.calls.push(r)
	if n.stop == nil {
		ctx, stop := context.WithCancel(context.Background())
		n.stop = stop
		go n.routineWait(ctx, since)
	}
	return wsa.WSA_IO_PENDING
}

// routineWait waits for the catalog until no call pends any more. The oldest
// call is the first to be due.
func (n *configNotification) routineWait(ctx context.Context, since *catalog.Snapshot) {
	for {
		now, err := theCatalog.Wait(ctx, since)
		if err != nil {
			return // stopped
		}
		if since = n.changed(ctx, now); since == nil {
			return
		}
	}
}

// changed ends the calls that were made before now was the catalog. It
// returns the snapshot of the oldest call that is left.
func (n *configNotification) changed(ctx context.Context, now *catalog.Snapshot) *catalog.Snapshot {
	n.owner.mu.Lock()
	defer n.owner.mu.Unlock()
	if ctx.Err() != nil { // what is left is another goroutine's
		return nil
	}
	for _, r := range n.calls.take(func(r *request) bool { return snapshotOf(r).Generation() != now.Generation() }) {
		n.owner.completeLocked(r, later)
	}
	oldest := n.calls.first()
	if oldest == nil {
		n.stopLocked()
		return nil
	}
	return snapshotOf(oldest)
}

// snapshotOf returns the catalog at the beginning of a call.
func snapshotOf(r *request) *catalog.Snapshot { return r.extras.more.(*catalog.Snapshot) }

func (n *configNotification) stopLocked() {
	if n.stop != nil {
		n.stop()
		n.stop = nil
	}
}

func (n *configNotification) pending(overlapped *Overlapped) bool {
	n.owner.mu.Lock()
	defer n.owner.mu.Unlock()
	return n.calls.has(func(r *request) bool { return r.overlapped == overlapped })
}

// cancel ends calls that want picks, and returns how many there were. code is
// for those that wait.
func (n *configNotification) cancel(code wsa.Errno, want func(*request) bool) int {
	n.owner.mu.Lock()
	defer n.owner.mu.Unlock()
	taken := n.calls.take(want)
	for _, r := range taken {
		r.err = wsa.WSA_OPERATION_ABORTED
		if r.waitedFor() {
			r.err = code.Err()
		}
		n.owner.completeLocked(r, later)
	}
	if n.calls.last == nil {
		n.stopLocked()
	}
	return len(taken)
}

// cancelNotification is CancelIo and CancelIoEx of a notification handle.
func cancelNotification(h HANDLE, want func(*request) bool) error {
	n, err := useNotification(h)
	if err != nil {
		return err
	}
	defer n.Release()
	if n.cancel(wsa.WSA_OPERATION_ABORTED, want) == 0 {
		return wsa.ERROR_NOT_FOUND
	}
	return nil
}

// close ends the handle and what was begun with it.
func (n *configNotification) close() bool {
	if !object.Close(n) {
		return false
	}
	n.owner.mu.Lock()
	n.owner.closed = true // no call begins from here on
	n.owner.mu.Unlock()
	n.cancel(wsa.WSA_OPERATION_ABORTED, func(*request) bool { return true })
	n.owner.close()
	return true
}
