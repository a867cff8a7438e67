// SPDX-License-Identifier: Apache-2.0

package ssl

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"winsock/internal/testpki"
	"winsock/test/ports"
)

// need returns the path of a program, or skips the test.
func need(t *testing.T, names ...string) string {
	t.Helper()
	for _, name := range append(names, "/usr/sbin/"+names[0]) {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	t.Skipf("%s is not installed", names[0])
	return ""
}

// A process is a program that a test has started.
type process struct {
	*exec.Cmd
	mu  sync.Mutex // protects out
	out bytes.Buffer
}

func (p *process) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.out.Write(b)
}

func (p *process) output() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.out.String()
}

// launch starts a program, which ends with the test.
func launch(t *testing.T, stdin io.Reader, name string, args ...string) *process {
	t.Helper()
	p := &process{Cmd: exec.Command(name, args...)}
	p.Stdin, p.Stdout, p.Stderr = stdin, p, p
	p.WaitDelay = time.Second
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		p.Process.Kill()
		p.Wait()
		if t.Failed() {
			t.Logf("%s says:\n%s", filepath.Base(name), p.output())
		}
	})
	return p
}

// silence is an input that does not end before the test does.
func silence(t *testing.T) io.Reader { return input(t, "") }

// input is one that begins with a text.
func input(t *testing.T, text string) *os.File {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	w.WriteString(text)
	t.Cleanup(func() { w.Close(); r.Close() })
	return r
}

// ready waits until a program listens.
func ready(t *testing.T, p *process, port string) {
	t.Helper()
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if c, err := net.Dial("tcp", "127.0.0.1:"+port); err == nil {
			c.Close()
			return
		}
	}
	t.Fatalf("%s does not listen:\n%s", p.Path, p.output())
}

// talk makes one HTTP request on a connection.
func talk(t *testing.T, c net.Conn) string {
	t.Helper()
	fmt.Fprintf(c, "GET / HTTP/1.0\r\n\r\n")
	b, err := io.ReadAll(c)
	if err != nil {
		t.Errorf("after %d bytes: %v", len(b), err)
	}
	return string(b)
}

var versions = map[string][]string{"TLSv1.2": {"max", "1.2"}, "TLSv1.3": {"min", "1.3"}}

