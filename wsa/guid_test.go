// SPDX-License-Identifier: Apache-2.0

package wsa_test

import (
	"errors"
	"strings"
	"testing"

	"winsock/wsa"
)

func TestGUIDForms(t *testing.T) {
	const text = "e70f1aa0-ab8b-11cf-8ca3-00805f48a192"
	g := wsa.GUID{Data1: 0xe70f1aa0, Data2: 0xab8b, Data3: 0x11cf, Data4: [8]byte{0x8c, 0xa3, 0x00, 0x80, 0x5f, 0x48, 0xa1, 0x92}}
	mem := [16]byte{0xa0, 0x1a, 0x0f, 0xe7, 0x8b, 0xab, 0xcf, 0x11, 0x8c, 0xa3, 0x00, 0x80, 0x5f, 0x48, 0xa1, 0x92}
	if g.String() != text {
		t.Errorf("GUID structure: the text is %s, want %s", g, text)
	}
	if g.Bytes() != mem || wsa.GUIDFromBytes(mem) != g {
		t.Errorf("GUID structure: the memory is % x, want % x", g.Bytes(), mem)
	}
	for _, s := range []string{text, "{" + text + "}", strings.ToUpper(text)} {
		if got, err := wsa.ParseGUID(s); err != nil || got != g {
			t.Errorf("ParseGUID(%q) = %v, %v", s, got, err)
		}
	}
	for _, s := range []string{"", "{}", text[1:], text + "0", "{" + text, text + "}", "(" + text + ")",
		strings.Replace(text, "e", "g", 1), strings.ReplaceAll(text, "-", "_"), "e70f1aa0ab8b-11cf-8ca3-00805f48a192-"} {
		if got, err := wsa.ParseGUID(s); !errors.Is(err, wsa.WSAEINVAL) {
			t.Errorf("ParseGUID(%q) = %v, %v; want WSAEINVAL", s, got, err)
		}
	}
	if g.IsZero() || !(wsa.GUID{}).IsZero() {
		t.Error("IsZero does not tell GUID_NULL from others")
	}
}

func TestNewGUIDIsVersion4(t *testing.T) {
	seen := map[wsa.GUID]bool{}
	for range 100 {
		g := wsa.NewGUID()
		if g.Data3>>12 != 4 || g.Data4[0]>>6 != 2 {
			t.Fatalf("RFC 9562: %s is not of version 4", g)
		}
		if seen[g] {
			t.Fatalf("%s comes twice", g)
		}
		seen[g] = true
	}
}

func TestWellKnownGUIDs(t *testing.T) {
	for _, c := range []struct {
		got        wsa.GUID
		text, name string
	}{
		{wsa.WSAID_TRANSMITFILE, "b5367df0-cbac-11cf-95ca-00805f48a192", "TransmitFile"},
		{wsa.WSAID_ACCEPTEX, "b5367df1-cbac-11cf-95ca-00805f48a192", "AcceptEx"},
		{wsa.WSAID_GETACCEPTEXSOCKADDRS, "b5367df2-cbac-11cf-95ca-00805f48a192", "GetAcceptExSockaddrs"},
		{wsa.WSAID_TRANSMITPACKETS, "d9689da0-1f90-11d3-9971-00c04f68c876", "TransmitPackets"},
		{wsa.WSAID_CONNECTEX, "25a207b9-ddf3-4660-8ee9-76e58c74063e", "ConnectEx"},
		{wsa.WSAID_DISCONNECTEX, "7fda2e11-8630-436f-a031-f536a6eec157", "DisconnectEx"},
		{wsa.WSAID_WSARECVMSG, "f689d7c8-6f1f-436b-8a53-e54fe351c322", "WSARecvMsg"},
		{wsa.WSAID_WSASENDMSG, "a441e712-754f-43ca-84a7-0dee44cf606d", "WSASendMsg"},
		{wsa.WSAID_WSAPOLL, "18c76f85-dc66-4964-972e-23c27238312b", "WSAPoll"},
		{wsa.WSAID_MULTIPLE_RIO, "8509e081-96dd-4005-b165-9e2ee8c79e3f", "RIO"},
		{wsa.NLA_NAMESPACE_GUID, "6642243a-3ba8-4aa6-baa5-2e0bd71fdd83", ""},
		{wsa.NLA_SERVICE_CLASS_GUID, "0037e515-b5c9-4a43-bada-8b48a87ad239", ""},
		{wsa.SVCID_HOSTNAME, "0002a800-0000-0000-c000-000000000046", ""},
		{wsa.SVCID_INET_HOSTADDRBYNAME, "0002a803-0000-0000-c000-000000000046", ""},
		{wsa.SVCID_FTP_TCP, "00090015-0000-0000-c000-000000000046", ""},
		{wsa.SVCID_NTP_UDP, "000a007b-0000-0000-c000-000000000046", ""},
		{wsa.SVCID_DNS_TYPE_AAAA, "00090035-0000-001c-c000-000000000046", ""},
		{wsa.SVCID_FILE_SERVER, "000b0004-0000-0000-c000-000000000046", ""},
	} {
		if c.got.String() != c.text {
			t.Errorf("a well-known GUID is %s, want %s", c.got, c.text)
		}
		want := c.name
		if want == "" {
			want = c.text
		}
		if got := wsa.ExtensionName(c.got); got != want {
			t.Errorf("the extension function of %s is %q, want %q", c.text, got, want)
		}
	}
	for _, c := range []struct {
		g        wsa.GUID
		protocol int32
		port, rr uint16
	}{
		{wsa.SVCID_TCP(80), wsa.IPPROTO_TCP, 80, 0},
		{wsa.SVCID_UDP_RR(53, 1), wsa.IPPROTO_UDP, 53, 1},
		{wsa.SVCID_DNS(28), wsa.IPPROTO_TCP, 53, 28},
		{wsa.SVCID_NETWARE(4), 0, 0, 0},
		{wsa.SVCID_HOSTNAME, 0, 0, 0},
	} {
		if protocol, port, rr := c.g.PortService(); protocol != c.protocol || port != c.port || rr != c.rr {
			t.Errorf("the service of %s is protocol %d, port %d, record %d", c.g, protocol, port, rr)
		}
	}
}

func FuzzParseGUID(f *testing.F) {
	f.Add("e70f1aa0-ab8b-11cf-8ca3-00805f48a192")
	f.Add("{E70F1AA0-AB8B-11CF-8CA3-00805F48A192}")
	f.Add("--------------------------------------")
	f.Fuzz(func(t *testing.T, s string) {
		g, err := wsa.ParseGUID(s)
		if err != nil {
			if !errors.Is(err, wsa.WSAEINVAL) {
				t.Errorf("ParseGUID(%q): %v", s, err)
			}
			return
		}
		if !strings.EqualFold(g.String(), strings.Trim(s, "{}")) {
			t.Errorf("ParseGUID(%q) = %s", s, g)
		}
		if wsa.GUIDFromBytes(g.Bytes()) != g {
			t.Errorf("%s does not survive its memory", g)
		}
		var again wsa.GUID
		text, _ := g.MarshalText()
		if err := again.UnmarshalText(text); err != nil || again != g {
			t.Errorf("%s does not survive its text: %v", g, err)
		}
	})
}
