// SPDX-License-Identifier: Apache-2.0

package wsnet_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"winsock/object"
	"winsock/spi/spitest/leak"
)

// TestMain runs all tests on a catalog file of their own, and ends them with
// a failure if goroutines, descriptors or handles are left.
func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "wsnet")
	if err == nil {
		os.Setenv("WINSOCK_CATALOG", filepath.Join(dir, "catalog.toml"))
		err = installMemory()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := leak.Run(m)
	if n := object.Count(); code == 0 && n > 0 {
		fmt.Fprintf(os.Stderr, "leak: %d handles are left open\n", n)
		code = 1
	}
	os.RemoveAll(dir)
	os.Exit(code)
}
