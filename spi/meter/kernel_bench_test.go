// SPDX-License-Identifier: Apache-2.0

package meter_test

import (
	"log/slog"
	"net/netip"
	"testing"

	"winsock/provider/kernel"
	"winsock/spi"
	"winsock/spi/meter"
	"winsock/wsa"
)

// BenchmarkKernelSend sends a datagram to nobody who reads it, with and
// without a meter.
func BenchmarkKernelSend(b *testing.B) {
	p, err := kernel.Startup(&spi.StartupParams{Log: slog.Default()})
	if err != nil {
		b.Fatal(err)
	}
	defer p.Cleanup()
	info := kernel.Entries()[0]
	for _, e := range kernel.Entries() {
		if e.AddressFamily == wsa.AF_INET && e.SocketType == wsa.SOCK_DGRAM {
			info = e
		}
	}
	for _, name := range []string{"plain", "metered"} {
		b.Run(name, func(b *testing.B) {
			open := func() spi.Socket {
				s, err := p.Socket(&spi.Opening{Info: &info})
				if err != nil {
					b.Fatal(err)
				}
				return s
			}
			sink, s := open(), open()
			defer sink.Close()
			defer func() { s.Close() }()
			to := wsa.SockaddrFrom(netip.MustParseAddrPort("127.0.0.1:0"))
			if sink.Bind(&to) != nil || sink.GetSockName(&to) != nil || s.Connect(&to) != nil {
				b.Fatal("the sockets cannot be connected")
			}
			if name == "metered" {
				s = meter.Wrap(s, new(meter.Meter))
			}
			var m spi.Message
			m.SetBuffer(make([]byte, 64))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := s.Send(&m); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
