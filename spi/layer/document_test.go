// SPDX-License-Identifier: Apache-2.0

package layer_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestCreatingProviders checks that the code of CREATING_PROVIDERS.md is the
// code of the tested examples.
func TestCreatingProviders(t *testing.T) {
	document, err := os.ReadFile("../../CREATING_PROVIDERS.md")
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob("example_*_test.go")
	if err != nil || len(files) == 0 {
		t.Fatalf("no examples: %v", err)
	}
	var examples strings.Builder
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		examples.Write(text)
	}
	blocks := 0
	for _, block := range strings.Split(string(document), "```go\n")[1:] {
		code, _, closed := strings.Cut(block, "```")
		if !closed {
			t.Error("a block of code is not closed")
		}
		blocks++
		if !strings.Contains(examples.String(), code) {
			t.Errorf("this code is in none of %v:\n%s", files, code)
		}
	}
	if blocks == 0 {
		t.Error("the document shows no code")
	}
}
