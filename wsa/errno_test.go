// SPDX-License-Identifier: Apache-2.0

package wsa_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"strings"
	"testing"

	"winsock/wsa"
)

// secondNames are the constants that give another constant's code a second
// name.
var secondNames = []string{
	"EAI_", "WSANO_ADDRESS", "HOST_NOT_FOUND", "TRY_AGAIN", "NO_RECOVERY", "NO_DATA", "NO_ADDRESS",
	"ERROR_SUCCESS", "ERROR_INVALID_HANDLE", "ERROR_NOT_ENOUGH_MEMORY", "ERROR_INVALID_PARAMETER",
	"ERROR_OPERATION_ABORTED", "ERROR_IO_INCOMPLETE", "ERROR_IO_PENDING", "WAIT_TIMEOUT",
}

func isSecondName(name string) bool {
	for _, second := range secondNames {
		if name == second || strings.HasSuffix(second, "_") && strings.HasPrefix(name, second) {
			return true
		}
	}
	return false
}

func TestErrnoCodesAreDocumented(t *testing.T) {
	names := map[wsa.Errno]string{}
	texts := map[string]wsa.Errno{}
	for name, value := range sourceConstants(t, "Errno") {
		if isSecondName(name) {
			continue
		}
		e := wsa.Errno(value)
		switch {
		case strings.HasPrefix(name, "WSAE") && e >= 10004 && e <= 10112:
		case e == wsa.WSAEDUPLICATE_NAME: // Windows CE only
		case strings.HasPrefix(name, "WSA") && e >= 10091 && e <= 10112:
		case strings.HasPrefix(name, "WSA") && e >= 11001 && e <= 11033:
		case strings.HasPrefix(name, "WSA_") && e < 1000:
		case strings.HasPrefix(name, "ERROR_") && e < 2000:
		default:
			t.Errorf("Windows Sockets Error Codes: %s = %d lies outside the documented ranges", name, e)
		}
		if other := names[e]; other != "" {
			t.Errorf("%s and %s have the code %d", other, name, e)
		}
		names[e] = name
		if got := e.Name(); got != name {
			t.Errorf("Errno(%d).Name() = %q, want %q", e, got, name)
		}
		text := e.Error()
		if text == "" || strings.HasPrefix(text, "winsock: error") || strings.HasSuffix(text, ".") {
			t.Errorf("%s has the text %q", name, text)
		}
		if other, twice := texts[text]; twice && text != "No more results" {
			t.Errorf("%s and %s have the text %q", other.Name(), name, text)
		}
		texts[text] = e
		if err := e.Err(); err != e {
			t.Errorf("%s.Err() = %v, want the code itself", name, err)
		}
	}
	if len(names) < 140 {
		t.Errorf("only %d codes were found in the source", len(names))
	}
}

func TestErrnoTextsAreFrozen(t *testing.T) {
	for e, want := range map[wsa.Errno]string{
		wsa.WSAEINTR:              "Interrupted function call",
		wsa.WSAEWOULDBLOCK:        "Resource temporarily unavailable",
		wsa.WSAENOTSOCK:           "Socket operation on nonsocket",
		wsa.WSAEADDRINUSE:         "Address already in use",
		wsa.WSAECONNRESET:         "Connection reset by peer",
		wsa.WSAECONNREFUSED:       "Connection refused",
		wsa.WSAETIMEDOUT:          "Connection timed out",
		wsa.WSANOTINITIALISED:     "Successful WSAStartup not yet performed",
		wsa.WSAHOST_NOT_FOUND:     "Host not found",
		wsa.WSANO_RECOVERY:        "This is a nonrecoverable error",
		wsa.WSA_OPERATION_ABORTED: "Overlapped operation aborted",
		12345:                     "winsock: error 12345",
		10005:                     "winsock: error 10005",
		7:                         "winsock: error 7",
		0xffffffff:                "winsock: error 4294967295",
	} {
		if got := e.Error(); got != want {
			t.Errorf("Errno(%d).Error() = %q, want %q", e, got, want)
		}
	}
	if got := wsa.Errno(10005).Name(); got != "10005" {
		t.Errorf("the name of a code without a symbol is %q, want its number", got)
	}
}

func TestErrnoErr(t *testing.T) {
	if err := wsa.Errno(0).Err(); err != nil {
		t.Errorf("Errno(0).Err() = %v, want nil", err)
	}
	if err := wsa.Errno(54321).Err(); err != wsa.Errno(54321) {
		t.Errorf("an unknown code becomes %v", err)
	}
	var sink error
	codes := [...]wsa.Errno{wsa.WSAEWOULDBLOCK, wsa.WSA_IO_PENDING, wsa.WSANO_DATA, wsa.ERROR_NETNAME_DELETED, 0}
	if n := testing.AllocsPerRun(100, func() {
		for _, e := range codes {
			sink = e.Err()
		}
	}); n != 0 {
		t.Errorf("Err allocates %v times", n)
	}
	_ = sink
}

