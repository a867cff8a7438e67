// SPDX-License-Identifier: Apache-2.0

package chain

import (
	"fmt"
	"os"
	"sync/atomic"

	"winsock/catalog"
	"winsock/spi"
	"winsock/wsa"
)

// A Loader loads the provider in a shared object. path has its environment
// variables replaced.
type Loader func(path string) (*spi.Driver, error)

var loader atomic.Pointer[Loader]

// SetLoader installs what loads shared objects. Without it, paths of shared
// objects are WSAEPROVIDERFAILEDINIT.
func SetLoader(l Loader) {
	if l == nil {
		loader.Store(nil)
		return
	}
	loader.Store(&l)
}

// load finds the provider of a path.
func load(path string) (*spi.Driver, spi.Options, error) {
	if !catalog.SharedObject(path) {
		return spi.ParsePath(path)
	}
	l := loader.Load()
	if l == nil {
		return nil, nil, fmt.Errorf("%s is a shared object, and this program cannot load those: %w", path, wsa.WSAEPROVIDERFAILEDINIT)
	}
	d, err := (*l)(os.ExpandEnv(path))
	if err != nil {
		return nil, nil, err
	}
	if d == nil || d.Startup == nil {
		return nil, nil, fmt.Errorf("%s exports no WSPStartup: %w", path, wsa.WSAEPROVIDERFAILEDINIT)
	}
	return d, spi.Options{}, nil
}
