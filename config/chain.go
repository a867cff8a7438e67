// SPDX-License-Identifier: Apache-2.0

package config

import (
	"errors"
	"fmt"
	"maps"
	"math/big"
	"os"
	"slices"
	"strings"

	"winsock"
	"winsock/internal/bounded"
	"winsock/spi"
	"winsock/wsa"
	"winsock/wsnet"
)

// A Chain is the layers that sockets go through, above a base protocol of the
// catalog.
type Chain struct {
	Name   string   // "" is that of the file itself
	Layers []*Layer // from the top down
	Origin Origin
}

// Paths returns the paths of the layers, from the top down, as
// [winsock/spi.ParsePath] reads them.
func (c *Chain) Paths() []string {
	var paths []string
	for _, l := range c.Layers {
		paths = append(paths, l.Path())
	}
	return paths
}

// Route returns the way through the chain for a [wsnet.Dialer] or a
// [wsnet.ListenConfig].
func (c *Chain) Route() wsnet.Route { return wsnet.Route{Layers: c.Paths()} }

// Socket opens a socket through the chain, as [winsock.WSASocket] with
// WSA_FLAG_OVERLAPPED does through what the catalog chooses. The program has
// called [winsock.WSAStartup].
//
// Errors: those of [winsock.Compose] and [winsock.WSASocket].
func (c *Chain) Socket(family, socketType, protocol int32) (winsock.SOCKET, error) {
	composed, err := winsock.Compose(family, socketType, protocol, nil, c.Paths()...)
	if err != nil {
		return winsock.INVALID_SOCKET, err
	}
	return composed.Socket(wsa.WSA_FLAG_OVERLAPPED)
}

// ready returns the chain with what stands elsewhere read, and what is wrong.
func (c *Chain) ready() (*Chain, Errors) {
	own := *c
	own.Layers = nil
	var bad Errors
	for _, l := range c.Layers {
		r, more := l.ready()
		own.Layers, bad = append(own.Layers, r), append(bad, more...)
	}
	return &own, bad
}

// An Origin tells where a value comes from.
type Origin struct {
	Default  bool
	Line     int    // of the configuration; 0: none
	Variable string // of the environment
	File     string // which holds the value
}

// String returns it as "line 7", "default" or "line 7, $NAME".
func (o Origin) String() string {
	if o.Default {
		return "default"
	}
	text := fmt.Sprint("line ", o.Line)
	if o.Variable != "" {
		return text + ", $" + o.Variable
	}
	if o.File != "" {
		return text + ", " + o.File
	}
	return text
}

// indirect reports whether the value stands elsewhere.
func (o Origin) indirect() bool { return o.Variable != "" || o.File != "" }

// A Layer is a layer of a chain with its options.
type Layer struct {
	Name   string // by which it is written: of a table [layer.NAME], or the driver's
	Key    string // the key of the chain that stands for it: rule, rules, log, capture; else ""
	Driver *spi.Driver
	Origin Origin

	options spi.Options // that are given
	places  map[string]place
	at      span
	file    *source // nil: it comes from a command line
	faulty  bool    // options are missing that were written wrong
}

// A place is where an option stands, and its items if it is an array.
type place struct {
	whole  span
	items  []span
	texts  []string
	origin Origin
}

// A Value is an option of a layer and its value.
type Value struct {
	*spi.Option
	Text   string   // as in a path
	Items  []string // of a list that is written as one
	Origin Origin
}

// Path returns the layer's path, as [winsock/spi.ParsePath] reads it.
func (l *Layer) Path() string { return spi.FormatPath(l.Driver.Name, l.options) }

// Values returns the options that have a value, in the order of their
// declaration, those that have their default too.
func (l *Layer) Values() []Value {
	var list []Value
	for i := range l.Driver.Options {
		o := &l.Driver.Options[i]
		text, given := l.options[o.Key]
		switch {
		case given:
			p := l.places[o.Key]
			list = append(list, Value{o, text, p.texts, p.origin})
		case o.Default != "":
			list = append(list, Value{o, o.Default, nil, Origin{Default: true}})
		}
	}
	return list
}

