// SPDX-License-Identifier: Apache-2.0

package winsock

import (
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"testing"

	"winsock/object"
	"winsock/spi/spitest/leak"
	"winsock/wsa"
)

// TestMain runs all tests on a catalog file of their own. They may leave
// nothing behind: no goroutine, no descriptor, no handle.
func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "winsock")
	if err != nil {
		panic(err)
	}
	os.Setenv("WINSOCK_CATALOG", filepath.Join(dir, "catalog.toml"))
	code := leak.Run(m)
	if n := object.Count(); code == 0 && n != 0 {
		fmt.Fprintf(os.Stderr, "FAIL: the tests leave %d handles open\n", n)
		code = 1
	}
	os.RemoveAll(dir)
	os.Exit(code)
}

// started starts Winsock for a test.
func started(t testing.TB) {
	t.Helper()
	if _, err := WSAStartup(Version22); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := WSACleanup(); err != nil {
			t.Error(err)
		}
	})
}

// must fails the test on an error.
func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// wantErr checks an error's code; 0 means success.
func wantErr(t testing.TB, what string, err error, want wsa.Errno) {
	t.Helper()
	if err != want.Err() {
		t.Errorf("%s: got %v, want %v", what, name(err), want.Name())
	}
}

func name(err error) string {
	if err == nil {
		return "success"
	}
	return wsa.ErrnoOf(err).Name()
}

var loopbacks = map[int32]netip.Addr{
	wsa.AF_INET:  netip.MustParseAddr("127.0.0.1"),
	wsa.AF_INET6: netip.IPv6Loopback(),
}

// loopback returns a loopback address of the family.
func loopback(family int32, port uint16) wsa.Sockaddr {
	return wsa.SockaddrFrom(netip.AddrPortFrom(loopbacks[family], port))
}

// newTestSocket makes a socket that is closed with the test.
func newTestSocket(t testing.TB, family, socketType int32) SOCKET {
	t.Helper()
	s, err := Socket(family, socketType, 0)
	must(t, err)
	t.Cleanup(func() { CloseSocket(s) })
	return s
}

// listening makes a listening socket on the loopback address.
func listening(t testing.TB, family int32) (SOCKET, wsa.Sockaddr) {
	t.Helper()
	s := newTestSocket(t, family, wsa.SOCK_STREAM)
	addr := loopback(family, 0)
	must(t, Bind(s, &addr))
	must(t, Listen(s, 16))
	must(t, GetSockName(s, &addr))
	return s, addr
}

// connected makes a connected pair of stream sockets.
func connected(t testing.TB, family int32) (client, server SOCKET) {
	t.Helper()
	l, addr := listening(t, family)
	client = newTestSocket(t, family, wsa.SOCK_STREAM)
	must(t, Connect(client, &addr))
	server, err := Accept(l, nil)
	must(t, err)
	t.Cleanup(func() { CloseSocket(server) })
	return client, server
}

// nonblocking sets FIONBIO.
func nonblocking(t testing.TB, s SOCKET) {
	t.Helper()
	on := uint32(1)
	must(t, IoctlSocket(s, wsa.FIONBIO, &on))
}
