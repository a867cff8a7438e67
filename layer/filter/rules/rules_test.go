// SPDX-License-Identifier: Apache-2.0

package rules_test

import (
	"net/netip"
	"strconv"
	"strings"
	"testing"

	"winsock/layer/filter/rules"
	"winsock/spi"
	"winsock/wsa"
)

func mustParse(t testing.TB, text string) *rules.Set {
	t.Helper()
	set, err := rules.Parse("test", text)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// ask makes a question of words: "out tcp 192.0.2.1:80", and, behind it, any
// of "from=LOCAL", "name=NAME", "program=PATH", "user=NAME", "uid=NUMBER".
func ask(t testing.TB, text string) *rules.Question {
	t.Helper()
	q := &rules.Question{}
	process := &spi.Process{UserID: 1000, User: "somebody"}
	for _, word := range strings.Fields(text) {
		key, value, _ := strings.Cut(word, "=")
		switch key {
		case "out":
			q.Direction = rules.Out
		case "in":
			q.Direction = rules.In
		case "bind":
			q.Direction = rules.Bind
		case "listen":
			q.Direction = rules.Listen
		case "tcp":
			q.Protocol = rules.TCP
		case "udp":
			q.Protocol = rules.UDP
		case "raw":
			q.Protocol = rules.Raw
		case "unix":
			q.Protocol = rules.Unix
		case "from":
			q.Local = netip.MustParseAddrPort(value)
		case "name":
			q.Names = append(q.Names, value)
		case "program":
			process.Path = value
			process.Name = value[strings.LastIndexByte(value, '/')+1:]
			q.Process = process
		case "user":
			process.User = value
			q.Process = process
		case "uid":
			process.UserID, _ = strconv.Atoi(value)
			q.Process = process
		default:
			q.Peer = netip.MustParseAddrPort(word)
		}
	}
	return q
}

func TestJudge(t *testing.T) {
	for _, test := range []struct {
		rules string
		want  map[string]string // questions, and the verdict with its line; 0 is the default
	}{
		{"", map[string]string{
			"out tcp 192.0.2.1:80": "allow 0",
			"in udp 192.0.2.1:80":  "allow 0",
		}},
		{"default deny WSAECONNREFUSED\nallow tcp", map[string]string{
			"out tcp 192.0.2.1:80": "allow 2",
			"out udp 192.0.2.1:80": "deny WSAECONNREFUSED 0",
			"bind unix":            "deny WSAECONNREFUSED 0",
		}},
		{"deny out,listen tcp,udp", map[string]string{
			"out tcp 192.0.2.1:80":  "deny WSAEACCES 1",
			"listen tcp":            "deny WSAEACCES 1",
			"out raw 192.0.2.1:0":   "allow 0",
			"in tcp 192.0.2.1:80":   "allow 0",
			"bind tcp":              "allow 0",
			"out unix":              "allow 0",
			"out udp [2001::1]:443": "deny WSAEACCES 1",
		}},
		{"deny not out not udp", map[string]string{
			"out tcp 192.0.2.1:80": "allow 0",
			"in udp 192.0.2.1:80":  "allow 0",
			"in tcp 192.0.2.1:80":  "deny WSAEACCES 1",
			"listen unix":          "deny WSAEACCES 1",
		}},
		{"deny EHOSTUNREACH to 192.0.2.0/24 , 2001:db8::/32, 198.51.100.7", map[string]string{
			"out tcp 192.0.2.1:80":            "deny WSAEHOSTUNREACH 1",
			"out tcp 192.0.3.1:80":            "allow 0",
			"out tcp [::ffff:192.0.2.200]:80": "deny WSAEHOSTUNREACH 1",
			"out tcp [2001:db8::9]:80":        "deny WSAEHOSTUNREACH 1",
			"out tcp [2001:db8::9%3]:80":      "deny WSAEHOSTUNREACH 1",
			"out tcp [2001:db9::9]:80":        "allow 0",
			"out tcp 198.51.100.7:1":          "deny WSAEHOSTUNREACH 1",
			"out tcp 198.51.100.8:1":          "allow 0",
			"listen tcp from=192.0.2.1:80":    "allow 0", // has no peer
		}},
		{"deny to ::ffff:10.0.0.0/104", map[string]string{
			"out tcp 10.1.2.3:80":          "deny WSAEACCES 1",
			"out tcp [::ffff:10.9.9.9]:80": "deny WSAEACCES 1",
			"out tcp 11.0.0.0:80":          "allow 0",
		}},
		{"deny not to 127.0.0.0/8,::1", map[string]string{
			"out tcp 127.0.0.1:80": "allow 0",
			"out tcp [::1]:80":     "allow 0",
			"out tcp 8.8.8.8:80":   "deny WSAEACCES 1",
			"bind tcp":             "deny WSAEACCES 1",
		}},
		{"deny to 10.0.0.0/8 not to 10.1.0.0/16 not port 80,8000-8999", map[string]string{
			"out tcp 10.2.0.1:81":   "deny WSAEACCES 1",
			"out tcp 10.2.0.1:80":   "allow 0",
			"out tcp 10.2.0.1:8000": "allow 0",
			"out tcp 10.2.0.1:8999": "allow 0",
			"out tcp 10.2.0.1:7999": "deny WSAEACCES 1",
			"out tcp 10.2.0.1:9000": "deny WSAEACCES 1",
			"out tcp 10.1.0.1:81":   "allow 0",
		}},
		{"deny out to ads.example,*.Tracker.example.\nallow out to www.shop.example,192.0.2.1", map[string]string{
			"out tcp 192.0.2.1:80 name=ads.example":                       "deny WSAEACCES 1",
			"out tcp 192.0.2.1:80 name=www.ads.example":                   "allow 2",
			"out tcp 192.0.2.1:80 name=a.b.tracker.example":               "deny WSAEACCES 1",
			"out tcp 192.0.2.1:80 name=tracker.example":                   "allow 2",
			"out tcp 192.0.2.1:80 name=nottracker.example":                "allow 2",
			"out tcp 192.0.2.9:80 name=www.shop.example":                  "allow 2",
			"out tcp 192.0.2.9:80 name=www.shop.example name=ads.example": "deny WSAEACCES 1",
			"out tcp 192.0.2.9:80":                                        "allow 0",
		}},
		{"default deny\nallow not to *.example", map[string]string{
			"out tcp 192.0.2.1:80 name=a.example": "deny WSAEACCES 0",
			"out tcp 192.0.2.1:80 name=a.test":    "allow 2",
			"out tcp 192.0.2.1:80":                "allow 2",
		}},
		{"allow in local 192.0.2.1 local-port 80\ndeny in\ndeny bind not local-port 0,1024-65535", map[string]string{
			"in tcp 10.0.0.1:5 from=192.0.2.1:80": "allow 1",
			"in tcp 10.0.0.1:5 from=192.0.2.2:80": "deny WSAEACCES 2",
			"in tcp 10.0.0.1:5 from=192.0.2.1:81": "deny WSAEACCES 2",
			"in tcp 10.0.0.1:5":                   "deny WSAEACCES 2",
			"bind tcp from=0.0.0.0:0":             "allow 0",
			"bind tcp from=0.0.0.0:80":            "deny WSAEACCES 3",
			"bind tcp from=[::]:8080":             "allow 0",
		}},
		{"deny program curl,/opt/games/*,\"/opt/my game\"\ndeny WSAEINVAL program python3*", map[string]string{
			"out tcp 10.0.0.1:5 program=/usr/bin/curl":       "deny WSAEACCES 1",
			"out tcp 10.0.0.1:5 program=/usr/bin/curl2":      "allow 0",
			"out tcp 10.0.0.1:5 program=/opt/games/x":        "deny WSAEACCES 1",
			"out tcp 10.0.0.1:5 program=/opt/games/x/y":      "allow 0",
			"out tcp 10.0.0.1:5 program=/usr/bin/python3.11": "deny WSAEINVAL 2",
			"out tcp 10.0.0.1:5":                             "allow 0",
		}},
		{"deny user mail,1234\ndeny WSAEINVAL not user 0,somebody", map[string]string{
			"out tcp 10.0.0.1:5 user=mail":         "deny WSAEACCES 1",
			"out tcp 10.0.0.1:5 uid=1234":          "deny WSAEACCES 1",
			"out tcp 10.0.0.1:5 user=somebody":     "allow 0",
			"out tcp 10.0.0.1:5 user=root uid=0":   "allow 0",
			"out tcp 10.0.0.1:5 user=other uid=77": "deny WSAEINVAL 2",
			"out tcp 10.0.0.1:5":                   "deny WSAEINVAL 2", // whose it is is not known
		}},
		{"drop port 53\nredirect 192.0.2.9:99 port 54\nchain trace:log=- over ssl port 55", map[string]string{
			"out udp 10.0.0.1:53": "drop 1",
			"in raw 10.0.0.1:53":  "drop 1",
			"out tcp 10.0.0.1:53": "allow 0",
			"out tcp 10.0.0.1:54": "redirect 192.0.2.9:99 2",
			"in tcp 10.0.0.1:54":  "allow 0",
			"out udp 10.0.0.1:55": "chain [trace:log=- ssl] 3",
			"in udp 10.0.0.1:55":  "allow 0",
			"out unix":            "allow 0",
		}},
		{"redirect :99 port 1\nredirect [2001:db8::1]:98 port 2\nredirect 2001:db8::2 port 3\nredirect 192.0.2.1 port 4", map[string]string{
			"out tcp 10.0.0.1:1":          "redirect 10.0.0.1:99 1",
			"out tcp [::ffff:1.2.3.4]:1":  "redirect [::ffff:1.2.3.4]:99 1",
			"out tcp 10.0.0.1:2":          "redirect [2001:db8::1]:98 2",
			"out tcp [fe80::1%2]:3":       "redirect [2001:db8::2]:3 3",
			"out tcp 10.0.0.1:4":          "redirect 192.0.2.1:4 4",
			"out tcp [::ffff:10.0.0.1]:4": "redirect [::ffff:192.0.2.1]:4 4",
		}},
		{"log out\nlog tcp\ndeny out port 80", map[string]string{
			"out tcp 10.0.0.1:80": "deny WSAEACCES 3 logged 1",
			"out tcp 10.0.0.1:81": "allow 0 logged 1",
			"in tcp 10.0.0.1:80":  "allow 0 logged 2",
			"in udp 10.0.0.1:80":  "allow 0",
		}},
		{"  # nothing\n\n\tdeny\tport 1 # rest\r\ndeny program \"a#b,c\"", map[string]string{
			"out tcp 10.0.0.1:1":                  "deny WSAEACCES 3",
			"out tcp 10.0.0.1:2 program=/x/a#b,c": "deny WSAEACCES 4",
		}},
	} {
		set := mustParse(t, test.rules)
		for question, want := range test.want {
			q := ask(t, question)
			if got := describe(set.Judge(q), q); got != want {
				t.Errorf("%q is asked %q: %s, want %s", test.rules, question, got, want)
			}
			if got := describe(set.For(q.Process, q.Protocol).Judge(q), q); got != want {
				t.Errorf("%q is asked %q for its process: %s, want %s", test.rules, question, got, want)
			}
		}
	}
}

// describe returns a verdict as the table above has it.
func describe(v rules.Verdict, q *rules.Question) string {
	text := v.Action.String()
	switch v.Action {
	case rules.Deny:
		text += " " + v.Errno.Name()
	case rules.Redirect:
		text += " " + v.Redirected(q.Peer).String()
	case rules.Chain:
		text += " [" + strings.Join(v.Layers, " ") + "]"
	}
	line := 0
	if v.Rule != nil {
		line = v.Rule.Line()
	}
	text += " " + strconv.Itoa(line)
	if v.Log != nil {
		text += " logged " + strconv.Itoa(v.Log.Line())
	}
	return text
}

func TestUses(t *testing.T) {
	set := mustParse(t, "deny to 10.0.0.0/8 port 80\nlog")
	if set.UsesNames() || set.UsesLocal() || set.UsesProcess() || set.Chains(rules.TCP) {
		t.Error("rules about addresses ask for more")
	}
	set = mustParse(t, "deny to a.example\ndeny local-port 80\ndeny user root\nchain trace tcp user root")
	if !set.UsesNames() || !set.UsesLocal() || !set.UsesProcess() || !set.Chains(rules.TCP) {
		t.Error("rules ask for less than they use")
	}
	if set.Chains(rules.UDP) || set.Chains(rules.Unix) {
		t.Error("a chain rule is for protocols that it excludes")
	}
	if own := set.For(&spi.Process{User: "mail", UserID: 8}, rules.TCP); own.Chains(rules.TCP) || own.UsesProcess() || !own.UsesNames() {
		t.Error("rules of other users are left for one")
	}
	if own := set.For(nil, rules.TCP); own.Chains(rules.TCP) {
		t.Error("a process that is not known is root's")
	}
}

func TestTexts(t *testing.T) {
	set := mustParse(t, "deny WSAENETDOWN port 1\nredirect :9 port 2\nchain a:secret=x over b port 3\ndrop port 4")
	for question, want := range map[string]string{
		"out tcp 10.0.0.1:1":         "deny WSAENETDOWN",
		"out tcp [::ffff:1.2.3.4]:2": "redirect 1.2.3.4:9",
		"out tcp 10.0.0.1:3":         "chain a over b",
		"out udp 10.0.0.1:4":         "drop",
		"out tcp 10.0.0.1:4":         "allow",
	} {
		q := ask(t, question)
		if v := set.Judge(q); v.Text(q) != want {
			t.Errorf("%s: %q, want %q", question, v.Text(q), want)
		}
	}
	for d := rules.Out; d <= rules.Listen; d++ {
		if again, ok := rules.DirectionNamed(d.String()); !ok || again != d {
			t.Errorf("%v is named %v", d, again)
		}
	}
	for p := rules.TCP; p < rules.Other; p++ {
		if again, ok := rules.ProtocolNamed(p.String()); !ok || again != p {
			t.Errorf("%v is named %v", p, again)
		}
	}
	if _, ok := rules.ProtocolNamed("other"); ok {
		t.Error("there is no word for other protocols")
	}
}

func TestConcerns(t *testing.T) {
	for text, want := range map[string][4]bool{
		"":                             {},
		"allow out":                    {},
		"log in":                       {1: true},
		"deny out\nallow in":           {0: true},
		"deny not out":                 {1: true, 2: true, 3: true},
		"drop":                         {0: true, 1: true},
		"redirect :1\nchain x":         {0: true},
		"default deny\nallow out,in":   {true, true, true, true},
		"default allow\nallow port 80": {},
	} {
		set := mustParse(t, text)
		for d := rules.Out; d <= rules.Listen; d++ {
			if set.Concerns(d) != want[d] {
				t.Errorf("%q: concerns %v: %t", text, d, !want[d])
			}
		}
	}
}

func TestErrors(t *testing.T) {
	for text, want := range map[string]string{
		"permit out":                    "permit is no action",
		"deny WSAEWOULDBLOCK":           "WSAEWOULDBLOCK is no error that a call can be answered with",
		"deny EAGAIN out":               "EAGAIN is no error",
		"deny WSAENONSENSE":             "WSAENONSENSE is no error",
		"default":                       "default is followed by allow or deny",
		"default drop":                  "default is followed by allow or deny",
		"default allow out":             "default takes no conditions such as out",
		"redirect":                      "redirect is followed by",
		"redirect www.example.com:80":   "redirect is followed by",
		"redirect 192.0.2.1:0":          "redirect is followed by",
		"redirect :":                    "redirect is followed by",
		"redirect 192.0.2.1:80 in":      "redirect is not for in",
		"redirect 192.0.2.1:80 not out": "out leaves nothing",
		"redirect :80 unix":             "redirect is not for unix",
		"drop tcp":                      "drop is not for tcp",
		"drop out,bind":                 "drop is not for out,bind",
		"chain":                         "chain is followed by the path of a layer",
		"chain a over":                  "chain is followed by the path of a layer",
		"chain a over b over c over d over e over f over g": "a chain is not longer than 7",
		"chain a listen":                     "chain is not for listen",
		"allow out in":                       "in leaves nothing",
		"allow tcp not tcp":                  "tcp leaves nothing",
		"allow not":                          "not is followed by a condition",
		"allow not not tcp":                  "not is no condition",
		"allow to":                           "to is followed by a list",
		"allow to 1.2.3.4,":                  "the list of to has an empty item",
		"allow to 1.2.3.4,,5.6.7.8":          "the list of to has an empty item",
		"allow to \"\"":                      "the list of to has an empty item",
		"allow to 1.2.3":                     "1.2.3 is no address",
		"allow to 1.2.3.4:80":                "1.2.3.4:80 is no address",
		"allow to 1.2.3.4/8":                 "1.2.3.4/8 has bits past its length; 1.0.0.0/8 is the network",
		"allow to 1.2.3.0/33":                "1.2.3.0/33 is no network",
		"allow to ::ffff:0.0.0.0/95":         "neither a network of IPv4",
		"allow to fe80::1%eth0":              "a scope id does not matter",
		"allow to a..example":                "a..example is no address",
		"allow to *":                         "* is no address",
		"allow to a.*.example":               "a.*.example is no address",
		"allow local www.example.com":        "www.example.com is no address and no network",
		"allow port http":                    "http is no port",
		"allow port 65536":                   "65536 is no port",
		"allow port 9-8":                     "the range 9-8 is empty",
		"allow port 1-2-3":                   "1-2-3 is no port",
		"allow program a/b":                  "a/b is neither a whole path",
		"allow program [a":                   "[a is no pattern",
		"allow program \"a":                  "a quotation mark has no end",
		"allow out,tcp":                      "out,tcp is no condition",
		"allow out port 80 to 1.2.3.4 dport": "dport is no condition",
		"allow \xff":                         "no UTF-8",
	} {
		_, err := rules.Parse("file", "# first\n"+text+"\nallow")
		if err == nil {
			t.Errorf("%q is taken", text)
			continue
		}
		if !strings.HasPrefix(err.Error(), "file:2: ") || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %q, want line 2 and %q", text, err, want)
		}
		if wsa.ErrnoOf(err) != wsa.WSAEINVAL {
			t.Errorf("%q: the error carries %v", text, wsa.ErrnoOf(err))
		}
	}
}