// TestServers: servers of others, with a client's certificate or without.
func TestServers(t *testing.T) {
	p := testpki.New(t)
	for name, start := range map[string]func(t *testing.T, port string) *process{
		"openssl": func(t *testing.T, port string) *process {
			return launch(t, silence(t), need(t, "openssl"), "s_server", "-accept", "127.0.0.1:"+port, "-key", p.Server.KeyFile,
				"-cert", p.Server.CertFile, "-www", "-Verify", "1", "-CAfile", p.CA.CertFile, "-verify_return_error")
		},
		"gnutls": func(t *testing.T, port string) *process {
			return launch(t, silence(t), need(t, "gnutls-serv"), "--http", "--port", port, "--x509keyfile", p.Server.KeyFile,
				"--x509certfile", p.Server.CertFile, "--x509cafile", p.CA.CertFile, "--require-client-cert", "--verify-client-cert")
		},
		"nginx": func(t *testing.T, port string) *process {
			nginx := need(t, "nginx")
			dir := t.TempDir()
			os.Chmod(dir, 0o755)
			conf := filepath.Join(dir, "conf")
			os.WriteFile(conf, []byte(fmt.Sprintf(`daemon off; master_process off; pid %[1]s/pid; error_log stderr;
events {}
http { access_log off; client_body_temp_path %[1]s; proxy_temp_path %[1]s; fastcgi_temp_path %[1]s; uwsgi_temp_path %[1]s; scgi_temp_path %[1]s;
 server { listen 127.0.0.1:%[2]s ssl; ssl_certificate %[3]s; ssl_certificate_key %[4]s; ssl_client_certificate %[5]s; ssl_verify_client on;
  ssl_protocols TLSv1.2 TLSv1.3; location / { return 200 "$ssl_protocol $ssl_client_s_dn $ssl_session_reused\n"; } } }
`, dir, port, p.Server.CertFile, p.Server.KeyFile, p.CA.CertFile)), 0o600)
			return launch(t, nil, nginx, "-c", conf, "-p", dir)
		},
		"stunnel": func(t *testing.T, port string) *process {
			stunnel := need(t, "stunnel4", "stunnel")
			h := http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "through the tunnel") })}
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			go h.Serve(l)
			t.Cleanup(func() { h.Close() })
			conf := filepath.Join(t.TempDir(), "conf")
			os.WriteFile(conf, []byte(fmt.Sprintf("foreground = yes\npid =\n[s]\naccept = 127.0.0.1:%s\nconnect = %s\ncert = %s\nkey = %s\nCAfile = %s\nverifyChain = yes\nrequireCert = yes\n",
				port, l.Addr(), p.Server.CertFile, p.Server.KeyFile, p.CA.CertFile)), 0o600)
			return launch(t, nil, stunnel, conf)
		},
		"nss": func(t *testing.T, port string) *process {
			selfserv := need(t, "selfserv")
			return launch(t, nil, selfserv, "-d", nssDatabase(t, p, "server"), "-e", "server", "-p", port, "-r", "-r", "-u", "-v", "-V", "tls1.2:tls1.3")
		},
	} {
		t.Run(name, func(t *testing.T) {
			port := ports.Free(t, "127.0.0.1")
			serving := start(t, port)
			ready(t, serving, port)
			for version, options := range versions {
				options = append([]string{"cert", p.Client.CertFile, "key", p.Client.KeyFile}, options...)
				listen(t, client(p, options...)) // keeps the provider, and what it remembers
				c, err := dial("127.0.0.1:"+port, client(p, options...))
				if err != nil {
					t.Errorf("%s: %v", version, err)
					continue
				}
				if text := talk(t, c); !strings.Contains(text, "200") {
					t.Errorf("%s: the answer is %q", version, text)
				} else if name == "nginx" && !strings.Contains(text, version+" CN=client") {
					t.Errorf("nginx sees %q", text)
				}
				// The second one resumes the session, as the provider has stayed.
				c.Close()
				again, err := dial("127.0.0.1:"+port, client(p, options...))
				if err != nil {
					t.Errorf("%s, again: %v", version, err)
					continue
				}
				text := talk(t, again)
				if evidence := map[string]string{"nginx": "CN=client r", "openssl": "Reused, " + version}[name]; !strings.Contains(text, evidence) {
					t.Errorf("%s: the second connection is no resumed one: %q", version, text)
				}
				again.Close()

				c, err = dial("127.0.0.1:"+port, client(p, options[4:]...)) // without a certificate
				if err == nil {
					io.WriteString(c, "GET / HTTP/1.0\r\n\r\n") // may be refused already
					if b, err := io.ReadAll(c); err == nil && strings.Contains(string(b), "200") {
						t.Errorf("%s: served without a certificate: %q", version, b)
					}
					c.Close()
				}
			}
			if name == "nss" {
				for end := time.Now().Add(patience); !strings.Contains(serving.output(), "2 stateless resumes"); time.Sleep(10 * time.Millisecond) {
					if time.Now().After(end) {
						t.Fatal("selfserv has not resumed two sessions")
					}
				}
			}
		})
	}
}

// nssDatabase makes a database of NSS with the authority and some identities
// of a PKI.
func nssDatabase(t *testing.T, p *testpki.PKI, identities ...string) string {
	t.Helper()
	certutil, pk12util, openssl := need(t, "certutil"), need(t, "pk12util"), need(t, "openssl")
	dir := t.TempDir()
	commands := [][]string{
		{certutil, "-N", "-d", "sql:" + dir, "--empty-password"},
		{certutil, "-A", "-d", "sql:" + dir, "-n", "ca", "-t", "CT,C,C", "-i", p.CA.CertFile},
	}
	for _, name := range identities {
		id := map[string]*testpki.Identity{"server": p.Server, "client": p.Client}[name]
		file := filepath.Join(dir, name+".p12")
		commands = append(commands,
			[]string{openssl, "pkcs12", "-export", "-inkey", id.KeyFile, "-in", id.CertFile, "-name", name, "-passout", "pass:x", "-out", file},
			[]string{pk12util, "-i", file, "-d", "sql:" + dir, "-W", "x", "-K", ""})
	}
	for _, command := range commands {
		if out, err := exec.CommandContext(t.Context(), command[0], command[1:]...).CombinedOutput(); err != nil {
			t.Fatalf("%v: %v: %s", command, err, out)
		}
	}
	return "sql:" + dir
}

