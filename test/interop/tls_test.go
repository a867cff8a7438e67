// SPDX-License-Identifier: Apache-2.0

package interop

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"winsock/test/ports"
)

// TestOpenSSL: TLS of OpenSSL passes through two winsock nc, of which one
// listens for s_client and the other connects to s_server. Any byte changed
// on the way would end it. The file goes from the client to the server and
// from the server to the client.
func TestOpenSSL(t *testing.T) {
	openssl := need(t, "openssl")
	key, cert := filepath.Join(shared.dir, "key.pem"), filepath.Join(shared.dir, "cert.pem")
	makeCert := exec.Command(openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
		"-keyout", key, "-out", cert, "-subj", "/CN=localhost", "-days", "2")
	if out, err := makeCert.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	places(t, func(t *testing.T, p place) {
		for _, direction := range []string{"to the server", "to the client"} {
			t.Run(direction, func(t *testing.T) {
				serverPort, relayPort := ports.Free(t, p.host), ports.Free(t, p.host)
				server := exec.CommandContext(t.Context(), openssl, "s_server", "-quiet", "-accept", "["+p.host+"]:"+serverPort,
					"-naccept", "1", "-key", key, "-cert", cert)
				client := exec.CommandContext(t.Context(), openssl, "s_client", "-quiet", "-verify_quiet", "-connect", "["+p.host+"]:"+relayPort,
					"-CAfile", cert, "-verify_return_error")
				got := newSink(t)
				sender, receiver := client, server
				if direction == "to the client" {
					sender, receiver = server, client
				}
				sender.Stdin, receiver.Stdout = openFile(t), got.f
				silent, hold, err := os.Pipe() // an input that does not end
				if err != nil {
					t.Fatal(err)
				}
				defer hold.Close()
				defer silent.Close()
				receiver.Stdin = silent
				start(t, server)
				p.awaitListener(t, serverPort)
				p.relay(t, relayPort, serverPort)
				start(t, client)
				got.awaitExactly(t, shared.file.size)
				got.check(t, 0, &shared.file)
			})
		}
	})
}

// relay pipes a listening winsock nc and a connecting one together.
func (p place) relay(t *testing.T, from, to string) {
	t.Helper()
	near, far := p.nc(t, "-l", p.host, from), p.nc(t, p.host, to)
	nearIn, farOut, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	farIn, nearOut, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	near.Stdin, near.Stdout = nearIn, nearOut
	far.Stdin, far.Stdout = farIn, farOut
	start(t, near)
	start(t, far)
	for _, f := range []*os.File{nearIn, farOut, farIn, nearOut} {
		f.Close() // the programs have their own
	}
	p.awaitListener(t, from)
}
