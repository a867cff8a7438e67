// SPDX-License-Identifier: Apache-2.0

package config

import (
	"errors"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"unicode"

	"winsock/spi"
	"winsock/wsa"
)

// A decoder makes a File of a tree, and gathers what is wrong.
type decoder struct {
	*source
	file   *File
	broken map[string]bool // layers with a name that are left out of file
	errors Errors
}

func (d *decoder) bad(at span, format string, args ...any) {
	d.errors = append(d.errors, d.wrong(at, format, args...))
}

// The keys of the tables.
var (
	chainKeys = []string{"layers", "use", "rules", "rule", "log", "capture"}
	runKeys   = []string{"dns", "deny-unknown", "pass-opaque", "env"}
	fileKeys  = append([]string{"run", "layer", "chain"}, chainKeys...)
)

// unknown refuses a key, and tells where it may be meant to stand.
func (d *decoder) unknown(e *entry, known []string, format string, args ...any) {
	hint := nearest(e.name, known)
	switch {
	case hint != "":
	case slices.Contains(runKeys, e.name):
		hint = "; it stands in the table [run]"
	case slices.Contains(chainKeys, e.name):
		hint = "; it stands in a table [chain.NAME], or before all tables"
	case len(known) > 0:
		hint = "; there are: " + strings.Join(known, ", ")
	}
	args = append([]any{e.name}, args...)
	d.bad(e.span, "unknown key %q"+format+"%s", append(args, hint)...)
}

// want refuses a value that is not of the form.
func (d *decoder) want(e *entry, f form) bool {
	if e.value.form == f {
		return true
	}
	d.bad(e.value.span, "%s: want %s, not %s", e.name, formNames[f], formNames[e.value.form])
	return false
}

func (d *decoder) text(e *entry) string {
	if !d.want(e, ofText) {
		return ""
	}
	return e.value.text
}

func (d *decoder) boolean(e *entry) bool { return d.want(e, ofBool) && e.value.text == "true" }

// decode reads the whole file.
func (d *decoder) decode(root *value) {
	if e := root.key("layer"); e != nil && d.want(e, ofTable) {
		// Filters come last: their rules may lead through the others.
		for _, filters := range []bool{false, true} {
			for _, e := range e.value.keys {
				if t := e.value.key("type"); filters != (e.name == "filter" || t != nil && t.value.text == "filter") {
					continue
				}
				if d.want(e, ofTable) {
					d.namedLayer(e)
				}
				d.broken[e.name] = d.file.layers[e.name] == nil
			}
		}
	}
	for _, e := range root.keys {
		switch e.name {
		case "layer":
		case "run":
			if d.want(e, ofTable) {
				d.run(e.value)
			}
		case "chain":
			if d.want(e, ofTable) {
				for _, e := range e.value.keys {
					d.namedChain(e)
				}
			}
		default:
			if !slices.Contains(chainKeys, e.name) {
				d.unknown(e, fileKeys, "")
			}
		}
	}
	own := &written{chain: &Chain{}}
	d.chain(own, root)
	d.file.chains[""] = own
	for _, name := range slices.Sorted(maps.Keys(d.file.chains)) {
		d.settle(d.file.chains[name])
	}
}

func (d *decoder) run(t *value) {
	r := &d.file.Run
	r.origins = map[string]Origin{}
	for _, e := range t.keys {
		r.origins[e.name] = d.origin(e.span)
		switch e.name {
		case "dns":
			word := e.value.text
			if e.value.form == ofBool {
				word = map[string]string{"true": "on", "false": "off"}[word]
			} else if !d.want(e, ofText) {
				continue
			}
			if err := r.DNS.Set(word); err != nil {
				d.bad(e.value.span, "dns: %v", err)
			}
		case "deny-unknown":
			r.DenyUnknown = d.boolean(e)
		case "pass-opaque":
			r.PassOpaque = d.boolean(e)
		case "env":
			if d.want(e, ofTable) {
				d.env(e.value)
			}
		default:
			d.unknown(e, runKeys, " in [run]")
		}
	}
}

func (d *decoder) env(t *value) {
	r := &d.file.Run
	r.Env = map[string]string{}
	for _, e := range t.keys {
		r.origins["env."+e.name] = d.origin(e.span)
		if r.Env[e.name] = d.text(e); e.name == "" || strings.ContainsAny(e.name, "=\x00") {
			d.bad(e.span, "%q cannot be a variable of the environment", e.name)
		} else if strings.Contains(r.Env[e.name], "\x00") {
			d.bad(e.value.span, "a variable of the environment cannot have a zero byte")
		}
	}
}

// A written chain is one as it stands in the file.
type written struct {
	chain   *Chain
	use     *entry // the chain below, nil for none
	origin  Origin // of use
	own     int    // how many layers are not those of use
	settled bool   // the layers of use are in it
	under   bool   // that is being done
	span    span
}

