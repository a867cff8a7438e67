// SPDX-License-Identifier: Apache-2.0

package kernel

import (
	"strings"
	"testing"

	"winsock/spi"
	"winsock/wsa"
)

func TestStream(t *testing.T) {
	each(t, streams, func(t *testing.T, o spi.Opening) {
		client, server := pair(t, o)
		send(t, client, "hello")
		expect(t, server, "hello")
		send(t, server, "goodbye")
		expect(t, client, "goodbye")
		if err := client.Shutdown(wsa.SD_SEND); err != nil {
			t.Fatalf("shutdown: %v", err)
		}
		expect(t, server, "")
	})
}

func TestScatterGather(t *testing.T) {
	client, server := pair(t, tcp4)
	var parts [][]byte
	for range 40 { // more than the buffers that fit without a longer array
		parts = append(parts, []byte("ab"), nil, []byte("c"))
	}
	n, err := client.Send(&spi.Message{Bufs: parts})
	if n != 120 || err != nil {
		t.Fatalf("gathering send: %d, %v; want 120", n, err)
	}
	waitFor(t, server, spi.EventRead)
	a, b := make([]byte, 50), make([]byte, 70)
	n, err = server.Recv(&spi.Message{Bufs: [][]byte{a, b}})
	if n != 120 || err != nil || string(a)+string(b) != strings.Repeat("abc", 40) {
		t.Fatalf("scattering receive: %d, %v, %q%q", n, err, a, b)
	}
}

func TestDatagram(t *testing.T) {
	each(t, datagrams, func(t *testing.T, o spi.Opening) {
		a, aName := bound(t, o)
		b, bName := bound(t, o)
		m := spi.Message{Name: &bName}
		m.SetBuffer([]byte("ping"))
		if n, err := a.Send(&m); n != 4 || err != nil {
			t.Fatalf("sendto: %d, %v", n, err)
		}
		waitFor(t, b, spi.EventRead)
		var from wsa.Sockaddr
		m = spi.Message{Name: &from}
		m.SetBuffer(make([]byte, 3))
		n, err := b.Recv(&m)
		if n != 3 || err != wsa.WSAEMSGSIZE {
			t.Errorf("difference 79: a long datagram gave %d, %v; want 3, WSAEMSGSIZE", n, err)
		}
		if from != aName {
			t.Errorf("recvfrom: the sender is %v, want %v", &from, &aName)
		}
	})
}
