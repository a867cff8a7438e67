// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"net"
	"os"
	"time"

	"winsock/wsnet"
)

// listenPackets waits for a datagram and then talks with its sender; with -k
// it listens to everybody, and answers whoever spoke last.
func (o *ncOptions) listenPackets(ctx context.Context, network, address string) error {
	lc := wsnet.ListenConfig{Route: o.route}
	c, err := lc.ListenPacket(ctx, network, address)
	if err != nil {
		return err
	}
	defer c.Close()
	defer context.AfterFunc(ctx, func() { c.Close() })()
	o.say("listening on %v", c.LocalAddr())

	peers := make(chan net.Addr, 1)
	go o.answer(c, peers)
	buf := make([]byte, pipeSize)
	var peer net.Addr
	for {
		if o.idle > 0 && peer != nil {
			if err := c.SetReadDeadline(time.Now().Add(o.idle)); err != nil {
				return err
			}
		}
		n, from, err := c.ReadFrom(buf)
		if err != nil {
			if o.keep && ctx.Err() != nil || o.idle > 0 && errors.Is(err, os.ErrDeadlineExceeded) {
				return nil
			}
			return err
		}
		if peer == nil || peer.String() != from.String() {
			if peer != nil && !o.keep {
				continue // somebody else's conversation
			}
			o.say("datagram from %v", from)
			peer = from
			select {
			case <-peers: // the one before was not taken
			default:
			}
			peers <- from
		}
		if _, err := o.out.Write(buf[:n]); err != nil {
			return err
		}
	}
}

// answer sends the input to the peer, once there is one.
func (o *ncOptions) answer(c net.PacketConn, peers <-chan net.Addr) {
	if o.recvOnly {
		return
	}
	peer := <-peers
	buf := make([]byte, pipeSize)
	for {
		n, err := o.in.Read(buf)
		select {
		case peer = <-peers:
		default:
		}
		if n > 0 {
			if _, err := c.WriteTo(buf[:n], peer); err != nil {
				o.say("%v", err)
			}
		}
		if err != nil {
			return
		}
	}
}
