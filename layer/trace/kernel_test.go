// SPDX-License-Identifier: Apache-2.0

package trace_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	_ "winsock/layer/trace"
	"winsock/layer/trace/internal/readback"
	"winsock/provider/kernel"
	"winsock/spi"
	"winsock/wsa"
)

// A chain opens sockets of the kernel with a layer on top.
type chain struct {
	t           *testing.T
	base, layer spi.Provider
}

func newChain(t *testing.T, path string) *chain {
	t.Helper()
	base, err := kernel.Startup(&spi.StartupParams{Log: slog.Default()})
	if err != nil {
		t.Fatal(err)
	}
	d, options, err := spi.ParsePath(path)
	if err != nil {
		t.Fatal(err)
	}
	layer, err := d.Startup(&spi.StartupParams{Options: options, Log: slog.Default()})
	if err != nil {
		t.Fatal(err)
	}
	return &chain{t, base, layer}
}

func (c *chain) cleanup() {
	c.layer.Cleanup()
	c.base.Cleanup()
}

func (c *chain) open(p spi.Provider, info *wsa.ProtocolInfo) spi.Socket {
	c.t.Helper()
	s, err := p.Socket(&spi.Opening{
		AddressFamily: info.AddressFamily, SocketType: info.SocketType, Protocol: info.Protocol, Info: info,
		Next: func(o *spi.Opening) (spi.Socket, error) { return c.base.Socket(o) },
	})
	if err != nil {
		c.t.Fatal(err)
	}
	return s
}

func entry(t *testing.T, family, socketType int32) *wsa.ProtocolInfo {
	t.Helper()
	for _, e := range kernel.Entries() {
		if e.AddressFamily == family && e.SocketType == socketType {
			return &e
		}
	}
	t.Fatalf("the kernel provider has no entry of %d, %d", family, socketType)
	return nil
}

