// SPDX-License-Identifier: Apache-2.0

// Package relay carries a stream connection between a socket of the kernel
// and a Winsock socket, as one connection: data, urgent data, the end of each
// direction, and resets.
package relay

import (
	"os"
	"sync/atomic"
	"syscall"
	"time"

	"winsock"
	"winsock/internal/sys"
	"winsock/spi"
	"winsock/wsa"
)

// A Relay is a connection that is being carried. The counters are of the
// bytes that were taken from one side and given to the other.
type Relay struct {
	Sent     atomic.Uint64 // from near to far
	Received atomic.Uint64 // from far to near

	near *os.File
	conn syscall.RawConn
	far  winsock.SOCKET

	broken    atomic.Bool // one side was reset, so that the other is to be, too
	ended     atomic.Bool // far has ended, and near was told
	nearEnded atomic.Bool
	late      *lateReset // of far, once that has ended; of routineReceive
	urgent    bool       // both sides carry urgent data inline

	ways atomic.Int32 // directions that are not over
	over func()       // what was given to Start as ended
	done chan struct{}
}

// Start carries what comes on fd, a non-blocking connected socket, to far, a
// connected stream socket, and back. A receive of far that reports MSG_OOB has
// received an urgent byte, and nothing else. Both belong to the relay from then on.
// ended, when not nil, is called when both are closed.
func Start(fd int, far winsock.SOCKET, ended func()) *Relay {
	r := &Relay{near: os.NewFile(uintptr(fd), "near"), far: far, over: ended, done: make(chan struct{})}
	blocking := uint32(0)
	_ = winsock.IoctlSocket(far, wsa.FIONBIO, &blocking) // cannot fail on an open socket
	r.conn, _ = r.near.SyscallConn()                     // fails for a closed file only
	sys.SetSockOptInt(fd, sys.IPPROTO_TCP, sys.TCP_NODELAY, 1)
	r.urgent = sys.SetSockOptInt(fd, sys.SOL_SOCKET, sys.SO_OOBINLINE, 1) == 0
	_ = winsock.SetSockOptInt(far, wsa.IPPROTO_TCP, wsa.TCP_NODELAY, 1) // a chain without the option does without
	r.ways.Store(2)
	go r.routineSend()
	go r.routineReceive()
	return r
}

// leave ends a direction. The last one ends the relay.
func (r *Relay) leave() {
	if r.ways.Add(-1) > 0 {
		return
	}
	r.close()
	close(r.done)
	if r.over != nil {
		r.over()
	}
}

// Done is closed when the relay has ended.
func (r *Relay) Done() <-chan struct{} { return r.done }

// Abort resets both sides.
func (r *Relay) Abort() { r.breakOff() }

// breakOff ends both directions, and has both sides reset.
func (r *Relay) breakOff() {
	if r.broken.Swap(true) {
		return
	}
	_ = r.near.SetDeadline(time.Unix(1, 0))
	past := time.Unix(1, 0)
	_ = winsock.SetDeadline(r.far, spi.Receiving, past)
	_ = winsock.SetDeadline(r.far, spi.Sending, past)
}

func (r *Relay) close() {
	if r.broken.Load() {
		hard := wsa.Linger{OnOff: 1}
		_ = winsock.SetSockOpt(r.far, wsa.SOL_SOCKET, wsa.SO_LINGER, hard.Append(nil))
		_ = r.conn.Control(func(fd uintptr) {
			on := [8]byte{0: 1}
			sys.SetSockOpt(int(fd), sys.SOL_SOCKET, sys.SO_LINGER, on[:])
		})
	}
	r.near.Close()
	if r.late != nil {
		r.late.stop()
	}
	_ = winsock.CloseSocket(r.far)
}

