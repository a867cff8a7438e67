// SPDX-License-Identifier: Apache-2.0

package spi

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"

	"winsock/wsa"
)

// A NameProvider is a started name space provider: what NSPStartup returned.
// Unlike transport providers, its calls may wait for answers; ctx ends the
// wait with WSA_E_CANCELLED.
type NameProvider interface {
	// LookupServiceBegin is NSPLookupServiceBegin. Answering that nothing
	// was found is left to the look-up's first Next, or may be done here
	// with WSASERVICE_NOT_FOUND.
	LookupServiceBegin(ctx context.Context, q *wsa.QuerySet, class *wsa.ServiceClassInfo, flags uint32) (Lookup, error)

	// SetService is NSPSetService.
	SetService(ctx context.Context, class *wsa.ServiceClassInfo, q *wsa.QuerySet, op int32, flags uint32) error

	// InstallServiceClass, RemoveServiceClass and GetServiceClassInfo are
	// the NSP functions of the same names. A provider that keeps no
	// classes answers WSAEOPNOTSUPP.
	InstallServiceClass(class *wsa.ServiceClassInfo) error
	RemoveServiceClass(id wsa.GUID) error
	GetServiceClassInfo(id wsa.GUID) (*wsa.ServiceClassInfo, error)

	// Cleanup is NSPCleanup.
	Cleanup() error
}

// A Lookup is one look-up under way.
type Lookup interface {
	// Next is NSPLookupServiceNext: the next answer, WSA_E_NO_MORE after
	// the last. WSAHOST_NOT_FOUND, WSANO_DATA, WSATRY_AGAIN and
	// WSANO_RECOVERY tell why there is none.
	Next(ctx context.Context, flags uint32) (*wsa.QuerySet, error)

	// End is NSPLookupServiceEnd.
	End() error
}

// A NameIoctler is a name space provider with NSPIoctl.
type NameIoctler interface {
	NSPIoctl(l Lookup, code uint32, in, out []byte) (int, error)
}

// NameStartupParams are the arguments of NSPStartup.
type NameStartupParams struct {
	ProviderID wsa.GUID
	Options    Options
	Log        *slog.Logger
}

// A NameDriver is a name space provider that is compiled in.
type NameDriver struct {
	Name    string
	Summary string
	Options []Option

	// Info describes the name space as the catalog lists it by default.
	Info wsa.NamespaceInfo

	// Startup is NSPStartup.
	Startup func(p *NameStartupParams) (NameProvider, error)
}

var nameDrivers struct {
	mu     sync.RWMutex // protects byName
	byName map[string]*NameDriver
}

// RegisterName makes a name space driver known. It panics if the name is
// taken.
func RegisterName(d *NameDriver) {
	nameDrivers.mu.Lock()
	defer nameDrivers.mu.Unlock()
	if nameDrivers.byName == nil {
		nameDrivers.byName = make(map[string]*NameDriver)
	}
	if nameDrivers.byName[d.Name] != nil {
		panic(fmt.Sprintf("spi: name space driver %q is registered twice", d.Name))
	}
	nameDrivers.byName[d.Name] = d
}

// NameDrivers returns all name space drivers, ordered by name.
func NameDrivers() []*NameDriver {
	nameDrivers.mu.RLock()
	defer nameDrivers.mu.RUnlock()
	list := make([]*NameDriver, 0, len(nameDrivers.byName))
	for _, d := range nameDrivers.byName {
		list = append(list, d)
	}
	slices.SortFunc(list, func(a, b *NameDriver) int { return strings.Compare(a.Name, b.Name) })
	return list
}

// ParseNamePath is [ParsePath] for name space drivers.
func ParseNamePath(path string) (*NameDriver, Options, error) {
	name, rest, _ := strings.Cut(path, ":")
	nameDrivers.mu.RLock()
	d := nameDrivers.byName[name]
	nameDrivers.mu.RUnlock()
	if d == nil {
		return nil, nil, fmt.Errorf("no name space provider is named %q: %w", name, wsa.WSAEPROVIDERFAILEDINIT)
	}
	declared := &Driver{Name: d.Name, Options: d.Options}
	options, err := declared.ParseOptions(rest)
	if err != nil {
		return nil, nil, err
	}
	declared.fill(options)
	return d, options, nil
}