// await repeats try until it is not answered with WSAEWOULDBLOCK.
func await(t *testing.T, s spi.Socket, try func() error) error {
	woken := make(chan struct{}, 1)
	w := &spi.Watcher{Mask: spi.EventAll, Notify: func(spi.Events) {
		select {
		case woken <- struct{}{}:
		default:
		}
	}}
	s.Watch(w)
	defer s.Unwatch(w)
	timeout := time.After(time.Minute)
	for {
		if err := try(); err != wsa.WSAEWOULDBLOCK {
			return err
		}
		select {
		case <-woken:
		case <-timeout:
			t.Error("nothing happens for ten seconds")
			return wsa.WSAETIMEDOUT
		}
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func sendAll(t *testing.T, s spi.Socket, data []byte) {
	var m spi.Message
	for len(data) > 0 {
		m.SetBuffer(data[:min(len(data), 300_000)])
		var n int
		if err := await(t, s, func() (err error) { n, err = s.Send(&m); return }); err != nil {
			t.Errorf("Send: %v", err)
			return
		}
		data = data[n:]
	}
}

func recvAll(t *testing.T, s spi.Socket) (data []byte) {
	var m spi.Message
	buf := make([]byte, 100_000)
	for {
		m.SetBuffer(buf)
		m.Flags = 0
		var n int
		err := await(t, s, func() (err error) { n, err = s.Recv(&m); return })
		if err != nil {
			t.Errorf("Recv: %v", err)
		}
		if n == 0 {
			return data
		}
		data = append(data, buf[:n]...)
	}
}

func noise(n int, seed byte) []byte {
	b := make([]byte, n)
	_, _ = rand.NewChaCha8([32]byte{seed}).Read(b)
	return b
}

var families = []struct {
	name     string
	family   int32
	loopback netip.AddrPort
}{
	{"IPv4", wsa.AF_INET, netip.MustParseAddrPort("127.0.0.1:0")},
	{"IPv6", wsa.AF_INET6, netip.MustParseAddrPort("[::1]:0")},
}

// Both directions at once, over the kernel: what tshark finds in the file is
// what the programs have sent and received, whichever end is traced.
func TestKernelStreams(t *testing.T) {
	for _, family := range families {
		for _, traced := range []string{"client", "server", "both"} {
			t.Run(family.name+" "+traced, func(t *testing.T) {
				dir := t.TempDir()
				file, log := filepath.Join(dir, "out.pcapng"), filepath.Join(dir, "log")
				c := newChain(t, "trace:format=json,log="+log+",capture="+file)
				below := map[bool]spi.Provider{true: c.layer, false: c.base}
				info := entry(t, family.family, wsa.SOCK_STREAM)
				listener := c.open(below[traced != "client"], info)
				client := c.open(below[traced != "server"], info)
				name := wsa.SockaddrFrom(family.loopback)
				must(t, listener.Bind(&name))
				must(t, listener.Listen(1))
				must(t, listener.GetSockName(&name))
				if err := client.Connect(&name); err == wsa.WSAEWOULDBLOCK {
					must(t, await(t, client, client.ConnectResult))
				} else {
					must(t, err)
				}
				var server spi.Socket
				must(t, await(t, listener, func() (err error) { server, err = listener.Accept(nil); return }))

				question, answer := noise(1_200_000, 1), noise(700_000, 2)
				var got struct{ question, answer []byte }
				var wg sync.WaitGroup
				wg.Go(func() { sendAll(t, client, question); client.Shutdown(wsa.SD_SEND) })
				wg.Go(func() { sendAll(t, server, answer); server.Shutdown(wsa.SD_SEND) })
				wg.Go(func() { got.question = recvAll(t, server) })
				wg.Go(func() { got.answer = recvAll(t, client) })
				wg.Wait()
				for _, s := range []spi.Socket{client, server, listener} {
					must(t, s.Close())
				}
				c.cleanup()
				if !bytes.Equal(got.question, question) || !bytes.Equal(got.answer, answer) {
					t.Error("the layer has changed the data")
				}
				checkJSON(t, log)

				shark := readback.NewTshark(t, file)
				shark.CheckClean()
				if first, second := shark.Follow("tcp", 0); !bytes.Equal(first, question) || !bytes.Equal(second, answer) {
					t.Errorf("the capture has %d and %d bytes, want the %d and %d that were sent", len(first), len(second), len(question), len(answer))
				}
				if n := len(shark.Fields("tcp.flags.fin == 1", "frame.number")); n != 2 {
					t.Errorf("%d FIN, want one of each end", n)
				}
			})
		}
	}
}

// checkJSON checks that each line is an object with the fields that the
// documentation promises, and in that order.
func checkJSON(t *testing.T, name string) {
	t.Helper()
	log, err := os.ReadFile(name)
	must(t, err)
	always := []string{"time", "pid", "prog", "sock", "tag", "place", "call", "error", "code", "us", "tries"}
	calls := map[string]bool{}
	for line := range strings.Lines(string(log)) {
		d := json.NewDecoder(strings.NewReader(line))
		var keys []string
		depth := 0
		for {
			token, err := d.Token()
			if err != nil {
				break
			}
			switch token := token.(type) {
			case json.Delim:
				depth++
			case string:
				keys = append(keys, token)
				var value any
				must(t, d.Decode(&value))
				if token == "call" {
					calls[value.(string)] = true
				}
			}
		}
		if len(keys) < len(always) || !slices.Equal(keys[:len(always)], always) || depth != 2 {
			t.Fatalf("line %q has fields %q, want %q first", line, keys, always)
		}
	}
	for _, call := range []string{"WSPSend", "WSPRecv", "WSPShutdown", "WSPCloseSocket"} {
		if !calls[call] {
			t.Errorf("the log has no %s", call)
		}
	}
}

func TestKernelDatagrams(t *testing.T) {
	for _, family := range families {
		t.Run(family.name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "out.pcapng")
			c := newChain(t, "trace:capture="+file)
			info := entry(t, family.family, wsa.SOCK_DGRAM)
			server, client := c.open(c.base, info), c.open(c.layer, info)
			name := wsa.SockaddrFrom(family.loopback)
			must(t, server.Bind(&name))
			must(t, server.GetSockName(&name))
			var sent, answered []byte
			for i := range 5 {
				data := []byte(fmt.Sprintf("question %d;", i))
				var m spi.Message
				m.SetBuffer(data)
				m.Name = &name
				_, err := client.Send(&m)
				must(t, err)
				sent = append(sent, data...)

				buf := make([]byte, 100)
				var from wsa.Sockaddr
				m.SetBuffer(buf)
				m.Name = &from
				var n int
				must(t, await(t, server, func() (err error) { n, err = server.Recv(&m); return }))
				m.SetBuffer(bytes.ToUpper(buf[:n]))
				_, err = server.Send(&m)
				must(t, err)
				m.SetBuffer(buf)
				m.Name = nil // the capture has to ask for itself
				must(t, await(t, client, func() (err error) { n, err = client.Recv(&m); return }))
				answered = append(answered, buf[:n]...)
			}
			must(t, client.Close())
			must(t, server.Close())
			c.cleanup()
			shark := readback.NewTshark(t, file)
			if n := shark.CheckClean(); n != 10 {
				t.Errorf("%d packets, want 10", n)
			}
			if name.Port() == 0 {
				t.Error("the kernel has chosen no port")
			}
			rows := shark.Fields("", "udp.stream", "udp.srcport", "udp.dstport")
			for _, row := range rows {
				if row[1] == "0" || row[2] == "0" {
					t.Errorf("a datagram from port %s to %s", row[1], row[2])
				}
			}
			first, second := shark.Follow("udp", 0)
			if !bytes.Equal(first, sent) || !bytes.Equal(second, answered) {
				t.Errorf("the capture has %q and %q, want %q and %q", first, second, sent, answered)
			}
		})
	}
}

