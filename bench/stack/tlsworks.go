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

// A tlsWork is what is done with secure connections.
type tlsWork struct {
	name   string
	resume bool
	rate   func(perSecond float64) string

	serve func(c net.Conn, n *atomic.Int64) // the other end, until the connection closes
	// client works until told to stop; n counts the operations, at
	// whichever end sees them complete. c is nil where it dials itself.
	client  func(e *ends, c net.Conn, stop *atomic.Bool, n *atomic.Int64) error
	clients int
	dials   bool
}

func perSecond(rate float64) string { return fmt.Sprintf("%.0f/s", rate) }

func sizeName(n int) string {
	switch {
	case n >= 1<<10:
		return fmt.Sprintf("%d KiB", n>>10)
	case n == 1:
		return "1 byte"
	}
	return fmt.Sprintf("%d bytes", n)
}

// bulk is a stream in one direction, counted where it arrives.
func bulk(size int) tlsWork {
	w := tlsWork{name: "writes of " + sizeName(size), clients: 1,
		serve: func(c net.Conn, n *atomic.Int64) {
			buf := make([]byte, 64<<10)
			for {
				k, err := c.Read(buf)
				if n.Add(int64(k)); err != nil {
					return
				}
			}
		},
		client: func(_ *ends, c net.Conn, stop *atomic.Bool, _ *atomic.Int64) error {
			buf := make([]byte, size)
			for !stop.Load() {
				if _, err := c.Write(buf); err != nil {
					return err
				}
			}
			return nil
		},
		rate: func(rate float64) string { return fmt.Sprintf("%.1f MB/s", rate/1e6) },
	}
	return w
}

// echo is round trips on eight connections, which keep all processors busy:
// on one, the rate depends on where the scheduler happens to put its two ends.
func echo(size int) tlsWork {
	return tlsWork{name: "round trips of " + sizeName(size), clients: 8, rate: perSecond,
		serve: func(c net.Conn, _ *atomic.Int64) {
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
		client: func(_ *ends, c net.Conn, stop *atomic.Bool, n *atomic.Int64) error {
			buf := make([]byte, size)
			for !stop.Load() {
				if err := roundTrip(c, buf); err != nil {
					return err
				}
				n.Add(1)
			}
			return nil
		},
	}
}

func roundTrip(c net.Conn, buf []byte) error {
	if _, err := c.Write(buf); err != nil {
		return err
	}
	_, err := io.ReadFull(c, buf)
	return err
}

// handshakes is connections with a byte each way, four at a time.
func handshakes(resume bool) tlsWork {
	w := echo(1)
	w.name = "handshakes"
	if w.resume = resume; resume {
		w.name += ", resumed"
	}
	w.clients, w.dials = 4, true
	w.client = func(e *ends, _ net.Conn, stop *atomic.Bool, n *atomic.Int64) error {
		buf := make([]byte, 1)
		for !stop.Load() {
			c, err := e.dial()
			if err != nil {
				return err
			}
			err = roundTrip(c, buf)
			c.Close()
			if err != nil {
				return err
			}
			n.Add(1)
		}
		return nil
	}
	return w
}

// A tlsRunning is a workload with its ends.
type tlsRunning struct {
	tlsWork
	*ends
	conns   []net.Conn
	servers sync.WaitGroup
	count   atomic.Int64
}

func (w tlsWork) start(e *ends) (*tlsRunning, error) {
	r := &tlsRunning{tlsWork: w, ends: e}
	r.servers.Go(func() {
		for {
			c, err := e.listener.Accept()
			if err != nil {
				return
			}
			r.servers.Go(func() { defer c.Close(); w.serve(c, &r.count) })
		}
	})
	for range w.clients {
		var c net.Conn
		if !w.dials {
			var err error
			if c, err = e.dial(); err != nil {
				r.stop()
				return nil, err
			}
		}
		r.conns = append(r.conns, c)
	}
	return r, nil
}

func (r *tlsRunning) stop() {
	r.listener.Close()
	for _, c := range r.conns {
		if c != nil {
			c.Close()
		}
	}
	r.servers.Wait()
	if r.ends.stop != nil {
		r.ends.stop()
	}
}

// round works for that long and returns the operations a second.
func (r *tlsRunning) round(length time.Duration) (float64, error) {
	var stop atomic.Bool
	var clients sync.WaitGroup
	errs := make([]error, len(r.conns))
	before, begun := r.count.Load(), time.Now()
	for i, c := range r.conns {
		clients.Go(func() { errs[i] = r.client(r.ends, c, &stop, &r.count) })
	}
	time.Sleep(length)
	done, elapsed := r.count.Load()-before, time.Since(begun)
	stop.Store(true)
	clients.Wait()
	if err := errors.Join(errs...); err != nil {
		return 0, err
	}
	if done == 0 {
		return 0, errors.New("no operation was completed")
	}
	return float64(done) / elapsed.Seconds(), nil
}
