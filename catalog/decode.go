// SPDX-License-Identifier: Apache-2.0

package catalog

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"unicode/utf8"

	"github.com/pelletier/go-toml/v2"
	"github.com/pelletier/go-toml/v2/unstable"

	"winsock/wsa"
)

// maxID is the highest catalog id. Those above are for entries that are in
// no catalog.
const maxID = 1<<31 - 1

// A fault is why a catalog file cannot be understood.
type fault struct {
	line int // 0 if it cannot be told
	text string
}

func (f *fault) Error() string {
	if f.line > 0 {
		return fmt.Sprintf("line %d: %s", f.line, f.text)
	}
	return f.text
}

// Unwrap makes every fault WSAEINVAL.
func (f *fault) Unwrap() error { return wsa.WSAEINVAL }

// decode reads a catalog file. It is strict: what it does not know is an
// error, as a misspelt key would otherwise silently change what is selected.
// The error is a *fault.
func decode(data []byte) (*draft, error) {
	var doc document
	dec := toml.NewDecoder(bytes.NewReader(data)).DisallowUnknownFields()
	if err := dec.Decode(&doc); err != nil {
		return nil, faultOf(err)
	}
	if doc.Format != format {
		return nil, &fault{text: fmt.Sprintf("the file has format %d, but this program knows only format %d", doc.Format, format)}
	}
	d := &draft{serial: doc.Serial, nextID: max(doc.NextID, FirstID)}
	if d.nextID > maxID {
		return nil, &fault{text: fmt.Sprintf("next_id %d is too high", doc.NextID)}
	}
	for i := range doc.Protocols {
		e, err := doc.Protocols[i].entry()
		if err == nil && d.find(e.ID()) != nil {
			err = fmt.Errorf("id %d is there twice", e.ID())
		}
		if err != nil {
			return nil, &fault{lineOf(data, "protocol", i), "protocol: " + err.Error()}
		}
		d.entries = append(d.entries, e)
		d.nextID = max(d.nextID, e.ID()+1)
	}
	for i := range doc.NameSpaces {
		n, err := doc.NameSpaces[i].nameSpace()
		if err == nil && d.name(n.Info.ProviderID) >= 0 {
			err = fmt.Errorf("provider %s is there twice", n.Info.ProviderID)
		}
		if err != nil {
			return nil, &fault{lineOf(data, "namespace", i), "namespace: " + err.Error()}
		}
		d.names = append(d.names, n)
	}
	for i := range doc.Applications {
		a, err := doc.Applications[i].application()
		if err != nil {
			return nil, &fault{lineOf(data, "application", i), "application: " + err.Error()}
		}
		d.apps = append(d.apps, a)
	}
	for i := range doc.Removed {
		k, err := doc.Removed[i].key()
		if err != nil {
			return nil, &fault{lineOf(data, "removed", i), "removed: " + err.Error()}
		}
		d.removed = append(d.removed, k)
	}
	for _, s := range doc.RemovedNameSpaces {
		id, err := wsa.ParseGUID(s)
		if err != nil {
			return nil, &fault{text: fmt.Sprintf("removed_namespaces: %q is not a GUID", s)}
		}
		d.removedNames = append(d.removedNames, id)
	}
	return d, nil
}

func (t *protocolTable) entry() (*Entry, error) {
	e := &Entry{Path: t.Path, Default: t.Default, Enabled: !t.Disabled}
	i := &e.Info
	i.Name, i.Version = t.Name, t.Version
	i.Protocol, i.ProtocolMaxOffset = t.Protocol, t.ProtocolMaxOffset
	i.ServiceFlags2, i.ServiceFlags3, i.ServiceFlags4 = t.ServiceFlags2, t.ServiceFlags3, t.ServiceFlags4
	i.MinSockAddr, i.MaxSockAddr = t.MinSockAddr, t.MaxSockAddr
	i.NetworkByteOrder, i.SecurityScheme = t.NetworkByteOrder, t.SecurityScheme
	i.MessageSize, i.ProviderReserved = t.MessageSize, t.ProviderReserved

	if t.ID == 0 || t.ID > maxID {
		return nil, fmt.Errorf("id %d is not between 1 and %d", t.ID, maxID)
	}
	if err := checkTexts(t.Path, t.Name); err != nil {
		return nil, err
	}
	var err error
	if i.ProviderID, err = wsa.ParseGUID(t.Provider); err != nil {
		return nil, fmt.Errorf("provider: %q is not a GUID", t.Provider)
	}
	var family, socketType uint32
	for _, f := range []struct {
		key   string
		words []word
		list  []string
		to    *uint32
	}{
		{"family", familyWords, []string{t.Family}, &family},
		{"type", typeWords, []string{t.Type}, &socketType},
		{"service_flags", serviceWords, t.ServiceFlags, &i.ServiceFlags1},
		{"provider_flags", providerWords, t.ProviderFlags, &i.ProviderFlags},
		{"categories", categoryWords, t.Categories, &e.Categories},
	} {
		if *f.to, err = readFlags(f.words, f.list); err != nil {
			return nil, fmt.Errorf("%s: %v", f.key, err)
		}
	}
	i.AddressFamily, i.SocketType = int32(family), int32(socketType)

	switch t.Kind {
	case Base.String():
		i.Chain.Len = wsa.BASE_PROTOCOL
	case Layered.String():
		i.Chain.Len = wsa.LAYERED_PROTOCOL
	case Chain.String():
		if len(t.Chain) < 2 || len(t.Chain) > wsa.MAX_PROTOCOL_CHAIN {
			return nil, fmt.Errorf("chain: a chain has 2 to %d entries, not %d", wsa.MAX_PROTOCOL_CHAIN, len(t.Chain))
		}
		i.Chain.Len = int32(len(t.Chain))
		copy(i.Chain.Entries[:], t.Chain)
	default:
		return nil, fmt.Errorf("kind: %q is none of base, layered, chain", t.Kind)
	}
	if t.Kind != Chain.String() && len(t.Chain) != 0 {
		return nil, fmt.Errorf("chain: an entry of kind %s has none", t.Kind)
	}
	if e.Kind() != Layered && e.Categories != 0 {
		return nil, errors.New("categories: only layered protocols have them")
	}
	e.setID(t.ID)
	return e, nil
}

