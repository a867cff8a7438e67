// SPDX-License-Identifier: Apache-2.0

package mem

import (
	"math/rand/v2"
	"net/netip"
	"sync"
	"time"
)

// Options are the properties of a network that do not change.
type Options struct {
	// Clock is the network's time; nil means [RealClock].
	Clock Clock

	// Seed decides all chance.
	Seed uint64

	// Link is how traffic fares until SetLink says otherwise.
	Link Link

	// ConnectTimeout is when a connection attempt that nobody answers
	// fails with WSAETIMEDOUT; zero means 21 seconds, as on Windows.
	ConnectTimeout time.Duration

	// GiveUp is how long a stream sends lost data again before the
	// connection breaks with WSAETIMEDOUT; zero means for ever.
	GiveUp time.Duration

	// Trace, when not nil, is told of every packet. It is called with the
	// network locked: it must return soon and use nothing of the network.
	Trace func(Record)
}

const defaultConnectTimeout = 21 * time.Second

// A Network is a network in memory. Its zero value is usable; a Network must
// not be copied.
type Network struct {
	options Options

	once  sync.Once // for init
	clock Clock

	mu      sync.Mutex // protects the fields below and all traffic
	rand    *rand.Rand
	link    Link
	links   map[pair]Link
	perfect bool // all links are perfect
	queues  map[pair]queue
	hosts   []*Host
	local   map[string]*socket // bound AF_UNIX names
	names   int                // unnamed binds so far, to name the next
	open    int                // sockets that are not closed
	agenda  agenda
	free    *packet // datagrams for reuse
}

// NewNetwork returns a network of its own.
func NewNetwork(options Options) *Network { return (&Network{options: options}).init() }

// init makes the zero value usable.
func (n *Network) init() *Network {
	n.once.Do(func() {
		n.clock = n.options.Clock
		if n.clock == nil {
			n.clock = RealClock{}
		}
		if n.options.ConnectTimeout <= 0 {
			n.options.ConnectTimeout = defaultConnectTimeout
		}
		n.rand = rand.New(rand.NewPCG(n.options.Seed, 0x6d656d))
		n.link = n.options.Link
		n.perfect = n.link.perfect()
		n.queues = make(map[pair]queue)
		n.local = make(map[string]*socket)
	})
	return n
}

// Sockets returns how many sockets are open.
func (n *Network) Sockets() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.open
}

// openedLocked and closedLocked count the open sockets. With the last one
// all traffic ends: nobody is left to notice it.
func (n *Network) openedLocked() { n.open++ }

func (n *Network) closedLocked() {
	n.open--
	if n.open == 0 {
		n.agenda.clearLocked()
		clear(n.queues)
		n.free = nil
	}
}

var shared struct {
	mu     sync.Mutex // protects byName
	byName map[string]*sharedNetwork
}

// A sharedNetwork is a network that providers of the driver share by name.
type sharedNetwork struct {
	*Network
	host *Host
	uses int
}

// joinShared returns the network of that name, made with the options if it
// does not exist. leave must be called when it is no longer used.
func joinShared(name string, options Options) (n *sharedNetwork, leave func()) {
	shared.mu.Lock()
	defer shared.mu.Unlock()
	n = shared.byName[name]
	if n == nil {
		n = &sharedNetwork{Network: NewNetwork(options)}
		n.host = n.Network.Host()
		if shared.byName == nil {
			shared.byName = make(map[string]*sharedNetwork)
		}
		shared.byName[name] = n
	}
	n.uses++
	return n, sync.OnceFunc(func() {
		shared.mu.Lock()
		defer shared.mu.Unlock()
		if n.uses--; n.uses == 0 {
			delete(shared.byName, name)
		}
	})
}

// A Record describes something that happened to a packet.
type Record struct {
	At   time.Time
	What string // "send", "lost", "arrive", "drop", "refuse", "reset", "connect", "accept", "fin"
	From netip.AddrPort
	To   netip.AddrPort
	Size int // bytes of data
}

func (n *Network) traceLocked(what string, from, to netip.AddrPort, size int) {
	if n.options.Trace != nil {
		n.options.Trace(Record{n.clock.Now(), what, from, to, size})
	}
}
