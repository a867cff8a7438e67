// SPDX-License-Identifier: Apache-2.0

package rules_test

import (
	"fmt"
	"strings"
	"testing"

	"winsock/layer/filter/rules"
)

// hundred are a hundred rules of all kinds, of which the last one matches.
func hundred(t testing.TB) *rules.Set {
	var b strings.Builder
	for i := range 25 {
		fmt.Fprintf(&b, "deny out tcp to 10.%d.0.0/16,172.16.%d.0/24 port 25\n", i, i)
		fmt.Fprintf(&b, "allow out to 2001:db8:%x::/48,192.0.2.%d\n", i, i)
		fmt.Fprintf(&b, "deny out tcp port %d,%d-%d\n", 1000+i, 2000+10*i, 2005+10*i)
		if i < 24 {
			fmt.Fprintf(&b, "deny in from 198.51.%d.0/24\n", i)
		}
	}
	b.WriteString("deny out tcp to 203.0.113.0/24 port 443\n")
	return mustParse(t, b.String())
}

func BenchmarkJudge100(b *testing.B) {
	set := hundred(b)
	q := ask(b, "out tcp 203.0.113.7:443")
	if v := set.Judge(q); len(set.Rules()) != 100 || v.Rule.Line() != 100 {
		b.Fatal(v)
	}
	b.ReportAllocs()
	for b.Loop() {
		set.Judge(q)
	}
}

func TestJudgeDoesNotAllocate(t *testing.T) {
	set := hundred(t)
	q := ask(t, "out tcp 203.0.113.7:443 from=[fe80::1%3]:1")
	if n := testing.AllocsPerRun(100, func() { set.Judge(q) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
