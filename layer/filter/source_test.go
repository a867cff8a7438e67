// SPDX-License-Identifier: Apache-2.0

package filter

import (
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"winsock/spi"
	"winsock/spi/hostnames"
	"winsock/wsa"
)

func TestReload(t *testing.T) {
	w := newWorld(t, "kernel", "")
	l := w.plain(tcp).listening()
	s := w.open(tcp)
	deny := fmt.Sprintf("deny WSAENETDOWN port %d\n", l.port())
	w.write(deny)
	want(t, "connect", s.connect(l.name()), wsa.WSAENETDOWN)
	w.says("were read again", "rules=1")

	// A new text that is not right is told once, and the old rules stay.
	w.write("allow\n\nalow\npermit")
	for range 3 {
		want(t, "connect", s.connect(l.name()), wsa.WSAENETDOWN)
		Reload()
	}
	w.says(w.file+":3: alow is no action", w.file+":4: permit is no action")
	if n := strings.Count(w.log.String(), "the old ones stay in force"); n != 1 {
		t.Errorf("told %d times", n)
	}
	// So do they when the file is gone, or when there is nothing in it yet
	// that is right.
	if err := os.Remove(w.file); err != nil {
		t.Fatal(err)
	}
	Reload()
	for range 3 {
		want(t, "connect", s.connect(l.name()), wsa.WSAENETDOWN)
		Reload()
	}
	if n := strings.Count(w.log.String(), "cannot be read: no such file"); n != 1 {
		t.Errorf("that the file is gone is told %d times", n)
	}
	w.write("allow")
	s.mustConnect(l.name())
	talk(s, l.accept())
}

// The file is looked at by itself.
func TestReloadAfterTheInterval(t *testing.T) {
	w := newWorld(t, "kernel", "")
	w.options["reload"] = "1ms"
	l := w.plain(tcp).listening()
	s := w.open(tcp)
	deny := fmt.Sprintf("deny WSAENETDOWN port %d\n", l.port())
	// Written in place, in the same moment and with the same length.
	for _, text := range []string{strings.Repeat("#", len(deny)), deny} {
		if err := os.WriteFile(w.file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for begun := time.Now(); s.Socket.(*stream).rules().set.Concerns(0) == false; time.Sleep(time.Millisecond) {
		if time.Since(begun) > patience {
			t.Fatal("the new rules are not read")
		}
	}
	want(t, "connect", s.connect(l.name()), wsa.WSAENETDOWN)
}

func TestNothingRunsUnfiltered(t *testing.T) {
	dir := t.TempDir()
	bad := filepath.Join(dir, "bad")
	if err := os.WriteFile(bad, []byte("allow\nalow"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		options spi.Options
		want    string
	}{
		{spi.Options{}, "one of the options rules=FILE and rule=TEXT is needed"},
		{spi.Options{"rules": bad, "rule": "allow"}, "one of the options"},
		{spi.Options{"rules": filepath.Join(dir, "none")}, "none: cannot be read: no such file"},
		{spi.Options{"rules": dir}, "cannot be read: is a directory"},
		{spi.Options{"rules": bad}, bad + ":2: alow is no action"},
		{spi.Options{"rule": "allow; chain no-such-layer"}, `option rule:2: no provider is named "no-such-layer"`},
		{spi.Options{"rule": "chain kernel"}, "kernel is a base provider"},
		{spi.Options{"rule": "chain filter:rule=allow"}, "cannot put the filter itself"},
		{spi.Options{"rule": "deny to x.example", "log": dir + "/no/log"}, "no such file"},
	} {
		p, err := driver.Startup(&spi.StartupParams{Options: test.options, Log: slog.Default()})
		if err == nil || p != nil || wsa.ErrnoOf(err) != wsa.WSAEINVAL || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%v: %v, want WSAEINVAL and %q", test.options, err, test.want)
		}
	}
	w := newWorld(t, "kernel", "alow")
	if _, err := w.tryOpen(&spi.Opening{AddressFamily: wsa.AF_INET, SocketType: tcp}, spi.FormatPath("filter", w.options)); err != wsa.WSAEPROVIDERFAILEDINIT {
		t.Errorf("a chain whose rules are wrong opens: %v", err)
	}
	w.says(":1: alow is no action")
}

func TestHostNames(t *testing.T) {
	w := newWorld(t, "kernel", "deny port 1")
	l := w.plain(tcp).listening()
	name, _ := l.name().AddrPort()
	s, u := w.open(tcp), w.open(udp)
	hostnames.Learn("early.example", name.Addr())
	if hostnames.Of(name.Addr()) != nil {
		t.Error("names are told that nobody asks for")
	}
	w.write("deny WSAENETDOWN to *.bad.example")
	want(t, "send", u.sendTo("x", l.name()), 0)
	hostnames.Learn("www.bad.example", name.Addr())
	want(t, "connect", s.connect(l.name()), wsa.WSAENETDOWN)
	want(t, "send", u.sendTo("x", l.name()), wsa.WSAENETDOWN)
	w.write("deny port 1")
	s.mustConnect(l.name())
	want(t, "send", u.sendTo("x", l.name()), 0) // another chain, with a provider of its own
	if hostnames.Of(name.Addr()) != nil {
		t.Error("names are told after the rule is gone")
	}
}

func TestLog(t *testing.T) {
	w := newWorld(t, "kernel", "")
	l, u := w.plain(tcp).listening(), w.plain(udp).bound()
	file := filepath.Join(t.TempDir(), "log")
	w.options["log"] = file
	w.write(fmt.Sprintf("log out tcp\nlog udp to log.example\ndeny WSAENETDOWN tcp port %d\nredirect 127.0.0.1:%d out udp port 53\nallow", l.port(), u.port()))
	process := &spi.Process{ID: 4711, Path: "/usr/bin/made up", Name: "made up", UserID: 77}
	s := w.openFor(&spi.Opening{AddressFamily: wsa.AF_INET, SocketType: tcp, Process: process}, spi.FormatPath("filter", w.options))
	named := netip.MustParseAddrPort("127.0.0.77:53") // by this name only
	hostnames.Learn("log.example", named.Addr())
	want(t, "connect", s.connect(l.name()), wsa.WSAENETDOWN)
	d := w.open(udp)
	to := wsa.SockaddrFrom(named)
	for range 3 {
		want(t, "send", d.sendTo("x", &to), 0)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	lines := regexp.MustCompile(
		`(?m)^time=\S+ level=INFO msg=filter pid=4711 program="/usr/bin/made up" uid=77 direction=out protocol=tcp address=127.0.0.1:\d+ line=1 verdict="deny WSAENETDOWN" by=3$
time=\S+ level=INFO msg=filter pid=\d+ program=\S+ uid=\d+ direction=out protocol=udp address=127.0.0.77:53 host=log.example line=2 verdict="redirect 127.0.0.1:\d+" by=4\n\z`)
	if !lines.Match(text) {
		t.Errorf("the file says:\n%s", text)
	}
	w.says(`msg=filter`, `verdict="deny WSAENETDOWN"`)
}
