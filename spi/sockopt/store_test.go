// SPDX-License-Identifier: Apache-2.0

package sockopt

import (
	"encoding/binary"
	"sync"
	"testing"

	"winsock/wsa"
)

func get(t *testing.T, s *Store, level, name int32) uint32 {
	t.Helper()
	room := make([]byte, 4)
	if _, err := s.GetSockOpt(level, name, room); err != nil {
		t.Fatalf("getsockopt(%#x, %d): %v", level, name, err)
	}
	return binary.LittleEndian.Uint32(room)
}

func TestStoreKeepsWhatWasSet(t *testing.T) {
	for _, kind := range []Sockets{Stream4, Dgram4, Raw4, Stream6, Dgram6, Raw6, StreamUnix} {
		for _, r := range Rules() {
			if r.Kinds&kind == 0 || r.Access != GetSet || !r.Format.Scalar() || r.Live {
				continue
			}
			var s Store
			s.Init(kind)
			if got := s.Value(r); got != r.DefaultOf(kind) {
				t.Errorf("%s of a new socket is %d, want %d", r.Symbol, got, r.DefaultOf(kind))
			}
			want := uint32(1)
			if r.DefaultOf(kind) == 1 && r.allowed == nil && r.Min <= 0 {
				want = 0
			}
			if r.allowed != nil {
				want = uint32(r.allowed[1])
			}
			if err := s.SetSockOpt(r.Level, r.Name, dword(want)); err != nil {
				t.Errorf("%s: set: %v", r.Symbol, err)
			} else if got := get(t, &s, r.Level, r.Name); got != want {
				t.Errorf("%s reads back %d, want %d (difference 45)", r.Symbol, got, want)
			}
		}
	}
}

func TestStoreLingerViews(t *testing.T) {
	var s Store
	s.Init(Stream4)
	s.SetSockOpt(wsa.SOL_SOCKET, wsa.SO_LINGER, dword(1|7<<16))
	if get(t, &s, wsa.SOL_SOCKET, wsa.SO_DONTLINGER) != 0 {
		t.Error("difference 48: SO_DONTLINGER stays TRUE after SO_LINGER was set")
	}
	s.SetSockOpt(wsa.SOL_SOCKET, wsa.SO_DONTLINGER, dword(1))
	if got := s.Linger(); got.OnOff != 0 || got.Linger != 7 {
		t.Errorf("difference 48: SO_LINGER is %v after SO_DONTLINGER", got)
	}
	s.SetSockOpt(wsa.SOL_SOCKET, wsa.SO_DONTLINGER, dword(0))
	if got := s.Linger(); got.OnOff != 1 {
		t.Errorf("difference 48: SO_LINGER is %v after SO_DONTLINGER FALSE", got)
	}
}

func TestStoreAddressUseExclusion(t *testing.T) {
	one, zero := dword(1), dword(0)
	for _, pair := range [][2]int32{{wsa.SO_REUSEADDR, wsa.SO_EXCLUSIVEADDRUSE}, {wsa.SO_EXCLUSIVEADDRUSE, wsa.SO_REUSEADDR}} {
		var s Store
		s.Init(Stream4)
		if err := s.SetSockOpt(wsa.SOL_SOCKET, pair[0], one); err != nil {
			t.Fatal(err)
		}
		if err := s.SetSockOpt(wsa.SOL_SOCKET, pair[1], one); err != wsa.WSAEINVAL {
			t.Errorf("difference 37: the second of %v: %v, want WSAEINVAL", pair, err)
		}
		if err := s.SetSockOpt(wsa.SOL_SOCKET, pair[0], zero); err != nil {
			t.Fatal(err)
		}
		if err := s.SetSockOpt(wsa.SOL_SOCKET, pair[1], one); err != nil {
			t.Errorf("difference 37: %v after the first was cleared: %v", pair, err)
		}
	}
}

func TestStoreDebugIsBoolean(t *testing.T) {
	var s Store
	s.Init(Stream4)
	s.SetSockOpt(wsa.SOL_SOCKET, wsa.SO_DEBUG, dword(2))
	if got := get(t, &s, wsa.SOL_SOCKET, wsa.SO_DEBUG); got != 1 {
		t.Errorf("difference 56: SO_DEBUG = 2 reads back as %d, want 1", got)
	}
}

