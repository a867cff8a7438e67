// SPDX-License-Identifier: Apache-2.0

package namespace

import (
	"sync/atomic"

	"winsock/spi"
)

// A Loader loads the name space provider in a shared object.
type Loader func(path string) (*spi.NameDriver, error)

var loader atomic.Pointer[Loader]

// SetLoader installs what loads shared objects; nil takes it away. Without
// it, paths of shared objects are WSAEPROVIDERFAILEDINIT.
func SetLoader(l Loader) {
	if l == nil {
		loader.Store(nil)
		return
	}
	loader.Store(&l)
}
