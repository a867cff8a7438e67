// SPDX-License-Identifier: Apache-2.0

package config

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"winsock/spi"
	"winsock/wsa"
)

const example = "testdata/winsock.toml"

// TestExample reads the file of the package's documentation.
func TestExample(t *testing.T) {
	t.Setenv("AWAY_PROXY", "socks5://me:hidden@127.0.0.1:1081")
	dir, err := filepath.Abs("testdata")
	if err != nil {
		t.Fatal(err)
	}
	f, err := Load(example)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Check(); err != nil {
		t.Fatal(err)
	}
	office := []string{
		"filter:rules=" + dir + "/office.rules",
		"trace:calls=control,data=1k,log=" + dir + "/calls.log",
		"socks:direct=127.0.0.0/8;::1;*.example.org,mode=dynamic,server=socks5://user:secret@127.0.0.1:1080;http://127.0.0.1:3128,timeout=10s",
	}
	for name, want := range map[string][]string{
		"":       office,
		"office": office,
		"slow": append([]string{
			"filter:rule=deny WSAECONNREFUSED out tcp port 25;default allow",
			"throttle:burst=65536,down=1mbit",
		}, office...),
		"bad":  {"fault:seed=7,toxics=latency latency=100 jitter=20;drop toxicity=0.1"},
		"away": {"socks:server=socks5://me:hidden@127.0.0.1:1081"},
	} {
		c, err := f.Chain(name)
		if err != nil {
			t.Errorf("chain %q: %v", name, err)
			continue
		}
		if got := c.Paths(); !slices.Equal(got, want) {
			t.Errorf("chain %q:\ngot  %q\nwant %q", name, got, want)
		}
		if got := c.Route().Layers; !slices.Equal(got, want) {
			t.Errorf("the route through %q is %q", name, got)
		}
	}
	if want := []string{"away", "bad", "office", "slow"}; !slices.Equal(f.ChainNames(), want) {
		t.Errorf("the chains are %q, want %q", f.ChainNames(), want)
	}
	if want := (Run{Env: map[string]string{"LANG": "C"}, origins: f.Run.origins}); !reflect.DeepEqual(f.Run, want) {
		t.Errorf("got %+v, want %+v", f.Run, want)
	}
	if f.Name != filepath.Join(dir, "winsock.toml") {
		t.Errorf("its name is %s", f.Name)
	}
}

// TestExampleIsDocumented: the documentation has the same file.
func TestExampleIsDocumented(t *testing.T) {
	doc, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(example)
	if err != nil {
		t.Fatal(err)
	}
	var want strings.Builder
	for line := range strings.Lines(string(text)) {
		if line == "\n" {
			want.WriteString("//\n")
		} else {
			want.WriteString("//\t" + line)
		}
	}
	if !strings.Contains(string(doc), want.String()) {
		t.Errorf("doc.go does not have %s as it is:\n%s", example, want.String())
	}
}

// A mistake is a text and what is said of it: all of the errors, in order,
// without the file's name.
type mistake struct {
	text string
	says []string
}

