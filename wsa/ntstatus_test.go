// SPDX-License-Identifier: Apache-2.0

package wsa_test

import (
	"testing"

	"winsock/wsa"
)

// TestStatusErrnoTable holds the translation of WSAGetOverlappedResult
// (difference 9) against the groups that the codes' documentation describes.
func TestStatusErrnoTable(t *testing.T) {
	groups := map[wsa.Errno][]wsa.NTStatus{
		wsa.WSA_IO_PENDING:        {0x103},
		wsa.WSAEACCES:             {0xc0000022},
		wsa.WSAEFAULT:             {0xc0000005, 0xc0000023, 0xc00002c5},
		wsa.WSAEWOULDBLOCK:        {0xc00000a3, 0xc00000d0},
		wsa.WSAENOTSOCK:           {0xc0000008, 0xc0000024},
		wsa.WSAEMSGSIZE:           {0x80000005, 0xc0000206},
		wsa.WSAEOPNOTSUPP:         {0xc0000002, 0xc00000bb},
		wsa.WSAEADDRINUSE:         {0xc0000043, 0xc000020a},
		wsa.WSAEADDRNOTAVAIL:      {0xc0000141, 0xc0000207},
		wsa.WSAENETDOWN:           {0xc000000e, 0xc000000f, 0xc0000034, 0xc000003a, 0xc00000bf, 0xc00000c3, 0xc00000c4},
		wsa.WSAENETUNREACH:        {0xc00000be, 0xc000023c, 0xc000023e},
		wsa.WSAECONNABORTED:       {0xc000013b, 0xc000020f, 0xc0000241},
		wsa.WSAECONNRESET:         {0xc000013c, 0xc000013e, 0xc000020c, 0xc000020d, 0xc000023f},
		wsa.WSAENOBUFS:            {0xc0000007, 0xc0000017, 0xc0000018, 0xc0000044, 0xc0000097, 0xc000009a, 0xc00000a1, 0xc000012d, 0xc000013d, 0xc0000209},
		wsa.WSAEISCONN:            {0xc000023b},
		wsa.WSAENOTCONN:           {0xc0000140},
		wsa.WSAESHUTDOWN:          {0xc00000b0},
		wsa.WSAETIMEDOUT:          {0xc00000b5, 0xc000013f},
		wsa.WSAECONNREFUSED:       {0xc00000bc, 0xc0000236},
		wsa.WSAEHOSTDOWN:          {0xc0000350},
		wsa.WSAEHOSTUNREACH:       {0xc000023d},
		wsa.WSAEDISCON:            {0xc0000237},
		wsa.WSAEINTR:              {0xc0000240},
		wsa.WSA_OPERATION_ABORTED: {0xc0000120},
	}
	special := map[wsa.NTStatus]bool{}
	for want, statuses := range groups {
		for _, s := range statuses {
			special[s] = true
			if got := s.Errno(); got != want {
				t.Errorf("difference 9: status %#x gives %s, want %s", uint32(s), got.Name(), want.Name())
			}
		}
	}
	if len(special) != 57 {
		t.Errorf("difference 9 counts 57 statuses, the test has %d", len(special))
	}

	// The rule for the rest, over every low number of every facility used.
	for _, high := range []wsa.NTStatus{0x0000, 0x4000, 0x8000, 0x8007, 0xc000, 0xc001, 0xc007, 0xc00a} {
		for low := wsa.NTStatus(0); low <= 0xffff; low++ {
			s := high<<16 | low
			if special[s] {
				continue
			}
			want := wsa.WSAEINVAL
			switch {
			case low == 996 && (high == 0x8007 || high == 0xc001 || high == 0xc007):
				want = wsa.WSA_IO_INCOMPLETE
			case high < 0x8000:
				want = s.SystemErrno()
			}
			if got := s.Errno(); got != want {
				t.Fatalf("difference 9: status %#x gives %s, want %s", uint32(s), got.Name(), want.Name())
			}
		}
	}
}

