// SPDX-License-Identifier: Apache-2.0

package winsock

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	mdns "github.com/miekg/dns"

	"winsock/wsa"
)

// showInfos writes results as "address/type/protocol".
func showInfos(list []AddrInfo) string {
	var s []string
	for _, info := range list {
		ap, _ := info.Addr.AddrPort()
		family := int32(wsa.AF_INET)
		if ap.Addr().Is6() {
			family = wsa.AF_INET6
		}
		if info.Family != family || info.Flags != 0 {
			s = append(s, fmt.Sprintf("family %d, flags %#x:", info.Family, info.Flags))
		}
		s = append(s, fmt.Sprintf("%v/%d/%d", ap, info.SockType, info.Protocol))
	}
	return strings.Join(s, " ")
}

func testNames(t *testing.T) {
	t.Helper()
	started(t)
	useNameSpaces(t,
		hostsPath(t, "127.0.0.1 localhost", "::1 localhost", "192.0.2.1 v4.test short", "2001:db8::1 v6.test",
			"192.0.2.7 both.test", "2001:db8::7 both.test", "192.0.2.9 shadow.test"),
		dnsPath(t, answering(t, "dns.test. 60 IN A 192.0.2.53", "shadow.test. 60 IN A 192.0.2.66",
			"xn--bcher-kva.test. 60 IN A 192.0.2.8", "v4.test. 60 IN AAAA 2001:db8::4",
			"53.2.0.192.in-addr.arpa. 60 IN PTR dns.test.")))
	pretendAddrs(t, "192.0.2.2", "2001:db8::2")
}

