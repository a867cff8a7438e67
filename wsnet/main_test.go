// SPDX-License-Identifier: Apache-2.0

package wsnet_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// TestMain runs all tests on a catalog file of their own.
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
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}
