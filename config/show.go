// SPDX-License-Identifier: Apache-2.0

package config

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"unicode"

	"github.com/pelletier/go-toml/v2"

	"winsock/spi"
)

// Show writes what is in force: the settings of winsock run and all chains, or
// the chains of these names, with all options of their layers, and behind each
// value where it comes from. Secrets are left out, those that the names of
// variables of the environment tell of too; but for those, what is written is a
// configuration that means the same.
//
// The error is that of w, or that there is no such chain.
func (f *File) Show(w io.Writer, names ...string) error {
	p := &printer{}
	if len(names) == 0 {
		p.run(&f.Run)
		names = append([]string{""}, f.ChainNames()...)
	}
	for _, name := range names {
		written, err := f.written(name)
		if err != nil {
			return err
		}
		p.chain(written)
	}
	_, err := io.WriteString(w, p.text(f.Name))
	return err
}

// A printer writes TOML with comments behind the values. Keys before all
// tables come first.
type printer struct {
	top, tables strings.Builder
}

func (p *printer) text(name string) string {
	return strings.TrimSuffix(fmt.Sprintf("# %s\n\n%s%s", comment(name), p.top.String(), p.tables.String()), "\n\n") + "\n"
}

// A line is a key with its value and what is said of it.
type line struct{ text, comment string }

func newLine(key string, v any, o Origin) line {
	text, err := toml.Marshal(map[string]any{key: v})
	if err != nil {
		text = fmt.Appendf(nil, "# %s cannot be written: %v", key, err)
	}
	return line{strings.TrimSuffix(string(text), "\n"), o.String()}
}

// lines writes lines with their comments below each other.
func lines(b *strings.Builder, list []line) {
	width := 0
	for _, l := range list {
		if n := len(l.text); n <= 50 {
			width = max(width, n)
		}
	}
	for _, l := range list {
		fmt.Fprintf(b, "%-*s  # %s\n", width, l.text, comment(l.comment))
	}
}

// comment makes a text fit for a comment.
func comment(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return '?'
	}, text)
}

func (p *printer) run(r *Run) {
	p.tables.WriteString("# What winsock run takes besides a chain.\n[run]\n")
	origin := func(key string) Origin {
		if o, given := r.origins[key]; given {
			return o
		}
		return Origin{Default: true}
	}
	lines(&p.tables, []line{
		newLine("dns", r.DNS.String(), origin("dns")),
		newLine("deny-unknown", r.DenyUnknown, origin("deny-unknown")),
		newLine("pass-opaque", r.PassOpaque, origin("pass-opaque")),
	})
	if len(r.Env) > 0 {
		p.tables.WriteString("[run.env]\n")
		var list []line
		for _, name := range slices.Sorted(maps.Keys(r.Env)) {
			list = append(list, newLine(name, shownEnv(name, r.Env[name]), origin("env."+name)))
		}
		lines(&p.tables, list)
	}
	p.tables.WriteByte('\n')
}

// secretNames are the words in names of variables that hold secrets.
var secretNames = []string{"PASS", "PWD", "SECRET", "TOKEN", "KEY", "CRED", "AUTH"}

// shownEnv returns the value of a variable of the environment with its secrets
// left out.
func shownEnv(name, value string) string {
	if slices.ContainsFunc(secretNames, func(word string) bool { return strings.Contains(strings.ToUpper(name), word) }) {
		return spi.RedactAll(value)
	}
	return spi.RedactPasswords(value)
}

func (p *printer) chain(w *written) {
	c := w.chain
	b, header := &p.tables, "layers"
	if c.Name != "" {
		fmt.Fprintf(b, "# The chain %s, from the top down: %s.\n", c.Name, c.summary())
		header = "chain." + quoteKey(c.Name) + ".layers"
		if len(c.Layers) == 0 {
			fmt.Fprintf(b, "[chain.%s]\nlayers = []\n\n", quoteKey(c.Name))
		}
	} else {
		fmt.Fprintf(&p.top, "# The chain that is used when none is named, from the top down: %s.\n", c.summary())
		if w.use != nil && w.own == 0 {
			lines(&p.top, []line{newLine("use", w.use.value.text, w.origin)})
			p.top.WriteByte('\n')
			return
		}
		if len(c.Layers) == 0 {
			p.top.WriteString("layers = []\n\n")
			return
		}
		b = &p.top
	}
	for _, l := range c.Layers {
		fmt.Fprintf(b, "[[%s]]\n", header)
		list := []line{newLine("type", l.Driver.Name, l.Origin)}
		switch {
		case l.Key != "":
			list[0].comment += ", " + l.Key
		case l.Name != l.Driver.Name:
			list[0].comment += ", " + l.Name
		}
		for _, v := range l.Values() {
			list = append(list, newLine(v.Key, v.typed(), v.Origin))
		}
		lines(b, list)
		b.WriteByte('\n')
	}
}

// summary names the layers of a chain.
func (c *Chain) summary() string {
	if len(c.Layers) == 0 {
		return "no layers"
	}
	var names []string
	for _, l := range c.Layers {
		names = append(names, l.Name)
	}
	return strings.Join(names, ", ")
}

// typed returns the value as it is written in TOML.
func (v *Value) typed() any {
	shown := v.Shown()
	switch {
	case v.Items != nil:
		items := make([]string, len(v.Items))
		for i, item := range v.Items {
			items[i] = v.Option.Shown(item)
		}
		return items
	case shown != v.Text:
		return shown
	case v.Words != nil:
	case v.Kind == spi.Bool:
		return spi.Options{v.Key: v.Text}.Bool(v.Key)
	case v.Kind == spi.Int:
		return spi.Options{v.Key: v.Text}.Int(v.Key)
	}
	return shown
}

// quoteKey returns a name as a key, in quotes where it needs them.
func quoteKey(name string) string {
	bare := func(r rune) bool {
		return r == '-' || r == '_' || '0' <= r && r <= '9' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z'
	}
	if strings.IndexFunc(name, func(r rune) bool { return !bare(r) }) < 0 {
		return name
	}
	text, err := toml.Marshal(map[string]int{name: 0})
	if err != nil {
		return "?"
	}
	return strings.TrimSuffix(string(text), " = 0\n")
}
