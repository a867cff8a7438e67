// SPDX-License-Identifier: Apache-2.0

package winsock

import (
	"testing"

	"winsock/wsa"
)

// TestConditionPanics: a panic of the program's condition function reaches
// the program, the connection is reset, and the listener goes on.
func TestConditionPanics(t *testing.T) {
	started(t)
	l, addr := listening(t, wsa.AF_INET)
	client := newTestSocket(t, wsa.AF_INET, wsa.SOCK_STREAM)
	must(t, Connect(client, &addr))
	func() {
		defer func() {
			if v := recover(); v != "mine" {
				t.Errorf("recovered %v", v)
			}
		}()
		WSAAccept(l, nil, func(*ConditionParams) int32 { panic("mine") })
	}()
	_, err := Recv(client, make([]byte, 1), 0)
	wantErr(t, "recv of the connection", err, wsa.WSAECONNRESET)

	again := newTestSocket(t, wsa.AF_INET, wsa.SOCK_STREAM)
	must(t, Connect(again, &addr))
	s, err := Accept(l, nil)
	must(t, err)
	must(t, CloseSocket(s))
}
