// SPDX-License-Identifier: Apache-2.0

package ssl

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strings"
	"testing"
	"time"

	"winsock/internal/testpki"
	"winsock/run"
)

// under starts a program under winsock run.
func under(t *testing.T, layer string, cmd *exec.Cmd) *run.Supervisor {
	t.Helper()
	s, err := run.Start(run.Config{Layers: []string{layer}}, cmd)
	if err != nil {
		t.Fatal(err)
	}
	cmd.WaitDelay = time.Second
	timer := time.AfterFunc(patience, func() { cmd.Process.Kill() })
	t.Cleanup(func() {
		timer.Stop()
		cmd.Process.Kill()
		cmd.Wait() // may have been waited for
		select {
		case <-s.Done():
		case <-time.After(patience):
			t.Error("the supervisor does not see the end")
		}
		s.Close()
	})
	return s
}

// TestRunClient: programs that speak plain HTTP reach a server that speaks
// TLS only, and not one that cannot prove who it is.
func TestRunClient(t *testing.T) {
	p := testpki.New(t)
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "%s over TLS %v", r.Proto, r.TLS != nil)
	}))
	server.TLS = &tls.Config{Certificates: []tls.Certificate{p.Server.TLS()}}
	server.StartTLS()
	defer server.Close()
	plain := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "plain") }))
	defer plain.Close()
	_, port, _ := net.SplitHostPort(server.Listener.Addr().String())
	url := "http://localhost:" + port + "/"
	python := fmt.Sprintf(`
import urllib.request
print(urllib.request.build_opener(urllib.request.ProxyHandler({})).open(%q, timeout=50).read().decode())`, "http://127.0.0.1:"+port+"/")
	for name, args := range map[string][]string{
		"curl":           {"curl", "-sS", "-4", "--noproxy", "*", "--max-time", "50", url},
		"python":         {"python3", "-c", python},
		"another":        {"curl", "-sS", "--noproxy", "*", "--max-time", "50", plain.URL},
		"unknown issuer": {"curl", "-sS", "-4", "--noproxy", "*", "--max-time", "50", url},
	} {
		t.Run(name, func(t *testing.T) {
			cmd := exec.Command(need(t, args[0]), args[1:]...)
			var out bytes.Buffer
			cmd.Stdout, cmd.Stderr = &out, &out
			chain := layer("originate", port, "ca", p.CA.CertFile)
			if name == "unknown issuer" {
				chain = layer("originate", port)
			}
			s := under(t, chain, cmd)
			err := cmd.Wait()
			switch name {
			case "unknown issuer":
				if err == nil {
					t.Errorf("it was served: %s", &out)
				}
			case "another":
				if out.String() != "plain" {
					t.Errorf("%v: %s", err, &out)
				}
				if n := s.Stats().Relayed; n > 0 {
					t.Errorf("%d connections that the rule is not for are relayed", n)
				}
			default:
				if !strings.Contains(out.String(), "over TLS true") {
					t.Errorf("%v: %s", err, &out)
				}
			}
		})
	}
}

// TestRunServer: a server that speaks plain HTTP serves curl https://.
func TestRunServer(t *testing.T) {
	curl := need(t, "curl")
	p := testpki.New(t)
	cmd := exec.Command(need(t, "python3"), "-u", "-c", `
import http.server
class H(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = b"from a plain server" * 1000
        self.send_response(200); self.send_header("Content-Length", str(len(body))); self.end_headers(); self.wfile.write(body)
    def log_message(self, *a): pass
s = http.server.ThreadingHTTPServer(("127.0.0.1", 0), H)
print(s.server_address[1], flush=True)
s.serve_forever()`)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	under(t, layer("terminate", "*", "cert", p.Server.CertFile, "key", p.Server.KeyFile), cmd)
	port, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	port = strings.TrimSpace(port)
	for range 3 {
		b, err := exec.Command(curl, "-sS", "--noproxy", "*", "--max-time", "50", "--cacert", p.CA.CertFile, "https://localhost:"+port+"/").CombinedOutput()
		if err != nil || string(b) != strings.Repeat("from a plain server", 1000) {
			t.Errorf("%v: %.200s", err, b)
		}
	}
	if b, err := exec.Command(curl, "-sS", "--noproxy", "*", "--max-time", "50", "http://localhost:"+port+"/").CombinedOutput(); err == nil {
		t.Errorf("it serves without TLS: %.200s", b)
	}
}
