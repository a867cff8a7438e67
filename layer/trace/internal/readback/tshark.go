// SPDX-License-Identifier: Apache-2.0

package readback

import (
	"encoding/hex"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
)

// A Tshark asks tshark about a capture.
type Tshark struct {
	t    testing.TB
	file string
}

// NewTshark skips the test where tshark is not installed. In continuous
// integration (environment variable CI) it has to be.
func NewTshark(t testing.TB, file string) *Tshark {
	t.Helper()
	if _, err := exec.LookPath("tshark"); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("tshark is not installed")
		}
		t.Skip("tshark is not installed")
	}
	return &Tshark{t, file}
}

// run returns the lines of what tshark prints.
func (s *Tshark) run(args ...string) []string {
	s.t.Helper()
	args = append([]string{
		"-n", "-r", s.file,
		"-o", "ip.check_checksum:TRUE", "-o", "tcp.check_checksum:TRUE", "-o", "udp.check_checksum:TRUE",
		"-o", "tcp.relative_sequence_numbers:FALSE",
	}, args...)
	cmd := exec.CommandContext(s.t.Context(), "tshark", args...)
	cmd.Env = append(os.Environ(), "HOME="+s.t.TempDir()) // nobody's preferences
	var errors strings.Builder
	cmd.Stderr = &errors
	out, err := cmd.Output()
	if err != nil {
		s.t.Fatalf("tshark %q: %v\n%s", args, err, errors.String())
	}
	return strings.Split(strings.TrimRight(string(out), "\n"), "\n")
}

// Fields returns the values of fields, a line per packet that the display
// filter lets pass ("" for all).
func (s *Tshark) Fields(filter string, fields ...string) [][]string {
	s.t.Helper()
	args := []string{"-T", "fields", "-E", "separator=|"}
	if filter != "" {
		args = append(args, "-Y", filter)
	}
	for _, f := range fields {
		args = append(args, "-e", f)
	}
	var rows [][]string
	for _, line := range s.run(args...) {
		if line != "" {
			rows = append(rows, strings.Split(line, "|"))
		}
	}
	return rows
}

// CheckClean checks that tshark finds nothing malformed, no wrong checksum
// and no trouble in any TCP connection, and returns the number of packets.
func (s *Tshark) CheckClean() int {
	s.t.Helper()
	for _, row := range s.Fields("_ws.malformed || tcp.analysis.flags || _ws.expert.severity >= 8388608 || "+
		"ip.checksum.status == 0 || tcp.checksum.status == 0 || udp.checksum.status == 0",
		"frame.number", "_ws.col.Info", "_ws.expert.message") {
		s.t.Errorf("tshark on packet %s: %s", row[0], strings.Join(row[1:], "; "))
	}
	return len(s.Fields("", "frame.number"))
}

// CheckWhole checks that tshark finds no packet malformed and no checksum
// wrong, and returns the number of packets. Unlike [Tshark.CheckClean] it
// allows addresses that are used again, by which connections look disturbed.
func (s *Tshark) CheckWhole() int {
	s.t.Helper()
	for _, row := range s.Fields("_ws.malformed || ip.checksum.status == 0 || tcp.checksum.status == 0 || udp.checksum.status == 0",
		"frame.number", "_ws.col.Info") {
		s.t.Errorf("tshark on packet %s: %s", row[0], strings.Join(row[1:], "; "))
	}
	return len(s.Fields("", "frame.number"))
}

// Follow returns the bytes of both directions of a connection ("tcp" or
// "udp", counted from 0), the first one's that of its first packet.
func (s *Tshark) Follow(protocol string, number int) (first, second []byte) {
	s.t.Helper()
	for _, line := range s.run("-q", "-z", "follow,"+protocol+",raw,"+strconv.Itoa(number)) {
		back := strings.HasPrefix(line, "\t")
		data, err := hex.DecodeString(strings.TrimPrefix(line, "\t"))
		if err != nil {
			continue // a heading
		}
		if back {
			second = append(second, data...)
		} else {
			first = append(first, data...)
		}
	}
	return first, second
}
