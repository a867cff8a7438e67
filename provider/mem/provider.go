// SPDX-License-Identifier: Apache-2.0

package mem

import (
	"fmt"
	"strconv"

	"winsock/spi"
	"winsock/wsa"
)

// ProviderID is the provider's GUID in the catalog.
var ProviderID = wsa.GUID{Data1: 0x6d656d00, Data2: 0x7731, Data3: 0x4e74, Data4: [8]byte{0xa0, 0x5d, 0x0b, 0x7e, 0x91, 0x3c, 0x42, 0x10}}

func init() {
	spi.Register(&spi.Driver{
		Name:    "mem",
		Summary: "a network in memory, with loss, delay and limits for tests",
		Options: []spi.Option{
			{Key: "network", Kind: spi.Text, Help: "share the network of this name in the process; without it, one per provider"},
			{Key: "latency", Kind: spi.Duration, Help: "time that every packet takes"},
			{Key: "jitter", Kind: spi.Duration, Help: "most that is added to it by chance"},
			{Key: "loss", Kind: spi.Text, Help: "probability that a packet is lost, such as 0.05"},
			{Key: "duplicate", Kind: spi.Text, Help: "probability that a datagram arrives twice"},
			{Key: "reorder", Kind: spi.Text, Help: "probability that a datagram is overtaken"},
			{Key: "bandwidth", Kind: spi.Size, Help: "bytes per second in each direction, 0 for no limit"},
			{Key: "seed", Kind: spi.Int, Help: "number that decides all chance"},
		},
		Entries: Entries,
		Startup: Startup,
	})
}

// Entries returns the protocols of the provider.
func Entries() []wsa.ProtocolInfo {
	const (
		stream   = wsa.XP1_GUARANTEED_DELIVERY | wsa.XP1_GUARANTEED_ORDER | wsa.XP1_GRACEFUL_CLOSE
		datagram = wsa.XP1_CONNECTIONLESS | wsa.XP1_MESSAGE_ORIENTED
	)
	const many = wsa.XP1_SUPPORT_BROADCAST | wsa.XP1_SUPPORT_MULTIPOINT
	entry := func(name string, family, sockType, protocol, size int32, flags uint32) wsa.ProtocolInfo {
		p := wsa.ProtocolInfo{
			ServiceFlags1: flags,
			ProviderFlags: wsa.PFL_MATCHES_PROTOCOL_ZERO,
			ProviderID:    ProviderID,
			Chain:         wsa.ProtocolChain{Len: wsa.BASE_PROTOCOL},
			Version:       2,
			AddressFamily: family,
			MaxSockAddr:   size,
			MinSockAddr:   size,
			SocketType:    sockType,
			Protocol:      protocol,
			Name:          name,
		}
		if sockType == wsa.SOCK_DGRAM {
			p.MessageSize = 65507
		}
		return p
	}
	unixStream := entry("Mem Unix [STREAM]", wsa.AF_UNIX, wsa.SOCK_STREAM, 0, wsa.SizeofSockaddrUn, stream)
	unixDgram := entry("Mem Unix [DGRAM]", wsa.AF_UNIX, wsa.SOCK_DGRAM, 0, wsa.SizeofSockaddrUn, datagram|wsa.XP1_GUARANTEED_DELIVERY)
	unixStream.MinSockAddr, unixDgram.MinSockAddr = 2, 2
	return []wsa.ProtocolInfo{
		entry("Mem TCP [TCP/IP]", wsa.AF_INET, wsa.SOCK_STREAM, wsa.IPPROTO_TCP, wsa.SizeofSockaddrIn, stream|wsa.XP1_EXPEDITED_DATA),
		entry("Mem UDP [UDP/IP]", wsa.AF_INET, wsa.SOCK_DGRAM, wsa.IPPROTO_UDP, wsa.SizeofSockaddrIn, datagram|many),
		entry("Mem TCP [TCP/IPv6]", wsa.AF_INET6, wsa.SOCK_STREAM, wsa.IPPROTO_TCP, wsa.SizeofSockaddrIn6, stream|wsa.XP1_EXPEDITED_DATA),
		entry("Mem UDP [UDP/IPv6]", wsa.AF_INET6, wsa.SOCK_DGRAM, wsa.IPPROTO_UDP, wsa.SizeofSockaddrIn6, datagram|many),
		unixStream,
		unixDgram,
	}
}

// Startup is the driver's WSPStartup. Without the option network, the provider
// has a network of its own.
func Startup(p *spi.StartupParams) (spi.Provider, error) {
	options, err := parseOptions(p.Options)
	if err != nil {
		return nil, err
	}
	if name := p.Options.Text("network"); name != "" {
		n, leave := joinShared(name, options)
		return &provider{host: n.host, leave: leave}, nil
	}
	return NewNetwork(options).Provider(), nil
}

// parseOptions reads the driver's options.
func parseOptions(o spi.Options) (Options, error) {
	options := Options{
		Seed: uint64(o.Int("seed")),
		Link: Link{Latency: o.Duration("latency"), Jitter: o.Duration("jitter"), Bandwidth: o.Size("bandwidth")},
	}
	if options.Link.Latency < 0 || options.Link.Jitter < 0 {
		return options, fmt.Errorf("mem: a delay cannot be negative: %w", wsa.WSAEINVAL)
	}
	for key, to := range map[string]*float64{
		"loss": &options.Link.Loss, "duplicate": &options.Link.Duplicate, "reorder": &options.Link.Reorder,
	} {
		text := o.Text(key)
		if text == "" {
			continue
		}
		v, err := strconv.ParseFloat(text, 64)
		if err != nil || !(v >= 0 && v <= 1) {
			return options, fmt.Errorf("mem: %s=%s: want a probability from 0 to 1: %w", key, text, wsa.WSAEINVAL)
		}
		*to = v
	}
	return options, nil
}

// A provider is one started use of a host.
type provider struct {
	host  *Host
	leave func() // nil unless the network is shared by name
}

// Provider returns a provider whose sockets are on a new host that has the
// loopback addresses only.
func (n *Network) Provider() spi.Provider { return n.Host().Provider() }

// Provider returns a provider whose sockets are on the host.
func (h *Host) Provider() spi.Provider { return &provider{host: h} }

// Socket is WSPSocket.
func (p *provider) Socket(o *spi.Opening) (spi.Socket, error) {
	family, sockType, protocol := o.Kind()
	if sockType != wsa.SOCK_STREAM && sockType != wsa.SOCK_DGRAM {
		return nil, wsa.WSAESOCKTNOSUPPORT
	}
	if o.Connection != nil || o.Duplicate != nil {
		return nil, wsa.WSAEOPNOTSUPP
	}
	want := int32(wsa.IPPROTO_TCP)
	if sockType == wsa.SOCK_DGRAM {
		want = wsa.IPPROTO_UDP
	}
	switch family {
	case wsa.AF_INET, wsa.AF_INET6:
	case wsa.AF_UNIX:
		want = 0
	default:
		return nil, wsa.WSAEAFNOSUPPORT
	}
	if protocol != 0 && protocol != want {
		return nil, wsa.WSAEPROTONOSUPPORT
	}
	s := newSocket(p.host, family, sockType)
	p.host.net.mu.Lock()
	p.host.net.openedLocked()
	p.host.net.mu.Unlock()
	return s, nil
}

// Cleanup is WSPCleanup.
func (p *provider) Cleanup() error {
	if p.leave != nil {
		p.leave()
	}
	return nil
}
