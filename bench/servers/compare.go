// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os/exec"
	"slices"
	"strconv"
	"syscall"
	"time"
)

// A sample is what the load generator saw in one round.
type sample struct {
	Messages int64   `json:"messages"`
	Seconds  float64 `json:"seconds"`
	P50      int64   `json:"p50"` // ns, 0 without latency
	P99      int64   `json:"p99"`
	P999     int64   `json:"p999"`
	CPU      int64   `json:"cpu"`  // ns that the server used
	Lost     int64   `json:"lost"` // datagrams
}

func (s sample) rate() float64 { return float64(s.Messages) / s.Seconds }

// cost is the server's processor time for a message, in nanoseconds.
func (s sample) cost() float64 { return float64(s.CPU) / float64(s.Messages) }

// A pair is two rounds, one after the other.
type pair struct{ subject, reference sample }

// warmUp is how long a server is kept busy, at least, before it counts.
const warmUp = 200 * time.Millisecond

// compare measures a row.
func (b *bench) compare(ctx context.Context, r row, rounds int, length time.Duration) (result, error) {
	subject, err := b.start(ctx, r.subject, r.workload)
	if err != nil {
		return result{}, err
	}
	defer subject.stop()
	against, err := b.start(ctx, r.against, r.workload)
	if err != nil {
		return result{}, err
	}
	defer against.stop()
	for _, s := range []*server{subject, against} { // warm up
		if _, err := b.load(ctx, s, r.workload, max(length/4, warmUp)); err != nil {
			return result{}, err
		}
	}
	pairs := make([]pair, rounds)
	for i := range pairs {
		halves := []func() error{
			func() (err error) { pairs[i].subject, err = b.load(ctx, subject, r.workload, length); return err },
			func() (err error) { pairs[i].reference, err = b.load(ctx, against, r.workload, length); return err },
		}
		if i%2 == 1 {
			slices.Reverse(halves)
		}
		for _, measure := range halves {
			if err := measure(); err != nil {
				return result{}, err
			}
		}
	}
	return summarize(pairs), nil
}

// load runs the load generator against a server for a round.
func (b *bench) load(ctx context.Context, s *server, w workload, length time.Duration) (sample, error) {
	ctx, cancel := context.WithTimeout(ctx, length+30*time.Second)
	defer cancel()
	args := append(w.loadArgs(b.fileSize), "-p", s.port, "-t", strconv.FormatInt(max(1, length.Milliseconds()), 10))
	for _, pid := range s.pids {
		args = append(args, "-P", strconv.Itoa(pid))
	}
	cmd := exec.CommandContext(ctx, b.path("load"), args...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	var out, said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &said
	if err := pinned(w.loadCores(), cmd.Start); err != nil {
		return sample{}, err
	}
	if err := cmd.Wait(); err != nil {
		return sample{}, fmt.Errorf("%w: %s%s", err, &said, &s.stderr)
	}
	var m sample
	if err := json.Unmarshal(out.Bytes(), &m); err != nil {
		return sample{}, fmt.Errorf("load: %w in %q", err, &out)
	}
	if m.Messages <= 0 || m.Seconds <= 0 {
		return sample{}, fmt.Errorf("load: no messages in %q", &out)
	}
	return m, nil
}
