// SPDX-License-Identifier: Apache-2.0

package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// A source is what the module's files say.
type source struct {
	api     map[string]string // folded name of a function of package winsock -> its Go name
	symbols map[string]string // "package.Name" or "package.Type.Member" -> file
	docs    []documented      // members of package spi with their comments
	tests   map[string][]string
}

type documented struct {
	symbol string
	file   string
	doc    string
}

// conformance is the suite that providers and chains are run through: its
// functions are tests though they live outside of test files.
const conformance = "spi/spitest"

func readSource(root string) (*source, error) {
	src := &source{api: map[string]string{}, symbols: map[string]string{}, tests: map[string][]string{}}
	calls := map[string]*testPackage{}
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, name)
		if err != nil {
			return err
		}
		rel = filepath.ToSlash(rel)
		if d.IsDir() {
			if rel != "." && (strings.HasPrefix(d.Name(), ".") || slices.Contains([]string{"vendor", "testdata", "bench"}, d.Name())) {
				return fs.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(rel, ".go") {
			return nil
		}
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		f, err := parser.ParseFile(token.NewFileSet(), rel, text, parser.ParseComments)
		if err != nil {
			return err
		}
		dir := path.Dir(rel)
		if strings.HasSuffix(rel, "_test.go") || dir == conformance {
			if calls[dir] == nil {
				calls[dir] = newTestPackage(dir)
			}
			calls[dir].add(f)
		}
		if !strings.HasSuffix(rel, "_test.go") {
			src.addFile(rel, f)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	for _, dir := range slices.Sorted(keys(calls)) {
		calls[dir].collect(src.tests)
	}
	return src, nil
}

func (src *source) addFile(file string, f *ast.File) {
	pkg := f.Name.Name
	for _, d := range f.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			if !d.Name.IsExported() {
				continue
			}
			name := d.Name.Name
			if recv := receiver(d); recv != "" {
				name = recv + "." + name
			} else if pkg == "winsock" {
				src.api[fold(name)] = name
			}
			src.symbols[pkg+"."+name] = file
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				if ts, ok := spec.(*ast.TypeSpec); ok {
					src.addType(file, pkg, ts)
				}
			}
		}
	}
}

// addType records the members of an interface or struct with their comments.
func (src *source) addType(file, pkg string, ts *ast.TypeSpec) {
	var fields *ast.FieldList
	switch t := ts.Type.(type) {
	case *ast.InterfaceType:
		fields = t.Methods
	case *ast.StructType:
		fields = t.Fields
	default:
		return
	}
	for _, field := range fields.List {
		for _, name := range field.Names {
			symbol := pkg + "." + ts.Name.Name + "." + name.Name
			src.symbols[symbol] = file
			if pkg == "spi" {
				src.docs = append(src.docs, documented{symbol, file, field.Doc.Text()})
			}
		}
	}
}

// find returns the Go symbol of a function and its file.
func (src *source) find(f function) (symbol, file string, ok bool) {
	if f.symbol != "" {
		file, ok = src.symbols[f.symbol]
		return f.symbol, file, ok
	}
	for _, name := range goNames(f.name) {
		if goName, ok := src.api[fold(name)]; ok {
			symbol := "winsock." + goName
			return symbol, src.symbols[symbol], true
		}
	}
	word := regexp.MustCompile(`\b` + regexp.QuoteMeta(f.name) + `\b`)
	for _, d := range src.docs {
		if word.MatchString(d.doc) {
			return d.symbol, d.file, true
		}
	}
	return "", "", false
}

func receiver(d *ast.FuncDecl) string {
	if d.Recv == nil || len(d.Recv.List) == 0 {
		return ""
	}
	t := d.Recv.List[0].Type
	if star, ok := t.(*ast.StarExpr); ok {
		t = star.X
	}
	if index, ok := t.(*ast.IndexExpr); ok {
		t = index.X
	}
	if id, ok := t.(*ast.Ident); ok {
		return id.Name
	}
	return ""
}
