// SPDX-License-Identifier: Apache-2.0

package config

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"winsock/internal/elevated"
	"winsock/layer/filter/rules"
	"winsock/spi"
	"winsock/wsa"
)

// Environment is the variable that names the configuration file.
const Environment = "WINSOCK_CONFIG"

// systemFile is the configuration of the whole system. Tests put another one
// in its place.
var systemFile = "/etc/winsock/winsock.toml"

// maxFile bounds a configuration, as the name may be that of anything.
const maxFile = 1 << 20

// A File is a configuration, which does not change. Its zero value is an
// empty one. Any number of goroutines may use it.
type File struct {
	// Name is the file's name, absolute.
	Name string

	// Run is what is said of winsock run.
	Run Run

	layers map[string]*Layer   // by [layer.NAME]
	chains map[string]*written // "" is that of the file itself
}

// Run is what programs are run with by winsock run, besides a chain.
type Run struct {
	DNS         Choice
	DenyUnknown bool
	PassOpaque  bool
	Env         map[string]string

	origins map[string]Origin
}

// Find returns the file that [Load] reads when it is given no name: the one
// that $WINSOCK_CONFIG names, else the user's, else the system's. It is ""
// when there is none.
func Find() string {
	if !elevated.Program() {
		if name := os.Getenv(Environment); name != "" {
			return name
		}
		if dir, err := os.UserConfigDir(); err == nil {
			if name := filepath.Join(dir, "winsock", "winsock.toml"); present(name) {
				return name
			}
		}
	}
	if present(systemFile) {
		return systemFile
	}
	return ""
}

func present(name string) bool {
	_, err := os.Stat(name)
	return !errors.Is(err, fs.ErrNotExist)
}

// Load reads a configuration, the one that [Find] finds if name is "".
//
// The error is that of opening the file, or [Errors], which tell of all that
// is wrong with it.
func Load(name string) (*File, error) {
	name, data, err := read(name)
	if err != nil {
		return nil, err
	}
	return Parse(name, data)
}

// Check looks for all mistakes in a configuration, as [Load] and [File.Check]
// do together. It returns the name of the file that it found.
func Check(name string) (string, error) {
	name, data, err := read(name)
	if err != nil {
		return name, err
	}
	f, bad := decode(name, data)
	return name, append(bad, f.check()...).err()
}

func read(name string) (found string, data []byte, err error) {
	if name == "" {
		if name = Find(); name == "" {
			return "", nil, fmt.Errorf("there is no configuration: no $%s, winsock.toml in the user's configuration folder, or %s: %w", Environment, systemFile, fs.ErrNotExist)
		}
	}
	f, err := os.Open(name)
	if err != nil {
		return name, nil, err
	}
	defer f.Close()
	data, err = io.ReadAll(io.LimitReader(f, maxFile+1))
	return name, data, err
}

// Parse reads a configuration that is the text of a file of that name, which
// need not be there.
func Parse(name string, data []byte) (*File, error) {
	f, bad := decode(name, data)
	if err := bad.err(); err != nil {
		return nil, err
	}
	return f, nil
}

func decode(name string, data []byte) (*File, Errors) {
	absolute, err := filepath.Abs(name)
	if err != nil {
		return new(File), Errors{{File: name, Text: err.Error()}}
	}
	if len(data) > maxFile {
		return new(File), Errors{{File: name, Text: "this is too long to be a configuration"}}
	}
	f := &File{Name: absolute, layers: map[string]*Layer{}, chains: map[string]*written{}}
	d := &decoder{source: newSource(name, filepath.Dir(absolute), slices.Clip(data)), file: f, broken: map[string]bool{}}
	root, wrong := parse(d.source)
	if wrong != nil {
		return f, Errors{wrong}
	}
	d.decode(root)
	return f, d.errors
}

// Chain returns a chain by its name; "" is the file's own, of the keys before
// all tables. Its layers are checked as their start would do it, as far as
// that is possible without starting them.
//
// The error says that there is no such chain, or is [Errors].
func (f *File) Chain(name string) (*Chain, error) {
	w, err := f.written(name)
	if err != nil {
		return nil, err
	}
	c, bad := w.chain.ready()
	if err := bad.err(); err != nil {
		return nil, err
	}
	return c, nil
}

