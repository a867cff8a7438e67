// SPDX-License-Identifier: Apache-2.0

package winsock

import (
	"slices"
	"testing"
	"time"

	"winsock/spi"
	"winsock/wsa"
)

// The sets that a socket is found in.
const (
	inRead = 1 << iota
	inWrite
	inExcept
)

// selected looks which sets select returns a socket in. With wait it waits
// until it is in one.
func selected(t testing.TB, s SOCKET, wait bool) (in int) {
	t.Helper()
	return selectedOf(t, s, inRead|inWrite|inExcept, wait)
}

// selectedOf asks for some of the sets only.
func selectedOf(t testing.TB, s SOCKET, asked int, wait bool) (in int) {
	t.Helper()
	var sets [3]FdSet
	for i := range sets {
		if asked&(1<<i) != 0 {
			sets[i].Set(s)
		}
	}
	timeout := time.Duration(0)
	if wait {
		timeout = soon
	}
	n, err := Select(&sets[0], &sets[1], &sets[2], &timeout)
	must(t, err)
	for i := range sets {
		if sets[i].IsSet(s) {
			in |= 1 << i
			n--
		}
	}
	if n != 0 {
		t.Errorf("select function: the result is not the number of members")
	}
	if wait && in == 0 {
		t.Error("select function: nothing happened in time")
	}
	return in
}

func wantSelected(t testing.TB, what string, got, want int) {
	t.Helper()
	if got != want {
		names := []string{"none", "read", "write", "read+write", "except", "read+except", "write+except", "all"}
		t.Errorf("%s: in %s, want %s", what, names[got], names[want])
	}
}

func TestFdSet(t *testing.T) {
	var set FdSet
	for _, s := range []SOCKET{4, 8, 4, 12} {
		set.Set(s)
	}
	if !slices.Equal(set, FdSet{4, 8, 12}) {
		t.Errorf("FD_SET: %v", set)
	}
	set.Clr(8)
	set.Clr(8)
	if !slices.Equal(set, FdSet{4, 12}) || set.IsSet(8) || !set.IsSet(12) {
		t.Errorf("FD_CLR, FD_ISSET: %v", set)
	}
	set.Zero()
	if len(set) != 0 {
		t.Errorf("FD_ZERO: %v", set)
	}
}

// TestSelectArguments follows differences 99, 101 and 102.
func TestSelectArguments(t *testing.T) {
	now, past := time.Duration(0), -time.Nanosecond
	_, err := Select(&FdSet{4}, nil, nil, &now)
	wantErr(t, "before WSAStartup", err, wsa.WSANOTINITIALISED)
	onEveryBed(t, func(b *bed) {
		s := b.socket(wsa.SOCK_DGRAM)
		event, err := WSACreateEvent()
		must(b, err)
		defer WSACloseEvent(event)
		for _, c := range []struct {
			what                string
			read, write, except *FdSet
			timeout             *time.Duration
			want                wsa.Errno
		}{
			{"difference 99, no set", nil, nil, nil, &now, wsa.WSAEINVAL},
			{"difference 99, empty sets", &FdSet{}, &FdSet{}, &FdSet{}, &now, wsa.WSAEINVAL},
			{"a negative time-out", &FdSet{s}, nil, nil, &past, wsa.WSAEINVAL},
			{"difference 101, read", &FdSet{s, 4}, nil, nil, &now, wsa.WSAENOTSOCK},
			{"difference 101, write", &FdSet{s}, &FdSet{INVALID_SOCKET}, nil, &now, wsa.WSAENOTSOCK},
			{"difference 101, except", &FdSet{s}, &FdSet{s}, &FdSet{s, s + 4}, nil, wsa.WSAENOTSOCK},
			{"an event is no socket", nil, &FdSet{s, SOCKET(event)}, nil, nil, wsa.WSAENOTSOCK},
		} {
			var before [3]FdSet
			for i, set := range []*FdSet{c.read, c.write, c.except} {
				if set != nil {
					before[i] = slices.Clone(*set)
				}
			}
			_, err := Select(c.read, c.write, c.except, c.timeout)
			wantErr(b, c.what, err, c.want)
			for i, set := range []*FdSet{c.read, c.write, c.except} {
				if set != nil && !slices.Equal(*set, before[i]) {
					b.Errorf("difference 101, %s: a set was changed to %v", c.what, *set)
				}
			}
		}
		timeout := time.Hour
		_, err = Select(nil, &FdSet{s}, nil, &timeout)
		must(b, err)
		if timeout != time.Hour {
			b.Error("difference 102: the time-out was changed")
		}
	})
}

