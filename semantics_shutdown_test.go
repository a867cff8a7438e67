// SPDX-License-Identifier: Apache-2.0

package winsock

import (
	"testing"

	"winsock/wsa"
)

var everyHow = []int32{wsa.SD_RECEIVE, wsa.SD_SEND, wsa.SD_BOTH}

// shutdownSemantics are the rules of "shutdown function", "WSASendDisconnect
// function" and "WSARecvDisconnect function".
var shutdownSemantics = []semantic{
	{"difference 74", "send after SD_SEND", inBothFamilies(func(t *testing.T, family int32) {
		c, _ := connected(t, family)
		must(t, Shutdown(c, wsa.SD_SEND))
		_, err := Send(c, []byte("x"), 0)
		wantErr(t, "send", err, wsa.WSAESHUTDOWN)
		_, err = WSASend(c, [][]byte{[]byte("x")}, 0, nil, nil)
		wantErr(t, "WSASend", err, wsa.WSAESHUTDOWN)
	})},
	{"difference 75", "recv after SD_RECEIVE", inBothFamilies(func(t *testing.T, family int32) {
		c, s := connected(t, family)
		must(t, Shutdown(c, wsa.SD_RECEIVE))
		_, err := Recv(c, make([]byte, 1), 0)
		wantErr(t, "recv", err, wsa.WSAESHUTDOWN)
		sendText(t, c, "the other direction")
		wantRecv(t, s, "the other direction")
	})},
	{"difference 77", "shutdown twice", inBothFamilies(func(t *testing.T, family int32) {
		for _, how := range everyHow {
			c, _ := connected(t, family)
			wantErr(t, "shutdown", Shutdown(c, how), 0)
			wantErr(t, "shutdown again", Shutdown(c, how), 0)
			wantErr(t, "shutdown of both", Shutdown(c, wsa.SD_BOTH), 0)
		}
	})},
	{"difference 77", "shutdown without a connection", inBothFamilies(func(t *testing.T, family int32) {
		for _, how := range everyHow {
			wantErr(t, "shutdown", Shutdown(newTestSocket(t, family, wsa.SOCK_STREAM), how), wsa.WSAENOTCONN)
		}
	})},
	{"difference 77", "shutdown of a listener", inBothFamilies(func(t *testing.T, family int32) {
		l, addr := listening(t, family)
		for _, how := range everyHow {
			wantErr(t, "shutdown", Shutdown(l, how), wsa.WSAENOTCONN)
		}
		clientOf(t, addr)
		acceptOn(t, l)
	})},
	{"difference 77", "shutdown of an unknown direction", func(t *testing.T) {
		c, s := connected(t, wsa.AF_INET)
		for _, how := range []int32{-1, 3, 0xdead} {
			wantErr(t, "shutdown", Shutdown(c, how), wsa.WSAEINVAL)
		}
		sendText(t, c, "x")
		wantRecv(t, s, "x")
	}},
	{"difference 78", "shutdown of a datagram socket", inBothFamilies(func(t *testing.T, family int32) {
		for _, how := range everyHow {
			s, to := boundSocket(t, family, wsa.SOCK_DGRAM)
			wantErr(t, "shutdown", Shutdown(s, how), 0)
			if how != wsa.SD_RECEIVE {
				_, err := SendTo(s, []byte("x"), 0, &to)
				wantErr(t, "sendto", err, wsa.WSAESHUTDOWN)
			}
			if how != wsa.SD_SEND {
				_, err := RecvFrom(s, make([]byte, 1), 0, nil)
				wantErr(t, "recvfrom", err, wsa.WSAESHUTDOWN)
			}
		}
	})},
	{"shutdown function: SD_SEND ends the data once it is sent", "half a connection", inBothFamilies(func(t *testing.T, family int32) {
		c, s := connected(t, family)
		sendText(t, c, "request")
		must(t, Shutdown(c, wsa.SD_SEND))
		wantRecv(t, s, "request")
		wantRecv(t, s, "")
		sendText(t, s, "answer")
		must(t, CloseSocket(s))
		wantRecv(t, c, "answer")
		wantRecv(t, c, "")
	})},
	{"WSASendDisconnect function: like shutdown with SD_SEND", "WSASendDisconnect", inBothFamilies(func(t *testing.T, family int32) {
		c, s := connected(t, family)
		wantErr(t, "WSASendDisconnect", WSASendDisconnect(c, nil), 0)
		_, err := Send(c, []byte("x"), 0)
		wantErr(t, "send", err, wsa.WSAESHUTDOWN)
		wantRecv(t, s, "")
	})},
	{"WSASendDisconnect function: WSAENOPROTOOPT for data", "disconnect data", func(t *testing.T) {
		c, s := connected(t, wsa.AF_INET)
		wantErr(t, "WSASendDisconnect", WSASendDisconnect(c, []byte("bye")), wsa.WSAENOPROTOOPT)
		_, err := WSARecvDisconnect(c, make([]byte, 1))
		wantErr(t, "WSARecvDisconnect", err, wsa.WSAENOPROTOOPT)
		sendText(t, c, "still open")
		wantRecv(t, s, "still open")
	}},
	{"WSASendDisconnect function: WSAENOTCONN", "WSASendDisconnect without a connection", func(t *testing.T) {
		s := newTestSocket(t, wsa.AF_INET, wsa.SOCK_STREAM)
		wantErr(t, "WSASendDisconnect", WSASendDisconnect(s, nil), wsa.WSAENOTCONN)
		_, err := WSARecvDisconnect(s, nil)
		wantErr(t, "WSARecvDisconnect", err, wsa.WSAENOTCONN)
	}},
	{"WSARecvDisconnect function: like shutdown with SD_RECEIVE", "WSARecvDisconnect", func(t *testing.T) {
		c, s := connected(t, wsa.AF_INET)
		_, err := WSARecvDisconnect(c, nil)
		wantErr(t, "WSARecvDisconnect", err, 0)
		_, err = Recv(c, make([]byte, 1), 0)
		wantErr(t, "recv", err, wsa.WSAESHUTDOWN)
		sendText(t, c, "x")
		wantRecv(t, s, "x")
	}},
}
