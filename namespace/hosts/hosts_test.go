// SPDX-License-Identifier: Apache-2.0

package hosts

import (
	"bytes"
	"context"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"winsock/namespace/hostname"
	"winsock/spi"
	"winsock/wsa"
)

// start returns the provider of a hosts file, by way of its path in a
// catalog.
func start(t *testing.T, file string) spi.NameProvider {
	t.Helper()
	d, options, err := spi.ParseNamePath(spi.FormatPath("hosts", spi.Options{"file": file}))
	if err != nil {
		t.Fatal(err)
	}
	p, err := d.Startup(&spi.NameStartupParams{ProviderID: ProviderID, Options: options})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Cleanup(); err != nil {
			t.Error(err)
		}
	})
	return p
}

// ask looks a name up and returns the answer as "name alias...: address...".
func ask(t *testing.T, p spi.NameProvider, class wsa.GUID, name string, families ...int32) (string, error) {
	t.Helper()
	set := &wsa.QuerySet{ServiceInstanceName: name, ServiceClassID: class}
	for _, f := range families {
		set.Protocols = append(set.Protocols, wsa.AFProtocols{AddressFamily: f})
	}
	l, err := p.LookupServiceBegin(t.Context(), set, nil, wsa.LUP_RETURN_ALL)
	if err != nil {
		return "", err
	}
	defer l.End()
	var names, addrs []string
	for {
		r, err := l.Next(t.Context(), 0)
		if err == wsa.WSA_E_NO_MORE {
			return strings.Join(names, " ") + ": " + strings.Join(addrs, " "), nil
		}
		if err != nil {
			return "", err
		}
		names = append(names, r.ServiceInstanceName)
		if r.OutputFlags&wsa.RESULT_IS_ALIAS != 0 {
			continue
		}
		for _, a := range r.Addrs {
			ap, _ := a.RemoteAddr.AddrPort()
			addrs = append(addrs, ap.Addr().String())
		}
	}
}

func TestForward(t *testing.T) {
	const notFound, noData = wsa.WSAHOST_NOT_FOUND, wsa.WSANO_DATA
	for _, c := range []struct {
		file, name string
		family     int32
		want       string
		err        error
	}{
		{"plain", "server", 0, "server.example server: 192.0.2.1", nil},
		{"plain", "SERVER.example.", 0, "server.example server: 192.0.2.1", nil},
		{"plain", "localhost", 0, "localhost ip6-localhost: 127.0.0.1 ::1", nil},
		{"plain", "localhost", wsa.AF_INET6, "localhost ip6-localhost: ::1", nil},
		{"plain", "ip6-localhost", wsa.AF_INET, "", noData},
		{"plain", "the", 0, "", notFound},
		{"plain", "nosuch", 0, "", notFound},
		{"crlf", "two", 0, "one two: 192.0.2.1", nil},
		{"crlf", "three", 0, "three: 192.0.2.2", nil},
		{"bom", "one", 0, "one: 192.0.2.1", nil},
		{"no-newline", "one", 0, "one: 192.0.2.1", nil},
		{"comments", "one", 0, "", notFound},
		{"comment-in-name", "one", 0, "one: 192.0.2.1", nil},
		{"comment-in-name", "three", 0, "", notFound},
		{"case", "mIXED.cASE", 0, "Mixed.Case ALIAS: 192.0.2.1 192.0.2.2", nil},
		{"several-lines", "multi", 0, "multi first second: 192.0.2.1 2001:db8::1 192.0.2.2", nil},
		{"several-lines", "second", 0, "multi second: 192.0.2.2", nil},
		{"scope", "by-index", 0, "by-index: fe80::1%1", nil},
		{"scope", "by-name", 0, "", noData},
		{"scope", "no-scope", 0, "no-scope: fe80::3", nil},
		{"scope", "scoped-v4", 0, "", notFound},
		{"broken", "good", 0, "good: 192.0.2.1", nil},
		{"broken", "after", 0, "after: 192.0.2.5", nil},
		{"broken", "short", 0, "", notFound},
		{"broken", "octal", 0, "", notFound},
		{"broken", "127.0.0.1", 0, "", notFound},
		{"idn", "xn--bcher-kva.example", 0, "xn--bcher-kva.example: 192.0.2.1", nil},
		{"missing", "one", 0, "", notFound},
	} {
		p := start(t, filepath.Join("testdata", c.file))
		got, err := ask(t, p, wsa.SVCID_HOSTNAME, c.name, c.family)
		if got != c.want || err != c.err {
			t.Errorf("%s: %s = %q, %v; want %q, %v", c.file, c.name, got, err, c.want, c.err)
		}
	}
}

