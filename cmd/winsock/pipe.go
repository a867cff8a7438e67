// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"time"
)

// pipeSize is how many bytes are read at once; a datagram fits in.
const pipeSize = 64 << 10

// pipe connects standard input and output with c until both directions have
// ended, and closes c.
func (o *ncOptions) pipe(ctx context.Context, c net.Conn) error {
	defer c.Close()
	defer context.AfterFunc(ctx, func() { c.Close() })()
	sent := make(chan error, 1)
	go func() { sent <- o.send(c) }()
	if o.sendOnly {
		return <-sent
	}
	received := make(chan error, 1)
	go func() { received <- o.receive(c) }()
	for range 2 {
		select {
		case err := <-received:
			// The peer has finished sending, which ends a conversation
			// with a person. A file, or another program's output, may
			// still have to be sent.
			if err != nil || terminal(o.in) {
				return err
			}
			received = nil
		case err := <-sent:
			if err != nil {
				return err
			}
			sent = nil
		}
	}
	return nil
}

// terminal reports whether somebody types the input.
func terminal(in io.Reader) bool {
	f, ok := in.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// send copies the input to c and ends that direction of c.
func (o *ncOptions) send(c net.Conn) error {
	if o.recvOnly {
		return nil
	}
	buf := make([]byte, pipeSize)
	for {
		n, err := o.in.Read(buf)
		if n > 0 {
			if _, err := c.Write(buf[:n]); err != nil {
				return err
			}
		}
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
	}
	if hc, ok := c.(interface{ CloseWrite() error }); ok && !o.udp {
		return hc.CloseWrite()
	}
	return nil
}

// receive copies from c to the output until the peer has ended, or has been
// silent for the idle time.
func (o *ncOptions) receive(c net.Conn) error {
	buf := make([]byte, pipeSize)
	for {
		if o.idle > 0 {
			if err := c.SetReadDeadline(time.Now().Add(o.idle)); err != nil {
				return err
			}
		}
		n, err := c.Read(buf)
		if n > 0 {
			if _, err := o.out.Write(buf[:n]); err != nil {
				return err
			}
		}
		switch {
		case err == io.EOF:
			return nil
		case o.idle > 0 && errors.Is(err, os.ErrDeadlineExceeded):
			return nil
		case err != nil:
			return err
		}
	}
}

// serve accepts connections until ctx ends. What comes from each goes to the
// output, and the input goes to all that are there.
func (o *ncOptions) serve(ctx context.Context, l net.Listener) error {
	group := &audience{out: o.out}
	if !o.recvOnly {
		go group.feed(o.in)
	}
	var conns sync.WaitGroup
	defer conns.Wait()
	defer group.closeAll()
	for {
		c, err := l.Accept()
		if err != nil {
			if ctx.Err() != nil {
				return nil // interrupting is how this ends
			}
			return err
		}
		o.say("connection from %v through %s", c.RemoteAddr(), o.chainOf(c))
		group.add(c)
		conns.Go(func() {
			defer group.remove(c)
			if err := group.copyFrom(c); err != nil && ctx.Err() == nil {
				o.say("%v: %v", c.RemoteAddr(), err)
			}
		})
	}
}

// An audience is the set of connections of a server that stays.
type audience struct {
	mu    sync.Mutex // protects what follows, and keeps the output in order
	out   io.Writer
	conns map[net.Conn]bool
	ended bool // the input has ended
}

func (a *audience) add(c net.Conn) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.conns == nil {
		a.conns = make(map[net.Conn]bool)
	}
	a.conns[c] = true
	if a.ended {
		closeWrite(c)
	}
}

func (a *audience) remove(c net.Conn) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.conns, c)
	c.Close()
}

func (a *audience) closeAll() {
	a.mu.Lock()
	defer a.mu.Unlock()
	for c := range a.conns {
		c.Close()
	}
}

func (a *audience) members() (list []net.Conn) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for c := range a.conns {
		list = append(list, c)
	}
	return list
}

func (a *audience) copyFrom(c net.Conn) error {
	buf := make([]byte, pipeSize)
	for {
		n, err := c.Read(buf)
		if n > 0 {
			a.mu.Lock()
			_, werr := a.out.Write(buf[:n])
			a.mu.Unlock()
			if werr != nil {
				return werr
			}
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// feed sends the input to everybody, and ends their direction with it.
func (a *audience) feed(in io.Reader) {
	buf := make([]byte, pipeSize)
	for {
		n, err := in.Read(buf)
		for _, c := range a.members() {
			if _, err := c.Write(buf[:n]); err != nil {
				c.Close() // its reader takes it out
			}
		}
		if err != nil {
			break
		}
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.ended = true
	for c := range a.conns {
		closeWrite(c)
	}
}

func closeWrite(c net.Conn) {
	if hc, ok := c.(interface{ CloseWrite() error }); ok {
		_ = hc.CloseWrite() // a connection that is gone already is found out by its reader
	}
}
