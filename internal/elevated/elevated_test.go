// SPDX-License-Identifier: Apache-2.0

package elevated

import (
	"encoding/binary"
	"testing"
)

func TestSecureMode(t *testing.T) {
	auxv := func(pairs ...uint64) (b []byte) {
		for _, v := range pairs {
			b = binary.NativeEndian.AppendUint64(b, v)
		}
		return b
	}
	tests := []struct {
		what string
		auxv []byte
		want bool
	}{
		{"set", auxv(6, 4096, atSecure, 1, 0, 0), true},
		{"not set", auxv(6, 4096, atSecure, 0, 0, 0), false},
		{"missing", auxv(6, atSecure, 0, 0), false},
		{"none", nil, false},
		{"cut off", auxv(atSecure), false},
	}
	for _, tt := range tests {
		if got := secureMode(tt.auxv); got != tt.want {
			t.Errorf("AT_SECURE %s: %v, want %v", tt.what, got, tt.want)
		}
	}
}
