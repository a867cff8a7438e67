// SPDX-License-Identifier: Apache-2.0

package wsa

// Name space identifiers.
const (
	NS_ALL         = 0
	NS_SAP         = 1
	NS_NDS         = 2
	NS_PEER_BROWSE = 3
	NS_SLP         = 5
	NS_DHCP        = 6
	NS_TCPIP_LOCAL = 10
	NS_TCPIP_HOSTS = 11
	NS_DNS         = 12
	NS_NETBT       = 13
	NS_WINS        = 14
	NS_NLA         = 15
	NS_BTH         = 16
	NS_NBP         = 20
	NS_MS          = 30
	NS_STDA        = 31
	NS_NTDS        = 32
	NS_EMAIL       = 37
	NS_PNRPNAME    = 38
	NS_PNRPCLOUD   = 39
	NS_X500        = 40
	NS_NIS         = 41
	NS_NISPLUS     = 42
	NS_VNS         = 50
	NS_WRQ         = NS_VNS
	NS_NETDES      = 60
)

// Flags of WSALookupServiceBegin and WSALookupServiceNext.
const (
	LUP_DEEP                = 0x0001
	LUP_CONTAINERS          = 0x0002
	LUP_NOCONTAINERS        = 0x0004
	LUP_NEAREST             = 0x0008
	LUP_RETURN_NAME         = 0x0010
	LUP_RETURN_TYPE         = 0x0020
	LUP_RETURN_VERSION      = 0x0040
	LUP_RETURN_COMMENT      = 0x0080
	LUP_RETURN_ADDR         = 0x0100
	LUP_RETURN_BLOB         = 0x0200
	LUP_RETURN_ALIASES      = 0x0400
	LUP_RETURN_QUERY_STRING = 0x0800
	LUP_RETURN_ALL          = 0x0ff0
	LUP_FLUSHCACHE          = 0x1000
	LUP_FLUSHPREVIOUS       = 0x2000
	LUP_RES_SERVICE         = 0x8000

	LUP_DISABLE_IDN_ENCODING = 0x00800000
)

// Bits of QuerySet.OutputFlags.
const (
	RESULT_IS_ALIAS   = 0x0001
	RESULT_IS_ADDED   = 0x0010
	RESULT_IS_CHANGED = 0x0020
	RESULT_IS_DELETED = 0x0040
)

// Operations of WSASetService.
const (
	RNRSERVICE_REGISTER   = 0
	RNRSERVICE_DEREGISTER = 1
	RNRSERVICE_DELETE     = 2
)

// Types of NSClassInfo.Value.
const (
	REG_SZ       = 1
	REG_BINARY   = 3
	REG_DWORD    = 4
	REG_MULTI_SZ = 7
)

// Comparisons of Version.How.
const (
	COMP_EQUAL   = 0
	COMP_NOTLESS = 1
)

// AFProtocols is one pair that a look-up is restricted to.
type AFProtocols struct {
	AddressFamily int32
	Protocol      int32
}

// A CSAddrInfo is one address of a service ("CSADDR_INFO structure").
type CSAddrInfo struct {
	LocalAddr  Sockaddr
	RemoteAddr Sockaddr
	SocketType int32
	Protocol   int32
}

// A ServiceVersion is a WSAVERSION.
type ServiceVersion struct {
	Version uint32
	How     int32 // COMP_
}

// A QuerySet is a WSAQUERYSET: the question of a look-up, and each of its
// answers.
type QuerySet struct {
	ServiceInstanceName string
	ServiceClassID      GUID
	Version             *ServiceVersion
	Comment             string
	NameSpace           uint32 // NS_
	NSProviderID        *GUID
	Context             string
	Protocols           []AFProtocols
	QueryString         string
	Addrs               []CSAddrInfo
	OutputFlags         uint32 // RESULT_
	Blob                []byte
}

// A NamespaceInfo is a WSANAMESPACE_INFO: the description of one name space
// provider.
type NamespaceInfo struct {
	ProviderID       GUID
	NameSpace        uint32
	Active           bool
	Version          uint32
	Identifier       string
	ProviderSpecific []byte // WSANAMESPACE_INFOEX
}

// A ServiceClassInfo is a WSASERVICECLASSINFO.
type ServiceClassInfo struct {
	ClassID GUID
	Name    string
	Infos   []NSClassInfo
}

// An NSClassInfo is a WSANSCLASSINFO: one value of a service class in one
// name space.
type NSClassInfo struct {
	Name      string
	NameSpace uint32
	ValueType uint32 // REG_
	Value     []byte
}
