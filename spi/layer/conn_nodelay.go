// SPDX-License-Identifier: Apache-2.0

package layer

import "winsock/wsa"

// A handshake is short messages to and fro. With Nagle's algorithm, each of
// them may wait for the peer's delayed acknowledgement (tens of milliseconds),
// so it is off below while Transform runs, and then as the application has it.

// hasten turns the delay off and returns what brings it back.
func (c *Conn) hasten() (restore func()) {
	value := []byte{0, 0, 0, 0}
	hastened := false
	c.below(func() {
		n, err := c.Base.GetSockOpt(wsa.IPPROTO_TCP, wsa.TCP_NODELAY, value)
		if err != nil || n == 0 || value[0] != 0 {
			return // it is no TCP, or off already
		}
		hastened = c.Base.SetSockOpt(wsa.IPPROTO_TCP, wsa.TCP_NODELAY, []byte{1, 0, 0, 0}) == nil
	})
	return func() {
		if hastened {
			c.below(func() { _ = c.Base.SetSockOpt(wsa.IPPROTO_TCP, wsa.TCP_NODELAY, value) })
		}
	}
}

// below runs f unless the socket below may be closed by now, or the
// application itself has set TCP_NODELAY.
func (c *Conn) below(f func()) {
	if c.lower.use() != nil {
		return
	}
	defer func() { _ = c.lower.done() }()
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.ownDelay {
		f()
	}
}

// SetSockOpt forwards. What the application says of TCP_NODELAY meanwhile is
// what stays.
func (c *Conn) SetSockOpt(level, name int32, value []byte) error {
	if level != wsa.IPPROTO_TCP || name != wsa.TCP_NODELAY {
		return c.Base.SetSockOpt(level, name, value)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	err := c.Base.SetSockOpt(level, name, value)
	c.ownDelay = c.ownDelay || err == nil
	return err
}
