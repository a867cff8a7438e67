// SPDX-License-Identifier: Apache-2.0

package run

import (
	"net/netip"
	"time"

	"winsock/spi/meter"
)

// Stats are the counts of a supervisor since it was started.
type Stats struct {
	Calls    uint64 `json:"calls"`    // network calls that were intercepted
	Direct   uint64 `json:"direct"`   // connections whose data does not pass the supervisor
	Relayed  uint64 `json:"relayed"`  // connections whose data does
	Accepted uint64 `json:"accepted"` // of both, those that a server accepted
	Refused  uint64 `json:"refused"`  // connection attempts that failed
	Denied   uint64 `json:"denied"`   // calls that were refused as not understood
	Sent     uint64 `json:"sent"`     // bytes, as far as they are known: see CountDirect
	Received uint64 `json:"received"`
	Queries  uint64 `json:"queries"` // DNS queries answered

	Layers []LayerStats `json:"layers"` // from the top down
}

// LayerStats are the counts at one place of the chains.
type LayerStats struct {
	Name     string        `json:"name"`
	Calls    uint64        `json:"calls"`
	Errors   uint64        `json:"errors"`
	Time     time.Duration `json:"time"` // spent in the layer itself
	Sent     uint64        `json:"sent"` // bytes that have passed it
	Received uint64        `json:"received"`

	Groups []GroupStats `json:"groups"` // those of which there were calls
}

// GroupStats are the calls of one kind at one place.
type GroupStats struct {
	Group   string        `json:"group"`
	Calls   uint64        `json:"calls"`
	Blocked uint64        `json:"blocked"` // answered with WSAEWOULDBLOCK
	Errors  uint64        `json:"errors"`  // other than that
	Time    time.Duration `json:"time"`    // with that below
	Median  time.Duration `json:"p50"`     // of the time of a call
	P99     time.Duration `json:"p99"`

	Codes map[string]uint64 `json:"error_codes,omitempty"` // the errors by their names
}

// layerStats tells what was counted, of all chains together.
func layerStats(list []meter.Layer) (stats []LayerStats) {
	for _, l := range meter.Merge(list) {
		all := l.Sum()
		s := LayerStats{Name: l.Name, Calls: uint64(all.Calls), Errors: uint64(all.Errors), Time: l.Own,
			Sent: uint64(l.Sent), Received: uint64(l.Received)}
		for g := range meter.Groups {
			c := &l.Groups[g]
			if g == meter.Open || c.Calls == 0 { // opening is not timed
				continue
			}
			group := GroupStats{Group: g.String(), Calls: uint64(c.Calls), Blocked: uint64(c.Blocked), Errors: uint64(c.Errors),
				Time: c.Time, Median: c.Took.Quantile(0.5), P99: c.Took.Quantile(0.99)}
			for code, n := range c.Codes.All() {
				if group.Codes == nil {
					group.Codes = make(map[string]uint64)
				}
				group.Codes[meter.CodeName(code)] = uint64(n)
			}
			s.Groups = append(s.Groups, group)
		}
		stats = append(stats, s)
	}
	return stats
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

	// Of relayed connections, with Config.Meter: the calls that have moved
	// its data through the chain, and those of them that had to wait.
	Calls   uint64 `json:"calls,omitempty"`
	Blocked uint64 `json:"blocked,omitempty"`
}
