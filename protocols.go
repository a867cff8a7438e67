// SPDX-License-Identifier: Apache-2.0

package winsock

import (
	"context"
	"os"
	"slices"
	"sync"
	"time"

	"winsock/catalog"
	"winsock/object"
	"winsock/wsa"
)

// theCatalog is the catalog of this process. Only the providers named here
// are in it by themselves; all others have to be installed.
var theCatalog = catalog.NewStore(catalog.Config{
	Drivers:     []string{"kernel"},
	NameDrivers: []string{"hosts", "dns"},
})

// ownPermission returns which layered providers this program admits. As on
// Windows, that is settled for good when it is first asked for
// ("WSCSetApplicationCategory function").
var ownPermission = sync.OnceValue(func() catalog.Permission {
	path, err := os.Executable()
	if err != nil {
		path = os.Args[0]
	}
	return theCatalog.Snapshot().Permission(path, os.Args[1:])
})

// WSAEnumProtocols lists the transport protocols that the program can open
// sockets of ("WSAEnumProtocolsW function"): base protocols and chains, in
// the order in which they are considered, without hidden ones. A list of
// protocol numbers, when not nil, leaves out all others; unknown numbers in
// it are ignored.
//
// Errors: WSANOTINITIALISED.
func WSAEnumProtocols(protocols []int32) ([]wsa.ProtocolInfo, error) {
	if err := requireStartup(); err != nil {
		return nil, err
	}
	snap := theCatalog.Refresh()
	entries := slices.DeleteFunc(snap.Visible(), func(e *catalog.Entry) bool { return !snap.Admits(ownPermission(), e) })
	return infosOf(entries, protocols), nil
}

// WSCEnumProtocols lists all transport protocols of the catalog as it is now
// ("WSCEnumProtocols function"), layered and hidden ones too. It needs no
// WSAStartup. See [WSAEnumProtocols] for the list of protocol numbers.
func WSCEnumProtocols(protocols []int32) ([]wsa.ProtocolInfo, error) {
	return infosOf(theCatalog.Refresh().Entries(), protocols), nil
}

func infosOf(entries []*catalog.Entry, protocols []int32) []wsa.ProtocolInfo {
	var list []wsa.ProtocolInfo
	for _, e := range entries {
		if protocols == nil || slices.Contains(protocols, e.Info.Protocol) {
			list = append(list, e.Info)
		}
	}
	return list
}

// A configNotification is what a notification handle of
// WSAProviderConfigChange names.
type configNotification struct{ object.Header }

// Destroy has nothing to do.
func (*configNotification) Destroy() {}

// notificationCheck is how often a waiting WSAProviderConfigChange looks
// whether its handle or Winsock itself was closed meanwhile.
const notificationCheck = 100 * time.Millisecond

// WSAProviderConfigChange tells of changes of the catalog
// ("WSAProviderConfigChange function"). The first call, with a zero handle,
// stores a notification handle and returns at once. Later calls with that
// handle return when providers have been installed, removed or changed since
// the call was made, by this process or another one.
//
// Errors: WSANOTINITIALISED; WSA_INVALID_HANDLE for a handle that is not of
// this kind; WSAEMFILE; WSA_OPERATION_ABORTED when the handle is closed and
// WSAEINTR when Winsock is cleaned up during the wait; WSAEOPNOTSUPP for an
// overlapped call.
func WSAProviderConfigChange(notification *HANDLE, overlapped *Overlapped, routine CompletionRoutine) error {
	if err := requireStartup(); err != nil {
		return err
	}
	if notification == nil {
		return wsa.WSAEFAULT
	}
	if *notification == 0 {
		h, err := object.Open(new(configNotification))
		if err != nil {
			return err
		}
		*notification = h
		return nil
	}
	o := object.Acquire(*notification)
	if o == nil {
		return wsa.WSA_INVALID_HANDLE
	}
	defer o.(interface{ Release() }).Release()
	n, ok := o.(*configNotification)
	if !ok {
		return wsa.WSA_INVALID_HANDLE
	}
	if overlapped != nil || routine != nil {
		return wsa.WSAEOPNOTSUPP
	}
	since := theCatalog.Refresh()
	for {
		ctx, cancel := context.WithTimeout(context.Background(), notificationCheck)
		_, err := theCatalog.Wait(ctx, since)
		cancel()
		switch {
		case err == nil:
			return nil
		case n.Closing():
			return wsa.WSA_OPERATION_ABORTED
		case requireStartup() != nil:
			return wsa.WSAEINTR
		}
	}
}
