// SPDX-License-Identifier: Apache-2.0

package kernel

import (
	"bytes"
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"net"
	"os"
	"sync/atomic"
	"syscall"
	"time"

	"winsock/internal/sys"
	"winsock/internal/sys/foreign"
	"winsock/spi"
	"winsock/spi/sockopt"
	"winsock/spi/sockstate"
	"winsock/wsa"
)

// A copy of a socket is handed to another process over a local connection.
// The process that has the socket listens, at an abstract address that follows
// from the number of the offer and the id of the other process. The kernel
// tells who connects: nobody but that process gets the descriptor, and with it
// the state that is not the kernel's. Both ends judge by the kernel's word
// alone, so that the number need not be a secret.

// offerLife is how long an offer stands.
var offerLife = time.Minute

// handOver is how long one side of a connection waits for the other.
const handOver = 5 * time.Second

// maxCopy is the most that a copy takes beside the descriptor.
const maxCopy = 16 << 10

func offerName(process int, id uint32) string {
	return fmt.Sprintf("@winsock-duplicate-%d-%08x", process, id)
}

// An offer is a socket that waits to be fetched by another process.
type offer struct {
	listener *net.UnixListener
	process  int
	pidfd    int // of that process, so that its successor of the same id is not taken for it
	fd       int // the offer's own, -1 when it is closed
	state    []byte
	shared   *atomic.Int32 // of the socket
}

// Duplicate is WSPDuplicateSocket.
func (s *socket) Duplicate(processID uint32, attached []byte) (*wsa.ProtocolInfo, error) {
	s.settle()
	o := &offer{process: int(processID), state: s.copyState(attached).encode(), shared: &s.shared}
	if len(o.state) > maxCopy {
		return nil, wsa.WSAENOBUFS
	}
	if pid, e := foreign.Process(o.process); e != 0 || pid != o.process {
		return nil, wsa.WSAEINVAL
	}
	var e sys.Errno
	switch o.pidfd, e = foreign.Open(o.process); e {
	case 0:
	case sys.ESRCH:
		return nil, wsa.WSAEINVAL
	case syscall.ENOSYS:
		return nil, wsa.WSAEOPNOTSUPP
	default:
		return nil, wsa.FromErrno(e).Err()
	}
	if o.fd, e = sys.Dup(s.fd); e != 0 {
		sys.Close(o.pidfd)
		return nil, wsa.FromErrno(e).Err()
	}
	id, err := o.listen()
	if err != nil {
		sys.Close(o.fd)
		sys.Close(o.pidfd)
		return nil, err
	}
	s.shared.Add(1)
	o.listener.SetDeadline(time.Now().Add(offerLife))
	go o.routineServe()
	info := s.kind.info()
	info.ProviderReserved = id
	return &info, nil
}

// listen finds a number whose address is free.
func (o *offer) listen() (uint32, error) {
	for range 16 {
		var b [4]byte
		rand.Read(b[:]) // never fails
		id := binary.NativeEndian.Uint32(b[:])
		if id == 0 {
			continue
		}
		l, err := net.ListenUnix("unixpacket", &net.UnixAddr{Name: offerName(o.process, id), Net: "unixpacket"})
		if err == nil {
			o.listener = l
			return id, nil
		}
		if code := wsa.ErrnoOf(err); code != wsa.WSAEADDRINUSE {
			return 0, code.Err()
		}
	}
	return 0, wsa.WSAENOBUFS
}

// routineServe waits for the process, and gives it the socket.
func (o *offer) routineServe() {
	defer sys.Close(o.pidfd)
	defer o.closeFD()
	defer o.listener.Close()
	for {
		c, err := o.listener.AcceptUnix()
		switch {
		case err != nil: // its time is over
			o.listener.Close()
			o.closeFD()
			o.shared.Add(-1) // last: as of now nothing of it is there
			return
		case o.give(c):
			return
		}
	}
}

// give gives the socket to whoever has connected, if it is the right one.
func (o *offer) give(c *net.UnixConn) (given bool) {
	defer c.Close()
	pid, _, err := peerOf(c)
	if err != nil || pid != o.process || !foreign.Alive(o.pidfd) {
		return false
	}
	c.SetDeadline(time.Now().Add(handOver))
	if _, _, err = c.WriteMsgUnix(o.state, syscall.UnixRights(o.fd), nil); err != nil {
		return false
	}
	o.closeFD()
	return true
}

func (o *offer) closeFD() {
	if o.fd >= 0 {
		sys.Close(o.fd)
		o.fd = -1
	}
}

func peerOf(c *net.UnixConn) (pid, uid int, err error) {
	raw, err := c.SyscallConn()
	if err != nil {
		return 0, 0, err
	}
	var e sys.Errno
	if err := raw.Control(func(fd uintptr) { pid, uid, e = sys.PeerCredentials(int(fd)) }); err != nil {
		return 0, 0, err
	}
	if e != 0 {
		return 0, 0, e
	}
	return pid, uid, nil
}

