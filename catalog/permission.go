// SPDX-License-Identifier: Apache-2.0

package catalog

import (
	"os"
	"path/filepath"
	"strings"

	"winsock/wsa"
)

// A Permission is what layered providers a program admits ("Categorizing
// layered service providers and apps"). The zero Permission admits all.
type Permission struct {
	// Restricted is true for a program whose categories are set.
	Restricted bool
	// Categories are the permitted LSP_ categories.
	Categories uint32
}

// Admits reports whether a layered provider with these categories may be
// used. To a restricted program a provider is admitted when it has
// categories, all of them are permitted, and it has LSP_SYSTEM if the program
// has that.
func (p Permission) Admits(categories uint32) bool {
	if !p.Restricted {
		return true
	}
	return categories != 0 &&
		categories&^p.Categories == 0 &&
		categories&wsa.LSP_SYSTEM == p.Categories&wsa.LSP_SYSTEM
}

// Permission returns what holds for a program, given the path of its file
// and its arguments without its name. Of several settings for one program
// the one with the longest arguments counts.
func (s *Snapshot) Permission(path string, arguments []string) Permission {
	line := strings.Join(arguments, " ")
	best := -1
	for i, a := range s.apps {
		if a.matches(path, line) && (best < 0 || len(a.Arguments) > len(s.apps[best].Arguments)) {
			best = i
		}
	}
	if best < 0 {
		return Permission{}
	}
	return Permission{Restricted: true, Categories: s.apps[best].Permitted}
}

func (a *Application) matches(path, line string) bool {
	if a.Arguments != "" && line != a.Arguments && !strings.HasPrefix(line, a.Arguments+" ") {
		return false
	}
	return samePath(a.Path, path)
}

// samePath compares two paths of programs, of which one or both may lead
// there by symbolic links.
func samePath(a, b string) bool {
	a, b = filepath.Clean(os.ExpandEnv(a)), filepath.Clean(os.ExpandEnv(b))
	return a == b || resolve(a) == resolve(b)
}

func resolve(path string) string {
	if r, err := filepath.EvalSymlinks(path); err == nil {
		return r
	}
	return path
}

// Admits reports whether a program with that permission may use the entry:
// whether all layered protocols of its chain are admitted.
func (s *Snapshot) Admits(p Permission, e *Entry) bool {
	if !p.Restricted || e.Kind() != Chain {
		return true
	}
	members := e.Members()
	for _, id := range members[:len(members)-1] {
		if m := s.byID[id]; m != nil && !p.Admits(s.categories(m)) {
			return false
		}
	}
	return true
}

// categories returns the categories of a chain's member. A member that is
// itself a chain stands for its topmost layered protocol.
func (s *Snapshot) categories(m *Entry) uint32 {
	if m.Kind() != Chain {
		return m.Categories
	}
	if top := s.byID[m.Members()[0]]; top != nil {
		return top.Categories
	}
	return 0
}