// badName tells why chains and layers cannot be named so.
func badName(name string) string {
	unfit := func(r rune) bool { return !unicode.IsPrint(r) || strings.ContainsRune(" :/,", r) }
	if name == "" || strings.IndexFunc(name, unfit) >= 0 || strings.HasSuffix(name, ".so") {
		return "a name has neither blanks nor any of : / and the comma, and does not end in .so"
	}
	return ""
}

func (d *decoder) namedChain(e *entry) {
	if !d.want(e, ofTable) {
		return
	}
	if text := badName(e.name); text != "" {
		d.bad(e.span, "%q cannot be the name of a chain: %s", e.name, text)
		return
	}
	w := &written{chain: &Chain{Name: e.name, Origin: d.origin(e.span)}, span: e.span}
	for _, e := range e.value.keys {
		if !slices.Contains(chainKeys, e.name) {
			d.unknown(e, chainKeys, " of a chain")
		}
	}
	d.chain(w, e.value)
	d.file.chains[e.name] = w
}

// chain reads what a chain consists of, from the top down.
func (d *decoder) chain(w *written, t *value) {
	c := w.chain
	if e := t.key("capture"); e != nil {
		c.Layers = append(c.Layers, d.shorthand(e, "trace", spi.Options{"capture": beside(d.dir, d.text(e))}))
	}
	if e := t.key("log"); e != nil {
		c.Layers = append(c.Layers, d.shorthand(e, "trace", spi.Options{"log": beside(d.dir, d.text(e)), "calls": "control"}))
	}
	if e := t.key("rule"); e != nil && (e.value.form == ofText || d.want(e, ofArray)) {
		l := d.shorthand(e, "filter", nil)
		d.option(l, e)
		c.Layers = append(c.Layers, l)
	}
	if e := t.key("rules"); e != nil {
		c.Layers = append(c.Layers, d.shorthand(e, "filter", spi.Options{"rules": beside(d.dir, d.text(e))}))
	}
	if e := t.key("layers"); e != nil && d.want(e, ofArray) {
		w.span = e.span
		for _, item := range e.value.items {
			if l := d.layer(item); l != nil {
				c.Layers = append(c.Layers, l)
			}
		}
	}
	if e := t.key("use"); e != nil && d.want(e, ofText) {
		w.use, w.origin = e, d.origin(e.span)
	}
	c.Layers = slices.DeleteFunc(c.Layers, func(l *Layer) bool { return l == nil })
	w.own = len(c.Layers)
}

// settle adds the layers of the chain that a chain uses.
func (d *decoder) settle(w *written) {
	if w.settled || w.under {
		return
	}
	w.under = true
	defer func() { w.under, w.settled = false, true }()
	c := w.chain
	if w.use != nil {
		name := w.use.value.text
		used := d.file.chains[name]
		switch {
		case used == nil || name == "":
			known := d.file.ChainNames()
			hint := nearest(name, known)
			if hint == "" && len(known) > 0 {
				hint = "; there are: " + strings.Join(known, ", ")
			}
			d.bad(w.use.value.span, "no chain is named %q%s", name, hint)
		case used.under:
			d.bad(w.use.value.span, "the chain %q uses itself", name)
		default:
			d.settle(used)
			c.Layers = append(c.Layers, used.chain.Layers...)
		}
	}
	if most := wsa.MAX_PROTOCOL_CHAIN - 1; len(c.Layers) > most {
		d.bad(w.span, "the chain has %d layers, but at most %d can stand over a base protocol", len(c.Layers), most)
		c.Layers = c.Layers[:most]
	}
}

// shorthand makes the layer that a key of a chain stands for.
func (d *decoder) shorthand(e *entry, driver string, options spi.Options) *Layer {
	l := &Layer{Name: driver, Key: e.name, Driver: spi.FindDriver(driver), Origin: d.origin(e.span), places: map[string]place{}, at: e.span, file: d.source}
	if l.Driver == nil {
		d.bad(e.span, "%s needs the layer %q, which this program was built without", e.name, driver)
		return nil
	}
	if l.options = options; options == nil {
		l.options = spi.Options{}
	}
	for key := range l.options {
		l.places[key] = place{whole: e.value.span, origin: l.Origin}
	}
	return l
}

