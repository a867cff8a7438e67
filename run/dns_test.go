// SPDX-License-Identifier: Apache-2.0

package run

import (
	"os"
	"path/filepath"
	"testing"

	"winsock"
	"winsock/spi"
	"winsock/wsa"
)

// knowHosts makes a hosts file the only name space of the catalog.
func knowHosts(t *testing.T, lines string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "hosts")
	if err := os.WriteFile(file, []byte(lines), 0o644); err != nil {
		t.Fatal(err)
	}
	t.Setenv("WINSOCK_CATALOG", filepath.Join(t.TempDir(), "catalog.toml"))
	winsock.Catalog().Refresh()
	var own []wsa.NamespaceInfo
	for _, n := range winsock.Catalog().Snapshot().NameSpaces() {
		own = append(own, n.Info)
	}
	for _, n := range own {
		if err := winsock.WSCUnInstallNameSpace(n.ProviderID); err != nil {
			t.Fatal(err)
		}
	}
	id := wsa.NewGUID()
	path := spi.FormatPath("hosts", spi.Options{"file": file})
	if err := winsock.WSCInstallNameSpace("hosts for a test", path, wsa.NS_DNS, 1, id); err != nil {
		t.Fatal(err)
	}
}

// TestNames: a name that only the catalog's providers know is found by the
// resolver of the C library and by one of the program's own, whatever name
// server it asks.
func TestNames(t *testing.T) {
	knowHosts(t, "192.0.2.77 only.here.example\n")
	program := `
import socket, struct
print(socket.getaddrinfo("only.here.example", 80, socket.AF_INET, socket.SOCK_STREAM)[0][4])
q = struct.pack(">6H", 7, 0x100, 1, 0, 0, 0) + b"\4only\4here\7example\0" + struct.pack(">2H", 1, 1)
server = ("192.0.2.53", 53)
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.settimeout(50)
s.sendto(q, server)
d, f = s.recvfrom(2000); print(socket.inet_ntoa(d[-4:]), f == server)
s.sendmsg([q], [], 0, server)
d, _, _, f = s.recvmsg(2000); print(socket.inet_ntoa(d[-4:]), f == server)
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.settimeout(50); s.bind(("0.0.0.0", 0))
s.sendto(q, server)
d, f = s.recvfrom(2000); print(socket.inet_ntoa(d[-4:]), f == server)
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.settimeout(50)
s.connect(server); print(s.getpeername() == server); s.send(q)
d, f = s.recvfrom(2000); print(socket.inet_ntoa(d[-4:]), f == server)
s = socket.create_connection(server, 5); print(s.getpeername() == server)
s.sendall(struct.pack(">H", len(q)) + q)
d = s.recv(2000); print(socket.inet_ntoa(d[-4:]))
`
	want := `('192.0.2.77', 80)
192.0.2.77 True
192.0.2.77 True
192.0.2.77 True
True
192.0.2.77 True
True
192.0.2.77
`
	for name, layers := range chainsToTest(t) {
		t.Run(name, func(t *testing.T) {
			if out, s := under(t, Config{Layers: layers, DNS: true}, "python3", "-c", program); out != want {
				t.Errorf("output %q, want %q", out, want)
			} else if n := s.Stats().Queries; n < 5 {
				t.Errorf("%d queries are counted", n)
			}
		})
	}
}
