// SPDX-License-Identifier: Apache-2.0

package winsock

import (
	"io"
	"math"
	"os"

	"winsock/wsa"
)

// A TransmitPacketsElement is a TRANSMIT_PACKETS_ELEMENT: memory or a piece
// of a file. Flags are TP_ELEMENT_MEMORY or TP_ELEMENT_FILE, and
// TP_ELEMENT_EOP for the last element of a datagram.
type TransmitPacketsElement struct {
	Flags  uint32
	Memory []byte
	File   *os.File
	Offset int64  // in the file; -1 for its position
	Length uint32 // bytes of the file, 0 for all from the offset on
}

// transmitByElement is the send size that leaves the bounds of datagrams to
// TP_ELEMENT_EOP alone.
const transmitByElement = math.MaxUint32

// TransmitPackets sends memory and pieces of regular files, in order, on a
// connected socket ("LPFN_TRANSMITPACKETS (TransmitPackets) callback
// function"). On a datagram socket each element with TP_ELEMENT_EOP ends a
// datagram, as does every sendSize bytes unless that is 0 or 0xFFFFFFFF. The
// flags are those of [TransmitFile], as is the use of the overlapped
// structure, of which the place in the file is not looked at.
//
// Errors: those of [TransmitFile]; WSAEINVAL for an element that is not
// exactly one of memory and file; WSAEMSGSIZE for a datagram too large;
// WSAEOPNOTSUPP for TF_DISCONNECT on a datagram socket.
func TransmitPackets(h SOCKET, elements []TransmitPacketsElement, sendSize uint32, overlapped *Overlapped, flags uint32) (err error) {
	s, err := use(h)
	if err != nil {
		return err
	}
	defer s.done("TransmitPackets", &err)
	var peer wsa.Sockaddr
	switch {
	case s.connectionless() && s.path.Load().top.GetPeerName(&peer) != nil, !s.connectionless() && !s.isConnected():
		return wsa.WSAENOTCONN
	case !goodTransmitFlags(flags):
		return wsa.WSAEINVAL
	case s.connectionless() && flags&wsa.TF_DISCONNECT != 0:
		return wsa.WSAEOPNOTSUPP
	}
	t := &transmission{flags: flags}
	if sendSize != transmitByElement {
		t.limit = int(min(sendSize, math.MaxInt32))
	}
	for i := range elements {
		p, err := elements[i].part()
		if err != nil {
			return err
		}
		t.parts = append(t.parts, p)
	}
	return s.startTransmit(t, overlapped)
}

func (e *TransmitPacketsElement) part() (p transmitPart, err error) {
	switch e.Flags &^ wsa.TP_ELEMENT_EOP {
	case wsa.TP_ELEMENT_MEMORY:
		p = transmitPart{memory: e.Memory}
	case wsa.TP_ELEMENT_FILE:
		if e.File == nil {
			return p, wsa.WSA_INVALID_HANDLE
		}
		at := e.Offset
		if at == -1 {
			if at, err = e.File.Seek(0, io.SeekCurrent); err != nil {
				at = 0 // filePart says why
			}
		}
		if p, err = filePart(e.File, at, int64(e.Length)); err != nil {
			return p, err
		}
	default:
		return p, wsa.WSAEINVAL
	}
	p.last = e.Flags&wsa.TP_ELEMENT_EOP != 0
	return p, nil
}
