// SPDX-License-Identifier: Apache-2.0

package wsa

// Events that ProcessSocketNotifications registers for ("SOCK_NOTIFY_REGISTRATION
// structure").
const (
	SOCK_NOTIFY_REGISTER_EVENT_NONE   = 0x00
	SOCK_NOTIFY_REGISTER_EVENT_IN     = 0x01
	SOCK_NOTIFY_REGISTER_EVENT_OUT    = 0x02
	SOCK_NOTIFY_REGISTER_EVENT_HANGUP = 0x04
	SOCK_NOTIFY_REGISTER_EVENTS_ALL   = 0x07
)

// Events in the packets that it makes.
const (
	SOCK_NOTIFY_EVENT_IN     = 0x01
	SOCK_NOTIFY_EVENT_OUT    = 0x02
	SOCK_NOTIFY_EVENT_HANGUP = 0x04
	SOCK_NOTIFY_EVENT_ERR    = 0x40
	SOCK_NOTIFY_EVENT_REMOVE = 0x80
)

// Operations on a registration.
const (
	SOCK_NOTIFY_OP_NONE    = 0x00
	SOCK_NOTIFY_OP_ENABLE  = 0x01
	SOCK_NOTIFY_OP_DISABLE = 0x02
	SOCK_NOTIFY_OP_REMOVE  = 0x04
)

// When a registration makes packets.
const (
	SOCK_NOTIFY_TRIGGER_ONESHOT    = 0x01
	SOCK_NOTIFY_TRIGGER_PERSISTENT = 0x02
	SOCK_NOTIFY_TRIGGER_LEVEL      = 0x04
	SOCK_NOTIFY_TRIGGER_EDGE       = 0x08
)

// Modes of SetFileCompletionNotificationModes.
const (
	FILE_SKIP_COMPLETION_PORT_ON_SUCCESS = 0x1
	FILE_SKIP_SET_EVENT_ON_HANDLE        = 0x2
)
