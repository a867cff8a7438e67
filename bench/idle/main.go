// SPDX-License-Identifier: Apache-2.0

// Command idle measures what an idle connection costs a server in memory:
// many connections over loopback, each with one receive pending, that never
// get anything to do. The clients are processes of their own, so that their
// memory is not counted, nor is the kernel's.
//
// Two servers are measured: overlapped receives on a completion port of this
// project, and a goroutine for each connection that reads by package net.
// Both give each connection a buffer of the same size. At the end every
// client sends a byte, and the server must receive them all.
//
//	go run ./idle [-n 100000] [-buffer 64] [-limit descriptors] [-write]
//
// The connections need a descriptor each on both sides. A process of root
// raises its limit as far as fs.nr_open. Where that is not allowed, the
// connections are spread over as many servers and clients as the limit asks
// for, and all are open at the same time. What a server process needs without
// connections is stated, and not counted as theirs.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"

	"winsock/bench/report"
)

func main() {
	n := flag.Int("n", 100000, "connections")
	buffer := flag.Int("buffer", 64, "bytes of a connection's buffer")
	limit := flag.Int("limit", 0, "spread as if a process might have this many descriptors, if that is less than it may")
	write := flag.Bool("write", false, "put the table into README.md")
	role := flag.String("role", "", "used by the command itself: what this process is")
	flag.Parse()
	if err := run(*role, *n, *buffer, *limit, *write, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "idle:", err)
		os.Exit(1)
	}
}

func run(role string, n, buffer, limit int, write bool, args []string) error {
	if n < 1 || buffer < 1 {
		return errors.New("there must be a connection, and a byte of buffer for it")
	}
	may, err := setDescriptorLimit(n)
	if err != nil {
		return err
	}
	if role == "" {
		if limit > 0 {
			forced, err := connectionsWithin(limit)
			if err != nil {
				return err
			}
			may = min(may, forced)
		}
		return measure(spread(n, may, perAddress()), n, buffer, write)
	}
	if may < n {
		return fmt.Errorf("a %s process may have %d connections, not %d", role, may, n)
	}
	if role == "clients" {
		return beClients(n, args)
	}
	for _, k := range kinds {
		if k.name == role {
			return beServer(k, n, buffer, args)
		}
	}
	return fmt.Errorf("no role %q", role)
}

func measure(shares []share, n, buffer int, write bool) error {
	text := fmt.Sprintf("%s; %d connections, buffers of %d bytes; server processes: %d, and as many of clients.\n\n",
		report.Machine(), n, buffer, len(shares))
	text += report.Head("Server", ">Resident memory a connection", ">after a collection",
		">Live heap", ">Stacks", ">A process without connections")
	fmt.Print(text)
	for _, k := range kinds {
		u, err := usageOf(k, shares, buffer)
		if err != nil {
			return fmt.Errorf("%s: %w", k.name, err)
		}
		grown := u.collected.minus(u.empty)
		line := report.Row(k.title,
			perConnection(u.connected-u.empty.resident, n), perConnection(grown.resident, n),
			perConnection(grown.heap, n), perConnection(grown.stacks, n),
			fmt.Sprintf("%.1f MiB", float64(u.empty.resident)/float64(len(shares))/(1<<20)))
		fmt.Print(line)
		text += line
	}
	if write {
		return report.Write("idle", text)
	}
	return nil
}

func perConnection(bytes int64, n int) string {
	return fmt.Sprintf("%.0f bytes", float64(bytes)/float64(n))
}
