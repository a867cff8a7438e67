// SPDX-License-Identifier: Apache-2.0

package object

// An Event is an event object: something to signal and to wait for, and
// nothing else.
type Event struct {
	Header
	Signal
}

// NewEvent makes an event that is not signalled. It stays signalled until it
// is reset, unless auto says that one satisfied wait resets it.
//
// Errors: WSAEMFILE when the handle space is full.
func NewEvent(auto bool) (*Event, error) {
	e := new(Event)
	if auto {
		e.SetAuto()
	}
	if _, err := Open(e); err != nil {
		return nil, err
	}
	return e, nil
}

// Close ends the handle. Waits for the event, which are undefined on
// Windows, end with WSA_INVALID_HANDLE. It reports false if somebody else
// closed the event before. Who still knows the event may go on signalling
// it; nobody will notice.
func (e *Event) Close() bool {
	if !Close(e) {
		return false
	}
	e.Abandon()
	return true
}

// Destroy is called by the last user. An event holds nothing but itself.
func (e *Event) Destroy() {}
