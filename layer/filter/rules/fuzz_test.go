// SPDX-License-Identifier: Apache-2.0

package rules_test

import (
	"net/netip"
	"os"
	"strings"
	"testing"

	"winsock/layer/filter/rules"
	"winsock/spi"
)

func read(t testing.TB, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// FuzzParse: no text crashes the parser; a rule is the same when it is read
// again as it is shown, and decides the same when it is narrowed.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		"allow", "deny WSAECONNREFUSED out tcp to 192.0.2.25 port 25,465 # x", "default deny",
		"drop udp not from 10.0.0.0/8,*.example.com", `chain "trace:log=a b" over ssl out`,
		"redirect [2001:db8::1]:80 port 1-2", `log program "a\"b\\",/x/* user root,7`, "deny\nallow ,", `"`, "local 1.2.3.4 , 5.6.7.8",
	} {
		f.Add(seed)
	}
	process := &spi.Process{ID: 1, Path: "/usr/bin/x", Name: "x", UserID: 7, User: "root"}
	var questions []*rules.Question
	for d := rules.Out; d <= rules.Listen; d++ {
		for p := rules.TCP; p <= rules.Other; p++ {
			questions = append(questions,
				&rules.Question{Direction: d, Protocol: p},
				&rules.Question{Direction: d, Protocol: p, Process: process, Names: []string{"www.example.com", ""},
					Peer: netip.MustParseAddrPort("192.0.2.25:25"), Local: netip.MustParseAddrPort("[fe80::1%1]:1")})
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		_, _ = rules.ParseInline("fuzz", text)
		set, err := rules.Parse("fuzz", text)
		if err != nil {
			if !strings.HasPrefix(err.Error(), "fuzz:") {
				t.Errorf("%q: the error names no line: %v", text, err)
			}
			return
		}
		for _, r := range set.Rules() {
			again, err := rules.Parse("again", r.String())
			if err != nil || len(again.Rules()) != 1 || again.Rules()[0].String() != r.String() {
				t.Errorf("%q is shown as %q, which is not that rule: %v", text, r, err)
			}
		}
		for _, q := range questions {
			whole, own := set.Judge(q), set.For(q.Process, q.Protocol).Judge(q)
			if describe(whole, q) != describe(own, q) {
				t.Errorf("%q: %v is answered %s, and narrowed %s", text, q, describe(whole, q), describe(own, q))
			}
		}
	})
}
