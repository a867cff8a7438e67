// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"bytes"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"
)

const root = "../.."

func abs(file string) string { return filepath.Join(root, filepath.FromSlash(file)) }

// goFiles lists the module's Go files by their paths from its root. The
// folders of other modules and of libraries are left out.
func goFiles(t *testing.T) (files []string) {
	t.Helper()
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
			if rel != "." && (strings.HasPrefix(d.Name(), ".") || d.Name() == "vendor" || d.Name() == "testdata") {
				return fs.SkipDir
			}
			if _, err := os.Stat(filepath.Join(name, "go.mod")); err == nil && rel != "." {
				return fs.SkipDir
			}
			return nil
		}
		if strings.HasSuffix(rel, ".go") {
			files = append(files, rel)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(files) < 50 {
		t.Fatalf("found %d files, which cannot be the module", len(files))
	}
	return files
}

func TestGofmt(t *testing.T) {
	for _, file := range goFiles(t) {
		source, err := os.ReadFile(abs(file))
		if err != nil {
			t.Fatal(err)
		}
		formatted, err := format.Source(source)
		if err != nil {
			t.Errorf("%s: %v", file, err)
		} else if !bytes.Equal(source, formatted) {
			t.Errorf("%s is not gofmt-ed", file)
		}
	}
}

func TestLicenceLine(t *testing.T) {
	for _, file := range goFiles(t) {
		source, err := os.ReadFile(abs(file))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.HasPrefix(source, []byte("// SPDX-License-Identifier: Apache-2.0\n")) &&
			!bytes.HasPrefix(source, []byte("// Code generated")) {
			t.Errorf("%s does not begin with the licence line", file)
		}
	}
}

// TestPackageComment: every package says once what it is for.
func TestPackageComment(t *testing.T) {
	comments := make(map[string][]string)
	for _, file := range goFiles(t) {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), abs(file), nil, parser.ParseComments|parser.PackageClauseOnly)
		if err != nil {
			t.Errorf("%s: %v", file, err)
			continue
		}
		dir := path.Dir(file)
		if f.Doc != nil && strings.TrimSpace(f.Doc.Text()) != "" {
			comments[dir] = append(comments[dir], file)
		} else if comments[dir] == nil {
			comments[dir] = []string{}
		}
	}
	for dir, files := range comments {
		if len(files) != 1 {
			t.Errorf("package in %s has %d package comments, want 1: %v", dir, len(files), files)
		}
	}
}

// TestExportedComments: every exported name of the public packages says what
// it means.
func TestExportedComments(t *testing.T) {
	for _, file := range goFiles(t) {
		if strings.HasSuffix(file, "_test.go") || strings.HasPrefix(file, "internal/") ||
			strings.HasPrefix(file, "cmd/") || strings.Contains(file, "/internal/") || strings.HasPrefix(file, "test/") {
			continue
		}
		fset := token.NewFileSet()
		f, err := parser.ParseFile(fset, abs(file), nil, parser.ParseComments)
		if err != nil {
			t.Errorf("%s: %v", file, err)
			continue
		}
		for _, d := range f.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				if d.Name.IsExported() && d.Doc == nil && exportedReceiver(d) {
					t.Errorf("%s: %s has no comment", fset.Position(d.Pos()), d.Name)
				}
			case *ast.GenDecl:
				for _, spec := range d.Specs {
					if ts, ok := spec.(*ast.TypeSpec); ok && ts.Name.IsExported() && d.Doc == nil && ts.Doc == nil {
						t.Errorf("%s: %s has no comment", fset.Position(ts.Pos()), ts.Name)
					}
				}
			}
		}
	}
}

// exportedReceiver reports whether d is a function, or a method of an
// exported type.
func exportedReceiver(d *ast.FuncDecl) bool {
	if d.Recv == nil {
		return true
	}
	typ := d.Recv.List[0].Type
	if star, ok := typ.(*ast.StarExpr); ok {
		typ = star.X
	}
	name, ok := typ.(*ast.Ident)
	return ok && name.IsExported()
}
