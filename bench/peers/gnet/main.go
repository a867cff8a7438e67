// SPDX-License-Identifier: Apache-2.0

// Command gnet is a server of gnet, an event loop in Go. It has no way to
// tell when a connection has room again, so that it does not send streams.
package main

import (
	"errors"
	"fmt"
	"net"
	"os"

	"github.com/panjf2000/gnet/v2"

	"winsock/bench/peers/peer"
)

type server struct {
	gnet.BuiltinEventEngine
	mode string
}

func (s *server) OnBoot(e gnet.Engine) gnet.Action {
	fd, err := e.Dup()
	peer.Check(err)
	peer.Announce(portOf(fd))
	return gnet.None
}

func (s *server) OnOpen(gnet.Conn) ([]byte, gnet.Action) {
	if s.mode == peer.Churn {
		return nil, gnet.Close
	}
	return nil, gnet.None
}

func (s *server) OnTraffic(c gnet.Conn) gnet.Action {
	if s.mode == peer.Sink {
		if _, err := c.Discard(-1); err != nil {
			return gnet.Close
		}
		return gnet.None
	}
	buf, err := c.Next(-1)
	if err != nil {
		return gnet.Close
	}
	if _, err := c.Write(buf); err != nil {
		return gnet.Close
	}
	return gnet.None
}

// silence keeps gnet's log off the standard output, where the port goes.
type silence struct{}

func (silence) Debugf(string, ...any) {}
func (silence) Infof(string, ...any)  {}
func (silence) Warnf(string, ...any)  {}
func (silence) Errorf(format string, args ...any) {
	fmt.Fprintf(os.Stderr, "gnet: "+format+"\n", args...)
}
func (silence) Fatalf(format string, args ...any) { peer.Die(fmt.Errorf(format, args...)) }

func main() {
	o := peer.Parse()
	network := "tcp"
	switch o.Mode {
	case peer.Source, peer.File:
		peer.Die(errors.New("it cannot send streams"))
	case peer.UDP:
		network = "udp"
	}
	address := net.JoinHostPort("127.0.0.1", "0")
	peer.Die(gnet.Run(&server{mode: o.Mode}, network+"://"+address,
		gnet.WithMulticore(o.Workers > 1), gnet.WithNumEventLoop(o.Workers), gnet.WithLockOSThread(true),
		gnet.WithReadBufferCap(o.Buffer), gnet.WithTCPNoDelay(gnet.TCPNoDelay), gnet.WithReusePort(o.Workers > 1),
		gnet.WithLogger(silence{})))
}
