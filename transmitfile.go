// SPDX-License-Identifier: Apache-2.0

package winsock

import (
	"io"
	"math"
	"os"

	"winsock/wsa"
)

// TransmitFileBuffers are TRANSMIT_FILE_BUFFERS: what is sent before and
// after a file.
type TransmitFileBuffers struct {
	Head, Tail []byte
}

// transmitMax is the most bytes of a file that one call sends.
const transmitMax = math.MaxInt32 - 1

// transmitFlags are the flags of TransmitFile. All but the first two are
// advice that means nothing here.
const transmitFlags = wsa.TF_DISCONNECT | wsa.TF_REUSE_SOCKET | wsa.TF_WRITE_BEHIND | wsa.TF_USE_SYSTEM_THREAD | wsa.TF_USE_KERNEL_APC

// TransmitFile sends n bytes of a regular file, or with 0 all of it, on a
// connected stream, between the buffers' head and tail ("TransmitFile
// function"). The file may be nil, and so may the buffers. It is sent from
// the place that the overlapped structure names, or without one from its
// position, which then moves; past the end there is nothing to send. perSend
// is how many bytes to send at a time, 0 for the usual; where the kernel
// sends the file, it is left to the kernel.
//
// With TF_DISCONNECT the sending direction is then ended, and with
// TF_REUSE_SOCKET in addition the socket made as good as new, see
// [DisconnectEx]. Without an overlapped structure the call waits until all
// is sent, on a non-blocking socket too.
//
// Errors: WSANOTINITIALISED, WSAENOTSOCK; WSAENOTCONN for a socket that is
// no connected stream; WSAEINVAL for unknown flags, TF_REUSE_SOCKET alone, more
// than 2,147,483,646 bytes, and a file that is not regular; WSA_INVALID_HANDLE
// for a closed file; those of [Send]; WSAEINTR; WSA_IO_PENDING when it is
// overlapped.
func TransmitFile(h SOCKET, file *os.File, n, perSend uint32, overlapped *Overlapped, buffers *TransmitFileBuffers, flags uint32) (err error) {
	s, err := use(h)
	if err != nil {
		return err
	}
	defer s.done("TransmitFile", &err)
	if !s.stream() || !s.isConnected() {
		return wsa.WSAENOTCONN
	}
	if n > transmitMax || !goodTransmitFlags(flags) {
		return wsa.WSAEINVAL
	}
	t := &transmission{flags: flags, limit: int(min(perSend, math.MaxInt32))}
	if buffers != nil && len(buffers.Head) > 0 {
		t.parts = append(t.parts, transmitPart{memory: buffers.Head})
	}
	if file != nil {
		p, err := t.place(file, overlapped, int64(n))
		if err != nil {
			return err
		}
		t.parts = append(t.parts, p)
	}
	if buffers != nil && len(buffers.Tail) > 0 {
		t.parts = append(t.parts, transmitPart{memory: buffers.Tail})
	}
	return s.startTransmit(t, overlapped)
}

// place finds where in the file to begin.
func (t *transmission) place(file *os.File, overlapped *Overlapped, n int64) (transmitPart, error) {
	if overlapped != nil {
		return filePart(file, int64(overlapped.OffsetHigh)<<32|int64(overlapped.Offset), n)
	}
	at, err := file.Seek(0, io.SeekCurrent)
	if err != nil {
		at = 0 // filePart says why
	}
	p, err := filePart(file, at, n)
	if err == nil {
		t.position, t.start = file, at
	}
	return p, err
}

func goodTransmitFlags(flags uint32) bool {
	return flags&^transmitFlags == 0 && flags&(wsa.TF_DISCONNECT|wsa.TF_REUSE_SOCKET) != wsa.TF_REUSE_SOCKET
}
