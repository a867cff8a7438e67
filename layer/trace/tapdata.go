// SPDX-License-Identifier: Apache-2.0

package trace

import (
	"net/netip"

	"winsock/spi"
	"winsock/wsa"
)

// send makes the call and captures what it took.
func (t *tap) send(below spi.Socket, m *spi.Message) (int, error) {
	if t == nil {
		return below.Send(m)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	n, err := below.Send(m)
	switch {
	case !t.stream:
		if err == nil {
			to := t.peer
			if m.Name != nil {
				to, _ = m.Name.AddrPort()
			}
			t.datagramLocked(m, n, to, true, "")
		}
	case n > 0:
		if t.openLocked(); t.conn != nil {
			t.connecting = false
			t.conn.Sent(t.time(), m, n, m.Flags&wsa.MSG_OOB != 0)
		}
	case err == wsa.WSAECONNRESET || err == wsa.WSAENETRESET:
		// What the peer sent before may still be there to be received.
		t.remoteReset = true
	}
	return n, err
}

// recv makes the call and captures what it got, unless it only looked.
func (t *tap) recv(below spi.Socket, m *spi.Message) (int, error) {
	if t == nil {
		return below.Recv(m)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	flags := m.Flags
	if !t.stream {
		return t.recvDatagramLocked(below, m)
	}
	n, err := below.Recv(m)
	switch {
	case flags&wsa.MSG_PEEK != 0:
	case n > 0:
		if t.openLocked(); t.conn != nil {
			t.connecting = false
			t.conn.Received(t.time(), m, n, flags&wsa.MSG_OOB != 0)
		}
	case t.conn == nil:
	case err == nil:
		if flags&wsa.MSG_OOB == 0 && m.Len() > 0 {
			t.conn.FinishReceiving(t.time())
		}
	case err == wsa.WSAECONNRESET || err == wsa.WSAENETRESET:
		t.conn.ResetByRemote(t.time())
	case err == wsa.WSAECONNABORTED:
		t.conn.Reset(t.time())
	}
	return n, err
}

// recvDatagramLocked asks for the sender even if the caller does not, as a
// packet needs one.
func (t *tap) recvDatagramLocked(below spi.Socket, m *spi.Message) (int, error) {
	flags, asked := m.Flags, m.Name
	if asked == nil {
		t.from = wsa.Sockaddr{}
		m.Name = &t.from
	}
	n, err := below.Recv(m)
	sender := *m.Name
	m.Name = asked
	if flags&(wsa.MSG_PEEK|wsa.MSG_ERRQUEUE) != 0 {
		return n, err
	}
	from, ok := sender.AddrPort()
	if !ok {
		from = t.peer
	}
	switch err {
	case nil:
		t.datagramLocked(m, n, from, false, "")
	case wsa.WSAEMSGSIZE:
		t.datagramLocked(m, n, from, false, "cut: the receive had less room")
	}
	return n, err
}

// datagramLocked captures the first n bytes of m.
func (t *tap) datagramLocked(m *spi.Message, n int, remote netip.AddrPort, sent bool, comment string) {
	if !t.local.IsValid() || t.local.Port() == 0 {
		t.local = t.name(t.below.GetSockName)
	}
	d := &t.datagram
	d.Time, d.Interface, d.Local, d.Remote, d.Sent, d.Comment = t.time(), t.ifaceLocked(), t.local, remote, sent, comment
	if !t.known && comment == "" {
		t.known, d.Comment = true, t.comment()
	}
	t.capture.writer.Datagram(d, m, n)
}
