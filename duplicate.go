// SPDX-License-Identifier: Apache-2.0

package winsock

import (
	"crypto/rand"
	"encoding/binary"
	"errors"
	"os"
	"slices"
	"sync"
	"syscall"
	"time"

	"winsock/catalog"
	"winsock/object"
	"winsock/spi"
	"winsock/wsa"
)

// WSADuplicateSocket offers a further handle of a socket to a process, the
// own one included, which gets it by passing the result to [WSASocket]
// ("WSADuplicateSocketW function"). Only that process gets it, once, and
// within a minute; until then the offer keeps the socket open.
//
// In the same process, the handles are names of one socket, which has all
// state in common: the last handle that is closed closes it, and ends what
// pends on it. A selection of network events replaces any other, whichever
// handle it was made with. WSAAsyncSelect's messages have the handle that it
// was called with, and end when that is closed.
//
// Another process gets the kernel's socket and the state that Winsock keeps of
// it; so the chain must preserve the kernel's handle and be in the catalog.
// From then on, what is the kernel's is shared: data, options that reach it,
// shutdown for sending. Selections, completion ports, pending operations, the
// blocking mode and the options that Winsock keeps are each process's own. An
// offer ends with the process that has made it.
//
// Errors: WSANOTINITIALISED, WSAENOTSOCK, WSAEINVAL for a process that does not
// exist and for a socket that AcceptEx is about to connect, WSAEMFILE,
// WSAENOBUFS, WSAEOPNOTSUPP for another process and a chain that has no
// descriptor to share.
func WSADuplicateSocket(h SOCKET, processID uint32) (info wsa.ProtocolInfo, err error) {
	s, err := use(h)
	if err != nil {
		return info, err
	}
	defer s.done("WSPDuplicateSocket", &err)
	info = *s.info()
	switch {
	case processID == uint32(os.Getpid()):
		info.ProviderReserved, err = s.offerHandle()
	case !processExists(processID):
		err = wsa.WSAEINVAL
	default:
		info.ProviderReserved, err = s.offerCopy(processID)
	}
	if err != nil {
		return wsa.ProtocolInfo{}, err
	}
	return info, nil
}

func processExists(id uint32) bool {
	if id == 0 || id > 1<<31-1 {
		return false
	}
	p, err := os.FindProcess(int(id))
	if err != nil {
		return false
	}
	defer p.Release()
	err = p.Signal(syscall.Signal(0)) // which only looks
	return err == nil || errors.Is(err, os.ErrPermission)
}

// ofDuplicate reports whether an info is one of WSADuplicateSocket: it has a
// number where the catalog's has none or another.
func ofDuplicate(snap *catalog.Snapshot, info *wsa.ProtocolInfo) bool {
	if info.ProviderReserved == 0 {
		return false
	}
	e := snap.Entry(info.CatalogEntryID)
	return e == nil || e.Info.ProviderReserved != info.ProviderReserved
}

// openDuplicate makes the handle that an info of WSADuplicateSocket is for.
//
// Errors: WSAEINVAL for an offer that there is not, or no longer, and for a
// chain that is not in this process's catalog; WSAEINVALIDPROVIDER for one that
// the program does not admit.
func openDuplicate(snap *catalog.Snapshot, info *wsa.ProtocolInfo) (SOCKET, error) {
	if s := takeOffer(info); s != nil {
		return s.openHandle()
	}
	if e := snap.Entry(info.CatalogEntryID); e == nil || e.Info.ProviderID != info.ProviderID {
		return INVALID_SOCKET, wsa.WSAEINVAL
	}
	choice, err := choose(snap, 0, 0, 0, info)
	if err != nil {
		return INVALID_SOCKET, err
	}
	if choice.Entry.ID() != info.CatalogEntryID {
		return INVALID_SOCKET, wsa.WSAEINVALIDPROVIDER
	}
	return openCopy(snap, choice, info.ProviderReserved)
}

// duplicates are the handles of a socket beside its first one.
type duplicates struct {
	mu      sync.Mutex // protects what follows
	handles int        // open ones, the first included, and offers
	list    []*duplicate
}

// A duplicate is a handle of a socket beside its first one. It keeps a use of
// the socket.
type duplicate struct {
	object.Header
	sock *socket
}

// Destroy ends the use of the socket.
func (d *duplicate) Destroy() { d.sock.Release() }

func useDuplicate(o object.Object) (*socket, error) {
	defer release(o)
	if d, ok := o.(*duplicate); ok && d.sock.Hold() {
		return d.sock, nil
	}
	return nil, wsa.WSAENOTSOCK
}

// socketIn returns the socket that a handle's object is or stands for, nil if
// it is none.
func socketIn(o object.Object) *socket {
	switch o := o.(type) {
	case *socket:
		return o
	case *duplicate:
		return o.sock
	}
	return nil
}

