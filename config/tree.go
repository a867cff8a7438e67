// SPDX-License-Identifier: Apache-2.0

package config

import (
	"errors"
	"strings"
	"unicode/utf8"

	"github.com/pelletier/go-toml/v2"
	"github.com/pelletier/go-toml/v2/unstable"
)

// A form is what a value of TOML is.
type form uint8

const (
	ofText form = iota
	ofBool
	ofInt
	ofFloat
	ofTime
	ofArray
	ofTable
)

var formNames = [...]string{"a text", "true or false", "a number", "a number with a point", "a date or time", "an array", "a table"}

// A span is a part of the file, in bytes.
type span struct{ at, len int }

// A value is one of the file, with its place. The library's decoder tells the
// place of its first error only; here all are to be told.
type value struct {
	form  form
	span  span
	text  string   // of a text; else as written
	items []*value // of an array
	keys  []*entry // of a table, as they come
}

// An entry is a key of a table.
type entry struct {
	name  string
	span  span // of the key
	value *value
}

func (v *value) key(name string) *entry {
	for _, e := range v.keys {
		if e.name == name {
			return e
		}
	}
	return nil
}

// parse reads TOML. The error is one of the library or of Error.
func parse(s *source) (*value, *Error) {
	var all map[string]any
	if err := toml.Unmarshal(s.data, &all); err != nil { // which finds all that is no TOML
		var de *toml.DecodeError
		if !errors.As(err, &de) {
			return nil, s.wrong(span{}, "%s", strings.TrimPrefix(err.Error(), "toml: "))
		}
		line, column := de.Position()
		return nil, s.wrong(s.spanAt(line, column), "%s", strings.TrimPrefix(de.Error(), "toml: "))
	}
	t := &tree{root: &value{form: ofTable}}
	t.parser.Reset(s.data)
	table := t.root
	for t.parser.NextExpression() {
		e := t.parser.Expression()
		switch e.Kind {
		case unstable.KeyValue:
			t.set(table, e)
		case unstable.Table:
			path, last := t.path(t.root, e.Key())
			table = t.below(path, last)
		case unstable.ArrayTable:
			path, last := t.path(t.root, e.Key())
			list := path.key(last.name)
			if list == nil {
				list = last
				list.value = &value{form: ofArray, span: last.span}
				path.keys = append(path.keys, list)
			}
			table = &value{form: ofTable, span: last.span}
			list.value.items = append(list.value.items, table)
		}
	}
	if err := t.parser.Error(); err != nil {
		return nil, s.wrong(span{}, "%s", strings.TrimPrefix(err.Error(), "toml: "))
	}
	return t.root, nil
}

// A tree is a file being read, which is known to be TOML.
type tree struct {
	parser unstable.Parser
	root   *value
}

// path goes down a dotted key to the table with its last part, which is
// returned as an entry that is in no table yet.
func (t *tree) path(from *value, it unstable.Iterator) (*value, *entry) {
	var last *entry
	for it.Next() {
		if last != nil {
			from = t.below(from, last)
		}
		n := it.Node()
		last = &entry{name: strings.ToValidUTF8(string(n.Data), string(utf8.RuneError)), span: spanOf(n)}
	}
	return from, last
}

// below returns the table under a key, which is made if it is not there. Of
// an array of tables it is the last one.
func (t *tree) below(v *value, e *entry) *value {
	there := v.key(e.name)
	if there == nil {
		e.value = &value{form: ofTable, span: e.span}
		v.keys = append(v.keys, e)
		return e.value
	}
	if n := len(there.value.items); n > 0 {
		return there.value.items[n-1]
	}
	return there.value
}

func (t *tree) set(table *value, n *unstable.Node) {
	table, e := t.path(table, n.Key())
	e.value = t.valueOf(n.Value(), e.span)
	table.keys = append(table.keys, e)
}

// valueOf reads a value, whose place is that of its key if it has none itself.
func (t *tree) valueOf(n *unstable.Node, key span) *value {
	v := &value{text: string(n.Data), span: spanOf(n)}
	if v.span.len == 0 {
		v.span = key
	}
	switch n.Kind {
	case unstable.String:
		v.form = ofText
	case unstable.Bool:
		v.form = ofBool
	case unstable.Integer:
		v.form = ofInt
	case unstable.Float:
		v.form = ofFloat
	case unstable.Array:
		v.form = ofArray
		for it := n.Children(); it.Next(); {
			if it.Node().Kind != unstable.Comment {
				v.items = append(v.items, t.valueOf(it.Node(), key))
			}
		}
	case unstable.InlineTable:
		v.form = ofTable
		for it := n.Children(); it.Next(); {
			if it.Node().Kind == unstable.KeyValue {
				t.set(v, it.Node())
			}
		}
	default:
		v.form = ofTime
	}
	return v
}

func spanOf(n *unstable.Node) span { return span{int(n.Raw.Offset), int(n.Raw.Length)} }
