// SPDX-License-Identifier: Apache-2.0

package query

import (
	"context"
	"net/netip"
	"testing"

	"winsock/wsa"
)

func TestRead(t *testing.T) {
	inet := func(families ...int32) (list []wsa.AFProtocols) {
		for _, f := range families {
			list = append(list, wsa.AFProtocols{AddressFamily: f})
		}
		return list
	}
	for _, c := range []struct {
		name  string
		set   wsa.QuerySet
		flags uint32
		want  Question
		err   error
	}{
		{"any family without restrictions", wsa.QuerySet{ServiceInstanceName: "h", ServiceClassID: wsa.SVCID_HOSTNAME}, 0,
			Question{Kind: Forward, V4: true, V6: true, Protocol: 6, SocketType: 1}, nil},
		{"restricted to IPv6", wsa.QuerySet{ServiceInstanceName: "h", ServiceClassID: wsa.SVCID_HOSTNAME, Protocols: inet(wsa.AF_INET6)}, 0,
			Question{Kind: Forward, V6: true, Protocol: 6, SocketType: 1}, nil},
		{"gethostbyname is IPv4", wsa.QuerySet{ServiceInstanceName: "h", ServiceClassID: wsa.SVCID_INET_HOSTADDRBYNAME}, 0,
			Question{Kind: Forward, V4: true, Protocol: 6, SocketType: 1}, nil},
		{"gethostbyname of IPv6 only", wsa.QuerySet{ServiceInstanceName: "h", ServiceClassID: wsa.SVCID_INET_HOSTADDRBYNAME, Protocols: inet(wsa.AF_INET6)}, 0,
			Question{}, wsa.WSASERVICE_NOT_FOUND},
		{"foreign family", wsa.QuerySet{ServiceInstanceName: "h", ServiceClassID: wsa.SVCID_HOSTNAME, Protocols: inet(wsa.AF_IRDA)}, 0,
			Question{}, wsa.WSASERVICE_NOT_FOUND},
		{"foreign class", wsa.QuerySet{ServiceInstanceName: "h", ServiceClassID: wsa.GUID{Data1: 1}}, 0,
			Question{}, wsa.WSASERVICE_NOT_FOUND},
		{"containers", wsa.QuerySet{ServiceInstanceName: "h", ServiceClassID: wsa.SVCID_HOSTNAME}, wsa.LUP_CONTAINERS,
			Question{}, wsa.WSASERVICE_NOT_FOUND},
		{"no name", wsa.QuerySet{ServiceClassID: wsa.SVCID_HOSTNAME}, 0, Question{}, wsa.WSAEINVAL},
		{"by address", wsa.QuerySet{ServiceInstanceName: "192.0.2.1", ServiceClassID: wsa.SVCID_INET_HOSTADDRBYINETSTRING}, 0,
			Question{Kind: Reverse, Addr: netip.MustParseAddr("192.0.2.1")}, nil},
		{"by a name that is no address", wsa.QuerySet{ServiceInstanceName: "h", ServiceClassID: wsa.SVCID_INET_HOSTADDRBYINETSTRING}, 0,
			Question{}, wsa.WSAEINVAL},
		{"UDP port", wsa.QuerySet{ServiceInstanceName: "h", ServiceClassID: wsa.SVCID_UDP(514)}, 0,
			Question{Kind: Forward, V4: true, V6: true, Port: 514, Protocol: 17, SocketType: 2}, nil},
		{"A", wsa.QuerySet{ServiceInstanceName: "h", ServiceClassID: wsa.SVCID_DNS(1)}, 0,
			Question{Kind: Forward, V4: true, Port: 53, Protocol: 6, SocketType: 1}, nil},
		{"AAAA", wsa.QuerySet{ServiceInstanceName: "h", ServiceClassID: wsa.SVCID_DNS(28)}, 0,
			Question{Kind: Forward, V6: true, Port: 53, Protocol: 6, SocketType: 1}, nil},
		{"PTR of a reverse name", wsa.QuerySet{ServiceInstanceName: "1.2.0.192.IN-ADDR.ARPA.", ServiceClassID: wsa.SVCID_DNS(12)}, 0,
			Question{Kind: Reverse, Addr: netip.MustParseAddr("192.0.2.1")}, nil},
		{"PTR of an IPv6 reverse name", wsa.QuerySet{ServiceClassID: wsa.SVCID_DNS(12),
			ServiceInstanceName: "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa"}, 0,
			Question{Kind: Reverse, Addr: netip.MustParseAddr("2001:db8::1")}, nil},
		{"PTR of a service", wsa.QuerySet{ServiceInstanceName: "_http._tcp.h", ServiceClassID: wsa.SVCID_DNS(12)}, 0,
			Question{Kind: Record, Type: 12}, nil},
		{"SRV", wsa.QuerySet{ServiceInstanceName: "_ldap._tcp.h", ServiceClassID: wsa.SVCID_DNS(33)}, 0,
			Question{Kind: Record, Type: 33}, nil},
	} {
		q, err := Read(&c.set, c.flags)
		if err != c.err {
			t.Errorf("%s: error %v, want %v", c.name, err, c.err)
		}
		if err != nil {
			continue
		}
		if q.Kind != c.want.Kind || q.Addr != c.want.Addr || q.Type != c.want.Type {
			t.Errorf("%s: got kind %d, address %v, type %d", c.name, q.Kind, q.Addr, q.Type)
		}
		if q.Kind == Forward && (q.V4 != c.want.V4 || q.V6 != c.want.V6 ||
			q.Port != c.want.Port || q.Protocol != c.want.Protocol || q.SocketType != c.want.SocketType) {
			t.Errorf("%s: got %+v", c.name, *q)
		}
	}
}