// TestSelectTimeout: the sets are empty when the time is over.
func TestSelectTimeout(t *testing.T) {
	onEveryBed(t, func(b *bed) {
		s := b.socket(wsa.SOCK_STREAM)
		timeout := 20 * time.Millisecond
		read, except := FdSet{s}, FdSet{s}
		begun := time.Now()
		n, err := Select(&read, nil, &except, &timeout)
		if n != 0 || err != nil || len(read) != 0 || len(except) != 0 {
			b.Errorf("select function: got %d, %v, sets %v and %v", n, err, read, except)
		}
		if took := time.Since(begun); took < timeout {
			b.Errorf("select function: returned after %v", took)
		}
	})
}

// TestSelectCountedSets follows difference 100.
func TestSelectCountedSets(t *testing.T) {
	onEveryBed(t, func(b *bed) {
		now := time.Duration(0)
		var all FdSet
		for range 200 {
			all = append(all, b.socket(wsa.SOCK_DGRAM))
		}
		write := slices.Clone(all)
		n, err := Select(nil, &write, nil, &now)
		if n != 200 || err != nil || !slices.Equal(write, all) {
			b.Errorf("difference 100, 200 members: got %d, %v", n, err)
		}
		twice := append(slices.Clone(all), all...)
		n, err = Select(nil, &twice, nil, &now)
		if n != 200 || err != nil || !slices.Equal(twice, all) {
			b.Errorf("difference 100, 200 members twice: got %d with %d members, %v", n, len(twice), err)
		}
		s, r := b.connected()
		few := FdSet{s, r, s, s, r}
		n, err = Select(nil, &few, nil, &now)
		if n != 2 || err != nil || !slices.Equal(few, FdSet{s, r}) {
			b.Errorf("difference 100, duplicates: got %d, %v, %v", n, few, err)
		}

		b.send(s, "x")
		wantSelected(b, "data", selectedOf(b, r, inRead, true), inRead)
		same := FdSet{s, r}
		n, err = Select(&same, &same, nil, &now)
		if n != 2 || err != nil || !slices.Equal(same, FdSet{s, r}) {
			b.Errorf("difference 100, one set for read and write: got %d, %v, %v", n, same, err)
		}
		n, err = Select(&same, nil, &same, &now)
		if n != 1 || err != nil || !slices.Equal(same, FdSet{r}) {
			b.Errorf("difference 100, one set for read and except: got %d, %v, %v", n, same, err)
		}

		room := []SOCKET{r, s, 0xaa, 0xbb}
		part := FdSet(room[:2])
		_, err = Select(&part, nil, nil, &now)
		must(b, err)
		if room[2] != 0xaa || room[3] != 0xbb {
			b.Error("difference 100: entries beyond the count were touched")
		}
	})
}

// TestSelectReadiness follows differences 64, 100, 103 and 106, and the list
// in "select function".
func TestSelectReadiness(t *testing.T) {
	onEveryBed(t, func(b *bed) {
		wantSelected(b, "difference 103, fresh stream", selected(b, b.socket(wsa.SOCK_STREAM), false), 0)
		wantSelected(b, "difference 103, fresh datagram", selected(b, b.socket(wsa.SOCK_DGRAM), false), inWrite)

		l, addr := b.listening()
		wantSelected(b, "listening", selected(b, l, false), 0)
		c := b.connecting(&addr)
		wantSelected(b, "connected", selected(b, c, true), inWrite)
		if connecting(b, c) {
			b.Error("select knows that the connect has ended, and the socket does not")
		}
		wantSelected(b, "a connection waits", selected(b, l, true), inRead)
		_, err := WSAAccept(l, nil, func(*ConditionParams) int32 { return CF_DEFER })
		wantErr(b, "deferred", err, wsa.WSATRY_AGAIN)
		wantSelected(b, "a deferred connection waits", selected(b, l, false), inRead)
		s := b.accept(l)
		wantSelected(b, "accepted", selected(b, l, false), 0)
		wantSelected(b, "the connection", selected(b, s, false), inWrite)

		b.send(c, "data")
		wantSelected(b, "data", selectedOf(b, s, inRead|inExcept, true), inRead)
		b.recv(s, 2, 0)
		wantSelected(b, "data is left", selected(b, s, false), inRead|inWrite)
		b.recv(s, 2, 0)
		wantSelected(b, "no data is left", selected(b, s, false), inWrite)
		must(b, Shutdown(c, wsa.SD_SEND))
		wantSelected(b, "the peer has finished", selectedOf(b, s, inRead, true), inRead)
		wantSelected(b, "the peer has finished", selected(b, s, false), inRead|inWrite)

		to := b.refusing()
		r := b.connecting(&to)
		wantSelected(b, "refused", selected(b, r, true), inExcept)
		wantSelected(b, "refused, again", selected(b, r, false), inExcept)

		x, y := b.connected()
		b.reset(x)
		wantSelected(b, "difference 106, reset", selectedOf(b, y, inRead, true), inRead)
		wantSelected(b, "difference 106, reset", selected(b, y, false), inRead|inWrite)
	})
}

