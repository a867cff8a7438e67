// SPDX-License-Identifier: Apache-2.0

package wsa

// Network events of WSAEventSelect and WSAAsyncSelect, and their places in
// NetworkEvents.ErrorCode.
const (
	FD_READ_BIT                     = 0
	FD_WRITE_BIT                    = 1
	FD_OOB_BIT                      = 2
	FD_ACCEPT_BIT                   = 3
	FD_CONNECT_BIT                  = 4
	FD_CLOSE_BIT                    = 5
	FD_QOS_BIT                      = 6
	FD_GROUP_QOS_BIT                = 7
	FD_ROUTING_INTERFACE_CHANGE_BIT = 8
	FD_ADDRESS_LIST_CHANGE_BIT      = 9
	FD_MAX_EVENTS                   = 10

	FD_READ                     = 1 << FD_READ_BIT
	FD_WRITE                    = 1 << FD_WRITE_BIT
	FD_OOB                      = 1 << FD_OOB_BIT
	FD_ACCEPT                   = 1 << FD_ACCEPT_BIT
	FD_CONNECT                  = 1 << FD_CONNECT_BIT
	FD_CLOSE                    = 1 << FD_CLOSE_BIT
	FD_QOS                      = 1 << FD_QOS_BIT
	FD_GROUP_QOS                = 1 << FD_GROUP_QOS_BIT
	FD_ROUTING_INTERFACE_CHANGE = 1 << FD_ROUTING_INTERFACE_CHANGE_BIT
	FD_ADDRESS_LIST_CHANGE      = 1 << FD_ADDRESS_LIST_CHANGE_BIT
	FD_ALL_EVENTS               = 1<<FD_MAX_EVENTS - 1
)

// NetworkEvents is a WSANETWORKEVENTS: what happened, and for each event the
// error code it happened with.
type NetworkEvents struct {
	NetworkEvents int32
	ErrorCode     [FD_MAX_EVENTS]Errno
}
