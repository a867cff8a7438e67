// SPDX-License-Identifier: Apache-2.0

package job

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

// TestFind: $PATH is searched in its order, past what cannot be executed.
func TestFind(t *testing.T) {
	first, second := t.TempDir(), t.TempDir()
	for file, mode := range map[string]os.FileMode{
		first + "/plain": 0o600, second + "/plain": 0o700, first + "/only-plain": 0o600, first + "/both": 0o700, second + "/both": 0o700,
	} {
		if err := os.WriteFile(file, []byte("#!/bin/sh\n"), mode); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(first, "folder"), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Chdir(second)
	path := first + ":" + first + "/none::" + first + "/plain"
	for name, want := range map[string]string{
		"both": first + "/both", "plain": "./plain", "./plain": "./plain", second + "/both": second + "/both",
	} {
		if got, err := Find(name, path); err != nil || got != want {
			t.Errorf("%s: got %q, %v; want %q", name, got, err, want)
		}
	}
	for name, code := range map[string]int{
		"": ExitNotFound, "none": ExitNotFound, "./none": ExitNotFound, "only-plain": ExitCannot, "folder": ExitCannot,
		first + "/only-plain": ExitCannot, first + "/plain/x": ExitNotFound,
	} {
		_, err := Find(name, path)
		var e *Error
		if !errors.As(err, &e) || e.Code != code {
			t.Errorf("%q: got %v, want code %d", name, err, code)
		}
	}
	if got, err := Find("sh", ""); err != nil || !filepath.IsAbs(got) {
		t.Errorf("without $PATH: %q, %v", got, err)
	}
}
