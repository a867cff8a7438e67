// SPDX-License-Identifier: Apache-2.0

package meter

import (
	"encoding/json"
	"errors"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// A listed package is what go list tells of one.
type listed struct {
	ImportPath, Export, Dir string
	GoFiles                 []string
	Module                  *struct{ Main bool }
}

func listAll(t *testing.T) map[string]*listed {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "list", "-e", "-export", "-deps", "-json=ImportPath,Export,Dir,GoFiles,Module", "winsock/...")
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]*listed{}
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p listed
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all[p.ImportPath] = &p
	}
}

// TestEverySocketOfTheTreeIsCounted: there is a bundle for each set of
// optional interfaces that a socket type of the module has.
func TestEverySocketOfTheTreeIsCounted(t *testing.T) {
	if testing.Short() {
		t.Skip("reads the whole tree")
	}
	all := listAll(t)
	files := token.NewFileSet()
	imports := importer.ForCompiler(files, "gc", func(path string) (io.ReadCloser, error) {
		if p := all[path]; p != nil && p.Export != "" {
			return os.Open(p.Export)
		}
		return nil, os.ErrNotExist
	})
	contract, err := imports.Import("winsock/spi")
	if err != nil {
		t.Fatal(err)
	}
	iface := func(name string) *types.Interface {
		return contract.Scope().Lookup(name).Type().Underlying().(*types.Interface)
	}
	socket := iface("Socket")
	abilities := []*types.Interface{
		iface("Handler"), iface("DataPather"), iface("Foreseer"), nil, iface("Parker"), iface("ConnectDataer"), iface("DisconnectDataer"),
		iface("MultipointJoiner"), iface("Duplicator"), iface("Extender"), iface("FileSender"), iface("Lingerer"), iface("Abandoner"),
	}
	if 1<<len(abilities)-1 != int(allAbilities) {
		t.Fatal("the test does not know all abilities")
	}
	found, sets := 0, map[set]bool{}
	for _, p := range all {
		if p.Module == nil || !p.Module.Main || p.ImportPath == "winsock/spi/meter" || p.ImportPath == "winsock/spi" {
			continue
		}
		for typ, where := range typesOf(t, files, imports, p) {
			if !types.Implements(typ, socket) {
				continue
			}
			var s set
			for i, a := range abilities {
				if a == nil { // Below has no interface with a name
					if m, _, _ := types.LookupFieldOrMethod(typ, false, nil, "Below"); m != nil {
						s |= 1 << i
					}
				} else if types.Implements(typ, a) {
					s |= 1 << i
				}
			}
			found++
			sets[s] = true
			if bundles[s] == nil {
				t.Errorf("%s: %s has a set of optional interfaces, %v, that no bundle is for; add it to foundations in bundles_test.go",
					files.Position(where), typ, names(s))
			}
		}
	}
	t.Logf("%d types of sockets with %d sets", found, len(sets))
	if found < 20 {
		t.Errorf("only %d types of sockets found: the test has lost sight of the tree", found)
	}
}

func names(s set) (list []string) {
	for i, name := range partNames {
		if s&(1<<i) != 0 {
			list = append(list, name)
		}
	}
	return list
}

// typesOf returns the struct types of a package, those without a name too,
// and pointers to them.
func typesOf(t *testing.T, files *token.FileSet, imports types.Importer, p *listed) map[types.Type]token.Pos {
	t.Helper()
	var sources []*ast.File
	for _, name := range p.GoFiles {
		f, err := parser.ParseFile(files, filepath.Join(p.Dir, name), nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		sources = append(sources, f)
	}
	info := types.Info{Defs: map[*ast.Ident]types.Object{}, Types: map[ast.Expr]types.TypeAndValue{}}
	config := types.Config{Importer: imports, Error: func(error) {}, FakeImportC: true}
	_, _ = config.Check(p.ImportPath, files, sources, &info) // what is wrong elsewhere is told elsewhere
	list := map[types.Type]token.Pos{}
	add := func(typ types.Type, at token.Pos) {
		if _, ok := typ.Underlying().(*types.Struct); ok {
			list[typ], list[types.NewPointer(typ)] = at, at
		}
	}
	for id, o := range info.Defs {
		if o, ok := o.(*types.TypeName); ok && !o.IsAlias() {
			add(o.Type(), id.Pos())
		}
	}
	for e := range info.Types {
		if e, ok := e.(*ast.StructType); ok {
			add(info.TypeOf(e), e.Pos())
		}
	}
	return list
}