func (f *File) written(name string) (*written, error) {
	if w := f.chains[name]; w != nil {
		return w, nil
	}
	if name == "" { // the file is the zero value
		return &written{chain: &Chain{}}, nil
	}
	known := f.ChainNames()
	hint := nearest(name, known)
	switch {
	case len(known) == 0:
		hint = "; there are none"
	case hint == "":
		hint = "; there are: " + strings.Join(known, ", ")
	}
	return nil, fmt.Errorf("%s: no chain is named %q%s", f.Name, name, hint)
}

// Check looks for mistakes in all chains as [File.Chain] does for one, and in
// layers that are in no chain.
func (f *File) Check() error { return f.check().err() }

func (f *File) check() (bad Errors) {
	for _, w := range f.chains {
		_, more := w.chain.ready()
		bad = append(bad, more...)
	}
	for _, l := range f.layers {
		_, more := l.ready()
		bad = append(bad, more...)
	}
	return bad
}

// Layer returns a layer by what a command line or [winsock/wsnet.Route] may
// say: a name of the file or a driver's, and options as in a path, which
// count more than those of the file. Names of files in these are relative to
// dir.
func (f *File) Layer(path, dir string) (*Layer, error) {
	l, err := f.layer(path, dir, place{})
	if err != nil {
		return nil, fmt.Errorf("%w: %w", err, wsa.WSAEINVAL)
	}
	ready, bad := l.ready()
	if err := bad.err(); err != nil {
		return nil, err
	}
	return ready, nil
}

// layer is Layer without a look at what the options mean. All options of the
// path have the same place.
func (f *File) layer(path, dir string, at place) (*Layer, error) {
	name, rest, _ := strings.Cut(path, ":")
	l := &Layer{Name: name, options: spi.Options{}, places: map[string]place{}}
	if named := f.layers[name]; named != nil {
		l = named.clone()
	} else if l.Driver = spi.FindDriver(name); l.Driver == nil {
		return nil, errors.New(f.unknownLayer(name))
	} else if l.Driver.Base() {
		return nil, fmt.Errorf("%s is a base provider, not a layer", name)
	}
	given, err := l.Driver.ParseOptions(rest)
	if err != nil {
		// The code at its end says nothing to whoever has written it.
		return nil, errors.New(strings.TrimSuffix(err.Error(), ": "+wsa.WSAEINVAL.Error()))
	}
	for key, text := range given {
		if l.Driver.Option(key).Kind == spi.File {
			text = beside(dir, text)
		}
		if isRule(l, key) {
			if text, err = f.replaceLayers(text, dir); err != nil {
				return nil, err
			}
		}
		l.options[key], l.places[key] = text, at
	}
	return l, nil
}

// isRule reports whether an option holds rules, which may name layers.
func isRule(l *Layer, key string) bool { return l.Driver.Name == "filter" && key == "rule" }

// replaceLayers puts paths in the places of layers that rules lead through.
// What is wrong with a path is told when the rules are read.
func (f *File) replaceLayers(text, dir string) (string, error) {
	var wrong error
	text = rules.ReplaceLayers(text, func(word string) string {
		l, err := f.layer(word, dir, place{})
		if err != nil {
			return word
		}
		for _, p := range l.places {
			if p.origin.indirect() {
				wrong = fmt.Errorf("a rule cannot lead through the layer %s, of which a value stands elsewhere", l.Name)
			}
		}
		return l.Path()
	})
	return text, wrong
}

func (f *File) unknownLayer(name string) string {
	known := f.LayerNames()
	if hint := nearest(name, known); hint != "" {
		return fmt.Sprintf("no layer is named %q%s", name, hint)
	}
	return fmt.Sprintf("no layer is named %q; there are: %s", name, strings.Join(known, ", "))
}

// A Choice is on or off, or left to what else is asked for.
type Choice uint8

// The choices.
const (
	Auto Choice = iota
	On
	Off
)

var choices = [...]string{"auto", "on", "off"}

// Set makes c the choice of that name. With String and Type it is a flag of a
// command line.
func (c *Choice) Set(name string) error {
	for i, known := range choices {
		if name == known {
			*c = Choice(i)
			return nil
		}
	}
	return fmt.Errorf("%q is none of auto, on and off", name)
}

// String returns the name of the choice.
func (c Choice) String() string { return choices[c] }

// Type tells help texts which choices there are.
func (c Choice) Type() string { return "auto|on|off" }

// Or returns whether the choice is on, and def if it is left open.
func (c Choice) Or(def bool) bool {
	if c == Auto {
		return def
	}
	return c == On
}
