// SPDX-License-Identifier: Apache-2.0

package bounded

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestRead(t *testing.T) {
	for text, want := range map[string]error{"": nil, "abc": nil, "abcd": ErrTooLong} {
		data, err := Read(strings.NewReader(text), 3)
		if err != want || err == nil && string(data) != text {
			t.Errorf("%q: %q, %v, want %v", text, data, err, want)
		}
		name := filepath.Join(t.TempDir(), "file")
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		data, err = ReadFile(name, 3)
		if !errors.Is(err, want) || err == nil && string(data) != text {
			t.Errorf("file with %q: %q, %v, want %v", text, data, err, want)
		}
	}
	if _, err := ReadFile("/dev/zero", 3); !errors.Is(err, ErrTooLong) || !strings.Contains(err.Error(), "/dev/zero") {
		t.Errorf("what has no end: %v", err)
	}
	if _, err := ReadFile(filepath.Join(t.TempDir(), "none"), 3); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
}
