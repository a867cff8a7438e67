// SPDX-License-Identifier: Apache-2.0

package job

import (
	"log/slog"

	"winsock/run"
	"winsock/spi/meter"
)

// The exit codes of winsock run itself, which are those of env and nohup.
const (
	ExitFailed   = 125 // winsock run failed
	ExitCannot   = 126 // the program was found and cannot be executed
	ExitNotFound = 127 // the program was not found
)

// An Error is why a program was not run.
type Error struct {
	Code int
	Err  error
}

func (e *Error) Error() string { return e.Err.Error() }
func (e *Error) Unwrap() error { return e.Err }

// A Plan says what to run and under what.
type Plan struct {
	Path string   `json:"-"` // the executable, as Find returns it
	Args []string `json:"-"` // with the program's name; both go by the supervisor's own arguments
	Env  []string `json:"env,omitempty"`

	Layers      []string `json:"layers,omitempty"`
	DNS         bool     `json:"dns,omitempty"`
	DenyUnknown bool     `json:"deny_unknown,omitempty"`
	PassOpaque  bool     `json:"pass_opaque,omitempty"`

	Stats     string `json:"stats,omitempty"`      // "text" or "json", printed at the program's end
	StatsFile string `json:"stats_file,omitempty"` // instead of standard error
	Metrics   string `json:"metrics,omitempty"`    // where they are served, as metrics.Serve takes it
}

func (p *Plan) config(set *meter.Set, log *slog.Logger) run.Config {
	return run.Config{
		Layers: p.Layers, DNS: p.DNS, DenyUnknown: p.DenyUnknown, PassOpaque: p.PassOpaque,
		Meter: set, CountDirect: p.Stats != "" || p.Metrics != "", Log: log,
	}
}