func TestErrnoIs(t *testing.T) {
	for _, c := range []struct {
		e      wsa.Errno
		target error
		want   bool
	}{
		{wsa.WSAETIMEDOUT, os.ErrDeadlineExceeded, true},
		{wsa.WSAETIMEDOUT, context.DeadlineExceeded, true},
		{wsa.WSA_WAIT_TIMEOUT, os.ErrDeadlineExceeded, true},
		{wsa.WSAEWOULDBLOCK, os.ErrDeadlineExceeded, false},
		{wsa.WSA_OPERATION_ABORTED, context.Canceled, true},
		{wsa.WSAEINTR, context.Canceled, false},
		{wsa.WSAEINTR, net.ErrClosed, true},
		{wsa.WSAENOTSOCK, net.ErrClosed, true},
		{wsa.WSAENOTSOCK, fs.ErrClosed, true},
		{wsa.WSAECONNRESET, net.ErrClosed, false},
		{wsa.WSAEACCES, os.ErrPermission, true},
		{wsa.WSAEADDRINUSE, fs.ErrExist, true},
		{wsa.WSAEINVAL, fs.ErrInvalid, true},
		{wsa.WSAEOPNOTSUPP, errors.ErrUnsupported, true},
		{wsa.WSAEAFNOSUPPORT, errors.ErrUnsupported, true},
		{wsa.WSAECONNRESET, io.EOF, false},
		{wsa.WSAECONNRESET, wsa.WSAECONNRESET, true},
		{wsa.WSAECONNRESET, wsa.WSAECONNABORTED, false},
	} {
		if got := errors.Is(c.e, c.target); got != c.want {
			t.Errorf("errors.Is(%s, %v) = %v, want %v", c.e.Name(), c.target, got, c.want)
		}
		wrapped := &net.OpError{Op: "read", Net: "tcp", Err: c.e}
		if got := errors.Is(wrapped, c.target); got != c.want {
			t.Errorf("errors.Is(OpError of %s, %v) = %v, want %v", c.e.Name(), c.target, got, c.want)
		}
	}
}

func TestErrnoIsNetError(t *testing.T) {
	var err error = &net.OpError{Op: "read", Net: "tcp", Err: wsa.WSAETIMEDOUT}
	var ne net.Error
	if !errors.As(err, &ne) || !ne.Timeout() {
		t.Error("WSAETIMEDOUT in a net.OpError is no time-out")
	}
	if !os.IsTimeout(wsa.WSAETIMEDOUT) || !os.IsTimeout(&os.SyscallError{Syscall: "recv", Err: wsa.WSAETIMEDOUT}) {
		t.Error("os.IsTimeout does not know WSAETIMEDOUT")
	}
	if os.IsTimeout(wsa.WSAECONNRESET) {
		t.Error("os.IsTimeout takes WSAECONNRESET for a time-out")
	}
	for e, want := range map[wsa.Errno]bool{
		wsa.WSAEWOULDBLOCK: true, wsa.WSAEMFILE: true, wsa.WSATRY_AGAIN: true, wsa.WSAETIMEDOUT: true,
		wsa.WSAECONNREFUSED: false, wsa.WSAEINVAL: false,
	} {
		if e.Temporary() != want {
			t.Errorf("%s.Temporary() = %v", e.Name(), !want)
		}
	}
}

func TestErrnoOf(t *testing.T) {
	_, unknown := net.Dial("pigeon", "coop")
	_, address := net.ResolveTCPAddr("tcp", "127.0.0.1")
	_, cidr := net.ResolveIPAddr("ip9", "x")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, c := range []struct {
		what string
		err  error
		want wsa.Errno
	}{
		{"nil", nil, 0},
		{"a code", wsa.WSAEFAULT, wsa.WSAEFAULT},
		{"a wrapped code", fmt.Errorf("reading: %w", wsa.WSAEMSGSIZE), wsa.WSAEMSGSIZE},
		{"a code below a timeout", &net.OpError{Err: wsa.WSAECONNREFUSED}, wsa.WSAECONNREFUSED},
		{"os.ErrDeadlineExceeded", os.ErrDeadlineExceeded, wsa.WSAETIMEDOUT},
		{"context.DeadlineExceeded", context.DeadlineExceeded, wsa.WSAETIMEDOUT},
		{"context.Canceled", ctx.Err(), wsa.WSA_OPERATION_ABORTED},
		{"net.ErrClosed", &net.OpError{Op: "read", Err: net.ErrClosed}, wsa.WSAEINTR},
		{"os.ErrClosed", &fs.PathError{Err: fs.ErrClosed}, wsa.WSAEINTR},
		{"io.EOF", io.EOF, wsa.WSAEDISCON},
		{"io.ErrUnexpectedEOF", io.ErrUnexpectedEOF, wsa.WSAECONNRESET},
		{"io.ErrClosedPipe", io.ErrClosedPipe, wsa.WSAECONNABORTED},
		{"os.ErrPermission", fs.ErrPermission, wsa.WSAEACCES},
		{"errors.ErrUnsupported", errors.ErrUnsupported, wsa.WSAEOPNOTSUPP},
		{"host not found", &net.DNSError{IsNotFound: true}, wsa.WSAHOST_NOT_FOUND},
		{"resolver silent", &net.DNSError{IsTimeout: true}, wsa.WSATRY_AGAIN},
		{"resolver broken", &net.DNSError{}, wsa.WSANO_RECOVERY},
		{"unknown network", unknown, wsa.WSAEAFNOSUPPORT},
		{"no port", address, wsa.WSAEINVAL},
		{"unknown IP network", cidr, wsa.WSAEAFNOSUPPORT},
		{"a stranger", errors.New("stranger"), wsa.WSASYSCALLFAILURE},
		{"a stranger's time-out", lateError{}, wsa.WSAETIMEDOUT},
	} {
		if got := wsa.ErrnoOf(c.err); got != c.want {
			t.Errorf("ErrnoOf(%s: %v) = %s, want %s", c.what, c.err, got.Name(), c.want.Name())
		}
	}
}

// lateError is a time-out of a kind that this package does not know.
type lateError struct{}

func (lateError) Error() string   { return "late" }
func (lateError) Timeout() bool   { return true }
func (lateError) Temporary() bool { return true }
