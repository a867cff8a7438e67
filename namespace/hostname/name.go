// SPDX-License-Identifier: Apache-2.0

package hostname

import "strings"

// MaxLen is the length of the longest name that the DNS can carry, in bytes
// and without the closing dot.
const MaxLen = 253

// Valid reports whether name, with or without a closing dot, can be the name
// of a host or of a service: labels of letters, digits, hyphens and
// underscores. Anything else has no business in a name: it would change the
// meaning of the zone files, hosts files and shell commands that names are
// pasted into.
func Valid(name string) bool {
	name = strings.TrimSuffix(name, ".")
	if name == "" || len(name) > MaxLen {
		return false
	}
	label := 0
	for i := 0; i < len(name); i++ {
		switch c := name[i]; {
		case c == '.':
			if label == 0 {
				return false
			}
			label = 0
			continue
		case c == '-' && label == 0:
			return false // an option to the commands it is pasted into
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '-', c == '_':
		default:
			return false
		}
		if label++; label > 63 {
			return false
		}
	}
	return label > 0
}

// Key returns the form under which equal names are equal strings: lower
// case, without the closing dot.
func Key(name string) string {
	return strings.ToLower(strings.TrimSuffix(name, "."))
}

// Within reports whether name is domain or lies in it.
func Within(name, domain string) bool {
	name, domain = Key(name), Key(domain)
	return name == domain || strings.HasSuffix(name, "."+domain)
}