// Shown returns the value as it may be shown: what stands elsewhere than in
// the configuration is taken for a secret.
func (v *Value) Shown() string {
	if v.Origin.indirect() {
		return spi.RedactAll(v.Text)
	}
	return v.Option.Shown(v.Text)
}

func (l *Layer) clone() *Layer {
	own := *l
	own.options, own.places = maps.Clone(l.options), maps.Clone(l.places)
	return &own
}

// ready returns the layer with what stands elsewhere read, and what is wrong
// with its options.
func (l *Layer) ready() (*Layer, Errors) {
	own := l.clone()
	var bad Errors
	for _, key := range slices.Sorted(maps.Keys(l.options)) {
		p := l.places[key]
		if !p.origin.indirect() {
			continue
		}
		text, err := p.origin.read()
		o := l.Driver.Option(key)
		if err == nil && o.Kind == spi.File {
			text = beside(l.file.dir, text)
		}
		if err == nil {
			err = o.Check(text)
		}
		if err != nil {
			bad = append(bad, l.wrong(p.whole, true, "%s: %v", key, err))
		}
		own.options[key] = text
	}
	if bad != nil || l.faulty || l.Driver.Check == nil {
		return own, bad
	}
	_, all, err := spi.ParsePath(own.Path())
	if err == nil {
		err = l.Driver.Check(all)
	}
	return own, l.explain(err)
}

// read returns a value that stands elsewhere. What is wrong with it does not
// tell the value.
func (o Origin) read() (string, error) {
	if o.Variable != "" {
		text, there := os.LookupEnv(o.Variable)
		if !there {
			return "", fmt.Errorf("there is no variable $%s", o.Variable)
		}
		return text, nil
	}
	text, err := bounded.ReadFile(o.File, maxFile)
	if err != nil {
		return "", err
	}
	return strings.TrimRight(string(text), "\r\n"), nil
}

// explain makes errors with places of what a driver has found.
func (l *Layer) explain(err error) (bad Errors) {
	if err == nil {
		return nil
	}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		var one *spi.OptionError
		if list := joined.Unwrap(); len(list) > 0 && errors.As(list[0], &one) {
			for _, e := range list {
				bad = append(bad, l.explain(e)...)
			}
			return bad
		}
	}
	var one *spi.OptionError
	if errors.As(err, &one) {
		o, value := l.Driver.Option(one.Key), l.options[one.Key]
		at, secret := l.at, o == nil || o.Shown(value) != value
		p, given := l.places[one.Key]
		switch {
		case given && p.origin.Line == 0:
			return Errors{{File: l.Driver.Name, Text: one.Key + ": " + one.Text}}
		case given:
			at, secret = p.whole, secret || p.origin.indirect()
			if i := one.Item - 1; i >= 0 && i < len(p.items) && o != nil && !p.split(o.List) {
				at = p.items[i]
			}
		}
		return Errors{l.wrong(at, secret, "%s: %s", one.Key, one.Text)}
	}
	text := strings.TrimSuffix(err.Error(), ": "+wsa.ErrnoOf(err).Error())
	return Errors{l.wrong(l.at, false, "%s", text)}
}

// split reports whether an item of the array is several ones for the driver.
func (p *place) split(separator string) bool {
	return slices.ContainsFunc(p.texts, func(text string) bool { return strings.Contains(text, separator) || strings.TrimSpace(text) == "" })
}

// wrong makes an error of a place in the layer's file.
func (l *Layer) wrong(at span, secret bool, format string, args ...any) *Error {
	if l.file == nil {
		return &Error{File: l.Driver.Name, Text: fmt.Sprintf(format, args...)}
	}
	e := l.file.wrong(at, format, args...)
	e.secret = secret
	return e
}

// rebased returns a number's digits of another base as decimal ones.
func rebased(digits string, base int) string {
	n, ok := new(big.Int).SetString(digits, base)
	if !ok {
		return digits
	}
	return n.String()
}
