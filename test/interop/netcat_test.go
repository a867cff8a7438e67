// SPDX-License-Identifier: Apache-2.0

package interop

import (
	"os/exec"
	"testing"

	"winsock/test/ports"
)

// TestNetcatSends: netcat sends the file to winsock nc -l, which ends with
// netcat's end of input.
func TestNetcatSends(t *testing.T) {
	netcat := need(t, "nc.openbsd")
	places(t, func(t *testing.T, p place) {
		port := ports.Free(t, p.host)
		got := newSink(t)
		server := p.nc(t, "-l", p.host, port)
		server.Stdout = got.f
		start(t, server)
		p.awaitListener(t, port)
		client := exec.CommandContext(t.Context(), netcat, "-N", p.host, port)
		client.Stdin = openFile(t)
		start(t, client)
		wait(t, client)
		wait(t, server)
		got.check(t, 0, &shared.file)
	})
}

// TestNetcatReceives: winsock nc sends the file to a listening netcat, and
// the half-close ends it.
func TestNetcatReceives(t *testing.T) {
	netcat := need(t, "nc.openbsd")
	places(t, func(t *testing.T, p place) {
		port := ports.Free(t, p.host)
		got := newSink(t)
		server := exec.CommandContext(t.Context(), netcat, "-N", "-l", p.host, port)
		server.Stdout = got.f
		start(t, server)
		p.awaitListener(t, port)
		client := p.nc(t, p.host, port)
		client.Stdin = openFile(t)
		start(t, client)
		wait(t, client)
		wait(t, server)
		got.check(t, 0, &shared.file)
	})
}

// TestBothWays: the file goes both ways at once between two winsock nc, one
// of which has no layer, so that the layers change nothing on the wire.
func TestBothWays(t *testing.T) {
	places(t, func(t *testing.T, p place) {
		port := ports.Free(t, p.host)
		there, back := newSink(t), newSink(t)
		server := p.nc(t, "-l", p.host, port)
		server.Stdin, server.Stdout = openFile(t), there.f
		start(t, server)
		p.awaitListener(t, port)
		client := place{host: p.host}.nc(t, p.host, port)
		client.Stdin, client.Stdout = openFile(t), back.f
		start(t, client)
		wait(t, client)
		wait(t, server)
		there.check(t, 0, &shared.file)
		back.check(t, 0, &shared.file)
	})
}
