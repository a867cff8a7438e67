// SPDX-License-Identifier: Apache-2.0

package run

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestCapture: what a program captures of curl's download reads in tshark as
// sound TCP between curl and whom it asked, with curl's name, and its bytes
// are those that arrived.
func TestCapture(t *testing.T) {
	begin(t)
	if *native {
		t.Skip("captures by winsock")
	}
	curl, tshark := need(t, "curl"), need(t, "tshark")
	families(t, func(t *testing.T, host netip.Addr) {
		for _, c := range []chain{{name: "as asked"}, {name: "redirected", redirect: true}} {
			c.run(t, func(t *testing.T, c chain) {
				server := webServer(t, host)
				c, ask := c.toward(t, server)
				dir := scratch(t)
				capture := filepath.Join(dir, "capture.pcapng")
				log := filepath.Join(dir, "log")
				c.flags = append(c.flags, "--capture", capture, "--log", log)
				local := c.output(t, curl, "-sS", "-g", "-o", filepath.Join(dir, "got"), "-w", "%{local_port}", fmt.Sprintf("http://%s/file", ask))
				checkFile(t, filepath.Join(dir, "got"))

				line := regexp.MustCompile(fmt.Sprintf(`(?m)^.*/curl .*WSPConnect\(name=%s\)`, regexp.QuoteMeta(ask.String())))
				if text, err := os.ReadFile(log); err != nil || !line.Match(text) {
					t.Errorf("the log does not tell of curl's connection (%v):\n%s", err, text)
				}
				read := func(filter string, fields ...string) []string {
					args := []string{"-r", capture, "-o", "tcp.check_checksum:TRUE", "-o", "ip.check_checksum:TRUE", "-Y", filter}
					if len(fields) > 0 {
						args = append(args, "-T", "fields")
					}
					for _, f := range fields {
						args = append(args, "-e", f)
					}
					var errors strings.Builder
					cmd := exec.Command(tshark, args...)
					cmd.Stderr = &errors
					out, err := cmd.Output()
					if err != nil {
						t.Fatalf("tshark: %v\n%s", err, errors.String())
					}
					return strings.Fields(string(out))
				}
				if bad := read("_ws.malformed || tcp.analysis.flags || tcp.checksum.status == 0 || ip.checksum.status == 0"); len(bad) > 0 {
					t.Errorf("tshark objects: %.1000s", strings.Join(bad, " "))
				}
				ip := "ip"
				if host.Is6() {
					ip = "ipv6"
				}
				syn := read("tcp.flags.syn == 1 && tcp.flags.ack == 0", ip+".src", "tcp.srcport", ip+".dst", "tcp.dstport")
				want := []string{host.String(), local, ask.Addr().String(), fmt.Sprint(ask.Port())}
				if strings.Join(syn, " ") != strings.Join(want, " ") {
					t.Errorf("the connections are %q, want %q", syn, want)
				}
				if comments := read("frame.comment contains \"curl\"", "frame.number"); len(comments) == 0 {
					t.Error("no packet tells of the program")
				}
				var got []byte
				for _, payload := range read(fmt.Sprintf("tcp.len > 0 && tcp.srcport == %d", ask.Port()), "tcp.payload") {
					b, err := hex.DecodeString(payload)
					if err != nil {
						t.Fatal(err)
					}
					got = append(got, b...)
				}
				_, body, _ := strings.Cut(string(got), "\r\n\r\n")
				if sum := sha256.Sum256([]byte(body)); hex.EncodeToString(sum[:]) != shared.sum {
					t.Errorf("the capture has %d bytes of the file, or others", len(body))
				}
			})
		}
	})
}