func (t *nameSpaceTable) nameSpace() (NameSpace, error) {
	n := NameSpace{Path: t.Path, Default: t.Default}
	n.Info = wsa.NamespaceInfo{Active: !t.Disabled, Version: t.Version, Identifier: t.Name}
	if err := checkTexts(t.Path, t.Name); err != nil {
		return n, err
	}
	var err error
	if n.Info.ProviderID, err = wsa.ParseGUID(t.Provider); err != nil {
		return n, fmt.Errorf("provider: %q is not a GUID", t.Provider)
	}
	if n.Info.NameSpace, err = readWord(nameSpaceWords, t.NameSpace); err != nil {
		return n, fmt.Errorf("namespace: %v", err)
	}
	if n.Info.NameSpace == wsa.NS_ALL {
		return n, errors.New("namespace: NS_ALL is no name space")
	}
	if t.Specific != "" {
		if n.Info.ProviderSpecific, err = hex.DecodeString(t.Specific); err != nil {
			return n, errors.New("provider_specific: not hexadecimal")
		}
	}
	return n, nil
}

func (t *applicationTable) application() (Application, error) {
	a := Application{Path: t.Path, Arguments: t.Arguments}
	if a.Path == "" {
		return a, errors.New("path: missing")
	}
	var err error
	if a.Permitted, err = readFlags(categoryWords, t.Permitted); err != nil {
		return a, fmt.Errorf("permitted: %v", err)
	}
	return a, nil
}

func (t *removedTable) key() (k key, err error) {
	if k.Provider, err = wsa.ParseGUID(t.Provider); err != nil {
		return k, fmt.Errorf("provider: %q is not a GUID", t.Provider)
	}
	family, err := readWord(familyWords, t.Family)
	if err != nil {
		return k, fmt.Errorf("family: %v", err)
	}
	socketType, err := readWord(typeWords, t.Type)
	if err != nil {
		return k, fmt.Errorf("type: %v", err)
	}
	k.Family, k.Type, k.Protocol = int32(family), int32(socketType), t.Protocol
	return k, nil
}

// maxPath is how long the path of a provider may be, in bytes.
const maxPath = 4096

// checkTexts checks the path and the name of a provider.
func checkTexts(path, name string) error {
	switch {
	case path == "":
		return errors.New("path: missing")
	case len(path) > maxPath:
		return fmt.Errorf("path: longer than %d bytes", maxPath)
	case !utf8.ValidString(path) || slices.Contains([]byte(path), 0):
		return errors.New("path: not a text")
	case utf8.RuneCountInString(name) > wsa.WSAPROTOCOL_LEN:
		return fmt.Errorf("name: longer than %d characters", wsa.WSAPROTOCOL_LEN)
	case !utf8.ValidString(name) || slices.Contains([]byte(name), 0):
		return errors.New("name: not a text")
	}
	return nil
}

// faultOf turns an error of the decoder into one line with its place.
func faultOf(err error) error {
	var strict *toml.StrictMissingError
	if errors.As(err, &strict) && len(strict.Errors) > 0 {
		line, _ := strict.Errors[0].Position()
		return &fault{line, fmt.Sprintf("unknown key %q", fmt.Sprint(strict.Errors[0].Key()))}
	}
	var de *toml.DecodeError
	if errors.As(err, &de) {
		line, _ := de.Position()
		return &fault{line, de.Error()}
	}
	return &fault{text: err.Error()}
}

// lineOf returns the line of the n-th [[table]], counted from 0.
func lineOf(data []byte, table string, n int) int {
	var p unstable.Parser
	p.Reset(data)
	for p.NextExpression() {
		e := p.Expression()
		if e.Kind != unstable.ArrayTable {
			continue
		}
		if it := e.Key(); it.Next() && string(it.Node().Data) == table {
			if n == 0 {
				return p.Shape(it.Node().Raw).Start.Line
			}
			n--
		}
	}
	return 0
}
