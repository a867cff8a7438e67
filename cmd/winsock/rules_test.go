// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"path/filepath"
	"testing"
)

func TestRules(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	good := write("good", `# a comment
log out tcp
deny WSAENETDOWN out tcp port 25 not program mail # nobody else
redirect 127.0.0.1:8080 to *.example.org
allow in local-port 80 user 33
default deny
`)
	bad, worse := write("bad", "allow\nalow\n"), write("worse", "chain no-such-layer\n")
	if got := succeed(t, "rules", "check", good); got != good+": 4 rules\n" {
		t.Errorf("check prints %q", got)
	}
	refuse(t, bad+":2: alow is no action", "rules", "check", good, bad, worse)
	refuse(t, worse+":1: no provider is named", "rules", "check", bad, worse)
	refuse(t, "cannot be read", "rules", "check", dir+"/none")

	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"out", "tcp", "192.0.2.1:25"},
			"deny WSAENETDOWN\n  logged by line 2: log out tcp\n  decided by line 3: deny WSAENETDOWN out tcp port 25 not program mail\n"},
		{[]string{"out", "tcp", "192.0.2.1:25", "--program", "/usr/bin/mail"}, "deny WSAEACCES\n  logged by line 2: log out tcp\n  decided by default\n"},
		{[]string{"out", "udp", "192.0.2.1:53", "--host", "www.Example.org"}, "redirect 127.0.0.1:8080\n  decided by line 4: redirect 127.0.0.1:8080 to *.example.org\n"},
		{[]string{"in", "tcp", "192.0.2.1:53", "--local", "192.0.2.9:80", "--uid", "33"}, "allow\n  decided by line 5: allow in local-port 80 user 33\n"},
		{[]string{"listen", "unix"}, "deny WSAEACCES\n  decided by default\n"},
	} {
		if got := succeed(t, append([]string{"rules", "ask", good}, c.args...)...); got != c.want {
			t.Errorf("ask %q prints\n%swant\n%s", c.args, got, c.want)
		}
	}
	refuse(t, "up is no direction", "rules", "ask", good, "up", "tcp")
	refuse(t, "sctp is no protocol", "rules", "ask", good, "out", "sctp")
	refuse(t, "localhost is no address", "rules", "ask", good, "out", "tcp", "localhost")
	refuse(t, "x is no address", "rules", "ask", good, "out", "tcp", "--local", "x")
	refuse(t, "alow", "rules", "ask", bad, "out", "tcp")
}
