// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"bytes"
	"go/parser"
	"go/token"
	"os"
	"path"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// A boundary says what the non-test files of a part of the tree may import
// of the module's own packages. The longest prefix that fits a package
// counts. "." is the module's root, "dir/..." all below a folder.
type boundary struct {
	part    string
	imports []string
	why     string
}

var boundaries = []boundary{
	{"wsa", nil, "the vocabulary is a leaf"},
	{"spi", []string{"wsa"}, "the contract is a leaf"},
	{"spi/...", []string{"wsa", "spi", "spi/..."}, "helpers of providers stand on the contract"},
	{"object", []string{"wsa"}, "objects know no providers"},
	{"message", []string{"wsa", "object"}, "windows are objects, and know no sockets"},
	{"internal/...", []string{"wsa", "internal/..."}, "internal packages serve providers and know none"},
	{"internal/cmd/...", []string{"wsa", "spi", "internal/...", "catalog", ".", "metrics", "run/runmetrics"}, "generators look at everything"},
	{"provider/...", []string{"wsa", "spi", "spi/...", "internal/..."}, "providers know nothing above the contract"},
	{"layer/...", []string{"wsa", "spi", "spi/...", "internal/..."}, "layers know nothing above the contract"},
	{"namespace/...", []string{"wsa", "spi", "spi/...", "internal/...", "namespace/..."}, "name space providers know nothing above the contract"},
	{"namespace", []string{"wsa", "spi", "catalog"}, "name spaces are started from the catalog"},
	{"catalog", []string{"wsa", "spi", "internal/..."}, "the catalog lists providers and starts none"},
	{"chain", []string{"wsa", "spi", "catalog"}, "chains are opened from the catalog"},
	{".", []string{"wsa", "spi", "spi/...", "object", "message", "catalog", "chain", "namespace", "namespace/...", "internal/..."}, "the API names no transport provider"},
	{"metrics", []string{"wsa", "spi", "spi/meter", ".", "internal/listen"}, "metrics tell what the API's sockets count"},
	{"metrics/...", []string{"metrics"}, "other forms of the metrics know nothing of sockets"},
	{"wsnet", []string{"wsa", "spi", ".", "catalog", "chain"}, "a door stands on the API"},
	{"config", []string{"wsa", "spi", ".", "wsnet", "internal/...", "layer/filter/rules"}, "a configuration names layers and opens chains as programs do"},
	{"run", []string{"wsa", "spi", "spi/...", ".", "catalog", "chain", "wsnet", "namespace/...", "internal/...", "run/..."}, "a door stands on the API"},
	{"run/...", []string{"wsa", "spi", "spi/...", ".", "catalog", "chain", "wsnet", "namespace/...", "internal/...", "run/..."}, "a door stands on the API"},
	{"run/runmetrics", []string{"run", "metrics"}, "it tells what supervisors count"},
	{"run/registry", []string{"run", "internal/listen"}, "the registry tells what supervisors count"},
	{"cmd/...", []string{"wsa", "spi", "spi/...", ".", "catalog", "chain", "wsnet", "config", "run", "run/...", "cmd/...", "internal/...", "layer/filter/rules", "metrics"}, "a door stands on the API"},
	{"examples/...", []string{"wsa", "spi", "spi/...", ".", "wsnet", "config"}, "examples show the public packages"},
	{"test/...", []string{"..."}, "tests may look everywhere"},
}

// builtins is the one file that names the providers that are compiled in.
const builtins = "builtin.go"

func TestImportBoundaries(t *testing.T) {
	for _, file := range goFiles(t) {
		if strings.HasSuffix(file, "_test.go") || file == builtins || strings.HasPrefix(file, "spi/spitest/") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), abs(file), nil, parser.ImportsOnly)
		if err != nil {
			t.Errorf("%s: %v", file, err)
			continue
		}
		part := path.Dir(file)
		rule, ok := ruleOf(part)
		if !ok {
			t.Errorf("%s: no boundary covers its folder; add one to this test", file)
			continue
		}
		for _, spec := range f.Imports {
			name, _ := strconv.Unquote(spec.Path.Value)
			target, own := ownPackage(name)
			if own && target != part && !rule.allows(target, part) {
				t.Errorf("%s imports %s: %s", file, name, rule.why)
			}
		}
	}
}

// TestRawSystemCalls: only internal/sys makes system calls by number, so that
// each difference between Linux and Winsock is dealt with in one known place.
func TestRawSystemCalls(t *testing.T) {
	raw := regexp.MustCompile(`\bsyscall\.(Raw)?Syscall|golang\.org/x/sys/unix"`)
	for _, file := range goFiles(t) {
		if strings.HasPrefix(file, "internal/sys/") || strings.HasPrefix(file, "internal/policy/") {
			continue
		}
		text, err := os.ReadFile(abs(file))
		if err != nil {
			t.Fatal(err)
		}
		if at := raw.FindIndex(text); at != nil {
			t.Errorf("%s:%d makes a system call, which only internal/sys may", file, 1+bytes.Count(text[:at[0]], []byte("\n")))
		}
	}
}

// TestAbilitiesAreAskedFor: who asks whether a socket has an optional
// interface uses spi.As, as a type assertion believes sockets that stand
// before others.
func TestAbilitiesAreAskedFor(t *testing.T) {
	text, err := os.ReadFile(abs("spi/ability.go"))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, m := range regexp.MustCompile(`(?m)^type (\w+) interface`).FindAllSubmatch(text, -1) {
		names = append(names, string(m[1]))
	}
	if len(names) == 0 {
		t.Fatal("spi/ability.go has no optional interfaces")
	}
	asked := regexp.MustCompile(`(?m), \w+ :?= .*\.\((spi\.)?(` + strings.Join(names, "|") + `)\)(;|$)`)
	for _, file := range goFiles(t) {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		text, err := os.ReadFile(abs(file))
		if err != nil {
			t.Fatal(err)
		}
		if at := asked.FindIndex(text); at != nil {
			t.Errorf("%s:%d asks by a type assertion; use spi.As", file, 1+bytes.Count(text[:at[0]], []byte("\n")))
		}
	}
}

func ownPackage(name string) (string, bool) {
	if name == "winsock" {
		return ".", true
	}
	return strings.CutPrefix(name, "winsock/")
}

func ruleOf(part string) (best boundary, ok bool) {
	for _, b := range boundaries {
		if matches(b.part, part) && (!ok || len(b.part) > len(best.part)) {
			best, ok = b, true
		}
	}
	return best, ok
}

func (b boundary) allows(target, part string) bool {
	if below, ok := strings.CutSuffix(b.part, "/..."); ok && strings.HasPrefix(target, part+"/") && strings.HasPrefix(part, below) {
		return true // a package may be made of several
	}
	if path.Dir(target) == path.Dir(part) && strings.Contains(target, "/internal/") {
		return true
	}
	for _, pattern := range b.imports {
		if matches(pattern, target) {
			return true
		}
	}
	return false
}

func matches(pattern, part string) bool {
	if pattern == "..." {
		return true
	}
	if prefix, ok := strings.CutSuffix(pattern, "/..."); ok {
		return strings.HasPrefix(part, prefix+"/")
	}
	return pattern == part
}
