// SPDX-License-Identifier: Apache-2.0

package winsock_test

import (
	"fmt"
	"log"
	"net/netip"
	"runtime"

	"winsock"
	"winsock/wsa"
)

// A datagram is sent to its own sender, by registered I/O with polling.
func ExampleRIODequeueCompletion() {
	if _, err := winsock.WSAStartup(winsock.Version22); err != nil {
		log.Fatal(err)
	}
	defer winsock.WSACleanup()
	s, err := winsock.WSASocket(wsa.AF_INET, wsa.SOCK_DGRAM, wsa.IPPROTO_UDP, nil, 0, wsa.WSA_FLAG_REGISTERED_IO)
	if err != nil {
		log.Fatal(err)
	}
	name := wsa.SockaddrFrom(netip.MustParseAddrPort("127.0.0.1:0"))
	if err := winsock.Bind(s, &name); err != nil {
		log.Fatal(err)
	}
	if err := winsock.GetSockName(s, &name); err != nil {
		log.Fatal(err)
	}
	if err := winsock.Connect(s, &name); err != nil {
		log.Fatal(err)
	}

	memory := make([]byte, 64)
	id, err := winsock.RIORegisterBuffer(memory)
	if err != nil {
		log.Fatal(err)
	}
	defer winsock.RIODeregisterBuffer(id)
	cq, err := winsock.RIOCreateCompletionQueue(2, nil)
	if err != nil {
		log.Fatal(err)
	}
	defer winsock.RIOCloseCompletionQueue(cq)
	rq, err := winsock.RIOCreateRequestQueue(s, 1, 1, 1, 1, cq, cq, 0)
	if err != nil {
		log.Fatal(err)
	}

	const receive, send = 1, 2 // contexts of the requests
	in := &winsock.RIO_BUF{BufferID: id, Length: 32}
	if err := winsock.RIOReceive(rq, in, 1, 0, receive); err != nil {
		log.Fatal(err)
	}
	n := copy(memory[32:], "hello")
	out := &winsock.RIO_BUF{BufferID: id, Offset: 32, Length: uint32(n)}
	if err := winsock.RIOSend(rq, out, 1, 0, send); err != nil {
		log.Fatal(err)
	}
	var results [2]winsock.RIORESULT
	for {
		for _, r := range results[:winsock.RIODequeueCompletion(cq, results[:])] {
			if err := r.Err(); err != nil {
				log.Fatal(err)
			}
			if r.RequestContext == receive {
				fmt.Printf("%s\n", memory[:r.BytesTransferred])
				return
			}
		}
		runtime.Gosched()
	}
	// Output: hello
}