// "getaddrinfo function", difference 135.
func TestGetAddrInfo(t *testing.T) {
	testNames(t)
	none := (*string)(nil)
	for _, c := range []struct {
		node, service *string
		hints         AddrInfo
		want          string
		err           wsa.Errno
	}{
		{none, none, AddrInfo{}, "", wsa.WSAHOST_NOT_FOUND},
		{none, new("0"), AddrInfo{}, "[::1]:0/0/0 127.0.0.1:0/0/0", 0},
		{none, new(""), AddrInfo{}, "[::1]:0/0/0 127.0.0.1:0/0/0", 0},
		{none, new("80"), AddrInfo{Flags: wsa.AI_PASSIVE}, "[::]:80/0/0 0.0.0.0:80/0/0", 0},
		{none, new("80"), AddrInfo{Flags: wsa.AI_PASSIVE, Family: wsa.AF_INET, SockType: wsa.SOCK_STREAM}, "0.0.0.0:80/1/0", 0},
		{none, new("80"), AddrInfo{Family: wsa.AF_INET6}, "[::1]:80/0/0", 0},
		{none, new("nonexistentservice"), AddrInfo{}, "", wsa.WSATYPE_NOT_FOUND},
		{none, new("65536"), AddrInfo{}, "", wsa.WSATYPE_NOT_FOUND},
		{none, new("-1"), AddrInfo{}, "", wsa.WSATYPE_NOT_FOUND},

		{new(""), none, AddrInfo{}, "192.0.2.2:0/0/0 [2001:db8::2]:0/0/0", 0},
		{new(""), new("0"), AddrInfo{Family: wsa.AF_INET6}, "[2001:db8::2]:0/0/0", 0},
		{new(ownName()), none, AddrInfo{}, "192.0.2.2:0/0/0 [2001:db8::2]:0/0/0", 0},

		{new("v4.test"), new("80"), AddrInfo{}, "192.0.2.1:80/0/0", 0},
		{new("V4.TEST."), new("80"), AddrInfo{}, "192.0.2.1:80/0/0", 0},
		{new("short"), none, AddrInfo{SockType: wsa.SOCK_DGRAM, Protocol: wsa.IPPROTO_UDP}, "192.0.2.1:0/2/17", 0},
		{new("v4.test"), none, AddrInfo{Family: wsa.AF_INET6}, "[2001:db8::4]:0/0/0", 0}, // the DNS has what the hosts file lacks
		{new("v6.test"), none, AddrInfo{Family: wsa.AF_INET}, "", wsa.WSANO_DATA},
		{new("shadow.test"), none, AddrInfo{}, "192.0.2.9:0/0/0", 0},
		{new("shadow.test"), none, AddrInfo{Flags: wsa.AI_DNS_ONLY}, "192.0.2.66:0/0/0", 0},
		{new("dns.test"), none, AddrInfo{Flags: wsa.AI_ALL}, "192.0.2.53:0/0/0", 0},
		{new("nosuch.test"), none, AddrInfo{}, "", wsa.WSAHOST_NOT_FOUND},
		{new("no such"), none, AddrInfo{}, "", wsa.WSAHOST_NOT_FOUND},
		{new("bücher.test"), none, AddrInfo{}, "192.0.2.8:0/0/0", 0},
		{new("bücher.test"), none, AddrInfo{Flags: wsa.AI_DISABLE_IDN_ENCODING}, "", wsa.WSAHOST_NOT_FOUND},

		{new("192.168.1.253"), none, AddrInfo{}, "192.168.1.253:0/0/0", 0},
		{new("0x7f.1"), new("80"), AddrInfo{Flags: wsa.AI_NUMERICHOST}, "127.0.0.1:80/0/0", 0},
		{new("192.168.1.253:1024"), none, AddrInfo{Flags: wsa.AI_NUMERICHOST}, "", wsa.WSAHOST_NOT_FOUND},
		{new("localhost"), new("80"), AddrInfo{Flags: wsa.AI_NUMERICHOST}, "", wsa.WSAHOST_NOT_FOUND},
		{new("2a00:2039:dead:beef:cafe::6666"), none, AddrInfo{}, "[2a00:2039:dead:beef:cafe::6666]:0/0/0", 0},
		{new("[beef::cafe]"), none, AddrInfo{Flags: wsa.AI_NUMERICHOST, Family: wsa.AF_INET6}, "[beef::cafe]:0/0/0", 0},
		{new("[beef::cafe]"), none, AddrInfo{Flags: wsa.AI_NUMERICHOST, Family: wsa.AF_INET}, "", wsa.WSAHOST_NOT_FOUND},
		{new("[beef::cafe]:10239"), none, AddrInfo{}, "[beef::cafe]:0/0/0", 0},
		{new("[beef::cafe"), none, AddrInfo{Flags: wsa.AI_NUMERICHOST}, "", wsa.WSAHOST_NOT_FOUND},
		{new("beef::cafe]"), none, AddrInfo{Flags: wsa.AI_NUMERICHOST}, "", wsa.WSAHOST_NOT_FOUND},
		{new("fe80::1%3"), none, AddrInfo{}, "[fe80::1%3]:0/0/0", 0},

		{new("192.0.2.1"), none, AddrInfo{Family: wsa.AF_INET6, Flags: wsa.AI_V4MAPPED}, "[::ffff:192.0.2.1]:0/0/0", 0},
		{new("short"), none, AddrInfo{Family: wsa.AF_INET6, Flags: wsa.AI_V4MAPPED}, "[::ffff:192.0.2.1]:0/0/0", 0},
		{new("v6.test"), none, AddrInfo{Family: wsa.AF_INET6, Flags: wsa.AI_V4MAPPED}, "[2001:db8::1]:0/0/0", 0},
		{new("both.test"), none, AddrInfo{Family: wsa.AF_INET6, Flags: wsa.AI_V4MAPPED | wsa.AI_ALL}, "[2001:db8::7]:0/0/0 [::ffff:192.0.2.7]:0/0/0", 0},

		{new("v4.test"), new("http"), AddrInfo{SockType: wsa.SOCK_STREAM}, "192.0.2.1:80/1/0", 0},
		{new("v4.test"), new("domain"), AddrInfo{}, "192.0.2.1:53/1/6 192.0.2.1:53/2/17", 0},
		{new("v4.test"), new("telnet"), AddrInfo{}, "192.0.2.1:23/1/6", 0},
		{new("v4.test"), new("domain"), AddrInfo{Protocol: wsa.IPPROTO_UDP}, "192.0.2.1:53/2/17", 0},
		{new("v4.test"), new("telnet"), AddrInfo{SockType: wsa.SOCK_DGRAM}, "", wsa.WSATYPE_NOT_FOUND},
		{new("v4.test"), new("http"), AddrInfo{SockType: wsa.SOCK_RAW}, "", wsa.WSATYPE_NOT_FOUND},
		{new("v4.test"), new("http"), AddrInfo{Flags: wsa.AI_NUMERICSERV}, "", wsa.WSAHOST_NOT_FOUND},

		{new("v4.test"), none, AddrInfo{Family: wsa.AF_IRDA}, "", wsa.WSAEAFNOSUPPORT},
		{new("v4.test"), none, AddrInfo{SockType: 999}, "", wsa.WSAESOCKTNOSUPPORT},
		{new("v4.test"), none, AddrInfo{SockType: wsa.SOCK_STREAM, Protocol: 999}, "192.0.2.1:0/1/999", 0},
		{new("v4.test"), none, AddrInfo{Flags: 0x200}, "", wsa.WSAEINVAL},
		{new("v4.test"), none, AddrInfo{Flags: wsa.AI_REQUIRE_SECURE}, "", wsa.WSAEINVAL},
		{new("v4.test"), none, AddrInfo{Flags: wsa.AI_CANONNAME | wsa.AI_FQDN}, "", wsa.WSAEINVAL},
		{none, new("80"), AddrInfo{Flags: wsa.AI_CANONNAME}, "", wsa.WSAEINVAL},
		{new("v4.test"), none, AddrInfo{CanonName: "x"}, "", wsa.WSANO_RECOVERY},
		{new("v4.test"), none, AddrInfo{Addr: wsa.SockaddrUnix("x")}, "", wsa.WSANO_RECOVERY},
	} {
		what := fmt.Sprintf("getaddrinfo(%s, %s, {%#x %d %d %d})", quote(c.node), quote(c.service),
			c.hints.Flags, c.hints.Family, c.hints.SockType, c.hints.Protocol)
		list, err := GetAddrInfo(c.node, c.service, &c.hints)
		wantErr(t, what, err, c.err)
		if got := showInfos(list); got != c.want {
			t.Errorf("%s = %q, want %q", what, got, c.want)
		}
	}
}

