// SPDX-License-Identifier: Apache-2.0

package winsock

import (
	"sync"
	"sync/atomic"

	"winsock/object"
	"winsock/wsa"
)

// MakeWord packs a version number, major part first, as MAKEWORD does.
func MakeWord(major, minor uint8) uint16 { return uint16(major) | uint16(minor)<<8 }

// The versions that can be asked for.
const (
	Version10 uint16 = 0x0001
	Version11 uint16 = 0x0101
	Version20 uint16 = 0x0002
	Version21 uint16 = 0x0102
	Version22 uint16 = 0x0202
)

// WSADATA describes the implementation ("WSADATA structure").
type WSADATA struct {
	Version      uint16 // the version that the program is to use
	HighVersion  uint16 // the highest version there is, 2.2
	Description  string
	SystemStatus string
	MaxSockets   uint16 // for programs of version 1.x; 0 for later ones
	MaxUDPDg     uint16 // likewise, in bytes
}

var startup struct {
	count atomic.Int32 // successful starts less clean-ups

	mu sync.Mutex // one start or clean-up at a time
}

// WSAStartup begins the use of Winsock ("WSAStartup function"). version is
// the highest version that the program can use, see [MakeWord]. Starts are
// counted; each successful one needs a [WSACleanup].
//
// Errors: WSAVERNOTSUPPORTED for a version below 1.0, with the WSADATA
// filled in all the same.
func WSAStartup(version uint16) (WSADATA, error) {
	data := WSADATA{
		HighVersion:  Version22,
		Description:  "WinSock 2.0",
		SystemStatus: "Running",
	}
	data.Version = negotiate(version)
	if data.Version == 0 {
		data.Version = Version22
		return data, wsa.WSAVERNOTSUPPORTED
	}
	if data.Version&0xff == 1 {
		data.MaxSockets, data.MaxUDPDg = 32767, 65467
	}
	ownPermission() // which layers the program admits is settled now
	startup.mu.Lock()
	defer startup.mu.Unlock()
	startup.count.Add(1)
	return data, nil
}

// negotiate returns the highest version there is that is not above what was
// asked for, 0 if there is none.
func negotiate(version uint16) uint16 {
	major, minor := version&0xff, version>>8
	switch {
	case major == 0:
		return 0
	case major == 1 && minor == 0:
		return Version10
	case major == 1:
		return Version11
	case major == 2 && minor == 0:
		return Version20
	case major == 2 && minor == 1:
		return Version21
	}
	return Version22
}

// WSACleanup ends the use of Winsock that one [WSAStartup] began
// ("WSACleanup function"). The last one closes every socket; calls that wait
// on them end with WSAEINTR. Asynchronous look-ups are cancelled and post
// nothing.
//
// Errors: WSANOTINITIALISED.
func WSACleanup() error {
	startup.mu.Lock()
	defer startup.mu.Unlock()
	switch startup.count.Load() {
	case 0:
		return wsa.WSANOTINITIALISED
	case 1:
		dropOffers()
		closeAllSockets()
		cancelAsyncRequests()
		chains.Shutdown()
	}
	startup.count.Add(-1)
	return nil
}

// closeAllSockets closes each socket as closesocket does.
func closeAllSockets() {
	for _, o := range object.All() {
		switch o := o.(type) {
		case *socket:
			o.close()
		case *duplicate:
			object.Close(o)
			o.sock.close()
		case *configNotification: // stays open, as handles of the system do
			o.cancel(wsa.WSAEINTR, func(*request) bool { return true })
		}
		o.(interface{ Release() }).Release()
	}
}

// requireStartup returns WSANOTINITIALISED before the first successful
// WSAStartup and after the last WSACleanup.
func requireStartup() error {
	if startup.count.Load() == 0 {
		return wsa.WSANOTINITIALISED
	}
	return nil
}
