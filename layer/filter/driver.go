// SPDX-License-Identifier: Apache-2.0

package filter

import (
	"errors"
	"fmt"
	"log/slog"

	"winsock/layer/filter/rules"
	"winsock/spi"
	"winsock/spi/layer"
	"winsock/wsa"
)

func init() { spi.Register(driver) }

var driver = &spi.Driver{
	Name:    "filter",
	Summary: "allows, denies, redirects and diverts connections and datagrams by rules",
	Options: []spi.Option{
		{Key: "rules", Kind: spi.File, Help: "file of rules, one a line, which is read again when it has changed"},
		{Key: "rule", Kind: spi.Text, List: ";", Redact: spi.RedactPasswords, Help: `the rules themselves, instead of a file, separated by ";"`},
		{Key: "log", Kind: spi.File, Help: `file for what log rules say; "-" is standard error; none: the program's log only`},
		{Key: "reload", Kind: spi.Duration, Default: "200ms", Help: "how often at most to look whether the file has changed; 0: never"},
	},
	Check:   check,
	Metrics: declared,
	Startup: startup,
}

// startup is WSPStartup. Whatever is wrong with the options, the rules, or
// the log is WSAEINVAL, so that nothing runs unfiltered.
func startup(p *spi.StartupParams) (spi.Provider, error) {
	log := p.Log
	if log == nil {
		log = slog.Default()
	}
	file, text := p.Options.Text("rules"), p.Options.Text("rule")
	if err := one(file, text); err != nil {
		return nil, err
	}
	f := &filter{log: log}
	if text != "" {
		set, err := inline(text)
		if err != nil {
			return nil, fmt.Errorf("filter: %w", err)
		}
		f.source = newSource(set, log)
	} else {
		source, err := openSource(file, p.Options.Duration("reload"), log)
		if err != nil {
			return nil, fmt.Errorf("filter: %w", err)
		}
		f.source = source
	}
	if name := p.Options.Text("log"); name != "" {
		var err error
		if f.records, err = openRecords(name); err != nil {
			f.source.close()
			return nil, fmt.Errorf("filter: option log=%s: %v: %w", name, err, wsa.WSAEINVAL)
		}
	}
	return &provider{Provider: layer.NewProvider(p, f.wrap), filter: f}, nil
}

// one says that there are rules, from one place.
func one(file, text string) error {
	if (file == "") == (text == "") {
		return fmt.Errorf("filter: one of the options rules=FILE and rule=TEXT is needed: %w", wsa.WSAEINVAL)
	}
	return nil
}

// inline reads the rules of option rule.
func inline(text string) (*rules.Set, error) {
	set, err := rules.ParseInline("option rule", text)
	if err == nil {
		err = set.CheckLayers()
	}
	return set, err
}

// check tells what startup would refuse.
func check(o spi.Options) error {
	file, text := o.Text("rules"), o.Text("rule")
	if err := one(file, text); err != nil {
		return err
	}
	key, err := "rule", error(nil)
	if text != "" {
		_, err = inline(text)
	} else {
		key = "rules"
		_, err = rules.Load(file)
	}
	var list rules.Errors
	if !errors.As(err, &list) {
		return err
	}
	var bad []error
	for _, e := range list {
		o := spi.BadOption("filter", key, "%s", e)
		if text != "" {
			o.Item, o.Text = e.Line, e.Text
		}
		bad = append(bad, o)
	}
	return errors.Join(bad...)
}

// A provider opens filtered sockets.
type provider struct {
	spi.Provider
	*filter
}

// Socket opens a filtered socket. One that stands on a socket which exists
// already may come to stand on it again, with other layers in between.
func (p *provider) Socket(o *spi.Opening) (spi.Socket, error) {
	if o.Base == nil {
		return p.Provider.Socket(o)
	}
	own := *o
	own.Base = &shared{Provider: o.Base}
	return p.Provider.Socket(&own)
}

// Cleanup gives back what the filter holds.
func (p *provider) Cleanup() error {
	err := p.Provider.Cleanup()
	p.source.close()
	p.records.close()
	return err
}

// A filter is what the sockets of a provider have in common.
type filter struct {
	log     *slog.Logger
	source  *source
	records *records // nil: none
	hits    hits
}

// wrap makes the socket of the layer on the one below.
func (f *filter) wrap(below spi.Socket, o *spi.Opening) (spi.Socket, error) {
	family, socketType, _ := o.Kind()
	if layer.Datagram(o) {
		s := new(datagram)
		s.init(f, below, o, family, socketType)
		return s, nil
	}
	s := new(stream)
	s.init(f, below, o, family, socketType)
	return s, nil
}