// namedLayer reads a table [layer.NAME].
func (d *decoder) namedLayer(e *entry) {
	if text := badName(e.name); text != "" {
		d.bad(e.span, "%q cannot be the name of a layer: %s", e.name, text)
		return
	}
	driver := e.name
	t := e.value.key("type")
	if t != nil {
		if !d.want(t, ofText) {
			return
		}
		driver = t.value.text
		if spi.FindDriver(e.name) != nil && driver != e.name {
			d.bad(t.value.span, "[layer.%s] cannot be of the type %q: %s is a type itself", e.name, driver, e.name)
			return
		}
	}
	at := e.span
	if t != nil {
		at = t.value.span
	}
	l := d.driven(at, driver, t == nil)
	if l == nil {
		return
	}
	l.Name, l.at, l.Origin = e.name, e.span, d.origin(e.span)
	d.options(l, e.value)
	d.file.layers[e.name] = l
}

// driven makes a layer of a driver, with no options.
func (d *decoder) driven(at span, driver string, lacksType bool) *Layer {
	found := spi.FindDriver(driver)
	switch {
	case found != nil && !found.Base():
		return &Layer{Name: driver, Driver: found, options: spi.Options{}, places: map[string]place{}, at: at, Origin: d.origin(at), file: d.source}
	case found != nil:
		d.bad(at, "%s is a base provider, not a layer", driver)
	case lacksType:
		d.bad(at, "[layer.%s] needs a type, such as type = \"trace\"; there are: %s", driver, strings.Join(layerNames(), ", "))
	default:
		d.bad(at, "%s", d.file.unknownLayer(driver))
	}
	return nil
}

// layer reads an item of layers: a text, or a table with the type or a name.
func (d *decoder) layer(v *value) *Layer {
	switch v.form {
	case ofText:
		if name, _, _ := strings.Cut(v.text, ":"); d.broken[name] {
			return nil // which is told where the layer stands
		}
		l, err := d.file.layer(v.text, d.dir, place{whole: v.span, origin: d.origin(v.span)})
		if err != nil {
			wrong := d.wrong(v.span, "%v", err)
			wrong.secret = spi.RedactPath(v.text) != v.text
			d.errors = append(d.errors, wrong)
			return nil
		}
		l.at, l.Origin, l.file = v.span, d.origin(v.span), d.source
		return l
	case ofTable:
		t := v.key("type")
		if t == nil {
			d.bad(v.span, "a layer has a type, such as type = \"trace\"; there are: %s", strings.Join(d.file.LayerNames(), ", "))
			return nil
		}
		if !d.want(t, ofText) {
			return nil
		}
		var l *Layer
		if named := d.file.layers[t.value.text]; named != nil {
			l = named.clone()
		} else if d.broken[t.value.text] {
			return nil
		} else if l = d.driven(t.value.span, t.value.text, false); l == nil {
			return nil
		}
		l.at, l.Origin = t.value.span, d.origin(t.value.span)
		d.options(l, v)
		return l
	}
	d.bad(v.span, "a layer is a text or a table, not %s", formNames[v.form])
	return nil
}

// options reads the options of a layer, which are all keys of its table but
// the type.
func (d *decoder) options(l *Layer, t *value) {
	for _, e := range t.keys {
		switch {
		case e.name == "type":
		case l.Driver.Option(e.name) == nil:
			var known []string
			for _, o := range l.Driver.Options {
				known = append(known, o.Key)
			}
			l.faulty = true
			d.unknown(e, known, " of the layer %s", l.Driver.Name)
		default:
			d.option(l, e)
		}
	}
}

// option reads one option.
func (d *decoder) option(l *Layer, e *entry) {
	o := l.Driver.Option(e.name)
	p := place{whole: e.value.span, origin: d.origin(e.span)}
	v := e.value
	var text string
	switch {
	case v.form == ofTable && o.List == "" || v.form == ofTable && (v.key("env") != nil || v.key("file") != nil):
		d.indirect(l, o, e)
		return
	case v.form == ofArray && o.List != "":
		for _, item := range v.items {
			text, ok := d.item(o, item)
			if !ok {
				l.faulty = true
				return
			}
			p.items = append(p.items, item.span)
			p.texts = append(p.texts, text)
		}
		text = strings.Join(p.texts, o.List)
	case v.form == ofTable:
		var ok bool
		if text, ok = d.item(o, v); !ok {
			l.faulty = true
			return
		}
	case v.form == ofText:
		text = v.text
	case v.form == ofBool && o.Kind == spi.Bool && o.Words == nil:
		text = v.text
	case v.form == ofInt && (o.Kind == spi.Int || o.Kind == spi.Size) && o.Words == nil:
		text = decimal(v.text)
	default:
		d.bad(v.span, "%s: want %s, not %s", o.Key, wanted(o), formNames[v.form])
		l.faulty = true
		return
	}
	if o.Kind == spi.File {
		text = beside(d.dir, text)
	}
	if isRule(l, o.Key) {
		var err error
		if text, err = d.file.replaceLayers(text, d.dir); err != nil {
			d.bad(v.span, "%s: %v", o.Key, err)
			l.faulty = true
			return
		}
		for i, item := range p.texts {
			p.texts[i], _ = d.file.replaceLayers(item, d.dir) // as above, part by part
		}
	}
	if err := o.Check(text); err != nil {
		if o.Words == nil && o.Kind != spi.Text {
			err = errors.New("want " + wanted(o))
		}
		wrong := d.wrong(v.span, "%s: %v, not %q", o.Key, err, o.Shown(text))
		wrong.secret = o.Shown(text) != text
		d.errors = append(d.errors, wrong)
		l.faulty = true
		return
	}
	l.options[o.Key], l.places[o.Key] = text, p
}

