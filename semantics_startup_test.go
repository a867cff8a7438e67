// SPDX-License-Identifier: Apache-2.0

package winsock

import (
	"testing"

	"winsock/wsa"
)

// startupSemantics are the rules of "WSAStartup function", "WSACleanup
// function" and "Socket Handles". No row may leave Winsock started.
var startupSemantics = []semantic{
	{"difference 1", "calls before startup fail", func(t *testing.T) {
		_, err := Socket(wsa.AF_INET, wsa.SOCK_STREAM, 0)
		wantErr(t, "socket", err, wsa.WSANOTINITIALISED)
		wantErr(t, "closesocket", CloseSocket(4), wsa.WSANOTINITIALISED)
		_, err = Select(nil, nil, nil, nil)
		wantErr(t, "select, before its arguments are judged", err, wsa.WSANOTINITIALISED)
		_, err = GetHostName()
		wantErr(t, "gethostname", err, wsa.WSANOTINITIALISED)
	}},
	{"difference 1", "text and byte order need no startup", func(t *testing.T) {
		if InetAddr("127.0.0.1") != Htonl(0x7f000001) || InetNtoa(Htonl(0x7f000001)) != "127.0.0.1" || Htons(0x1234) != 0x3412 {
			t.Error("inet_addr, inet_ntoa, htonl and htons do not agree")
		}
	}},
	{"difference 2", "version 0 is not supported", func(t *testing.T) {
		for _, v := range []uint16{MakeWord(0, 0), MakeWord(0, 1), MakeWord(0, 255)} {
			data, err := WSAStartup(v)
			wantErr(t, "WSAStartup", err, wsa.WSAVERNOTSUPPORTED)
			if data.Version != Version22 || data.HighVersion != Version22 {
				t.Errorf("WSADATA tells %#x, %#x", data.Version, data.HighVersion)
			}
		}
	}},
	{"difference 2", "versions are negotiated", func(t *testing.T) {
		for asked, want := range map[uint16]uint16{
			MakeWord(1, 0): Version10, MakeWord(1, 1): Version11, MakeWord(1, 2): Version11, MakeWord(1, 255): Version11,
			MakeWord(2, 0): Version20, MakeWord(2, 1): Version21, MakeWord(2, 2): Version22, MakeWord(2, 3): Version22,
			MakeWord(3, 0): Version22, MakeWord(255, 255): Version22,
		} {
			started(t)
			data, err := WSAStartup(asked)
			must(t, err)
			if data.Version != want || data.HighVersion != Version22 {
				t.Errorf("asked for %#x: %#x and %#x, want %#x and 2.2", asked, data.Version, data.HighVersion, want)
			}
			must(t, WSACleanup())
		}
	}},
	{"difference 3", "the texts and limits of WSADATA", func(t *testing.T) {
		for _, v := range []uint16{Version10, Version11, Version20, Version22} {
			data, err := WSAStartup(v)
			must(t, err)
			must(t, WSACleanup())
			want := WSADATA{Version: v, HighVersion: Version22, Description: "WinSock 2.0", SystemStatus: "Running"}
			if v < Version20 || v == Version11 || v == Version10 {
				want.MaxSockets, want.MaxUDPDg = 32767, 65467
			}
			if v == Version20 {
				want.MaxSockets, want.MaxUDPDg = 0, 0
			}
			if data != want {
				t.Errorf("WSADATA of version %#x is %+v, want %+v", v, data, want)
			}
		}
	}},
	{"difference 4", "startups are counted", func(t *testing.T) {
		started(t)
		_, err := WSAStartup(Version11)
		must(t, err)
		s, err := Socket(wsa.AF_INET, wsa.SOCK_STREAM, 0)
		must(t, err)
		must(t, WSACleanup())
		wantErr(t, "closesocket after the first of two cleanups", CloseSocket(s), 0)
	}},
	{"difference 4", "one cleanup too many", func(t *testing.T) {
		_, err := WSAStartup(Version22)
		must(t, err)
		must(t, WSACleanup())
		wantErr(t, "the second cleanup", WSACleanup(), wsa.WSANOTINITIALISED)
		wantErr(t, "the third cleanup", WSACleanup(), wsa.WSANOTINITIALISED)
	}},
	{"WSAStartup function: each successful call needs a WSACleanup", "a failed startup does not count", func(t *testing.T) {
		_, err := WSAStartup(0)
		wantErr(t, "WSAStartup", err, wsa.WSAVERNOTSUPPORTED)
		wantErr(t, "WSACleanup", WSACleanup(), wsa.WSANOTINITIALISED)
	}},
	{"difference 5", "the last cleanup closes every socket", func(t *testing.T) {
		_, err := WSAStartup(Version22)
		must(t, err)
		var all [128]SOCKET
		for i := range all {
			all[i], err = Socket(wsa.AF_INET, wsa.SOCK_DGRAM, 0)
			must(t, err)
		}
		must(t, WSACleanup())
		started(t)
		for _, s := range all {
			wantErr(t, "closesocket", CloseSocket(s), wsa.WSAENOTSOCK)
		}
	}},
	{"WSACleanup function: pending blocking calls of any thread are cancelled", "cleanup ends a blocking call", func(t *testing.T) {
		_, err := WSAStartup(Version22)
		must(t, err)
		s, err := Socket(wsa.AF_INET, wsa.SOCK_DGRAM, 0)
		must(t, err)
		addr := loopback(wsa.AF_INET, 0)
		must(t, Bind(s, &addr))
		ended := make(chan error, 1)
		entered := make(chan struct{})
		go func() {
			close(entered)
			_, err := Recv(s, make([]byte, 1), 0)
			ended <- err
		}()
		<-entered
		must(t, WSACleanup())
		// It may not have come as far as to wait.
		if err := done(t, ended); err != wsa.WSAEINTR && err != wsa.WSANOTINITIALISED && err != wsa.WSAENOTSOCK {
			t.Errorf("recv: %v", err)
		}
	}},
	{"difference 7", "a bad handle beats a bad pointer", func(t *testing.T) {
		started(t)
		for _, s := range []SOCKET{INVALID_SOCKET, 0, SOCKET(newEvent(t))} {
			wantErr(t, "bind", Bind(s, nil), wsa.WSAENOTSOCK)
			wantErr(t, "connect", Connect(s, nil), wsa.WSAENOTSOCK)
			wantErr(t, "getsockname", GetSockName(s, nil), wsa.WSAENOTSOCK)
			wantErr(t, "getpeername", GetPeerName(s, nil), wsa.WSAENOTSOCK)
			wantErr(t, "setsockopt", SetSockOpt(s, wsa.SOL_SOCKET, wsa.SO_KEEPALIVE, nil), wsa.WSAENOTSOCK)
			wantErr(t, "ioctlsocket", IoctlSocket(s, wsa.FIONREAD, nil), wsa.WSAENOTSOCK)
		}
	}},
	{"difference 7", "SO_OPENTYPE works on any handle", func(t *testing.T) {
		started(t)
		event := SOCKET(newEvent(t))
		wantErr(t, "setsockopt", SetSockOptInt(event, wsa.SOL_SOCKET, wsa.SO_OPENTYPE, wsa.SO_SYNCHRONOUS_NONALERT), 0)
		_, err := GetSockOptInt(event, wsa.SOL_SOCKET, wsa.SO_OPENTYPE)
		wantErr(t, "getsockopt", err, 0)
		_, err = GetSockOptInt(event, wsa.SOL_SOCKET, wsa.SO_TYPE)
		wantErr(t, "getsockopt of another option", err, wsa.WSAENOTSOCK)
	}},
	{"closesocket function: the descriptor is released", "a closed handle is no socket", func(t *testing.T) {
		started(t)
		s, err := Socket(wsa.AF_INET6, wsa.SOCK_STREAM, 0)
		must(t, err)
		must(t, CloseSocket(s))
		wantErr(t, "closesocket", CloseSocket(s), wsa.WSAENOTSOCK)
		other := newTestSocket(t, wsa.AF_INET6, wsa.SOCK_STREAM)
		if other == s {
			t.Error("the handle is given out again at once")
		}
		wantErr(t, "listen on the old handle", Listen(s, 1), wsa.WSAENOTSOCK)
	}},
	{"Socket Data Type: handles are not small integers, which programs confuse with them", "descriptors are no sockets", func(t *testing.T) {
		started(t)
		newTestSocket(t, wsa.AF_INET, wsa.SOCK_STREAM)
		for fd := range SOCKET(256) {
			if err := Listen(fd, 1); err != wsa.WSAENOTSOCK {
				t.Errorf("listen(%d): %v", fd, err)
			}
		}
	}},
}
