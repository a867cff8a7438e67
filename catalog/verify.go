// SPDX-License-Identifier: Apache-2.0

package catalog

import (
	"fmt"
	"os"
	"strings"

	"winsock/spi"
	"winsock/wsa"
)

// Verify returns all that is wrong with the catalog, as far as that can be
// told without starting a provider: what was wrong when it was read, chains
// that lack something, providers that are unknown, options that are not theirs
// or that they would not start with, and GUIDs that stand for two providers.
func (s *Snapshot) Verify() []Problem {
	problems := s.Problems()
	report := func(e *Entry, f string, args ...any) {
		problems = append(problems, Problem{File: s.source, Entry: e.ID(), Text: fmt.Sprintf(f, args...)})
	}
	paths := map[wsa.GUID]*Entry{}
	for _, e := range s.entries {
		s.verifyChain(e, report)
		if text := verifyDriver(e); text != "" {
			report(e, "%s", text)
		}
		id := e.Info.ProviderID
		if id.IsZero() {
			report(e, "the provider's GUID is zero")
		}
		if first := paths[id]; first == nil {
			paths[id] = e
		} else if first.Path != e.Path {
			report(e, "the provider's GUID is also that of entry %d, whose path is %q", first.ID(), spi.RedactPath(first.Path))
		}
	}
	for _, n := range s.names {
		if text := verifyNameDriver(n.Path); text != "" {
			problems = append(problems, Problem{File: s.source, Text: fmt.Sprintf("name space %q: %s", n.Info.Identifier, text)})
		}
	}
	return problems
}

// verifyChain checks that a chain is made of layered protocols over a base
// protocol, all of which are there.
func (s *Snapshot) verifyChain(e *Entry, report func(*Entry, string, ...any)) {
	if e.Kind() != Chain {
		return
	}
	members := e.Members()
	for i, id := range members {
		m := s.byID[id]
		switch last := i == len(members)-1; {
		case m == nil:
			report(e, "the chain has entry %d, which there is not; the chain is passed over", id)
		case m == e:
			report(e, "the chain contains itself; it is passed over")
		case last && m.Kind() != Base:
			report(e, "the chain ends in entry %d, which is no base protocol", id)
		case !last && m.Kind() == Base:
			report(e, "the chain has the base protocol %d above other entries", id)
		case !m.Enabled && e.Enabled:
			report(e, "the chain has entry %d, which is disabled; the chain is passed over", id)
		}
	}
}

// verifyDriver says what is wrong with an entry's path, "" if nothing.
func verifyDriver(e *Entry) string {
	if SharedObject(e.Path) {
		return verifyFile(e.Path)
	}
	d, options, err := spi.ParsePath(e.Path)
	wrong := ""
	switch {
	case err != nil:
		wrong = err.Error()
	case d.Base() && e.Kind() != Base:
		wrong = "a base provider cannot be layered"
	case !d.Base() && e.Kind() == Base:
		wrong = "a layered provider cannot carry a base protocol"
	case d.Check != nil && e.Kind() != Chain: // a chain has the path of its top
		if err := d.Check(options); err != nil {
			wrong = strings.ReplaceAll(err.Error(), "\n", "; ")
		}
	}
	if wrong == "" {
		return ""
	}
	return fmt.Sprintf("path %q: %s", spi.RedactPath(e.Path), wrong)
}

func verifyNameDriver(path string) string {
	if SharedObject(path) {
		return verifyFile(path)
	}
	if _, _, err := spi.ParseNamePath(path); err != nil {
		return fmt.Sprintf("path %q: %v", spi.RedactPath(path), err)
	}
	return ""
}

// verifyFile checks that a shared object is there. One without a slash is
// searched for by the loader, which is not asked here.
func verifyFile(path string) string {
	file := os.ExpandEnv(path)
	if info, err := os.Stat(file); strings.Contains(file, "/") && (err != nil || info.IsDir()) {
		return fmt.Sprintf("path %q: there is no such file", path)
	}
	return ""
}
