// SPDX-License-Identifier: Apache-2.0

package catalog

import (
	"slices"
	"strings"

	"winsock/wsa"
)

// FirstID is the catalog id of the first entry. Ids go up from here and are
// never given out twice.
const FirstID = 1001

// An Entry is one transport protocol of the catalog: a base protocol, a
// layered protocol, or a chain. Entries belong to a snapshot and must not be
// changed.
type Entry struct {
	// Info describes the protocol as WSCEnumProtocols lists it.
	Info wsa.ProtocolInfo

	// Path names the provider: the form of [winsock/spi.ParsePath], or the
	// file of a shared object (see [SharedObject]). A chain has the path
	// of its topmost provider.
	Path string

	// Enabled is false for an entry that is kept but not selected.
	Enabled bool

	// Default is true while the entry is as the program brought it.
	Default bool

	// Categories are the LSP_ categories of a layered protocol, 0 for one
	// that has none set.
	Categories uint32
}

// Kind is what an entry is, as its Info.Chain.Len tells.
type Kind uint8

const (
	Base    Kind = iota // carries sockets by itself
	Layered             // cannot be used alone, but in chains
	Chain               // layered protocols over a base protocol
)

var kindNames = [...]string{"base", "layered", "chain"}

// String returns "base", "layered" or "chain".
func (k Kind) String() string { return kindNames[k] }

// Kind tells what the entry is.
func (e *Entry) Kind() Kind {
	switch e.Info.Chain.Len {
	case wsa.BASE_PROTOCOL:
		return Base
	case wsa.LAYERED_PROTOCOL:
		return Layered
	}
	return Chain
}

// ID returns the catalog id.
func (e *Entry) ID() uint32 { return e.Info.CatalogEntryID }

// Members returns the ids of the entries that a chain consists of, from the
// topmost layered protocol to the base protocol; of a base protocol, its own.
func (e *Entry) Members() []uint32 {
	n := max(0, min(int(e.Info.Chain.Len), wsa.MAX_PROTOCOL_CHAIN))
	return e.Info.Chain.Entries[:n]
}

// key identifies a protocol of a provider apart from its catalog id. It is
// how a default is recognised in a file.
type key struct {
	Provider wsa.GUID
	Family   int32
	Type     int32
	Protocol int32
}

func (e *Entry) key() key {
	return key{e.Info.ProviderID, e.Info.AddressFamily, e.Info.SocketType, e.Info.Protocol}
}

// A NameSpace is one name space provider of the catalog. Info.Active tells
// whether it is enabled.
type NameSpace struct {
	Info wsa.NamespaceInfo

	// Path names the provider: the form of [winsock/spi.ParseNamePath], or
	// the file of a shared object.
	Path string

	// Default is true while the name space is as the program brought it.
	Default bool
}

// An Application is a program for which the admissible categories of layered
// providers are set ("WSCSetApplicationCategory function").
type Application struct {
	// Path is the file of the program. $NAME in it is replaced from the
	// environment when it is compared.
	Path string

	// Arguments, when not empty, are the arguments that the program must
	// have been started with, or those that come first.
	Arguments string

	// Permitted are the LSP_ categories.
	Permitted uint32
}

// SharedObject reports whether the path of a provider is the file of a
// shared object rather than the name of a compiled-in driver: its part
// before the options has a slash or ends in ".so".
func SharedObject(path string) bool {
	name, _, _ := strings.Cut(path, ":")
	return strings.ContainsRune(name, '/') || strings.HasSuffix(name, ".so")
}

// clone returns an independent copy.
func (n NameSpace) clone() NameSpace {
	n.Info.ProviderSpecific = slices.Clone(n.Info.ProviderSpecific)
	return n
}
