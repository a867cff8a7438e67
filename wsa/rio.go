// SPDX-License-Identifier: Apache-2.0

package wsa

// Registered I/O ("RIO_EXTENSION_FUNCTION_TABLE structure").
const (
	RIO_MSG_DONT_NOTIFY = 0x01
	RIO_MSG_DEFER       = 0x02
	RIO_MSG_WAITALL     = 0x04
	RIO_MSG_COMMIT_ONLY = 0x08

	RIO_EVENT_COMPLETION = 1
	RIO_IOCP_COMPLETION  = 2

	RIO_INVALID_BUFFERID = 0xffffffff
	RIO_INVALID_CQ       = 0
	RIO_INVALID_RQ       = 0
	RIO_CORRUPT_CQ       = 0xffffffff
	RIO_MAX_CQ_SIZE      = 0x08000000
)