var mistakes = []mistake{
	// The file.
	{"\nlog = [", []string{"2:7: "}},
	{"log = 'a'\nlog = 'b'", []string{"2:1: "}},
	{"\xff", []string{"1:1: "}},
	{"a = 1\r\n\tx = \x00", []string{"2:"}},
	{"[chain.a]\n[chain.a]", []string{"2:2: "}},

	// Keys that are not known.
	{"\nlayrs = []\n", []string{`2:1: unknown key "layrs"; did you mean "layers"?`}},
	{"dns = 'on'", []string{`1:1: unknown key "dns"; it stands in the table [run]`}},
	{"zzzzzzzz = 1", []string{`1:1: unknown key "zzzzzzzz"; there are: run, layer, chain, layers, use, rules, rule, log, capture`}},
	{"[run]\nlog = 'x'", []string{`2:1: unknown key "log" in [run]; it stands in a table [chain.NAME], or before all tables`}},
	{"[run]\ndeny-unknwon = true", []string{`2:1: unknown key "deny-unknwon" in [run]; did you mean "deny-unknown"?`}},
	{"[chain.x]\nlayer = []", []string{`2:1: unknown key "layer" of a chain; did you mean "layers"?`}},
	{"[layer.trace]\n\tcapure = 'x'", []string{`2:2: unknown key "capure" of the layer trace; did you mean "capture"?`}},
	{"layers = [{ type = 'trace', \"ärger\" = 1 }]", []string{`1:29: unknown key "ärger" of the layer trace; there are: log, format`}},

	// Values of another form.
	{"layers = 3", []string{"1:10: layers: want an array, not a number"}},
	{"layers = 'trace'", []string{"1:10: layers: want an array, not a text"}},
	{"layers = [3, [], 'trace', 1.5]", []string{"1:1: a layer is a text or a table, not an array", "1:11: a layer is a text or a table, not a number", "1:27: a layer is a text or a table, not a number with a point"}},
	{"log = 1979-05-27", []string{"1:7: log: want a text, not a date or time"}},
	{"use = true", []string{"1:7: use: want a text, not true or false"}},
	{"run = 1\nchain = 2\nlayer = 3", []string{"1:7: run: want a table", "2:9: chain: want a table", "3:9: layer: want a table"}},
	{"chain.x = 1\nlayer.y = 'z'", []string{"1:11: x: want a table", "2:11: y: want a table"}},
	{"[run]\ndns = 'maybe'\npass-opaque = 'yes'", []string{`2:7: dns: "maybe" is none of auto, on and off`, "3:15: pass-opaque: want true or false, not a text"}},
	{"[run]\ndns = 1", []string{"2:7: dns: want a text"}},
	{"[run.env]\nA = 3\n'B=' = 'x'\nC = \"\\u0000\"", []string{"2:5: A: want a text", `3:1: "B=" cannot be a variable`, "4:5: a variable of the environment cannot have a zero byte"}},

	// Layers.
	{"layers = ['trace', 'trance']", []string{`1:20: no layer is named "trance"; did you mean "trace"?`}},
	{"layers = [\n'trace',\n'trace:x=1']", []string{`3:1: trace has no option "x" (it has: log, format`}},
	{"layers = ['qqqqqq']", []string{`1:11: no layer is named "qqqqqq"; there are: fault, filter, `}},
	{"layers = ['kernel', '']", []string{"1:11: kernel is a base provider, not a layer", `1:21: no layer is named ""`}},
	{"layers = [{}, { type = 'kernel' }, { type = 3 }]", []string{"1:11: a layer has a type", "1:24: kernel is a base provider", "1:45: type: want a text, not a number"}},
	{"[layer.mine]", []string{`1:8: [layer.mine] needs a type, such as type = "trace"`}},
	{"layers = ['mine', { type = 'mine' }]\n[layer.mine]\ntype = 'sock'", []string{`3:8: no layer is named "sock"; did you mean "socks"?`}},
	{"[layer.trace]\ntype = 'socks'", []string{`2:8: [layer.trace] cannot be of the type "socks": trace is a type itself`}},
	{"[layer.'a:b']\ntype = 'trace'\n[layer.\"a\\nb\"]\n[layer.'x.so']\n[layer.'']\n[chain.'a/b']", []string{
		`1:8: "a:b" cannot be the name of a layer: `, `3:8: "a\nb" cannot be`, `4:8: "x.so" cannot be`, `5:8: "" cannot be`, `6:8: "a/b" cannot be the name of a chain: `}},

	// Options.
	{"[layer.trace]\nformat = 'xml'\ndata = -1\nappend = 'maybe'\ntag = 3", []string{
		`2:10: format: want text or json, not "xml"`, `3:8: data: want a number or a text such as "64k", not "-1"`,
		`4:10: append: want true or false, not "maybe"`, "5:7: tag: want a text in quotes, not a number"}},
	{"[layer.trace]\nformat = true\nlog = ['a']", []string{`2:10: format: want "text" or "json", not true or false`, "3:1: log: want the name of a file in quotes, not an array"}},
	{"[layer.p]\ntype = 'socks'\nserver = ['a', 3]\ntimeout = 10\nretry = 'soon'\nlength = 1.5", []string{
		"3:16: server: an item is a text in quotes, not a number", `4:11: timeout: want a text such as "250ms", not a number`,
		`5:9: retry: want a text such as "250ms", not "soon"`, "6:10: length: want a number, not a number with a point"}},
	{"[layer.f]\ntype = 'fault'\ntoxics = [{ latency = 1 }, { type = 'drop', toxicity = [] }, { type = 'drop', 'a b' = 'x' }]", []string{
		"3:11: toxics: such a table has the text type"}},
	{"[layer.f]\ntype = 'fault'\ntoxics = { type = 'drop', toxicity = 1979-05-27 }", []string{"3:38: toxicity: want a text or a number, not a date or time"}},
	{"[layer.f]\ntype = 'fault'\ntoxics = { type = 'drop', name = 'a b' }", []string{`3:27: name: neither blanks nor ";" can stand here`}},
	{"[layer.p]\ntype = 'socks'\nserver = { env = 3 }\nmode = { file = 'x', env = 'y' }\ntimeout = {}", []string{
		`3:10: server: want a text or an array of texts, { env = "VARIABLE" } or { file = "NAME" }`,
		`4:8: mode: want "strict" or "dynamic"`, "5:11: timeout: want "}},

	// What options mean.
	{"layers = ['throttle:down=fast', 'throttle']", []string{"1:11: down: ", "1:33: throttle: no rate, quota or schedule is given"}},
	{"[layer.t]\ntype = 'throttle'\ndown = '1mbit'\nweight = 2000\nschedule = 'never'", []string{"4:10: weight: want 1 to 1000, not 2000"}},
	{"rule = ['allow', 'deny prt 3',\n'drip']", []string{"1:18: rule: prt is no condition", "2:1: rule: drip is no action"}},
	{"rule = 'deny;drip'", []string{"1:8: rule: drip is no action"}},
	{"rules = 'none'", []string{"1:9: rules: /none: cannot be read: no such file or directory"}},
	{"[layer.p]\ntype = 'socks'\nserver = ['h:1', 'ftp://u:hidden@x']\n", []string{`3:18: server: "ftp" is not one of socks5`}},
	{"[layer.p]\ntype = 'socks'\nserver = 'h:1'\ndirect = ['a/b', 'c:d']", []string{`4:11: direct: "a/b" is neither an address nor a name`}},
	{"[layer.p]\ntype = 'socks'", []string{"1:8: server: no proxy is named"}},
	{"[layer.s]\ntype = 'ssl'\nca = '/none'\n", []string{"3:6: ca: open /none: no such file"}},
	{"[layer.s]\ntype = 'ssl'\nterminate = 443\n", []string{"3:13: terminate: want a text or an array of texts, not a number"}},
	{"[layer.s]\ntype = 'ssl'\nterminate = '443'\n", []string{"3:13: terminate: a server needs option cert"}},
	{"[layer.f]\ntype = 'fault'\nscript = 'none'", []string{"3:10: script: "}},
	{"[layer.f]\ntype = 'fault'\ntoxics = [\n'drop', { type = 'warp' }]", []string{"4:9: toxics: warp: invalid toxic type"}},
	{"layers = [{ type = 'socks', server = { env = 'CONFIG_TEST_NOT_SET' } }]", []string{"1:38: server: there is no variable $CONFIG_TEST_NOT_SET"}},
	{"[layer.p]\ntype = 'socks'\nserver = 'h'\ntimeout = { file = '/none' }", []string{"4:11: timeout: open /none: no such file"}},
	{"[layer.p]\ntype = 'socks'\nserver = { file = '/dev/zero' }", []string{"3:10: server: read /dev/zero: it is too long"}},

	{"rule = ['chain proxi out']", []string{`1:9: rule: no provider is named "proxi"`}},
	{"rule = 'chain p over trace out'\n[layer.p]\ntype = 'socks'\nserver = { env = 'PATH' }", []string{"1:8: rule: a rule cannot lead through the layer p, of which a value stands elsewhere", "4:10: server: "}},

	// Chains.
	{"use = 'a'", []string{`1:7: no chain is named "a"`}},
	{"\nuse = 'offce'\n[chain.office]\n[chain.c]", []string{`2:7: no chain is named "offce"; did you mean "office"?`}},
	{"\nuse = ''\n[chain.office]\n[chain.c]", []string{`2:7: no chain is named ""; there are: c, office`}},
	{"[chain.a]\nuse = 'b'\n[chain.b]\nuse = 'c'\n[chain.c]\nuse = 'a'", []string{`6:7: the chain "a" uses itself`}},
	{"[chain.a]\nuse = 'a'", []string{`2:7: the chain "a" uses itself`}},
	{"[chain.a]\nlayers = ['trace','trace','trace','trace','trace','trace','trace']", []string{"2:1: the chain has 7 layers, but at most 6 can stand over a base protocol"}},
	{"use = 'a'\nlog = 'x'\n[chain.a]\nlayers = ['trace','trace','trace','trace','trace','trace']", []string{"1:1: the chain has 7 layers"}},
}

