// SPDX-License-Identifier: Apache-2.0

package winsock

import (
	"context"
	"fmt"
	"net/netip"
	"os"
	"slices"
	"testing"

	mdns "github.com/miekg/dns"

	"winsock/spi"
	"winsock/wsa"
)

// drain returns the names of all answers, aliases in parentheses, and the
// error that ended them.
func drain(t *testing.T, q *wsa.QuerySet, flags uint32) ([]string, error) {
	t.Helper()
	l, err := WSALookupServiceBegin(q, flags)
	if err != nil {
		return nil, err
	}
	defer func() { must(t, WSALookupServiceEnd(l)) }()
	var names []string
	for {
		set, err := WSALookupServiceNext(l, 0)
		if err != nil {
			return names, err
		}
		name := set.ServiceInstanceName
		if set.OutputFlags&wsa.RESULT_IS_ALIAS != 0 {
			name = "(" + name + ")"
		}
		names = append(names, name)
	}
}

// "WSALookupServiceNext function": the providers are drained in order.
func TestLookupService(t *testing.T) {
	started(t)
	ids := useNameSpaces(t,
		hostsPath(t, "192.0.2.1 first.test both.test"),
		hostsPath(t, "192.0.2.2 both.test second.test"),
		dnsPath(t, answering(t, "both.test. 60 IN A 192.0.2.3", "text.test. 60 IN TXT x")))
	const all = wsa.LUP_RETURN_NAME | wsa.LUP_RETURN_ALIASES
	for _, c := range []struct {
		what  string
		q     wsa.QuerySet
		flags uint32
		want  []string
		err   wsa.Errno // in the end, or of Begin
	}{
		{"every provider", wsa.QuerySet{ServiceInstanceName: "both.test"}, all,
			[]string{"first.test", "(both.test)", "both.test", "(second.test)", "both.test"}, wsa.WSA_E_NO_MORE},
		{"no aliases", wsa.QuerySet{ServiceInstanceName: "both.test"}, wsa.LUP_RETURN_NAME,
			[]string{"first.test", "both.test", "both.test"}, wsa.WSA_E_NO_MORE},
		{"one name space", wsa.QuerySet{ServiceInstanceName: "both.test", NameSpace: wsa.NS_DNS}, all,
			[]string{"both.test"}, wsa.WSA_E_NO_MORE},
		{"one provider", wsa.QuerySet{ServiceInstanceName: "both.test", NSProviderID: &ids[1]}, all,
			[]string{"both.test", "(second.test)"}, wsa.WSA_E_NO_MORE},
		{"the first does not have it", wsa.QuerySet{ServiceInstanceName: "second.test"}, wsa.LUP_RETURN_NAME,
			[]string{"both.test"}, wsa.WSA_E_NO_MORE},
		{"nobody has it", wsa.QuerySet{ServiceInstanceName: "nosuch.test"}, all, nil, wsa.WSASERVICE_NOT_FOUND},
		{"no such data", wsa.QuerySet{ServiceInstanceName: "text.test"}, all, nil, wsa.WSANO_DATA},
		{"unknown name space", wsa.QuerySet{ServiceInstanceName: "both.test", NameSpace: wsa.NS_NLA}, all, nil, wsa.WSASERVICE_NOT_FOUND},
		{"unknown class", wsa.QuerySet{ServiceInstanceName: "both.test", ServiceClassID: wsa.GUID{Data1: 1}}, all, nil, wsa.WSASERVICE_NOT_FOUND},
		{"unknown family", wsa.QuerySet{ServiceInstanceName: "both.test", Protocols: []wsa.AFProtocols{{AddressFamily: wsa.AF_IRDA}}}, all,
			nil, wsa.WSASERVICE_NOT_FOUND},
		{"no name", wsa.QuerySet{}, all, nil, wsa.WSAEINVAL},
		{"containers", wsa.QuerySet{ServiceInstanceName: "both.test"}, wsa.LUP_CONTAINERS, nil, wsa.WSASERVICE_NOT_FOUND},
	} {
		if c.q.ServiceClassID.IsZero() {
			c.q.ServiceClassID = wsa.SVCID_HOSTNAME
		}
		names, err := drain(t, &c.q, c.flags)
		wantErr(t, c.what, err, c.err)
		if !slices.Equal(names, c.want) {
			t.Errorf("%s: %q, want %q", c.what, names, c.want)
		}
	}
	_, err := WSALookupServiceBegin(nil, 0)
	wantErr(t, "WSALookupServiceBegin(NULL)", err, wsa.WSAEFAULT)
	_, err = WSALookupServiceBegin(&wsa.QuerySet{}, 0)
	wantErr(t, "WSALookupServiceBegin of GUID_NULL without a name", err, wsa.WSAEINVAL)
}

