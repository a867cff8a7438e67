// SPDX-License-Identifier: Apache-2.0

package wsa

// Service classes of the Internet name spaces (svcguid.h).
var (
	// SVCID_HOSTNAME asks for the addresses of a host, of every family
	// that the query's protocols allow.
	SVCID_HOSTNAME = svcid(0x0002a800, 0)

	// SVCID_INET_HOSTADDRBYINETSTRING asks for the name of the host whose
	// address, as text, is the service instance name (gethostbyaddr).
	SVCID_INET_HOSTADDRBYINETSTRING = svcid(0x0002a801, 0)

	// SVCID_INET_SERVICEBYNAME asks for a port by its name.
	SVCID_INET_SERVICEBYNAME = svcid(0x0002a802, 0)

	// SVCID_INET_HOSTADDRBYNAME asks for the IPv4 addresses of a host
	// (gethostbyname).
	SVCID_INET_HOSTADDRBYNAME = svcid(0x0002a803, 0)
)

// SVCID_TCP is the class of the service on a TCP port.
func SVCID_TCP(port uint16) GUID { return SVCID_TCP_RR(port, 0) }

// SVCID_TCP_RR is SVCID_TCP, looked up by DNS records of type rr.
func SVCID_TCP_RR(port, rr uint16) GUID { return svcid(0x0009<<16|uint32(port), rr) }

// SVCID_UDP is the class of the service on a UDP port.
func SVCID_UDP(port uint16) GUID { return SVCID_UDP_RR(port, 0) }

// SVCID_UDP_RR is SVCID_UDP, looked up by DNS records of type rr.
func SVCID_UDP_RR(port, rr uint16) GUID { return svcid(0x000a<<16|uint32(port), rr) }

// SVCID_DNS is the class that asks for the DNS records of type rr.
func SVCID_DNS(rr uint16) GUID { return SVCID_TCP_RR(53, rr) }

// PortService returns the port and the record type of a SVCID_TCP or
// SVCID_UDP class. protocol is 0 for any other class.
func (g GUID) PortService() (protocol int32, port, rr uint16) {
	port, rr = uint16(g.Data1), g.Data3
	switch g {
	case SVCID_TCP_RR(port, rr):
		return IPPROTO_TCP, port, rr
	case SVCID_UDP_RR(port, rr):
		return IPPROTO_UDP, port, rr
	}
	return 0, 0, 0
}

func svcid(data1 uint32, rr uint16) GUID {
	return GUID{Data1: data1, Data3: rr, Data4: [8]byte{0: 0xc0, 7: 0x46}}
}
