// SPDX-License-Identifier: Apache-2.0

package ssl

import (
	"bufio"
	"bytes"
	"crypto"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"io"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"winsock"
	"winsock/internal/testpki"
	"winsock/wsa"
)

// started starts Winsock for a test.
func started(t testing.TB) {
	t.Helper()
	if _, err := winsock.WSAStartup(0x0202); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { winsock.WSACleanup() })
}

// open opens a socket over layers.
func open(t testing.TB, layers ...string) winsock.SOCKET {
	t.Helper()
	c, err := winsock.Compose(wsa.AF_INET, wsa.SOCK_STREAM, wsa.IPPROTO_TCP, nil, layers...)
	if err != nil {
		t.Fatal(err)
	}
	s, err := c.Socket(wsa.WSA_FLAG_OVERLAPPED)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { winsock.CloseSocket(s) })
	return s
}

// secured opens one with SO_SECURE.
func secured(t testing.TB, layers ...string) winsock.SOCKET {
	t.Helper()
	s := open(t, layers...)
	check(t, "SO_SECURE", winsock.SetSockOptInt(s, wsa.SOL_SOCKET, wsa.SO_SECURE, wsa.SO_SEC_SSL), 0)
	return s
}

func check(t testing.TB, what string, err error, want wsa.Errno) {
	t.Helper()
	if err != want.Err() {
		t.Errorf("%s: %v, want %s", what, err, want.Name())
	}
}

func control(s winsock.SOCKET, code uint32, in, out []byte) (int, error) {
	return winsock.WSAIoctl(s, code, in, out, nil, nil)
}

func address(l net.Addr) *wsa.Sockaddr {
	a := wsa.SockaddrFrom(l.(*net.TCPAddr).AddrPort())
	return &a
}

// A peer is a TLS server that echoes what comes.
type peer struct {
	net.Listener
	data chan []byte // what each connection has sent after its handshake
	errs chan error  // how each handshake ended
}

func newPeer(t testing.TB, config *tls.Config) *peer {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &peer{Listener: l, data: make(chan []byte, 100), errs: make(chan error, 100)}
	done := make(chan struct{})
	t.Cleanup(func() { l.Close(); <-done })
	go func() {
		defer close(done)
		var work sync.WaitGroup
		var conns []net.Conn
		for {
			c, err := l.Accept()
			if err != nil {
				break
			}
			conns = append(conns, c)
			work.Go(func() { p.serve(c, config) })
		}
		for _, c := range conns {
			c.Close() // the test's own socket may be open still
		}
		work.Wait()
	}()
	return p
}

// serve has one connection.
func (p *peer) serve(c net.Conn, config *tls.Config) {
	defer c.Close()
	c.SetDeadline(time.Now().Add(patience))
	s := tls.Server(c, config)
	err := s.Handshake()
	p.errs <- err
	var b bytes.Buffer
	if err == nil {
		io.Copy(io.MultiWriter(&b, s), s)
		s.CloseWrite()
	}
	p.data <- b.Bytes()
}

func exchange(t testing.TB, s winsock.SOCKET, text string) {
	t.Helper()
	if n, err := winsock.Send(s, []byte(text), 0); n != len(text) || err != nil {
		t.Fatalf("send: %d, %v", n, err)
	}
	buf := make([]byte, len(text))
	for have := 0; have < len(text); {
		n, err := winsock.Recv(s, buf[have:], 0)
		if n == 0 || err != nil {
			t.Fatalf("recv: %d, %v", n, err)
		}
		have += n
	}
	if string(buf) != text {
		t.Errorf("received %q, want %q", buf, text)
	}
}

