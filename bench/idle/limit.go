// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// spare is how many descriptors a process needs beside its connections.
const spare = 200

// raiseDescriptorLimit sees to it that the process may have n connections,
// and returns how many it may have if those are too many.
func raiseDescriptorLimit(n int) (int, error) {
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		return 0, fmt.Errorf("getrlimit: %w", err)
	}
	want := uint64(n + spare)
	if highest, err := numbers("/proc/sys/fs/nr_open"); err == nil {
		want = min(want, uint64(highest[0]))
	}
	if limit.Cur < want {
		raised := unix.Rlimit{Cur: want, Max: max(want, limit.Max)}
		if unix.Setrlimit(unix.RLIMIT_NOFILE, &raised) != nil { // not for an ordinary user
			raised = unix.Rlimit{Cur: min(want, limit.Max), Max: limit.Max}
			if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &raised); err != nil {
				return 0, fmt.Errorf("setrlimit: %w", err)
			}
		}
		limit = raised
	}
	if limit.Cur <= spare {
		return 0, fmt.Errorf("a limit of %d descriptors is too low", limit.Cur)
	}
	return int(min(limit.Cur-spare, uint64(n))), nil
}

// perAddress is how many connections one address of the server gets: each
// takes a port of the client's, of which half are given out without a search
// (connect tries those of the other parity last).
func perAddress() int {
	if r, err := numbers("/proc/sys/net/ipv4/ip_local_port_range"); err == nil && len(r) == 2 {
		return max(1000, (r[1]-r[0])*2/5)
	}
	return 10000
}

func numbers(name string) (list []int, err error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	for _, field := range strings.Fields(string(text)) {
		v, err := strconv.Atoi(field)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		list = append(list, v)
	}
	if len(list) == 0 {
		return nil, fmt.Errorf("%s is empty", name)
	}
	return list, nil
}
