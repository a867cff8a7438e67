// SPDX-License-Identifier: Apache-2.0

// Package runmetrics tells what a supervisor counts in the form of package
// metrics.
package runmetrics

import (
	"winsock/metrics"
	"winsock/run"
)

// A metric is one of a supervisor, and how its values are told.
type metric struct {
	metrics.Description
	tell func(s *snapshot, add func(v float64, labels ...string))
}

// A snapshot is what a supervisor has told.
type snapshot struct {
	stats       run.Stats
	connections []run.Connection
}

func plain(name, help string, value func(s *run.Stats) uint64) metric {
	return metric{
		metrics.Description{Name: "winsock_run_" + name, Help: help},
		func(s *snapshot, add func(v float64, labels ...string)) { add(float64(value(&s.stats))) },
	}
}

var all = []metric{
	plain("calls_total", "Network calls of the programs that were intercepted.", func(s *run.Stats) uint64 { return s.Calls }),
	plain("denied_calls_total", "Calls that were refused as not understood.", func(s *run.Stats) uint64 { return s.Denied }),
	plain("failed_connects_total", "Attempts to connect that failed.", func(s *run.Stats) uint64 { return s.Refused }),
	plain("accepted_connections_total", "Connections that programs have accepted.", func(s *run.Stats) uint64 { return s.Accepted }),
	plain("sent_bytes_total", "Bytes that programs have sent, those of direct connections when they end.", func(s *run.Stats) uint64 { return s.Sent }),
	plain("received_bytes_total", "Bytes that programs have received, those of direct connections when they end.", func(s *run.Stats) uint64 { return s.Received }),
	plain("dns_queries_total", "DNS queries of programs that were answered.", func(s *run.Stats) uint64 { return s.Queries }),
	{
		metrics.Description{Name: "winsock_run_connections_total", Labels: []string{"path"}, Help: "Connections that were made, by their path: direct or relayed."},
		func(s *snapshot, add func(v float64, labels ...string)) {
			add(float64(s.stats.Direct), "direct")
			add(float64(s.stats.Relayed), "relayed")
		},
	},
	{
		metrics.Description{Name: "winsock_run_open_connections", Kind: metrics.Gauge, Labels: []string{"path", "state"}, Help: "Connections that are there, by their path and state: connecting or open."},
		func(s *snapshot, add func(v float64, labels ...string)) {
			counts := make(map[[2]string]int)
			for _, c := range s.connections {
				path := "direct"
				if c.Relayed {
					path = "relayed"
				}
				counts[[2]string{path, c.State}]++
			}
			for _, path := range []string{"direct", "relayed"} {
				for _, state := range []string{"connecting", "open"} {
					add(float64(counts[[2]string{path, state}]), path, state)
				}
			}
		},
	},
}

// Families tells what a supervisor has counted and carries.
func Families(stats run.Stats, connections []run.Connection) []metrics.Family {
	s := &snapshot{stats, connections}
	list := make([]metrics.Family, len(all))
	for i, m := range all {
		f := metrics.Family{Description: m.Description}
		m.tell(s, func(v float64, labels ...string) {
			f.Samples = append(f.Samples, metrics.Sample{Labels: labels, Value: v})
		})
		list[i] = f
	}
	return list
}

// Descriptions lists what Families tells.
func Descriptions() (list []metrics.Description) {
	for _, m := range all {
		list = append(list, m.Description)
	}
	return list
}
