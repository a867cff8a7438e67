// SPDX-License-Identifier: Apache-2.0

package winsock

import (
	"winsock/namespace"
	"winsock/wsa"
)

// The functions of this file change the catalog. They need no WSAStartup,
// but the right to write the catalog's file, without which they answer
// WSANO_RECOVERY. The errors are plain codes; the methods of the store that
// [Catalog] returns do the same and say in words what is wrong.

// plain returns the plain code of an error.
func plain(err error) error { return wsa.ErrnoOf(err).Err() }

// WSCInstallProvider installs a transport provider ("WSCInstallProvider
// function"): its base protocols, its layered protocol, or chains, at the end
// of the catalog. path has the form of spi.ParsePath, or is the file of a
// shared object. The catalog assigns the ids; see [WSCEnumProtocols].
//
// Errors: WSAEINVAL for a bad GUID, path, name or ChainLen, an empty list, or
// a chain with an id that there is not; WSANO_RECOVERY when the provider is
// installed already; WSAEINPROGRESS when another program does not stop
// changing the catalog.
func WSCInstallProvider(provider wsa.GUID, path string, protocols []wsa.ProtocolInfo) error {
	_, err := theCatalog.Install(provider, path, protocols)
	return plain(err)
}

// WSCInstallProviderAndChains installs a layered provider with its chains
// ("WSCInstallProviderAndChains function"): a hidden layered entry, whose id
// it returns, and in front of all other entries a chain over each base
// protocol or, with a list, over the topmost entry that has the family, type
// and protocol of each element. serviceFlags is 0 or XP1_IFS_HANDLES.
//
// Errors: WSAEINVAL for a bad GUID, path or name, an empty list, an element
// that no entry fits, and a provider or name that is there already;
// WSANO_RECOVERY when there is no base protocol or a chain would be longer
// than MAX_PROTOCOL_CHAIN; WSAEINPROGRESS.
func WSCInstallProviderAndChains(provider wsa.GUID, path, name string, serviceFlags uint32, protocols []wsa.ProtocolInfo) (uint32, error) {
	id, err := theCatalog.InstallChains(provider, path, name, serviceFlags, protocols)
	return id, plain(err)
}

// WSCDeinstallProvider removes a transport provider and the chains that it
// is part of ("WSCDeinstallProvider function"). Sockets that are open remain
// so.
//
// Errors: WSAEINVAL for a provider that is not installed; WSANO_RECOVERY;
// WSAEINPROGRESS.
func WSCDeinstallProvider(provider wsa.GUID) error {
	_, err := theCatalog.Deinstall(provider)
	return plain(err)
}

// WSCUpdateProvider changes the path of a transport provider and the
// protocols in the list ("WSCUpdateProvider function"). Ids and places stay.
//
// Errors: WSAEINVAL for a provider that is not installed, an empty list, and
// as for [WSCInstallProvider]; WSANO_RECOVERY; WSAEINPROGRESS.
func WSCUpdateProvider(provider wsa.GUID, path string, protocols []wsa.ProtocolInfo) error {
	if len(protocols) == 0 {
		return wsa.WSAEINVAL
	}
	return plain(theCatalog.Update(provider, path, protocols))
}

// WSCGetProviderPath returns the path of a transport provider
// ("WSCGetProviderPath function"), with environment variables as written.
//
// Errors: WSAEINVAL for a provider that is not installed.
func WSCGetProviderPath(provider wsa.GUID) (string, error) {
	list := theCatalog.Refresh().Provider(provider)
	if len(list) == 0 {
		return "", wsa.WSAEINVAL
	}
	return list[0].Path, nil
}

// Information classes of [WSCGetProviderInfo].
const (
	ProviderInfoLspCategories int32 = 0
	ProviderInfoAudit         int32 = 1
)

// WSCGetProviderInfo returns the LSP_ categories of a layered provider, given
// the GUID of its layered entry ("WSCGetProviderInfo function"). flags is
// reserved.
//
// Errors: ERROR_CALL_NOT_IMPLEMENTED for ProviderInfoAudit; WSAEINVAL for
// another information class, for flags, and for a provider that is not
// layered; WSAEINVALIDPROVIDER for one that is not installed.
func WSCGetProviderInfo(provider wsa.GUID, infoType int32, flags uint32) (uint32, error) {
	if err := checkInfoType(infoType, flags); err != nil {
		return 0, err
	}
	categories, err := theCatalog.Refresh().Categories(provider)
	return categories, plain(err)
}

// WSCSetProviderInfo sets the LSP_ categories of a layered provider
// ("WSCSetProviderInfo function").
//
// Errors: those of [WSCGetProviderInfo]; WSANO_RECOVERY; WSAEINPROGRESS.
func WSCSetProviderInfo(provider wsa.GUID, infoType int32, categories, flags uint32) error {
	if err := checkInfoType(infoType, flags); err != nil {
		return err
	}
	return plain(theCatalog.SetCategories(provider, categories))
}

