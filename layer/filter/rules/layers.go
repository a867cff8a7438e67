// SPDX-License-Identifier: Apache-2.0

package rules

import "strings"

// ReplaceLayers returns rules that semicolons separate with other layers after
// chain and over: what replace makes of them. Rules that are not right stay as
// they are.
func ReplaceLayers(text string, replace func(layer string) string) string {
	parts := cutOutside(text, ';')
	for i, part := range parts {
		words, err := splitWords(part)
		if err != nil || len(words) < 2 || words[0] != "chain" {
			continue
		}
		changed := false
		for at := 1; at < len(words); at += 2 {
			layer := unquote(words[at])
			if other := replace(layer); other != layer {
				words[at], changed = quote(other), true
			}
			if at+1 == len(words) || words[at+1] != "over" {
				break
			}
		}
		if changed {
			parts[i] = strings.Join(words, " ")
		}
	}
	return strings.Join(parts, ";")
}
