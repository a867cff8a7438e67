// SPDX-License-Identifier: Apache-2.0

package wsa

// The parts of a control code: which way data goes (IOC_IN: to the
// provider), the number's owner, and for IOC_UNIX the size of the data.
const (
	IOC_VOID     = 0x20000000
	IOC_OUT      = 0x40000000
	IOC_IN       = 0x80000000
	IOC_INOUT    = IOC_IN | IOC_OUT
	IOC_UNIX     = 0x00000000
	IOC_WS2      = 0x08000000
	IOC_PROTOCOL = 0x10000000
	IOC_VENDOR   = 0x18000000

	IOCPARM_MASK = 0x7f
)

// Control codes of ioctlsocket and WSAIoctl ("Winsock IOCTLs").
const (
	FIONBIO    = 0x8004667e
	FIONREAD   = 0x4004667f
	FIOASYNC   = 0x8004667d
	SIOCSHIWAT = 0x80047300
	SIOCGHIWAT = 0x40047301
	SIOCSLOWAT = 0x80047302
	SIOCGLOWAT = 0x40047303
	SIOCATMARK = 0x40047307

	SIO_ASSOCIATE_HANDLE                        = 0x88000001
	SIO_ENABLE_CIRCULAR_QUEUEING                = 0x28000002
	SIO_FIND_ROUTE                              = 0x48000003
	SIO_FLUSH                                   = 0x28000004
	SIO_GET_BROADCAST_ADDRESS                   = 0x48000005
	SIO_GET_EXTENSION_FUNCTION_POINTER          = 0xc8000006
	SIO_GET_QOS                                 = 0xc8000007
	SIO_GET_GROUP_QOS                           = 0xc8000008
	SIO_MULTIPOINT_LOOPBACK                     = 0x88000009
	SIO_MULTICAST_SCOPE                         = 0x8800000a
	SIO_SET_QOS                                 = 0x8800000b
	SIO_SET_GROUP_QOS                           = 0x8800000c
	SIO_TRANSLATE_HANDLE                        = 0xc800000d
	SIO_ROUTING_INTERFACE_QUERY                 = 0xc8000014
	SIO_ROUTING_INTERFACE_CHANGE                = 0x88000015
	SIO_ADDRESS_LIST_QUERY                      = 0x48000016
	SIO_ADDRESS_LIST_CHANGE                     = 0x28000017
	SIO_QUERY_TARGET_PNP_HANDLE                 = 0x48000018
	SIO_ADDRESS_LIST_SORT                       = 0xc8000019
	SIO_RESERVED_1                              = 0x8800001a
	SIO_EXT_SELECT                              = 0xc800001e
	SIO_EXT_POLL                                = 0xc800001f
	SIO_EXT_SENDMSG                             = 0xc8000020
	SIO_RESERVED_2                              = 0x88000021
	SIO_BASE_HANDLE                             = 0x48000022
	SIO_BSP_HANDLE                              = 0x4800001b
	SIO_BSP_HANDLE_SELECT                       = 0x4800001c
	SIO_BSP_HANDLE_POLL                         = 0x4800001d
	SIO_GET_MULTIPLE_EXTENSION_FUNCTION_POINTER = 0xc8000024
	SIO_NSP_NOTIFY_CHANGE                       = 0x88000019
)

// SIO_KERNEL_DESCRIPTOR is a code of this implementation (IOC_OUT and
// IOC_VENDOR): it gives the kernel's file descriptor, an int, of a socket
// whose whole chain preserves handles.
const SIO_KERNEL_DESCRIPTOR = 0x58000001