// TestHook: the program's hook is given the server's certificate and what is
// known of it, and decides; nothing is sent before.
func TestHook(t *testing.T) {
	started(t)
	p := testpki.New(t)
	for _, test := range []struct {
		name   string
		layer  string
		peer   string
		flags  uint32
		answer int32
		want   wsa.Errno
	}{
		{"known", layer("ca", p.CA.CertFile), "", 0, wsa.SSL_ERR_OKAY, 0},
		{"known by name", layer("ca", p.CA.CertFile), "localhost", 0, wsa.SSL_ERR_OKAY, 0},
		{"unknown issuer", layer(), "", wsa.SSL_CERT_FLAG_ISSUER_UNKNOWN, wsa.SSL_ERR_OKAY, 0},
		{"another name", layer("ca", p.CA.CertFile), "example.com", wsa.SSL_CERT_FLAG_ISSUER_UNKNOWN, wsa.SSL_ERR_OKAY, 0},
		{"refused", layer("ca", p.CA.CertFile), "", 0, wsa.SSL_ERR_CERT_REVOKED, wsa.WSAECONNABORTED},
	} {
		t.Run(test.name, func(t *testing.T) {
			l := newPeer(t, &tls.Config{Certificates: []tls.Certificate{p.Server.TLS()}})
			s := secured(t, test.layer)
			calls := 0
			err := winsock.SetValidateCertHook(s, func(certType uint32, arg uint64, chain [][]byte, flags uint32) int32 {
				calls++
				if certType != wsa.SSL_CERT_X509 || arg != 42 || len(chain) != 1 || !bytes.Equal(chain[0], p.Server.Cert.Raw) || flags != test.flags {
					t.Errorf("the hook is called with %d, %d, %d certificates, %#x", certType, arg, len(chain), flags)
				}
				c, err := winsock.SslCrackCertificate(chain[0], true)
				if err != nil || c.Subject != "CN=server" || c.Issuer != "CN=ca" {
					t.Errorf("the certificate is %+v, %v", c, err)
				}
				return test.answer
			}, 42)
			check(t, "the hook", err, 0)
			if test.peer != "" {
				_, err := control(s, wsa.SO_SSL_SET_PEERNAME, append([]byte(test.peer), 0), nil)
				check(t, "the peer's name", err, 0)
			}
			check(t, "connect", winsock.Connect(s, address(l.Addr())), test.want)
			if calls != 1 {
				t.Errorf("the hook was called %d times", calls)
			}
			if test.want == 0 {
				exchange(t, s, "hello")
				var out [wsa.SizeofSSLConnectionInfo]byte
				n, err := control(s, wsa.SO_SSL_GET_CONNECTION_INFO, nil, out[:])
				check(t, "connection info", err, 0)
				var info wsa.SSLConnectionInfo
				if info.Decode(out[:n]) != nil || info.Protocol != wsa.SSL_PROT_TLS1_3_CLIENT || info.CipherStrength < 128 || info.Exch != wsa.CALG_ECDH_EPHEM {
					t.Errorf("the connection has %+v", info)
				}
			} else {
				v, err := winsock.GetSockOptInt(s, wsa.SOL_SOCKET, wsa.SO_ERROR)
				t.Logf("SO_ERROR %d, %v", v, err)
				_, err = winsock.Send(s, []byte("secret"), 0)
				check(t, "send after a failure", err, wsa.WSAENOTCONN)
			}
			check(t, "close", winsock.CloseSocket(s), 0)
			want := "hello"
			if test.want != 0 {
				want = ""
			}
			if data := <-l.data; string(data) != want {
				t.Errorf("the server has received %q", data)
			}
		})
	}
}

