// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"io"
	"os"
	"strings"

	"winsock/internal/bounded"
	"winsock/spi"
	"winsock/wsa"
)

// maxFile bounds a file of rules, which may be anything.
const maxFile = 4 << 20

// Load reads the rules in a file and checks their layers. Errors are
// [Errors]; they wrap WSAEINVAL.
func Load(name string) (*Set, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, unreadable(name, err)
	}
	defer f.Close()
	return Read(name, f)
}

// Read is [Load] of what r gives.
func Read(name string, r io.Reader) (*Set, error) {
	text, err := bounded.Read(r, maxFile)
	switch {
	case err == bounded.ErrTooLong:
		return nil, Errors{{Name: name, Text: "this is too long to be a text of rules"}}
	case err != nil:
		return nil, unreadable(name, err)
	}
	set, err := Parse(name, string(text))
	if err != nil {
		return nil, err
	}
	if err := set.CheckLayers(); err != nil {
		return nil, err
	}
	return set, nil
}

func unreadable(name string, err error) error {
	text := err.Error()
	if cause, ok := err.(*os.PathError); ok {
		text = "cannot be read: " + cause.Err.Error()
	}
	return Errors{{Name: name, Text: text}}
}

// filter is the name of the layer that rules are for.
const filter = "filter"

// CheckLayers looks for the layers of chain rules among the drivers that the
// program has, and checks their options. Errors are [Errors].
func (s *Set) CheckLayers() error {
	var bad Errors
	for _, r := range s.rules {
		for _, path := range r.layers {
			if text := checkLayer(path); text != "" {
				bad = append(bad, &Error{Name: s.name, Line: r.line, Text: text})
			}
		}
	}
	if bad != nil {
		return bad
	}
	return nil
}

// checkLayer says what is wrong with the path of a layer, "" if nothing is.
func checkLayer(path string) string {
	name, _, _ := strings.Cut(path, ":")
	switch {
	case strings.Contains(name, "/") || strings.HasSuffix(name, ".so"):
		return "" // a shared object, which is seen when it is loaded
	case name == filter:
		return "rules cannot put the filter itself in between"
	}
	d, _, err := spi.ParsePath(path)
	if err != nil {
		// The code at its end says nothing to whoever has written the rule.
		return strings.TrimSuffix(err.Error(), ": "+wsa.ErrnoOf(err).Error())
	}
	if d.Base() {
		return d.Name + " is a base provider, not a layer"
	}
	return ""
}
