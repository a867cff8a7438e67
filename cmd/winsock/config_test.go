// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// writeConfig writes a configuration and returns its name.
func writeConfig(t *testing.T, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "winsock.toml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestConfigCheck(t *testing.T) {
	good := writeConfig(t, "[chain.a]\nlayers = ['trace:log=-']\n")
	if out := succeed(t, "config", "check", good); out != good+": no mistakes\n" {
		t.Errorf("got %q", out)
	}
	bad := writeConfig(t, "\nlayrs = []\n[layer.slow]\ntype = 'throttle'\ndown = 'fast'\n[layer.p]\ntype = 'socks'\nserver = 'ftp://u:secret@h'")
	for _, named := range []bool{true, false} {
		args := []string{"config", "check", good, bad}
		if !named {
			t.Setenv("WINSOCK_CONFIG", bad)
			args = args[:2]
		}
		out, errs, code := command(t, strings.NewReader(""), args...)
		if code != exitWrong || errs != "winsock: mistakes: 3\n" {
			t.Errorf("exit code %d, %q", code, errs)
		}
		for _, says := range []string{
			bad + `:2:1: unknown key "layrs"; did you mean "layers"?` + "\n    2 | layrs = []\n      | ^^^^^\n",
			bad + ":5:8: down: rate \"fast\"", "    5 | down = 'fast'\n      |        ^^^^^^\n",
			bad + `:8:10: server: "ftp" is not one of`,
		} {
			if !strings.Contains(out, says) {
				t.Errorf("there is no %q in\n%s", says, out)
			}
		}
		if strings.Contains(out, "secret") {
			t.Errorf("a password is shown:\n%s", out)
		}
	}
	refuse(t, "no such file", "config", "check", filepath.Join(t.TempDir(), "none"))
	t.Setenv("WINSOCK_CONFIG", "")
	t.Setenv("XDG_CONFIG_HOME", t.TempDir())
	if _, err := os.Stat("/etc/winsock/winsock.toml"); err != nil {
		refuse(t, "there is no configuration", "config", "show")
	}
}

func TestConfigShow(t *testing.T) {
	file := writeConfig(t, "[layer.proxy]\ntype = 'socks'\nserver = 'socks5://user:secret@h:1'\n[chain.a]\nlayers = ['proxy']\n[chain.b]\nlog = 'calls'")
	out := succeed(t, "config", "show", file)
	for _, says := range []string{"'socks5://user:***@h:1'", "# line 3", "# default", "[[chain.a.layers]]", "[[chain.b.layers]]", filepath.Dir(file) + "/calls"} {
		if !strings.Contains(out, says) {
			t.Errorf("there is no %q in\n%s", says, out)
		}
	}
	if strings.Contains(out, "secret") {
		t.Errorf("a password is shown:\n%s", out)
	}
	if out := succeed(t, "config", "show", file, "--chain", "b"); strings.Contains(out, "chain.a") || !strings.Contains(out, "chain.b") {
		t.Errorf("got %s", out)
	}
	refuse(t, `no chain is named "c"; there are: a, b`, "config", "show", file, "--chain", "c")
	if out := succeed(t, "__complete", "config", "show", file, "--chain", ""); !strings.HasPrefix(out, "a\nb\n") {
		t.Errorf("the chains are completed as %q", out)
	}
	if out := succeed(t, "__complete", "nc", "--config", file, "--chain", ""); !strings.HasPrefix(out, "a\nb\n") {
		t.Errorf("the chains are completed as %q", out)
	}
	if out := succeed(t, "__complete", "catalog", "install", "--config", file, ""); !strings.HasPrefix(out, "a\nb\n") {
		t.Errorf("the chains are completed as %q", out)
	}
}

// linesWith counts the lines of a file with a word.
func linesWith(t *testing.T, file, word string) (n int) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	for line := range bytes.Lines(text) {
		if bytes.Contains(line, []byte(word)) {
			n++
		}
	}
	return n
}

// ping has a command line talk to answering, and tells whether it did. It runs
// by itself, as layers keep their files as long as the process lives.
func ping(t *testing.T, args ...string) bool {
	t.Helper()
	cmd := winsockCommand(t, args...)
	cmd.Stdin = strings.NewReader("ping")
	out, errs, status := finish(t, cmd)
	if status.ExitStatus() == exitUsage {
		t.Errorf("winsock %s: %s", strings.Join(args, " "), errs)
	}
	return out == "pong" && status.ExitStatus() == 0
}