func TestReverse(t *testing.T) {
	for _, c := range []struct {
		file, addr, want string
		err              error
	}{
		{"plain", "192.0.2.1", "server.example server: 192.0.2.1", nil},
		{"plain", "::1", "localhost ip6-localhost: ::1", nil},
		{"plain", "192.0.2.9", "", wsa.WSAHOST_NOT_FOUND},
		{"several-lines", "192.0.2.1", "multi first: 192.0.2.1", nil},
		{"scope", "fe80::1", "by-index: fe80::1", nil},
	} {
		p := start(t, filepath.Join("testdata", c.file))
		got, err := ask(t, p, wsa.SVCID_INET_HOSTADDRBYINETSTRING, c.addr)
		if got != c.want || err != c.err {
			t.Errorf("%s: %s = %q, %v; want %q, %v", c.file, c.addr, got, err, c.want, c.err)
		}
	}
}

// gethostbyname is IPv4 only, and records other than addresses are not here.
func TestClasses(t *testing.T) {
	p := start(t, "testdata/plain")
	if got, err := ask(t, p, wsa.SVCID_INET_HOSTADDRBYNAME, "localhost"); got != "localhost ip6-localhost: 127.0.0.1" || err != nil {
		t.Errorf("by name: %q, %v", got, err)
	}
	if got, err := ask(t, p, wsa.SVCID_DNS(28), "localhost"); got != "localhost ip6-localhost: ::1" || err != nil {
		t.Errorf("AAAA: %q, %v", got, err)
	}
	for _, class := range []wsa.GUID{wsa.SVCID_DNS(33), {}, wsa.SVCID_INET_SERVICEBYNAME} {
		if _, err := ask(t, p, class, "localhost"); err != wsa.WSASERVICE_NOT_FOUND {
			t.Errorf("class %v: %v, want WSASERVICE_NOT_FOUND", class, err)
		}
	}
}

func TestReadOnly(t *testing.T) {
	p := start(t, "testdata/plain")
	if err := p.SetService(t.Context(), nil, &wsa.QuerySet{}, wsa.RNRSERVICE_REGISTER, 0); err != wsa.WSAEACCES {
		t.Errorf("NSPSetService: %v, want WSAEACCES", err)
	}
	_, err := p.GetServiceClassInfo(wsa.SVCID_HOSTNAME)
	for call, err := range map[string]error{
		"NSPInstallServiceClass": p.InstallServiceClass(&wsa.ServiceClassInfo{}),
		"NSPRemoveServiceClass":  p.RemoveServiceClass(wsa.SVCID_HOSTNAME),
		"NSPGetServiceClassInfo": err,
	} {
		if err != wsa.WSAEOPNOTSUPP {
			t.Errorf("%s: %v, want WSAEOPNOTSUPP", call, err)
		}
	}
}

