// SPDX-License-Identifier: Apache-2.0

package fakeip

import (
	"net/netip"
	"testing"

	mdns "github.com/miekg/dns"

	"winsock/namespace/dns"
	"winsock/spi"
	"winsock/wsa"
)

func started(t *testing.T, options spi.Options) spi.NameProvider {
	t.Helper()
	_, full, err := spi.ParseNamePath(spi.FormatPath("fakeip", options))
	if err != nil {
		t.Fatal(err)
	}
	p, err := startup(&spi.NameStartupParams{ProviderID: ProviderID, Options: full})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func ask(t *testing.T, p spi.NameProvider, q *wsa.QuerySet, flags uint32) (*wsa.QuerySet, error) {
	t.Helper()
	l, err := p.LookupServiceBegin(t.Context(), q, nil, flags)
	if err != nil {
		return nil, err
	}
	defer l.End()
	return l.Next(t.Context(), 0)
}

func host(name string, families ...int32) *wsa.QuerySet {
	q := &wsa.QuerySet{ServiceInstanceName: name, ServiceClassID: wsa.SVCID_HOSTNAME}
	for _, f := range families {
		q.Protocols = append(q.Protocols, wsa.AFProtocols{AddressFamily: f})
	}
	return q
}

func TestNames(t *testing.T) {
	p := started(t, spi.Options{"ipv4": "198.18.0.0/24", "ipv6": "none"})
	const all = wsa.LUP_RETURN_NAME | wsa.LUP_RETURN_ADDR
	set, err := ask(t, p, host("Some.Where.example."), all)
	if err != nil || len(set.Addrs) != 1 {
		t.Fatalf("%+v, %v", set, err)
	}
	ap, _ := set.Addrs[0].RemoteAddr.AddrPort()
	if !netip.MustParsePrefix("198.18.0.0/24").Contains(ap.Addr()) {
		t.Errorf("the address is %v", ap)
	}
	back, err := ask(t, p, &wsa.QuerySet{ServiceInstanceName: ap.Addr().String(), ServiceClassID: wsa.SVCID_INET_HOSTADDRBYINETSTRING}, all)
	if err != nil || back.ServiceInstanceName != "some.where.example" {
		t.Errorf("the address is of %+v, %v", back, err)
	}
	for _, c := range []struct {
		q    *wsa.QuerySet
		want error
	}{
		{host("v6.example", wsa.AF_INET6), wsa.WSANO_DATA},
		{host("not.invalid"), wsa.WSAHOST_NOT_FOUND},
		{host("a..b"), wsa.WSAHOST_NOT_FOUND},
		{host("localhost"), nil},
		{&wsa.QuerySet{ServiceInstanceName: "192.0.2.1", ServiceClassID: wsa.SVCID_INET_HOSTADDRBYINETSTRING}, wsa.WSAHOST_NOT_FOUND},
		{&wsa.QuerySet{ServiceInstanceName: "a.example", ServiceClassID: wsa.SVCID_DNS(16)}, wsa.WSANO_DATA},
	} {
		if _, err := ask(t, p, c.q, all); err != c.want {
			t.Errorf("%s: %v, want %v", c.q.ServiceInstanceName, err, c.want)
		}
	}
}

// Other records are answered with none, and addresses are asked for otherwise.
func TestMessages(t *testing.T) {
	p := started(t, spi.Options{})
	for kind, want := range map[uint16]error{mdns.TypeHTTPS: nil, mdns.TypeTXT: nil, mdns.TypeA: wsa.WSASERVICE_NOT_FOUND} {
		packed, err := new(mdns.Msg).SetQuestion("a.example.", kind).Pack()
		if err != nil {
			t.Fatal(err)
		}
		set, err := ask(t, p, &wsa.QuerySet{ServiceInstanceName: "a.example.", ServiceClassID: dns.MessageClass, Blob: packed}, wsa.LUP_RETURN_BLOB)
		if err != want {
			t.Errorf("type %d: %v, want %v", kind, err, want)
			continue
		}
		if want != nil {
			continue
		}
		var m mdns.Msg
		if err := m.Unpack(set.Blob); err != nil || m.Rcode != mdns.RcodeSuccess || len(m.Answer) != 0 {
			t.Errorf("type %d is answered with %v, %v", kind, &m, err)
		}
	}
}

func TestOptions(t *testing.T) {
	for _, o := range []spi.Options{{"ipv4": "::/64"}, {"ipv6": "198.18.0.0/15"}, {"ipv4": "198.18.0.0/31"}, {"ipv4": "x"}} {
		_, full, _ := spi.ParseNamePath(spi.FormatPath("fakeip", o))
		if _, err := startup(&spi.NameStartupParams{Options: full}); wsa.ErrnoOf(err) != wsa.WSAEINVAL {
			t.Errorf("%v: %v", o, err)
		}
	}
}
