// SPDX-License-Identifier: Apache-2.0

package runmetrics

import (
	"strings"
	"testing"

	"winsock/metrics"
	"winsock/run"
)

// TestFamilies: each count is told by its name.
func TestFamilies(t *testing.T) {
	stats := run.Stats{Calls: 1, Direct: 2, Relayed: 3, Accepted: 4, Refused: 5, Denied: 6, Sent: 7, Received: 8, Queries: 9}
	connections := []run.Connection{{State: "open"}, {State: "open", Relayed: true}, {State: "open", Relayed: true}, {State: "connecting"}}
	text := string(metrics.Text(Families(stats, connections)))
	for _, line := range []string{
		"calls_total 1", `connections_total{path="direct"} 2`, `connections_total{path="relayed"} 3`, "accepted_connections_total 4",
		"failed_connects_total 5", "denied_calls_total 6", "sent_bytes_total 7", "received_bytes_total 8", "dns_queries_total 9",
		`open_connections{path="direct",state="open"} 1`, `open_connections{path="relayed",state="open"} 2`,
		`open_connections{path="direct",state="connecting"} 1`, `open_connections{path="relayed",state="connecting"} 0`,
	} {
		if !strings.Contains(text, "\nwinsock_run_"+line+"\n") {
			t.Errorf("there is no %q in\n%s", line, text)
		}
	}
	for i, f := range Families(run.Stats{}, nil) {
		if d := Descriptions()[i]; d.Name != f.Name || len(f.Samples) == 0 || len(f.Samples[0].Labels) != len(d.Labels) {
			t.Errorf("%s is told as %+v", d.Name, f)
		}
	}
}