func quote(s *string) string {
	if s == nil {
		return "NULL"
	}
	return fmt.Sprintf("%q", *s)
}

func TestCanonName(t *testing.T) {
	testNames(t)
	for node, want := range map[string]string{"short": "v4.test", "v4.test": "v4.test", "192.0.2.1": "192.0.2.1", "": ownName()} {
		for _, flag := range []uint32{wsa.AI_CANONNAME, wsa.AI_FQDN} {
			list, err := GetAddrInfo(&node, nil, &AddrInfo{Flags: flag})
			must(t, err)
			for i, info := range list {
				if i == 0 && info.CanonName != want || i > 0 && info.CanonName != "" {
					t.Errorf("canonical name %d of %q is %q, want %q in the first", i, node, info.CanonName, want)
				}
			}
		}
	}
	if list, err := GetAddrInfo(new("short"), nil, nil); err != nil || list[0].CanonName != "" {
		t.Errorf("without AI_CANONNAME: %+v, %v", list, err)
	}
}

// Difference 136: no IPv6 results without an IPv6 address of one's own.
func TestIPv6NeedsAnAddress(t *testing.T) {
	testNames(t)
	for _, c := range []struct {
		own, node string
		hints     AddrInfo
		want      string
		err       wsa.Errno
	}{
		{"192.0.2.2", "both.test", AddrInfo{}, "192.0.2.7:0/0/0", 0},
		{"192.0.2.2 fe80::9%1", "both.test", AddrInfo{}, "192.0.2.7:0/0/0", 0},
		{"192.0.2.2", "v6.test", AddrInfo{Family: wsa.AF_INET6}, "", wsa.WSANO_DATA},
		{"192.0.2.2", "v6.test", AddrInfo{}, "", wsa.WSANO_DATA},
		{"192.0.2.2", "localhost", AddrInfo{Family: wsa.AF_INET6}, "[::1]:0/0/0", 0},
		{"192.0.2.2", "2001:db8::1", AddrInfo{}, "[2001:db8::1]:0/0/0", 0},
		{"192.0.2.2 2001:db8::2", "v6.test", AddrInfo{}, "[2001:db8::1]:0/0/0", 0},
		{"2001:db8::2", "v4.test", AddrInfo{}, "192.0.2.1:0/0/0", 0},
		{"2001:db8::2", "short", AddrInfo{Flags: wsa.AI_ADDRCONFIG}, "", wsa.WSANO_DATA},
		{"127.0.0.1 ::1", "", AddrInfo{Family: wsa.AF_INET6}, "[::1]:0/0/0", 0},
	} {
		pretendAddrs(t, strings.Fields(c.own)...)
		list, err := GetAddrInfo(&c.node, nil, &c.hints)
		what := fmt.Sprintf("%q on a host with %s", c.node, c.own)
		wantErr(t, what, err, c.err)
		if got := showInfos(list); got != c.want {
			t.Errorf("%s = %q, want %q", what, got, c.want)
		}
	}
}

