// SPDX-License-Identifier: Apache-2.0

package main

import (
	"net/netip"
	"os"
	"os/exec"
	"syscall"
	"time"

	"winsock/cmd/winsock/job"
	"winsock/internal/sys"
	supervised "winsock/run"
)

// A nativeCarrier carries nothing: the program makes its calls itself.
type nativeCarrier struct{ done chan struct{} }

func startNatively(_ supervised.Config, cmd *exec.Cmd) (job.Carrier, error) {
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	c := nativeCarrier{make(chan struct{})}
	go func() {
		defer close(c.done)
		for {
			if _, e := sys.PeekChild(true); e == syscall.ECHILD {
				return
			}
			time.Sleep(time.Millisecond)
		}
	}()
	return c, nil
}

func (c nativeCarrier) Done() <-chan struct{} { return c.done }
func (c nativeCarrier) Close() error          { return nil }
func (c nativeCarrier) CountDirect()          {}
func (c nativeCarrier) Stats() supervised.Stats {
	return supervised.Stats{Calls: 12, Direct: 1, Relayed: 2, Sent: 345, Received: 67_890, Layers: []supervised.LayerStats{
		{Name: "trace", Calls: 30, Errors: 2, Time: 1234 * time.Microsecond},
	}}
}

// Connections makes up some, if the environment asks for them.
func (c nativeCarrier) Connections() []supervised.Connection {
	if os.Getenv("WINSOCK_TEST_CONNECTIONS") == "" {
		return nil
	}
	select {
	case <-c.done:
		return nil
	default:
	}
	moved := uint64(time.Now().UnixMilli() % 1_000_000_000)
	return []supervised.Connection{
		{ID: 1, PID: 4711, Program: "curl", Protocol: "tcp", State: "open", Chain: "trace > kernel",
			Local: netip.MustParseAddrPort("127.0.0.1:40000"), Peer: netip.MustParseAddrPort("192.0.2.1:443"),
			Actual: netip.MustParseAddrPort("198.51.100.7:8443"), Relayed: true,
			Since: time.Now().Add(-90 * time.Second), Sent: moved / 3, Received: moved * 20},
		{ID: 2, PID: 4712, Program: "nginx", Protocol: "tcp", State: "open", Accepted: true, Chain: "kernel",
			Local: netip.MustParseAddrPort("[::1]:8080"), Peer: netip.MustParseAddrPort("[::1]:51234"),
			Since: time.Now().Add(-2 * time.Hour)},
		{ID: 3, PID: 4711, Program: "curl", Protocol: "udp", State: "connecting", Chain: "kernel",
			Peer: netip.MustParseAddrPort("192.0.2.53:53"), Since: time.Now()},
	}
}