// serve serves HTTP on a listener of the layer.
func serve(t *testing.T, layers ...string) string {
	t.Helper()
	l := listen(t, layers...)
	h := http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/large":
			w.Write(make([]byte, 8<<20))
		case "/echo":
			io.Copy(w, r.Body)
		default:
			io.WriteString(w, "behind the layer")
		}
	})}
	go h.Serve(l)
	t.Cleanup(func() { h.Close() })
	return l.Addr().String()
}

// TestClients: clients of others, with a certificate that must be there.
func TestClients(t *testing.T) {
	p := testpki.New(t)
	request := filepath.Join(p.Dir, "request")
	os.WriteFile(request, []byte("GET / HTTP/1.0\r\n\r\n"), 0o600)
	databases := make(map[bool]string)
	if _, err := exec.LookPath("tstclnt"); err == nil {
		databases[false], databases[true] = nssDatabase(t, p), nssDatabase(t, p, "client")
	}
	for version, options := range versions {
		address := serve(t, server(p, append([]string{"client-ca", p.CA.CertFile}, options...)...))
		_, port, _ := net.SplitHostPort(address)
		own := func(cert, key string, with bool, args ...string) []string {
			if with {
				args = append(args, cert, p.Client.CertFile, key, p.Client.KeyFile)
			}
			return args
		}
		for name, args := range map[string]func(with bool) []string{
			"curl": func(with bool) []string {
				return own("--cert", "--key", with, "-sS", "--http1.1", "--max-time", "15", "--cacert", p.CA.CertFile, "https://localhost:"+port+"/")
			},
			"openssl": func(with bool) []string {
				return own("-cert", "-key", with, "s_client", "-quiet", "-ign_eof", "-connect", address, "-CAfile", p.CA.CertFile, "-verify_return_error")
			},
			"gnutls-cli": func(with bool) []string {
				return own("--x509certfile", "--x509keyfile", with, "--port", port, "--x509cafile", p.CA.CertFile, "localhost")
			},
			"tstclnt": func(with bool) []string {
				return []string{"-d", databases[with], "-h", "localhost", "-4", "-p", port, "-A", request}
			},
		} {
			t.Run(version+" "+name, func(t *testing.T) {
				path := need(t, name)
				for _, with := range []bool{true, false} {
					ctx, cancel := context.WithTimeout(t.Context(), patience)
					cmd := exec.CommandContext(ctx, path, args(with)...)
					cmd.Env = append(os.Environ(), "no_proxy=*")
					cmd.Stdin = input(t, "GET / HTTP/1.0\r\n\r\n")
					cmd.WaitDelay = time.Second
					var out bytes.Buffer
					cmd.Stdout, cmd.Stderr = &out, &out
					if name == "curl" || name == "tstclnt" {
						cmd.Stdin = nil
					}
					err := cmd.Run()
					cancel()
					if served := strings.Contains(out.String(), "behind the layer"); served != with {
						t.Errorf("served is %v, with a certificate %v (%v):\n%s", served, with, err, &out)
					}
				}
			})
		}
	}
}

// TestCurlLarge: large bodies both ways.
func TestCurlLarge(t *testing.T) {
	curl := need(t, "curl")
	p := testpki.New(t)
	address := serve(t, server(p))
	out, err := exec.Command(curl, "-sS", "--max-time", "30", "--cacert", p.CA.CertFile, "-o", "/dev/null", "-w", "%{size_download}", "https://"+address+"/large").CombinedOutput()
	if err != nil || string(out) != fmt.Sprint(8<<20) {
		t.Errorf("%v: %s", err, out)
	}
	file := filepath.Join(t.TempDir(), "body")
	body := bytes.Repeat([]byte("0123456789abcdef"), 1<<17)
	os.WriteFile(file, body, 0o600)
	back := file + ".back"
	out, err = exec.Command(curl, "-sS", "--max-time", "30", "--cacert", p.CA.CertFile, "--data-binary", "@"+file, "-o", back, "https://"+address+"/echo").CombinedOutput()
	if got, _ := os.ReadFile(back); err != nil || !bytes.Equal(got, body) {
		t.Errorf("%v: %d bytes came back: %s", err, len(got), out)
	}
}

