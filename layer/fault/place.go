// SPDX-License-Identifier: Apache-2.0

package fault

import (
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"os"
	"slices"
	"sync"
	"sync/atomic"

	"winsock/internal/bucket"
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
	dynamic          bool // the API may change it
	uses             int  // protected by the lock of places

	number      atomic.Uint64 // of sockets
	connections atomic.Uint64
	state       atomic.Pointer[state]

	mu    sync.Mutex // protects what follows, and who replaces state
	conns map[*conn]struct{}
}

// A state is what faults are in force. It is not changed, but replaced.
type state struct {
	enabled bool
	toxics  []*toxic
	calls   bool          // some are of calls
	changed chan struct{} // closed when there is another state
}

func (p *place) toxics() []*toxic { return p.state.Load().toxics }

// setLocked puts toxics in force.
func (p *place) setLocked(enabled bool, toxics []*toxic) {
	s := &state{enabled: enabled, toxics: toxics, changed: make(chan struct{})}
	s.calls = slices.ContainsFunc(toxics, func(t *toxic) bool { return kinds[t.Type].where == inCall })
	if old := p.state.Swap(s); old != nil {
		close(old.changed)
	}
}

// change replaces the toxics by what f makes of them.
func (p *place) change(f func([]*toxic) ([]*toxic, error)) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.state.Load()
	toxics, err := f(slices.Clone(now.toxics))
	if err == nil {
		p.setLocked(now.enabled, toxics)
	}
	return err
}

// enable lets connections pass, or ends them and refuses new ones.
func (p *place) enable(on bool) {
	p.mu.Lock()
	now := p.state.Load()
	if now.enabled != on {
		p.setLocked(on, now.toxics)
	}
	var cut []*conn
	if !on {
		for c := range p.conns {
			cut = append(cut, c)
		}
	}
	p.mu.Unlock()
	for _, c := range cut {
		c.cut()
	}
}

// join counts a connection, unless there are to be none.
func (p *place) join(c *conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.state.Load().enabled {
		return false
	}
	p.conns[c] = struct{}{}
	return true
}

func (p *place) leave(c *conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.conns, c)
}

// chance returns the decisions for a direction of a socket (s for its calls, d
// for its datagrams) or connection (c).
func (p *place) chance(kind byte, number uint64, stream string) *chance {
	key := fmt.Sprintf("%c%d %s", kind, number, stream)
	h := fnv.New64a()
	h.Write([]byte(key))
	return &chance{key: key, log: p.log, rand: rand.New(rand.NewPCG(p.seed, h.Sum64())), old: p.replay[key]}
}

// data reports whether faults may concern data at some time, so that it has
// to be seen.
func (p *place) data(datagram bool) (carried, called bool) {
	if p.dynamic {
		return true, true
	}
	for _, t := range p.start {
		switch k := kinds[t.Type]; k.where {
		case inStream:
			carried = carried || !datagram
		case inDatagram:
			carried = carried || datagram
		case inAny:
			carried = true
		case inCall:
			c := t.text("call")
			called = called || t.Type == "short" || t.Type == "would_block" || c == "WSPSend" || c == "WSPRecv"
		}
	}
	return carried, called
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
// the catalog, finds what is there.
func open(s *setup) (*place, error) {
	places.mu.Lock()
	defer places.mu.Unlock()
	if p := places.byName[s.name]; p != nil {
		p.uses++
		return p, nil
	}
	p := &place{name: s.name, listen: s.listen, upstream: s.upstream, seed: s.seed, clock: s.clock, start: s.toxics,
		dynamic: s.dynamic, uses: 1, conns: make(map[*conn]struct{})}
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
	if places.byName == nil {
		places.byName = make(map[string]*place)
	}
	places.byName[s.name] = p
	return p, nil
}

func (p *place) release() {
	places.mu.Lock()
	defer places.mu.Unlock()
	if p.uses--; p.uses == 0 {
		delete(places.byName, p.name)
		p.log.close()
	}
}