// TestMistakes: what is wrong is told with its place, all of it, and in one
// line each.
func TestMistakes(t *testing.T) {
	for _, m := range mistakes {
		f, bad := decode("/w.toml", []byte(m.text))
		err := append(bad, f.check()...).err()
		var list Errors
		if !errors.As(err, &list) || !errors.Is(err, wsa.WSAEINVAL) {
			t.Errorf("%q: got %v", m.text, err)
			continue
		}
		matched := len(list) == len(m.says)
		for i, e := range list {
			text := strings.TrimPrefix(e.Error(), "/w.toml:")
			matched = matched && (strings.HasPrefix(text, m.says[i]))
			if strings.ContainsAny(text, "\n\x00") || strings.Contains(text, "Invalid argument") || strings.Contains(text, "hidden") || strings.Contains(e.Excerpt(), "hidden") {
				t.Errorf("%q: %q is for nobody", m.text, text)
			}
		}
		if !matched {
			t.Errorf("%q:\ngot  %v\nwant %q", m.text, err, m.says)
		}
	}
}

// TestExcerpt shows what is wrong in its line.
func TestExcerpt(t *testing.T) {
	for text, want := range map[string]string{
		"rule = ['deny prt 3']": "    1 | rule = ['deny prt 3']\n      |         ^^^^^^^^^^^^",
		"rule = 'chain socks:server=socks5://u:hidden@h out udpp'": "",
		"\n\tuse\t= 'nowhere' # ä":                                 "    2 | \tuse\t= 'nowhere' # ä\n      | \t   \t  ^^^^^^^^^",
		"layers = ['ä', 'ö:']\r\n":                                 "    1 | layers = ['ä', 'ö:']\n      |           ^^^",
		"rules = \"\"\"\nno\n\"\"\"":                               "    1 | rules = \"\"\"\n      |         ^^^",
		"[layer.p]\ntype='socks'\nserver = 'ftp://u:hidden@h'":     "",
		"x = 'socks5://u:hidden@h'":                                "",
		"[layer.p]\ntype='socks'\nserver = { file = '/none' }":     "",
	} {
		f, bad := decode("/w.toml", []byte(text))
		bad = append(bad, f.check()...).sorted()
		if len(bad) == 0 {
			t.Errorf("%q: nothing is wrong", text)
		} else if got := bad[0].Excerpt(); got != want {
			t.Errorf("%q: got\n%s\nwant\n%s", text, got, want)
		}
	}
}

