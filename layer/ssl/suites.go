// SPDX-License-Identifier: Apache-2.0

package ssl

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/tls"
	"slices"
	"strings"

	"winsock/wsa"
)

// A suite is a cipher suite, in words of Winsock.
type suite struct {
	cipher, bits   uint32
	hash, hashBits uint32
	rsa            bool // the key is exchanged by RSA
	overhead       int  // of a record below TLS 1.3, at least
}

var suites = func() map[uint16]suite {
	all := make(map[uint16]suite)
	for _, c := range append(tls.CipherSuites(), tls.InsecureCipherSuites()...) {
		all[c.ID] = suiteOf(c.Name)
	}
	return all
}()

// suiteOf reads a suite's name.
func suiteOf(name string) (s suite) {
	switch {
	case strings.Contains(name, "AES_128"):
		s.cipher, s.bits = wsa.CALG_AES_128, 128
	case strings.Contains(name, "AES_256"):
		s.cipher, s.bits = wsa.CALG_AES_256, 256
	case strings.Contains(name, "3DES"):
		s.cipher, s.bits = wsa.CALG_3DES, 168
	case strings.Contains(name, "RC4"):
		s.cipher, s.bits = wsa.CALG_RC4, 128
	case strings.Contains(name, "CHACHA20"):
		s.bits = 256
	}
	switch {
	case strings.HasSuffix(name, "SHA384"):
		s.hash, s.hashBits = wsa.CALG_SHA_384, 384
	case strings.HasSuffix(name, "SHA256"):
		s.hash, s.hashBits = wsa.CALG_SHA_256, 256
	case strings.HasSuffix(name, "SHA"):
		s.hash, s.hashBits = wsa.CALG_SHA1, 160
	}
	switch {
	case strings.Contains(name, "GCM"):
		s.overhead = 24
	case strings.Contains(name, "CHACHA20"):
		s.overhead = 16
	}
	s.rsa = strings.HasPrefix(name, "TLS_RSA_")
	return s
}

// exchangeSuites are those that exchange keys by RSA, the better ones of them.
// Nobody gets them who has not asked, as what was recorded can be read by
// whoever finds the key later.
var exchangeSuites = slices.DeleteFunc(suiteIDs(tls.InsecureCipherSuites()), func(id uint16) bool {
	s := suites[id]
	return !s.rsa || id == tls.TLS_RSA_WITH_AES_128_CBC_SHA256 || s.cipher != wsa.CALG_AES_128 && s.cipher != wsa.CALG_AES_256
})

func suiteIDs(list []*tls.CipherSuite) (ids []uint16) {
	for _, c := range list {
		ids = append(ids, c.ID)
	}
	return ids
}

// defaultCiphers are the suites that are used if nobody chooses: those of
// which Go's package says that they are secure.
func defaultCiphers() (list []uint32) {
	for _, c := range tls.CipherSuites() {
		list = append(list, uint32(c.ID))
	}
	return list
}

// expandCiphers makes suites of a list of suites and algorithms.
//
// Errors: WSAEINVAL for what is neither.
func expandCiphers(list []uint32) ([]uint16, error) {
	var ids []uint16
	for _, x := range list {
		if _, ok := suites[uint16(x)]; ok && x <= 0xffff {
			ids = append(ids, uint16(x))
			continue
		}
		found := false
		for _, c := range tls.CipherSuites() {
			if x != 0 && suites[c.ID].cipher == x {
				ids, found = append(ids, c.ID), true
			}
		}
		if !found {
			return nil, wsa.WSAEINVAL
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids), nil
}

// keyBits returns the length of a public key.
func keyBits(key any) int {
	switch k := key.(type) {
	case *rsa.PublicKey:
		return k.N.BitLen()
	case *ecdsa.PublicKey:
		return k.Params().BitSize
	case ed25519.PublicKey:
		return 256
	}
	return 0
}
