// SPDX-License-Identifier: Apache-2.0

package spitest_test

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"winsock/provider/mem"
	"winsock/spi"
	"winsock/spi/layer"
	"winsock/spi/spitest"
	"winsock/wsa"
)

// A faulty socket breaks one rule.
type faulty struct {
	layer.Base
	fault string
	sent  int
	proxy *spi.Watcher
}

func (s *faulty) Send(m *spi.Message) (int, error) {
	n, err := s.Base.Send(m)
	if s.fault == "wrapped error" && err != nil && err != wsa.WSAEWOULDBLOCK {
		err = fmt.Errorf("send: %w", err)
	}
	return n, err
}

func (s *faulty) Recv(m *spi.Message) (int, error) {
	if s.fault == "peek consumes" {
		m.Flags &^= wsa.MSG_PEEK
	}
	n, err := s.Base.Recv(m)
	switch {
	case s.fault == "corrupts" && n > 0:
		if s.sent += n; s.sent > 1<<20 {
			m.Bufs[0][0] ^= 1
			s.sent = 0
		}
	case s.fault == "cuts silently" && err == wsa.WSAEMSGSIZE:
		err = nil
	case s.fault == "end is an error" && n == 0 && err == nil:
		err = wsa.WSAEDISCON
	case s.fault == "forgets resets" && err == wsa.WSAECONNRESET:
		if s.sent++; s.sent > 1 {
			err = nil
		}
	}
	return n, err
}

func (s *faulty) Ready(mask spi.Events) spi.Events {
	e := s.Base.Ready(mask)
	switch s.fault {
	case "end is data":
		if e&spi.EventClose != 0 {
			e |= spi.EventRead & mask
		}
	case "always writable":
		e |= spi.EventWrite & mask
	}
	return e
}

var notifications atomic.Int64

func (s *faulty) Watch(w *spi.Watcher) {
	s.proxy = nil
	told := w.Notify
	if s.fault == "loses wake-ups" {
		s.proxy = &spi.Watcher{Mask: w.Mask, Notify: func(e spi.Events) {
			if notifications.Add(1)%50 != 0 {
				told(e)
			}
		}}
	}
	if s.proxy != nil {
		w = s.proxy
	}
	s.Base.Watch(w)
}

func (s *faulty) Unwatch(w *spi.Watcher) {
	told := w.Notify
	if s.proxy != nil {
		w = s.proxy
	}
	s.Base.Unwatch(w)
	if s.fault == "notifies late" {
		go told(spi.EventRead)
	}
}

func (s *faulty) GetSockName(name *wsa.Sockaddr) error {
	err := s.Base.GetSockName(name)
	if s.fault == "unbound name" && err == wsa.WSAEINVAL {
		return nil
	}
	return err
}

func (s *faulty) Accept(peer *wsa.Sockaddr) (spi.Socket, error) {
	if s.fault == "no peer" {
		peer = nil
	}
	return s.Base.Accept(peer)
}

func (s *faulty) Close() error {
	if s.fault == "leaks" {
		go func() { select {} }()
	}
	return s.Base.Close()
}

// faults are ways to be wrong, and a check that has to find each.
var faults = map[string]string{
	"wrapped error":   "ipv4-stream/half_close_by_the_client",
	"peek consumes":   "ipv4-stream/peek",
	"corrupts":        "ipv4-stream/a_large_transfer",
	"cuts silently":   "ipv4-datagram/datagram_longer_than_the_buffer",
	"end is an error": "ipv4-stream/half_close_by_the_server",
	"forgets resets":  "ipv4-stream/reset",
	"end is data":     "ipv4-stream/close_is_seen",
	"always writable": "ipv4-stream/full",
	"loses wake-ups":  "ipv4-stream/no_lost_wake-up",
	"notifies late":   "ipv4-stream/unwatch_is_final",
	"unbound name":    "ipv4-stream/unbound_name",
	"no peer":         "ipv4-stream/names_of_both_ends",
	"leaks":           "ipv4-stream/bind",
}

// faultVariable tells a child process which fault its provider has.
const faultVariable = "SPITEST_FAULT"

// TestFaulty is the child's part.
func TestFaulty(t *testing.T) {
	fault := os.Getenv(faultVariable)
	if fault == "" {
		t.Skip("only TestFaultsAreFound runs this")
	}
	spitest.SetPatience(300 * time.Millisecond)
	spitest.Run(t, func(t *testing.T) spitest.Network {
		return spitest.Base(t, mem.Startup, mem.Entries()).With(t, func(p *spi.StartupParams) (spi.Provider, error) {
			return layer.NewProvider(p, func(below spi.Socket, _ *spi.Opening) (spi.Socket, error) {
				s := &faulty{fault: fault}
				s.Socket = below
				return s, nil
			}), nil
		}, nil)
	})
}

// TestFaultsAreFound checks that the suite can fail: each fault, in a process
// of its own, by the check that is there for it.
func TestFaultsAreFound(t *testing.T) {
	for fault, check := range faults {
		t.Run(fault, func(t *testing.T) {
			t.Parallel()
			pattern := "^TestFaulty$/^" + strings.ReplaceAll(check, "/", "$/^") + "$"
			cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run="+pattern, "-test.short", "-test.v")
			cmd.Env = append(os.Environ(), faultVariable+"="+fault)
			out, err := cmd.CombinedOutput()
			if err == nil {
				t.Errorf("the check %s passes:\n%s", check, out)
			} else if fault != "leaks" && !strings.Contains(string(out), "--- FAIL: TestFaulty/"+check) {
				t.Errorf("another check than %s fails:\n%s", check, out)
			}
		})
	}
}
