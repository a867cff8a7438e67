// SPDX-License-Identifier: Apache-2.0

package trace

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// The names of fields and calls in the log are an interface: each one in the
// sources is in the package's documentation.
func TestNamesAreDocumented(t *testing.T) {
	doc := read(t, "doc.go")
	sources, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	sources = slices.DeleteFunc(sources, func(name string) bool { return strings.HasSuffix(name, "_test.go") })
	set := token.NewFileSet()
	found := 0
	check := func(file, name string) {
		found++
		if !regexp.MustCompile(`\b` + regexp.QuoteMeta(name) + `\b`).MatchString(doc) {
			t.Errorf("%s: %q is not in the documentation", file, name)
		}
	}
	// Which argument of a function is such a name.
	argument := map[string]int{
		"key": 0, "symbol": 0, "word": 0, "number": 0, "address": 0, "hex": 0, // of line
		"control": 0, "outcome": 0, "event": 1, "logName": 0,
	}
	for _, file := range sources {
		f, err := parser.ParseFile(set, file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			method, ok := call.Fun.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			if i, ok := argument[method.Sel.Name]; ok && len(call.Args) > i {
				if text, ok := call.Args[i].(*ast.BasicLit); ok && text.Kind == token.STRING {
					name, _ := strconv.Unquote(text.Value)
					check(file, name)
				}
			}
			return true
		})
	}
	for _, m := range []string{sendCall(message()), recvCall(message())} {
		check("data.go", m)
	}
	if found < 50 {
		t.Errorf("only %d names found: the test has lost sight of the sources", found)
	}
}