func TestChangesAreSeen(t *testing.T) {
	path := filepath.Join(t.TempDir(), "hosts")
	p := start(t, path)
	for i, name := range []string{"one", "two", "six"} { // all of one length: the size never tells
		if err := os.WriteFile(path, []byte("192.0.2.1 "+name+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
		if i == 1 { // an old file is cached, and its change seen all the same
			old := time.Now().Add(-time.Hour)
			if err := os.Chtimes(path, old, old); err != nil {
				t.Fatal(err)
			}
		}
		for range 2 {
			if _, err := ask(t, p, wsa.SVCID_HOSTNAME, name); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if _, err := ask(t, p, wsa.SVCID_HOSTNAME, "six"); err != wsa.WSAHOST_NOT_FOUND {
		t.Errorf("after the file was removed: %v", err)
	}
}

func TestUnchangedFileIsReadOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "hosts")
	if err := os.WriteFile(path, []byte("192.0.2.1 one\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	old := time.Now().Add(-time.Hour)
	if err := os.Chtimes(path, old, old); err != nil {
		t.Fatal(err)
	}
	f := file{path: path}
	first, err := f.load()
	if err != nil {
		t.Fatal(err)
	}
	if again, _ := f.load(); again != first {
		t.Error("an unchanged file was read twice")
	}
}

// "WSANSPIoctl function": SIO_NSP_NOTIFY_CHANGE tells whether the answers of
// a look-up still hold.
func TestNotifyChange(t *testing.T) {
	path := filepath.Join(t.TempDir(), "hosts")
	p := start(t, path).(interface {
		spi.NameProvider
		spi.NameIoctler
	})
	write := func(content string) {
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("192.0.2.1 one\n")
	l, err := p.LookupServiceBegin(t.Context(), &wsa.QuerySet{ServiceInstanceName: "one", ServiceClassID: wsa.SVCID_HOSTNAME}, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	write("192.0.2.1 one\n")
	if _, err := p.NSPIoctl(l, wsa.SIO_NSP_NOTIFY_CHANGE, nil, nil); err != wsa.WSAEWOULDBLOCK {
		t.Errorf("after a write of the same: %v, want WSAEWOULDBLOCK", err)
	}
	write("192.0.2.2 one\n")
	if _, err := p.NSPIoctl(l, wsa.SIO_NSP_NOTIFY_CHANGE, nil, nil); err != nil {
		t.Errorf("after a change: %v", err)
	}
	if _, err := p.NSPIoctl(l, wsa.SIO_FLUSH, nil, nil); err != wsa.WSAEOPNOTSUPP {
		t.Errorf("another code: %v, want WSAEOPNOTSUPP", err)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if _, err := p.NSPIoctl(l, wsa.SIO_NSP_NOTIFY_CHANGE, nil, nil); err != nil {
		t.Errorf("after the file was removed: %v", err)
	}
	if _, err := l.Next(t.Context(), 0); err != nil {
		t.Errorf("the answer of when the look-up began: %v", err)
	}
}

func TestHugeLines(t *testing.T) {
	long := "192.0.2.1 " + strings.Repeat("a.example ", 200_000) + "\n" + strings.Repeat("x", 1<<20) + "\n192.0.2.2 after\n"
	e := parse([]byte(long)).byName["after"]
	if e == nil || e.addrs[0] != netip.MustParseAddr("192.0.2.2") {
		t.Errorf("the line after huge ones: %+v", e)
	}
}

func TestEndOfLookup(t *testing.T) {
	p := start(t, "testdata/plain")
	l, err := p.LookupServiceBegin(t.Context(), &wsa.QuerySet{ServiceInstanceName: "server", ServiceClassID: wsa.SVCID_HOSTNAME}, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := l.Next(ctx, 0); err != wsa.WSA_E_CANCELLED {
		t.Errorf("Next with a done context: %v", err)
	}
	if _, err := l.Next(t.Context(), 0); err != nil {
		t.Errorf("Next after a cancelled one: %v", err)
	}
}

func FuzzParse(f *testing.F) {
	files, err := filepath.Glob("testdata/*")
	if err != nil || len(files) < 10 {
		f.Fatalf("%d files in testdata: %v", len(files), err)
	}
	for _, file := range files {
		if content, err := os.ReadFile(file); err == nil {
			f.Add(content)
		}
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		table := parse(content)
		for key, e := range table.byName {
			if key != hostname.Key(key) || !hostname.Valid(key) || len(e.names) == 0 || len(e.addrs) == 0 {
				t.Fatalf("%q: %+v", key, e)
			}
			for _, name := range e.names {
				if !hostname.Valid(name) || strings.HasSuffix(name, ".") {
					t.Fatalf("%q: name %q", key, name)
				}
			}
		}
		// Comments and line ends carry no meaning.
		again := parse(append(bytes.ReplaceAll(content, []byte("\n"), []byte("#x\r\n")), '#'))
		if len(again.byName) != len(table.byName) || len(again.byAddr) != len(table.byAddr) {
			t.Fatalf("%d names and %d addresses, with comments %d and %d",
				len(table.byName), len(table.byAddr), len(again.byName), len(again.byAddr))
		}
	})
}
