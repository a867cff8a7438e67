// SPDX-License-Identifier: Apache-2.0

package interop

import (
	"crypto/sha256"
	"encoding/hex"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"winsock/test/ports"
)

// TestCapture: what winsock nc captures of a download reads in tshark as one
// sound TCP stream, over the family's own protocol, whose bytes are those that
// arrived.
func TestCapture(t *testing.T) {
	tshark, python := need(t, "tshark"), need(t, "python3")
	for _, host := range []string{"127.0.0.1", "::1"} {
		t.Run(host, func(t *testing.T) {
			capture := filepath.Join(t.TempDir(), "capture.pcapng")
			p := place{host: host, layers: []string{"trace", "trace:capture=" + capture}}
			port := ports.Free(t, p.host)
			server := exec.CommandContext(t.Context(), python, "-m", "http.server", "--bind", host, "--directory", shared.dir, port)
			start(t, server)
			p.awaitListener(t, port)
			got := newSink(t)
			client := p.nc(t, host, port)
			client.Stdin = strings.NewReader("GET /small HTTP/1.0\r\n\r\n")
			client.Stdout = got.f
			start(t, client)
			wait(t, client)
			got.check(t, got.head(t), &shared.small)

			if out := run(t, tshark, "-r", capture, "-o", "tcp.check_checksum:TRUE", "-o", "ip.check_checksum:TRUE",
				"-Y", "_ws.malformed || tcp.analysis.flags || tcp.checksum.status == 0 || ip.checksum.status == 0"); out != "" {
				t.Errorf("tshark objects:\n%.2000s", out)
			}
			streams := strings.Fields(run(t, tshark, "-r", capture, "-T", "fields", "-e", "tcp.stream", "-Y", "tcp.flags.syn == 1 && tcp.flags.ack == 0"))
			if len(streams) != 1 {
				t.Fatalf("there are %d TCP streams", len(streams))
			}
			sum, size := sha256.New(), int64(0)
			for _, payload := range strings.Fields(run(t, tshark, "-r", capture, "-T", "fields", "-e", "tcp.payload", "-Y", "tcp.len > 0 && tcp.srcport == "+port)) {
				b, err := hex.DecodeString(payload)
				if err != nil {
					t.Fatal(err)
				}
				if head := got.head(t) - size; head > 0 { // the HTTP head comes first
					size += min(head, int64(len(b)))
					b = b[min(head, int64(len(b))):]
				}
				size += int64(len(b))
				sum.Write(b)
			}
			if size != got.head(t)+shared.small.size || [sha256.Size]byte(sum.Sum(nil)) != shared.small.sum {
				t.Errorf("the capture has %d bytes of the server, and they are not the file", size)
			}
		})
	}
}

func run(t *testing.T, name string, args ...string) string {
	t.Helper()
	c := exec.CommandContext(t.Context(), name, args...)
	var stderr strings.Builder
	c.Stderr = &stderr
	out, err := c.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s", filepath.Base(name), err, stderr.String())
	}
	return strings.TrimSpace(string(out))
}
