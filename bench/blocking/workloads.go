// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// A workload is what the connections are used for.
type workload struct {
	name        string
	connections int
	serve       func(net.Conn)                     // the other end, until the connection closes
	client      func(net.Conn, *atomic.Bool) int64 // until told to stop; how many operations it did
	rate        func(perSecond float64) string
}

func roundTrips(connections int) workload {
	const size = 64
	return workload{
		name:        fmt.Sprintf("64-byte round trips, %d connections", connections),
		connections: connections,
		serve: func(c net.Conn) {
			buf := make([]byte, size)
			for {
				if _, err := io.ReadFull(c, buf); err != nil {
					return
				}
				if _, err := c.Write(buf); err != nil {
					return
				}
			}
		},
		client: func(c net.Conn, stop *atomic.Bool) (n int64) {
			buf := make([]byte, size)
			for !stop.Load() {
				if _, err := c.Write(buf); err != nil {
					return n
				}
				if _, err := io.ReadFull(c, buf); err != nil {
					return n
				}
				n++
			}
			return n
		},
		rate: func(perSecond float64) string { return fmt.Sprintf("%.0f/s", perSecond) },
	}
}

func bulk() workload {
	const size = 64 << 10
	return workload{
		name:        "bulk, 64 KiB writes",
		connections: 1,
		serve: func(c net.Conn) {
			buf := make([]byte, size)
			for {
				if _, err := c.Read(buf); err != nil {
					return
				}
			}
		},
		client: func(c net.Conn, stop *atomic.Bool) (n int64) {
			buf := make([]byte, size)
			for !stop.Load() {
				if _, err := c.Write(buf); err != nil {
					return n
				}
				n++
			}
			return n
		},
		rate: func(perSecond float64) string { return fmt.Sprintf("%.2f GB/s", perSecond*size/1e9) },
	}
}

// running is a workload with its connections open.
type running struct {
	work     workload
	listener net.Listener
	clients  []net.Conn
	servers  sync.WaitGroup
}

func (w workload) start(s subject) (*running, error) {
	ln, err := s.listen()
	if err != nil {
		return nil, err
	}
	r := &running{work: w, listener: ln}
	r.servers.Go(func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			r.servers.Go(func() { defer c.Close(); w.serve(c) })
		}
	})
	for range w.connections {
		c, err := s.dial(ln.Addr().String())
		if err != nil {
			r.stop()
			return nil, err
		}
		r.clients = append(r.clients, c)
	}
	return r, nil
}

func (r *running) stop() {
	r.listener.Close()
	for _, c := range r.clients {
		c.Close()
	}
	r.servers.Wait()
}

// round lets all clients work for that long and returns their operations per
// second.
func (r *running) round(length time.Duration) (float64, error) {
	var stop atomic.Bool
	var total atomic.Int64
	var clients sync.WaitGroup
	begun := time.Now()
	for _, c := range r.clients {
		clients.Go(func() { total.Add(r.work.client(c, &stop)) })
	}
	time.Sleep(length)
	stop.Store(true)
	clients.Wait()
	elapsed := time.Since(begun)
	if total.Load() == 0 {
		return 0, errors.New("no operation was completed")
	}
	return float64(total.Load()) / elapsed.Seconds(), nil
}