func TestGetAddrInfoErrorsOfTheServer(t *testing.T) {
	started(t)
	for code, want := range map[int]wsa.Errno{
		mdns.RcodeNameError: wsa.WSAHOST_NOT_FOUND, mdns.RcodeServerFailure: wsa.WSATRY_AGAIN, mdns.RcodeRefused: wsa.WSANO_RECOVERY,
	} {
		t.Run(want.Name(), func(t *testing.T) {
			useNameSpaces(t, hostsPath(t), dnsPath(t, failing(code)))
			_, err := GetAddrInfo(new("x.test"), nil, nil)
			wantErr(t, "getaddrinfo", err, want)
			_, err = GetHostByName("x.test")
			wantErr(t, "gethostbyname", err, want)
		})
	}
	t.Run("no name space", func(t *testing.T) {
		useNameSpaces(t)
		_, err := GetAddrInfo(new("x.test"), nil, nil)
		wantErr(t, "getaddrinfo", err, wsa.WSAHOST_NOT_FOUND)
	})
}

// "GetAddrInfoExW function": a name space, a provider, an end.
func TestGetAddrInfoEx(t *testing.T) {
	started(t)
	ids := useNameSpaces(t, hostsPath(t, "192.0.2.1 x.test"), hostsPath(t, "192.0.2.2 x.test"),
		dnsPath(t, answering(t, "x.test. 60 IN A 192.0.2.3")))
	pretendAddrs(t, "192.0.2.2")
	for _, c := range []struct {
		nameSpace uint32
		provider  *wsa.GUID
		want      string
		err       wsa.Errno
	}{
		{wsa.NS_ALL, nil, "192.0.2.1:0/0/0", 0},
		{wsa.NS_DNS, nil, "192.0.2.3:0/0/0", 0},
		{wsa.NS_ALL, &ids[1], "192.0.2.2:0/0/0", 0},
		{wsa.NS_DNS, &ids[1], "", wsa.WSAHOST_NOT_FOUND},
		{wsa.NS_NLA, nil, "", wsa.WSAHOST_NOT_FOUND},
	} {
		list, err := GetAddrInfoEx(t.Context(), new("x.test"), nil, c.nameSpace, c.provider, nil)
		wantErr(t, fmt.Sprint("name space ", c.nameSpace), err, c.err)
		if got := showInfos(list); got != c.want {
			t.Errorf("name space %d, provider %v: %q, want %q", c.nameSpace, c.provider, got, c.want)
		}
	}
}

func TestGetAddrInfoExEnds(t *testing.T) {
	started(t)
	asked := make(chan struct{}, 8)
	useNameSpaces(t, dnsPath(t, func(mdns.ResponseWriter, *mdns.Msg) { asked <- struct{}{} }))
	ctx, cancel := context.WithCancel(t.Context())
	failure := make(chan error)
	go func() {
		_, err := GetAddrInfoEx(ctx, new("x.test"), nil, wsa.NS_ALL, nil, nil)
		failure <- err
	}()
	<-asked
	cancel()
	wantErr(t, "cancelled", <-failure, wsa.WSA_E_CANCELLED)

	ctx, cancel = context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	_, err := GetAddrInfoEx(ctx, new("x.test"), nil, wsa.NS_ALL, nil, nil)
	wantErr(t, "after its time", err, wsa.WSAETIMEDOUT)
}

