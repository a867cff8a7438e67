// SPDX-License-Identifier: Apache-2.0

package catalog

import (
	"fmt"
	"strconv"

	"winsock/wsa"
)

// A word is the name that a catalog file has for a number.
type word struct {
	value uint32
	name  string
}

// The sets of flags that a catalog file writes as lists of words.
var (
	serviceWords  = bitsOf(wsa.ServiceFlagsString)
	providerWords = bitsOf(wsa.ProviderFlagsString)
	categoryWords = bitsOf(wsa.LSPCategoriesString)
)

// bitsOf lists the bits that have a name.
func bitsOf(name func(uint32) string) []word {
	var words []word
	for bit := range 32 {
		if n := name(1 << bit); !unnamed(n) {
			words = append(words, word{1 << bit, n})
		}
	}
	return words
}

// The numbers that a catalog file writes as one word.
var (
	familyWords    = namesOf(func(v uint32) string { return wsa.FamilyName(int32(v)) })
	typeWords      = namesOf(func(v uint32) string { return wsa.SocketTypeName(int32(v)) })
	nameSpaceWords = namesOf(wsa.NamespaceName)
)

// namesOf lists the numbers that have a name. None of those above 99 has.
func namesOf(name func(uint32) string) []word {
	var words []word
	for v := range uint32(100) {
		if n := name(v); !unnamed(n) {
			words = append(words, word{v, n})
		}
	}
	return words
}

// unnamed reports whether a name is but a number.
func unnamed(name string) bool {
	_, err := strconv.ParseUint(name, 0, 32)
	return err == nil
}

// spellFlags writes a set of flags as words, with a number for bits that
// have none.
func spellFlags(words []word, flags uint32) []string {
	var list []string
	for _, w := range words {
		if flags&w.value != 0 {
			list = append(list, w.name)
			flags &^= w.value
		}
	}
	if flags != 0 {
		list = append(list, fmt.Sprintf("%#x", flags))
	}
	return list
}

// readFlags is the reverse of spellFlags.
func readFlags(words []word, list []string) (flags uint32, err error) {
	for _, s := range list {
		v, err := readWord(words, s)
		if err != nil {
			return 0, err
		}
		flags |= v
	}
	return flags, nil
}

// readWord returns the number that a word, or a number as text, stands for.
func readWord(words []word, s string) (uint32, error) {
	for _, w := range words {
		if w.name == s {
			return w.value, nil
		}
	}
	if v, err := strconv.ParseUint(s, 0, 32); err == nil {
		return uint32(v), nil
	}
	return 0, fmt.Errorf("%q is neither a name that is known here nor a number", s)
}

// FormatCategories writes LSP_ categories as the catalog file does.
func FormatCategories(categories uint32) []string { return spellFlags(categoryWords, categories) }

// ParseCategories reads LSP_ categories: their names, or numbers. Anything
// else is WSAEINVAL.
func ParseCategories(names []string) (uint32, error) {
	v, err := readFlags(categoryWords, names)
	if err != nil {
		return 0, fmt.Errorf("categories: %v: %w", err, wsa.WSAEINVAL)
	}
	return v, nil
}

// spell writes a number as its word, or as text.
func spell(words []word, v uint32) string {
	for _, w := range words {
		if w.value == v {
			return w.name
		}
	}
	return strconv.FormatUint(uint64(v), 10)
}
