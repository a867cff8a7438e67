// SPDX-License-Identifier: Apache-2.0

package run

import (
	"net/netip"
	"time"
)

// Stats are the counts of a supervisor since it was started.
type Stats struct {
	Calls    uint64 `json:"calls"`    // network calls that were intercepted
	Direct   uint64 `json:"direct"`   // connections whose data does not pass the supervisor
	Relayed  uint64 `json:"relayed"`  // connections whose data does
	Accepted uint64 `json:"accepted"` // of both, those that a server accepted
	Refused  uint64 `json:"refused"`  // connection attempts that failed
	Denied   uint64 `json:"denied"`   // calls that were refused as not understood
	Sent     uint64 `json:"sent"`     // bytes, as far as they are known
	Received uint64 `json:"received"`
	Queries  uint64 `json:"queries"` // DNS queries answered

	Layers []LayerStats `json:"layers"` // from the top down
}

// LayerStats are the counts at one place of the chains.
type LayerStats struct {
	Name   string        `json:"name"`
	Calls  uint64        `json:"calls"`
	Errors uint64        `json:"errors"`
	Time   time.Duration `json:"time"` // spent in the layer itself
}

// A Connection describes a connection of the program.
type Connection struct {
	ID       uint64 `json:"id"` // unique within the supervisor
	PID      int    `json:"pid"`
	Program  string `json:"program"`  // the name of its executable
	Protocol string `json:"protocol"` // "tcp" or "udp"
	Accepted bool   `json:"accepted"` // by a server, else made by a client
	Relayed  bool   `json:"relayed"`
	State    string `json:"state"` // "connecting", "open" or "closed"
	Chain    string `json:"chain"` // the providers it goes through, such as "trace > kernel"

	Local  netip.AddrPort `json:"local"`  // as the program sees it
	Peer   netip.AddrPort `json:"peer"`   // whom the program asked for, or accepted
	Actual netip.AddrPort `json:"actual"` // where the chain went

	Since    time.Time `json:"since"`
	Sent     uint64    `json:"sent"` // bytes of the program
	Received uint64    `json:"received"`
	Err      string    `json:"err"` // how it failed
}
