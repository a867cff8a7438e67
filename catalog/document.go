// SPDX-License-Identifier: Apache-2.0

package catalog

// format is the number of the file format. A file with another number was
// written by a newer program and is not touched.
const format = 1

// A document is a catalog file. Words of words.go stand for most numbers.
type document struct {
	Format            int                `toml:"format"`
	Serial            uint64             `toml:"serial"`
	NextID            uint32             `toml:"next_id"`
	RemovedNameSpaces []string           `toml:"removed_namespaces"`
	Protocols         []protocolTable    `toml:"protocol"`
	NameSpaces        []nameSpaceTable   `toml:"namespace"`
	Applications      []applicationTable `toml:"application"`
	Removed           []removedTable     `toml:"removed"`
}

// A protocolTable is an [Entry]. The order of the tables is the order of the
// catalog.
type protocolTable struct {
	ID                uint32   `toml:"id"`
	Name              string   `toml:"name"`
	Path              string   `toml:"path"`
	Provider          string   `toml:"provider"`
	Kind              string   `toml:"kind"`
	Chain             []uint32 `toml:"chain"`
	Default           bool     `toml:"default"`
	Disabled          bool     `toml:"disabled"`
	Categories        []string `toml:"categories"`
	Family            string   `toml:"family"`
	Type              string   `toml:"type"`
	Protocol          int32    `toml:"protocol"`
	ProtocolMaxOffset int32    `toml:"protocol_max_offset"`
	ServiceFlags      []string `toml:"service_flags"`
	ServiceFlags2     uint32   `toml:"service_flags2"`
	ServiceFlags3     uint32   `toml:"service_flags3"`
	ServiceFlags4     uint32   `toml:"service_flags4"`
	ProviderFlags     []string `toml:"provider_flags"`
	Version           int32    `toml:"version"`
	MinSockAddr       int32    `toml:"min_sockaddr"`
	MaxSockAddr       int32    `toml:"max_sockaddr"`
	NetworkByteOrder  int32    `toml:"network_byte_order"`
	SecurityScheme    int32    `toml:"security_scheme"`
	MessageSize       uint32   `toml:"message_size"`
	ProviderReserved  uint32   `toml:"provider_reserved"`
}

// A nameSpaceTable is a [NameSpace].
type nameSpaceTable struct {
	Name      string `toml:"name"`
	Path      string `toml:"path"`
	Provider  string `toml:"provider"`
	NameSpace string `toml:"namespace"`
	Version   uint32 `toml:"version"`
	Default   bool   `toml:"default"`
	Disabled  bool   `toml:"disabled"`
	Specific  string `toml:"provider_specific"` // hexadecimal
}

// An applicationTable is an [Application].
type applicationTable struct {
	Path      string   `toml:"path"`
	Arguments string   `toml:"arguments"`
	Permitted []string `toml:"permitted"`
}

// A removedTable is a default protocol that was deinstalled.
type removedTable struct {
	Provider string `toml:"provider"`
	Family   string `toml:"family"`
	Type     string `toml:"type"`
	Protocol int32  `toml:"protocol"`
}
