// SPDX-License-Identifier: Apache-2.0

package fault

import (
	"fmt"
	"hash/fnv"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"sync"
	"sync/atomic"

	"winsock/internal/bucket"
	"winsock/spi"
)

// A place is where faults are made: all layers of the process with one name.
// The API calls it a proxy.
type place struct {
	name             string
	listen, upstream string // said by the API and not used
	seed             uint64
	log              *journal
	replay           map[string][]decision
	clock            bucket.Clock
	start            []*toxic
	dynamic          atomic.Bool // the API may change it
	uses             int         // protected by the lock of places

	changing sync.Mutex // held while sockets are told of another state; taken before mu

	opened      tally // of WSPSocket
	lookups     tally
	lookup      *chance
	free        func()        // of the look-ups, if toxics may be about them
	number      atomic.Uint64 // of sockets
	connections atomic.Uint64
	open        atomic.Int64 // connections that are there
	made        made
	teller      atomic.Pointer[provider] // who tells the metrics, nil for the next that is asked
	state       atomic.Pointer[state]

	mu      sync.Mutex // protects what follows, and who replaces state
	members map[member]struct{}
}

// A member is a socket that is told of changes.
type member interface{ changed(*state) }

// A state is what faults are in force. It is not changed, but replaced.
type state struct {
	enabled bool
	toxics  []*toxic

	quiet    bool // no toxics, and enabled
	calls    bool // some are about calls
	streams  bool // some are about what streams carry, or they are to end
	connects bool // some are about connecting, or nobody is to
	names    bool // some are about look-ups
}

func (p *place) toxics() []*toxic { return p.state.Load().toxics }

// setLocked puts toxics in force, and returns who has to be told, outside of
// the lock.
func (p *place) setLocked(enabled bool, toxics []*toxic) (told []member) {
	s := &state{enabled: enabled, toxics: toxics, quiet: enabled && len(toxics) == 0, connects: !enabled, streams: !enabled}
	for _, t := range toxics {
		switch kinds[t.Type].where {
		case inCall:
			s.calls = true
		case inStream, inAny:
			s.streams = true
		case inConnect:
			s.connects = true
		case inName:
			s.names = true
		}
	}
	p.state.Store(s)
	return slices.Collect(maps.Keys(p.members))
}

// change replaces the toxics by what f makes of them.
func (p *place) change(f func([]*toxic) ([]*toxic, error)) error {
	return p.replace(func(now *state) (bool, []*toxic, error) {
		toxics, err := f(slices.Clone(now.toxics))
		return now.enabled, toxics, err
	})
}

// enable lets connections pass, or ends them and refuses new ones.
func (p *place) enable(on bool) {
	_ = p.replace(func(now *state) (bool, []*toxic, error) { return on, now.toxics, nil })
}

// replace puts another state in force, which f makes of the one that is.
func (p *place) replace(f func(now *state) (enabled bool, toxics []*toxic, err error)) error {
	p.changing.Lock()
	defer p.changing.Unlock()
	enabled, toxics, err := f(p.state.Load())
	if err != nil {
		return err
	}
	p.mu.Lock()
	told := p.setLocked(enabled, toxics)
	p.mu.Unlock()
	state := p.state.Load()
	for _, s := range told {
		s.changed(state)
	}
	return nil
}

// join has a socket told of changes, if there can be any.
func (p *place) join(s member) {
	if p.dynamic.Load() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.members[s] = struct{}{}
	}
}

func (p *place) leave(s member) {
	if p.dynamic.Load() {
		p.mu.Lock()
		defer p.mu.Unlock()
		delete(p.members, s)
	}
}

// chance returns the decisions for a direction of a socket (s for its calls, d
// for its datagrams) or connection (c).
func (p *place) chance(kind byte, number uint64, stream string) *chance {
	key := fmt.Sprintf("%c%d %s", kind, number, stream)
	h := fnv.New64a()
	h.Write([]byte(key))
	return &chance{key: key, log: p.log, rand: rand.New(rand.NewPCG(p.seed, h.Sum64())), old: p.replay[key], made: p.made}
}

// A concern is what faults can be about at some time, so that it has to be
// seen.
type concern struct {
	streams   bool // what streams carry
	datagrams bool
	connects  bool // how streams are connected
	calls     bool // calls for data
}

// concerns returns what the toxics of a place, those to come included, can be
// about.
func (p *place) concerns() (c concern) {
	if p.dynamic.Load() {
		return concern{true, true, true, true}
	}
	for _, t := range p.start {
		switch kinds[t.Type].where {
		case inStream:
			c.streams = true
		case inDatagram:
			c.datagrams = true
		case inAny:
			c.streams, c.datagrams = true, true
		case inConnect:
			c.connects = true
		case inCall:
			name := t.text("call")
			c.calls = c.calls || t.Type == "short" || t.Type == "would_block" || name == "WSPSend" || name == "WSPRecv"
		}
	}
	return c
}

// places are those of the process, by name.
var places struct {
	mu     sync.Mutex // protects byName, and the uses of places
	byName map[string]*place
}

// A setup is what the options say of a place.
type setup struct {
	name, listen, upstream string
	seed                   uint64
	log, replay            string
	toxics                 []*toxic
	dynamic                bool
	clock                  bucket.Clock
}

// open returns the place of a name. Who comes second, as for another entry of
// the catalog, finds what is there, and may give it an API.
func open(s *setup) (*place, error) {
	places.mu.Lock()
	defer places.mu.Unlock()
	if p := places.byName[s.name]; p != nil {
		p.uses++
		if s.dynamic {
			p.dynamic.Store(true)
			p.askNames()
		}
		return p, nil
	}
	p := &place{name: s.name, listen: s.listen, upstream: s.upstream, seed: s.seed, clock: s.clock, start: s.toxics,
		uses: 1, members: make(map[member]struct{}), made: newMade()}
	p.dynamic.Store(s.dynamic)
	if s.replay != "" {
		f, err := os.Open(s.replay)
		if err != nil {
			return nil, err
		}
		p.replay, err = readJournal(f)
		f.Close()
		if err != nil {
			return nil, fmt.Errorf("replay: %v", err)
		}
	}
	var err error
	if p.log, err = openJournal(s.log); err != nil {
		return nil, err
	}
	p.log.note("# place %s, seed %d", p.name, p.seed)
	p.setLocked(true, s.toxics)
	p.lookup = p.chance('n', 1, upstream)
	if s.dynamic || p.state.Load().names {
		p.askNames()
	}
	if places.byName == nil {
		places.byName = make(map[string]*place)
	}
	places.byName[s.name] = p
	return p, nil
}

// askNames has look-ups ask the place, with the lock of places held.
func (p *place) askNames() {
	if p.free == nil {
		p.free = spi.FaultNames(p.lookUp)
	}
}

func (p *place) release() {
	places.mu.Lock()
	defer places.mu.Unlock()
	if p.uses--; p.uses == 0 {
		delete(places.byName, p.name)
		if p.free != nil {
			p.free()
		}
		p.log.close()
	}
}
