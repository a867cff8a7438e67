// SPDX-License-Identifier: Apache-2.0

package hostname

import "golang.org/x/net/idna"

// encoder maps as a look-up does (UTS 46) and is as lenient about ASCII as
// the DNS, in which underscores and long labels of old occur. Valid is the
// one that judges the result.
var encoder = idna.New(idna.MapForLookup(), idna.StrictDomainName(false), idna.Transitional(false))

// ToASCII returns the name in the form that the DNS carries: labels in other
// scripts become "xn--" labels. ok is false if it has no such form.
func ToASCII(name string) (ascii string, ok bool) {
	if isASCII(name) {
		return name, true
	}
	ascii, err := encoder.ToASCII(name)
	return ascii, err == nil
}

// ToUnicode is the reverse of [ToASCII], for display. Labels that are not
// the encoding of anything stay as they are.
func ToUnicode(name string) string {
	unicode, err := encoder.ToUnicode(name)
	if err != nil {
		return name
	}
	return unicode
}

func isASCII(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}
