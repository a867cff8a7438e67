// SPDX-License-Identifier: Apache-2.0

package trace

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"strconv"
	"strings"
	"testing"
	"time"

	"winsock/wsa"
)

// Whatever bytes an address, an option or a payload has, a line is one line,
// JSON is JSON, and the payload can be had back from both forms.
func FuzzLines(f *testing.F) {
	f.Add([]byte("GET / HTTP/1.1\r\n\x00\xff\""), []byte("\x01\x00/tmp/a\nb"), int32(0xffff), int32(8), uint32(1))
	f.Add([]byte{}, []byte{23, 0}, int32(-1), int32(0), uint32(0xffffffff))
	f.Fuzz(func(t *testing.T, payload, name []byte, level, number int32, flags uint32) {
		sa := wsa.SockaddrBytes(name)
		for _, form := range []bool{false, true} {
			var out bytes.Buffer
			tr := newTracer(&out)
			tr.json, tr.dataMax = form, 1<<20
			tr.tag = string(name)
			s := tr.trace(&fake{}, tcp4, self)
			m := message(string(payload))
			m.Name, m.Flags = &sa, flags
			s.Bind(&sa)
			s.Send(m)
			s.SetSockOpt(level, number, payload)
			s.Ioctl(flags, payload, name)
			lines := strings.Split(out.String(), "\n")
			if len(lines) != 5 || lines[4] != "" {
				t.Fatalf("four calls are %d lines: %q", len(lines)-1, lines)
			}
			if !form {
				if len(payload) > 0 && !strings.HasSuffix(lines[1], `"`) {
					t.Fatalf("no payload in %q", lines[1])
				}
				if i := strings.Index(lines[1], `us  "`); len(payload) > 0 && tr.tag == "" {
					if got, err := strconv.Unquote(lines[1][i+4:]); err != nil || got != string(payload) {
						t.Errorf("payload %q reads as %q, %v", payload, got, err)
					}
				}
				continue
			}
			for _, line := range lines[:4] {
				var v struct{ Call, Data, Time string }
				if err := json.Unmarshal([]byte(line), &v); err != nil {
					t.Fatalf("%q: %v", line, err)
				}
				if _, err := time.Parse(time.RFC3339Nano, v.Time); err != nil {
					t.Errorf("time: %v", err)
				}
				if got, err := hex.DecodeString(v.Data); strings.HasPrefix(v.Call, "WSPSend") && (err != nil || !bytes.Equal(got, payload)) {
					t.Errorf("payload %q reads as %q, %v", payload, got, err)
				}
			}
		}
	})
}
