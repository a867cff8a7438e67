// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
)

// A memory is what servers have, in bytes.
type memory struct {
	resident int64 // of the process
	heap     int64 // live objects
	stacks   int64 // of goroutines
}

func (m memory) plus(o memory) memory {
	return memory{m.resident + o.resident, m.heap + o.heap, m.stacks + o.stacks}
}

func (m memory) minus(o memory) memory {
	return memory{m.resident - o.resident, m.heap - o.heap, m.stacks - o.stacks}
}

// liveMemory collects garbage and says in a line what is left: the answer to
// the word collect. What a sync.Pool holds goes with the second collection.
func liveMemory() string {
	runtime.GC()
	debug.FreeOSMemory()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return fmt.Sprintln(m.HeapAlloc, m.StackInuse)
}

// collected returns the memory of all servers together after a collection in
// each.
func collected(ctx context.Context, servers []*child) (sum memory, err error) {
	for _, server := range servers {
		line, err := server.answer(ctx, collect)
		if err != nil {
			return sum, err
		}
		var m memory
		if _, err := fmt.Sscan(line, &m.heap, &m.stacks); err != nil {
			return sum, fmt.Errorf("the answer %q: %w", line, err)
		}
		if m.resident, err = server.resident(); err != nil {
			return sum, err
		}
		sum = sum.plus(m)
	}
	return sum, nil
}

// resident returns the resident memory of all servers together as it is.
func resident(servers []*child) (sum int64, err error) {
	for _, server := range servers {
		r, err := server.resident()
		if err != nil {
			return sum, err
		}
		sum += r
	}
	return sum, nil
}

// resident returns the child's resident memory in bytes.
func (c *child) resident() (int64, error) {
	name := fmt.Sprintf("/proc/%d/status", c.cmd.Process.Pid)
	status, err := os.ReadFile(name)
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(status)) {
		if value, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			kib, err := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(value), "kB")), 10, 64)
			return kib << 10, err
		}
	}
	return 0, fmt.Errorf("%s has no VmRSS", name)
}
