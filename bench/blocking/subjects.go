// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"net"

	"winsock/wsnet"
)

// A subject is one way to have connections.
type subject struct {
	name   string
	listen func() (net.Listener, error)
	dial   func(address string) (net.Conn, error)
}

const loopback = "127.0.0.1:0"

func goNet() subject {
	return subject{
		name:   "Go net",
		listen: func() (net.Listener, error) { return net.Listen("tcp", loopback) },
		dial:   func(address string) (net.Conn, error) { return net.Dial("tcp", address) },
	}
}

func winsock(name string, layers ...string) subject {
	return subject{
		name: name,
		listen: func() (net.Listener, error) {
			return (&wsnet.ListenConfig{Route: wsnet.Route{Layers: layers}}).Listen(context.Background(), "tcp", loopback)
		},
		dial: func(address string) (net.Conn, error) {
			return (&wsnet.Dialer{Route: wsnet.Route{Layers: layers}}).Dial("tcp", address)
		},
	}
}