func TestEveryErrorIsTold(t *testing.T) {
	_, err := rules.Parse("r", "allow x\ndefault deny\nallow y\ndefault allow")
	want := []string{"r:1: x is", "r:3: y is", "r:4: default is given twice"}
	lines := strings.Split(err.Error(), "\n")
	if len(lines) != len(want) {
		t.Fatalf("%q", err)
	}
	for i := range want {
		if !strings.HasPrefix(lines[i], want[i]) {
			t.Errorf("line %d is %q, want %q", i, lines[i], want[i])
		}
	}
	_, err = rules.Parse("r", strings.Repeat("?\n", 1000))
	if n := strings.Count(err.Error(), "\n"); n != 20 || !strings.HasSuffix(err.Error(), "and 980 more") {
		t.Errorf("a thousand errors are told in %d lines", n)
	}
}

func TestInline(t *testing.T) {
	set, err := rules.ParseInline("option rule", `deny program "a;b"; allow port 80 ;default deny`)
	if err != nil {
		t.Fatal(err)
	}
	q := ask(t, "out tcp 10.0.0.1:80 program=/bin/a;b")
	if got := describe(set.Judge(q), q); got != "deny WSAEACCES 1" {
		t.Error(got)
	}
	if _, err = rules.ParseInline("option rule", "allow; alow"); err == nil || !strings.HasPrefix(err.Error(), "option rule:2: ") {
		t.Error(err)
	}
}

