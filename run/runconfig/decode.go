// SPDX-License-Identifier: Apache-2.0

package runconfig

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pelletier/go-toml/v2"
	"github.com/pelletier/go-toml/v2/unstable"
)

// A document is a file as it is written.
type document struct {
	Layers []layer  `toml:"layers"`
	Rules  string   `toml:"rules"`
	Rule   []string `toml:"rule"`

	DNS         choice `toml:"dns"`
	DenyUnknown bool   `toml:"deny-unknown"`
	PassOpaque  bool   `toml:"pass-opaque"`

	Log     string `toml:"log"`
	Capture string `toml:"capture"`

	Env map[string]string `toml:"env"`

	Use   string           `toml:"use"`
	Chain map[string]chain `toml:"chain"`
}

type chain struct {
	Layers []layer `toml:"layers"`
}

// A layer is the path of a layered provider. That it is a struct has the
// decoder call UnmarshalText, and tell the line of its error.
type layer struct{ path string }

// UnmarshalText refuses what cannot be a layer.
func (l *layer) UnmarshalText(text []byte) error {
	l.path = string(text)
	return CheckLayer(l.path)
}

// A choice is a Choice that the decoder tells the line of.
type choice struct{ Choice }

// UnmarshalText refuses what is no choice. TOML's own words are understood.
func (c *choice) UnmarshalText(text []byte) error {
	switch string(text) {
	case "true":
		return c.Set("on")
	case "false":
		return c.Set("off")
	}
	return c.Set(string(text))
}

// Decode reads what a file in the folder dir contains. It is strict: what it
// does not know is an error, which begins with the line.
func Decode(data []byte, dir string) (*File, error) {
	var doc document
	if err := toml.NewDecoder(bytes.NewReader(data)).DisallowUnknownFields().Decode(&doc); err != nil {
		return nil, placed(err)
	}
	f := &File{
		Layers: paths(doc.Layers, dir), Rules: beside(dir, doc.Rules), Rule: doc.Rule,
		DNS: doc.DNS.Choice, DenyUnknown: doc.DenyUnknown, PassOpaque: doc.PassOpaque,
		Log: beside(dir, doc.Log), Capture: beside(dir, doc.Capture),
		Env: doc.Env, Chains: make(map[string][]string),
	}
	for name, c := range doc.Chain {
		f.Chains[name] = paths(c.Layers, dir)
	}
	for name := range f.Env {
		if name == "" || strings.ContainsAny(name, "=\x00") || strings.Contains(f.Env[name], "\x00") {
			return nil, fmt.Errorf("%d: %q cannot be a variable of the environment", lineOf(data, "env"), name)
		}
	}
	if doc.Use != "" {
		used, ok := f.Chains[doc.Use]
		if !ok {
			known := "none"
			if len(f.Chains) > 0 {
				known = strings.Join(slices.Sorted(maps.Keys(f.Chains)), ", ")
			}
			return nil, fmt.Errorf("%d: no chain is named %q; there are: %s", lineOf(data, "use"), doc.Use, known)
		}
		f.Layers = append(f.Layers, used...)
	}
	return f, nil
}

func paths(layers []layer, dir string) (list []string) {
	for _, l := range layers {
		list = append(list, AbsoluteFiles(l.path, dir))
	}
	return list
}

// placed puts the line before an error of the decoder.
func placed(err error) error {
	var strict *toml.StrictMissingError
	if errors.As(err, &strict) && len(strict.Errors) > 0 {
		line, _ := strict.Errors[0].Position()
		return fmt.Errorf("%d: unknown key %q", line, strings.Join(strict.Errors[0].Key(), "."))
	}
	var de *toml.DecodeError
	if errors.As(err, &de) {
		line, _ := de.Position()
		text := strings.TrimPrefix(de.Error(), "toml: ")
		if i := strings.Index(text, " into struct field "); i >= 0 { // which only this package knows
			text = text[:i] + ": it is not what this key takes"
		}
		return fmt.Errorf("%d: %s", line, text)
	}
	return fmt.Errorf(" %s", strings.TrimPrefix(err.Error(), "toml: "))
}

// lineOf returns the line of a key or table at the top, 0 if it is not there.
func lineOf(data []byte, key string) int {
	var p unstable.Parser
	p.Reset(data)
	for p.NextExpression() {
		e := p.Expression()
		if e.Kind != unstable.KeyValue && e.Kind != unstable.Table {
			continue
		}
		if it := e.Key(); it.Next() && string(it.Node().Data) == key {
			return p.Shape(it.Node().Raw).Start.Line
		}
	}
	return 0
}
