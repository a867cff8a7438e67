// SPDX-License-Identifier: Apache-2.0

package ssl

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"winsock/internal/testpki"
	"winsock/test/ports"
)

// output runs a program under the layer, and returns what it says.
func output(t *testing.T, layer string, name string, args ...string) (string, error) {
	t.Helper()
	cmd := exec.Command(need(t, name), args...)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	under(t, layer, cmd)
	err := cmd.Wait()
	return out.String(), err
}

// TestRunRedis: redis-cli, which is told nothing of TLS, works with a
// redis-server that speaks nothing else and wants a certificate.
func TestRunRedis(t *testing.T) {
	p := testpki.New(t)
	server, cli := need(t, "redis-server"), need(t, "redis-cli")
	port := ports.Free(t, "127.0.0.1")
	r := launch(t, nil, server, "--port", "0", "--tls-port", port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", t.TempDir(),
		"--tls-cert-file", p.Server.CertFile, "--tls-key-file", p.Server.KeyFile, "--tls-ca-cert-file", p.CA.CertFile, "--tls-auth-clients", "yes")
	if strings.Contains(r.output(), "Bad directive") {
		t.Skip("redis-server is built without TLS")
	}
	ready(t, r, port)
	chain := layer("originate", port, "ca", p.CA.CertFile, "cert", p.Client.CertFile, "key", p.Client.KeyFile)
	value := strings.Repeat("value", 20000)
	for _, test := range []struct {
		args []string
		want string
	}{
		{[]string{"ping"}, "PONG"},
		{[]string{"set", "key", value}, "OK"},
		{[]string{"get", "key"}, value},
	} {
		out, err := output(t, chain, cli, append([]string{"-p", port}, test.args...)...)
		if err != nil || strings.TrimSpace(out) != test.want {
			t.Errorf("%.40s: %v, %.100q", test.args, err, out)
		}
	}
	if out, _ := output(t, layer("originate", port, "ca", p.CA.CertFile), cli, "-p", port, "ping"); strings.Contains(out, "PONG") {
		t.Errorf("served without a certificate: %q", out)
	}
	if out, err := exec.CommandContext(t.Context(), cli, "-p", port, "ping").CombinedOutput(); strings.Contains(string(out), "PONG") {
		t.Errorf("served without TLS: %v, %q", err, out)
	}
}

// TestRunServers: servers that know nothing of TLS serve curl https://, which
// verifies them by a private authority.
func TestRunServers(t *testing.T) {
	curl := need(t, "curl")
	p := testpki.New(t)
	dir := t.TempDir()
	os.Chmod(dir, 0o755)
	body := bytes.Repeat([]byte("0123456789abcdef"), 1<<16)
	if err := os.WriteFile(filepath.Join(dir, "file"), body, 0o644); err != nil {
		t.Fatal(err)
	}
	for name, command := range map[string]func(t *testing.T, port string) *exec.Cmd{
		"python3 -m http.server": func(t *testing.T, port string) *exec.Cmd {
			return exec.Command(need(t, "python3"), "-m", "http.server", "--bind", "127.0.0.1", "--directory", dir, port)
		},
		"nginx": func(t *testing.T, port string) *exec.Cmd {
			nginx := need(t, "nginx")
			own := t.TempDir()
			conf := filepath.Join(own, "conf")
			os.WriteFile(conf, []byte(fmt.Sprintf(`daemon off; master_process off; pid %[1]s/pid; error_log stderr;
events {}
http { access_log off; client_body_temp_path %[1]s; proxy_temp_path %[1]s; fastcgi_temp_path %[1]s; uwsgi_temp_path %[1]s; scgi_temp_path %[1]s;
 server { listen 127.0.0.1:%[2]s; root %[3]s; } }
`, own, port, dir)), 0o600)
			return exec.Command(nginx, "-c", conf, "-p", own)
		},
	} {
		t.Run(name, func(t *testing.T) {
			port := ports.Free(t, "127.0.0.1")
			cmd := command(t, port)
			server := &process{Cmd: cmd}
			cmd.Stdout, cmd.Stderr = server, server
			under(t, layer("terminate", port, "cert", p.Server.CertFile, "key", p.Server.KeyFile), cmd)
			ready(t, server, port)
			file := filepath.Join(t.TempDir(), "file")
			for range 2 {
				out, err := exec.CommandContext(t.Context(), curl, "-sS", "--noproxy", "*", "--max-time", "15", "--cacert", p.CA.CertFile, "-o", file, "https://localhost:"+port+"/file").CombinedOutput()
				if got, _ := os.ReadFile(file); err != nil || !bytes.Equal(got, body) {
					t.Errorf("%v: %s: %d bytes", err, out, len(got))
				}
			}
			if out, err := exec.CommandContext(t.Context(), curl, "-sS", "--noproxy", "*", "--max-time", "10", "https://localhost:"+port+"/file").CombinedOutput(); err == nil {
				t.Errorf("curl does not verify: %.100s", out)
			}
			if out, err := exec.CommandContext(t.Context(), curl, "-sS", "--noproxy", "*", "--max-time", "10", "http://localhost:"+port+"/file").CombinedOutput(); err == nil {
				t.Errorf("it serves without TLS: %.100s", out)
			}
		})
	}
}

// TestRunUnverified: a program that knows nothing of TLS does not reach a
// server that cannot prove who it is, which gets no byte of it.
func TestRunUnverified(t *testing.T) {
	need(t, "curl")
	p := testpki.New(t)
	for name, id := range map[string]*testpki.Identity{
		"another name": testpki.Issue(t, p.Dir, "other", p.CA, func(c *x509.Certificate) { c.DNSNames, c.IPAddresses = []string{"example.com"}, nil }),
		"expired":      testpki.Issue(t, p.Dir, "old", p.CA, func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Hour) }),
		"self-signed":  testpki.Issue(t, p.Dir, "self", nil, nil),
	} {
		t.Run(name, func(t *testing.T) {
			l := newPeer(t, &tls.Config{Certificates: []tls.Certificate{id.TLS()}})
			_, port, _ := net.SplitHostPort(l.Addr().String())
			if out, err := output(t, layer("originate", port, "ca", p.CA.CertFile), "curl", "-sS", "--noproxy", "*", "--max-time", "10", "http://127.0.0.1:"+port+"/secret"); err == nil {
				t.Errorf("curl was served: %s", out)
			}
			if err := <-l.errs; err == nil {
				t.Error("the server sees a handshake that succeeds")
			}
			if data := <-l.data; len(data) > 0 {
				t.Errorf("the server has received %q", data)
			}
		})
	}
}