// fetch takes up an offer of another process. It must be one of the same user
// or of root.
func fetch(id uint32) (fd int, state []byte, err error) {
	d := net.Dialer{Timeout: handOver}
	conn, err := d.Dial("unixpacket", offerName(os.Getpid(), id))
	if err != nil {
		return -1, nil, wsa.WSAEINVAL
	}
	defer conn.Close()
	c := conn.(*net.UnixConn)
	if _, uid, err := peerOf(c); err != nil || uid != 0 && uid != os.Geteuid() {
		return -1, nil, wsa.WSAEINVAL
	}
	c.SetDeadline(time.Now().Add(handOver))
	state = make([]byte, maxCopy)
	rights := make([]byte, 256)
	n, nr, flags, _, err := c.ReadMsgUnix(state, rights)
	if err != nil {
		return -1, nil, wsa.WSAEINVAL
	}
	fds := descriptors(rights[:nr])
	if len(fds) != 1 || flags&(sys.MSG_TRUNC|sys.MSG_CTRUNC) != 0 {
		for _, fd := range fds {
			sys.Close(fd)
		}
		return -1, nil, wsa.WSAEINVAL
	}
	// The end of the connection says that the offer has let go of its own
	// descriptor, so that a close from here on is the last one.
	_, _ = c.Read(rights[:1])
	return fds[0], state[:n], nil
}

// descriptors returns those that came with a message.
func descriptors(rights []byte) (fds []int) {
	messages, err := syscall.ParseSocketControlMessage(rights)
	if err != nil {
		return nil
	}
	for i := range messages {
		if list, err := syscall.ParseUnixRights(&messages[i]); err == nil {
			fds = append(fds, list...)
		}
	}
	return fds
}

// openCopy makes the socket of an offer.
func openCopy(k *kind, d *spi.Duplicate) (spi.Socket, error) {
	fd, state, err := fetch(d.ID)
	if err != nil {
		return nil, err
	}
	var c copied
	var s spi.Socket
	plain := new(socket)
	if s = plain; k.typ == wsa.SOCK_DGRAM {
		d := new(datagram)
		s, plain = d, &d.socket
	}
	if !c.decode(state) || !c.fits(k, fd) || !plain.become(k, fd, &c) {
		sys.Close(fd)
		return nil, wsa.WSAEINVAL
	}
	d.Attached = c.attached
	return s, nil
}

// become makes s, which is new, what c says.
func (s *socket) become(k *kind, fd int, c *copied) bool {
	s.wrap(k, fd, c.Protocol)
	s.opts.Init(k.options)
	s.refused.Store(c.Refused)
	s.mark(unreachable, c.NoConnReset)
	s.mark(expired, c.NoNetReset)
	s.shared.Store(1)
	peer := wsa.SockaddrBytes(c.peer)
	s.peer.set(&peer)
	return s.opts.Apply(c.settings) && s.state.InitCopy(c.State)
}

// A copied is the state of a socket that is not the kernel's. The part of
// fixed size comes first.
type copied struct {
	copiedHead
	peer     []byte
	settings []sockopt.Setting
	attached []byte // not nil once it is decoded
}

type copiedHead struct {
	Version     uint32
	Family      int32
	Type        int32
	Protocol    int32
	State       sockstate.Copy
	Refused     uint32
	NoConnReset bool
	NoNetReset  bool
	Peer        uint16 // bytes of the peer's name,
	Settings    uint16 // options,
	Attached    uint16 // and bytes, which follow in this order
}

const copiedVersion = 1

func (s *socket) copyState(attached []byte) *copied {
	s.mu.Lock()
	defer s.mu.Unlock()
	var peer wsa.Sockaddr
	s.peer.get(&peer)
	return &copied{
		copiedHead: copiedHead{
			Version:     copiedVersion,
			Family:      s.kind.family,
			Type:        s.kind.typ,
			Protocol:    s.protocol,
			State:       s.state.Copy(),
			Refused:     s.refused.Load(),
			NoConnReset: s.marked(unreachable),
			NoNetReset:  s.marked(expired),
		},
		peer:     bytes.Clone(peer.Bytes()),
		settings: s.opts.Settings(),
		attached: attached,
	}
}

func (c *copied) encode() []byte {
	c.Peer, c.Settings, c.Attached = uint16(len(c.peer)), uint16(len(c.settings)), uint16(len(c.attached))
	b, _ := binary.Append(nil, binary.LittleEndian, &c.copiedHead) // it has fields of fixed size only
	b = append(b, c.peer...)
	b, _ = binary.Append(b, binary.LittleEndian, c.settings)
	return append(b, c.attached...)
}

func (c *copied) decode(b []byte) bool {
	n, err := binary.Decode(b, binary.LittleEndian, &c.copiedHead)
	if err != nil || c.Version != copiedVersion {
		return false
	}
	b = b[n:]
	sizeofSetting := binary.Size(sockopt.Setting{})
	if len(b) != int(c.Peer)+int(c.Settings)*sizeofSetting+int(c.Attached) || int(c.Peer) > wsa.SizeofStorage {
		return false
	}
	c.peer, b = bytes.Clone(b[:c.Peer]), b[c.Peer:]
	c.settings = make([]sockopt.Setting, c.Settings)
	if n, err = binary.Decode(b, binary.LittleEndian, c.settings); err != nil {
		return false
	}
	c.attached = append([]byte{}, b[n:]...)
	return true
}

// fits reports whether the copy is one of that kind, and the descriptor too.
func (c *copied) fits(k *kind, fd int) bool {
	if c.Family != k.family || c.Type != k.typ || k.protocol != 0 && c.Protocol != k.protocol ||
		(c.State.Flags&sockstate.Datagram != 0) == k.stream {
		return false
	}
	protocol := int(c.Protocol)
	for name, want := range map[int]int{sys.SO_DOMAIN: k.domain, sys.SO_TYPE: int(k.typ), sys.SO_PROTOCOL: protocol} {
		if v, e := sys.GetSockOptInt(fd, sys.SOL_SOCKET, name); e != 0 || v != want {
			return false
		}
	}
	return true
}