// TestVerified: without a hook the layer verifies; each flaw is
// WSAECONNABORTED, and the server gets nothing.
func TestVerified(t *testing.T) {
	started(t)
	p := testpki.New(t)
	other := testpki.Authority(t, p.Dir, "other")
	for _, test := range []struct {
		name string
		by   *testpki.Identity
		f    func(*x509.Certificate)
		want wsa.Errno
	}{
		{"good", p.CA, nil, 0},
		{"another name", p.CA, func(c *x509.Certificate) { c.DNSNames, c.IPAddresses = []string{"example.com"}, nil }, wsa.WSAECONNABORTED},
		{"expired", p.CA, func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Hour) }, wsa.WSAECONNABORTED},
		{"not yet valid", p.CA, func(c *x509.Certificate) { c.NotBefore = time.Now().Add(time.Hour) }, wsa.WSAECONNABORTED},
		{"unknown authority", other, nil, wsa.WSAECONNABORTED},
		{"self-signed", nil, nil, wsa.WSAECONNABORTED},
		{"not for servers", p.CA, func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth} }, wsa.WSAECONNABORTED},
	} {
		id := testpki.Issue(t, p.Dir, "leaf", test.by, test.f)
		for how, chain := range map[string]string{"on demand": layer("ca", p.CA.CertFile), "by rule": client(p)} {
			t.Run(test.name+" "+how, func(t *testing.T) {
				l := newPeer(t, &tls.Config{Certificates: []tls.Certificate{id.TLS()}})
				s := open(t, chain)
				if how == "on demand" {
					check(t, "WSASetSocketSecurity", winsock.WSASetSocketSecurity(s, nil), 0)
				}
				check(t, "connect", winsock.Connect(s, address(l.Addr())), test.want)
				if test.want == 0 {
					exchange(t, s, "x")
				} else if _, err := winsock.Send(s, []byte("secret"), 0); err != wsa.WSAENOTCONN {
					t.Errorf("send: %v", err)
				}
				winsock.CloseSocket(s)
				if data := <-l.data; test.want != 0 && len(data) > 0 {
					t.Errorf("the server has received %q", data)
				}
			})
		}
	}
}

// TestDeferred: a plain connection becomes a secure one, as with STARTTLS, on
// a blocking and on a non-blocking socket.
func TestDeferred(t *testing.T) {
	started(t)
	p := testpki.New(t)
	for _, nonblocking := range []bool{false, true} {
		for name, want := range map[string]wsa.Errno{"localhost": 0, "example.com": wsa.WSAECONNABORTED} {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			go func() {
				c, err := l.Accept()
				if err != nil {
					return
				}
				defer c.Close()
				c.SetDeadline(time.Now().Add(patience))
				io.WriteString(c, "220 ready\r\n")
				if line, _ := bufio.NewReader(c).ReadString('\n'); line != "STARTTLS\r\n" {
					t.Errorf("the server has received %q", line)
				}
				io.WriteString(c, "220 go ahead\r\n")
				s := tls.Server(c, &tls.Config{Certificates: []tls.Certificate{p.Server.TLS()}})
				io.Copy(s, s)
				s.Close()
			}()
			s := secured(t, layer("ca", p.CA.CertFile))
			flags := binary.LittleEndian.AppendUint32(nil, wsa.SSL_FLAG_DEFER_HANDSHAKE)
			_, err = control(s, wsa.SO_SSL_SET_FLAGS, flags, nil)
			check(t, "flags", err, 0)
			check(t, "connect", winsock.Connect(s, address(l.Addr())), 0)
			expectLine(t, s, "220 ready\r\n")
			winsock.Send(s, []byte("STARTTLS\r\n"), 0)
			expectLine(t, s, "220 go ahead\r\n")
			if q, err := winsock.WSAQuerySocketSecurity(s); err != nil || q.Flags != 0 {
				t.Errorf("the security is %+v, %v", q, err)
			}
			if nonblocking {
				on := uint32(1)
				winsock.IoctlSocket(s, wsa.FIONBIO, &on)
			}
			_, err = control(s, wsa.SO_SSL_PERFORM_HANDSHAKE, append([]byte(name), 0), nil)
			if nonblocking {
				check(t, "handshake", err, wsa.WSAEWOULDBLOCK)
				if _, e := winsock.Send(s, []byte("too early"), 0); e != wsa.WSAEWOULDBLOCK && want == 0 {
					t.Logf("send during the handshake: %v", e)
				}
				for end := time.Now().Add(patience); err == wsa.WSAEWOULDBLOCK && time.Now().Before(end); {
					fds := []winsock.PollFd{{Fd: s, Events: wsa.POLLOUT}}
					winsock.WSAPoll(fds, 1000)
					_, err = control(s, wsa.SO_SSL_PERFORM_HANDSHAKE, nil, nil)
				}
				off := uint32(0)
				winsock.IoctlSocket(s, wsa.FIONBIO, &off)
			}
			check(t, "the handshake with "+name, err, want)
			if want == 0 {
				exchange(t, s, "behind the curtain")
				if q, err := winsock.WSAQuerySocketSecurity(s); err != nil || q.Flags == 0 {
					t.Errorf("the security is %+v, %v", q, err)
				}
			} else {
				_, err = winsock.Send(s, []byte("secret"), 0)
				check(t, "send after a failed handshake", err, wsa.WSAECONNABORTED)
			}
			winsock.CloseSocket(s)
			l.Close()
		}
	}
}

