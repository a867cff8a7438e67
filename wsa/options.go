// SPDX-License-Identifier: Apache-2.0

package wsa

// Option levels of getsockopt and setsockopt. SOL_SOCKET differs from
// Linux's.
const (
	SOL_SOCKET = 0xffff
	SOL_IRLMP  = 0x00ff
)

// Options of level SOL_SOCKET ("SOL_SOCKET Socket Options").
const (
	SO_DEBUG                  = 0x0001
	SO_ACCEPTCONN             = 0x0002
	SO_REUSEADDR              = 0x0004
	SO_KEEPALIVE              = 0x0008
	SO_DONTROUTE              = 0x0010
	SO_BROADCAST              = 0x0020
	SO_USELOOPBACK            = 0x0040
	SO_LINGER                 = 0x0080
	SO_OOBINLINE              = 0x0100
	SO_DONTLINGER             = ^SO_LINGER
	SO_EXCLUSIVEADDRUSE       = ^SO_REUSEADDR
	SO_SNDBUF                 = 0x1001
	SO_RCVBUF                 = 0x1002
	SO_SNDLOWAT               = 0x1003
	SO_RCVLOWAT               = 0x1004
	SO_SNDTIMEO               = 0x1005
	SO_RCVTIMEO               = 0x1006
	SO_ERROR                  = 0x1007
	SO_TYPE                   = 0x1008
	SO_BSP_STATE              = 0x1009
	SO_GROUP_ID               = 0x2001
	SO_GROUP_PRIORITY         = 0x2002
	SO_MAX_MSG_SIZE           = 0x2003
	SO_PROTOCOL_INFOA         = 0x2004
	SO_PROTOCOL_INFOW         = 0x2005
	PVD_CONFIG                = 0x3001
	SO_CONDITIONAL_ACCEPT     = 0x3002
	SO_PAUSE_ACCEPT           = 0x3003
	SO_COMPARTMENT_ID         = 0x3004
	SO_RANDOMIZE_PORT         = 0x3005
	SO_PORT_SCALABILITY       = 0x3006
	SO_REUSE_UNICASTPORT      = 0x3007
	SO_REUSE_MULTICASTPORT    = 0x3008
	SO_TIMESTAMP              = 0x300a
	SO_TIMESTAMP_ID           = 0x300b
	SO_CONNDATA               = 0x7000
	SO_CONNOPT                = 0x7001
	SO_DISCDATA               = 0x7002
	SO_DISCOPT                = 0x7003
	SO_CONNDATALEN            = 0x7004
	SO_CONNOPTLEN             = 0x7005
	SO_DISCDATALEN            = 0x7006
	SO_DISCOPTLEN             = 0x7007
	SO_OPENTYPE               = 0x7008
	SO_MAXDG                  = 0x7009
	SO_MAXPATHDG              = 0x700a
	SO_UPDATE_ACCEPT_CONTEXT  = 0x700b
	SO_CONNECT_TIME           = 0x700c
	SO_UPDATE_CONNECT_CONTEXT = 0x7010
)

// A Linger is the value of SO_LINGER: whether closesocket lingers, and for
// how many seconds.
type Linger struct {
	OnOff  uint16
	Linger uint16
}