// connecting reports whether a connect may be under way.
func connecting(t testing.TB, h SOCKET) bool {
	s, err := use(h)
	must(t, err)
	defer s.Release()
	return s.connecting.Load()
}

// TestSelectOOB follows "select function": out-of-band data is exceptional.
func TestSelectOOB(t *testing.T) {
	onEveryBed(t, func(b *bed) {
		c, s := b.connected()
		b.sendOOB(c, "!")
		wantSelected(b, "out-of-band data", selectedOf(b, s, inRead|inExcept, true), inExcept)
		if got := b.recv(s, 1, wsa.MSG_OOB); got != "!" {
			b.Errorf("received %q", got)
		}
		wantSelected(b, "out-of-band data was received", selectedOf(b, s, inRead|inExcept, false), 0)
	})
}

// TestSelectOOBInline follows difference 86: with SO_OOBINLINE, out-of-band
// data is data like any other.
func TestSelectOOBInline(t *testing.T) {
	onEveryBed(t, func(b *bed) {
		c, s := b.connected()
		must(b, SetSockOptInt(s, wsa.SOL_SOCKET, wsa.SO_OOBINLINE, 1))
		b.sendOOB(c, "!")
		wantSelected(b, "difference 86, SO_OOBINLINE", selectedOf(b, s, inRead|inExcept, true), inRead)
	})
}

// TestSelectWaits: what happens while select waits ends it.
func TestSelectWaits(t *testing.T) {
	onEveryBed(t, func(b *bed) {
		c, s := b.connected()
		idle := b.socket(wsa.SOCK_STREAM)
		wait := func(what string, asked int, happen func()) {
			b.Helper()
			result := make(chan int)
			go func() { result <- selectedOf(b, s, asked, true) }()
			untilWatched(b, s)
			happen()
			wantSelected(b, what, done(b, result), asked)
		}
		wait("data", inRead, func() { b.send(c, "x") })
		b.recv(s, 1, 0)
		if !b.buffers {
			wait("out-of-band data", inExcept, func() { b.sendOOB(c, "x") })
			b.recv(s, 1, wsa.MSG_OOB)
		}
		nonblocking(b, s)
		if !b.buffers { // there may be room again at any time
			total := b.stuff(s)
			wantSelected(b, "no room", selectedOf(b, s, inWrite, false), 0)
			wait("room", inWrite, func() { b.drain(c, total) })
		}
		wait("end of data", inRead, func() { must(b, CloseSocket(c)) })
		wantSelected(b, "idle", selected(b, idle, false), 0)
	})
}

// untilWatched returns when a call waits on the socket.
func untilWatched(t testing.TB, h SOCKET) {
	t.Helper()
	s, err := use(h)
	must(t, err)
	defer s.Release()
	for end := time.Now().Add(soon); ; time.Sleep(100 * time.Microsecond) {
		s.half(spi.Receiving).mu.Lock()
		waiting := s.half(spi.Receiving).waiters != nil
		s.half(spi.Receiving).mu.Unlock()
		if waiting {
			return
		}
		if time.Now().After(end) {
			t.Fatal("nobody waits")
		}
	}
}

