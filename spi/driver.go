// SPDX-License-Identifier: Apache-2.0

package spi

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"winsock/wsa"
)

// A Driver is a provider that is compiled in: what a provider's shared
// object with its WSPStartup is elsewhere. Its package registers it from
// init; one file of the module imports the built-in ones.
type Driver struct {
	// Name is how paths and commands refer to the driver.
	Name string

	// Summary says in one line what it does.
	Summary string

	// Options declares the options of its path.
	Options []Option

	// Metrics declares what its providers tell, see [Metered].
	Metrics []Metric

	// Entries returns the protocols that a base provider serves. It is nil
	// for a layered provider.
	Entries func() []wsa.ProtocolInfo

	// Check, when not nil, tells what Startup would refuse of options that
	// ParsePath has let through, as far as that is to be seen without
	// starting anything: it may read files, and leaves all as it is. What
	// is wrong with one option is an [*OptionError]; several errors are
	// joined ([errors.Join]).
	Check func(o Options) error

	// Startup is WSPStartup.
	Startup func(p *StartupParams) (Provider, error)
}

// Base reports whether the driver is a base provider.
func (d *Driver) Base() bool { return d.Entries != nil }

// Option returns the declaration of an option, nil if there is none.
func (d *Driver) Option(key string) *Option {
	for i := range d.Options {
		if d.Options[i].Key == key {
			return &d.Options[i]
		}
	}
	return nil
}

var drivers struct {
	mu     sync.RWMutex // protects byName
	byName map[string]*Driver
}

// Register makes a driver known. It panics if the name is taken or unfit
// for a path, as both are mistakes of the program.
func Register(d *Driver) {
	if d.Name == "" || strings.ContainsAny(d.Name, "/:=, \t\n") || d.Startup == nil {
		panic(fmt.Sprintf("spi: driver %q cannot be registered", d.Name))
	}
	drivers.mu.Lock()
	defer drivers.mu.Unlock()
	if drivers.byName == nil {
		drivers.byName = make(map[string]*Driver)
	}
	if drivers.byName[d.Name] != nil {
		panic(fmt.Sprintf("spi: driver %q is registered twice", d.Name))
	}
	drivers.byName[d.Name] = d
}

// FindDriver returns the driver of that name, nil if there is none.
func FindDriver(name string) *Driver {
	drivers.mu.RLock()
	defer drivers.mu.RUnlock()
	return drivers.byName[name]
}

// Drivers returns all drivers, ordered by name.
func Drivers() []*Driver {
	drivers.mu.RLock()
	defer drivers.mu.RUnlock()
	list := make([]*Driver, 0, len(drivers.byName))
	for _, d := range drivers.byName {
		list = append(list, d)
	}
	slices.SortFunc(list, func(a, b *Driver) int { return strings.Compare(a.Name, b.Name) })
	return list
}
