// SPDX-License-Identifier: Apache-2.0

package spi

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"winsock/wsa"
)

// A provider's path in the catalog is the file of a shared object, or, for a
// compiled-in driver, its name and options:
//
//	NAME[:KEY=VALUE[,KEY=VALUE]...]
//
// The same form names a layer on the command line. In a value, a backslash
// stands before a comma or a backslash that belongs to it. A key without "="
// has the value "true".

// Options are the options of a path, each declared by the driver.
type Options map[string]string

// ParsePath splits the path of a compiled-in driver, finds the driver and
// checks the options. The error wraps WSAEPROVIDERFAILEDINIT for an unknown
// driver and WSAEINVAL for a bad option, and says which and what is allowed.
func ParsePath(path string) (*Driver, Options, error) {
	name, rest, _ := strings.Cut(path, ":")
	d := FindDriver(name)
	if d == nil {
		return nil, nil, fmt.Errorf("no provider is named %q: %w", name, wsa.WSAEPROVIDERFAILEDINIT)
	}
	options, err := d.ParseOptions(rest)
	if err != nil {
		return nil, nil, err
	}
	d.fill(options)
	return d, options, nil
}

// FormatPath is the reverse of [ParsePath].
func FormatPath(name string, options Options) string {
	if len(options) == 0 {
		return name
	}
	keys := make([]string, 0, len(options))
	for k := range options {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	var b strings.Builder
	b.WriteString(name)
	sep := byte(':')
	for _, k := range keys {
		b.WriteByte(sep)
		sep = ','
		b.WriteString(k)
		b.WriteByte('=')
		b.WriteString(optionEscaper.Replace(options[k]))
	}
	return b.String()
}

var optionEscaper = strings.NewReplacer(`\`, `\\`, `,`, `\,`)

// ParseOptions splits what stands behind the name in a path, and checks the
// options. Those that are not given are left out. Errors wrap WSAEINVAL.
func (d *Driver) ParseOptions(s string) (Options, error) {
	options := Options{}
	hidden := false
	for i, field := range splitEscaped(s) {
		key, value, found := strings.Cut(field, "=")
		if !found {
			value = "true"
		}
		o := d.Option(key)
		if o == nil {
			return nil, fmt.Errorf("%s has no option %s (it has: %s): %w", d.Name, naming(key, i, hidden), optionKeys(d), wsa.WSAEINVAL)
		}
		if _, twice := options[key]; twice {
			return nil, fmt.Errorf("%s: option %q is given twice: %w", d.Name, key, wsa.WSAEINVAL)
		}
		if err := o.Check(value); err != nil {
			return nil, fmt.Errorf("%s: option %s=%s: %w: %w", d.Name, key, o.Shown(value), err, wsa.WSAEINVAL)
		}
		options[key] = value
		hidden = hidden || o.Redact != nil
	}
	return options, nil
}

// naming names an unknown option, the i-th one. Behind one whose value may be
// secret, it may be the rest of that, with a comma that has no backslash.
func naming(key string, i int, hidden bool) string {
	if hidden {
		return fmt.Sprintf("of the name that is number %d (in values, \\, is a comma)", i+1)
	}
	return strconv.Quote(key)
}

// fill adds the defaults of options that are not given.
func (d *Driver) fill(options Options) {
	for _, o := range d.Options {
		if _, given := options[o.Key]; !given && o.Default != "" {
			options[o.Key] = o.Default
		}
	}
}

func optionKeys(d *Driver) string {
	if len(d.Options) == 0 {
		return "none"
	}
	keys := make([]string, len(d.Options))
	for i, o := range d.Options {
		keys[i] = o.Key
	}
	return strings.Join(keys, ", ")
}

// splitEscaped splits s at commas that no backslash stands before, and takes
// the backslashes away.
func splitEscaped(s string) []string {
	if s == "" {
		return nil
	}
	var fields []string
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '\\' && i+1 < len(s):
			i++
			b.WriteByte(s[i])
		case s[i] == ',':
			fields = append(fields, b.String())
			b.Reset()
		default:
			b.WriteByte(s[i])
		}
	}
	return append(fields, b.String())
}

func parseSize(value string) (int64, error) {
	shift := 0
	if n := len(value); n > 0 {
		switch value[n-1] {
		case 'k', 'K':
			shift = 10
		case 'M':
			shift = 20
		case 'G':
			shift = 30
		}
		if shift > 0 {
			value = value[:n-1]
		}
	}
	n, err := strconv.ParseInt(value, 10, 64)
	if err != nil {
		return 0, err
	}
	if n < 0 || n > (1<<62)>>shift {
		return 0, strconv.ErrRange
	}
	return n << shift, nil
}

// The accessors below read an option that ParsePath has checked. A key that
// is neither given nor has a default yields the zero value.

// Text returns the value as written.
func (o Options) Text(key string) string { return o[key] }

// Bool returns the value of an option of kind Bool.
func (o Options) Bool(key string) bool { v, _ := strconv.ParseBool(o[key]); return v }

// Int returns the value of an option of kind Int.
func (o Options) Int(key string) int64 { v, _ := strconv.ParseInt(o[key], 10, 64); return v }

// Size returns the value of an option of kind Size, in bytes.
func (o Options) Size(key string) int64 { v, _ := parseSize(o[key]); return v }

// Duration returns the value of an option of kind Duration.
func (o Options) Duration(key string) time.Duration { v, _ := time.ParseDuration(o[key]); return v }