func expectLine(t *testing.T, s winsock.SOCKET, want string) {
	t.Helper()
	buf := make([]byte, len(want))
	for have := 0; have < len(buf); {
		n, err := winsock.Recv(s, buf[have:], 0)
		if err != nil || n == 0 {
			t.Fatalf("recv: %d, %v", n, err)
		}
		have += n
	}
	if string(buf) != want {
		t.Errorf("received %q, want %q", buf, want)
	}
}

// TestServer: a server on demand, its certificate from a hook, with the
// client's certificate judged by another.
func TestServer(t *testing.T) {
	started(t)
	p := testpki.New(t)
	l := secured(t, layer())
	flags := binary.LittleEndian.AppendUint32(nil, wsa.SSL_FLAG_SERVER|wsa.SSL_FLAG_AUTH_CLIENT)
	_, err := control(l, wsa.SO_SSL_SET_FLAGS, flags, nil)
	check(t, "flags", err, 0)
	name := wsa.SockaddrFrom(netLoopback)
	check(t, "bind", winsock.Bind(l, &name), 0)
	check(t, "listen without a certificate", winsock.Listen(l, 5), wsa.WSAEINVAL)
	check(t, "hook", winsock.SetAuthRequestHook(l, func(uint32, uint64, [][]byte, uint32) ([][]byte, crypto.Signer, int32) {
		return [][]byte{p.Server.Cert.Raw}, p.Server.Key, wsa.SSL_ERR_OKAY
	}, 0), 0)
	var subject string
	check(t, "hook", winsock.SetValidateCertHook(l, func(_ uint32, _ uint64, chain [][]byte, flags uint32) int32 {
		c, err := winsock.SslCrackCertificate(chain[0], false)
		if err != nil {
			return wsa.SSL_ERR_BAD_DATA
		}
		subject = c.Subject
		return wsa.SSL_ERR_OKAY
	}, 0), 0)
	check(t, "listen", winsock.Listen(l, 5), 0)
	check(t, "too late", winsock.SetValidateCertHook(l, nil, 0), wsa.WSAEINVAL)
	check(t, "get name", winsock.GetSockName(l, &name), 0)
	done := make(chan string)
	go func() {
		ap, _ := name.AddrPort()
		c, err := tls.Dial("tcp", ap.String(), &tls.Config{RootCAs: p.Roots, ServerName: "localhost", Certificates: []tls.Certificate{p.Client.TLS()}})
		if err != nil {
			done <- err.Error()
			return
		}
		io.WriteString(c, "hello")
		c.CloseWrite()
		b, _ := io.ReadAll(c)
		c.Close()
		done <- string(b)
	}()
	s, err := winsock.Accept(l, nil)
	check(t, "accept", err, 0)
	buf := make([]byte, 100)
	total := 0
	for {
		n, err := winsock.Recv(s, buf[total:], 0)
		check(t, "recv", err, 0)
		if n == 0 || err != nil {
			break
		}
		total += n
	}
	winsock.Send(s, buf[:total], 0)
	winsock.CloseSocket(s)
	if got := <-done; got != "hello" {
		t.Errorf("the client got %q", got)
	}
	if subject != "CN=client" {
		t.Errorf("the client was %q", subject)
	}
}

