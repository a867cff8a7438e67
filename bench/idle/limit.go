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

// setDescriptorLimit lets this process have n connections and no more, or as
// many as the system permits. It returns how many those are.
func setDescriptorLimit(n int) (int, error) {
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		return 0, fmt.Errorf("getrlimit: %w", err)
	}
	want := uint64(n + spare)
	if highest, err := numbers("/proc/sys/fs/nr_open"); err == nil {
		want = min(want, uint64(highest[0]))
	}
	set := unix.Rlimit{Cur: want, Max: max(want, limit.Max)}
	if unix.Setrlimit(unix.RLIMIT_NOFILE, &set) != nil { // not beyond the hard limit for an ordinary user
		set = unix.Rlimit{Cur: min(want, limit.Max), Max: limit.Max}
		if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &set); err != nil {
			return 0, fmt.Errorf("setrlimit: %w", err)
		}
	}
	return connectionsWithin(int(set.Cur))
}

// connectionsWithin returns how many connections a process with so many
// descriptors may have.
func connectionsWithin(descriptors int) (int, error) {
	if descriptors <= spare {
		return 0, fmt.Errorf("a limit of %d descriptors is too low, as a process needs %d beside its connections",
			descriptors, spare)
	}
	return descriptors - spare, nil
}

// perAddress is how many connections one address of the server gets: each
// takes a port of the client's, of which half are given out without a search
// (connect tries those of the other parity last).
func perAddress() int {
	if r, err := numbers("/proc/sys/net/ipv4/ip_local_port_range"); err == nil && len(r) == 2 {
		return max(1, (r[1]-r[0])*2/5)
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
