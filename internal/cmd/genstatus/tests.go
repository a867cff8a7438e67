// SPDX-License-Identifier: Apache-2.0

package main

import (
	"go/ast"
	"iter"
	"maps"
	"slices"
	"strings"
)

// A testPackage is the call graph of one folder's tests.
type testPackage struct {
	dir   string
	calls map[string]map[string]bool // function -> what it refers to
	tests []string
}

func newTestPackage(dir string) *testPackage {
	return &testPackage{dir: dir, calls: map[string]map[string]bool{}}
}

// add records what each function of a file refers to: plain names, and the
// last part of selectors with their left side where that is a name.
func (p *testPackage) add(f *ast.File) {
	for _, d := range f.Decls {
		fn, ok := d.(*ast.FuncDecl)
		if !ok || fn.Body == nil {
			continue
		}
		name := fn.Name.Name
		if p.calls[name] == nil {
			p.calls[name] = map[string]bool{}
		}
		if fn.Recv == nil && (strings.HasPrefix(name, "Test") || strings.HasPrefix(name, "Fuzz") || strings.HasPrefix(name, "Example") ||
			p.dir == conformance) {
			p.tests = append(p.tests, name)
		}
		ast.Inspect(fn.Body, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.SelectorExpr:
				p.calls[name]["."+n.Sel.Name] = true
				if left, ok := n.X.(*ast.Ident); ok {
					p.calls[name][left.Name+"."+n.Sel.Name] = true
				}
			case *ast.Ident:
				p.calls[name][n.Name] = true
			}
			return true
		})
	}
	// Tables of tests at package level belong to every test that uses them.
	for _, d := range f.Decls {
		if g, ok := d.(*ast.GenDecl); ok {
			for _, spec := range g.Specs {
				if v, ok := spec.(*ast.ValueSpec); ok {
					p.addTable(v)
				}
			}
		}
	}
}

func (p *testPackage) addTable(v *ast.ValueSpec) {
	for _, name := range v.Names {
		for _, value := range v.Values {
			ast.Inspect(value, func(n ast.Node) bool {
				if p.calls[name.Name] == nil {
					p.calls[name.Name] = map[string]bool{}
				}
				switch n := n.(type) {
				case *ast.SelectorExpr:
					p.calls[name.Name]["."+n.Sel.Name] = true
					if left, ok := n.X.(*ast.Ident); ok {
						p.calls[name.Name][left.Name+"."+n.Sel.Name] = true
					}
				case *ast.Ident:
					p.calls[name.Name][n.Name] = true
				}
				return true
			})
		}
	}
}

// collect adds, for every Go symbol, the tests that reach it.
func (p *testPackage) collect(tests map[string][]string) {
	slices.Sort(p.tests)
	for _, test := range slices.Compact(p.tests) {
		shown := test
		if p.dir == conformance {
			shown = "spitest." + test
		}
		for ref := range p.reach(test) {
			if p.dir == "." && !strings.Contains(ref, ".") {
				ref = "winsock." + ref
			}
			if !slices.Contains(tests[ref], shown) {
				tests[ref] = append(tests[ref], shown)
			}
		}
	}
}

// reach returns all that a function refers to, by itself or through other
// functions and tables of its folder.
func (p *testPackage) reach(start string) map[string]bool {
	seen := map[string]bool{}
	queue := []string{start}
	visited := map[string]bool{start: true}
	for len(queue) > 0 {
		name := queue[0]
		queue = queue[1:]
		for ref := range p.calls[name] {
			seen[ref] = true
			next := strings.TrimPrefix(ref, ".")
			if p.calls[next] != nil && !visited[next] {
				visited[next] = true
				queue = append(queue, next)
			}
		}
	}
	return seen
}

// of returns the tests that exercise a Go symbol. Methods of the provider
// interfaces are found by their name alone.
func testsOf(tests map[string][]string, symbol string) []string {
	parts := strings.Split(symbol, ".")
	var found []string
	if len(parts) == 3 {
		found = tests["."+parts[2]]
	} else {
		found = tests[symbol]
	}
	found = slices.Clone(found)
	slices.Sort(found)
	return slices.Compact(found)
}

func keys[K comparable, V any](m map[K]V) iter.Seq[K] { return maps.Keys(m) }
