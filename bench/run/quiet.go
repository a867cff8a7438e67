// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"os"
	"strconv"
	"strings"
	"time"
)

// A pause waits for moments in which others leave the machine alone.
type pause struct{ left time.Duration }

// busy is the part of the processors' time above which the machine is not
// quiet, and look how long it is looked at.
const (
	busy = 0.3
	look = 100 * time.Millisecond
)

// await returns when the machine is quiet, or when all the time is used up.
func (p *pause) await(ctx context.Context) {
	for p.left > 0 && ctx.Err() == nil {
		allBefore, idleBefore := processorTime()
		time.Sleep(look)
		all, idle := processorTime()
		if all > allBefore && float64(idle-idleBefore) >= (1-busy)*float64(all-allBefore) {
			return
		}
		p.left -= look
	}
}

// processorTime returns the time of all processors, and how much of it they
// had nothing to do; both 0 if that is not known.
func processorTime() (all, idle uint64) {
	stat, _ := os.ReadFile("/proc/stat")
	line, _, _ := strings.Cut(string(stat), "\n")
	for i, field := range strings.Fields(strings.TrimPrefix(line, "cpu")) {
		n, err := strconv.ParseUint(field, 10, 64)
		if err != nil || i >= 8 { // the guests' are counted already
			break
		}
		all += n
		if i == 3 || i == 4 { // idle, and waiting for a disk
			idle += n
		}
	}
	return all, idle
}
