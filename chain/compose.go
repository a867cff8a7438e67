// SPDX-License-Identifier: Apache-2.0

package chain

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"winsock/catalog"
	"winsock/spi"
	"winsock/wsa"
)

// firstSynthetic is the first id of entries that are in no catalog. No
// catalog gets so far.
const firstSynthetic = 1 << 31

func synthetic(id uint32) bool { return id >= firstSynthetic }

// synthetics gives the same layer the same id each time, so that the chains
// made of the same layers are recognised and start their providers once.
var synthetics struct {
	mu  sync.Mutex // protects ids
	ids map[string]uint32
}

func syntheticID(what string) uint32 {
	synthetics.mu.Lock()
	defer synthetics.mu.Unlock()
	if synthetics.ids == nil {
		synthetics.ids = make(map[string]uint32)
	}
	id, ok := synthetics.ids[what]
	if !ok {
		id = firstSynthetic + uint32(len(synthetics.ids))
		synthetics.ids[what] = id
	}
	return id
}

// Compose makes a chain that is not in the catalog: the layers with these
// paths, the first at the top, over an entry of the catalog, which may be a
// chain itself. It returns the chain's entry and the snapshot to open it
// with; the catalog remains as it is.
//
// Errors wrap WSAEPROVIDERFAILEDINIT for an unknown provider and WSAEINVAL
// for bad options, a base provider where a layer should be, or a chain of
// more than MAX_PROTOCOL_CHAIN providers, and say which.
func Compose(snap *catalog.Snapshot, base *catalog.Entry, layers ...string) (*catalog.Snapshot, *catalog.Entry, error) {
	if base.Kind() == catalog.Layered {
		return nil, nil, fmt.Errorf("entry %d is a layered protocol, which nothing can stand on: %w", base.ID(), wsa.WSAEINVAL)
	}
	if len(layers) == 0 {
		return snap, base, nil
	}
	if with, entry := composed.find(snap, base, layers); entry != nil {
		return with, entry, nil
	}
	with, entry, err := compose(snap, base, layers)
	if err == nil {
		composed.keep(snap, composition{base, slices.Clone(layers), with, entry})
	}
	return with, entry, err
}

// composed is what was composed last. A program that dials composes the same
// chain for each connection, which would cost it more than the socket does.
var composed compositions

// maxCompositions is more than a program has routes at a time.
const maxCompositions = 16

type compositions struct {
	mu   sync.Mutex        // protects what follows
	of   *catalog.Snapshot // what they were made from
	list []composition     // the oldest first
}

type composition struct {
	base   *catalog.Entry
	layers []string

	with  *catalog.Snapshot
	entry *catalog.Entry
}

func (c *compositions) find(of *catalog.Snapshot, base *catalog.Entry, layers []string) (*catalog.Snapshot, *catalog.Entry) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.of != of {
		return nil, nil
	}
	for i := range c.list {
		if have := &c.list[i]; have.base == base && slices.Equal(have.layers, layers) {
			return have.with, have.entry
		}
	}
	return nil, nil
}

func (c *compositions) keep(of *catalog.Snapshot, made composition) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.of != of {
		c.of, c.list = of, nil
	}
	if len(c.list) == maxCompositions {
		c.list = slices.Delete(c.list, 0, 1)
	}
	c.list = append(c.list, made)
}

func compose(snap *catalog.Snapshot, base *catalog.Entry, layers []string) (*catalog.Snapshot, *catalog.Entry, error) {
	if n := len(layers) + len(base.Members()); n > wsa.MAX_PROTOCOL_CHAIN {
		return nil, nil, fmt.Errorf("a chain of %d providers is longer than %d: %w", n, wsa.MAX_PROTOCOL_CHAIN, wsa.WSAEINVAL)
	}
	info := base.Info
	info.ServiceFlags1 &^= wsa.XP1_IFS_HANDLES
	info.Chain = wsa.ProtocolChain{Len: int32(len(layers) + len(base.Members()))}
	copy(info.Chain.Entries[len(layers):], base.Members())
	what := fmt.Sprint(base.ID())
	for i, path := range layers {
		if !catalog.SharedObject(path) {
			if d, _, err := spi.ParsePath(path); err != nil {
				return nil, nil, err
			} else if d.Base() {
				return nil, nil, fmt.Errorf("%s is a base provider, not a layer: %w", d.Name, wsa.WSAEINVAL)
			}
		}
		e := layered(path)
		if snap.Entry(e.ID()) == nil {
			snap = snap.With(e)
		}
		info.Chain.Entries[i] = e.ID()
		what += "\x00" + path
	}
	info.CatalogEntryID = syntheticID(what)
	info.Name = composedName(base.Info.Name, layers)
	info.ProviderID = wsa.GUID{Data1: info.CatalogEntryID, Data4: [8]byte{'c', 'o', 'm', 'p', 'o', 's', 'e', 'd'}}
	chain := &catalog.Entry{Info: info, Path: layers[0], Enabled: true}
	if snap.Entry(chain.ID()) == nil {
		snap = snap.With(chain)
	}
	return snap, chain, nil
}

// composedName names a chain as installed chains are named.
func composedName(base string, layers []string) string {
	var b strings.Builder
	for i, path := range layers {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(providerName(path))
	}
	fmt.Fprintf(&b, " over [%s]", base)
	if r := []rune(b.String()); len(r) > wsa.WSAPROTOCOL_LEN {
		return string(r[:wsa.WSAPROTOCOL_LEN])
	}
	return b.String()
}

// layered returns the entry of a layer that is in no catalog.
func layered(path string) *catalog.Entry {
	id := syntheticID(path)
	return &catalog.Entry{
		Info: wsa.ProtocolInfo{
			ProviderFlags:  wsa.PFL_HIDDEN,
			ProviderID:     wsa.GUID{Data1: id, Data4: [8]byte{'c', 'o', 'm', 'p', 'o', 's', 'e', 'd'}},
			CatalogEntryID: id,
			Version:        2,
			Name:           providerName(path),
		},
		Path:    path,
		Enabled: true,
	}
}
