// SPDX-License-Identifier: Apache-2.0

package ssl

import (
	"encoding/binary"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"winsock"
	"winsock/internal/testpki"
	"winsock/wsa"
)

// exim starts a mail server that offers STARTTLS, a process for each
// connection as inetd would.
func exim(t *testing.T, p *testpki.PKI) net.Addr {
	t.Helper()
	path := need(t, "exim4")
	dir := t.TempDir()
	for _, name := range []string{"spool", "log"} {
		if err := os.Mkdir(filepath.Join(dir, name), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	conf := fmt.Sprintf(`spool_directory = %[1]s/spool
log_file_path = %[1]s/log/%%slog
keep_environment =
primary_hostname = localhost
host_lookup =
tls_advertise_hosts = *
tls_certificate = %[2]s
tls_privatekey = %[3]s
acl_smtp_rcpt = discard
acl_smtp_data = discard
`, dir, p.Server.CertFile, p.Server.KeyFile)
	if os.Getuid() == 0 { // else it stays who it is
		conf += "exim_user = root\nexim_group = root\n"
	}
	file := filepath.Join(dir, "conf")
	if err := os.WriteFile(file, []byte(conf+"begin acl\ndiscard:\n  discard\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			f, err := c.(*net.TCPConn).File()
			c.Close()
			if err != nil {
				t.Error(err)
				return
			}
			cmd := exec.CommandContext(t.Context(), path, "-bs", "-C", file)
			cmd.Stdin, cmd.Stdout = f, f
			if err := cmd.Run(); err != nil {
				t.Logf("exim: %v", err) // as for a client that goes away
			}
			f.Close()
		}
	}()
	t.Cleanup(func() {
		l.Close()
		<-done
		if t.Failed() {
			logs, _ := filepath.Glob(filepath.Join(dir, "log", "*"))
			for _, name := range logs {
				text, _ := os.ReadFile(name)
				t.Logf("exim's log:\n%s", text)
			}
		}
	})
	return l.Addr()
}

// A mailer speaks SMTP on a socket.
type mailer struct {
	t    *testing.T
	s    winsock.SOCKET
	rest string
}

// line receives a line.
func (m *mailer) line() string {
	m.t.Helper()
	buf := make([]byte, 512)
	for !strings.Contains(m.rest, "\n") {
		n, err := winsock.Recv(m.s, buf, 0)
		if n == 0 || err != nil {
			m.t.Fatalf("recv: %d, %v, after %q", n, err, m.rest)
		}
		m.rest += string(buf[:n])
	}
	line, rest, _ := strings.Cut(m.rest, "\n")
	m.rest = rest
	return line
}

// say sends a command and returns the whole answer, which must have a code.
func (m *mailer) say(command, code string) (answer string) {
	m.t.Helper()
	if command != "" {
		if _, err := winsock.Send(m.s, []byte(command+"\r\n"), 0); err != nil {
			m.t.Fatal(err)
		}
	}
	for {
		line := m.line()
		if !strings.HasPrefix(line, code) {
			m.t.Fatalf("%s: the answer is %q", command, line)
		}
		answer += line + "\n"
		if len(line) < 4 || line[3] != '-' {
			return answer
		}
	}
}

// TestStartTLS: the deferred handshake ("Using a Deferred Handshake") with a
// real mail server: greeting and STARTTLS in plain text, everything else on
// the same socket behind the handshake. With a server that is somebody else,
// nothing more is sent.
func TestStartTLS(t *testing.T) {
	started(t)
	p := testpki.New(t)
	address := address(exim(t, p))
	for name, want := range map[string]wsa.Errno{"localhost": 0, "mail.example.com": wsa.WSAECONNABORTED} {
		for _, version := range []uint32{wsa.SSL_VERSION_TLS1_2, wsa.SSL_VERSION_TLS1_3} {
			t.Run(fmt.Sprintf("%s %#x", name, version), func(t *testing.T) {
				s := secured(t, layer("ca", p.CA.CertFile))
				_, err := control(s, wsa.SO_SSL_SET_FLAGS, binary.LittleEndian.AppendUint32(nil, wsa.SSL_FLAG_DEFER_HANDSHAKE), nil)
				check(t, "flags", err, 0)
				only(t, s, version)
				check(t, "connect", winsock.Connect(s, address), 0)
				m := &mailer{t: t, s: s}
				m.say("", "220")
				if answer := m.say("EHLO localhost", "250"); !strings.Contains(answer, "STARTTLS") {
					t.Fatalf("the server offers %q", answer)
				}
				m.say("STARTTLS", "220")
				_, err = control(s, wsa.SO_SSL_PERFORM_HANDSHAKE, append([]byte(name), 0), nil)
				check(t, "handshake", err, want)
				if want != 0 {
					_, err = winsock.Send(s, []byte("MAIL FROM:<secret@localhost>\r\n"), 0)
					check(t, "send after a failed handshake", err, wsa.WSAECONNABORTED)
					return
				}
				if answer := m.say("EHLO localhost", "250"); strings.Contains(answer, "STARTTLS") {
					t.Errorf("behind the handshake, the server offers %q", answer)
				}
				m.say("MAIL FROM:<a@localhost>", "250")
				m.say("QUIT", "221")
				if n, err := winsock.Recv(s, make([]byte, 10), 0); n != 0 || err != nil {
					t.Errorf("at the end: %d, %v", n, err)
				}
			})
		}
	}
}