// TestShownEnv: secrets in the environment are not shown.
func TestShownEnv(t *testing.T) {
	f, err := Parse("/x.toml", []byte("[run.env]\nPGPASSWORD = 'hidden'\napi_token = 'hidden'\nhttp_proxy = 'http://me:hidden@h:3128'\nLANG = 'C'\n"))
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := f.Show(&b); err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{`PGPASSWORD = '\*\*\*'`, `api_token = '\*\*\*'`, `http_proxy = 'http://me:\*\*\*@h:3128'`, `LANG = 'C'`} {
		if !regexp.MustCompile("(?m)^" + line + " +# line").Match(b.Bytes()) {
			t.Errorf("there is no line %s in\n%s", line, b.String())
		}
	}
}

// TestShown: what is shown is read as what it was read from.
func TestShown(t *testing.T) {
	t.Setenv("AWAY_PROXY", "socks5://me:hidden@127.0.0.1:1081")
	f, err := Load(example)
	if err != nil {
		t.Fatal(err)
	}
	var shown bytes.Buffer
	if err := f.Show(&shown); err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{
		`^use = 'office' +# line 3$`,
		`^server = \['socks5://user:\*\*\*@127\.0\.0\.1:1080', 'http://127\.0\.0\.1:3128'\] +# line 8$`,
		`^server = '\*\*\*' +# line 50, \$AWAY_PROXY$`,
		`^timeout = '10s' +# line 11$`,
		`^timeout = '30s' +# default$`,
		`^calls = 'control' +# line 22$`,
		`^type = 'filter' +# line 27, rule$`,
		`^dns = 'auto' +# line 54$`,
		`^LANG = 'C' +# line 59$`,
		`^# The chain slow, from the top down: filter, throttle, filter, trace, proxy\.$`,
	} {
		if !regexp.MustCompile("(?m)" + line).Match(shown.Bytes()) {
			t.Errorf("there is no line %s in\n%s", line, shown.String())
		}
	}
	if text := shown.String(); strings.Contains(text, "secret") || strings.Contains(text, "hidden") {
		t.Errorf("a password is shown:\n%s", text)
	}
	again, err := Parse("/elsewhere/x.toml", shown.Bytes())
	if err != nil {
		t.Fatalf("%v\n%s", err, shown.String())
	}
	same(t, f, again)

	shown.Reset()
	if err := f.Show(&shown, "bad"); err != nil || strings.Contains(shown.String(), "slow") || !strings.Contains(shown.String(), "toxics") {
		t.Errorf("%v\n%s", err, shown.String())
	}
	if err := f.Show(&shown, "bed"); err == nil || !strings.Contains(err.Error(), `did you mean "bad"?`) {
		t.Errorf("got %v", err)
	}
}

