// SPDX-License-Identifier: Apache-2.0

// Command idle measures what an idle connection costs a server in memory:
// many connections over loopback, each with one receive pending, that never
// get anything to do. The server is a process of its own and its clients are
// another, so that the clients' memory is not counted, nor is the kernel's.
//
// Two servers are measured: overlapped receives on a completion port of this
// project, and a goroutine for each connection that reads by package net.
// Both give each connection a buffer of the same size. At the end every
// client sends a byte, and the server must receive them all.
//
//	go run ./idle [-n 100000] [-buffer 64] [-write]
//
// The connections need a descriptor each on both sides. A process of root
// raises its limit as far as fs.nr_open; any other one measures as many as it
// may have, and says so.
package main

import (
	"flag"
	"fmt"
	"os"

	"winsock/bench/report"
)

func main() {
	n := flag.Int("n", 100000, "connections")
	buffer := flag.Int("buffer", 64, "bytes of a connection's buffer")
	write := flag.Bool("write", false, "put the table into README.md")
	role := flag.String("role", "", "used by the command itself: what this process is")
	flag.Parse()
	if err := run(*role, *n, *buffer, *write, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "idle:", err)
		os.Exit(1)
	}
}

func run(role string, n, buffer int, write bool, args []string) error {
	may, err := raiseDescriptorLimit(n)
	if err != nil {
		return err
	}
	switch role {
	case "clients":
		return beClients(n, args)
	case "":
		return measure(min(n, may), n, buffer, write)
	}
	for _, k := range kinds {
		if k.name == role {
			return beServer(k, n, buffer)
		}
	}
	return fmt.Errorf("no role %q", role)
}

func measure(n, wanted, buffer int, write bool) error {
	text := fmt.Sprintf("%s; %d connections, buffers of %d bytes.\n\n", report.Machine(), n, buffer)
	if n < wanted {
		text += fmt.Sprintf("The limit of descriptors lets %d of %d connections be.\n\n", n, wanted)
	}
	text += report.Head("Server", ">Resident memory a connection", ">after a collection", ">Without connections")
	fmt.Print(text)
	for _, k := range kinds {
		u, err := usageOf(k, n, buffer)
		if err != nil {
			return fmt.Errorf("%s: %w", k.name, err)
		}
		line := report.Row(k.title, perConnection(u.connected-u.empty, n), perConnection(u.collected-u.empty, n),
			fmt.Sprintf("%.1f MiB", float64(u.empty)/(1<<20)))
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
