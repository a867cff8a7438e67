// SPDX-License-Identifier: Apache-2.0

package winsock

import (
	"fmt"
	"slices"
	"sync"

	"winsock/wsa"
)

// serviceClasses are the classes that this process has installed. The
// built-in name spaces keep none, so that Winsock does, as it does for any
// name space whose provider does not store them.
var serviceClasses struct {
	mu   sync.RWMutex // protects byID
	byID map[wsa.GUID]*wsa.ServiceClassInfo
}

// WSAInstallServiceClass makes a service class known to this process and to
// the name spaces that keep classes ("WSAInstallServiceClass function").
//
// Errors: WSANOTINITIALISED; WSAEFAULT for a nil class; WSAEINVAL for one
// without an id or a name; WSAEALREADY for one that is known; what a
// provider that keeps classes answered.
func WSAInstallServiceClass(class *wsa.ServiceClassInfo) error {
	if err := requireStartup(); err != nil {
		return err
	}
	switch {
	case class == nil:
		return wsa.WSAEFAULT
	case class.ClassID.IsZero() || class.Name == "":
		return wsa.WSAEINVAL
	}
	serviceClasses.mu.Lock()
	defer serviceClasses.mu.Unlock()
	if serviceClasses.byID[class.ClassID] != nil || wellKnownClass(class.ClassID) != "" {
		return wsa.WSAEALREADY
	}
	for _, p := range nameProviders.Active(theCatalog.Snapshot(), wsa.NS_ALL, nil) {
		err := p.InstallServiceClass(class)
		p.Release()
		if err != nil && err != wsa.WSAEOPNOTSUPP {
			return err
		}
	}
	if serviceClasses.byID == nil {
		serviceClasses.byID = make(map[wsa.GUID]*wsa.ServiceClassInfo)
	}
	serviceClasses.byID[class.ClassID] = cloneClass(class)
	return nil
}

// WSARemoveServiceClass undoes [WSAInstallServiceClass]
// ("WSARemoveServiceClass function").
//
// Errors: WSANOTINITIALISED; WSAEINVAL for GUID_NULL; WSATYPE_NOT_FOUND for
// a class that is not installed; WSAEACCES for one that Winsock brings along.
func WSARemoveServiceClass(id wsa.GUID) error {
	if err := requireStartup(); err != nil {
		return err
	}
	switch {
	case id.IsZero():
		return wsa.WSAEINVAL
	case wellKnownClass(id) != "":
		return wsa.WSAEACCES
	}
	serviceClasses.mu.Lock()
	defer serviceClasses.mu.Unlock()
	_, removed := serviceClasses.byID[id]
	delete(serviceClasses.byID, id)
	for _, p := range nameProviders.Active(theCatalog.Snapshot(), wsa.NS_ALL, nil) {
		removed = p.RemoveServiceClass(id) == nil || removed
		p.Release()
	}
	if !removed {
		return wsa.WSATYPE_NOT_FOUND
	}
	return nil
}

// WSAGetServiceClassInfo returns what a name space provider, or else this
// process, knows of a service class ("WSAGetServiceClassInfo function").
//
// Errors: WSANOTINITIALISED; WSAEINVAL for a provider that is not active;
// WSATYPE_NOT_FOUND for an unknown class.
func WSAGetServiceClassInfo(provider, id wsa.GUID) (*wsa.ServiceClassInfo, error) {
	if err := requireStartup(); err != nil {
		return nil, err
	}
	active := nameProviders.Active(theCatalog.Snapshot(), wsa.NS_ALL, &provider)
	if len(active) == 0 {
		return nil, wsa.WSAEINVAL
	}
	var class *wsa.ServiceClassInfo
	for _, p := range active {
		if known, err := p.GetServiceClassInfo(id); err == nil && class == nil {
			class = known
		}
		p.Release()
	}
	if class == nil {
		class = findServiceClass(id)
	}
	if class == nil {
		return nil, wsa.WSATYPE_NOT_FOUND
	}
	return class, nil
}

// WSAGetServiceClassNameByClassId returns the name of a service class
// ("WSAGetServiceClassNameByClassId function").
//
// Errors: WSANOTINITIALISED; WSATYPE_NOT_FOUND for an unknown class.
func WSAGetServiceClassNameByClassId(id wsa.GUID) (string, error) {
	if err := requireStartup(); err != nil {
		return "", err
	}
	if class := findServiceClass(id); class != nil {
		return class.Name, nil
	}
	for _, p := range nameProviders.Active(theCatalog.Snapshot(), wsa.NS_ALL, nil) {
		class, err := p.GetServiceClassInfo(id)
		p.Release()
		if err == nil && class != nil {
			return class.Name, nil
		}
	}
	return "", wsa.WSATYPE_NOT_FOUND
}

// findServiceClass returns a class that the process knows by itself, else
// nil. It is the caller's own.
func findServiceClass(id wsa.GUID) *wsa.ServiceClassInfo {
	serviceClasses.mu.RLock()
	defer serviceClasses.mu.RUnlock()
	if class := serviceClasses.byID[id]; class != nil {
		return cloneClass(class)
	}
	if name := wellKnownClass(id); name != "" {
		return &wsa.ServiceClassInfo{ClassID: id, Name: name}
	}
	return nil
}

// wellKnownClass returns the name of a class of svcguid.h, else "".
func wellKnownClass(id wsa.GUID) string {
	switch id {
	case wsa.SVCID_HOSTNAME:
		return "HostName"
	case wsa.SVCID_INET_HOSTADDRBYINETSTRING:
		return "INET_HostAddrByInetString"
	case wsa.SVCID_INET_SERVICEBYNAME:
		return "INET_ServiceByName"
	case wsa.SVCID_INET_HOSTADDRBYNAME:
		return "INET_HostAddrByName"
	}
	switch protocol, port, rr := id.PortService(); {
	case protocol == 0:
		return ""
	case id == wsa.SVCID_DNS(rr) && rr != 0:
		return fmt.Sprintf("DNS record type %d", rr)
	case protocol == wsa.IPPROTO_TCP:
		return fmt.Sprintf("TCP port %d", port)
	default:
		return fmt.Sprintf("UDP port %d", port)
	}
}

func cloneClass(class *wsa.ServiceClassInfo) *wsa.ServiceClassInfo {
	c := *class
	c.Infos = slices.Clone(class.Infos)
	for i := range c.Infos {
		c.Infos[i].Value = slices.Clone(c.Infos[i].Value)
	}
	return &c
}
