// SPDX-License-Identifier: Apache-2.0

package sockopt

import "winsock/wsa"

// A Format is how the value of an option lies in memory and which lengths
// of it are taken.
type Format uint8

const (
	// Bool is a DWORD that counts as TRUE when any bit is set. Values
	// shorter and longer than a DWORD are taken, at level SOL_SOCKET even
	// the empty one.
	Bool Format = iota + 1
	// ByteBool is a boolean of which only the first byte counts, and which
	// getsockopt writes as one byte.
	ByteBool
	// StrictBool is a Bool that refuses values shorter than a DWORD.
	StrictBool
	// Int is a 32-bit number; shorter values are WSAEFAULT.
	Int
	// ByteInt is a DWORD that also may be given in 1 to 3 bytes.
	ByteInt
	// Linger is a struct linger (see [LingerOf]).
	Linger
	// Struct is a structure of exactly Rule.Size bytes or more.
	Struct
	// Blob is any number of bytes.
	Blob
)

// Scalar reports whether the values of the format are numbers that
// [Rule.Decode] and [Rule.Encode] handle.
func (f Format) Scalar() bool { return f >= Bool && f <= Linger }

// Boolean reports whether the value is TRUE or FALSE.
func (f Format) Boolean() bool { return f <= StrictBool }

// Access says what may be done with an option.
type Access uint8

const (
	Get Access = 1 << iota
	Set

	GetSet = Get | Set
)

// Sockets is a set of kinds of socket: address family times socket type.
type Sockets uint16

const (
	Stream4 Sockets = 1 << iota
	Dgram4
	Raw4
	Stream6
	Dgram6
	Raw6
	StreamUnix
	DgramUnix
	StreamIrda
	StreamOther // of any other family
	DgramOther
	RawOther

	Any      Sockets = RawOther<<1 - 1
	Streams          = Stream4 | Stream6 | StreamUnix | StreamIrda | StreamOther
	Dgrams           = Dgram4 | Dgram6 | DgramUnix | DgramOther
	Raws             = Raw4 | Raw6 | RawOther
	Internet         = inet4 | inet6

	inet4    = Stream4 | Dgram4 | Raw4
	inet6    = Stream6 | Dgram6 | Raw6
	messages = Dgrams | Raws // not connection-oriented
)

// KindOf returns the kind of a socket of that address family and type.
// SOCK_SEQPACKET counts as a stream (both are connection-oriented) and
// SOCK_RDM as a datagram socket.
func KindOf(family, sockType int32) Sockets {
	i := 0
	switch sockType {
	case wsa.SOCK_DGRAM, wsa.SOCK_RDM:
		i = 1
	case wsa.SOCK_RAW:
		i = 2
	}
	switch family {
	case wsa.AF_INET:
		return Stream4 << i
	case wsa.AF_INET6:
		return Stream6 << i
	case wsa.AF_UNIX:
		if i < 2 {
			return StreamUnix << i
		}
	case wsa.AF_IRDA:
		if i == 0 {
			return StreamIrda
		}
	}
	return StreamOther << i
}

// A Phase is a time in the life of a socket.
type Phase uint8

const (
	Always Phase = iota
	Bind         // until the socket is bound
	Listen       // until the socket listens
)

// A Rule is the declaration of one option.
type Rule struct {
	Level, Name int32
	Symbol      string // such as "SO_KEEPALIVE"
	Format      Format
	Access      Access

	// Kinds are the sockets that have the option. On others it is answered
	// with the error of the level (see [ForGet]).
	Kinds Sockets

	// Size is the length of a Struct, in bytes.
	Size int

	// Min and Max bound the numbers that may be set; no bounds when both
	// are zero. A number outside is WSAEINVAL.
	Min, Max int64

	// Default is the value of a new socket.
	Default int64

	// Inherited: an accepted socket begins with the listener's value.
	Inherited bool

	// Until is the last moment at which the option may be set; later it is
	// WSAEINVAL.
	Until Phase

	// Upper: the option is answered above the providers, in package
	// winsock, and reaches none of them.
	Upper bool

	// Live: the value is the state of the socket and not something that
	// was set before (SO_ERROR, SO_TYPE); a [Store] does not keep it.
	Live bool

	setKinds  Sockets // when not 0, the only ones on which it can be set
	exception Sockets // kinds whose default is another one
	otherwise int64   // that default
	allowed   []int64 // when not nil, the only values that may be set
	index     uint8   // 1 + the place among the booleans that a Store keeps
}

// DefaultOf returns the value that the option has on a new socket.
func (r *Rule) DefaultOf(kind Sockets) int64 {
	if r.exception&kind != 0 {
		return r.otherwise
	}
	return r.Default
}