// TestNCConfigured: a chain of a configuration is below the layers of flags.
func TestNCConfigured(t *testing.T) {
	useCatalog(t)
	_, port, _ := net.SplitHostPort(answering(t))
	file := writeConfig(t, "use = 'led'\n[layer.calls]\ntype = 'trace'\nlog = 'calls'\nappend = true\n[chain.led]\nlayers = ['calls']\nrule = ['redirect 127.0.0.1 out tcp to 192.0.2.80']\n[chain.closed]\nrule = 'deny'\n")
	calls := filepath.Join(filepath.Dir(file), "calls")
	if ok := ping(t, "nc", "--config", file, "192.0.2.80", port); !ok || linesWith(t, calls, "WSPConnect") == 0 {
		t.Errorf("pong: %v", ok)
	}
	t.Setenv("WINSOCK_CONFIG", file)
	before := linesWith(t, calls, "WSPConnect")
	if ok := ping(t, "nc", "--chain", "led", "192.0.2.80", port); !ok || linesWith(t, calls, "WSPConnect") <= before {
		t.Errorf("pong: %v", ok)
	}
	if ping(t, "nc", "--chain", "closed", "127.0.0.1", port) {
		t.Error("a closed chain lets through")
	}
	// Without a flag nobody reads the configuration; flags may use its layers.
	before = linesWith(t, calls, "WSPConnect")
	if ok := ping(t, "nc", "127.0.0.1", port); !ok || linesWith(t, calls, "WSPConnect") != before {
		t.Errorf("pong: %v", ok)
	}
	other := filepath.Join(t.TempDir(), "other")
	if ok := ping(t, "nc", "--config", file, "--layer", "calls:log="+other, "192.0.2.80", port); !ok || linesWith(t, other, "WSPConnect") == 0 {
		t.Errorf("pong: %v", ok)
	}
	refuse(t, `no chain is named "lad"; did you mean "led"?`, "nc", "--chain", "lad", "127.0.0.1", port)
	refuse(t, `no layer is named "cals"; did you mean "calls"?`, "nc", "--config", file, "--layer", "cals", "127.0.0.1", port)
	refuse(t, file+":1:1: unknown key", "nc", "--config", writeInto(t, file, "x = 1"), "127.0.0.1", port)
}