func TestStatusSystemErrno(t *testing.T) {
	for s, want := range map[wsa.NTStatus]wsa.Errno{
		wsa.STATUS_SUCCESS:            0,
		wsa.STATUS_PENDING:            997,
		wsa.STATUS_TIMEOUT:            1460,
		wsa.STATUS_CONNECTION_RESET:   64, // difference 83: ERROR_NETNAME_DELETED
		wsa.STATUS_REMOTE_DISCONNECT:  64,
		wsa.STATUS_CONNECTION_ABORTED: 1236,
		wsa.STATUS_CONNECTION_REFUSED: 1225, // difference 68
		wsa.STATUS_CANCELLED:          995,  // difference 128
		wsa.STATUS_BUFFER_TOO_SMALL:   122,  // difference 131
		wsa.STATUS_NOT_SUPPORTED:      50,   // difference 94
		wsa.STATUS_BUFFER_OVERFLOW:    234,
		wsa.STATUS_INVALID_PARAMETER:  87,
		wsa.STATUS_INVALID_HANDLE:     6,
		wsa.STATUS_END_OF_FILE:        38,
		0xd000020d:                    64, // through an HRESULT
		0x800704cf:                    1231,
		0xc0070057:                    87,
		0xe0001234:                    0xe0001234, // customer statuses pass
		0xc0001234:                    317,
		0x00000042:                    317,
	} {
		if got := s.SystemErrno(); got != want {
			t.Errorf("RtlNtStatusToDosError(%#x) = %d, want %d", uint32(s), got, want)
		}
	}
	if !wsa.STATUS_PENDING.Success() || wsa.STATUS_BUFFER_OVERFLOW.Success() || wsa.STATUS_CANCELLED.Success() {
		t.Error("Success does not go by the severity bits")
	}
}

// TestStatusOfErrnoGoesBack checks that what is recorded for a failure is
// read back as that failure.
func TestStatusOfErrnoGoesBack(t *testing.T) {
	for _, e := range []wsa.Errno{
		0, wsa.WSA_IO_PENDING, wsa.WSA_OPERATION_ABORTED, wsa.WSAEINTR, wsa.WSAEACCES, wsa.WSAEFAULT, wsa.WSAEINVAL,
		wsa.WSAEWOULDBLOCK, wsa.WSAENOTSOCK, wsa.WSAEMSGSIZE, wsa.WSAEOPNOTSUPP, wsa.WSAEADDRINUSE,
		wsa.WSAEADDRNOTAVAIL, wsa.WSAENETDOWN, wsa.WSAENETUNREACH, wsa.WSAECONNABORTED, wsa.WSAECONNRESET,
		wsa.WSAENOBUFS, wsa.WSAEISCONN, wsa.WSAENOTCONN, wsa.WSAESHUTDOWN, wsa.WSAETIMEDOUT, wsa.WSAECONNREFUSED,
		wsa.WSAEHOSTDOWN, wsa.WSAEHOSTUNREACH, wsa.WSAEDISCON,
	} {
		if got := e.Status().Errno(); got != e {
			t.Errorf("%s is recorded as %#x and read back as %s", e.Name(), uint32(e.Status()), got.Name())
		}
	}
	for name, value := range sourceConstants(t, "Errno") {
		e := wsa.Errno(value)
		if (e == 0) != (e.Status() == wsa.STATUS_SUCCESS) {
			t.Errorf("%s is recorded as %#x", name, uint32(e.Status()))
		}
	}
	if got := wsa.WSAEPROTONOSUPPORT.Status().SystemErrno(); got != wsa.WSAEPROTONOSUPPORT {
		t.Errorf("a code without a status of its own is read back as %s", got.Name())
	}
	if got := wsa.WSAECONNREFUSED.Status().SystemErrno(); got != wsa.ERROR_CONNECTION_REFUSED {
		t.Errorf("difference 68: a refused ConnectEx completes with %s", got.Name())
	}
}
