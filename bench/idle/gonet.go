// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"net"
)

func startNet(hosts []string, buffer int, t *tally) (addresses []string, err error) {
	for _, host := range hosts {
		l, err := net.Listen("tcp", net.JoinHostPort(host, "0"))
		if err != nil {
			return nil, err
		}
		addresses = append(addresses, l.Addr().String())
		go routineAcceptNet(l, buffer, t)
	}
	return addresses, nil
}

func routineAcceptNet(l net.Listener, buffer int, t *tally) {
	for {
		c, err := l.Accept()
		check(err)
		go func() {
			buf := make([]byte, buffer)
			t.connected <- struct{}{}
			n, err := c.Read(buf)
			check(err)
			if n != 1 || buf[0] != 1 {
				check(fmt.Errorf("a read has ended with %d bytes, want the byte 1", n))
			}
			t.received <- struct{}{}
			_, _ = c.Read(buf) // the connection stays until the client goes
		}()
	}
}
