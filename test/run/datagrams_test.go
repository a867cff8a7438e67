// SPDX-License-Identifier: Apache-2.0

package run

import (
	"bytes"
	"fmt"
	"net"
	"net/netip"
	"syscall"
	"testing"
	"time"
)

// TestDatagrams: answers come from whom was asked, by whatever calls.
func TestDatagrams(t *testing.T) {
	begin(t)
	program := victimC(t, "datagram.c", "gcc")
	for _, kind := range []string{"connected", "sendto", "sendmsg", "sendmmsg"} {
		t.Run(kind, func(t *testing.T) {
			families(t, func(t *testing.T, host netip.Addr) {
				chains(t, func(t *testing.T, c chain) {
					c, ask := c.toward(t, datagramServer(t, host))
					got := c.output(t, program, "client", kind, ask.Addr().String(), fmt.Sprint(ask.Port()), "100")
					if got != "100 well" {
						t.Errorf("the program says %q", got)
					}
				})
			})
		})
	}
}

// TestDatagramServers: a server knows who asks, and clients see its name.
func TestDatagramServers(t *testing.T) {
	begin(t)
	program := victimC(t, "datagram.c", "musl-gcc", "-static")
	for _, kind := range []string{"sendto", "sendmsg", "sendmmsg"} {
		t.Run(kind, func(t *testing.T) {
			serverChains(t, func(t *testing.T, c chain) {
				addr := freePort(t, loopback)
				s := c.command(t, program, "server", kind, addr.Addr().String(), fmt.Sprint(addr.Port()))
				s.start()
				awaitDatagrams(t, s, addr)
				client, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
				if err != nil {
					t.Fatal(err)
				}
				defer client.Close()
				client.SetDeadline(time.Now().Add(30 * time.Second))
				b := make([]byte, 4000)
				for i := range 100 {
					payload := shared.payload[i : 12*i+1]
					if _, err := client.WriteToUDPAddrPort(payload, addr); err != nil {
						t.Fatal(err)
					}
					n, from, err := client.ReadFromUDPAddrPort(b)
					if err != nil {
						t.Fatalf("answer %d: %v\n%s", i, err, s.errors.tail())
					}
					if from != addr {
						t.Fatalf("the answer's source is %s, want %s", from, addr)
					}
					if want := append([]byte(client.LocalAddr().String()+" "), payload...); !bytes.Equal(b[:n], want) {
						t.Fatalf("the answer is %.60q, want %.60q", b[:n], want)
					}
				}
				s.stop(syscall.SIGTERM)
			})
		})
	}
}
