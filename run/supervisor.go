// SPDX-License-Identifier: Apache-2.0

package run

import (
	"errors"
	"os/exec"
)

// A Supervisor carries the network calls of a program and of all that
// descend from it.
type Supervisor struct{}

// Probe reports in one sentence what this kernel, or what the process runs
// in, lacks for a supervisor. It returns nil if nothing is missing.
func Probe() error { return errors.New("not built yet") }

// Start starts cmd under a new supervisor. cmd is one that was not started
// yet; its Wait is the caller's to call.
func Start(c Config, cmd *exec.Cmd) (*Supervisor, error) { return nil, Probe() }

// Done is closed when the last process under the supervisor has ended.
func (s *Supervisor) Done() <-chan struct{} { return nil }

// Close ends the supervisor: relayed connections are reset and, from then
// on, network calls of processes that still run fail with ENOSYS.
func (s *Supervisor) Close() error { return nil }

// Stats returns the counts.
func (s *Supervisor) Stats() Stats { return Stats{} }

// Connections lists the connections that are open or being made.
func (s *Supervisor) Connections() []Connection { return nil }