// TestGnuTLSResumption: GnuTLS's client resumes its session with the layer.
func TestGnuTLSResumption(t *testing.T) {
	gnutls := need(t, "gnutls-cli")
	p := testpki.New(t)
	for version, options := range versions {
		_, port, _ := net.SplitHostPort(serve(t, server(p, options...)))
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		cmd := exec.CommandContext(ctx, gnutls, "--resume", "--waitresumption", "--port", port, "--x509cafile", p.CA.CertFile, "localhost")
		cmd.Stdin = input(t, "GET / HTTP/1.0\r\n\r\n")
		out, _ := cmd.CombinedOutput()
		cancel()
		if !strings.Contains(string(out), "This is a resumed session") || !strings.Contains(string(out), "behind the layer") {
			t.Errorf("%s: gnutls-cli says:\n%s", version, out)
		}
	}
}

// TestOpenSSLResumption: OpenSSL's client resumes its session with the layer.
func TestOpenSSLResumption(t *testing.T) {
	openssl := need(t, "openssl")
	p := testpki.New(t)
	for version, options := range versions {
		address := serve(t, server(p, options...))
		file := filepath.Join(t.TempDir(), "session")
		for i, want := range []string{"New, " + version, "Reused, " + version} {
			args := []string{"s_client", "-connect", address, "-CAfile", p.CA.CertFile, "-sess_out", file, "-ign_eof"}
			if i == 1 {
				args = append(args, "-sess_in", file)
			}
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			cmd := exec.CommandContext(ctx, openssl, args...)
			cmd.Stdin = input(t, "GET / HTTP/1.0\r\n\r\n")
			out, _ := cmd.CombinedOutput()
			cancel()
			if !strings.Contains(string(out), want) {
				t.Errorf("%s: connection %d does not say %q:\n%s", version, i, want, out)
			}
		}
	}
}

// TestRenegotiation: OpenSSL's client asks for another handshake on the
// connection, and is refused.
func TestRenegotiation(t *testing.T) {
	openssl := need(t, "openssl")
	p := testpki.New(t)
	address := serve(t, server(p, "max", "1.2"))
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, openssl, "s_client", "-connect", address, "-CAfile", p.CA.CertFile, "-legacy_renegotiation")
	cmd.Stdin = input(t, "R\n")
	out, _ := cmd.CombinedOutput()
	if !strings.Contains(string(out), "RENEGOTIATING") || !strings.Contains(strings.ToLower(string(out)), "no renegotiation") &&
		!strings.Contains(string(out), "alert") {
		t.Errorf("openssl says:\n%s", out)
	}
}

// TestReload: a certificate is read again when its files have changed.
func TestReload(t *testing.T) {
	p := testpki.New(t)
	id := testpki.Issue(t, p.Dir, "changing", p.CA, nil)
	l := listen(t, layer("terminate", "*", "cert", id.CertFile, "key", id.KeyFile, "reload", "1ns"))
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			c.Close()
		}
	}()
	subject := func() string { return subjectOf(t, l.Addr().String(), p) }
	if got := subject(); got != "changing" {
		t.Errorf("the certificate is %s", got)
	}
	os.WriteFile(id.CertFile, []byte("no certificate"), 0o600)
	if got := subject(); got != "changing" {
		t.Errorf("with a bad file, the certificate is %s", got)
	}
	next := testpki.Issue(t, p.Dir, "next", p.CA, nil)
	next.CertFile, next.KeyFile = id.CertFile, id.KeyFile
	next.Write(t)
	if got := subject(); got != "next" {
		t.Errorf("after the change, the certificate is %s", got)
	}
}
