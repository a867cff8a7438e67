// SPDX-License-Identifier: Apache-2.0

package spi

import (
	"strings"
	"testing"

	"winsock/wsa"
)

func init() {
	Register(&Driver{
		Name: "option-test",
		Options: []Option{
			{Key: "mode", Words: []string{"slow", "quick", "never"}, Default: "slow"},
			{Key: "sure", Words: []string{"yes"}},
			{Key: "via", List: ";", Redact: RedactPasswords},
			{Key: "key", Redact: RedactAll},
			{Key: "name"},
		},
		Startup: func(*StartupParams) (Provider, error) { return nil, wsa.WSAEPROVIDERFAILEDINIT },
	})
}

func TestOptionWords(t *testing.T) {
	if _, o, err := ParsePath("option-test:mode=never"); err != nil || o.Text("mode") != "never" {
		t.Errorf("got %v, %v", o, err)
	}
	for path, says := range map[string]string{
		"option-test:mode=none":    "option-test: option mode=none: want slow, quick or never",
		"option-test:mode=":        "want slow, quick or never",
		"option-test:sure=no":      "option sure=no: want yes",
		"path-test:wait=3":         "option wait=3: want duration",
		"option-test:key=a,hidden": "has no option of the name that is number 2 (in values, \\, is a comma) (it has: ",
		"option-test:x=1":          `has no option "x" (it has: mode, sure, via, key, name)`,
		"option-test:key=1,key=":   `option "key" is given twice`,
	} {
		if _, _, err := ParsePath(path); wsa.ErrnoOf(err) != wsa.WSAEINVAL || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: got %v, want %q", path, err, says)
		}
	}
	for key, form := range map[string]string{"mode": "slow|quick|never", "via": "list", "name": "text"} {
		if got := FindDriver("option-test").Option(key).Form(); got != form {
			t.Errorf("%s is %q, want %q", key, got, form)
		}
	}
}

// TestRedactPath: what may be shown has the users and hosts, and nothing of
// a password, however it is written.
func TestRedactPath(t *testing.T) {
	for path, want := range map[string]string{
		"option-test":                        "option-test",
		"option-test:name=a:b@c":             "option-test:name=a:b@c",
		"option-test:key=secret,name=x":      "option-test:key=***,name=x",
		`option-test:key=se\,secret`:         "option-test:key=***",
		"option-test:key,mode=slow":          "option-test:key,mode=slow",
		"option-test:key=":                   "option-test:key=",
		"option-test:via=h:1080;[::1]:99":    "option-test:via=h:1080;[::1]:99",
		"option-test:via=socks5://u:secret@": "option-test:via=socks5://u:***@",
		"option-test:via=socks5://u:secret@h:1080 http://h2:80/;u2:secret@[::1]:9": "option-test:via=socks5://u:***@h:1080 http://h2:80/;u2:***@[::1]:9",
		"option-test:via=socks5://u@h;socks5://[::1]:1":                            "option-test:via=socks5://u@h;socks5://[::1]:1",
		"option-test:via=socks5://u:secret@secret@h":                               "option-test:via=socks5://u:***@h",
		"option-test:via=socks5://u:secret secret@h":                               "option-test:via=socks5://u:*** ***",
		"option-test:via=://":                                                      "option-test:via=://",
		"option-test:unknown=secret,name=x":                                        "option-test:***,name=x",
		"no-such:key=secret":                                                       "no-such:***",
		"no-such":                                                                  "no-such",
		"/lib/x.so:y":                                                              "/lib/x.so:y",
	} {
		if got := RedactPath(path); got != want {
			t.Errorf("%s is shown as %s, want %s", path, got, want)
		}
	}
	// Errors tell the value that is wrong.
	d := &Driver{Name: "d", Options: []Option{{Key: "n", Kind: Int, Redact: RedactAll}}}
	if _, err := d.ParseOptions("n=secret"); err == nil || strings.Contains(err.Error(), "secret") {
		t.Errorf("got %v", err)
	}
}

// FuzzRedactPasswords: the password of a URL is never shown, and the rest is.
func FuzzRedactPasswords(f *testing.F) {
	f.Add("socks5://u:p@h:1", "secret")
	f.Add("u@h;[::1]:8", "a@b:c/d")
	f.Fuzz(func(t *testing.T, other, password string) {
		RedactPasswords(other)
		if strings.ContainsAny(password, "; \t\n") || !strings.Contains(password, "pass") {
			password = "pass" + strings.Map(func(r rune) rune {
				if strings.ContainsRune("; \t\n", r) {
					return -1
				}
				return r
			}, password)
		}
		if got := RedactPasswords("http://h:80 socks5://user:" + password + "@host:1080"); got != "http://h:80 socks5://user:***@host:1080" {
			t.Errorf("%q is shown as %q", password, got)
		}
	})
}
