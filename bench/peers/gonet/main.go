// SPDX-License-Identifier: Apache-2.0

// Command gonet is a server of package net: a goroutine for each connection.
package main

import (
	"io"
	"net"
	"os"
	"runtime"

	"winsock/bench/peers/peer"
)

const loopback = "127.0.0.1:0"

func main() {
	o := peer.Parse()
	runtime.GOMAXPROCS(o.Workers)
	if o.Mode == peer.UDP {
		c, err := net.ListenPacket("udp", loopback)
		peer.Check(err)
		peer.Announce(c.LocalAddr().(*net.UDPAddr).Port)
		peer.Die(answer(c.(*net.UDPConn), o))
	}
	l, err := net.Listen("tcp", loopback)
	peer.Check(err)
	peer.Announce(l.Addr().(*net.TCPAddr).Port)
	for {
		c, err := l.Accept()
		peer.Check(err)
		if o.Mode == peer.Churn {
			c.Close()
			continue
		}
		go func() {
			defer c.Close()
			serve(c.(*net.TCPConn), o)
		}()
	}
}

// serve returns when the connection has ended, whose error is of no interest.
func serve(c *net.TCPConn, o peer.Options) {
	if o.Mode == peer.File {
		sendFile(c, o.File)
		return
	}
	buf := make([]byte, o.Buffer)
	for {
		n := len(buf)
		var err error
		if o.Mode != peer.Source {
			if n, err = c.Read(buf); err != nil {
				return
			}
		}
		if o.Mode != peer.Sink {
			if _, err := c.Write(buf[:n]); err != nil {
				return
			}
		}
	}
}

// sendFile ends in sendfile(2), which package net chooses.
func sendFile(c *net.TCPConn, name string) {
	f, err := os.Open(name)
	peer.Check(err)
	defer f.Close()
	_, _ = io.Copy(c, f) // a client may leave early
}

func answer(c *net.UDPConn, o peer.Options) error {
	buf := make([]byte, o.Buffer)
	for {
		n, from, err := c.ReadFromUDPAddrPort(buf)
		if err != nil {
			return err
		}
		if _, err := c.WriteToUDPAddrPort(buf[:n], from); err != nil {
			return err
		}
	}
}
