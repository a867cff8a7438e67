// SPDX-License-Identifier: Apache-2.0

package throttle

import (
	"fmt"
	"maps"

	"winsock/internal/bucket"
	"winsock/internal/errname"
	"winsock/spi"
	"winsock/spi/layer"
	"winsock/wsa"
)

func init() { spi.Register(driver) }

const driverName = "throttle"

var driver = &spi.Driver{
	Name:    driverName,
	Summary: "lets data pass at a set rate, by shares and up to a quota",
	Options: []spi.Option{
		{Key: "up", Kind: spi.Text, Help: "rate of what is sent, such as 64kbit, 1.5mbit or 10MB; none: unlimited"},
		{Key: "down", Kind: spi.Text, Help: "rate of what is received"},
		{Key: "burst", Kind: spi.Size, Help: "most bytes that go at once; none: those of 50ms"},
		{Key: "packets-up", Kind: spi.Text, Help: "packets sent a second, such as 100, 2k or 30/min"},
		{Key: "packets-down", Kind: spi.Text, Help: "packets received a second"},
		{Key: "burst-packets", Kind: spi.Int, Help: "most packets that go at once; none: those of 50ms"},
		{Key: "scope", Words: []string{"socket", "process", "run"}, Default: "socket", Help: "who shares the rates and quotas"},
		{Key: "weight", Kind: spi.Int, Default: "1", Help: "share of a socket among those that wait, 1 to 1000"},
		{Key: "priority", Kind: spi.Int, Default: "0", Help: "0 to 7: while sockets of a higher one wait, others get nothing"},
		{Key: "quota-up", Kind: spi.Size, Help: "bytes after which sending ends"},
		{Key: "quota-down", Kind: spi.Size, Help: "bytes after which receiving ends"},
		{Key: "quota-end", Kind: spi.Text, Default: "WSAENOBUFS", Help: "how it ends: an error's name, close or reset"},
		{Key: "schedule", Kind: spi.Text, List: ";", First: "when", Help: `other rates by time: "mon-fri 08:00-18:00 up=1mbit; 22:00-06:00 down=unlimited"`},
	},
	Check:   check,
	Metrics: declared,
	Startup: startup,
}

// A throttle is what the options say.
type throttle struct {
	key          string // of who shares groups
	scope        string
	weight       int
	priority     int
	rates        rates
	burst        uint64
	burstPackets uint64
	schedule     schedule
	quotaUp      int64 // -1: none
	quotaDown    int64
	end          ending
	clock        bucket.Clock
	counts       counts
}

// An ending is what a quota ends with.
type ending struct {
	send, recv error
	both       bool // it is that of both directions
	close      bool // receiving is the end of the data
	reset      bool // closing is a reset
}

// startup is WSPStartup. Options that make no sense are WSAEINVAL.
func startup(p *spi.StartupParams) (spi.Provider, error) { return start(p, bucket.Real) }

func start(p *spi.StartupParams, clock bucket.Clock) (spi.Provider, error) {
	t, err := parse(p.Options)
	if err != nil {
		return nil, err
	}
	t.clock = clock
	enter(t.key)
	return &provider{layer.NewProvider(p, t.wrap), t}, nil
}

// check tells what startup would refuse.
func check(o spi.Options) error {
	_, err := parse(o)
	return err
}

func bad(key, format string, args ...any) error {
	return spi.BadOption(driverName, key, format, args...)
}

// parse reads the options. Errors wrap WSAEINVAL.
func parse(o spi.Options) (*throttle, error) {
	same := maps.Clone(o)
	delete(same, "weight")
	delete(same, "priority")
	t := &throttle{key: spi.FormatPath("", same), scope: o.Text("scope"), weight: 1, quotaUp: -1, quotaDown: -1}
	limited := false
	for f := range flows {
		if text := o.Text(flowNames[f]); text != "" {
			if err := t.rates.parse(f, text); err != nil {
				return nil, bad(flowNames[f], "%v", err)
			}
			limited = true
		}
	}
	switch t.scope {
	case "":
		t.scope = "socket"
	case "socket", "process", "run":
	default:
		return nil, bad("scope", "want socket, process or run, not %s", t.scope)
	}
	if o.Text("weight") != "" {
		if w := o.Int("weight"); w < 1 || w > 1000 {
			return nil, bad("weight", "want 1 to 1000, not %d", w)
		}
		t.weight = int(o.Int("weight"))
	}
	if t.priority = int(o.Int("priority")); t.priority < 0 || t.priority > 7 {
		return nil, bad("priority", "want 0 to 7, not %d", t.priority)
	}
	t.burst = uint64(o.Size("burst"))
	if n := o.Int("burst-packets"); n < 0 {
		return nil, bad("burst-packets", "want a number of packets, not %d", n)
	}
	t.burstPackets = uint64(o.Int("burst-packets"))
	for key, to := range map[string]*int64{"quota-up": &t.quotaUp, "quota-down": &t.quotaDown} {
		if o.Text(key) != "" {
			*to = o.Size(key)
			limited = true
		}
	}
	switch name := o.Text("quota-end"); name {
	case "close":
		t.end = ending{send: wsa.WSAESHUTDOWN, both: true, close: true}
	case "reset":
		t.end = ending{send: wsa.WSAECONNRESET, recv: wsa.WSAECONNRESET, both: true, reset: true}
	case "":
		t.end = ending{send: wsa.WSAENOBUFS, recv: wsa.WSAENOBUFS}
	default:
		code := errname.Of(name)
		if code == 0 {
			return nil, bad("quota-end", "want the name of an error such as WSAECONNABORTED, close or reset, not %s", name)
		}
		t.end = ending{send: code, recv: code}
	}
	var err error
	if t.schedule, err = parseSchedule(o.Text("schedule")); err != nil {
		return nil, bad("schedule", "%v", err)
	}
	if !limited && t.schedule == nil {
		return nil, fmt.Errorf("%s: no rate, quota or schedule is given: %w", driverName, wsa.WSAEINVAL)
	}
	return t, nil
}

// A provider opens throttled sockets.
type provider struct {
	spi.Provider
	*throttle
}

// Cleanup forgets what sockets shared, if no other provider has the same.
func (p *provider) Cleanup() error {
	err := p.Provider.Cleanup()
	leave(p.key)
	return err
}
