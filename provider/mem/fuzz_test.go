// SPDX-License-Identifier: Apache-2.0

package mem

import (
	"errors"
	"testing"

	"winsock/spi"
	"winsock/wsa"
)

// A path starts a network whose faults are possible ones, or is WSAEINVAL.
func FuzzDriverOptions(f *testing.F) {
	f.Add("loss=0.5,latency=5ms")
	f.Add("loss=NaN")
	f.Add("loss=1e309,network=x")
	f.Add("bandwidth=9999999G")
	f.Fuzz(func(t *testing.T, text string) {
		p, err := start(t, "mem:"+text)
		if err != nil {
			if !errors.Is(err, wsa.WSAEINVAL) {
				t.Fatalf("options %q: %v, want WSAEINVAL", text, err)
			}
			return
		}
		defer p.Cleanup()
		l := p.(*provider).host.net.link
		for _, chance := range []float64{l.Loss, l.Duplicate, l.Reorder} {
			if !(chance >= 0 && chance <= 1) {
				t.Errorf("options %q gave the probability %v", text, chance)
			}
		}
		if l.Latency < 0 || l.Jitter < 0 || l.Bandwidth < 0 {
			t.Errorf("options %q gave the link %+v", text, l)
		}
	})
}

// Names, control data, option values and ioctl arguments of any form are
// answered with an error number or success.
func FuzzArguments(f *testing.F) {
	f.Add(uint8(0), sockaddr(loop4, 5000).Bytes(), int32(wsa.SOL_SOCKET), int32(wsa.SO_LINGER), uint32(wsa.FIONREAD))
	f.Add(uint8(1), sockaddr(loop6, 5000).Bytes(), int32(wsa.IPPROTO_IPV6), int32(wsa.IPV6_V6ONLY), uint32(wsa.SIO_ROUTING_INTERFACE_QUERY))
	f.Add(uint8(2), []byte{1, 0, '/', 'a'}, int32(wsa.IPPROTO_IP), int32(wsa.IP_ADD_MEMBERSHIP), uint32(wsa.SIO_KEEPALIVE_VALS))
	f.Add(uint8(3), wsa.AppendControl(nil, wsa.IPPROTO_IP, wsa.IP_TTL, []byte{1, 2, 3, 4}), int32(wsa.IPPROTO_TCP), int32(1), uint32(0))
	entries := Entries()
	f.Fuzz(func(t *testing.T, which uint8, data []byte, level, name int32, code uint32) {
		n := NewNetwork(Options{})
		p := n.Provider()
		s, err := p.Socket(&spi.Opening{Info: &entries[int(which)%len(entries)]})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		check := func(call string, err error) {
			if err == nil {
				return
			}
			if e, plain := err.(wsa.Errno); !plain || e == 0 {
				t.Errorf("%s: the error %v is no plain Errno", call, err)
			}
		}
		sa := wsa.SockaddrBytes(data)
		check("setsockopt", s.SetSockOpt(level, name, data))
		k, err := s.GetSockOpt(level, name, make([]byte, len(data)))
		check("getsockopt", err)
		if k > len(data) {
			t.Errorf("getsockopt wrote %d bytes into %d", k, len(data))
		}
		k, err = s.Ioctl(code, data, make([]byte, len(data)))
		check("ioctl", err)
		if err == nil && k > len(data) {
			t.Errorf("ioctl wrote %d bytes into %d", k, len(data))
		}
		m := spi.Message{Name: &sa, Control: data}
		m.SetBuffer(data)
		_, err = s.Send(&m)
		check("sendto", err)
		check("bind", s.Bind(&sa))
		check("connect", s.Connect(&sa))
		m = spi.Message{Name: new(wsa.Sockaddr), Control: make([]byte, len(data))}
		m.SetBuffer(make([]byte, 3))
		_, err = s.Recv(&m)
		check("recvfrom", err)
	})
}
