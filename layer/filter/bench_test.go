// SPDX-License-Identifier: Apache-2.0

package filter

import (
	"fmt"
	"strings"
	"testing"

	"winsock/spi"
	"winsock/wsa"
)

// silent is the bottom of a chain that takes everything at no cost.
type silent struct {
	spi.Socket
	from wsa.Sockaddr
}

func (s *silent) Send(m *spi.Message) (int, error) { return m.Len(), nil }

func (s *silent) Recv(m *spi.Message) (int, error) {
	if m.Name != nil {
		*m.Name = s.from
	}
	return 1, nil
}

func (s *silent) Close() error                     { return nil }
func (s *silent) ConnectResult() error             { return wsa.WSAENOTCONN }
func (s *silent) Connect(*wsa.Sockaddr) error      { return nil }
func (s *silent) GetSockName(*wsa.Sockaddr) error  { return wsa.WSAEINVAL }
func (s *silent) Ready(mask spi.Events) spi.Events { return mask }

// on returns a filter's socket on a silent one.
func on(t testing.TB, socketType int32, text string) (spi.Socket, *silent) {
	t.Helper()
	p, err := driver.Startup(&spi.StartupParams{Options: spi.Options{"rule": text}})
	if err != nil {
		t.Fatal(err)
	}
	below := &silent{from: *loopback(7)}
	s, err := p.Socket(&spi.Opening{AddressFamily: wsa.AF_INET, SocketType: socketType,
		Next: func(*spi.Opening) (spi.Socket, error) { return below, nil }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close(); p.Cleanup() })
	return s, below
}

// hundred are a hundred rules, the last of which allows what is sent to and
// received from loopback.
func hundred() string {
	var b strings.Builder
	for i := range 49 {
		fmt.Fprintf(&b, "deny out to 10.%d.0.0/16 port %d\ndeny in from 172.16.%d.0/24;", i, 1000+i, i)
	}
	return strings.ReplaceAll(b.String(), "\n", ";") + "allow out,in to 127.0.0.0/8; default deny"
}

func message(name *wsa.Sockaddr) *spi.Message {
	m := &spi.Message{Name: name}
	m.SetBuffer(make([]byte, 1))
	return m
}

var datagramCases = map[string]func(s spi.Socket, m *spi.Message) error{
	"send":     func(s spi.Socket, m *spi.Message) error { _, err := s.Send(m); return err },
	"receive":  func(s spi.Socket, m *spi.Message) error { _, err := s.Recv(m); return err },
	"redirect": func(s spi.Socket, m *spi.Message) error { _, err := s.Send(m); return err },
}

func textOf(what string) string {
	if what == "redirect" {
		return "redirect 127.0.0.1:9;" + hundred()
	}
	return hundred()
}

func TestDatagramsDoNotAllocate(t *testing.T) {
	for what, f := range datagramCases {
		s, _ := on(t, wsa.SOCK_DGRAM, textOf(what))
		m := message(loopback(7))
		if err := f(s, m); err != nil {
			t.Fatal(err)
		}
		if n := testing.AllocsPerRun(100, func() { f(s, m) }); n >= 1 && !underRace {
			t.Errorf("%s: %v allocations", what, n)
		}
	}
}

// BenchmarkDatagram has the cost of a filter with 100 rules on datagrams to
// and from a peer that is known.
func BenchmarkDatagram(b *testing.B) {
	for what, f := range datagramCases {
		b.Run(what, func(b *testing.B) {
			s, _ := on(b, wsa.SOCK_DGRAM, textOf(what))
			m := message(loopback(7))
			b.ReportAllocs()
			for b.Loop() {
				if err := f(s, m); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	b.Run("nothing to judge", func(b *testing.B) {
		s, _ := on(b, wsa.SOCK_DGRAM, "allow")
		m := message(loopback(7))
		b.ReportAllocs()
		for b.Loop() {
			s.Send(m)
		}
	})
}

// BenchmarkConnect has the cost of the filter at connect.
func BenchmarkConnect(b *testing.B) {
	s, _ := on(b, wsa.SOCK_STREAM, hundred())
	name := loopback(7)
	b.ReportAllocs()
	for b.Loop() {
		if err := s.Connect(name); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkStream sends and receives a byte over loopback, along the way that
// the data goes: without a filter, and with one.
func BenchmarkStream(b *testing.B) {
	w := newWorld(b, "kernel", strings.ReplaceAll(hundred(), ";", "\n"))
	for what, open := range map[string]func(int32) *sock{"plain": w.plain, "filter": w.open} {
		b.Run(what, func(b *testing.B) {
			l := w.plain(tcp).listening()
			s := open(tcp).mustConnect(l.name())
			data, other := spi.DataPathOf(s.Socket), spi.DataPathOf(l.accept().Socket)
			m := message(nil)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := data.Send(m); err != nil {
					b.Fatal(err)
				}
				for {
					if _, err := other.Recv(m); err == nil {
						break
					}
				}
			}
		})
	}
}

// BenchmarkDatagramOverKernel sends a byte over loopback and receives it.
func BenchmarkDatagramOverKernel(b *testing.B) {
	w := newWorld(b, "kernel", strings.ReplaceAll(hundred(), ";", "\n")+"\nallow bind")
	for what, open := range map[string]func(int32) *sock{"plain": w.plain, "filter": w.open} {
		b.Run(what, func(b *testing.B) {
			s, other := open(udp).bound(), open(udp).bound()
			data, peer := spi.DataPathOf(s.Socket), spi.DataPathOf(other.Socket)
			m, got := message(other.name()), message(new(wsa.Sockaddr))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := data.Send(m); err != nil {
					b.Fatal(err)
				}
				for {
					if _, err := peer.Recv(got); err == nil {
						break
					}
				}
			}
		})
	}
}
