// SPDX-License-Identifier: Apache-2.0

package trace

import (
	"bytes"
	"strings"
	"testing"

	"winsock/spi"
	"winsock/wsa"
)

// TestAbilitiesAreThoseBelow: a traced socket can do what the one below can,
// and data goes through the layer in either case.
func TestAbilitiesAreThoseBelow(t *testing.T) {
	tr := newTracer(new(bytes.Buffer))
	poor := tr.trace(&fake{}, tcp4, self)
	rich := tr.trace(&able{fake: &fake{}}, tcp4, self)
	for name, has := range map[string]func(spi.Socket) bool{
		"ConnectDataer":    is[spi.ConnectDataer],
		"DisconnectDataer": is[spi.DisconnectDataer],
		"MultipointJoiner": is[spi.MultipointJoiner],
		"Duplicator":       is[spi.Duplicator],
		"Extender":         is[spi.Extender],
	} {
		if has(poor) {
			t.Errorf("a socket is a %s that the one below is not", name)
		}
		if !has(rich) {
			t.Errorf("a socket is no %s, and the one below is one", name)
		}
	}
	for _, s := range []spi.Socket{poor, rich} {
		if spi.DataPathOf(s) != s {
			t.Error("data does not go through the layer")
		}
	}
}

func is[T any](s spi.Socket) bool {
	_, ok := spi.As[T](s)
	return ok
}

// An able fake has every ability.
type able struct {
	*fake
	leaf     spi.Socket
	function any
}

func (f *able) ConnectWithData(_ *wsa.Sockaddr, _ []byte, callee *[]byte, _, _ *wsa.QOS) error {
	*callee = []byte("welcome")
	return f.next()
}
func (f *able) SendDisconnect([]byte) error             { return f.next() }
func (f *able) RecvDisconnect(data []byte) (int, error) { return copy(data, "bye"), f.next() }
func (f *able) Duplicate(uint32, []byte) (*wsa.ProtocolInfo, error) {
	return &wsa.ProtocolInfo{CatalogEntryID: 5}, f.next()
}
func (f *able) Extension(wsa.GUID) any { return f.function }
func (f *able) JoinLeaf(*wsa.Sockaddr, []byte, *[]byte, *wsa.QOS, *wsa.QOS, uint32) (spi.Socket, error) {
	return f.leaf, f.next()
}

func TestAbilitiesAreTraced(t *testing.T) {
	for _, form := range []bool{false, true} {
		var out bytes.Buffer
		tr := newTracer(&out)
		tr.json = form
		sockets.Store(0)
		f := &able{fake: &fake{}, function: "a function"}
		var s spi.Socket = tr.trace(f, tcp4, self)
		var callee []byte
		must := func(err error) {
			t.Helper()
			if err != nil {
				t.Error(err)
			}
		}
		must(s.(spi.ConnectDataer).ConnectWithData(&server, []byte{0xab}, &callee, nil, nil))
		must(s.(spi.DisconnectDataer).SendDisconnect([]byte("x")))
		if n, err := s.(spi.DisconnectDataer).RecvDisconnect(make([]byte, 9)); n != 3 || err != nil || string(callee) != "welcome" {
			t.Errorf("RecvDisconnect = %d, %v; callee data %q", n, err, callee)
		}
		f.leaf = f
		if leaf, err := s.(spi.MultipointJoiner).JoinLeaf(&server, nil, nil, nil, nil, 4); leaf != s || err != nil {
			t.Errorf("JoinLeaf of the socket itself = %v, %v", leaf, err)
		}
		f.leaf = &fake{}
		leaf, err := s.(spi.MultipointJoiner).JoinLeaf(&server, nil, nil, nil, nil, 4)
		if _, traced := leaf.(*socket); !traced || err != nil {
			t.Errorf("JoinLeaf of a new socket = %v, %v", leaf, err)
		}
		if info, err := s.(spi.Duplicator).Duplicate(99, nil); err != nil || info.CatalogEntryID != 5 {
			t.Errorf("Duplicate = %v, %v", info, err)
		}
		if s.(spi.Extender).Extension(wsa.GUID{}) != f.function {
			t.Error("the extension function is not that of the socket below")
		}
		lines := strings.Split(strings.TrimSpace(out.String()), "\n")
		want := []string{"WSPConnect(name=192.0.2.1:80, caller=ab) ", "WSPSendDisconnect(len=1) ", "WSPRecvDisconnect(len=9) ", "WSPJoinLeaf(name=192.0.2.1:80, flags=4) ",
			"WSPJoinLeaf(name=192.0.2.1:80, flags=4) ", "WSPDuplicateSocket(process=99) ", "Extension(id="}
		if form {
			want = []string{`"call":"WSPConnect"`, `"call":"WSPSendDisconnect"`, `"bytes":3`, `"new":1`, `"new":2`, `"process":99`, `"id":"`}
		}
		if len(lines) != len(want) {
			t.Fatalf("%d lines, want %d:\n%s", len(lines), len(want), &out)
		}
		for i := range want {
			if !strings.Contains(lines[i], want[i]) {
				t.Errorf("line %d lacks %q: %s", i+1, want[i], lines[i])
			}
		}
	}
}
