// SPDX-License-Identifier: Apache-2.0

package winsock

import (
	"testing"
	"time"

	"winsock/wsa"
)

const pollAll = wsa.POLLIN | wsa.POLLOUT

// polled asks WSAPoll for one socket. With wait it waits for an answer.
func polled(t testing.TB, s SOCKET, events int16, wait bool) int16 {
	t.Helper()
	fds := [1]PollFd{{Fd: s, Events: events, REvents: -1}}
	timeout := int32(0)
	if wait {
		timeout = int32(soon.Milliseconds())
	}
	n, err := WSAPoll(fds[:], timeout)
	must(t, err)
	if (n == 1) != (fds[0].REvents != 0) {
		t.Errorf("WSAPoll function: the result is %d for %s", n, wsa.PollEventsString(fds[0].REvents))
	}
	if wait && n == 0 {
		t.Error("WSAPoll function: nothing happened in time")
	}
	return fds[0].REvents
}

func wantPolled(t testing.TB, what string, got, want int16) {
	t.Helper()
	if got != want {
		t.Errorf("%s: %s, want %s", what, wsa.PollEventsString(got), wsa.PollEventsString(want))
	}
}

// TestPollArguments follows difference 107.
func TestPollArguments(t *testing.T) {
	_, err := WSAPoll([]PollFd{{Fd: 4}}, 0)
	wantErr(t, "before WSAStartup", err, wsa.WSANOTINITIALISED)
	onEveryBed(t, func(b *bed) {
		s := b.socket(wsa.SOCK_DGRAM)
		minus := INVALID_SOCKET
		for _, c := range []struct {
			what string
			fds  []PollFd
			want wsa.Errno
		}{
			{"nil", nil, wsa.WSAEFAULT},
			{"count 0", []PollFd{}, wsa.WSAEINVAL},
			{"POLLPRI", []PollFd{{Fd: s, Events: wsa.POLLPRI}}, wsa.WSAEINVAL},
			{"POLLERR", []PollFd{{Fd: s, Events: wsa.POLLERR}}, wsa.WSAEINVAL},
			{"POLLHUP", []PollFd{{Fd: s, Events: wsa.POLLHUP}}, wsa.WSAEINVAL},
			{"POLLNVAL", []PollFd{{Fd: s, Events: wsa.POLLNVAL}}, wsa.WSAEINVAL},
			{"POLLWRBAND", []PollFd{{Fd: s, Events: wsa.POLLWRBAND}}, wsa.WSAEINVAL},
			{"an unknown bit", []PollFd{{Fd: s, Events: -0x8000}}, wsa.WSAEINVAL},
			{"a bad bit in the second", []PollFd{{Fd: s}, {Fd: s, Events: 8}}, wsa.WSAEINVAL},
			{"only bad sockets", []PollFd{{Fd: 4}, {Fd: 8}}, wsa.WSAENOTSOCK},
			{"only ignored sockets", []PollFd{{Fd: minus}}, wsa.WSAENOTSOCK},
		} {
			_, err := WSAPoll(c.fds, 0)
			wantErr(b, "difference 107, "+c.what, err, c.want)
		}
		fds := []PollFd{
			{Fd: 4, Events: pollAll}, {Fd: s, Events: pollAll}, {Fd: s, Events: wsa.POLLIN, REvents: 7},
			{Fd: minus, Events: wsa.POLLOUT, REvents: 7},
		}
		n, err := WSAPoll(fds, -1) // does not wait, as there is an answer
		must(b, err)
		if n != 2 {
			b.Errorf("difference 107: %d answers, want 2", n)
		}
		wantPolled(b, "difference 107, a bad socket", fds[0].REvents, wsa.POLLNVAL)
		wantPolled(b, "a good one", fds[1].REvents, wsa.POLLWRNORM)
		wantPolled(b, "it has no data", fds[2].REvents, 0)
		wantPolled(b, "WSAPOLLFD structure, a negative socket", fds[3].REvents, 0)

		begun := time.Now()
		n, err = WSAPoll([]PollFd{{Fd: s, Events: wsa.POLLIN}}, 20)
		if n != 0 || err != nil || time.Since(begun) < 20*time.Millisecond {
			b.Errorf("a time-out of 20 ms: %d, %v after %v", n, err, time.Since(begun))
		}
	})
}