// TestStates: what may be set when, and what without the layer.
func TestStates(t *testing.T) {
	started(t)
	p := testpki.New(t)
	plain := open(t)
	check(t, "SO_SECURE without the layer", winsock.SetSockOptInt(plain, wsa.SOL_SOCKET, wsa.SO_SECURE, wsa.SO_SEC_SSL), wsa.WSAENOPROTOOPT)
	check(t, "WSASetSocketSecurity without the layer", winsock.WSASetSocketSecurity(plain, nil), wsa.WSAEOPNOTSUPP)
	_, err := control(plain, wsa.SO_SSL_GET_FLAGS, nil, make([]byte, 4))
	check(t, "a code without the layer", err, wsa.WSAEOPNOTSUPP)

	s := open(t, layer("ca", p.CA.CertFile))
	_, err = control(s, wsa.SO_SSL_SET_FLAGS, make([]byte, 4), nil)
	check(t, "flags before SO_SECURE", err, wsa.WSAEINVAL)
	check(t, "SO_SECURE of 1", winsock.SetSockOptInt(s, wsa.SOL_SOCKET, wsa.SO_SECURE, 1), wsa.WSAEINVAL)
	check(t, "a short SO_SECURE", winsock.SetSockOpt(s, wsa.SOL_SOCKET, wsa.SO_SECURE, []byte{1}), wsa.WSAEFAULT)
	check(t, "SO_SECURE", winsock.SetSockOptInt(s, wsa.SOL_SOCKET, wsa.SO_SECURE, wsa.SO_SEC_SSL), 0)
	if v, err := winsock.GetSockOptInt(s, wsa.SOL_SOCKET, wsa.SO_SECURE); v != wsa.SO_SEC_SSL || err != nil {
		t.Errorf("SO_SECURE is %#x, %v", v, err)
	}
	for _, test := range []struct {
		what    string
		code    uint32
		in, out []byte
		want    wsa.Errno
	}{
		{"unknown code", wsa.IOC_IN | wsa.SO_SSL_FAMILY | 12, make([]byte, 16), nil, wsa.WSAEOPNOTSUPP},
		{"short flags", wsa.SO_SSL_SET_FLAGS, []byte{1}, nil, wsa.WSAEFAULT},
		{"unknown flags", wsa.SO_SSL_SET_FLAGS, []byte{1, 0, 0, 0}, nil, wsa.WSAEINVAL},
		{"no room", wsa.SO_SSL_GET_FLAGS, nil, make([]byte, 3), wsa.WSAEFAULT},
		{"capabilities", wsa.SO_SSL_GET_CAPABILITIES, nil, make([]byte, 4), 0},
		{"SSL 3.0", wsa.SO_SSL_SET_PROTOCOLS, wsa.SSLProtocols{{Protocol: wsa.SSL_PROTOCOL_SSL3, Version: 0x300}}.Append(nil), nil, wsa.WSAEPROTONOSUPPORT},
		{"no protocol", wsa.SO_SSL_SET_PROTOCOLS, wsa.SSLProtocols{}.Append(nil), nil, wsa.WSAEINVAL},
		{"TLS 1.2", wsa.SO_SSL_SET_PROTOCOLS, wsa.SSLProtocols{{Protocol: wsa.SSL_PROTOCOL_TLS1, Version: wsa.SSL_VERSION_TLS1_2}}.Append(nil), nil, 0},
		{"AES 128", wsa.SO_SSL_SET_CIPHERS, (&wsa.SSLCiphers{Protocol: wsa.SSL_PROTOCOL_TLS1, Ciphers: []uint32{wsa.CALG_AES_128}}).Append(nil), nil, 0},
		{"an unknown cipher", wsa.SO_SSL_SET_CIPHERS, (&wsa.SSLCiphers{Protocol: wsa.SSL_PROTOCOL_TLS1, Ciphers: []uint32{1}}).Append(nil), nil, wsa.WSAEINVAL},
		{"sessions", wsa.SO_SSL_SET_CLIENT_OPTS, (&wsa.SSLSessionOpts{CacheTimeout: 10, CacheEntries: 1}).Append(nil), nil, 0},
		{"another handshake", wsa.SO_SSL_SET_CLIENT_AUTH_OPTS, (&wsa.SSLClientAuthOpts{RedoHandshake: 1}).Append(nil), nil, wsa.WSAEOPNOTSUPP},
		{"a hook that nobody offers", wsa.SO_SSL_SET_VALIDATE_CERT_HOOK, (&wsa.SSLHook{Func: 1 << 60}).Append(nil), nil, wsa.WSAEFAULT},
		{"no connection", wsa.SO_SSL_GET_CONNECTION_INFO, nil, make([]byte, 28), wsa.WSAENOTCONN},
		{"handshake without a connection", wsa.SO_SSL_PERFORM_HANDSHAKE, nil, nil, wsa.WSAENOTCONN},
		{"the name, either way", wsa.SO_SSL_SET_PEERNAME_OUT, []byte("localhost\x00"), nil, 0},
	} {
		_, err := control(s, test.code, test.in, test.out)
		check(t, test.what, err, test.want)
	}
	l := newPeer(t, &tls.Config{Certificates: []tls.Certificate{p.Server.TLS()}})
	check(t, "connect", winsock.Connect(s, address(l.Addr())), 0)
	var out [28]byte
	_, err = control(s, wsa.SO_SSL_GET_CONNECTION_INFO, nil, out[:])
	check(t, "connection info", err, 0)
	var info wsa.SSLConnectionInfo
	info.Decode(out[:])
	if info.Protocol != wsa.SSL_PROT_TLS1_2_CLIENT || info.Cipher != wsa.CALG_AES_128 || info.CipherStrength != 128 {
		t.Errorf("the connection has %+v", info)
	}
	check(t, "SO_SECURE when connected", winsock.SetSockOptInt(s, wsa.SOL_SOCKET, wsa.SO_SECURE, wsa.SO_SEC_NONE), wsa.WSAEISCONN)
	check(t, "WSASetSocketSecurity when connected", winsock.WSASetSocketSecurity(s, nil), wsa.WSAEISCONN)
	_, err = control(s, wsa.SO_SSL_PERFORM_HANDSHAKE, nil, nil)
	check(t, "another handshake", err, wsa.WSAEISCONN)
	_, err = winsock.Send(s, []byte("!"), wsa.MSG_OOB)
	check(t, "urgent data", err, wsa.WSAEOPNOTSUPP)

	target := &wsa.SocketPeerTargetName{PeerTargetName: "example.com"}
	d := open(t, layer("ca", p.CA.CertFile))
	check(t, "target name", winsock.WSASetSocketPeerTargetName(d, target), 0)
	check(t, "no target name", winsock.WSASetSocketPeerTargetName(d, nil), wsa.WSAEFAULT)
	check(t, "IPsec", winsock.WSASetSocketSecurity(d, &wsa.SocketSecuritySettings{SecurityProtocol: wsa.SOCKET_SECURITY_PROTOCOL_IPSEC}), wsa.WSAEINVAL)
	check(t, "security", winsock.WSASetSocketSecurity(d, nil), 0)
	check(t, "connect to somebody else", winsock.Connect(d, address(l.Addr())), wsa.WSAECONNABORTED)
	d = open(t, layer("ca", p.CA.CertFile))
	check(t, "target name", winsock.WSASetSocketPeerTargetName(d, target), 0)
	check(t, "target name taken back", winsock.WSADeleteSocketPeerTargetName(d, nil), 0)
	check(t, "security", winsock.WSASetSocketSecurity(d, &wsa.SocketSecuritySettings{}), 0)
	winsock.CloseSocket(s)
	check(t, "connect", winsock.Connect(d, address(l.Addr())), 0)
	winsock.CloseSocket(d)
}