func writeInto(t *testing.T, file, text string) string {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// TestRunConfigured: a program runs over the chain that is named.
func TestRunConfigured(t *testing.T) {
	needCarrier(t)
	_, port, _ := net.SplitHostPort(answering(t))
	file := writeConfig(t, "use = 'led'\n[chain.led]\nlog = 'calls'\nrule = ['redirect 127.0.0.1 out tcp to 192.0.2.80']\n[chain.closed]\nrule = 'deny'\n[run.env]\nPORT = '"+port+"'\n")
	calls := filepath.Join(filepath.Dir(file), "calls")
	under := func(flags ...string) (string, string, int) {
		cmd := winsockCommand(t, slices.Concat([]string{"run", "--config", file}, flags, []string{"sh", "-c", "winsock nc 192.0.2.80 $PORT"})...)
		cmd.Stdin = strings.NewReader("ping")
		out, errs, status := finish(t, cmd)
		return out, errs, status.ExitStatus()
	}
	if out, errs, code := under(); out != "pong" || code != 0 || linesWith(t, calls, "WSPConnect") == 0 {
		t.Errorf("got %q, %q, %d", out, errs, code)
	}
	if out, errs, code := under("--chain", "closed"); out != "" || code != exitNetwork {
		t.Errorf("through a closed chain: %q, %q, %d", out, errs, code)
	}
	_, errs, status := finish(t, winsockCommand(t, "run", "--config", file, "--chain", "none", "true"))
	if status.ExitStatus() != 125 || !strings.Contains(errs, `no chain is named "none"; there are: closed, led`) {
		t.Errorf("got %q, %v", errs, status)
	}
}

// TestCatalogConfigured: a chain is installed, and becomes what the
// configuration says when it is installed again.
func TestCatalogConfigured(t *testing.T) {
	useCatalog(t)
	_, port, _ := net.SplitHostPort(answering(t))
	text := "[chain.led]\nlayers = ['trace:append,log=calls', 'filter:rule=redirect 127.0.0.1 out tcp to 192.0.2.80']\n[chain.empty]\n"
	file := writeConfig(t, text)
	dir := filepath.Dir(file)
	if out := succeed(t, "catalog", "install", "--config", file, "led"); !strings.HasPrefix(out, "Installed the chain led as entries ") {
		t.Errorf("got %q", out)
	}
	want := []string{"trace:append=true,log=" + dir + "/calls", "filter:rule=redirect 127.0.0.1 out tcp to 192.0.2.80", "kernel"}
	if got := listed(t)[0].Through; !slices.Equal(got, want) {
		t.Errorf("the chain is %q, want %q", got, want)
	}
	if ok := ping(t, "nc", "192.0.2.80", port); !ok || linesWith(t, dir+"/calls", "WSPConnect") == 0 {
		t.Errorf("pong: %v", ok)
	}
	order := listed(t, "--all")
	writeInto(t, file, strings.Replace(text, "log=calls", "log=others", 1))
	succeed(t, "catalog", "install", "--config", file, "led")
	want[0] = "trace:append=true,log=" + dir + "/others"
	if got := listed(t, "--all"); len(got) != len(order) || !slices.Equal(got[0].Through, want) || got[0].ID != order[0].ID {
		t.Errorf("the chain is %q, want %q", got[0].Through, want)
	}
	if out := succeed(t, "catalog", "verify"); !strings.Contains(out, "sound") {
		t.Errorf("verify says %q", out)
	}
	refuse(t, "the stack empty has no layers", "catalog", "install", "--config", file, "empty")
	refuse(t, "which chain? There are: empty, led", "catalog", "install", "--config", file)
	refuse(t, `no chain is named "lad"`, "catalog", "install", "--config", file, "lad")
	refuse(t, "not for the chains", "catalog", "install", "--config", file, "--name", "x", "led")
	succeed(t, "catalog", "remove", "led")
	if got := listed(t, "--all"); slices.ContainsFunc(got, func(v entryView) bool { return v.Kind != "base" }) {
		t.Errorf("left are %+v", got)
	}
}

// TestCatalogSecrets: what lists show has no passwords; the export has, as it
// is a copy.
func TestCatalogSecrets(t *testing.T) {
	useCatalog(t)
	succeed(t, "catalog", "install", "--layer", "socks:server=socks5://user:secret@127.0.0.1:1080")
	for _, args := range [][]string{{"list", "--all"}, {"list", "--json"}, {"show", "socks"}, {"show", "--json", "socks"}} {
		out := succeed(t, append([]string{"catalog"}, args...)...)
		if strings.Contains(out, "secret") || !strings.Contains(out, "user:***@127.0.0.1") {
			t.Errorf("catalog %v prints %s", args, out)
		}
	}
	if out := succeed(t, "catalog", "export"); !strings.Contains(out, "user:secret@") {
		t.Errorf("the export is %s", out)
	}
}

// TestRunSecrets: who looks at running programs sees no passwords.
func TestRunSecrets(t *testing.T) {
	needCarrier(t)
	out, errs, status := finish(t, winsockCommand(t, "run", "--layer", "socks:dns=local,server=socks5://user:secret@127.0.0.1:1080",
		"sh", "-c", "until winsock top --json | grep -q layers; do :; done; winsock top --json"))
	if status.ExitStatus() != 0 || strings.Contains(out, "secret") || !strings.Contains(out, "user:***@127.0.0.1:1080") {
		t.Errorf("got %s, %s, %v", out, errs, status)
	}
}

// TestRunRulesChange: a file of rules that a configuration names is read again
// when it has changed, while the program runs.
func TestRunRulesChange(t *testing.T) {
	needCarrier(t)
	_, port, _ := net.SplitHostPort(answering(t))
	file := writeConfig(t, "rules = 'rules'\n")
	rules := writeInto(t, filepath.Join(filepath.Dir(file), "rules"), "deny\n")
	script := `echo ping | winsock nc 192.0.2.80 $0; echo " $?"
		echo 'redirect 127.0.0.1 out tcp to 192.0.2.80' > $1
		until printf ping | winsock nc 192.0.2.80 $0; do :; done`
	out, errs, status := finish(t, winsockCommand(t, "run", "--config", file, "sh", "-c", script, port, rules))
	if out != " 1\npong" || status.ExitStatus() != 0 {
		t.Errorf("got %q, %q, %v", out, errs, status)
	}
}
