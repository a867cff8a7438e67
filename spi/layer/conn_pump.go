// SPDX-License-Identifier: Apache-2.0

package layer

import (
	"fmt"
	"io"
	"time"

	"winsock/spi"
	"winsock/wsa"
)

var noDeadline time.Time

// routineReceive carries data from the transformed connection to rx, until
// its end. While rx is full it does not read: the peer has to wait.
func (c *Conn) routineReceive() {
	for idleReads := 0; ; {
		c.mu.Lock()
		for c.rx.space() == 0 && !c.closing {
			c.changed.Wait()
		}
		if c.closing {
			// Reading on, into the void, lets the peer take what we
			// still have to send.
			c.discardLocked()
		}
		room := c.rx.free()
		c.mu.Unlock()

		n, err := c.inner.Read(room)
		if n < 0 || n > len(room) {
			panic(fmt.Sprintf("Read of %d bytes returned %d", len(room), n))
		}
		if n > 0 {
			idleReads = 0
		} else if idleReads++; err == nil && idleReads > 100 {
			err = io.ErrNoProgress
		}

		c.mu.Lock()
		var events spi.Events
		c.rx.filled(n)
		if c.noRecv || c.closing {
			c.discardLocked()
		} else if n > 0 {
			events |= spi.EventRead
		}
		switch {
		case err == io.EOF:
			c.ended = true
			events |= spi.EventClose
		case err != nil:
			events |= c.breakLocked(err)
		}
		c.mu.Unlock()
		if events != 0 {
			c.watchers.Notify(events)
		}
		if err != nil {
			return
		}
	}
}

// routineSend carries data from tx to the transformed connection, until the
// sending direction is shut down or the socket closed, and everything is out.
func (c *Conn) routineSend() {
	for {
		c.mu.Lock()
		for c.tx.len() == 0 && !c.noSend && !c.stoppedLocked() && !c.closing {
			c.changed.Wait()
		}
		if c.stoppedLocked() || c.tx.len() == 0 {
			finish := c.noSend && !c.stoppedLocked()
			c.mu.Unlock()
			if finish {
				c.finishSending()
			}
			c.mu.Lock()
			c.drained = true // not after a panic: panicked resets the connection before
			c.changed.Broadcast()
			c.mu.Unlock()
			return
		}
		data := c.tx.used()
		c.mu.Unlock()

		n, err := c.inner.Write(data)
		if n < 0 || n > len(data) {
			panic(fmt.Sprintf("Write of %d bytes returned %d", len(data), n))
		}
		if n < len(data) && err == nil {
			err = io.ErrShortWrite
		}

		c.mu.Lock()
		c.tx.emptied(n)
		events := spi.EventWrite
		if err != nil {
			events = c.breakLocked(err)
		}
		c.mu.Unlock()
		c.watchers.Notify(events)
	}
}

// stoppedLocked reports whether nothing more can or should be sent.
func (c *Conn) stoppedLocked() bool { return c.broken != nil || c.aborting }

// breakLocked notes the end of a connection by an error.
func (c *Conn) breakLocked(err error) spi.Events {
	if c.broken == nil {
		c.broken = connError(err)
	}
	c.changed.Broadcast()
	return spi.EventReset
}

// finishSending tells the peer that no more data will come.
func (c *Conn) finishSending() {
	var err error
	if w, ok := c.inner.(interface{ CloseWrite() error }); ok {
		err = w.CloseWrite()
	} else {
		err = c.lower.CloseWrite()
	}
	if err != nil {
		c.mu.Lock()
		events := c.breakLocked(err)
		c.mu.Unlock()
		c.watchers.Notify(events)
	}
}

// panicked is what becomes of a connection whose layer has panicked: it is
// reset.
func (c *Conn) panicked() {
	c.mu.Lock()
	lower := c.lower
	c.mu.Unlock()
	if lower != nil {
		lower.reset() // first: a Close that waits for this would else end it gracefully
	}
	c.mu.Lock()
	events := c.breakLocked(wsa.WSAECONNABORTED)
	c.drained = true
	if c.phase == connecting || c.phase == shaking {
		c.phase, c.failure = spent, wsa.WSAECONNABORTED
		events = spi.EventConnectFail
	}
	c.mu.Unlock()
	c.watchers.Notify(events)
}
