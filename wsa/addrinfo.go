// SPDX-License-Identifier: Apache-2.0

package wsa

// Flags of getaddrinfo ("addrinfo structure").
const (
	AI_PASSIVE                  = 0x00000001
	AI_CANONNAME                = 0x00000002
	AI_NUMERICHOST              = 0x00000004
	AI_NUMERICSERV              = 0x00000008
	AI_DNS_ONLY                 = 0x00000010
	AI_FORCE_CLEAR_TEXT         = 0x00000020
	AI_BYPASS_DNS_CACHE         = 0x00000040
	AI_RETURN_TTL               = 0x00000080
	AI_ALL                      = 0x00000100
	AI_ADDRCONFIG               = 0x00000400
	AI_V4MAPPED                 = 0x00000800
	AI_NON_AUTHORITATIVE        = 0x00004000
	AI_SECURE                   = 0x00008000
	AI_RETURN_PREFERRED_NAMES   = 0x00010000
	AI_FQDN                     = 0x00020000
	AI_FILESERVER               = 0x00040000
	AI_DISABLE_IDN_ENCODING     = 0x00080000
	AI_SECURE_WITH_FALLBACK     = 0x00100000
	AI_EXCLUSIVE_CUSTOM_SERVERS = 0x00200000
	AI_RETURN_RESPONSE_FLAGS    = 0x10000000
	AI_REQUIRE_SECURE           = 0x20000000
	AI_RESOLUTION_HANDLE        = 0x40000000
	AI_EXTENDED                 = 0x80000000
)

// Flags of getnameinfo.
const (
	NI_NOFQDN      = 0x01
	NI_NUMERICHOST = 0x02
	NI_NAMEREQD    = 0x04
	NI_NUMERICSERV = 0x08
	NI_DGRAM       = 0x10
)

// Sizes that hold every answer of getnameinfo.
const (
	NI_MAXHOST = 1025
	NI_MAXSERV = 32
)

// Sizes of the text form of an address with its port, in characters with the
// closing zero.
const (
	INET_ADDRSTRLEN  = 22
	INET6_ADDRSTRLEN = 65
)

// MAXGETHOSTSTRUCT is the size in bytes that holds every HOSTENT.
const MAXGETHOSTSTRUCT = 1024

// Errors of getaddrinfo and getnameinfo, which in Winsock are error codes
// like any other.
const (
	EAI_AGAIN    = WSATRY_AGAIN
	EAI_BADFLAGS = WSAEINVAL
	EAI_FAIL     = WSANO_RECOVERY
	EAI_FAMILY   = WSAEAFNOSUPPORT
	EAI_MEMORY   = WSA_NOT_ENOUGH_MEMORY
	EAI_NODATA   = WSANO_DATA
	EAI_NONAME   = WSAHOST_NOT_FOUND
	EAI_SERVICE  = WSATYPE_NOT_FOUND
	EAI_SOCKTYPE = WSAESOCKTNOSUPPORT
)

// Errors of gethostbyname and gethostbyaddr, by their older names.
const (
	HOST_NOT_FOUND = WSAHOST_NOT_FOUND
	TRY_AGAIN      = WSATRY_AGAIN
	NO_RECOVERY    = WSANO_RECOVERY
	NO_DATA        = WSANO_DATA
	NO_ADDRESS     = WSANO_ADDRESS
)