// same compares what two files mean, but for secrets.
func same(t *testing.T, a, b *File) {
	t.Helper()
	if a.Run.DNS != b.Run.DNS || a.Run.DenyUnknown != b.Run.DenyUnknown || a.Run.PassOpaque != b.Run.PassOpaque || !maps.Equal(a.Run.Env, b.Run.Env) {
		t.Errorf("%+v became %+v", a.Run, b.Run)
	}
	values := func(f *File, name string) (list []string) {
		w, err := f.written(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range w.chain.Layers {
			text := l.Driver.Name
			for _, v := range l.Values() {
				text += fmt.Sprintf(" %s=%q", v.Key, v.Shown())
			}
			list = append(list, text)
		}
		return list
	}
	if !slices.Equal(a.ChainNames(), b.ChainNames()) {
		t.Errorf("the chains %q became %q", a.ChainNames(), b.ChainNames())
		return
	}
	for _, name := range append(a.ChainNames(), "") {
		if was, is := values(a, name), values(b, name); !slices.Equal(was, is) {
			t.Errorf("the chain %q\n%q\nbecame\n%q", name, was, is)
		}
	}
}

// TestFind: the first file there is, and nothing else, is the configuration.
func TestFind(t *testing.T) {
	dir := t.TempDir()
	old := systemFile
	t.Cleanup(func() { systemFile = old })
	systemFile = filepath.Join(dir, "system.toml")
	t.Setenv("XDG_CONFIG_HOME", filepath.Join(dir, "home"))
	t.Setenv(Environment, "")
	if _, err := Load(""); !errors.Is(err, os.ErrNotExist) || !strings.Contains(err.Error(), "$"+Environment) {
		t.Errorf("got %v", err)
	}
	for _, name := range []string{systemFile, filepath.Join(dir, "home/winsock/winsock.toml"), filepath.Join(dir, "named.toml")} {
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte("log = 'x'\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(name, "named.toml") {
			t.Setenv(Environment, name)
		}
		f, err := Load("")
		if err != nil || f.Name != name {
			t.Errorf("got %+v, %v, want %s", f, err, name)
			continue
		}
		if c, err := f.Chain(""); err != nil || !slices.Equal(c.Paths(), []string{"trace:calls=control,log=" + filepath.Dir(name) + "/x"}) {
			t.Errorf("got %q, %v", c.Paths(), err)
		}
		if found, err := Check(""); found != name || err != nil {
			t.Errorf("checked %s, %v", found, err)
		}
	}
	t.Setenv(Environment, filepath.Join(dir, "none.toml"))
	if _, err := Load(""); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a file that is named and is not there: %v", err)
	}
	if _, err := Load("/dev/zero"); err == nil || !strings.Contains(err.Error(), "too long") {
		t.Errorf("got %v", err)
	}
}

