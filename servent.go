// SPDX-License-Identifier: Apache-2.0

package winsock

import (
	"winsock/namespace/netdb"
	"winsock/wsa"
)

// A Servent is a SERVENT: a service's name, its other names, its port in
// host order, and the protocol to reach it by.
type Servent = netdb.Service

// A Protoent is a PROTOENT: a protocol's name, its other names, its number.
type Protoent = netdb.Protocol

// GetServByName finds a service by its name or alias, in either case, in
// /etc/services, or in a built-in list where that is missing ("getservbyname
// function"). An empty protocol matches any.
//
// Errors: WSANOTINITIALISED, WSANO_DATA for an unknown service.
func GetServByName(name, protocol string) (*Servent, error) {
	if err := requireStartup(); err != nil {
		return nil, err
	}
	s, ok := netdb.System().ByName(name, protocol)
	if !ok {
		return nil, wsa.WSANO_DATA
	}
	return &s, nil
}

// GetServByPort finds a service by its port, in host order ("getservbyport
// function"). An empty protocol matches any.
//
// Errors: WSANOTINITIALISED, WSANO_DATA for a port that no service has.
func GetServByPort(port uint16, protocol string) (*Servent, error) {
	if err := requireStartup(); err != nil {
		return nil, err
	}
	s, ok := netdb.System().ByPort(port, protocol)
	if !ok {
		return nil, wsa.WSANO_DATA
	}
	return &s, nil
}

// GetProtoByName finds a protocol by its name, in either case
// ("getprotobyname function").
//
// Errors: WSANOTINITIALISED, WSANO_DATA for an unknown protocol.
func GetProtoByName(name string) (*Protoent, error) {
	if err := requireStartup(); err != nil {
		return nil, err
	}
	p, ok := netdb.ProtocolByName(name)
	if !ok {
		return nil, wsa.WSANO_DATA
	}
	return &p, nil
}

// GetProtoByNumber finds a protocol by its number ("getprotobynumber
// function").
//
// Errors: WSANOTINITIALISED, WSANO_DATA for an unknown protocol.
func GetProtoByNumber(number int32) (*Protoent, error) {
	if err := requireStartup(); err != nil {
		return nil, err
	}
	p, ok := netdb.ProtocolByNumber(number)
	if !ok {
		return nil, wsa.WSANO_DATA
	}
	return &p, nil
}
