// SPDX-License-Identifier: Apache-2.0

package main

import "strconv"

// A workload is what the load generator does with a server.
type workload struct {
	name        string
	mode        string // of servers and load generator, peers/peer
	connections int
	size        int // bytes of a message
	depth       int // messages in flight per connection
	buffer      int // bytes of the server's buffer
	workers     int // the server's threads
	cores       int // the server's processors

	wide bool // with the further servers, too
}

// workloads are the groups of the table's rows.
func workloads() []workload {
	const pageful, block = 4 << 10, 16 << 10
	echo := workload{"echo of 64 bytes, 50 connections", "echo", 50, 64, 1, pageful, 1, 1, true}
	with := func(change func(w *workload)) workload {
		w := echo
		w.wide = false
		change(&w)
		return w
	}
	return []workload{
		echo,
		with(func(w *workload) { w.name, w.depth = "echo of 64 bytes, 50 connections, 16 in flight", 16 }),
		with(func(w *workload) { w.name, w.connections = "echo of 64 bytes, 1 connection", 1 }),
		with(func(w *workload) { w.name, w.connections, w.wide = "echo of 64 bytes, 1000 connections", 1000, true }),
		with(func(w *workload) { w.name, w.size, w.buffer = "echo of 4 KiB, 50 connections", pageful, block }),
		with(func(w *workload) { w.name, w.size = "echo of 4 KiB into buffers of 4 KiB, 50 connections", pageful }),
		{"receive, calls of 16 KiB, 4 connections", "sink", 4, block, 1, block, 1, 1, false},
		{"send, calls of 16 KiB, 4 connections", "source", 4, block, 1, block, 1, 1, false},
		{"accept and close, 50 at a time", "churn", 50, 64, 1, pageful, 1, 1, false},
		{"UDP echo of 64 bytes, 50 clients", "udp", 50, 64, 1, pageful, 1, 1, true},
		{"send a file, messages of 16 KiB, 1 connection", "file", 1, block, 1, block, 1, 1, false},
		with(func(w *workload) { w.name, w.workers = "echo of 64 bytes, 50 connections, 2 workers on 1 core", 2 }),
		with(func(w *workload) {
			w.name, w.workers, w.cores = "echo of 64 bytes, 50 connections, 2 workers on 2 cores", 2, 2
		}),
	}
}

// A subject is a server with its arguments.
type subject struct {
	name    string
	program string // of programs
	args    []string
	further bool                    // shows what else Linux has, and so is measured for a few workloads
	lacks   func(w workload) string // what it cannot do of the workload, or ""
}

const reference = "C epoll"

// subjects are the servers, the first of which is the one that all are
// related to, itself included: that row shows what the machine's noise is.
func subjects() []subject {
	return []subject{
		{reference, "epoll", nil, false, nil},
		{"C epoll, edge-triggered", "epoll", []string{"-e"}, true, nil},
		{"C io_uring", "uring", nil, true, func(w workload) string {
			switch {
			case w.workers > 1:
				return "it has one worker"
			case w.mode == "file":
				return "it sends no files"
			}
			return ""
		}},
		{"Go net", "gonet", nil, false, nil},
		{"gnet", "gnet", nil, false, func(w workload) string {
			if w.mode == "source" || w.mode == "file" {
				return "it does not tell when there is room to send, so that it cannot send streams"
			}
			return ""
		}},
		{"C completion port, Wine", "iocp", nil, false, nil},
		{"winsock", "winsock", nil, false, nil},
		{"winsock, skipping packets", "winsock", []string{"-skip"}, false, nil},
		{"winsock, registered I/O", "winsock", []string{"-rio"}, false, func(w workload) string {
			switch {
			case w.workers > 1:
				return "a completion queue is for one worker"
			case w.mode == "churn" || w.mode == "file":
				return "registered I/O is for sending and receiving"
			}
			return ""
		}},
	}
}

// A row relates a subject to the reference.
type row struct {
	workload workload
	subject  subject
	against  subject
}

// usual reports whether the row is one of the table.
func (r row) usual() bool { return r.workload.wide || !r.subject.further }

func (r row) name() string { return r.workload.name + "/" + r.subject.name }

func rows() (list []row) {
	all := subjects()
	for _, w := range workloads() {
		for _, s := range all {
			list = append(list, row{w, s, all[0]})
		}
	}
	return list
}

// serverArgs are the arguments of a server for the workload.
func (w workload) serverArgs(file string) []string {
	args := []string{"-m", w.mode, "-b", strconv.Itoa(w.buffer), "-w", strconv.Itoa(w.workers)}
	if w.mode == "file" {
		args = append(args, "-f", file)
	}
	return args
}

// loadArgs are the arguments of the load generator for the workload.
func (w workload) loadArgs(fileSize int64) []string {
	args := []string{"-m", w.mode, "-n", strconv.Itoa(w.connections), "-s", strconv.Itoa(w.size), "-d", strconv.Itoa(w.depth)}
	if w.mode == "file" {
		args = append(args, "-F", strconv.FormatInt(fileSize, 10))
	}
	return args
}
