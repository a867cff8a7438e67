// SPDX-License-Identifier: Apache-2.0

package winsock

import (
	"reflect"
	"sync"
	"testing"

	"winsock/spi"
	"winsock/wsa"
)

// TestExtensionFunction: each known GUID has a function of its type, an
// unknown one is WSAEINVAL with nothing queued (difference 95), and functions
// are those of their chain.
func TestExtensionFunction(t *testing.T) {
	types := map[wsa.GUID]any{
		wsa.WSAID_ACCEPTEX:             AcceptExFunc(nil),
		wsa.WSAID_CONNECTEX:            ConnectExFunc(nil),
		wsa.WSAID_DISCONNECTEX:         DisconnectExFunc(nil),
		wsa.WSAID_GETACCEPTEXSOCKADDRS: GetAcceptExSockaddrsFunc(nil),
		wsa.WSAID_TRANSMITFILE:         TransmitFileFunc(nil),
		wsa.WSAID_TRANSMITPACKETS:      TransmitPacketsFunc(nil),
		wsa.WSAID_WSARECVMSG:           WSARecvMsgFunc(nil),
		wsa.WSAID_WSASENDMSG:           WSASendMsgFunc(nil),
		wsa.WSAID_WSAPOLL:              WSAPollFunc(nil),
	}
	onEveryChain(t, func(b *bed) {
		s := b.socket(wsa.SOCK_STREAM)
		for id, want := range types {
			f, err := ExtensionFunction(s, id)
			if err != nil || reflect.TypeOf(f) != reflect.TypeOf(want) {
				b.Errorf("%s: %T, %v; want %T", wsa.ExtensionName(id), f, err, want)
			}
		}
		_, err := ExtensionFunction(s, wsa.NewGUID())
		wantErr(b, "unknown GUID", err, wsa.WSAEINVAL)
		_, err = ExtensionFunction(INVALID_SOCKET, wsa.WSAID_ACCEPTEX)
		wantErr(b, "no socket", err, wsa.WSAENOTSOCK)

		port := newTestPort(b, 0)
		associate(b, s, port, 1)
		ov := Overlapped{Internal: 7, InternalHigh: 9}
		id := wsa.NewGUID().Bytes()
		_, err = WSAIoctl(s, wsa.SIO_GET_EXTENSION_FUNCTION_POINTER, id[:], make([]byte, 8), &ov, nil)
		wantErr(b, "WSAIoctl with an unknown GUID", err, wsa.WSAEINVAL)
		if ov.Internal != 7 || ov.InternalHigh != 9 {
			b.Errorf("difference 95: OVERLAPPED became %+v", ov)
		}
		b.noMore(port)
	})
}

// TestExtensionChains: what one chain has handed out is no function for
// another chain's sockets.
func TestExtensionChains(t *testing.T) {
	started(t)
	all := beds(t)
	s, other := all["kernel"].socket(wsa.SOCK_STREAM), all["trace"].socket(wsa.SOCK_STREAM)
	find := func(id wsa.GUID) any {
		f, err := ExtensionFunction(s, id)
		must(t, err)
		return f
	}
	addr := loopback(wsa.AF_INET, 1)
	var ov Overlapped
	for name, call := range map[string]func(s SOCKET) error{
		"AcceptEx": func(s SOCKET) error {
			_, err := find(wsa.WSAID_ACCEPTEX).(AcceptExFunc)(s, s, nil, 0, 1, 1, &ov)
			return err
		},
		"ConnectEx": func(s SOCKET) error {
			_, err := find(wsa.WSAID_CONNECTEX).(ConnectExFunc)(s, &addr, nil, &ov)
			return err
		},
		"DisconnectEx": func(s SOCKET) error { return find(wsa.WSAID_DISCONNECTEX).(DisconnectExFunc)(s, nil, 0) },
		"TransmitFile": func(s SOCKET) error {
			return find(wsa.WSAID_TRANSMITFILE).(TransmitFileFunc)(s, nil, 0, 0, nil, nil, 0)
		},
		"TransmitPackets": func(s SOCKET) error {
			return find(wsa.WSAID_TRANSMITPACKETS).(TransmitPacketsFunc)(s, nil, 0, nil, 0)
		},
		"WSARecvMsg": func(s SOCKET) error {
			_, err := find(wsa.WSAID_WSARECVMSG).(WSARecvMsgFunc)(s, nil, nil, nil)
			return err
		},
		"WSASendMsg": func(s SOCKET) error {
			_, err := find(wsa.WSAID_WSASENDMSG).(WSASendMsgFunc)(s, nil, 0, nil, nil)
			return err
		},
	} {
		wantErr(t, name+" on another chain's socket", call(other), wsa.WSAENOTSOCK)
		if err := call(s); err == nil || err == wsa.WSAENOTSOCK {
			t.Errorf("%s on its chain's socket: %v", name, err)
		}
	}
}

// An extending layer has a ConnectEx of its own.
type extending struct{ spi.Socket }

func (extending) Extension(id wsa.GUID) any {
	if id == wsa.WSAID_CONNECTEX {
		return "the layer's own"
	}
	return nil
}

type extendingProvider struct{}

func (extendingProvider) Cleanup() error { return nil }

func (extendingProvider) Socket(o *spi.Opening) (spi.Socket, error) {
	below, err := o.Next(o)
	if err != nil {
		return nil, err
	}
	return extending{below}, nil
}

var registerExtending = sync.OnceFunc(func() {
	spi.Register(&spi.Driver{Name: "extending", Startup: func(*spi.StartupParams) (spi.Provider, error) { return extendingProvider{}, nil }})
})

// TestExtensionOfLayer: what a layer has comes before what Winsock has.
func TestExtensionOfLayer(t *testing.T) {
	started(t)
	registerExtending()
	c, err := Compose(wsa.AF_INET, wsa.SOCK_STREAM, 0, nil, "extending")
	must(t, err)
	s, err := c.Socket(wsa.WSA_FLAG_OVERLAPPED)
	must(t, err)
	defer CloseSocket(s)
	if f, err := ExtensionFunction(s, wsa.WSAID_CONNECTEX); f != "the layer's own" || err != nil {
		t.Errorf("ConnectEx is %v, %v", f, err)
	}
	if f, err := ExtensionFunction(s, wsa.WSAID_ACCEPTEX); err != nil {
		t.Errorf("AcceptEx is %v, %v", f, err)
	}
}