func TestLookupServiceEnd(t *testing.T) {
	started(t)
	asked := make(chan struct{}, 8)
	useNameSpaces(t, dnsPath(t, func(mdns.ResponseWriter, *mdns.Msg) { asked <- struct{}{} }))
	l, err := WSALookupServiceBegin(&wsa.QuerySet{ServiceInstanceName: "x.test", ServiceClassID: wsa.SVCID_INET_HOSTADDRBYNAME}, 0)
	must(t, err)
	failure := make(chan error)
	go func() {
		_, err := WSALookupServiceNext(l, 0)
		failure <- err
	}()
	<-asked
	_, err = WSANSPIoctl(l, wsa.SIO_NSP_NOTIFY_CHANGE, nil, nil)
	wantErr(t, "WSANSPIoctl while another call waits", err, wsa.WSAEWOULDBLOCK)
	must(t, WSALookupServiceEnd(l))
	wantErr(t, "WSALookupServiceNext when the look-up ends", <-failure, wsa.WSA_E_CANCELLED)

	wantErr(t, "WSALookupServiceEnd again", WSALookupServiceEnd(l), wsa.WSA_INVALID_HANDLE)
	_, err = WSALookupServiceNext(l, 0)
	wantErr(t, "WSALookupServiceNext after the end", err, wsa.WSA_INVALID_HANDLE)
	_, err = WSANSPIoctl(l, wsa.SIO_NSP_NOTIFY_CHANGE, nil, nil)
	wantErr(t, "WSANSPIoctl after the end", err, wsa.WSA_INVALID_HANDLE)
	wantErr(t, "WSALookupServiceEnd(NULL)", WSALookupServiceEnd(nil), wsa.WSA_INVALID_HANDLE)
}

// "WSANSPIoctl function": the provider answers that the look-up is at.
func TestNSPIoctl(t *testing.T) {
	started(t)
	hosts := hostsPath(t, "192.0.2.1 x.test")
	useNameSpaces(t, hosts, dnsPath(t, answering(t)))
	l, err := WSALookupServiceBegin(&wsa.QuerySet{ServiceInstanceName: "x.test", ServiceClassID: wsa.SVCID_HOSTNAME}, 0)
	must(t, err)
	_, err = WSALookupServiceNext(l, 0)
	must(t, err)
	_, err = WSANSPIoctl(l, wsa.SIO_NSP_NOTIFY_CHANGE, nil, nil)
	wantErr(t, "while nothing has changed", err, wsa.WSAEWOULDBLOCK)
	_, options, err := spi.ParseNamePath(hosts)
	must(t, err)
	must(t, os.Remove(options.Text("file")))
	_, err = WSANSPIoctl(l, wsa.SIO_NSP_NOTIFY_CHANGE, nil, nil)
	wantErr(t, "after a change", err, 0)
	_, err = WSALookupServiceNext(l, 0)
	wantErr(t, "the end", err, wsa.WSA_E_NO_MORE)
	_, err = WSANSPIoctl(l, wsa.SIO_NSP_NOTIFY_CHANGE, nil, nil)
	wantErr(t, "after the end", err, wsa.WSAEOPNOTSUPP)
	must(t, WSALookupServiceEnd(l))

	l, err = WSALookupServiceBegin(&wsa.QuerySet{ServiceInstanceName: "x.test", ServiceClassID: wsa.SVCID_HOSTNAME, NameSpace: wsa.NS_DNS}, 0)
	must(t, err)
	_, err = WSANSPIoctl(l, wsa.SIO_NSP_NOTIFY_CHANGE, nil, nil)
	wantErr(t, "a provider without ioctls", err, wsa.WSAEOPNOTSUPP)
	must(t, WSALookupServiceEnd(l))
}