// TestSelectClosed follows difference 105.
func TestSelectClosed(t *testing.T) {
	onEveryBed(t, func(b *bed) {
		for _, c := range []struct {
			what                string
			read, write, except bool
			want                wsa.Errno
		}{
			{"in the read set", true, false, false, 0},
			{"in all sets", true, true, true, 0},
			{"in the write set", false, true, false, wsa.WSAENOTSOCK},
			{"in the except set", false, false, true, wsa.WSAENOTSOCK},
		} {
			s, other := b.socket(wsa.SOCK_STREAM), b.socket(wsa.SOCK_STREAM)
			var sets [3]FdSet
			for i, in := range []bool{c.read, c.write, c.except} {
				sets[i].Set(other)
				if in {
					sets[i].Set(s)
				}
			}
			type result struct {
				n   int
				err error
			}
			results := make(chan result)
			go func() {
				n, err := Select(&sets[0], &sets[1], &sets[2], nil)
				results <- result{n, err}
			}()
			untilWatched(b, s)
			must(b, CloseSocket(s))
			r := done(b, results)
			wantErr(b, "difference 105, "+c.what, r.err, c.want)
			if c.want == 0 && (r.n != 1 || !slices.Equal(sets[0], FdSet{s}) || len(sets[1])+len(sets[2]) != 0) {
				b.Errorf("difference 105, %s: got %d, %v", c.what, r.n, sets)
			}
			if c.want != 0 && len(sets[0])+len(sets[1])+len(sets[2]) != 4 {
				b.Errorf("difference 105, %s: the sets were changed to %v", c.what, sets)
			}
		}
	})
}

// TestSelectFollows: a call that waits goes on with what the socket has
// become meanwhile.
func TestSelectFollows(t *testing.T) {
	onEveryBed(t, func(b *bed) {
		from := b.socket(wsa.SOCK_STREAM)
		c, to := b.connected()
		result := make(chan int)
		go func() { result <- selectedOf(b, from, inRead, true) }()
		untilWatched(b, from)
		old, err := use(from)
		must(b, err)
		next, err := use(to)
		must(b, err)
		before := old.path.Swap(next.path.Load())
		old.half(spi.Receiving).wake()
		b.send(c, "x")
		wantSelected(b, "the socket that it has become", done(b, result), inRead)
		old.path.Store(before)
		next.Release()
		old.Release()
	})
}

// TestSelectMixed: sockets of different providers and chains in one call.
func TestSelectMixed(t *testing.T) {
	started(t)
	var clients, servers FdSet
	for _, b := range beds(t) {
		c, s := b.connected()
		clients, servers = append(clients, c), append(servers, s)
	}
	for i := range clients {
		results := make(chan FdSet)
		go func() {
			read := slices.Clone(servers)
			_, err := Select(&read, nil, nil, nil)
			if err != nil {
				t.Error(err)
			}
			results <- read
		}()
		untilWatched(t, servers[len(servers)-1])
		_, err := Send(clients[i], []byte("x"), 0)
		must(t, err)
		if got := done(t, results); !slices.Equal(got, servers[i:i+1]) {
			t.Errorf("ready: %v of %v, want number %d", got, servers, i)
		}
		_, err = Recv(servers[i], make([]byte, 1), 0)
		must(t, err)
	}
}

func TestSelectAllocatesNothing(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector makes pools forget")
	}
	onEveryBed(t, func(b *bed) {
		c, s := b.connected()
		b.send(c, "x")
		selectedOf(b, s, inRead, true)
		now, moment := time.Duration(0), time.Microsecond
		read := make(FdSet, 2)
		for _, test := range []struct {
			what    string
			member  SOCKET
			timeout *time.Duration
		}{{"ready", s, &now}, {"waiting", c, &moment}} {
			if n := testing.AllocsPerRun(200, func() {
				read = append(read[:0], test.member, test.member)
				if _, err := Select(&read, nil, nil, test.timeout); err != nil {
					b.Error(err)
				}
			}); n > 0 {
				b.Errorf("select, %s: %v allocations", test.what, n)
			}
		}
	})
}

func BenchmarkSelectReady(b *testing.B) {
	started(b)
	client, server := connected(b, wsa.AF_INET)
	if _, err := Send(client, []byte("x"), 0); err != nil {
		b.Fatal(err)
	}
	read, write := FdSet{server}, FdSet{client}
	now := time.Duration(0)
	b.ReportAllocs()
	for b.Loop() {
		read, write = append(read[:0], server), append(write[:0], client)
		if n, err := Select(&read, &write, nil, &now); n != 2 || err != nil {
			b.Fatal(n, err)
		}
	}
}