// TestPollReadiness follows difference 108 and the tables of "WSAPoll
// function".
func TestPollReadiness(t *testing.T) {
	onEveryBed(t, func(b *bed) {
		wantPolled(b, "fresh stream", polled(b, b.socket(wsa.SOCK_STREAM), pollAll, false), 0)
		wantPolled(b, "fresh datagram", polled(b, b.socket(wsa.SOCK_DGRAM), pollAll, false), wsa.POLLWRNORM)

		l, addr := b.listening()
		c := b.connecting(&addr)
		wantPolled(b, "connected", polled(b, c, pollAll, true), wsa.POLLWRNORM)
		wantPolled(b, "a connection waits", polled(b, l, pollAll, true), wsa.POLLRDNORM)
		_, err := WSAAccept(l, nil, func(*ConditionParams) int32 { return CF_DEFER })
		wantErr(b, "deferred", err, wsa.WSATRY_AGAIN)
		wantPolled(b, "a deferred connection waits", polled(b, l, pollAll, false), wsa.POLLRDNORM)
		s := b.accept(l)
		wantPolled(b, "accepted", polled(b, l, pollAll, false), 0)

		b.send(c, "data")
		wantPolled(b, "data", polled(b, s, wsa.POLLIN, true), wsa.POLLRDNORM)
		wantPolled(b, "data and room", polled(b, s, pollAll, false), wsa.POLLRDNORM|wsa.POLLWRNORM)
		wantPolled(b, "only room is asked for", polled(b, s, wsa.POLLOUT, false), wsa.POLLWRNORM)
		must(b, Shutdown(c, wsa.SD_SEND))
		wantPolled(b, "difference 108, closed", polled(b, s, 0, true), wsa.POLLHUP)
		wantPolled(b, "difference 108, data and closed", polled(b, s, wsa.POLLIN, false), wsa.POLLRDNORM|wsa.POLLHUP)
		b.recv(s, 4, 0)
		wantPolled(b, "difference 108, closed and no data", polled(b, s, wsa.POLLIN, false), wsa.POLLHUP)

		to := b.refusing()
		r := b.connecting(&to)
		refused := int16(wsa.POLLWRNORM | wsa.POLLHUP | wsa.POLLERR)
		wantPolled(b, "difference 108, refused", polled(b, r, pollAll, true), refused)
		wantPolled(b, "difference 108, refused, only errors", polled(b, r, 0, false), wsa.POLLHUP|wsa.POLLERR)

		x, y := b.connected()
		b.reset(x)
		wantPolled(b, "WSAPoll function, aborted", polled(b, y, 0, true), wsa.POLLHUP|wsa.POLLERR)

		x, y = b.connected()
		b.sendOOB(x, "!")
		wantPolled(b, "out-of-band data", polled(b, y, wsa.POLLIN, true), wsa.POLLRDBAND)
		wantPolled(b, "it is not normal data", polled(b, y, wsa.POLLRDNORM, false), 0)
	})
}

// TestPollRefusedDatagram: what a receive would report of an unreachable
// port is an error that can be read, and no hang-up.
func TestPollRefusedDatagram(t *testing.T) {
	onEveryBed(t, func(b *bed) {
		gone, to := b.bound(wsa.SOCK_DGRAM)
		must(b, CloseSocket(gone))
		s := b.socket(wsa.SOCK_DGRAM)
		_, err := SendTo(s, []byte("x"), 0, &to)
		must(b, err)
		wantPolled(b, "unreachable", polled(b, s, wsa.POLLIN, true), wsa.POLLERR|wsa.POLLRDNORM)
		_, err = RecvFrom(s, make([]byte, 1), 0, nil)
		wantErr(b, "recvfrom", err, wsa.WSAECONNRESET)
		wantPolled(b, "told", polled(b, s, wsa.POLLIN, false), 0)
	})
}

// TestPollClosed: a socket that is closed meanwhile is no valid one.
func TestPollClosed(t *testing.T) {
	onEveryBed(t, func(b *bed) {
		s, other := b.socket(wsa.SOCK_STREAM), b.socket(wsa.SOCK_STREAM)
		fds := []PollFd{{Fd: other, Events: pollAll}, {Fd: s, Events: pollAll}}
		results := make(chan error)
		go func() { _, err := WSAPoll(fds, -1); results <- err }()
		untilWatched(b, s)
		must(b, CloseSocket(s))
		wantErr(b, "WSAPoll", done(b, results), 0)
		wantPolled(b, "closed meanwhile", fds[1].REvents, wsa.POLLNVAL)
		wantPolled(b, "the other", fds[0].REvents, 0)
	})
}

func TestPollAllocatesNothing(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector makes pools forget")
	}
	onEveryBed(t, func(b *bed) {
		c, s := b.connected()
		b.send(c, "x")
		polled(b, s, wsa.POLLIN, true)
		ready := []PollFd{{Fd: s, Events: wsa.POLLIN}, {Fd: c, Events: wsa.POLLIN}}
		waiting := []PollFd{{Fd: c, Events: wsa.POLLIN}}
		if n := testing.AllocsPerRun(200, func() { WSAPoll(ready, -1) }); n > 0 {
			b.Errorf("WSAPoll, ready: %v allocations", n)
		}
		if n := testing.AllocsPerRun(50, func() { WSAPoll(waiting, 1) }); n > 0 {
			b.Errorf("WSAPoll, waiting: %v allocations", n)
		}
	})
}