// TestLayer: a command line may use the layers of a file, and change options.
func TestLayer(t *testing.T) {
	f, err := Parse("/etc/w/w.toml", []byte("[layer.slow]\ntype = 'throttle'\ndown = '1mbit'\nweight = 3\n[layer.trace]\nlog = 'calls'\n"))
	if err != nil {
		t.Fatal(err)
	}
	for word, want := range map[string]string{
		"slow":                 "throttle:down=1mbit,weight=3",
		"slow:weight=1,up=1MB": "throttle:down=1mbit,up=1MB,weight=1",
		"trace":                "trace:log=/etc/w/calls",
		"trace:log=x":          "trace:log=/home/x",
		"trace:log=-":          "trace:log=-",
		"trace:log=stderr":     "trace:log=stderr",
		`trace:tag=a\,b,log=/`: `trace:log=/,tag=a\,b`,
	} {
		l, err := f.Layer(word, "/home")
		if err != nil || l.Path() != want {
			t.Errorf("%s: %v, want %s", word, err, want)
		}
	}
	for word, says := range map[string]string{
		"slo":          `no layer is named "slo"; did you mean "slow"?`,
		"slow:down=9x": "throttle: down: ",
		"slow:x":       `throttle has no option "x"`,
		"mem":          "mem is a base provider",
	} {
		for _, f := range []*File{f, new(File)} {
			_, err := f.Layer(strings.Replace(word, "slow", map[bool]string{true: "slow", false: "throttle"}[f.layers != nil], 1), "/")
			if err == nil || !errors.Is(err, wsa.WSAEINVAL) || f.layers != nil && !strings.Contains(err.Error(), says) {
				t.Errorf("%s: %v, want %s", word, err, says)
			}
		}
	}
	if c, err := new(File).Chain(""); err != nil || len(c.Layers) != 0 {
		t.Errorf("the empty configuration has the chain %v, %v", c, err)
	}
	if _, err := new(File).Chain("x"); err == nil {
		t.Error("the empty configuration has a chain")
	}
}

// TestRulesLead: rules lead through layers of the file.
func TestRulesLead(t *testing.T) {
	f, err := Parse("/etc/w/w.toml", []byte(`
rule = ["chain calls over proxy:retry=1s out port 80", "chain trace:log=x out"]
[layer.both]
type = "filter"
rule = "deny port 25; chain proxy"
[layer.proxy]
type = "socks"
server = ["a:1", "b:2"]
[layer.calls]
type = "trace"
log = "calls"
[chain.both]
layers = ["both", "filter:rule=chain calls out"]
`))
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string][]string{
		"":     {`filter:rule=chain trace:log=/etc/w/calls over "socks:retry=1s\,server=a:1;b:2" out port 80;chain trace:log=/etc/w/x out`},
		"both": {`filter:rule=deny port 25;chain "socks:server=a:1;b:2"`, "filter:rule=chain trace:log=/etc/w/calls out"},
	} {
		c, err := f.Chain(name)
		if err != nil || !slices.Equal(c.Paths(), want) {
			t.Errorf("%q: %q, %v, want %q", name, c.Paths(), err, want)
		}
	}
}

