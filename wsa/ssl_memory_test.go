// SPDX-License-Identifier: Apache-2.0

package wsa

import (
	"bytes"
	"reflect"
	"testing"
)

// TestSSLMemory: the layouts are those of 64-bit programs.
func TestSSLMemory(t *testing.T) {
	auth := &SSLClientAuthOpts{RequestClientAuth: 1, Type: SSL_CERT_X509, Issuers: [][]byte{{1, 2, 3}, {4}}, Flags: 7}
	for _, test := range []struct {
		in   interface{ Append([]byte) []byte }
		out  interface{ Decode([]byte) error }
		want []byte
	}{
		{SSLProtocols{{SSL_PROTOCOL_TLS1, SSL_VERSION_TLS1_2, 1}}, new(SSLProtocols), []byte{1, 0, 0, 0, 4, 0, 0, 0, 3, 3, 0, 0, 1, 0, 0, 0}},
		{&SSLCiphers{4, []uint32{0x1301}}, new(SSLCiphers), []byte{4, 0, 0, 0, 1, 0, 0, 0, 1, 0x13, 0, 0}},
		{&SSLSessionOpts{5, 6, 7}, new(SSLSessionOpts), []byte{5, 0, 0, 0, 0, 0, 0, 0, 6, 0, 0, 0, 7, 0, 0, 0}},
		{&SSLHook{8, 9}, new(SSLHook), []byte{8, 0, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0}},
		{auth, new(SSLClientAuthOpts), nil},
		{&SSLConnectionInfo{1, 2, 3, 4, 5, 6, 7}, new(SSLConnectionInfo), nil},
		{&SocketSecuritySettings{1, 2}, new(SocketSecuritySettings), []byte{1, 0, 0, 0, 2, 0, 0, 0}},
		{&SocketSecurityQueryInfo{1, 2, 3, 4}, new(SocketSecurityQueryInfo), nil},
		{&SocketPeerTargetName{SecurityProtocol: 1, PeerTargetName: "n\u00e4me\U0001F600"}, new(SocketPeerTargetName), nil},
	} {
		b := test.in.Append(nil)
		if test.want != nil && !bytes.Equal(b, test.want) {
			t.Errorf("%T is % x, want % x", test.in, b, test.want)
		}
		if err := test.out.Decode(b); err != nil {
			t.Errorf("%T: %v", test.in, err)
		}
		if in, out := reflect.Indirect(reflect.ValueOf(test.in)).Interface(), reflect.ValueOf(test.out).Elem().Interface(); !reflect.DeepEqual(in, out) {
			t.Errorf("%+v became %+v", in, out)
		}
		for n := range len(b) {
			if err := test.out.Decode(b[:n]); err != WSAEFAULT {
				t.Errorf("%T of %d bytes: %v", test.in, n, err)
			}
		}
	}
}

func FuzzSSLMemory(f *testing.F) {
	f.Add((&SSLClientAuthOpts{Issuers: [][]byte{{1, 2, 3}, {4}}}).Append(nil))
	f.Add(SSLProtocols{{4, 0x303, 0}}.Append(nil))
	f.Add((&SocketPeerTargetName{PeerTargetName: "name"}).Append(nil))
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, x := range []interface {
			Decode([]byte) error
		}{new(SSLProtocols), new(SSLCiphers), new(SSLSessionOpts), new(SSLClientAuthOpts), new(SSLHook), new(SSLConnectionInfo),
			new(SocketSecuritySettings), new(SocketSecurityQueryInfo), new(SocketPeerTargetName)} {
			if x.Decode(b) != nil {
				continue
			}
			again := reflect.New(reflect.TypeOf(x).Elem()).Interface().(interface{ Decode([]byte) error })
			if err := again.Decode(x.(interface{ Append([]byte) []byte }).Append(nil)); err != nil {
				t.Errorf("%T: %v", x, err)
			}
		}
	})
}
