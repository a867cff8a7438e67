// SPDX-License-Identifier: Apache-2.0

package run

import (
	"net"
	"strings"
	"testing"
	"time"

	"winsock/layer/socks/sockstest"
	"winsock/spi"
)

// TestSocksListen: a program's listener is reached through the proxy: at the
// address that getsockname tells, by accept that waits, by select and by an
// event loop, and what is accepted is the connection to the proxy itself.
func TestSocksListen(t *testing.T) {
	const blocking = `
import socket, sys
l = socket.socket()
l.bind(("127.0.0.1", 0)); l.listen(5)
for i in range(3):
    print(l.getsockname()[1], flush=True)
    c, peer = l.accept()
    assert c.getpeername() == peer, (c.getpeername(), peer)
    c.sendall(b"%d " % peer[1] + c.recv(100))
    c.close()
`
	const selecting = `
import socket, select, sys
l = socket.socket()
l.setblocking(False)
l.bind(("0.0.0.0", 0)); l.listen(5)
for i in range(3):
    print(l.getsockname()[1], flush=True)
    while True:
        try: c, peer = l.accept(); break
        except BlockingIOError: assert select.select([l], [], [], 10)[0]
    c.setblocking(True)
    c.sendall(b"%d " % peer[1] + c.recv(100))
    c.close()
`
	const events = `
import asyncio
async def main():
    n = 0
    done = asyncio.Event()
    async def one(r, w):
        nonlocal n
        w.write(b"%d " % w.get_extra_info("peername")[1] + await r.read(100))
        await w.drain(); w.close()
        n += 1
        if n == 3: done.set()
        else: print(s.sockets[0].getsockname()[1], flush=True)
    s = await asyncio.start_server(one, "127.0.0.1", 0)
    print(s.sockets[0].getsockname()[1], flush=True)
    await done.wait()
asyncio.run(main())
`
	for name, program := range map[string]string{"blocking": blocking, "select": selecting, "events": events} {
		for _, above := range []string{"", "throttle:down=100MB", "filter:rule=allow"} {
			t.Run(name+" "+above, func(t *testing.T) {
				p := sockstest.Serve(t)
				layers := []string{spi.FormatPath("socks", spi.Options{"server": p.URL("socks5"), "listen": "proxy", "dns": "local"})}
				if above != "" {
					layers = append([]string{above}, layers...)
				}
				said := make(chan string)
				go func() {
					out, _ := under(t, Config{Layers: layers}, "python3", "-c", program)
					said <- out
				}()
				// The proxy hears from the program where it listens.
				for range 3 {
					c := dialBound(t, p)
					c.SetDeadline(time.Now().Add(time.Minute))
					c.Write([]byte("hello"))
					b := make([]byte, 100)
					n, err := c.Read(b)
					if _, port, _ := net.SplitHostPort(c.LocalAddr().String()); string(b[:n]) != port+" hello" {
						t.Errorf("received %q, %v; want %q", b[:n], err, port+" hello")
					}
					c.Close()
				}
				if out := <-said; strings.Count(out, "\n") != 3 {
					t.Errorf("output %q", out)
				}
			})
		}
	}
}

// dialBound connects to where the proxy listens for its client.
func dialBound(t *testing.T, p *sockstest.Server) net.Conn {
	t.Helper()
	for late := time.Now().Add(time.Minute); time.Now().Before(late); time.Sleep(time.Millisecond) {
		if at, _ := p.Bound(); at != "" {
			if c, err := net.Dial("tcp", at); err == nil {
				return c
			}
		}
	}
	t.Fatal("the proxy does not listen")
	return nil
}
