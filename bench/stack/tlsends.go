// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"winsock/internal/testpki"
	"winsock/spi"
	"winsock/wsnet"
)

const loopback = "127.0.0.1:0"

// tlsEnds makes the ends. All verify the same certificate in the same way.
var tlsEnds tlsMaker

type tlsMaker struct {
	dir string
	pki *testpki.PKI
}

func (m *tlsMaker) start() (err error) {
	if m.dir, err = os.MkdirTemp("", "bench-ssl"); err != nil {
		return err
	}
	m.pki, err = testpki.Make(m.dir)
	return err
}

func (m *tlsMaker) stop() { os.RemoveAll(m.dir) }

// native is package tls.
func (m *tlsMaker) native(resume bool) (*ends, error) {
	l, err := net.Listen("tcp", loopback)
	if err != nil {
		return nil, err
	}
	server := &tls.Config{Certificates: []tls.Certificate{m.pki.Server.TLS()}, SessionTicketsDisabled: !resume}
	client := &tls.Config{RootCAs: m.pki.Roots, ServerName: "localhost"}
	if resume {
		client.ClientSessionCache = tls.NewLRUClientSessionCache(0)
	}
	return &ends{
		listener: tls.NewListener(l, server),
		dial:     func() (net.Conn, error) { return tls.Dial("tcp", l.Addr().String(), client) },
	}, nil
}

// layer is the layer ssl at both ends.
func (m *tlsMaker) layer(resume bool) (*ends, error) {
	p, option := m.pki, fmt.Sprint(resume)
	server := spi.FormatPath("ssl", spi.Options{"terminate": "*", "cert": p.Server.CertFile, "key": p.Server.KeyFile, "resume": option})
	client := spi.FormatPath("ssl", spi.Options{"originate": "*", "ca": p.CA.CertFile, "sni": "localhost", "resume": option})
	lc := wsnet.ListenConfig{Route: wsnet.Route{Layers: []string{server}}}
	l, err := lc.Listen(context.Background(), "tcp", loopback)
	if err != nil {
		return nil, err
	}
	d := wsnet.Dialer{Route: wsnet.Route{Layers: []string{client}}}
	// As long as there is a socket the providers stay, and what they remember.
	keep, err := (&wsnet.ListenConfig{Route: d.Route}).Listen(context.Background(), "tcp", loopback)
	if err != nil {
		l.Close()
		return nil, err
	}
	return &ends{
		listener: l,
		dial:     func() (net.Conn, error) { return d.Dial("tcp", l.Addr().String()) },
		stop:     func() { keep.Close() },
	}, nil
}

// stunnel is plain text, and a stunnel beside each end.
func (m *tlsMaker) stunnel(resume bool) (*ends, error) {
	path, err := exec.LookPath("stunnel4")
	if err != nil {
		return nil, missingError("stunnel4")
	}
	l, err := net.Listen("tcp", loopback)
	if err != nil {
		return nil, err
	}
	e := &ends{listener: l}
	word := map[bool]string{true: "yes", false: "no"}[resume]
	common := "foreground = yes\npid =\ndebug = 3\nsocket = l:TCP_NODELAY=1\nsocket = r:TCP_NODELAY=1\n[s]\nsessionResume = " + word + "\n"
	server, stopServer, err := m.tunnel(path, common+fmt.Sprintf("connect = %s\ncert = %s\nkey = %s\n", l.Addr(), m.pki.Server.CertFile, m.pki.Server.KeyFile))
	if err != nil {
		l.Close()
		return nil, err
	}
	client, stopClient, err := m.tunnel(path, common+fmt.Sprintf("client = yes\nconnect = %s\nCAfile = %s\nverifyChain = yes\ncheckHost = localhost\n", server, m.pki.CA.CertFile))
	if err != nil {
		stopServer()
		l.Close()
		return nil, err
	}
	e.dial = func() (net.Conn, error) { return net.Dial("tcp", client) }
	e.stop = func() { stopClient(); stopServer() }
	return e, nil
}

// tunnel starts a stunnel and returns where it listens.
func (m *tlsMaker) tunnel(path, config string) (address string, stop func(), err error) {
	free, err := net.Listen("tcp", loopback)
	if err != nil {
		return "", nil, err
	}
	address = free.Addr().String()
	free.Close()
	file := filepath.Join(m.dir, "stunnel.conf")
	if err := os.WriteFile(file, []byte(config+"accept = "+address+"\n"), 0o600); err != nil {
		return "", nil, err
	}
	var out bytes.Buffer
	cmd := exec.Command(path, file)
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		return "", nil, err
	}
	stop = func() { cmd.Process.Kill(); cmd.Wait() }
	for range 500 {
		time.Sleep(10 * time.Millisecond)
		if listens(address) {
			return address, stop, nil
		}
	}
	stop()
	return "", nil, fmt.Errorf("stunnel does not listen: %s", &out)
}

// listens reports whether somebody listens at an address, without a
// connection, which would be passed on.
func listens(address string) bool {
	l, err := net.Listen("tcp", address)
	if err == nil {
		l.Close()
	}
	return err != nil
}
