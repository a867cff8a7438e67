// SPDX-License-Identifier: Apache-2.0

package rules_test

import (
	"slices"
	"testing"

	"winsock/layer/filter/rules"
)

func TestReplaceLayers(t *testing.T) {
	replace := func(layer string) string {
		if layer == "proxy" {
			return `socks:server=a;b c,x="\`
		}
		return layer
	}
	const path = `"socks:server=a;b c,x=\"\\"`
	for text, want := range map[string]string{
		"":                                 "",
		"allow out to proxy":               "allow out to proxy",
		"chain":                            "chain",
		"chain proxy":                      "chain " + path,
		"deny; chain proxy out tcp ;allow": "deny;chain " + path + " out tcp;allow",
		`chain trace over "proxy" over ssl out port 3 # proxy`: "chain trace over " + path + " over ssl out port 3",
		"chain trace  out to over proxy":                       "chain trace  out to over proxy",
		`chain "proxy`:                                         `chain "proxy`,
		"log to a\nchain proxy":                                "log to a\nchain proxy",
	} {
		if got := rules.ReplaceLayers(text, replace); got != want {
			t.Errorf("%q became %q, want %q", text, got, want)
		}
	}
}

// FuzzReplaceLayers: what has other layers is read as it was, but for these.
func FuzzReplaceLayers(f *testing.F) {
	f.Add("deny;chain a over b out tcp", "x y;\"z\\")
	f.Add(`chain "trace:log=a b" over ssl to 1.2.3.4;default deny`, "#")
	f.Fuzz(func(t *testing.T, text, other string) {
		if same := rules.ReplaceLayers(text, func(layer string) string { return layer }); same != text {
			t.Errorf("%q became %q", text, same)
		}
		set, err := rules.ParseInline("fuzz", text)
		if err != nil || other == "" {
			return
		}
		again, err := rules.ParseInline("fuzz", rules.ReplaceLayers(text, func(layer string) string { return other }))
		if err != nil {
			if _, bad := rules.ParseInline("fuzz", "chain "+other); bad == nil {
				t.Errorf("%q with %q: %v", text, other, err)
			}
			return
		}
		for i, r := range set.Rules() {
			want := slices.Repeat([]string{other}, len(r.Layers()))
			if i >= len(again.Rules()) || !slices.Equal(again.Rules()[i].Layers(), want) {
				t.Errorf("%q with %q became %v", text, other, again.Rules())
			}
		}
	})
}
