// SPDX-License-Identifier: Apache-2.0

package winsock

import (
	"testing"
	"time"

	"winsock/wsa"
)

// selectSemantics are the rules of "select function" and "WSAPoll function".
var selectSemantics = []semantic{
	{"difference 99", "select of nothing", func(t *testing.T) {
		timeout := time.Duration(0)
		for _, set := range []*FdSet{nil, {}} {
			_, err := Select(set, set, set, &timeout)
			wantErr(t, "select", err, wsa.WSAEINVAL)
		}
	}},
	{"difference 100", "duplicates collapse, and one set may be passed twice", func(t *testing.T) {
		s, _ := boundSocket(t, wsa.AF_INET, wsa.SOCK_DGRAM)
		set := FdSet{s, s, s}
		timeout := time.Duration(0)
		n, err := Select(&set, &set, nil, &timeout)
		if n != 1 || err != nil || len(set) != 1 || set[0] != s {
			t.Errorf("select: %d, %v, %v", n, set, err)
		}
	}},
	{"difference 100", "200 members", func(t *testing.T) {
		var set FdSet
		for range 200 {
			set.Set(newTestSocket(t, wsa.AF_INET, wsa.SOCK_DGRAM))
		}
		timeout := time.Duration(0)
		n, err := Select(nil, &set, nil, &timeout)
		if n != 200 || err != nil || len(set) != 200 {
			t.Errorf("select: %d, %d members, %v", n, len(set), err)
		}
	}},
	{"difference 101", "a bad member leaves the sets unchanged", func(t *testing.T) {
		s, _ := boundSocket(t, wsa.AF_INET, wsa.SOCK_DGRAM)
		read, write := FdSet{s}, FdSet{s, 4}
		timeout := time.Duration(0)
		_, err := Select(&read, &write, nil, &timeout)
		wantErr(t, "select", err, wsa.WSAENOTSOCK)
		if len(read) != 1 || read[0] != s || len(write) != 2 || write[0] != s || write[1] != 4 {
			t.Errorf("the sets are %v, %v", read, write)
		}
	}},
	{"difference 102", "the timeout is not modified", func(t *testing.T) {
		s, _ := boundSocket(t, wsa.AF_INET, wsa.SOCK_DGRAM)
		timeout := 3 * time.Millisecond
		n, err := Select(&FdSet{s}, nil, nil, &timeout)
		if n != 0 || err != nil || timeout != 3*time.Millisecond {
			t.Errorf("select: %d, %v, %v", n, err, timeout)
		}
	}},
	{"difference 103", "fresh sockets", inBothFamilies(func(t *testing.T, family int32) {
		wantSelected(t, "a stream", selected(t, newTestSocket(t, family, wsa.SOCK_STREAM), false), 0)
		wantSelected(t, "a datagram socket", selected(t, newTestSocket(t, family, wsa.SOCK_DGRAM), false), inWrite)
	})},
	{"select function: readfds", "what makes a socket readable", inBothFamilies(func(t *testing.T, family int32) {
		l, addr := listening(t, family)
		wantSelected(t, "an idle listener", selected(t, l, false), 0)
		c := clientOf(t, addr)
		wantSelected(t, "a connection", selectedOf(t, l, inRead, true), inRead)
		s := acceptOn(t, l)
		wantSelected(t, "an idle connection", selected(t, s, false), inWrite)
		sendText(t, c, "x")
		wantSelected(t, "data", selectedOf(t, s, inRead, true), inRead)
		wantRecv(t, s, "x")
		must(t, CloseSocket(c))
		wantSelected(t, "the end of the data", selectedOf(t, s, inRead, true), inRead)
	})},
	{"difference 105", "a socket that is closed during select", func(t *testing.T) {
		for _, asked := range []int{inRead, inExcept} {
			s, _ := boundSocket(t, wsa.AF_INET, wsa.SOCK_DGRAM)
			type result struct {
				n   int
				err error
			}
			ended := make(chan result, 1)
			go func() {
				set, timeout := FdSet{s}, soon
				var r result
				if asked == inRead {
					r.n, r.err = Select(&set, nil, nil, &timeout)
				} else {
					r.n, r.err = Select(nil, nil, &set, &timeout)
				}
				ended <- r
			}()
			untilWatched(t, s)
			must(t, CloseSocket(s))
			want := result{1, nil}
			if asked != inRead {
				want = result{0, wsa.WSAENOTSOCK}
			}
			if r := done(t, ended); r != want {
				t.Errorf("select: %v, want %v", r, want)
			}
		}
	}},
	{"difference 106", "select after a reset", inBothFamilies(func(t *testing.T, family int32) {
		c, s := connected(t, family)
		resetBy(t, s)
		wantSelected(t, "the end", selectedOf(t, c, inRead, true), inRead)
		wantSelected(t, "a reset connection", selected(t, c, false), inRead|inWrite)
	})},
	{"difference 107", "WSAPoll with bad arguments", func(t *testing.T) {
		s, _ := boundSocket(t, wsa.AF_INET, wsa.SOCK_DGRAM)
		_, err := WSAPoll(nil, 0)
		wantErr(t, "no list", err, wsa.WSAEFAULT)
		_, err = WSAPoll([]PollFd{}, 0)
		wantErr(t, "an empty list", err, wsa.WSAEINVAL)
		for _, bits := range []int16{wsa.POLLPRI, wsa.POLLERR, wsa.POLLHUP, wsa.POLLNVAL, wsa.POLLWRBAND} {
			_, err = WSAPoll([]PollFd{{Fd: s, Events: bits}}, 0)
			wantErr(t, wsa.PollEventsString(bits), err, wsa.WSAEINVAL)
		}
		_, err = WSAPoll([]PollFd{{Fd: 4, Events: wsa.POLLIN}}, 0)
		wantErr(t, "bad sockets only", err, wsa.WSAENOTSOCK)
	}},
	{"difference 107", "WSAPoll with one bad socket", func(t *testing.T) {
		s, _ := boundSocket(t, wsa.AF_INET, wsa.SOCK_DGRAM)
		fds := []PollFd{{Fd: 4, Events: wsa.POLLIN}, {Fd: s, Events: wsa.POLLOUT}}
		n, err := WSAPoll(fds, -1)
		if n != 2 || err != nil || fds[0].REvents != wsa.POLLNVAL || fds[1].REvents != wsa.POLLWRNORM {
			t.Errorf("WSAPoll: %d, %v, %+v", n, err, fds)
		}
	}},
	{"difference 108", "WSAPoll after the peer has closed", inBothFamilies(func(t *testing.T, family int32) {
		c, s := connected(t, family)
		must(t, CloseSocket(c))
		wantPolled(t, "the end", polled(t, s, wsa.POLLIN, true), wsa.POLLHUP)
	})},
	{"difference 108", "WSAPoll with data and the end", inBothFamilies(func(t *testing.T, family int32) {
		c, s := connected(t, family)
		sendText(t, c, "x")
		must(t, CloseSocket(c))
		for got := int16(0); got != wsa.POLLRDNORM|wsa.POLLHUP; {
			if got = polled(t, s, wsa.POLLRDNORM, true); got&^(wsa.POLLRDNORM|wsa.POLLHUP) != 0 {
				t.Fatalf("WSAPoll: %s", wsa.PollEventsString(got))
			}
		}
	})},
	{"difference 108", "WSAPoll after a refused connect", inBothFamilies(func(t *testing.T, family int32) {
		wantPolled(t, "the refusal", polled(t, refused(t, family), wsa.POLLOUT, true), wsa.POLLWRNORM|wsa.POLLHUP|wsa.POLLERR)
	})},
	{"WSAPOLLFD structure: a negative fd is ignored", "WSAPoll with an ignored element", func(t *testing.T) {
		s, _ := boundSocket(t, wsa.AF_INET, wsa.SOCK_DGRAM)
		fds := []PollFd{{Fd: INVALID_SOCKET, Events: wsa.POLLIN, REvents: 77}, {Fd: s, Events: wsa.POLLOUT}}
		n, err := WSAPoll(fds, 0)
		if n != 1 || err != nil || fds[0].REvents != 0 {
			t.Errorf("WSAPoll: %d, %v, %+v", n, err, fds)
		}
	}},
}