// TestTransparent: without SO_SECURE the layer is not in the way, and a socket
// that was told to be secure sends nothing in plain text, however early.
func TestTransparent(t *testing.T) {
	started(t)
	p := testpki.New(t)
	echo, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer echo.Close()
	got := make(chan []byte, 1)
	go func() {
		for {
			c, err := echo.Accept()
			if err != nil {
				return
			}
			c.SetReadDeadline(time.Now().Add(patience))
			b, _ := io.ReadAll(c)
			got <- b
			c.Close()
		}
	}()
	s := open(t, layer("originate", "203.0.113.1:443", "ca", p.CA.CertFile))
	if _, err := winsock.BaseSocket(s, address(echo.Addr())); err != nil {
		t.Error(err)
	}
	check(t, "connect", winsock.Connect(s, address(echo.Addr())), 0)
	if _, err := control(s, wsa.SIO_KERNEL_DESCRIPTOR, nil, make([]byte, 4)); err != nil {
		t.Errorf("the kernel's descriptor: %v", err)
	}
	winsock.Send(s, []byte("plain"), 0)
	winsock.CloseSocket(s)
	if b := <-got; string(b) != "plain" {
		t.Errorf("the server has received %q", b)
	}

	s = secured(t, layer("ca", p.CA.CertFile))
	on := uint32(1)
	winsock.IoctlSocket(s, wsa.FIONBIO, &on)
	check(t, "connect", winsock.Connect(s, address(echo.Addr())), wsa.WSAEWOULDBLOCK)
	for range 100 {
		if n, err := winsock.Send(s, []byte("secret"), 0); n > 0 || err == nil {
			t.Fatalf("send before the handshake: %d, %v", n, err)
		}
		time.Sleep(time.Millisecond)
	}
	winsock.CloseSocket(s)
	if b := <-got; bytes.Contains(b, []byte("secret")) || len(b) < 5 || b[0] != 22 {
		t.Errorf("the server has received %q", b)
	}
}

