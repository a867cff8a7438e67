// SPDX-License-Identifier: Apache-2.0

package wsa

// Answers of the condition function of WSAAccept.
const (
	CF_ACCEPT = 0
	CF_REJECT = 1
	CF_DEFER  = 2
)

// Flags of WSAJoinLeaf.
const (
	JL_SENDER_ONLY   = 0x01
	JL_RECEIVER_ONLY = 0x02
	JL_BOTH          = 0x04
)

// Socket groups, which are reserved ("WSASocketW function").
const (
	SG_UNCONSTRAINED_GROUP = 0x01
	SG_CONSTRAINED_GROUP   = 0x02
)

// Values of SO_OPENTYPE.
const (
	SO_SYNCHRONOUS_ALERT    = 0x10
	SO_SYNCHRONOUS_NONALERT = 0x20
)
