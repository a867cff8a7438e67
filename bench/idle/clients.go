// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"errors"
	"fmt"
	"net/netip"
	"os"

	"golang.org/x/sys/unix"
)

// beClients opens n connections, spread over the addresses, and holds them.
// They are plain descriptors, as the clients are not what is measured. A reset
// ends them, so that none leaves a port waiting when the process is stopped.
func beClients(n int, addresses []string) error {
	if len(addresses) == 0 {
		return errors.New("no addresses")
	}
	fds := make([]int, n)
	for i := range fds {
		addr, err := netip.ParseAddrPort(addresses[i%len(addresses)])
		if err != nil {
			return err
		}
		if fds[i], err = unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0); err != nil {
			return fmt.Errorf("socket %d: %w", i, err)
		}
		reset := &unix.Linger{Onoff: 1}
		if err := unix.SetsockoptLinger(fds[i], unix.SOL_SOCKET, unix.SO_LINGER, reset); err != nil {
			return fmt.Errorf("linger: %w", err)
		}
		to := &unix.SockaddrInet4{Port: int(addr.Port()), Addr: addr.Addr().As4()}
		for err = unix.EINTR; err == unix.EINTR; {
			err = unix.Connect(fds[i], to)
		}
		if err != nil && err != unix.EISCONN {
			return fmt.Errorf("connection %d: %w", i, err)
		}
	}
	fmt.Println("connected")
	for s := bufio.NewScanner(os.Stdin); s.Scan(); {
		for i, fd := range fds {
			if _, err := unix.Write(fd, []byte{1}); err != nil {
				return fmt.Errorf("connection %d: %w", i, err)
			}
		}
		fmt.Println("sent")
	}
	return nil
}