func TestLayersAreChecked(t *testing.T) {
	spi.Register(&spi.Driver{Name: "rules-test", Startup: func(*spi.StartupParams) (spi.Provider, error) { return nil, nil },
		Options: []spi.Option{{Key: "n", Kind: spi.Int}}})
	for path, want := range map[string]string{
		"rules-test":     "",
		"rules-test:n=1": "",
		"rules-test:n=x": "test:1: rules-test: option n=x: want number",
		"nobody":         `test:1: no provider is named "nobody"`,
		"filter:rules=x": "test:1: rules cannot put the filter itself in between",
		"/lib/layer.so":  "",
		"layer.so:x=y":   "",
	} {
		err := mustParse(t, "chain "+path).CheckLayers()
		if err == nil && want == "" {
			continue
		}
		if err == nil || err.Error() != want {
			t.Errorf("%s: %v, want %q", path, err, want)
		}
	}
}

func TestLoad(t *testing.T) {
	_, err := rules.Load("/nonexistent/rules")
	if err == nil || err.Error() != "/nonexistent/rules: cannot be read: no such file or directory" || wsa.ErrnoOf(err) != wsa.WSAEINVAL {
		t.Error(err)
	}
	if _, err := rules.Load("/dev/zero"); err == nil || !strings.Contains(err.Error(), "too long") {
		t.Error(err)
	}
}

// The example in the package's documentation is one.
func TestDocumentationExample(t *testing.T) {
	doc := read(t, "doc.go")
	begin := strings.Index(doc, "# Mail goes")
	end := strings.Index(doc, "default allow\n")
	text := strings.ReplaceAll(doc[begin:end], "\n//", "\n")
	set := mustParse(t, text)
	if n := len(set.Rules()); n != 9 {
		t.Errorf("%d rules", n)
	}
}