func TestKernelRefusalAndReset(t *testing.T) {
	file := filepath.Join(t.TempDir(), "out.pcapng")
	c := newChain(t, "trace:capture="+file)
	info := entry(t, wsa.AF_INET, wsa.SOCK_STREAM)
	listener := c.open(c.base, info)
	name := wsa.SockaddrFrom(families[0].loopback)
	must(t, listener.Bind(&name))
	must(t, listener.GetSockName(&name))

	refused := c.open(c.layer, info)
	err := refused.Connect(&name) // nobody listens yet
	if err == wsa.WSAEWOULDBLOCK {
		err = await(t, refused, refused.ConnectResult)
	}
	if err != wsa.WSAECONNREFUSED {
		t.Fatalf("Connect: %v, want WSAECONNREFUSED", err)
	}
	must(t, refused.Close())

	must(t, listener.Listen(1))
	client := c.open(c.layer, info)
	if err := client.Connect(&name); err == wsa.WSAEWOULDBLOCK {
		must(t, await(t, client, client.ConnectResult))
	}
	var server spi.Socket
	must(t, await(t, listener, func() (err error) { server, err = listener.Accept(nil); return }))
	must(t, server.SetSockOpt(wsa.SOL_SOCKET, wsa.SO_LINGER, []byte{1, 0, 0, 0}))
	must(t, server.Close())
	var m spi.Message
	m.SetBuffer(make([]byte, 10))
	if err := await(t, client, func() error { _, err := client.Recv(&m); return err }); err != wsa.WSAECONNRESET {
		t.Fatalf("Recv: %v, want WSAECONNRESET", err)
	}
	must(t, client.Close())
	must(t, listener.Close())
	c.cleanup()
	shark := readback.NewTshark(t, file)
	shark.CheckClean()
	var got []string
	for _, row := range shark.Fields("", "tcp.stream", "tcp.flags.str") {
		got = append(got, row[0]+strings.Map(func(r rune) rune {
			if r < 128 {
				return r
			}
			return -1
		}, row[1]))
	}
	if want := []string{"0S", "0AR", "1S", "1AS", "1A", "1AR"}; !slices.Equal(got, want) {
		t.Errorf("segments %q, want %q", got, want)
	}
}
