// SPDX-License-Identifier: Apache-2.0

// Package elevated tells whether a program may believe its user.
package elevated

import (
	"encoding/binary"
	"errors"
	"io/fs"
	"os"
	"sync"
)

// Program reports whether the program has more rights than its user, whose
// environment then must not decide which providers it loads: it is set-uid or
// set-gid, or its file has capabilities.
var Program = sync.OnceValue(func() bool {
	if os.Getuid() != os.Geteuid() || os.Getgid() != os.Getegid() {
		return true
	}
	auxv, err := os.ReadFile("/proc/self/auxv")
	if errors.Is(err, fs.ErrPermission) {
		return true // the kernel hides it from the user of such a program
	}
	return secureMode(auxv)
})

// atSecure is the type of the auxiliary vector's entry by which the kernel
// tells a program that it has more rights than its user (getauxval(3)).
const atSecure = 23

// secureMode looks for AT_SECURE in an auxiliary vector: pairs of 64-bit
// numbers, a type and a value.
func secureMode(auxv []byte) bool {
	for ; len(auxv) >= 16; auxv = auxv[16:] {
		if binary.NativeEndian.Uint64(auxv) == atSecure {
			return binary.NativeEndian.Uint64(auxv[8:]) != 0
		}
	}
	return false
}