// difference 137: names in other scripts go out in IDN encoding.
func TestIDN(t *testing.T) {
	for flags, want := range map[uint32]string{0: "xn--bcher-kva.example", wsa.LUP_DISABLE_IDN_ENCODING: "bücher.example"} {
		set := &wsa.QuerySet{ServiceInstanceName: "bücher.example", ServiceClassID: wsa.SVCID_HOSTNAME}
		q, err := Read(set, flags|wsa.LUP_RETURN_QUERY_STRING)
		if err != nil || q.Name != want {
			t.Errorf("flags %#x: name %q, %v; want %q", flags, q.Name, err, want)
		}
		if got := q.Results(Source{}, Answer{})[0].QueryString; got != "bücher.example" {
			t.Errorf("flags %#x: the query string comes back as %q", flags, got)
		}
	}
}

func TestResultsHoldWhatTheFlagsAskFor(t *testing.T) {
	set := &wsa.QuerySet{ServiceInstanceName: "asked", ServiceClassID: wsa.SVCID_TCP(80)}
	source := Source{wsa.GUID{Data1: 7}, wsa.NS_DNS}
	answer := Answer{Name: "real", Aliases: []string{"asked"}, Addrs: []netip.Addr{netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("::1")}}
	for flags, want := range map[uint32]int{
		0: 1, wsa.LUP_RETURN_NAME: 1, wsa.LUP_RETURN_ALIASES | wsa.LUP_RETURN_NAME: 2, wsa.LUP_RETURN_ALL: 2, wsa.LUP_RES_SERVICE | wsa.LUP_RETURN_ADDR: 1,
	} {
		q, err := Read(set, flags)
		if err != nil {
			t.Fatal(err)
		}
		sets := q.Results(source, answer)
		if len(sets) != want {
			t.Fatalf("flags %#x: %d results, want %d", flags, len(sets), want)
		}
		first := sets[0]
		if (first.ServiceInstanceName == "real") != (flags&wsa.LUP_RETURN_NAME != 0) ||
			(first.ServiceClassID == set.ServiceClassID) != (flags&wsa.LUP_RETURN_TYPE != 0) ||
			(len(first.Addrs) == 2) != (flags&wsa.LUP_RETURN_ADDR != 0) ||
			(first.QueryString == "asked") != (flags&wsa.LUP_RETURN_QUERY_STRING != 0) ||
			first.NameSpace != wsa.NS_DNS || *first.NSProviderID != source.ProviderID || first.OutputFlags != 0 {
			t.Errorf("flags %#x: got %+v", flags, first)
		}
		if want == 2 && (sets[1].OutputFlags != wsa.RESULT_IS_ALIAS || sets[1].ServiceInstanceName != "asked") {
			t.Errorf("flags %#x: the alias is %+v", flags, sets[1])
		}
		if flags&wsa.LUP_RETURN_ADDR == 0 {
			continue
		}
		prime, other := first.Addrs[1].RemoteAddr, first.Addrs[1].LocalAddr
		if flags&wsa.LUP_RES_SERVICE != 0 {
			prime, other = other, prime
		}
		if prime != wsa.SockaddrFrom(netip.MustParseAddrPort("[::1]:80")) || other != wsa.SockaddrFrom(netip.MustParseAddrPort("[::]:0")) {
			t.Errorf("flags %#x: prime address %v, the other %v", flags, &prime, &other)
		}
	}
}

func TestLookup(t *testing.T) {
	calls := 0
	l := NewLookup(func(ctx context.Context) ([]*wsa.QuerySet, error) {
		if calls++; calls == 1 {
			return nil, wsa.WSA_E_CANCELLED
		}
		return []*wsa.QuerySet{{Comment: "1"}, {Comment: "2"}}, nil
	})
	if _, err := l.Next(t.Context(), 0); err != wsa.WSA_E_CANCELLED {
		t.Fatalf("a cancelled Next: %v", err)
	}
	for _, want := range []string{"1", "2"} {
		if set, err := l.Next(t.Context(), 0); err != nil || set.Comment != want {
			t.Fatalf("Next = %+v, %v; want %s", set, err, want)
		}
	}
	for range 2 {
		if _, err := l.Next(t.Context(), 0); err != wsa.WSA_E_NO_MORE {
			t.Fatalf("Next after the last: %v, want WSA_E_NO_MORE", err)
		}
	}
	if calls != 2 {
		t.Errorf("resolved %d times, want 2 (the first was cancelled)", calls)
	}
}

func TestEndEndsNext(t *testing.T) {
	begun := make(chan struct{})
	l := NewLookup(func(ctx context.Context) ([]*wsa.QuerySet, error) {
		close(begun)
		<-ctx.Done()
		return nil, wsa.WSA_E_CANCELLED
	})
	answer := make(chan error)
	go func() {
		_, err := l.Next(context.Background(), 0)
		answer <- err
	}()
	<-begun
	if err := l.End(); err != nil {
		t.Fatal(err)
	}
	if err := <-answer; err != wsa.WSA_E_CANCELLED {
		t.Errorf("Next ended with %v, want WSA_E_CANCELLED", err)
	}
	if _, err := l.Next(t.Context(), 0); err != wsa.WSA_E_CANCELLED {
		t.Errorf("Next after End: %v, want WSA_E_CANCELLED", err)
	}
}