// TestResumption: the second connection resumes the session of the first.
func TestResumption(t *testing.T) {
	started(t)
	p := testpki.New(t)
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		for _, mode := range []string{"rule", "rule without", "hook", "none remembered"} {
			resumed := make(chan bool, 10)
			config := &tls.Config{Certificates: []tls.Certificate{p.Server.TLS()}, MaxVersion: version,
				VerifyConnection: func(s tls.ConnectionState) error { resumed <- s.DidResume; return nil }}
			l := newPeer(t, config)
			chain := client(p)
			byRule := strings.HasPrefix(mode, "rule")
			switch {
			case mode == "rule without":
				chain = client(p, "resume", "false")
			case !byRule:
				chain = layer("ca", p.CA.CertFile)
			}
			c, err := winsock.Compose(wsa.AF_INET, wsa.SOCK_STREAM, wsa.IPPROTO_TCP, nil, chain)
			if err != nil {
				t.Fatal(err)
			}
			keep, err := c.Socket(0) // the provider stays
			check(t, "socket", err, 0)
			var list []bool
			for range 3 {
				s, err := c.Socket(0)
				check(t, "socket", err, 0)
				if !byRule {
					check(t, "secure", winsock.SetSockOptInt(s, wsa.SOL_SOCKET, wsa.SO_SECURE, wsa.SO_SEC_SSL), 0)
				}
				if mode == "hook" {
					check(t, "hook", winsock.SetValidateCertHook(s, func(uint32, uint64, [][]byte, uint32) int32 { return 0 }, 0), 0)
				}
				if mode == "none remembered" {
					_, err := control(s, wsa.SO_SSL_SET_CLIENT_OPTS, (&wsa.SSLSessionOpts{}).Append(nil), nil)
					check(t, "sessions", err, 0)
				}
				check(t, "connect", winsock.Connect(s, address(l.Addr())), 0)
				exchange(t, s, "hello")
				winsock.CloseSocket(s)
				list = append(list, <-resumed)
			}
			winsock.CloseSocket(keep)
			again := mode == "rule" || mode == "hook"
			want := []bool{false, again, again}
			if !slices.Equal(list, want) {
				t.Errorf("%x %s: resumed %v, want %v", version, mode, list, want)
			}
		}
	}
}