func TestNamesNeedStartup(t *testing.T) {
	for call, err := range map[string]error{
		"getaddrinfo":              second(GetAddrInfo(new("localhost"), nil, nil)),
		"gethostbyname":            second(GetHostByName("localhost")),
		"gethostbyaddr":            second(GetHostByAddr([]byte{127, 0, 0, 1}, wsa.AF_INET)),
		"gethostname":              second(GetHostName()),
		"sethostname":              SetHostName("x"),
		"getservbyname":            second(GetServByName("http", "tcp")),
		"getservbyport":            second(GetServByPort(80, "tcp")),
		"getprotobyname":           second(GetProtoByName("tcp")),
		"getprotobynumber":         second(GetProtoByNumber(6)),
		"WSALookupServiceBegin":    second(WSALookupServiceBegin(&wsa.QuerySet{}, 0)),
		"WSALookupServiceNext":     second(WSALookupServiceNext(nil, 0)),
		"WSALookupServiceEnd":      WSALookupServiceEnd(nil),
		"WSANSPIoctl":              second(WSANSPIoctl(nil, 0, nil, nil)),
		"WSASetService":            WSASetService(&wsa.QuerySet{}, 0, 0),
		"WSAInstallServiceClass":   WSAInstallServiceClass(nil),
		"WSARemoveServiceClass":    WSARemoveServiceClass(wsa.GUID{}),
		"WSAGetServiceClassInfo":   second(WSAGetServiceClassInfo(wsa.GUID{}, wsa.GUID{})),
		"WSAGetServiceClassNameBy": second(WSAGetServiceClassNameByClassId(wsa.SVCID_HOSTNAME)),
	} {
		wantErr(t, call, err, wsa.WSANOTINITIALISED)
	}
	_, _, err := GetNameInfo(nil, 0)
	wantErr(t, "getnameinfo", err, wsa.WSANOTINITIALISED)
}

func second[T any](_ T, err error) error { return err }

// "getnameinfo function".
func TestGetNameInfo(t *testing.T) {
	testNames(t)
	in := func(ap string) *wsa.Sockaddr { sa := wsa.SockaddrFrom(netip.MustParseAddrPort(ap)); return &sa }
	short := wsa.SockaddrBytes(in("192.0.2.1:80").Bytes()[:8])
	one := wsa.SockaddrBytes([]byte{2})
	irda := wsa.SockaddrIrda([4]byte{}, "x")
	for _, c := range []struct {
		sa            *wsa.Sockaddr
		flags         uint32
		host, service string
		err           wsa.Errno
	}{
		{in("192.0.2.1:80"), 0, "v4.test", "http", 0},
		{in("192.0.2.1:80"), wsa.NI_NUMERICSERV, "v4.test", "80", 0},
		{in("192.0.2.1:80"), wsa.NI_NUMERICHOST, "192.0.2.1", "http", 0},
		{in("192.0.2.53:514"), wsa.NI_DGRAM, "dns.test", "syslog", 0},
		{in("192.0.2.99:1"), 0, "192.0.2.99", "tcpmux", 0},
		{in("192.0.2.99:65000"), wsa.NI_NAMEREQD, "", "", wsa.WSAHOST_NOT_FOUND},
		{in("192.0.2.2:65000"), wsa.NI_NAMEREQD, ownName(), "65000", 0},
		{in("[2001:db8::1]:80"), 0, "v6.test", "http", 0},
		{in("[fe80::1%3]:80"), wsa.NI_NUMERICHOST, "fe80::1%3", "http", 0},
		{nil, 0, "", "", wsa.WSAEFAULT},
		{&one, 0, "", "", wsa.WSAEFAULT},
		{&short, 0, "", "", wsa.WSAEFAULT},
		{&irda, 0, "", "", wsa.WSAEAFNOSUPPORT},
		{in("192.0.2.1:80"), 0x1000, "", "", wsa.WSAEINVAL},
		{in("192.0.2.1:80"), wsa.NI_NAMEREQD | wsa.NI_NUMERICHOST, "", "", wsa.WSAEINVAL},
	} {
		host, service, err := GetNameInfo(c.sa, c.flags)
		what := fmt.Sprintf("getnameinfo(%v, %#x)", c.sa, c.flags)
		wantErr(t, what, err, c.err)
		if service == "1" && c.service == "tcpmux" {
			service = "tcpmux" // a services file need not have it
		}
		if host != c.host || service != c.service {
			t.Errorf("%s = %q, %q; want %q, %q", what, host, service, c.host, c.service)
		}
	}
}

