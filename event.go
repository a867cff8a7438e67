// SPDX-License-Identifier: Apache-2.0

package winsock

import (
	"time"

	"winsock/object"
	"winsock/wsa"
)

// WSACreateEvent creates an event object that is not signalled and stays
// signalled until it is reset ("WSACreateEvent function").
//
// Errors: WSANOTINITIALISED, WSA_NOT_ENOUGH_MEMORY when there are too many
// handles.
func WSACreateEvent() (HANDLE, error) {
	if err := requireStartup(); err != nil {
		return wsa.WSA_INVALID_EVENT, err
	}
	e, err := object.NewEvent(false)
	if err != nil {
		return wsa.WSA_INVALID_EVENT, wsa.WSA_NOT_ENOUGH_MEMORY
	}
	return e.Handle(), nil
}

// WSACloseEvent closes an event object ("WSACloseEvent function"). Waits for
// it end with WSA_INVALID_HANDLE. A socket's selection that was to signal it
// goes on to record what happens, and signals nothing.
//
// Errors: WSANOTINITIALISED, WSA_INVALID_HANDLE.
func WSACloseEvent(event HANDLE) error {
	e, err := useEvent(event)
	if err != nil {
		return err
	}
	defer e.Release()
	if !e.Close() {
		return wsa.WSA_INVALID_HANDLE
	}
	return nil
}

// WSASetEvent signals an event object ("WSASetEvent function").
//
// Errors: WSANOTINITIALISED, WSA_INVALID_HANDLE.
func WSASetEvent(event HANDLE) error {
	e, err := useEvent(event)
	if err != nil {
		return err
	}
	e.Set()
	e.Release()
	return nil
}

// WSAResetEvent takes an event object's signal back ("WSAResetEvent
// function").
//
// Errors: WSANOTINITIALISED, WSA_INVALID_HANDLE.
func WSAResetEvent(event HANDLE) error {
	e, err := useEvent(event)
	if err != nil {
		return err
	}
	e.Reset()
	e.Release()
	return nil
}

// WSAWaitForMultipleEvents waits until one or all of up to 64 objects are
// signalled ("WSAWaitForMultipleEvents function"). timeout is in
// milliseconds, 0 to look only, WSA_INFINITE to wait forever. The result is
// WSA_WAIT_EVENT_0 plus the index of the object, the lowest if several are
// signalled, or WSA_WAIT_TIMEOUT. An alertable wait runs the completion
// routines that are queued for the calling thread (see [CurrentThread]) and
// then returns WSA_WAIT_IO_COMPLETION; [Thread.Wait] does so for an explicit
// thread.
//
// Errors, with WSA_WAIT_FAILED: WSANOTINITIALISED; WSA_INVALID_PARAMETER for
// no handle or more than 64, and for one that is named twice in a wait for
// all; WSA_INVALID_HANDLE for a handle that cannot be waited for, or is
// closed meanwhile.
func WSAWaitForMultipleEvents(events []HANDLE, waitAll bool, timeout uint32, alertable bool) (uint32, error) {
	if err := requireStartup(); err != nil {
		return wsa.WSA_WAIT_FAILED, err
	}
	if len(events) > wsa.WSA_MAXIMUM_WAIT_EVENTS {
		return wsa.WSA_WAIT_FAILED, wsa.WSA_INVALID_PARAMETER
	}
	d := time.Duration(-1)
	if timeout != wsa.WSA_INFINITE {
		d = time.Duration(timeout) * time.Millisecond
	}
	var room [wsa.WSA_MAXIMUM_WAIT_EVENTS]object.Waitable
	var i int
	var err error
	if t := knownThread(); alertable && t != nil {
		i, err = t.wait(room[:0], events, waitAll, d)
	} else {
		i, err = waitFor(room[:0], events, waitAll, d, nil)
	}
	switch {
	case err != nil:
		return wsa.WSA_WAIT_FAILED, err
	case i == object.TimedOut:
		return uint32(wsa.WSA_WAIT_TIMEOUT), nil
	}
	return wsa.WSA_WAIT_EVENT_0 + uint32(i), nil // or WSA_WAIT_IO_COMPLETION
}

// WaitForEvents is WSAWaitForMultipleEvents for Go programs: for any number
// of objects, and with a Go duration, of which a negative one means forever.
// The result is the index.
//
// Errors: those of [WSAWaitForMultipleEvents] but for the limit;
// WSA_WAIT_TIMEOUT.
func WaitForEvents(events []HANDLE, all bool, timeout time.Duration) (int, error) {
	if err := requireStartup(); err != nil {
		return 0, err
	}
	i, err := waitFor(make([]object.Waitable, 0, len(events)), events, all, timeout, nil)
	if err == nil && i == object.TimedOut {
		return 0, wsa.WSA_WAIT_TIMEOUT
	}
	return i, err
}

// waitFor acquires the objects, into list, for the time of the wait. alert,
// if not nil, interrupts it.
func waitFor(list []object.Waitable, handles []HANDLE, all bool, timeout time.Duration, alert *object.Signal) (int, error) {
	defer func() {
		for _, o := range list {
			o.Release()
		}
	}()
	for _, h := range handles {
		o := object.Acquire(h)
		w, ok := waitable(o)
		if !ok {
			release(o)
			return 0, wsa.WSA_INVALID_HANDLE
		}
		list = append(list, w)
	}
	return object.Wait(list, all, timeout, alert)
}

// waitable is what a wait for an object waits for. A socket is signalled by
// overlapped operations that have no event.
func waitable(o object.Object) (object.Waitable, bool) {
	switch o := o.(type) {
	case *socket:
		return socketSignal{o, o.ofAsync().ofSignal()}, true
	case *duplicate:
		return duplicateSignal{o, o.sock.ofAsync().ofSignal()}, true
	case *configNotification:
		return notificationSignal{o, o.owner.ofSignal()}, true
	}
	w, ok := o.(object.Waitable)
	return w, ok
}

// A socketSignal is a socket as something to wait for.
type socketSignal struct {
	*socket
	*object.Signal
}

// A duplicateSignal is a further handle of a socket as something to wait for.
type duplicateSignal struct {
	*duplicate
	*object.Signal
}

// A notificationSignal is a notification handle as something to wait for.
type notificationSignal struct {
	*configNotification
	*object.Signal
}

// useEvent finds an event object. The caller releases it.
//
// Errors: WSANOTINITIALISED, WSA_INVALID_HANDLE.
func useEvent(h HANDLE) (*object.Event, error) {
	if err := requireStartup(); err != nil {
		return nil, err
	}
	o := object.Acquire(h)
	e, ok := o.(*object.Event)
	if !ok {
		release(o)
		return nil, wsa.WSA_INVALID_HANDLE
	}
	return e, nil
}

// release ends the use of an object of any kind, nil included.
func release(o object.Object) {
	if o != nil {
		o.(interface{ Release() }).Release()
	}
}
