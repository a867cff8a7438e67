// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/netip"
	"sync"
)

// A proxy is a SOCKS5 server (RFC 1928) that connects to IPv4 addresses, and
// asks nobody who they are.
type proxy struct {
	listener net.Listener
	serving  sync.WaitGroup
}

func startProxy() (*proxy, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	p := &proxy{listener: l}
	p.serving.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			p.serving.Go(func() { _ = serveSOCKS(c.(*net.TCPConn)) }) // the client notices
		}
	})
	return p, nil
}

func (p *proxy) address() string { return p.listener.Addr().String() }
func (p *proxy) port() int       { return p.listener.Addr().(*net.TCPAddr).Port }

func (p *proxy) close() {
	p.listener.Close()
	p.serving.Wait()
}

var errSOCKS = errors.New("not what the benchmark asks of SOCKS5")

// The numbers of SOCKS5 that are needed.
const (
	socksVersion = 5
	socksConnect = 1
	socksIPv4    = 1
	socksRefused = 5
)

func serveSOCKS(client *net.TCPConn) error {
	defer client.Close()
	var b [256]byte
	if _, err := io.ReadFull(client, b[:2]); err != nil {
		return err
	}
	if _, err := io.ReadFull(client, b[2:2+int(b[1])]); err != nil {
		return err
	}
	if _, err := client.Write([]byte{socksVersion, 0}); err != nil {
		return err
	}
	if _, err := io.ReadFull(client, b[:10]); err != nil {
		return err
	}
	if b[0] != socksVersion || b[1] != socksConnect || b[3] != socksIPv4 {
		return errSOCKS
	}
	target := netip.AddrPortFrom(netip.AddrFrom4([4]byte(b[4:8])), binary.BigEndian.Uint16(b[8:]))
	answer := []byte{socksVersion, 0, 0, socksIPv4, 0, 0, 0, 0, 0, 0}
	server, err := net.DialTCP("tcp", nil, net.TCPAddrFromAddrPort(target))
	if err != nil {
		answer[1] = socksRefused
		_, _ = client.Write(answer)
		return err
	}
	defer server.Close()
	if _, err := client.Write(answer); err != nil {
		return err
	}
	var back sync.WaitGroup
	back.Go(func() { forward(client, server) })
	forward(server, client)
	back.Wait()
	return nil
}

// forward carries one direction to its end.
func forward(to, from *net.TCPConn) {
	_, _ = io.Copy(to, from)
	_ = to.CloseWrite() // fails for one that is closed
}