// routineSend carries from near to far.
func (r *Relay) routineSend() {
	defer r.leave()
	var b buffer
	defer b.free()
	in := reader{r: r, b: &b}
	in.try = in.once
	for {
		n, e := in.read()
		switch {
		case e != 0:
			r.breakOff()
			return
		case n == 0:
			if winsock.Shutdown(r.far, wsa.SD_SEND) != nil {
				r.breakOff()
			}
			r.awaitHangUp()
			return
		}
		if err := r.sendFar(b.bytes[:n], in.urgent); err != nil {
			r.breakOff()
			return
		}
		r.Sent.Add(uint64(n))
		b.used(n)
	}
}

// sendFar sends all of p. The first byte may be urgent.
func (r *Relay) sendFar(p []byte, urgent bool) error {
	if urgent {
		if _, err := winsock.Send(r.far, p[:1], wsa.MSG_OOB); err != nil {
			return err
		}
		p = p[1:]
	}
	for len(p) > 0 {
		n, err := winsock.Send(r.far, p, 0)
		if err != nil {
			return err
		}
		p = p[n:]
	}
	return nil
}

// A reader receives on the near side.
type reader struct {
	r      *Relay
	b      *buffer
	n      int
	e      sys.Errno
	urgent bool // the first byte received is
	mark   bool // the last receive may have ended before urgent data
	try    func(fd uintptr) bool
}

func (in *reader) read() (int, sys.Errno) {
	if err := in.r.conn.Read(in.try); err != nil {
		return 0, sys.ECONNRESET // the deadline of breakOff
	}
	return in.n, in.e
}

// once receives what there is. A receive ends before an urgent byte, so that
// only after a short one the next can begin with it.
func (in *reader) once(fd uintptr) bool {
	in.urgent = false
	p := in.b.room()
	if in.mark && in.r.urgent {
		// An urgent byte that comes between the question and the receive
		// must not be received with what follows it.
		there, _ := sys.Ioctl(int(fd), sys.SIOCINQ, 0)
		at, e := sys.Ioctl(int(fd), sys.SIOCATMARK, 0)
		switch {
		case e == 0 && at != 0:
			in.urgent, p = true, p[:1]
		case there > 0:
			p = p[:min(int(there), len(p))]
		}
	}
	in.n, _, in.e = sys.RecvFrom(int(fd), p, 0, nil)
	if in.e == sys.EAGAIN {
		in.mark = true // what comes next may be urgent
		return false
	}
	in.mark = in.n < len(in.b.room()) || in.urgent
	return true
}

// routineReceive carries from far to near.
func (r *Relay) routineReceive() {
	defer r.leave()
	var b buffer
	defer b.free()
	out := writer{r: r}
	out.try = out.once
	var bufs [1][]byte
	for {
		bufs[0] = b.room()
		flags := uint32(0)
		n, err := winsock.WSARecv(r.far, bufs[:], &flags, nil, nil)
		if err != nil {
			r.breakOff()
			return
		}
		if n == 0 {
			r.watchFar()
			_ = r.conn.Control(func(fd uintptr) {
				if sys.Shutdown(int(fd), sys.SHUT_WR) != 0 {
					r.breakOff()
				}
			})
			r.finished()
			return
		}
		urgent := n == 1 && flags&wsa.MSG_OOB != 0
		if e := out.write(bufs[0][:n], urgent); e != 0 {
			r.breakOff()
			return
		}
		r.Received.Add(uint64(n))
		b.used(n)
	}
}

// A writer sends on the near side.
type writer struct {
	r     *Relay
	p     []byte
	flags int
	e     sys.Errno
	try   func(fd uintptr) bool
}

func (out *writer) write(p []byte, urgent bool) sys.Errno {
	out.p, out.e, out.flags = p, 0, 0
	if urgent {
		out.flags = sys.MSG_OOB
	}
	if err := out.r.conn.Write(out.try); err != nil {
		return sys.ECONNRESET
	}
	return out.e
}

func (out *writer) once(fd uintptr) bool {
	for len(out.p) > 0 {
		n, e := sys.SendTo(int(fd), out.p, out.flags, nil)
		if e == sys.EAGAIN {
			return false
		}
		if e != 0 {
			out.e = e
			return true
		}
		out.p = out.p[n:]
	}
	return true
}
