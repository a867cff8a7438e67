// SPDX-License-Identifier: Apache-2.0

package wsa

// Secure sockets of Windows CE ("Secure Socket Control Codes"). SO_SECURE is
// an option of level SOL_SOCKET whose value is one of SO_SEC_; Winsock 2
// gives its number to SO_GROUP_ID, which can only be read.
const (
	SO_SECURE   = 0x2001
	SO_SEC_NONE = 0x2002
	SO_SEC_SSL  = 0x2004
)

// SO_SSL_FAMILY is what the control codes of secure sockets have in common.
const SO_SSL_FAMILY = 2<<27 | 0x00730000

// Control codes of secure sockets.
const (
	SO_SSL_GET_CAPABILITIES       = IOC_OUT | SO_SSL_FAMILY | 1
	SO_SSL_SET_FLAGS              = IOC_IN | SO_SSL_FAMILY | 2
	SO_SSL_GET_FLAGS              = IOC_OUT | SO_SSL_FAMILY | 2
	SO_SSL_SET_PROTOCOLS          = IOC_IN | SO_SSL_FAMILY | 3
	SO_SSL_GET_PROTOCOLS          = IOC_OUT | SO_SSL_FAMILY | 3
	SO_SSL_SET_CIPHERS            = IOC_IN | SO_SSL_FAMILY | 4
	SO_SSL_GET_CIPHERS            = IOC_INOUT | SO_SSL_FAMILY | 4
	SO_SSL_SET_CLIENT_OPTS        = IOC_IN | SO_SSL_FAMILY | 5
	SO_SSL_GET_CLIENT_OPTS        = IOC_OUT | SO_SSL_FAMILY | 5
	SO_SSL_SET_SERVER_OPTS        = IOC_IN | SO_SSL_FAMILY | 6
	SO_SSL_GET_SERVER_OPTS        = IOC_OUT | SO_SSL_FAMILY | 6
	SO_SSL_SET_CLIENT_AUTH_OPTS   = IOC_IN | SO_SSL_FAMILY | 7
	SO_SSL_GET_CLIENT_AUTH_OPTS   = IOC_OUT | SO_SSL_FAMILY | 7
	SO_SSL_SET_VALIDATE_CERT_HOOK = IOC_IN | SO_SSL_FAMILY | 8
	SO_SSL_GET_VALIDATE_CERT_HOOK = IOC_OUT | SO_SSL_FAMILY | 8
	SO_SSL_SET_AUTH_REQUEST_HOOK  = IOC_IN | SO_SSL_FAMILY | 9
	SO_SSL_GET_AUTH_REQUEST_HOOK  = IOC_OUT | SO_SSL_FAMILY | 9
	SO_SSL_SET_KEY_EXCH_HOOK      = IOC_IN | SO_SSL_FAMILY | 10
	SO_SSL_GET_KEY_EXCH_HOOK      = IOC_OUT | SO_SSL_FAMILY | 10
	SO_SSL_SET_SIGNATURE_HOOK     = IOC_IN | SO_SSL_FAMILY | 11
	SO_SSL_GET_SIGNATURE_HOOK     = IOC_OUT | SO_SSL_FAMILY | 11
	SO_SSL_PERFORM_HANDSHAKE      = SO_SSL_FAMILY | 13
	SO_SSL_GET_CONNECTION_INFO    = IOC_OUT | SO_SSL_FAMILY | 14
	SO_SSL_SET_PEERNAME           = IOC_IN | SO_SSL_FAMILY | 15

	// SO_SSL_SET_PEERNAME_OUT is SO_SSL_SET_PEERNAME as some programs
	// compose it, with the direction of the codes that read.
	SO_SSL_SET_PEERNAME_OUT = IOC_OUT | SO_SSL_FAMILY | 15
)

// What a secure provider can do (SO_SSL_GET_CAPABILITIES).
const (
	SSL_CAP_CLIENT      = 0x01
	SSL_CAP_SERVER      = 0x02
	SSL_CAP_CLIENT_AUTH = 0x04
	SSL_CAP_CRYPTOAPI   = 0x08
)

// Flags of a secure socket (SO_SSL_SET_FLAGS).
const (
	SSL_FLAG_SERVER          = 0x02
	SSL_FLAG_AUTH_CLIENT     = 0x04
	SSL_FLAG_DEFER_HANDSHAKE = 0x08
)

// Protocols of SSLPROTOCOLS and SSLCIPHERS. The headers end at SSL 3.0.
const (
	SSL_PROTOCOL_PCT1 = 1
	SSL_PROTOCOL_SSL2 = 2
	SSL_PROTOCOL_SSL3 = 3
)

// Arguments of the hook that validates a certificate.
const (
	SSL_CERT_X509                = 1
	SSL_CERT_FLAG_ISSUER_UNKNOWN = 1
)

// Arguments of the hooks that exchange keys and sign.
const (
	SSL_EXCH_RSAENCRYPT = 1
	SSL_EXCH_RSADECRYPT = 2

	SSL_SIGN_RSA_MD2    = 1
	SSL_SIGN_RSA_MD5    = 2
	SSL_SIGN_RSA_SHA    = 3
	SSL_SIGN_RSA_SHAMD5 = 4

	SSL_SIGN_VERIFY_SIGNATURE = 1
	SSL_SIGN_PERFORM_HASH     = 2
)

// Answers of the hooks.
const (
	SSL_ERR_OKAY         = 0
	SSL_ERR_FAILED       = 2
	SSL_ERR_BAD_LEN      = 3
	SSL_ERR_BAD_TYPE     = 4
	SSL_ERR_BAD_DATA     = 5
	SSL_ERR_NO_CERT      = 6
	SSL_ERR_BAD_SIG      = 7
	SSL_ERR_CERT_EXPIRED = 8
	SSL_ERR_CERT_REVOKED = 9
	SSL_ERR_CERT_UNKNOWN = 10
	SSL_ERR_SIGNATURE    = 11
)

// The protocol of a connection (SSLCONNECTIONINFO), told apart by side.
const (
	SSL_PROT_PCT1_SERVER = 0x01
	SSL_PROT_PCT1_CLIENT = 0x02
	SSL_PROT_SSL2_SERVER = 0x04
	SSL_PROT_SSL2_CLIENT = 0x08
	SSL_PROT_SSL3_SERVER = 0x10
	SSL_PROT_SSL3_CLIENT = 0x20
	SSL_PROT_TLS1_SERVER = 0x40
	SSL_PROT_TLS1_CLIENT = 0x80
)

// Algorithms (ALG_ID) of a connection.
const (
	CALG_MD2         = 0x8001
	CALG_MD4         = 0x8002
	CALG_MD5         = 0x8003
	CALG_SHA1        = 0x8004
	CALG_MAC         = 0x8005
	CALG_SSL3_SHAMD5 = 0x8008
	CALG_RSA_SIGN    = 0x2400
	CALG_DSS_SIGN    = 0x2200
	CALG_RSA_KEYX    = 0xa400
	CALG_DH_SF       = 0xaa01
	CALG_DH_EPHEM    = 0xaa02
	CALG_DES         = 0x6601
	CALG_RC2         = 0x6602
	CALG_3DES        = 0x6603
	CALG_3DES_112    = 0x6609
	CALG_SKIPJACK    = 0x660a
	CALG_RC4         = 0x6801
	CALG_SSL3_MASTER = 0x4c01
	CALG_PCT1_MASTER = 0x4c04
	CALG_SSL2_MASTER = 0x4c05
	CALG_TLS1_MASTER = 0x4c06
)