// "getnameinfo function": NI_NOFQDN shortens the names of this host's domain.
func TestNoFQDN(t *testing.T) {
	started(t)
	useNameSpaces(t, hostsPath(t, "192.0.2.1 near.home.test", "192.0.2.2 far.away.test", "192.0.2.3 deep.in.home.test"))
	pretendName(t, "me.Home.test")
	for addr, want := range map[string]string{"192.0.2.1": "near", "192.0.2.2": "far.away.test", "192.0.2.3": "deep.in.home.test"} {
		sa := wsa.SockaddrFrom(netip.AddrPortFrom(netip.MustParseAddr(addr), 80))
		if host, _, err := GetNameInfo(&sa, wsa.NI_NOFQDN); err != nil || host != want {
			t.Errorf("%s is %q, %v; want %q", addr, host, err, want)
		}
	}
	pretendName(t, "me")
	sa := wsa.SockaddrFrom(netip.MustParseAddrPort("192.0.2.1:80"))
	if host, _, err := GetNameInfo(&sa, wsa.NI_NOFQDN); err != nil || host != "near.home.test" {
		t.Errorf("on a host without a domain: %q, %v", host, err)
	}
}

// Trouble is told only to those who insist on a name.
func TestGetNameInfoErrorsOfTheServer(t *testing.T) {
	started(t)
	useNameSpaces(t, dnsPath(t, failing(mdns.RcodeServerFailure)))
	sa := wsa.SockaddrFrom(netip.MustParseAddrPort("192.0.2.99:65000"))
	host, service, err := GetNameInfo(&sa, 0)
	if host != "192.0.2.99" || service != "65000" || err != nil {
		t.Errorf("getnameinfo = %q, %q, %v", host, service, err)
	}
	_, _, err = GetNameInfo(&sa, wsa.NI_NAMEREQD)
	wantErr(t, "getnameinfo with NI_NAMEREQD", err, wsa.WSATRY_AGAIN)
}

// Look-ups and changes of the catalog do not get into each other's way.
func TestNamesWhileTheCatalogChanges(t *testing.T) {
	started(t)
	ids := useNameSpaces(t, hostsPath(t, "192.0.2.1 x.test"), hostsPath(t, "192.0.2.1 x.test"))
	pretendAddrs(t, "192.0.2.2")
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			for range 50 {
				if _, err := GetAddrInfo(new("x.test"), nil, nil); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for i := range 10 {
		must(t, theCatalog.EnableNameSpace(ids[i/2%2], i%2 == 1))
	}
	group.Wait()
}

func TestResultsComeInOrder(t *testing.T) {
	started(t)
	useNameSpaces(t, hostsPath(t, "127.0.0.1 localhost", "::1 localhost"))
	if !slices.Contains(mustAddrs(t, new("localhost")), netip.IPv6Loopback()) {
		t.Fatal("no ::1 for localhost")
	}
	if addrs := mustAddrs(t, new("localhost")); addrs[0] != netip.IPv6Loopback() {
		t.Errorf("RFC 6724 puts ::1 first, got %v", addrs)
	}
}

func mustAddrs(t *testing.T, node *string) (addrs []netip.Addr) {
	t.Helper()
	list, err := GetAddrInfo(node, nil, nil)
	must(t, err)
	for i := range list {
		ap, _ := list[i].Addr.AddrPort()
		addrs = append(addrs, ap.Addr())
	}
	return addrs
}
