// SPDX-License-Identifier: Apache-2.0

package meter

import (
	"time"

	"winsock/spi"
	"winsock/wsa"
)

// Lender says that a metered socket can do what the socket can, see
// [spi.As]. The methods of this file rely on it.
func (c *socket) Lender(ability any) spi.Socket { return c.s }

// Handle is passed on. What is read and written by it is not counted.
func (c *socket) Handle() int { return c.s.(spi.Handler).Handle() }

// own returns the metered socket for the one that it is on.
func (c *socket) own(s spi.Socket) spi.Socket {
	if s == c.s {
		return c
	}
	return s
}

// DataPath leaves the data alone if the socket does.
func (c *socket) DataPath() spi.Socket { return c.own(c.s.(spi.DataPather).DataPath()) }

// Foresee leaves the data alone if the socket will.
func (c *socket) Foresee(name *wsa.Sockaddr) spi.Socket {
	return c.own(c.s.(spi.Foreseer).Foresee(name))
}

// Below is passed on.
func (c *socket) Below() spi.Socket { return c.s.(spi.Stander).Below() }

// Spoken leaves the data alone if the socket will.
func (c *socket) Spoken() spi.Socket { return c.own(c.s.(spi.Speaker).Spoken()) }

// Park is passed on; what try does is counted where it does it.
func (c *socket) Park(d spi.Direction, try func() bool) (bool, error) {
	return c.s.(spi.Parker).Park(d, try)
}

// SetParkDeadline is passed on.
func (c *socket) SetParkDeadline(d spi.Direction, t time.Time) {
	c.s.(spi.Parker).SetParkDeadline(d, t)
}

// Unpark is passed on.
func (c *socket) Unpark() { c.s.(spi.Parker).Unpark() }

// ConnectWithData is counted under Connect.
func (c *socket) ConnectWithData(name *wsa.Sockaddr, caller []byte, callee *[]byte, sqos, gqos *wsa.QOS) error {
	start := now()
	err := c.s.(spi.ConnectDataer).ConnectWithData(name, caller, callee, sqos, gqos)
	c.tried(err)
	c.record(Connect, start, err)
	return err
}

// SendDisconnect is counted under Control.
func (c *socket) SendDisconnect(data []byte) error {
	start := now()
	err := c.s.(spi.DisconnectDataer).SendDisconnect(data)
	c.record(Control, start, err)
	return err
}

// RecvDisconnect is counted under Control.
func (c *socket) RecvDisconnect(data []byte) (int, error) {
	start := now()
	n, err := c.s.(spi.DisconnectDataer).RecvDisconnect(data)
	c.record(Control, start, err)
	return n, err
}

// JoinLeaf is counted under Connect, as is what a new socket does.
func (c *socket) JoinLeaf(name *wsa.Sockaddr, caller []byte, callee *[]byte, sqos, gqos *wsa.QOS, flags uint32) (spi.Socket, error) {
	start := now()
	leaf, err := c.s.(spi.MultipointJoiner).JoinLeaf(name, caller, callee, sqos, gqos, flags)
	c.record(Connect, start, err)
	switch {
	case err != nil || leaf == nil:
		return leaf, err
	case leaf == c.s:
		return c, nil
	}
	return c.derive(leaf), nil
}

// Duplicate is counted under Control.
func (c *socket) Duplicate(processID uint32, attached []byte) (*wsa.ProtocolInfo, error) {
	start := now()
	info, err := c.s.(spi.Duplicator).Duplicate(processID, attached)
	c.record(Control, start, err)
	return info, err
}

// Extension hands the function out as the socket has it: that it was asked
// for is counted under Control, what it does is not.
func (c *socket) Extension(id wsa.GUID) any {
	start := now()
	function := c.s.(spi.Extender).Extension(id)
	c.record(Control, start, nil)
	return function
}

// SendFile is counted under Send. That the bytes have to be read is no error.
func (c *socket) SendFile(file int, offset int64, n int) (int, error) {
	start := now()
	n, err := c.s.(spi.FileSender).SendFile(file, offset, n)
	told := err
	if err == wsa.WSAEOPNOTSUPP {
		told = nil
	}
	c.record(Send, start, told)
	c.moved(Send, n, told)
	return n, err
}

// RecvBatch is counted as so many calls of Recv.
func (c *socket) RecvBatch(list []spi.Transfer) (int, error) {
	start := now()
	n, err := c.s.(spi.BatchReceiver).RecvBatch(list)
	c.recordBatch(Recv, start, list[:n], err)
	return n, err
}

// SendBatch is counted as so many calls of Send.
func (c *socket) SendBatch(list []spi.Transfer) (int, error) {
	start := now()
	n, err := c.s.(spi.BatchSender).SendBatch(list)
	c.recordBatch(Send, start, list[:n], err)
	return n, err
}

// recordBatch counts each message as a call that took its share of the time. A
// batch that ended for want of more is one that was blocked, besides.
func (c *socket) recordBatch(g Group, start int64, ended []spi.Transfer, err error) {
	calls := int64(len(ended))
	if err != nil {
		calls++
	}
	if calls == 0 {
		return
	}
	share := (now() - start) / calls
	for i := range ended {
		c.recordTook(g, share, ended[i].Err)
		c.moved(g, ended[i].N, ended[i].Err)
	}
	if err != nil {
		c.recordTook(g, share, err)
		c.moved(g, 0, err)
	}
}

// Steady is passed on: to count does not panic either.
func (c *socket) Steady() { c.s.(spi.Steady).Steady() }

// Linger is counted under Control.
func (c *socket) Linger() error {
	start := now()
	err := c.s.(spi.Lingerer).Linger()
	c.record(Control, start, err)
	return err
}

// Abort is counted under Control.
func (c *socket) Abort() {
	start := now()
	c.s.(spi.Lingerer).Abort()
	c.record(Control, start, nil)
}

// Abandon is passed on; the socket is open no more.
func (c *socket) Abandon() {
	c.s.(spi.Abandoner).Abandon()
	c.end()
}
