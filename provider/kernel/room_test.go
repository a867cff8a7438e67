// SPDX-License-Identifier: Apache-2.0

package kernel

import (
	"syscall"
	"testing"
	"time"

	"winsock/spi"
	"winsock/wsa"
)

// A datagram socket whose send found no room tells when there is some again,
// though the poller does not tell of it otherwise. On loopback the sends of UDP
// find room always, so that the kernel's socket here is one that need not.
func TestRoomForDatagrams(t *testing.T) {
	fds, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_DGRAM|syscall.SOCK_NONBLOCK|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer syscall.Close(fds[1])
	udp, _, err := chooseKind(&udp4)
	if err != nil {
		t.Fatal(err)
	}
	s := new(socket)
	s.wrap(udp, fds[0], wsa.IPPROTO_UDP)
	s.state.Init(true)
	s.state.SetPeer(true)
	s.opts.Init(udp.options)
	closeLater(t, s)

	told := make(chan spi.Events, 64)
	w := spi.Watcher{Mask: spi.EventAll, Notify: func(e spi.Events) {
		select {
		case told <- e:
		default:
		}
	}}
	s.Watch(&w)
	defer s.Unwatch(&w)
	data := make([]byte, 1000)
	fill := func() {
		for {
			m := spi.Message{Bufs: [][]byte{data}}
			if _, err := s.Send(&m); err == wsa.WSAEWOULDBLOCK {
				return
			} else if err != nil {
				t.Fatal(err)
			}
		}
	}
	empty := func() {
		for {
			if _, err := syscall.Read(fds[1], data); err == syscall.EAGAIN {
				return
			} else if err != nil {
				t.Fatal(err)
			}
		}
	}
	for range 3 { // each request is for the next time
		fill()
		empty()
		for e := spi.Events(0); e&spi.EventWrite == 0; {
			select {
			case e = <-told:
			case <-time.After(patience):
				t.Fatal("nobody tells of the room to send")
			}
		}
	}
	fill()
	if s.Ready(spi.EventWrite) != 0 { // asks, too
		t.Error("there is room to send in a full queue")
	}
}