// several reports whether there is more than one handle or offer.
func (d *duplicates) several() bool {
	if d == nil {
		return false
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.handles > 1
}

// count returns how many handles beside the first one are open.
func (d *duplicates) count() int {
	if d == nil {
		return 0
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.list)
}

// any returns a handle that is open.
func (d *duplicates) any() SOCKET {
	if d == nil {
		return INVALID_SOCKET
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.list) == 0 {
		return INVALID_SOCKET
	}
	return SOCKET(d.list[0].Handle())
}

// reserve counts one more handle. It reports false when the last one has been
// closed.
func (s *socket) reserve() bool {
	d := s.duplicates.Load()
	if d == nil {
		s.duplicates.CompareAndSwap(nil, &duplicates{handles: 1})
		d = s.duplicates.Load()
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.handles == 0 || s.Closing() {
		return false
	}
	d.handles++
	return true
}

// unreserve ends what reserve began. The last one closes the socket.
func (s *socket) unreserve() {
	d := s.duplicates.Load()
	d.mu.Lock()
	d.handles--
	last := d.handles == 0
	d.mu.Unlock()
	if last {
		s.close()
	}
}

// openHandle makes a handle of a reservation.
func (s *socket) openHandle() (SOCKET, error) {
	if !s.Hold() {
		return INVALID_SOCKET, wsa.WSAENOTSOCK
	}
	n := &duplicate{sock: s}
	d := s.duplicates.Load()
	d.mu.Lock()
	h, err := object.Open(n)
	if err == nil {
		d.list = append(d.list, n)
	}
	d.mu.Unlock()
	if err != nil {
		s.unreserve()
		s.Release()
		return INVALID_SOCKET, err
	}
	if s.Closing() { // Winsock was cleaned up meanwhile
		object.Close(n)
		return INVALID_SOCKET, wsa.WSAENOTSOCK
	}
	return SOCKET(h), nil
}

// closeHandle closes one handle, and with the last one the socket. It reports
// false if somebody else did so before.
func (s *socket) closeHandle(h SOCKET) bool {
	d := s.duplicates.Load()
	if d == nil {
		if !object.Withdraw(s) {
			return false
		}
		if s.duplicates.CompareAndSwap(nil, noDuplicates) {
			s.close()
			return true
		} // else a duplicate was made at the last moment
	} else if h == SOCKET(s.Handle()) {
		if !object.Withdraw(s) {
			return false
		}
	} else if !d.close(h) {
		return false
	}
	s.selection.closedHandle(h)
	s.unreserve()
	return true
}

// noDuplicates is of a socket whose last handle was closed.
var noDuplicates = new(duplicates)

// close closes a handle of the list.
func (d *duplicates) close(h SOCKET) bool {
	d.mu.Lock()
	i := slices.IndexFunc(d.list, func(n *duplicate) bool { return SOCKET(n.Handle()) == h })
	if i < 0 {
		d.mu.Unlock()
		return false
	}
	n := d.list[i]
	d.list = slices.Delete(d.list, i, i+1)
	d.mu.Unlock()
	return object.Close(n)
}

// closedHandle ends a selection whose messages have that handle.
func (sel *selection) closedHandle(h SOCKET) {
	if r := sel.recorder.Load(); r != nil {
		r.mu.Lock()
		defer r.mu.Unlock()
		if r.handle == h && postsMessages(r.sink) {
			r.cancelLocked()
		}
	}
}

// offerLife is how long WSASocket may take up an offer of this process.
var offerLife = time.Minute

// offers are the handles that this process has offered to itself.
var offers struct {
	mu   sync.Mutex // protects byID
	byID map[uint32]*offer
}

// An offer is a reserved handle.
type offer struct {
	sock  *socket
	timer *time.Timer
}

// offerHandle makes an offer to the own process, and returns its number.
func (s *socket) offerHandle() (uint32, error) {
	if !s.reserve() {
		return 0, wsa.WSAENOTSOCK
	}
	offers.mu.Lock()
	defer offers.mu.Unlock()
	if offers.byID == nil {
		offers.byID = make(map[uint32]*offer)
	}
	id := randomID()
	for id == s.info().ProviderReserved || offers.byID[id] != nil {
		id = randomID()
	}
	offers.byID[id] = &offer{sock: s, timer: time.AfterFunc(offerLife, func() { dropOffer(id) })}
	return id, nil
}

// randomID returns a number that is not 0 and that nobody can guess.
func randomID() uint32 {
	var b [4]byte
	for {
		rand.Read(b[:]) // never fails
		if id := binary.NativeEndian.Uint32(b[:]); id != 0 {
			return id
		}
	}
}

// takeOffer takes an offer up. It returns nil if there is none.
func takeOffer(info *wsa.ProtocolInfo) *socket {
	offers.mu.Lock()
	defer offers.mu.Unlock()
	o := offers.byID[info.ProviderReserved]
	if o == nil || o.sock.info().CatalogEntryID != info.CatalogEntryID {
		return nil
	}
	o.timer.Stop()
	delete(offers.byID, info.ProviderReserved)
	return o.sock
}

// dropOffer ends an offer that nobody has taken up.
func dropOffer(id uint32) {
	offers.mu.Lock()
	o := offers.byID[id]
	delete(offers.byID, id)
	offers.mu.Unlock()
	if o != nil {
		o.timer.Stop()
		o.sock.unreserve()
	}
}

// dropOffers ends all of them.
func dropOffers() {
	offers.mu.Lock()
	ids := make([]uint32, 0, len(offers.byID))
	for id := range offers.byID {
		ids = append(ids, id)
	}
	offers.mu.Unlock()
	for _, id := range ids {
		dropOffer(id)
	}
}

// offerCopy offers the socket to another process.
func (s *socket) offerCopy(processID uint32) (uint32, error) {
	if s.accepting.Load() != nil || s.context.Load() == contextConnecting {
		return 0, wsa.WSAEINVAL
	}
	e := theCatalog.Snapshot().Entry(s.info().CatalogEntryID)
	d := spi.DuplicatorOf(s.path.Load().top)
	if d == nil || e == nil || e.Info.ProviderID != s.info().ProviderID {
		return 0, wsa.WSAEOPNOTSUPP
	}
	if s.connecting.Load() {
		s.connectProgress()
	}
	info, err := d.Duplicate(processID, s.carried().append(nil))
	if err != nil {
		return 0, err
	}
	if info == nil || info.ProviderReserved == 0 || info.ProviderReserved == s.info().ProviderReserved {
		return 0, wsa.WSAEOPNOTSUPP
	}
	return info.ProviderReserved, nil
}

// openCopy makes a socket of what another process has offered.
func openCopy(snap *catalog.Snapshot, c catalog.Choice, id uint32) (SOCKET, error) {
	d := &spi.Duplicate{ID: id}
	top, ch, err := chains.Open(snap, c.Entry, &spi.Opening{
		AddressFamily: c.AddressFamily,
		SocketType:    c.SocketType,
		Protocol:      c.Protocol,
		Flags:         wsa.WSA_FLAG_OVERLAPPED,
		Duplicate:     d,
		Observe:       observer(&c.Entry.Info),
	})
	if err != nil {
		return INVALID_SOCKET, err
	}
	var state carried
	switch {
	case d.Attached == nil || spi.DuplicatorOf(top) == nil:
		err = wsa.WSAEOPNOTSUPP // a new socket, or one whose data a layer changes
	case !state.decode(d.Attached):
		err = wsa.WSAEINVAL
	}
	if err != nil {
		closeGuarded(top, ch.Info())
		ch.Release()
		return INVALID_SOCKET, err
	}
	s := newSocket(top, ch, state.Flags)
	s.takeCarried(&state)
	return adopt(s)
}

// A carried is what Winsock itself keeps of a socket and another process is to
// know.
type carried struct {
	Version     uint32
	Flags       uint32
	Context     uint32
	Nonblocking bool
	Lingering   bool
	Connecting  bool
	Passive     bool
	Timeouts    [2]int64 // by spi.Direction
}

const carriedVersion = 1

func (s *socket) carried() *carried {
	c := &carried{
		Version:     carriedVersion,
		Flags:       s.flags,
		Context:     s.context.Load(),
		Nonblocking: s.nonblocking.Load(),
		Lingering:   s.lingering.Load(),
		Connecting:  s.connecting.Load(),
		Passive:     s.selection.passive.Load(),
	}
	if h := s.halves.Load(); h != nil {
		for d := range c.Timeouts {
			c.Timeouts[d] = h[d].timeout.Load()
		}
	}
	return c
}

func (s *socket) takeCarried(c *carried) {
	s.context.Store(c.Context)
	s.nonblocking.Store(c.Nonblocking)
	s.lingering.Store(c.Lingering)
	s.connecting.Store(c.Connecting)
	s.selection.passive.Store(c.Passive)
	for d, t := range c.Timeouts {
		if t != 0 {
			s.half(spi.Direction(d)).timeout.Store(t)
		}
	}
}

func (c *carried) append(b []byte) []byte {
	b, _ = binary.Append(b, binary.LittleEndian, c) // it has fields of fixed size only
	return b
}

func (c *carried) decode(b []byte) bool {
	n, err := binary.Decode(b, binary.LittleEndian, c)
	return err == nil && n == len(b) && c.Version == carriedVersion && c.Context <= contextAccepted &&
		c.Timeouts[0] >= 0 && c.Timeouts[1] >= 0
}
