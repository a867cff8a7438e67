// SPDX-License-Identifier: Apache-2.0

package winsock

import (
	"encoding/binary"

	"winsock/wsa"
)

// An address in the buffer of AcceptEx is preceded by its length and zeros,
// 16 bytes together, which are what the address needs more than its own size.
const acceptNameHeader = 16

// putAcceptName writes an address to its place. It reports false if it has no
// room there.
func putAcceptName(place []byte, name *wsa.Sockaddr) bool {
	if len(place) < acceptNameHeader+name.Len() {
		return false
	}
	clear(place[:acceptNameHeader])
	binary.LittleEndian.PutUint32(place, uint32(name.Len()))
	copy(place[acceptNameHeader:], name.Bytes())
	return true
}

// acceptName returns the address at its place, as a part of it.
func acceptName(place []byte) ([]byte, error) {
	if len(place) < acceptNameHeader {
		return nil, wsa.WSAEFAULT
	}
	n := binary.LittleEndian.Uint32(place)
	place = place[acceptNameHeader:]
	if uint64(n) > uint64(len(place)) || n > wsa.SizeofStorage {
		return nil, wsa.WSAEFAULT
	}
	return place[:n:n], nil
}

// AcceptExNames finds the local and the peer's address in the buffer of an
// [AcceptEx] that has ended, called with the same lengths. The results are
// parts of the buffer, for callers that want the addresses where they are.
//
// Errors: WSAEFAULT for a buffer that is too short or was not filled.
func AcceptExNames(out []byte, receiveLen, localLen, remoteLen uint32) (local, remote []byte, err error) {
	if uint64(len(out)) < uint64(receiveLen)+uint64(localLen)+uint64(remoteLen) {
		return nil, nil, wsa.WSAEFAULT
	}
	out = out[receiveLen:]
	if local, err = acceptName(out[:localLen]); err != nil {
		return nil, nil, err
	}
	if remote, err = acceptName(out[localLen : localLen+remoteLen]); err != nil {
		return nil, nil, err
	}
	return local, remote, nil
}

// GetAcceptExSockaddrs returns the local and the peer's address of a
// connection from the buffer of the [AcceptEx] that has accepted it
// ("GetAcceptExSockaddrs function"). The lengths are those of that call.
//
// Errors: those of [AcceptExNames].
func GetAcceptExSockaddrs(out []byte, receiveLen, localLen, remoteLen uint32) (local, remote wsa.Sockaddr, err error) {
	l, r, err := AcceptExNames(out, receiveLen, localLen, remoteLen)
	if err != nil {
		return local, remote, err
	}
	return wsa.SockaddrBytes(l), wsa.SockaddrBytes(r), nil
}
