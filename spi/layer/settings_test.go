// SPDX-License-Identifier: Apache-2.0

package layer

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"winsock/spi"
	"winsock/wsa"
)

// A recorder is a socket that notes what is set of it.
type recorder struct {
	spi.Socket
	spi.Parker
	set []string
}

func (r *recorder) SetSockOpt(level, name int32, value []byte) error {
	r.set = append(r.set, fmt.Sprintf("%d/%d=% x", level, name, value))
	return wsa.WSAENOPROTOOPT // some do not know all
}

func (r *recorder) Ioctl(code uint32, in, out []byte) (int, error) {
	r.set = append(r.set, fmt.Sprintf("%x=% x", code, in))
	return 0, nil
}

func (r *recorder) SetParkDeadline(d spi.Direction, t time.Time) {
	r.set = append(r.set, fmt.Sprint("deadline ", d, " ", t.Unix()))
}

func (r *recorder) Unpark() { r.set = append(r.set, "unpark") }

// Another socket gets what was set last, in its order, and what adds up whole.
func TestSettings(t *testing.T) {
	var s Settings
	value := []byte{1, 0, 0, 0}
	s.NoteOption(wsa.SOL_SOCKET, wsa.SO_KEEPALIVE, value)
	value[0] = 9 // the caller's again
	member := []byte{224, 0, 0, 1, 127, 0, 0, 1}
	s.NoteOption(wsa.IPPROTO_IP, wsa.IP_ADD_MEMBERSHIP, member)
	s.NoteOption(wsa.IPPROTO_IP, wsa.IP_ADD_MEMBERSHIP, append([]byte{224, 0, 0, 2}, member[4:]...))
	s.NoteOption(wsa.SOL_SOCKET, wsa.SO_KEEPALIVE, []byte{0, 0, 0, 0})
	s.NoteOption(wsa.SOL_SOCKET, wsa.SO_ERROR, []byte{0, 0, 0, 0})
	s.NoteIoctl(7, []byte{1}, 0)
	s.NoteIoctl(7, []byte{2}, 0)
	s.NoteIoctl(8, []byte{2}, 4)
	s.NoteIoctl(9, nil, 0)
	s.NoteDeadline(spi.Sending, time.Unix(5, 0))
	s.NoteDeadline(spi.Receiving, time.Unix(6, 0))
	s.NoteDeadline(spi.Receiving, time.Time{})
	var r recorder
	s.Apply(&r)
	s.ApplyParking(&r)
	s.NoteUnpark()
	s.Forget()
	s.Apply(&r)
	s.ApplyParking(&r)
	deadline := fmt.Sprint("deadline ", spi.Sending, " 5")
	want := []string{
		fmt.Sprintf("%d/%d=e0 00 00 01 7f 00 00 01", wsa.IPPROTO_IP, wsa.IP_ADD_MEMBERSHIP),
		fmt.Sprintf("%d/%d=e0 00 00 02 7f 00 00 01", wsa.IPPROTO_IP, wsa.IP_ADD_MEMBERSHIP),
		fmt.Sprintf("%d/%d=00 00 00 00", wsa.SOL_SOCKET, wsa.SO_KEEPALIVE),
		"7=02", deadline, deadline, "unpark",
	}
	if !slices.Equal(r.set, want) || !s.Unparked() {
		t.Errorf("set: %q, want %q", r.set, want)
	}
	for i := range 2 * maxSettings {
		s.NoteOption(wsa.IPPROTO_IP, wsa.IP_ADD_MEMBERSHIP, []byte{byte(i)})
	}
	if len(s.list) != maxSettings || s.list[0].value[0] != 0 || s.list[maxSettings-1].value[0] != 255 {
		t.Errorf("%d settings are kept", len(s.list))
	}
}