func TestStoreRefusesWhatItCannotKeep(t *testing.T) {
	var s Store
	s.Init(Dgram4)
	for _, name := range []int32{wsa.IP_ADD_MEMBERSHIP, wsa.IP_ADD_IFLIST} {
		if err := s.SetSockOpt(wsa.IPPROTO_IP, name, make([]byte, 8)); err != wsa.WSAENOPROTOOPT {
			t.Errorf("option %d was stored: %v", name, err)
		}
	}
	if err := s.SetSockOpt(wsa.IPPROTO_IP, wsa.IP_OPTIONS, nil); err != nil {
		t.Errorf("IP_OPTIONS: clearing them: %v", err)
	}
	if n, err := s.GetSockOpt(wsa.IPPROTO_IP, wsa.IP_OPTIONS, make([]byte, 40)); n != 0 || err != nil {
		t.Errorf("IP_OPTIONS of a new socket: %d, %v", n, err)
	}
}

func TestStoreInheritance(t *testing.T) {
	one := dword(1)
	inherited := []struct {
		level, name int32
		value       uint32
	}{
		{wsa.SOL_SOCKET, wsa.SO_REUSEADDR, 1}, {wsa.SOL_SOCKET, wsa.SO_KEEPALIVE, 1}, {wsa.SOL_SOCKET, wsa.SO_OOBINLINE, 1},
		{wsa.SOL_SOCKET, wsa.SO_SNDBUF, 5000}, {wsa.SOL_SOCKET, wsa.SO_RCVBUF, 6000}, {wsa.SOL_SOCKET, wsa.SO_RCVTIMEO, 70},
		{wsa.SOL_SOCKET, wsa.SO_SNDTIMEO, 80}, {wsa.IPPROTO_TCP, wsa.TCP_NODELAY, 1}, {wsa.SOL_SOCKET, wsa.SO_LINGER, 1 | 9<<16},
	}
	var l, s Store
	l.Init(Stream4)
	for _, c := range inherited {
		if err := l.SetSockOpt(c.level, c.name, dword(c.value)); err != nil {
			t.Fatal(err)
		}
	}
	l.SetSockOpt(wsa.SOL_SOCKET, wsa.SO_CONDITIONAL_ACCEPT, one)
	s.Inherit(&l)
	for _, c := range inherited {
		if got := get(t, &s, c.level, c.name); got != c.value {
			t.Errorf("difference 58: option %d of the accepted socket is %d, want %d", c.name, got, c.value)
		}
	}
	if get(t, &s, wsa.SOL_SOCKET, wsa.SO_CONDITIONAL_ACCEPT) != 0 {
		t.Error("the accepted socket has the listener's SO_CONDITIONAL_ACCEPT")
	}
	s.SetSockOpt(wsa.SOL_SOCKET, wsa.SO_SNDBUF, dword(1))
	if get(t, &l, wsa.SOL_SOCKET, wsa.SO_SNDBUF) != 5000 {
		t.Error("a change of the accepted socket changed the listener")
	}
}

func TestStoreConcurrentUse(t *testing.T) {
	var s Store
	s.Init(Stream4)
	var wg sync.WaitGroup
	for _, name := range []int32{wsa.SO_DEBUG, wsa.SO_OOBINLINE, wsa.SO_SNDBUF, wsa.SO_RCVBUF, wsa.SO_KEEPALIVE} {
		wg.Go(func() {
			room := make([]byte, 4)
			for i := range 2000 {
				s.SetSockOpt(wsa.SOL_SOCKET, name, dword(uint32(i&1)))
				n, err := s.GetSockOpt(wsa.SOL_SOCKET, name, room)
				if err != nil || room[0] != byte(i&1) {
					t.Errorf("option %d was lost among others: %v %d %v", name, room, n, err)
					return
				}
			}
		})
	}
	wg.Wait()
}

func TestStoreBoolDoesNotAllocate(t *testing.T) {
	var s Store
	s.Init(Stream4)
	r := Find(wsa.SOL_SOCKET, wsa.SO_OOBINLINE)
	if n := testing.AllocsPerRun(100, func() { s.Bool(r) }); n != 0 {
		t.Errorf("Store.Bool allocates %v times", n)
	}
}