// TestElsewhere: values are read when the chain is used.
func TestElsewhere(t *testing.T) {
	dir := t.TempDir()
	f, err := Parse(filepath.Join(dir, "w.toml"), []byte(`layers = [{ type = "throttle", down = { file = "rate" }, weight = { env = "CONFIG_TEST_WEIGHT" } }]
[chain.other]
layers = [{ type = "trace", log = { env = "CONFIG_TEST_LOG" } }]
`))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Chain(""); err == nil || strings.Count(err.Error(), "\n") != 1 {
		t.Errorf("got %v, want two errors", err)
	}
	t.Setenv("CONFIG_TEST_LOG", "calls")
	if c, err := f.Chain("other"); err != nil || c.Paths()[0] != "trace:log="+dir+"/calls" {
		t.Errorf("got %v, %v", c, err)
	}
	t.Setenv("CONFIG_TEST_WEIGHT", "7")
	for _, rate := range []string{"1mbit\n", "2mbit\r\n", "3mbit"} {
		if err := os.WriteFile(filepath.Join(dir, "rate"), []byte(rate), 0o600); err != nil {
			t.Fatal(err)
		}
		c, err := f.Chain("")
		if want := "throttle:down=" + strings.TrimSpace(rate) + ",weight=7"; err != nil || c.Paths()[0] != want {
			t.Errorf("got %v, %v, want %s", c, err, want)
		}
	}
	t.Setenv("CONFIG_TEST_WEIGHT", "hidden")
	if _, err := f.Chain(""); err == nil || strings.Contains(err.Error(), "hidden") {
		t.Errorf("got %v", err)
	}
}

// TestChecks: drivers' Check and Startup refuse the same.
func TestChecks(t *testing.T) {
	for _, path := range []string{
		"throttle", "throttle:down=fast", "throttle:down=1mbit,weight=0", "throttle:up=1k,quota-end=x", "throttle:schedule=x",
		"filter", "filter:rule=drip", "filter:rules=/none", "filter:rule=deny,rules=/none",
		"socks", "socks:server=ftp://x", "socks:server=h:0", "socks:server=h,ipv4=x", "socks:server=h,direct=a/b",
		"fault:toxics=warp", "fault:script=/none", "fault:script=/none,toxics=drop",
		"ssl:ca=/none", "ssl:cert=/none", "ssl:key=/none", "ssl:pin=x", "ssl:min=1.3,max=1.2", "ssl:terminate=1", "ssl:originate=a/b",
	} {
		d, o, err := spi.ParsePath(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := d.Check(o); wsa.ErrnoOf(err) != wsa.WSAEINVAL {
			t.Errorf("%s: Check answers %v", path, err)
		}
		if _, err := d.Startup(&spi.StartupParams{Options: o}); wsa.ErrnoOf(err) != wsa.WSAEINVAL {
			t.Errorf("%s: Startup answers %v", path, err)
		}
	}
	for _, d := range spi.Drivers() {
		for _, o := range d.Options {
			if o.Default != "" && o.Check(o.Default) != nil {
				t.Errorf("the default of %s's option %s is %q: %v", d.Name, o.Key, o.Default, o.Check(o.Default))
			}
			if o.Key == "type" || o.Key == "" || o.Help == "" {
				t.Errorf("%s has the option %q (%s)", d.Name, o.Key, o.Help)
			}
		}
	}
}

func FuzzParse(f *testing.F) {
	text, err := os.ReadFile(example)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	for _, m := range mistakes {
		f.Add([]byte(m.text))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		file, bad := decode("/dir/w.toml", data)
		for _, e := range bad.sorted() {
			e.Excerpt()
			if strings.Contains(e.Error(), "\n") {
				t.Errorf("%q takes several lines", e.Error())
			}
		}
		if len(bad) > 0 {
			return
		}
		var shown bytes.Buffer
		if err := file.Show(&shown); err != nil {
			t.Fatal(err)
		}
		again, err := Parse("/other/w.toml", shown.Bytes())
		if err != nil {
			t.Fatalf("%v\n%s", err, shown.String())
		}
		same(t, file, again)
		for _, name := range append(file.ChainNames(), "") {
			for _, l := range file.chains[name].chain.Layers {
				if _, _, err := spi.ParsePath(l.Path()); err != nil && !slices.ContainsFunc(l.Values(), func(v Value) bool { return v.Origin.indirect() }) {
					t.Errorf("%q was let through: %v", l.Path(), err)
				}
			}
		}
	})
}
