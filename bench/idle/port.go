// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"net/netip"
	"os"
	"unsafe"

	"winsock"
	"winsock/wsa"
)

// A receive is the one that a connection has pending. The overlapped
// structure is the first field, for receiveOf.
type receive struct {
	overlapped winsock.Overlapped
	sock       winsock.SOCKET
	flags      uint32
	bufs       [1][]byte
}

func receiveOf(ov *winsock.Overlapped) *receive { return (*receive)(unsafe.Pointer(ov)) }

func startPort(hosts []string, buffer int, t *tally) (addresses []string, err error) {
	if _, err := winsock.WSAStartup(winsock.Version22); err != nil {
		return nil, err
	}
	port, err := winsock.CreateIoCompletionPort(winsock.INVALID_HANDLE_VALUE, 0, 0, 1)
	if err != nil {
		return nil, err
	}
	for _, host := range hosts {
		l, addr, err := listenOn(host)
		if err != nil {
			return nil, err
		}
		addresses = append(addresses, addr)
		go routineAccept(l, port, buffer, t)
	}
	go routineComplete(port, t)
	return addresses, nil
}

func listenOn(host string) (winsock.SOCKET, string, error) {
	addr := wsa.SockaddrFrom(netip.AddrPortFrom(netip.MustParseAddr(host), 0))
	l, err := winsock.Socket(wsa.AF_INET, wsa.SOCK_STREAM, wsa.IPPROTO_TCP)
	if err != nil {
		return 0, "", err
	}
	if err := winsock.Bind(l, &addr); err != nil {
		return 0, "", err
	}
	if err := winsock.Listen(l, 4096); err != nil {
		return 0, "", err
	}
	if err := winsock.GetSockName(l, &addr); err != nil {
		return 0, "", err
	}
	name, _ := addr.AddrPort()
	return l, name.String(), nil
}

// routineAccept gives each connection of a listener its receive.
func routineAccept(l winsock.SOCKET, port winsock.HANDLE, buffer int, t *tally) {
	for {
		s, err := winsock.Accept(l, nil)
		check(err)
		_, err = winsock.CreateIoCompletionPort(winsock.HANDLE(s), port, 0, 0)
		check(err)
		r := &receive{sock: s}
		r.bufs[0] = make([]byte, buffer)
		if _, err := winsock.WSARecv(s, r.bufs[:], &r.flags, &r.overlapped, nil); err != wsa.WSA_IO_PENDING {
			check(fmt.Errorf("a receive without data is not pending but %w", err))
		}
		t.connected <- struct{}{}
	}
}

// routineComplete counts the receives that have ended with data.
func routineComplete(port winsock.HANDLE, t *tally) {
	var entries [256]winsock.OverlappedEntry
	for {
		n, err := winsock.GetQueuedCompletionStatusEx(port, entries[:], wsa.WSA_INFINITE, false)
		check(err)
		for i := range entries[:n] {
			e := &entries[i]
			check(e.Err())
			if e.Transferred != 1 || receiveOf(e.Overlapped).bufs[0][0] != 1 {
				check(fmt.Errorf("a receive has ended with %d bytes, want the byte 1", e.Transferred))
			}
			t.received <- struct{}{}
		}
	}
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "idle:", err)
		os.Exit(1)
	}
}