// wanted tells how a value of the option is written in TOML.
func wanted(o *spi.Option) string {
	switch {
	case o.Words != nil:
		words := slices.Clone(o.Words)
		for i := range words {
			words[i] = `"` + words[i] + `"`
		}
		return strings.Join(words, " or ")
	case o.List != "":
		return "a text or an array of texts"
	}
	return [...]string{spi.Text: "a text in quotes", spi.Bool: "true or false", spi.Int: "a number",
		spi.Size: `a number or a text such as "64k"`, spi.Duration: `a text such as "250ms"`, spi.File: "the name of a file in quotes"}[o.Kind]
}

// item reads an item of a list: a text, or a table if the items have keys.
func (d *decoder) item(o *spi.Option, v *value) (string, bool) {
	switch {
	case v.form == ofText:
		return v.text, true
	case v.form != ofTable || o.First == "":
		want := "a text in quotes"
		if o.First != "" {
			want += " or a table"
		}
		d.bad(v.span, "%s: an item is %s, not %s", o.Key, want, formNames[v.form])
		return "", false
	}
	first := v.key(o.First)
	if first == nil || first.value.form != ofText || first.value.text == "" {
		d.bad(v.span, "%s: such a table has the text %s", o.Key, o.First)
		return "", false
	}
	text := first.value.text
	for _, e := range v.keys {
		word := e.value.text
		switch {
		case e == first:
			continue
		case e.value.form == ofArray || e.value.form == ofTable || e.value.form == ofTime:
			d.bad(e.value.span, "%s: want a text or a number, not %s", e.name, formNames[e.value.form])
			return "", false
		case e.value.form == ofInt:
			word = decimal(word)
		case strings.ContainsAny(e.name, "= \t\r\n"+o.List) || strings.ContainsAny(word, " \t\r\n"+o.List):
			d.bad(e.span, "%s: neither blanks nor %q can stand here", e.name, o.List)
			return "", false
		}
		text += " " + e.name + "=" + word
	}
	return text, true
}

// indirect reads an option whose value stands elsewhere: in a variable of the
// environment, or in a file.
func (d *decoder) indirect(l *Layer, o *spi.Option, e *entry) {
	p := place{whole: e.value.span, origin: d.origin(e.span)}
	keys := e.value.keys
	if len(keys) != 1 || keys[0].name != "env" && keys[0].name != "file" || keys[0].value.form != ofText || keys[0].value.text == "" {
		d.bad(e.value.span, `%s: want %s, { env = "VARIABLE" } or { file = "NAME" }`, o.Key, wanted(o))
		l.faulty = true
		return
	}
	if from := keys[0].value.text; keys[0].name == "env" {
		p.origin.Variable = from
	} else {
		p.origin.File = beside(d.dir, from)
	}
	l.options[o.Key], l.places[o.Key] = "", p
}

// decimal returns an integer of TOML as its digits.
func decimal(text string) string {
	text = strings.ReplaceAll(text, "_", "")
	for prefix, base := range map[string]int{"0x": 16, "0o": 8, "0b": 2} {
		if digits, found := strings.CutPrefix(text, prefix); found {
			return rebased(digits, base)
		}
	}
	return strings.TrimPrefix(text, "+")
}

func (d *decoder) origin(at span) Origin { return Origin{Line: d.line(at.at)} }

// beside makes the name of a file absolute. Layers take some words for
// standard error instead of a file.
func beside(dir, name string) string {
	switch name {
	case "", "-", "stderr":
		return name
	}
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(dir, name)
}

func layerNames() (names []string) {
	for _, d := range spi.Drivers() {
		if !d.Base() {
			names = append(names, d.Name)
		}
	}
	return names
}

// ChainNames returns the names of the chains, in order.
func (f *File) ChainNames() []string {
	names := slices.Sorted(maps.Keys(f.chains))
	return slices.DeleteFunc(names, func(name string) bool { return name == "" })
}

// LayerNames returns the names that layers can be given by: those of the file
// and the types that the program has.
func (f *File) LayerNames() []string {
	names := append(slices.Collect(maps.Keys(f.layers)), layerNames()...)
	slices.Sort(names)
	return slices.Compact(names)
}
