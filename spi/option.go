// SPDX-License-Identifier: Apache-2.0

package spi

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"winsock/wsa"
)

// An Option declares one option of a driver. Paths, configuration files,
// help texts and completions all go by this declaration.
type Option struct {
	Key     string
	Kind    OptionKind
	Default string // as written in a path
	Help    string // one line

	// Words, when not nil, are the only values there are.
	Words []string

	// List makes the value a list: it is what stands between two items. A
	// configuration file may have the items as an array.
	List string

	// First, when not empty, says that an item of the list is a word
	// followed by KEY=VALUE pairs, and what that word is. A configuration
	// file may have such an item as a table, with the word under this key.
	First string

	// Redact returns what may be shown of a value that holds a secret.
	// When it is nil, all of the value may be shown.
	Redact func(value string) string
}

// OptionKind is the form that an option's value must have.
type OptionKind uint8

const (
	Text     OptionKind = iota // anything
	Bool                       // true or false
	Int                        // a decimal number
	Size                       // bytes, with an optional suffix k, M or G (powers of 1024)
	Duration                   // such as 250ms
	File                       // the path of a file
)

var kindNames = [...]string{"text", "true|false", "number", "size", "duration", "file"}

// String returns the kind as help texts show it.
func (k OptionKind) String() string { return kindNames[k] }

// Form tells what the values of the option look like.
func (o *Option) Form() string {
	switch {
	case o.Words != nil:
		return strings.Join(o.Words, "|")
	case o.List != "":
		return "list"
	}
	return o.Kind.String()
}

// Check tells what the option wants, if that is another value.
func (o *Option) Check(value string) error {
	if o.Words != nil {
		if slices.Contains(o.Words, value) {
			return nil
		}
		last := len(o.Words) - 1
		if last == 0 {
			return errors.New("want " + o.Words[0])
		}
		return fmt.Errorf("want %s or %s", strings.Join(o.Words[:last], ", "), o.Words[last])
	}
	var err error
	switch o.Kind {
	case Bool:
		_, err = strconv.ParseBool(value)
	case Int:
		_, err = strconv.ParseInt(value, 10, 64)
	case Size:
		_, err = parseSize(value)
	case Duration:
		_, err = time.ParseDuration(value)
	}
	if err != nil {
		return errors.New("want " + o.Kind.String())
	}
	return nil
}

// Shown returns the value as it may be shown and logged.
func (o *Option) Shown(value string) string {
	if o.Redact == nil || value == "" {
		return value
	}
	return o.Redact(value)
}

// redacted stands for what is not shown.
const redacted = "***"

// RedactAll is the Redact of an option whose whole value is secret.
func RedactAll(string) string { return redacted }

// RedactPasswords is the Redact of an option with URLs, between which blanks
// or semicolons stand: it hides their passwords.
func RedactPasswords(value string) string {
	var b strings.Builder
	broken := false // the field before was the beginning of a password with a blank
	for value != "" {
		end := strings.IndexAny(value, "; \t\n")
		if end < 0 {
			end = len(value)
		}
		if field := value[:end]; broken && field != "" {
			b.WriteString(redacted)
			broken = false
		} else {
			field, broken = redactURL(field)
			b.WriteString(field)
		}
		if end < len(value) {
			b.WriteByte(value[end])
			end++
		}
		value = value[end:]
	}
	return b.String()
}

// redactURL hides the password of a URL, and reports whether that may go on
// after its end, as there is no host.
func redactURL(url string) (shown string, broken bool) {
	start, scheme := 0, false
	if i := strings.Index(url, "://"); i >= 0 {
		start, scheme = i+len("://"), true
	}
	at := strings.LastIndexByte(url, '@')
	colon := strings.IndexByte(url[start:], ':') + start
	switch {
	case colon < start:
	case at > colon:
		return url[:colon+1] + redacted + url[at:], false
	case at < start && scheme && url[start] != '[' && strings.Trim(url[colon+1:], "0123456789/") != "":
		return url[:colon+1] + redacted, true
	}
	return url, false
}

// RedactPath returns the path of a provider as it may be shown and logged.
// Nothing is shown of options that no known driver has.
func RedactPath(path string) string {
	name, rest, found := strings.Cut(path, ":")
	if !found || strings.Contains(name, "/") || strings.HasSuffix(name, ".so") {
		return path
	}
	d := FindDriver(name)
	if d == nil {
		nameDrivers.mu.RLock()
		if n := nameDrivers.byName[name]; n != nil {
			d = &Driver{Options: n.Options}
		}
		nameDrivers.mu.RUnlock()
	}
	if d == nil {
		return name + ":" + redacted
	}
	shown, hidden := strings.Builder{}, false
	for i, field := range splitEscaped(rest) {
		if i > 0 {
			shown.WriteByte(',')
		}
		key, value, given := strings.Cut(field, "=")
		o := d.Option(key)
		switch {
		case o == nil:
			shown.WriteString(redacted)
			hidden = true
			continue
		case given && o.Shown(value) != value:
			value, hidden = o.Shown(value), true
		}
		shown.WriteString(key)
		if given {
			shown.WriteByte('=')
			shown.WriteString(optionEscaper.Replace(value))
		}
	}
	if !hidden {
		return path
	}
	return name + ":" + shown.String()
}

// An OptionError is what is wrong with one option, found by a driver's Check
// or Startup. It is WSAEINVAL.
type OptionError struct {
	Driver string
	Key    string
	Item   int // of a list, counted from 1; 0: it is about the whole value
	Text   string
}

// BadOption returns an OptionError.
func BadOption(driver, key, format string, args ...any) *OptionError {
	return &OptionError{Driver: driver, Key: key, Text: fmt.Sprintf(format, args...)}
}

// Error returns "DRIVER: option KEY: what is wrong".
func (e *OptionError) Error() string { return e.Driver + ": option " + e.Key + ": " + e.Text }

// Unwrap returns WSAEINVAL.
func (e *OptionError) Unwrap() error { return wsa.WSAEINVAL }