// TestPin: a pinned key, which nobody vouches for.
func TestPin(t *testing.T) {
	started(t)
	p := testpki.New(t)
	self := testpki.Issue(t, p.Dir, "self", nil, nil)
	l := newPeer(t, &tls.Config{Certificates: []tls.Certificate{self.TLS()}})
	good, bad := pinOf(self.Cert.RawSubjectPublicKeyInfo), pinOf([]byte("another"))
	for _, test := range []struct {
		pins string
		want wsa.Errno
	}{{good, 0}, {bad, wsa.WSAECONNABORTED}, {bad + ";" + good, 0}} {
		s := open(t, layer("originate", "*", "pin", test.pins))
		check(t, "connect with pins "+test.pins, winsock.Connect(s, address(l.Addr())), test.want)
		winsock.CloseSocket(s)
	}
	s := open(t, layer("originate", "*", "insecure", "yes-i-know"))
	check(t, "connect without verification", winsock.Connect(s, address(l.Addr())), 0)
	winsock.CloseSocket(s)
}

// TestOptions: wrong options are refused with words.
func TestOptions(t *testing.T) {
	started(t)
	p := testpki.New(t)
	for _, bad := range [][]string{
		{"originate", "what:ever"}, {"terminate", "443"}, {"insecure", "true"}, {"min", "1.4"}, {"min", "3.0"},
		{"min", "1.3", "max", "1.2"}, {"pin", "abc"}, {"ca", "/nonexistent"}, {"cert", p.CA.KeyFile}, {"key", p.Server.KeyFile},
		{"terminate", "example.com:443", "cert", p.Server.CertFile, "key", p.Server.KeyFile},
	} {
		c, err := winsock.Compose(wsa.AF_INET, wsa.SOCK_STREAM, wsa.IPPROTO_TCP, nil, layer(bad...))
		if err == nil {
			err = c.Start()
		}
		if err == nil {
			t.Errorf("%s is taken", strings.Join(bad, "="))
		}
	}
}

// TestVersions: versions below 1.2 are spoken if named.
func TestVersions(t *testing.T) {
	started(t)
	p := testpki.New(t)
	l := newPeer(t, &tls.Config{Certificates: []tls.Certificate{p.Server.TLS()}, MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11})
	s := open(t, client(p))
	check(t, "TLS 1.1", winsock.Connect(s, address(l.Addr())), wsa.WSAECONNABORTED)
	s2 := open(t, client(p, "min", "1.1"))
	check(t, "TLS 1.1 by rule", winsock.Connect(s2, address(l.Addr())), 0)
	winsock.CloseSocket(s2)
	s3 := secured(t, layer("ca", p.CA.CertFile))
	_, err := control(s3, wsa.SO_SSL_SET_PROTOCOLS, wsa.SSLProtocols{{Protocol: wsa.SSL_PROTOCOL_TLS1, Version: wsa.SSL_VERSION_TLS1_1}}.Append(nil), nil)
	check(t, "protocols", err, 0)
	check(t, "TLS 1.1 on demand", winsock.Connect(s3, address(l.Addr())), 0)
	winsock.CloseSocket(s3)
}
