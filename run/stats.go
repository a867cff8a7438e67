// SPDX-License-Identifier: Apache-2.0

package run

import (
	"net/netip"
	"time"
)

// Stats are the counts of a supervisor since it was started.
type Stats struct {
	Calls    uint64 // network calls that were intercepted
	Direct   uint64 // connections whose data does not pass the supervisor
	Relayed  uint64 // connections whose data does
	Accepted uint64 // of both, those that a server accepted
	Refused  uint64 // connection attempts that failed
	Denied   uint64 // calls that were refused as not understood
	Sent     uint64 // bytes, as far as they are known
	Received uint64
	Queries  uint64 // DNS queries answered

	Layers []LayerStats // from the top down
}

// LayerStats are the counts at one place of the chains.
type LayerStats struct {
	Name   string
	Calls  uint64
	Errors uint64
	Time   time.Duration // spent in the layer itself
}

// A Connection describes a connection of the program.
type Connection struct {
	ID       uint64 // unique within the supervisor
	PID      int
	Program  string // the name of its executable
	Protocol string // "tcp" or "udp"
	Accepted bool   // by a server, else made by a client
	Relayed  bool
	State    string // "connecting", "open" or "closed"
	Chain    string // the providers it goes through, such as "trace > kernel"

	Local  netip.AddrPort // as the program sees it
	Peer   netip.AddrPort // whom the program asked for, or accepted
	Actual netip.AddrPort // where the chain went

	Since          time.Time
	Sent, Received uint64 // bytes of the program
	Err            string // how it failed
}
