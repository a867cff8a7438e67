// SPDX-License-Identifier: Apache-2.0

package message

import (
	"time"

	"winsock/object"
	"winsock/wsa"
)

// Wait waits until one of the objects is signalled, or a message of one of
// the kinds in wake has come that the thread has not yet looked at
// ("MsgWaitForMultipleObjectsEx function"). It returns the index of the
// object, len(objects) for a message, or object.TimedOut or object.Alerted,
// as [object.Wait] does. It retrieves and answers no message.
//
// flags: with MWMO_WAITALL it waits for all of the objects and a message at
// once, and returns 0; with MWMO_INPUTAVAILABLE a message that is in the
// queue counts even if the thread has looked at the queue since it came;
// with MWMO_ALERTABLE, alert ends the wait. A negative timeout means forever.
//
// Errors: those of [object.Wait]; ERROR_INVALID_THREAD_ID when the thread is
// closed.
func (t *Thread) Wait(objects []object.Waitable, flags uint32, timeout time.Duration, wake uint32, alert *object.Signal) (int, error) {
	if !t.arm(wake, flags&MWMO_INPUTAVAILABLE != 0) {
		return 0, wsa.ERROR_INVALID_THREAD_ID
	}
	if flags&MWMO_ALERTABLE == 0 {
		alert = nil
	}
	var room [wsa.WSA_MAXIMUM_WAIT_EVENTS]object.Waitable
	list := append(append(room[:0], objects...), &t.input)
	i, err := object.Wait(list, flags&MWMO_WAITALL != 0, timeout, alert)
	if err == nil && t.Closing() {
		return 0, wsa.ERROR_INVALID_THREAD_ID
	}
	return i, err
}
