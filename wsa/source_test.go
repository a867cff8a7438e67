// SPDX-License-Identifier: Apache-2.0

package wsa_test

import (
	"go/ast"
	"go/constant"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"os"
	"strings"
	"sync"
	"testing"
)

// sourcePackage is the package as its source declares it. The constants are
// read from there, so that a test sees every one, and sees new ones.
var sourcePackage = sync.OnceValues(func() (*types.Package, error) {
	entries, err := os.ReadDir(".")
	if err != nil {
		return nil, err
	}
	fset := token.NewFileSet()
	var files []*ast.File
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), ".go") || strings.HasSuffix(e.Name(), "_test.go") {
			continue
		}
		f, err := parser.ParseFile(fset, e.Name(), nil, 0)
		if err != nil {
			return nil, err
		}
		files = append(files, f)
	}
	conf := types.Config{Importer: importer.ForCompiler(fset, "source", nil)}
	return conf.Check("winsock/wsa", fset, files, nil)
})

// sourceConstants returns the exported integer constants of the package; with
// a type's name, only those of that type.
func sourceConstants(t *testing.T, typ string) map[string]int64 {
	t.Helper()
	pkg, err := sourcePackage()
	if err != nil {
		t.Fatal(err)
	}
	list := map[string]int64{}
	for _, name := range pkg.Scope().Names() {
		c, ok := pkg.Scope().Lookup(name).(*types.Const)
		if !ok || !c.Exported() || c.Val().Kind() != constant.Int {
			continue
		}
		if named, ok := c.Type().(*types.Named); typ != "" && (!ok || named.Obj().Name() != typ) {
			continue
		}
		if v, exact := constant.Int64Val(c.Val()); exact {
			list[name] = v
		}
	}
	return list
}
