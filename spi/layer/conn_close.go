// SPDX-License-Identifier: Apache-2.0

package layer

import (
	"encoding/binary"
	"net"
	"time"

	"winsock/wsa"
)

// Close ends the socket without waiting. An open connection is ended in the
// background: what was sent goes out, the transformed connection is closed,
// then the one below, as SO_LINGER asks there. After CloseTimeout, or at
// once for a zero linger time, it is reset. The provider's Cleanup waits for
// that.
func (c *Conn) Close() error {
	hard := c.lingersHard()
	c.mu.Lock()
	if c.closing {
		c.mu.Unlock()
		return wsa.WSAENOTSOCK
	}
	c.closing = true
	c.aborting = c.aborting || hard
	phase, waited, accepts := c.phase, c.waited, c.accepts
	lower, freed, aborting := c.lower, c.freed, c.aborting
	c.changed.Broadcast()
	c.mu.Unlock()
	c.cancel()

	switch phase {
	case connecting:
		<-waited // it leaves the socket below at once
		return c.Base.Close()
	case listening:
		accepts.Close()
		return c.Base.Close()
	case open:
		if aborting {
			lower.reset()
		}
		if c.ending != nil {
			c.ending.Add()
		}
		Go(c.config.Log, "closing", func() { _ = lower.Close() }, c.routineClose)
	}
	switch {
	case lower == nil || freed:
		return c.Base.Close()
	case phase != open:
		_ = lower.Close()
	}
	return nil
}

// released is called when the connection below is closed and no longer in
// use by the transformed one. Unless the application has closed the socket
// too, it stays for calls such as getsockopt, but its peer should know.
func (c *Conn) released() error {
	c.mu.Lock()
	c.freed = true
	closing := c.closing
	if !closing {
		_ = c.Base.Shutdown(wsa.SD_BOTH)
	}
	c.mu.Unlock()
	if closing {
		return c.Base.Close()
	}
	return nil
}

// routineClose ends an open connection.
func (c *Conn) routineClose() {
	if c.ending != nil {
		defer c.ending.Done()
	}
	timeout := time.AfterFunc(c.config.CloseTimeout, func() {
		c.lower.reset() // first: what is done below, once woken, would else close it as if all were well
		c.mu.Lock()
		c.aborting = true
		c.changed.Broadcast()
		c.mu.Unlock()
	})
	defer timeout.Stop()
	c.mu.Lock()
	for !c.drained && !c.aborting {
		c.changed.Wait()
	}
	c.mu.Unlock()
	c.closeInner(c.inner)
	_ = c.lower.Close()
}

// closeInner closes the transformed connection, whose code may panic.
func (c *Conn) closeInner(inner net.Conn) {
	defer func() {
		if v := recover(); v != nil {
			logPanic(c.config.Log, "closing", v)
		}
	}()
	_ = inner.Close()
}

// lingersHard reports whether SO_LINGER asks for a reset.
func (c *Conn) lingersHard() bool {
	var value [4]byte
	n, err := c.Base.GetSockOpt(wsa.SOL_SOCKET, wsa.SO_LINGER, value[:])
	return err == nil && n == 4 &&
		binary.LittleEndian.Uint16(value[:]) != 0 && binary.LittleEndian.Uint16(value[2:]) == 0
}

// Linger ends the sending direction and answers WSAEWOULDBLOCK until the
// peer has everything, the end of the transformed connection included.
func (c *Conn) Linger() error {
	c.mu.Lock()
	if c.phase != open || c.broken != nil {
		c.mu.Unlock()
		return nil
	}
	c.noSend = true
	drained, lower := c.drained, c.lower
	c.changed.Broadcast()
	c.mu.Unlock()
	if !drained {
		return wsa.WSAEWOULDBLOCK
	}
	if lower.use() != nil {
		return nil
	}
	err := linger(c.Socket)
	_ = lower.done()
	return err
}

// Abort makes the following Close reset the connection.
func (c *Conn) Abort() {
	c.mu.Lock()
	c.aborting = true
	c.changed.Broadcast()
	c.mu.Unlock()
	abort(c.Socket)
}
