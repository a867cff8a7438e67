// SPDX-License-Identifier: Apache-2.0

package catalog

import (
	"testing"

	"winsock/wsa"
)

func TestInstallDriver(t *testing.T) {
	s, file := newTestStore(t)
	if read, write := s.Files(); read != "" || write != file {
		t.Errorf("before the first change: read %q, write %q", read, write)
	}
	got, err := s.InstallDriver("cat-mem")
	if err != nil || len(got) != 1 {
		t.Fatalf("installed %v, %v", got, err)
	}
	if read, _ := s.Files(); read != file {
		t.Errorf("after the first change: read %q", read)
	}
	if c, err := s.Snapshot().Select(Request{AddressFamily: 99, SocketType: stream, Protocol: 1}); err != nil || c.Entry.ID() != got[0] {
		t.Errorf("chose %v, %v", c.Entry, err)
	}
	if p := s.Snapshot().Verify(); len(p) != 0 {
		t.Errorf("problems: %v", p)
	}
	for _, tt := range []struct {
		what, path string
		want       wsa.Errno
	}{
		{"installed already", "cat-mem", wsa.WSANO_RECOVERY},
		{"unknown", "cat-unknown", wsa.WSAEPROVIDERFAILEDINIT},
		{"unknown option", "cat-irda:x=1", wsa.WSAEINVAL},
		{"a layer", "cat-layer", wsa.WSAEINVAL},
	} {
		_, err := s.InstallDriver(tt.path)
		wantCode(t, tt.what, err, tt.want)
	}
}
