// SPDX-License-Identifier: Apache-2.0

package wsa

// Options of level IPPROTO_TCP ("IPPROTO_TCP Socket Options").
const (
	TCP_NODELAY                    = 1
	TCP_EXPEDITED_1122             = 2
	TCP_KEEPALIVE                  = 3
	TCP_KEEPIDLE                   = TCP_KEEPALIVE // seconds
	TCP_MAXSEG                     = 4
	TCP_MAXRT                      = 5 // seconds, 0xFFFFFFFF: for ever
	TCP_STDURG                     = 6
	TCP_NOURG                      = 7
	TCP_ATMARK                     = 8
	TCP_NOSYNRETRIES               = 9
	TCP_TIMESTAMPS                 = 10
	TCP_OFFLOAD_PREFERENCE         = 11
	TCP_CONGESTION_ALGORITHM       = 12
	TCP_DELAY_FIN_ACK              = 13
	TCP_MAXRTMS                    = 14 // milliseconds
	TCP_FASTOPEN                   = 15
	TCP_KEEPCNT                    = 16
	TCP_KEEPINTVL                  = 17 // seconds
	TCP_FAIL_CONNECT_ON_ICMP_ERROR = 18
	TCP_ICMP_ERROR_INFO            = 19
	TCP_BSDURGENT                  = 0x7000
)

// Options of level IPPROTO_UDP ("IPPROTO_UDP Socket Options").
const (
	UDP_NOCHECKSUM              = 1
	UDP_SEND_MSG_SIZE           = 2
	UDP_RECV_MAX_COALESCED_SIZE = 3
	UDP_COALESCED_INFO          = 3 // control message
	UDP_CHECKSUM_COVERAGE       = 20
)

// States of a TCP connection (SIO_TCP_INFO).
const (
	TCPSTATE_CLOSED      = 0
	TCPSTATE_LISTEN      = 1
	TCPSTATE_SYN_SENT    = 2
	TCPSTATE_SYN_RCVD    = 3
	TCPSTATE_ESTABLISHED = 4
	TCPSTATE_FIN_WAIT_1  = 5
	TCPSTATE_FIN_WAIT_2  = 6
	TCPSTATE_CLOSE_WAIT  = 7
	TCPSTATE_CLOSING     = 8
	TCPSTATE_LAST_ACK    = 9
	TCPSTATE_TIME_WAIT   = 10
)