func checkInfoType(infoType int32, flags uint32) error {
	switch {
	case infoType == ProviderInfoAudit:
		return wsa.ERROR_CALL_NOT_IMPLEMENTED
	case infoType != ProviderInfoLspCategories || flags != 0:
		return wsa.WSAEINVAL
	}
	return nil
}

// WSCWriteProviderOrder puts the entries of the catalog in a new order, given
// all their ids ("WSCWriteProviderOrder function"). The first entry that fits
// is the one that socket opens.
//
// Errors: WSAEINVAL unless the list has every id exactly once;
// WSANO_RECOVERY; WSAEINPROGRESS.
func WSCWriteProviderOrder(ids []uint32) error { return plain(theCatalog.SetOrder(ids)) }

// WSCSetApplicationCategory adds to the categories of layered providers that
// a program admits, and returns those it admitted before
// ("WSCSetApplicationCategory function"). extra are the arguments that the
// program is started with, for programs that serve several purposes, else
// empty. It holds from the program's next start on.
//
// Errors: WSAEINVAL for a bad path; WSANO_RECOVERY; WSAEINPROGRESS.
func WSCSetApplicationCategory(path, extra string, permitted uint32) (previous uint32, err error) {
	previous, err = theCatalog.PermitApplication(path, extra, permitted)
	return previous, plain(err)
}

// WSCGetApplicationCategory returns the categories of layered providers that
// a program admits ("WSCGetApplicationCategory function").
//
// Errors: WSASERVICE_NOT_FOUND for a program for which none are set;
// WSAEINVAL for an empty path.
func WSCGetApplicationCategory(path, extra string) (uint32, error) {
	if path == "" {
		return 0, wsa.WSAEINVAL
	}
	permitted, err := theCatalog.Refresh().Application(path, extra)
	return permitted, plain(err)
}

// WSCInstallNameSpace installs a name space provider ("WSCInstallNameSpace
// function"). path has the form of spi.ParseNamePath, or is the file of a
// shared object.
//
// Errors: WSAEINVAL for a bad GUID, path, identifier or name space;
// WSANO_RECOVERY when the provider is installed already; WSAEINPROGRESS.
func WSCInstallNameSpace(identifier, path string, nameSpace, version uint32, provider wsa.GUID) error {
	return WSCInstallNameSpaceEx(identifier, path, nameSpace, version, provider, nil)
}

// WSCInstallNameSpaceEx is [WSCInstallNameSpace] with data for the provider,
// which WSAEnumNameSpaceProvidersEx returns ("WSCInstallNameSpaceEx
// function").
func WSCInstallNameSpaceEx(identifier, path string, nameSpace, version uint32, provider wsa.GUID, specific []byte) error {
	return plain(theCatalog.InstallNameSpace(path, wsa.NamespaceInfo{
		ProviderID:       provider,
		NameSpace:        nameSpace,
		Version:          version,
		Identifier:       identifier,
		ProviderSpecific: specific,
	}))
}

// WSCUnInstallNameSpace removes a name space provider
// ("WSCUnInstallNameSpace function").
//
// Errors: WSAEINVAL for one that is not installed; WSANO_RECOVERY;
// WSAEINPROGRESS.
func WSCUnInstallNameSpace(provider wsa.GUID) error {
	return plain(theCatalog.UninstallNameSpace(provider))
}

// WSCEnableNSProvider says whether a name space provider is asked
// ("WSCEnableNSProvider function").
//
// Errors: those of [WSCUnInstallNameSpace].
func WSCEnableNSProvider(provider wsa.GUID, enable bool) error {
	return plain(theCatalog.EnableNameSpace(provider, enable))
}

// WSCWriteNameSpaceOrder puts the name space providers in a new order, given
// all their GUIDs ("WSCWriteNameSpaceOrder function").
//
// Errors: WSAEINVAL unless the list has every GUID exactly once;
// WSANO_RECOVERY; WSAEINPROGRESS.
func WSCWriteNameSpaceOrder(providers []wsa.GUID) error {
	return plain(theCatalog.SetNameSpaceOrder(providers))
}

// WSAEnumNameSpaceProviders lists the name space providers in the order in
// which they are asked, disabled ones too ("WSAEnumNameSpaceProvidersW
// function"). While a layer has names answered for otherwise, the provider
// that does so is among them ([spi.NameGuard]).
//
// Errors: WSANOTINITIALISED.
func WSAEnumNameSpaceProviders() ([]wsa.NamespaceInfo, error) {
	list, err := WSAEnumNameSpaceProvidersEx()
	for i := range list {
		list[i].ProviderSpecific = nil
	}
	return list, err
}

// WSAEnumNameSpaceProvidersEx is [WSAEnumNameSpaceProviders] with the data
// that the providers were installed with ("WSAEnumNameSpaceProvidersExW
// function").
func WSAEnumNameSpaceProvidersEx() ([]wsa.NamespaceInfo, error) {
	if err := requireStartup(); err != nil {
		return nil, err
	}
	var list []wsa.NamespaceInfo
	for _, n := range namespace.Listed(theCatalog.Refresh()) {
		list = append(list, n.Info)
	}
	return list, nil
}
