// SPDX-License-Identifier: Apache-2.0

package run

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// built holds the programs that were built, by what they are built with.
var built struct {
	mu       sync.Mutex // protects programs, and is held while one is built
	programs map[string]string
}

// victimC builds a program of the folder victims by a compiler and its flags.
func victimC(t *testing.T, file, compiler string, flags ...string) string {
	t.Helper()
	cc := need(t, compiler)
	args := append([]string{"-O1", "-Wall", "-Werror", "-Wno-unused-function", "-pthread", filepath.Join("victims", file)}, flags...)
	return build(t, nil, cc, args...)
}

// victimGo builds the program in Go, which is static and has no C library.
func victimGo(t *testing.T) string {
	t.Helper()
	return build(t, []string{"CGO_ENABLED=0"}, need(t, "go"), "build", "winsock/test/run/victims/gopeer")
}

func build(t *testing.T, env []string, compiler string, args ...string) string {
	t.Helper()
	built.mu.Lock()
	defer built.mu.Unlock()
	key := strings.Join(append([]string{compiler}, args...), " ")
	if path, ok := built.programs[key]; ok {
		if path == "" {
			t.Fatal("the program could not be built")
		}
		return path
	}
	if built.programs == nil {
		built.programs = map[string]string{}
	}
	built.programs[key] = ""
	dir, err := os.MkdirTemp(shared.dir, "built")
	if err != nil {
		t.Fatal(err)
	}
	os.Chmod(dir, 0o755)
	path := filepath.Join(dir, "victim")
	if args[0] == "build" {
		args = append([]string{"build", "-o", path}, args[1:]...)
	} else {
		args = append(args, "-o", path)
	}
	c := exec.Command(compiler, args...)
	c.Env = append(os.Environ(), env...)
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", key, err, out)
	}
	built.programs[key] = path
	return path
}