// "WSASetService function": the name spaces that come along are not written to.
func TestSetService(t *testing.T) {
	started(t)
	useNameSpaces(t, hostsPath(t), dnsPath(t, answering(t)))
	q := wsa.QuerySet{ServiceInstanceName: "x.test", ServiceClassID: wsa.SVCID_TCP(80)}
	with := func(change func(q *wsa.QuerySet)) *wsa.QuerySet {
		c := q
		change(&c)
		return &c
	}
	for _, c := range []struct {
		what string
		q    *wsa.QuerySet
		op   int32
		want wsa.Errno
	}{
		{"both", &q, wsa.RNRSERVICE_REGISTER, wsa.WSAEACCES},
		{"the hosts file", with(func(q *wsa.QuerySet) { q.NameSpace = wsa.NS_TCPIP_HOSTS }), wsa.RNRSERVICE_DELETE, wsa.WSAEACCES},
		{"the DNS", with(func(q *wsa.QuerySet) { q.NameSpace = wsa.NS_DNS }), wsa.RNRSERVICE_DEREGISTER, wsa.WSAEOPNOTSUPP},
		{"no provider", with(func(q *wsa.QuerySet) { q.NameSpace = wsa.NS_NLA }), wsa.RNRSERVICE_REGISTER, wsa.WSASERVICE_NOT_FOUND},
		{"no name", with(func(q *wsa.QuerySet) { q.ServiceInstanceName = "" }), wsa.RNRSERVICE_REGISTER, wsa.WSAEINVAL},
		{"no class", with(func(q *wsa.QuerySet) { q.ServiceClassID = wsa.GUID{} }), wsa.RNRSERVICE_REGISTER, wsa.WSAEINVAL},
		{"an unknown operation", &q, 3, wsa.WSAEINVAL},
		{"NULL", nil, wsa.RNRSERVICE_REGISTER, wsa.WSAEFAULT},
	} {
		wantErr(t, c.what, WSASetService(c.q, c.op, 0), c.want)
	}
}

// registry is a name space that can be written to.
type registry struct {
	spi.NameProvider
	calls *[]string
}

func (r registry) SetService(_ context.Context, class *wsa.ServiceClassInfo, q *wsa.QuerySet, op int32, flags uint32) error {
	call := fmt.Sprint(class.Name, " ", q.ServiceInstanceName, " ", op, " ", flags, " ", q.QueryString, " ", string(q.Blob))
	for _, a := range q.Addrs {
		ap, _ := a.LocalAddr.AddrPort()
		call += " " + ap.String()
	}
	*r.calls = append(*r.calls, call)
	return nil
}

func (r registry) Cleanup() error { return nil }

var registered []string

func init() {
	spi.RegisterName(&spi.NameDriver{
		Name: "registry",
		Info: wsa.NamespaceInfo{NameSpace: wsa.NS_NTDS},
		Startup: func(*spi.NameStartupParams) (spi.NameProvider, error) {
			return registry{calls: &registered}, nil
		},
	})
}

// "WSASetService function", "SetAddrInfoExW function": one provider that
// takes the service is enough.
func TestRegister(t *testing.T) {
	started(t)
	useNameSpaces(t, hostsPath(t), "registry")
	registered = nil
	must(t, WSASetService(&wsa.QuerySet{ServiceInstanceName: "a", ServiceClassID: wsa.SVCID_TCP(80)}, wsa.RNRSERVICE_DELETE, 7))
	addr := wsa.SockaddrFrom(netip.MustParseAddrPort("192.0.2.1:80"))
	must(t, SetAddrInfoEx(t.Context(), "b", "http", []wsa.Sockaddr{addr}, []byte("blob"), 9, wsa.NS_ALL, nil))
	must(t, SetAddrInfoEx(t.Context(), "b", "", nil, nil, 0, wsa.NS_NTDS, nil))
	want := []string{"TCP port 80 a 2 7  ", "HostName b 0 9 http blob 192.0.2.1:80", "HostName b 1 0  "}
	if !slices.Equal(registered, want) {
		t.Errorf("the provider was told %q, want %q", registered, want)
	}
	wantErr(t, "in the hosts file", SetAddrInfoEx(t.Context(), "b", "", nil, nil, 0, wsa.NS_TCPIP_HOSTS, nil), wsa.WSAEACCES)
	wantErr(t, "without a name", SetAddrInfoEx(t.Context(), "", "", nil, nil, 0, wsa.NS_ALL, nil), wsa.WSAEINVAL)
	wantErr(t, "a foreign address", SetAddrInfoEx(t.Context(), "b", "", []wsa.Sockaddr{wsa.SockaddrUnix("x")}, nil, 0, wsa.NS_ALL, nil), wsa.WSAEINVAL)
}

