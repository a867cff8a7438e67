// SPDX-License-Identifier: Apache-2.0

package run

import (
	"log/slog"

	"winsock/spi/meter"
)

// A Config says what a program runs under.
type Config struct {
	// Layers are the paths of layered providers, the first at the top, to
	// put over what the catalog chooses. See spi.ParsePath for their form.
	Layers []string

	// DNS has the name space providers of the catalog answer what the
	// program asks name servers at port 53.
	DNS bool

	// DenyUnknown refuses every way into the network that is not
	// understood: raw and packet sockets, families other than IPv4, IPv6,
	// AF_UNIX and netlink.
	DenyUnknown bool

	// PassOpaque lets processes go natively whose memory cannot be read,
	// such as those that have made themselves undumpable, instead of
	// refusing their network calls with EACCES.
	PassOpaque bool

	// Meter, when not nil, counts and times the calls of each layer, also
	// for Stats. It costs each call some tens of nanoseconds a layer. A
	// program that another supervisor carries is counted there.
	Meter *meter.Set

	// CountDirect has the bytes of direct connections counted, in Stats, as
	// the method of that name does. For that the kernel tells of every socket
	// that ends in the network namespace, which costs each of them, whosever
	// it is, some microseconds.
	CountDirect bool

	// Log takes what went wrong; nil means slog.Default.
	Log *slog.Logger
}
