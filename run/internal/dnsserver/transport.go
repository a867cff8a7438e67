// SPDX-License-Identifier: Apache-2.0

package dnsserver

import (
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// maxMessage is how long a message can be, by UDP and by TCP.
const maxMessage = 64<<10 - 1

// routinePackets reads queries from a UDP socket.
func (s *Server) routinePackets(conn *net.UDPConn) {
	buf := make([]byte, maxMessage)
	for {
		n, from, err := conn.ReadFromUDPAddrPort(buf)
		switch {
		case err != nil && !s.again(err):
			return
		case err != nil, !isOwn(from.Addr()):
			continue
		case !s.take(s.queries):
			return
		}
		message := slices.Clone(buf[:n])
		s.group.Go(func() {
			defer give(s.queries)
			if answer := s.answer(message, true); answer != nil {
				_, _ = conn.WriteToUDPAddrPort(answer, from) // the client asks again
			}
		})
	}
}

// isOwn reports whether addr is of this host. A program may have bound its
// socket to any of the host's addresses; nobody else is ever answered, even
// where the kernel's settings let strangers reach loopback.
func isOwn(addr netip.Addr) bool {
	addr = addr.Unmap()
	if addr.IsLoopback() {
		return true
	}
	list, err := net.InterfaceAddrs()
	if err != nil {
		return false
	}
	return slices.ContainsFunc(list, func(a net.Addr) bool {
		prefix, ok := a.(*net.IPNet)
		return ok && prefix.IP.Equal(addr.WithZone("").AsSlice())
	})
}

// routineAccept accepts the connections of a listening TCP socket.
func (s *Server) routineAccept(listener *net.TCPListener) {
	for {
		conn, err := listener.AcceptTCP()
		switch {
		case err != nil && !s.again(err):
			return
		case err != nil:
			continue
		case !s.hold(conn), !s.take(s.streams):
			return
		}
		s.group.Go(func() {
			defer give(s.streams)
			s.serve(conn)
		})
	}
}

// A stream is a connection with queries that are answered in the order in
// which the answers are found (RFC 7766, 6.2.1).
type stream struct {
	conn    *net.TCPConn
	pending sync.WaitGroup // queries under way
	count   atomic.Int32   // of them

	mu sync.Mutex // held while an answer is written
}

// serve reads queries from a connection until it is idle or the client ends
// it, and returns when all of them are answered.
func (s *Server) serve(conn *net.TCPConn) {
	defer s.drop(conn)
	st := &stream{conn: conn}
	defer st.pending.Wait()
	for {
		message, err := st.read(s.limits.idle)
		if err != nil || !s.take(s.queries) {
			return
		}
		st.count.Add(1)
		st.pending.Go(func() {
			defer give(s.queries)
			defer st.count.Add(-1)
			answer := s.answer(message, false)
			if answer == nil || st.write(answer, s.limits.write) != nil {
				_ = conn.Close() // who sends rubbish or takes no answers has lost the connection
			}
		})
	}
}

// read reads one message. A stream with queries under way is not idle.
func (st *stream) read(idle time.Duration) ([]byte, error) {
	var length [2]byte
	for {
		if err := st.conn.SetReadDeadline(time.Now().Add(idle)); err != nil {
			return nil, err
		}
		n, err := io.ReadFull(st.conn, length[:])
		if err == nil {
			break
		}
		if n > 0 || !errors.Is(err, os.ErrDeadlineExceeded) || st.count.Load() == 0 {
			return nil, err
		}
	}
	message := make([]byte, binary.BigEndian.Uint16(length[:]))
	_, err := io.ReadFull(st.conn, message)
	return message, err
}

func (st *stream) write(message []byte, limit time.Duration) error {
	framed := binary.BigEndian.AppendUint16(make([]byte, 0, 2+len(message)), uint16(len(message)))
	framed = append(framed, message...)
	st.mu.Lock()
	defer st.mu.Unlock()
	if err := st.conn.SetWriteDeadline(time.Now().Add(limit)); err != nil {
		return err
	}
	_, err := st.conn.Write(framed)
	return err
}