func TestServiceClasses(t *testing.T) {
	started(t)
	ids := useNameSpaces(t, hostsPath(t))
	class := &wsa.ServiceClassInfo{ClassID: wsa.NewGUID(), Name: "Chess", Infos: []wsa.NSClassInfo{
		{Name: "TcpPort", NameSpace: wsa.NS_DNS, ValueType: 4, Value: []byte{1, 2, 0, 0}},
	}}
	_, err := WSAGetServiceClassInfo(ids[0], class.ClassID)
	wantErr(t, "an unknown class", err, wsa.WSATYPE_NOT_FOUND)
	must(t, WSAInstallServiceClass(class))
	wantErr(t, "a known class", WSAInstallServiceClass(class), wsa.WSAEALREADY)
	class.Infos[0].Value[0] = 99 // what is installed is not the caller's any more
	got, err := WSAGetServiceClassInfo(ids[0], class.ClassID)
	must(t, err)
	if got.Name != "Chess" || len(got.Infos) != 1 || got.Infos[0].Value[0] != 1 {
		t.Errorf("the class reads back as %+v", got)
	}
	if name, err := WSAGetServiceClassNameByClassId(class.ClassID); err != nil || name != "Chess" {
		t.Errorf("its name is %q, %v", name, err)
	}
	must(t, WSARemoveServiceClass(class.ClassID))
	wantErr(t, "a removed class", WSARemoveServiceClass(class.ClassID), wsa.WSATYPE_NOT_FOUND)
	_, err = WSAGetServiceClassNameByClassId(class.ClassID)
	wantErr(t, "the name of a removed class", err, wsa.WSATYPE_NOT_FOUND)

	wantErr(t, "NULL", WSAInstallServiceClass(nil), wsa.WSAEFAULT)
	wantErr(t, "without an id", WSAInstallServiceClass(&wsa.ServiceClassInfo{Name: "x"}), wsa.WSAEINVAL)
	wantErr(t, "without a name", WSAInstallServiceClass(&wsa.ServiceClassInfo{ClassID: wsa.NewGUID()}), wsa.WSAEINVAL)
	wantErr(t, "a well-known one", WSAInstallServiceClass(&wsa.ServiceClassInfo{ClassID: wsa.SVCID_TCP(80), Name: "x"}), wsa.WSAEALREADY)
	wantErr(t, "removing a well-known one", WSARemoveServiceClass(wsa.SVCID_HOSTNAME), wsa.WSAEACCES)
	wantErr(t, "removing GUID_NULL", WSARemoveServiceClass(wsa.GUID{}), wsa.WSAEINVAL)
	_, err = WSAGetServiceClassInfo(wsa.NewGUID(), wsa.SVCID_HOSTNAME)
	wantErr(t, "of an unknown provider", err, wsa.WSAEINVAL)
	for id, want := range map[wsa.GUID]string{
		wsa.SVCID_HOSTNAME: "HostName", wsa.SVCID_TCP(80): "TCP port 80", wsa.SVCID_UDP(53): "UDP port 53", wsa.SVCID_DNS(33): "DNS record type 33",
	} {
		if name, err := WSAGetServiceClassNameByClassId(id); err != nil || name != want {
			t.Errorf("%v is called %q, %v; want %q", id, name, err, want)
		}
	}
}

// The default catalog has the hosts file before the DNS.
func TestDefaultNameSpaces(t *testing.T) {
	var order []string
	for _, n := range theCatalog.Snapshot().NameSpaces() {
		d, _, err := spi.ParseNamePath(n.Path)
		must(t, err)
		if n.Default && n.Info.Active {
			order = append(order, d.Name)
		}
	}
	if !slices.Equal(order, []string{"hosts", "dns"}) {
		t.Errorf("the default name spaces are %q", order)
	}
}
