// SPDX-License-Identifier: Apache-2.0

package catalog

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"winsock/spi"
	"winsock/wsa"
)

// A Stacked is one layer of a stack.
type Stacked struct {
	Name string // of the layer within the stack
	Path string
}

// InstallStack installs several layered providers as one, the first at the
// top, each with its chains as [Store.InstallChains] does it. Their layered
// entries are named NAME/LAYER, by which the stack is found again: one that is
// installed already becomes what is given now, in the same change. If it has
// layers of the same names, it keeps its entries and their order. over is what
// a new stack stands over, nil for each base protocol. The ids of the layered
// entries are returned.
//
// Errors are those of [Store.InstallChains]; a stack that other layers stand
// on keeps the names of its layers, else the error wraps WSAEINVAL.
func (s *Store) InstallStack(name string, layers []Stacked, over []wsa.ProtocolInfo) (ids []uint32, err error) {
	if name == "" || strings.Contains(name, "/") {
		return nil, invalid("%q cannot be the name of a stack", name)
	}
	if len(layers) == 0 {
		return nil, invalid("the stack %s has no layers", name)
	}
	names := make([]string, len(layers))
	for i, l := range layers {
		names[i] = stackedName(name, l.Name, names[:i])
		if err := checkLayer(l.Path, names[i]); err != nil {
			return nil, err
		}
	}
	if over != nil && len(over) == 0 {
		return nil, invalid("the list of protocols is empty")
	}
	err = s.change(func(d *draft) error {
		old := d.stack(name)
		ids = ids[:0]
		if slices.EqualFunc(old, names, func(e *Entry, name string) bool { return e.Info.Name == name }) {
			for i, e := range old {
				d.moveLayer(e, layers[i].Path)
				ids = append(ids, e.ID())
			}
			return nil
		}
		if upper := d.standsOn(old); upper != nil {
			return invalid("%q stands on the chain %s, which therefore has to keep its layers", upper.Info.Name, name)
		}
		d.remove(func(e *Entry) bool { return slices.Contains(old, e) })
		for i, l := range slices.Backward(layers) {
			id, err := d.installChains(wsa.NewGUID(), l.Path, names[i], 0, over)
			if err != nil {
				return err
			}
			ids = append(ids, id)
			// The next one stands on the chains of this one.
			if over == nil {
				over = d.infos(id)
			}
		}
		slices.Reverse(ids)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return ids, nil
}

// DeinstallStack removes what InstallStack has installed under a name, and
// the chains of others that consist of it in part. It returns the ids of the
// entries that went; nil if there is no such stack.
//
// Errors wrap WSANO_RECOVERY and WSAEINPROGRESS as for [Store.Install].
func (s *Store) DeinstallStack(name string) (removed []uint32, err error) {
	if s.Refresh().draft().stack(name) == nil {
		return nil, nil
	}
	err = s.change(func(d *draft) error {
		old := d.stack(name)
		removed = d.remove(func(e *Entry) bool { return slices.Contains(old, e) })
		return nil
	})
	if err != nil {
		return nil, err
	}
	return removed, nil
}

// stackedName names a layer of a stack, with a number if it comes again.
func stackedName(stack, layer string, before []string) string {
	name := stack + "/" + layer
	for i := 2; slices.Contains(before, name); i++ {
		name = fmt.Sprintf("%s/%s-%d", stack, layer, i)
	}
	return name
}

// checkLayer checks what is to be installed as a layered provider.
func checkLayer(path, name string) error {
	if err := checkPath(path); err != nil {
		return err
	}
	if err := checkTexts(path, name); err != nil || name == "" {
		return invalid("the provider's name is empty or too long")
	}
	if !SharedObject(path) {
		if d, _, err := spi.ParsePath(path); err == nil && d.Base() {
			return invalid("%s is a base provider, not a layer", d.Name)
		}
	}
	return nil
}

// stack returns the layered entries of a stack, from the top down.
func (d *draft) stack(name string) (list []*Entry) {
	for _, e := range d.entries {
		if e.Kind() == Layered && strings.HasPrefix(e.Info.Name, name+"/") {
			list = append(list, e)
		}
	}
	slices.SortFunc(list, func(a, b *Entry) int { return cmp.Compare(b.ID(), a.ID()) }) // the lowest came first
	return list
}

// standsOn returns a layered entry that is above one of the others in a chain
// and is none of them, nil if there is none.
func (d *draft) standsOn(list []*Entry) *Entry {
	for _, e := range d.entries {
		if e.Kind() != Chain {
			continue
		}
		var above *Entry
		for _, id := range e.Members() {
			m := d.find(id)
			switch {
			case m == nil:
			case !slices.Contains(list, m):
				above = m
			case above != nil:
				return above
			}
		}
	}
	return nil
}

// move gives a provider another path.
func (d *draft) move(provider wsa.GUID, path string) {
	for i, e := range d.entries {
		if e.Info.ProviderID == provider && e.Path != path {
			moved := *e
			moved.Path, moved.Default = path, false
			d.entries[i] = &moved
		}
	}
}

// moveLayer gives a layered provider another path, and the chains that it is
// the top of.
func (d *draft) moveLayer(layer *Entry, path string) {
	d.move(layer.Info.ProviderID, path)
	for i, e := range d.entries {
		if e.Kind() == Chain && e.Members()[0] == layer.ID() {
			moved := *e
			moved.Path = path
			d.entries[i] = &moved
		}
	}
}

// infos describes the chains that a layered entry is the top of.
func (d *draft) infos(layer uint32) (list []wsa.ProtocolInfo) {
	for _, e := range d.entries {
		if e.Kind() == Chain && e.Members()[0] == layer {
			list = append(list, e.Info)
		}
	}
	return list
}
