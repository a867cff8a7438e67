// SPDX-License-Identifier: Apache-2.0

package dns

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"winsock/spi"
	"winsock/wsa"
)

// start returns the provider for a server, by way of its path in a catalog.
func start(t *testing.T, options spi.Options) spi.NameProvider {
	t.Helper()
	d, options, err := spi.ParseNamePath(spi.FormatPath("dns", options))
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

// results drains a look-up, each result as "name [address...] blob", aliases
// in parentheses.
func results(t *testing.T, p spi.NameProvider, class wsa.GUID, name string, flags uint32) ([]string, error) {
	t.Helper()
	l, err := p.LookupServiceBegin(t.Context(), &wsa.QuerySet{ServiceInstanceName: name, ServiceClassID: class}, nil, flags)
	if err != nil {
		return nil, err
	}
	defer l.End()
	var list []string
	for {
		set, err := l.Next(t.Context(), 0)
		if err == wsa.WSA_E_NO_MORE {
			return list, nil
		}
		if err != nil {
			return list, err
		}
		s := set.ServiceInstanceName
		if set.OutputFlags&wsa.RESULT_IS_ALIAS != 0 {
			list = append(list, "("+s+")")
			continue
		}
		for _, a := range set.Addrs {
			ap, _ := a.RemoteAddr.AddrPort()
			s += " " + ap.String()
		}
		if set.Blob != nil {
			s += fmt.Sprintf(" %q", set.Blob)
		}
		list = append(list, s)
	}
}

func TestClasses(t *testing.T) {
	s := newServer(t, testZone(t).answer)
	p := start(t, spi.Options{"server": s.addr, "resolvconf": "testdata/none", "search": "search.example", "timeout": "30s"})
	for _, c := range []struct {
		class wsa.GUID
		name  string
		want  string
		err   error
	}{
		{wsa.SVCID_HOSTNAME, "alias.example", "both.example 192.0.2.1:0 192.0.2.2:0 [2001:db8::1]:0|(alias.example)|(alias2.example)", nil},
		{wsa.SVCID_INET_HOSTADDRBYNAME, "both.example", "both.example 192.0.2.1:0 192.0.2.2:0", nil},
		{wsa.SVCID_INET_HOSTADDRBYNAME, "v6.example", "", wsa.WSANO_DATA},
		{wsa.SVCID_INET_HOSTADDRBYINETSTRING, "192.0.2.1", "v4.example 192.0.2.1:0|(second.example)", nil},
		{wsa.SVCID_TCP(80), "v4.example", "v4.example 192.0.2.1:80", nil},
		{wsa.SVCID_UDP(514), "inside", "inside.search.example 192.0.2.9:514", nil},
		{wsa.SVCID_DNS(1), "both.example", "both.example 192.0.2.1:53 192.0.2.2:53", nil},
		{wsa.SVCID_DNS(28), "both.example", "both.example [2001:db8::1]:53", nil},
		{wsa.SVCID_DNS(12), "1.2.0.192.in-addr.arpa", "v4.example 192.0.2.1:53|(second.example)", nil},
		{wsa.SVCID_DNS(33), "_ldap._tcp.example", "both.example 192.0.2.1:3268 192.0.2.2:3268 [2001:db8::1]:3268|v4.example 192.0.2.1:389", nil},
		{wsa.SVCID_DNS(16), "text.example", `text.example "\x05hello\x05world"`, nil},
		{wsa.SVCID_DNS(15), "mail.example", `both.example "\x00\n\x04both\aexample\x00"`, nil},
		{wsa.SVCID_DNS(5), "alias.example", `alias2.example "\x06alias2\aexample\x00"`, nil},
		{wsa.SVCID_DNS(16), "v4.example", "", wsa.WSANO_DATA},
		{wsa.SVCID_DNS(16), "nosuch.example", "", wsa.WSAHOST_NOT_FOUND},
		{wsa.GUID{Data1: 9}, "v4.example", "", wsa.WSASERVICE_NOT_FOUND},
		{wsa.SVCID_HOSTNAME, "", "", wsa.WSAEINVAL},
	} {
		got, err := results(t, p, c.class, c.name, wsa.LUP_RETURN_ALL)
		if strings.Join(got, "|") != c.want || err != c.err {
			t.Errorf("%v %s = %q, %v; want %q, %v", c.class, c.name, got, err, c.want, c.err)
		}
	}
}

// "WSALookupServiceBegin function": LUP_FLUSHCACHE asks the name space itself.
func TestFlushCache(t *testing.T) {
	s := newServer(t, testZone(t).answer)
	p := start(t, spi.Options{"server": s.addr, "resolvconf": "testdata/none", "timeout": "30s"})
	for i, flags := range []uint32{0, 0, wsa.LUP_FLUSHCACHE} {
		if _, err := results(t, p, wsa.SVCID_INET_HOSTADDRBYNAME, "v4.example", flags); err != nil {
			t.Fatal(err)
		}
		if n, want := len(s.questions()), []int{1, 1, 2}[i]; n != want {
			t.Errorf("look-up %d with flags %#x: %d questions so far, want %d", i, flags, n, want)
		}
	}
}

func TestReadOnly(t *testing.T) {
	p := start(t, spi.Options{"server": "127.0.0.1"})
	if err := p.SetService(t.Context(), nil, &wsa.QuerySet{}, wsa.RNRSERVICE_REGISTER, 0); err != wsa.WSAEOPNOTSUPP {
		t.Errorf("NSPSetService: %v, want WSAEOPNOTSUPP", err)
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

func TestServerOption(t *testing.T) {
	got, err := parseServers("192.0.2.1 192.0.2.1:5353 2001:db8::1 [2001:db8::1]:5353")
	want := []string{"192.0.2.1:53", "192.0.2.1:5353", "[2001:db8::1]:53", "[2001:db8::1]:5353"}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("got %q, %v", got, err)
	}
	d, options, err := spi.ParseNamePath("dns:server=dns.example")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Startup(&spi.NameStartupParams{Options: options}); !errors.Is(err, wsa.WSAEINVAL) || !strings.Contains(err.Error(), "dns.example") {
		t.Errorf("a server that is a name: %v", err)
	}
}
