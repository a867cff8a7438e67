// SPDX-License-Identifier: Apache-2.0

package spi

import "strings"

// Events is a set of conditions of a socket.
type Events uint32

const (
	// EventRead: Recv would return data (not merely the end of it).
	EventRead Events = 1 << iota
	// EventWrite: Send would take data. Never set on a stream that is not
	// connected.
	EventWrite
	// EventOOB: urgent data can be received with MSG_OOB.
	EventOOB
	// EventAccept: Accept would return a connection.
	EventAccept
	// EventConnect: the connection is established.
	EventConnect
	// EventConnectFail: the last Connect failed; ConnectResult says why.
	EventConnectFail
	// EventClose: the peer has finished sending. Data that came before may
	// still be waiting (then EventRead is set as well).
	EventClose
	// EventReset: the connection was reset or aborted, or an error waits to
	// be reported by Recv or Send.
	EventReset

	// EventAll is every event that is a condition of the socket: all but
	// EventsChange.
	EventAll = EventReset<<1 - 1

	// EventsEnd is what no further progress will change: whoever waits for
	// anything wants these too.
	EventsEnd = EventConnectFail | EventClose | EventReset
)

// What may have changed around the socket. These events are only told, and
// never held: Ready has none of them. Who is told asks by the control code
// whether there is a change, see [ChangedSince]. A watcher for them has no
// others in its mask; a layer that keeps watchers of its own puts such a one
// on the socket below.
const (
	// EventAddressList: the local addresses of the socket's family, for
	// SIO_ADDRESS_LIST_CHANGE.
	EventAddressList Events = (EventAll + 1) << iota
	// EventRouting: the way to other addresses, for
	// SIO_ROUTING_INTERFACE_CHANGE.
	EventRouting

	// EventsChange is both.
	EventsChange = EventAddressList | EventRouting
)

var eventNames = [...]string{"read", "write", "oob", "accept", "connect", "connect-fail", "close", "reset",
	"address-list", "routing"}

// String lists the events' names, separated by "|".
func (e Events) String() string {
	var names []string
	for i, name := range eventNames {
		if e&(1<<i) != 0 {
			names = append(names, name)
		}
	}
	return strings.Join(names, "|")
}
