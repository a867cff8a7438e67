// SPDX-License-Identifier: Apache-2.0

package kernel

import (
	"encoding/binary"
	"hash/fnv"
	"net"
	"net/netip"
	"sync"
	"time"

	"winsock/internal/poller"
	"winsock/internal/sys"
	"winsock/spi"
	"winsock/wsa"
)

// addressesChanged is SIO_ADDRESS_LIST_CHANGE. What counts is the list of
// SIO_ADDRESS_LIST_QUERY, in any order.
func (s *socket) addressesChanged(token []byte) (int, error) {
	if !s.kind.inet {
		return 0, wsa.WSAEOPNOTSUPP
	}
	var sum uint64
	err := s.bindable(func(i *net.Interface, a netip.Addr) {
		sum += hash(append(a.AsSlice(), byte(i.Index), byte(i.Index>>8)))
	})
	if err != nil {
		return 0, err
	}
	return spi.ChangedSince(token, sum)
}

// routeChanged is SIO_ROUTING_INTERFACE_CHANGE: what counts is the answer of
// SIO_ROUTING_INTERFACE_QUERY. That there is no way to the address is one
// too.
func (s *socket) routeChanged(in, token []byte) (int, error) {
	remote, err := s.remoteName(in)
	if err != nil {
		return 0, err
	}
	local, err := s.sourceFor(remote)
	switch err {
	case nil:
		return spi.ChangedSince(token, hash(local.Bytes()))
	case wsa.WSAENETUNREACH, wsa.WSAEHOSTUNREACH, wsa.WSAEADDRNOTAVAIL, wsa.WSAENETDOWN:
		return spi.ChangedSince(token, 0)
	}
	return 0, err
}

func hash(b []byte) uint64 {
	h := fnv.New64a()
	h.Write(b)
	return h.Sum64()
}

// changeGroups are what addresses and routes depend on.
const changeGroups = sys.RTMGRP_LINK | sys.RTMGRP_IPV4_IFADDR | sys.RTMGRP_IPV4_ROUTE |
	sys.RTMGRP_IPV6_IFADDR | sys.RTMGRP_IPV6_ROUTE

// changeCheck is how often watchers look for themselves while the kernel
// gives no descriptor to listen with.
const changeCheck = time.Second

// changes tells of changed addresses and routes. It listens to the kernel
// only while somebody watches. What the kernel says is not read: whoever is
// told asks again.
var changes changeListener

type changeListener struct {
	watchers spi.WatchList

	mu    sync.Mutex // protects what follows; taken before the locks of the poller
	count int        // watchers
	fd    int
	open  bool
	timer *time.Timer // runs while there are watchers and nothing is open
	desc  poller.Desc
}

func (l *changeListener) watch(w *spi.Watcher) {
	l.watchers.Add(w)
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.count++; l.count == 1 {
		l.openLocked()
	}
}

func (l *changeListener) unwatch(w *spi.Watcher) {
	l.watchers.Remove(w)
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.count--; l.count == 0 {
		l.closeLocked()
	}
}

func (l *changeListener) openLocked() {
	if l.openNetlinkLocked() {
		return
	}
	l.timer = time.AfterFunc(changeCheck, func() {
		l.watchers.Notify(spi.EventsChange)
		l.mu.Lock()
		defer l.mu.Unlock()
		if l.count > 0 && !l.open {
			l.openLocked()
		}
	})
}

func (l *changeListener) openNetlinkLocked() bool {
	fd, e := sys.Socket(sys.AF_NETLINK, wsa.SOCK_RAW, sys.NETLINK_ROUTE)
	if e != 0 {
		return false
	}
	var name [12]byte // struct sockaddr_nl: family, padding, port, groups
	binary.NativeEndian.PutUint16(name[:], sys.AF_NETLINK)
	binary.NativeEndian.PutUint32(name[8:], changeGroups)
	if e := sys.Bind(fd, name[:]); e != 0 {
		sys.Close(fd)
		return false
	}
	l.desc.Target = l
	if poller.Default.Add(fd, &l.desc) != nil {
		sys.Close(fd)
		return false
	}
	l.fd, l.open = fd, true
	return true
}

func (l *changeListener) closeLocked() {
	if l.timer != nil {
		l.timer.Stop()
		l.timer = nil
	}
	if l.open {
		poller.Default.Remove(l.fd, &l.desc)
		sys.Close(l.fd)
		l.open = false
	}
}

// NotifyReady is how the poller tells that the kernel has said something. An
// overflow of what it had to say is read as an error, and is news as well.
func (l *changeListener) NotifyReady(uint32) {
	if l.drain() {
		l.watchers.Notify(spi.EventsChange)
	}
}

func (l *changeListener) drain() (news bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.open {
		return false
	}
	var rest [1]byte // of each message; the rest of it is dropped
	for range drainLimit {
		if _, _, e := sys.RecvFrom(l.fd, rest[:], 0, nil); e == sys.EAGAIN {
			return true
		}
	}
	return true
}

// drainLimit is how many messages are dropped at a time. The poller tells of
// each that comes, so that those left over do no harm.
const drainLimit = 256
