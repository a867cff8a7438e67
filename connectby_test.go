// SPDX-License-Identifier: Apache-2.0

package winsock

import (
	"strconv"
	"testing"
	"time"

	"winsock/wsa"
)

// TestConnectByList: the first address that answers counts, from either
// family on a dual-stack socket.
func TestConnectByList(t *testing.T) {
	started(t)
	l, addr := listening(t, wsa.AF_INET)
	dead, deadAddr := listening(t, wsa.AF_INET6)
	must(t, CloseSocket(dead))
	s := newTestSocket(t, wsa.AF_INET6, wsa.SOCK_STREAM)
	must(t, SetSockOptInt(s, wsa.IPPROTO_IPV6, wsa.IPV6_V6ONLY, 0))
	local, remote, err := WSAConnectByList(s, []wsa.Sockaddr{deadAddr, addr}, time.Minute)
	must(t, err)
	if remote.Port() != addr.Port() || local.Port() == 0 {
		t.Errorf("connected %v to %v", &local, &remote)
	}
	a, err := Accept(l, nil)
	must(t, err)
	must(t, CloseSocket(a))

	refused := newTestSocket(t, wsa.AF_INET6, wsa.SOCK_STREAM)
	_, _, err = WSAConnectByList(refused, []wsa.Sockaddr{deadAddr}, 0)
	wantErr(t, "nobody listens", err, wsa.WSAECONNREFUSED)
	_, _, err = WSAConnectByList(refused, nil, 0)
	wantErr(t, "no addresses", err, wsa.WSAEINVAL)
	udp := newTestSocket(t, wsa.AF_INET, wsa.SOCK_DGRAM)
	_, _, err = WSAConnectByList(udp, []wsa.Sockaddr{addr}, 0)
	wantErr(t, "no stream", err, wsa.WSAEINVAL)
	_, _, err = WSAConnectByList(INVALID_SOCKET, []wsa.Sockaddr{addr}, 0)
	wantErr(t, "no socket", err, wsa.WSAENOTSOCK)
}

// TestConnectByName follows difference 72 and "WSAConnectByNameW function".
func TestConnectByName(t *testing.T) {
	started(t)
	l, addr := listening(t, wsa.AF_INET)
	port := strconv.Itoa(int(addr.Port()))
	s := newTestSocket(t, wsa.AF_INET, wsa.SOCK_STREAM)
	for _, test := range []struct {
		node, service string
		want          wsa.Errno
	}{
		{"", port, wsa.WSAEINVAL},
		{"127.0.0.1", "", wsa.WSAEINVAL},
		{"127.0.0.1", "no-such-service", wsa.WSATYPE_NOT_FOUND},
	} {
		_, _, err := WSAConnectByName(s, test.node, test.service, 0)
		wantErr(t, test.node+" "+test.service, err, test.want)
	}
	_, remote, err := WSAConnectByName(s, "127.0.0.1", port, time.Minute)
	must(t, err)
	if remote != addr {
		t.Errorf("connected to %v, want %v", &remote, &addr)
	}
	a, err := Accept(l, nil)
	must(t, err)
	must(t, CloseSocket(a))
}

// TestJoinLeaf: a protocol without multipoint sessions refuses, and UDP joins
// a group with the socket itself as the leaf ("WSAJoinLeaf function").
func TestJoinLeaf(t *testing.T) {
	started(t)
	group, err := wsa.ParseSockaddr("239.1.2.3:7000", wsa.AF_INET)
	must(t, err)
	tcp := newTestSocket(t, wsa.AF_INET, wsa.SOCK_STREAM)
	_, err = WSAJoinLeaf(tcp, &group, nil, nil, nil, nil, wsa.JL_BOTH)
	wantErr(t, "TCP", err, wsa.WSAEOPNOTSUPP)
	udp := newTestSocket(t, wsa.AF_INET, wsa.SOCK_DGRAM)
	_, err = WSAJoinLeaf(udp, nil, nil, nil, nil, nil, wsa.JL_BOTH)
	wantErr(t, "no name", err, wsa.WSAEFAULT)
	leaf, err := WSAJoinLeaf(udp, &group, nil, nil, nil, nil, wsa.JL_RECEIVER_ONLY)
	if err == nil && leaf != udp {
		t.Errorf("the leaf is %v, not the socket %v", leaf, udp)
	}
	if err != nil && err != wsa.WSAEADDRNOTAVAIL { // a host without a route for groups
		t.Error(err)
	}
}
