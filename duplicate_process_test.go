// SPDX-License-Identifier: Apache-2.0

package winsock

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"winsock/spi"
	"winsock/spi/layer"
	"winsock/spi/spitest/leak"
	"winsock/wsa"
)

func init() {
	spi.Register(&spi.Driver{
		Name:    "duplicate-keep",
		Summary: "a layer that preserves handles, for tests",
		Startup: func(p *spi.StartupParams) (spi.Provider, error) {
			return layer.NewProvider(p, func(below spi.Socket, _ *spi.Opening) (spi.Socket, error) {
				s := new(layer.HandlePreserving)
				s.Socket = below
				return s, nil
			}), nil
		},
	})
}

// A target is another process that is given sockets. It does what it is
// asked for with the last one.
type target struct {
	testing.TB
	process  *os.Process
	commands *json.Encoder
	replies  *json.Decoder
}

// A command is what it is asked to do, and a reply how that ended.
type command struct {
	Do   string
	Info []byte // WSAPROTOCOL_INFOW
	Text string
}

type reply struct {
	Code wsa.Errno
	Text string
}

// targetEnv tells the test that it runs in the other process, and where the
// catalog is.
const targetEnv = "WINSOCK_TEST_TARGET"

func newTarget(t testing.TB) *target {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^TestDuplicateTarget$", "-test.timeout=2m")
	cmd.Env = append(os.Environ(), targetEnv+"="+os.Getenv("WINSOCK_CATALOG"), "GORACE=atexit_sleep_ms=0")
	stdin, err := cmd.StdinPipe()
	must(t, err)
	replies, out, err := os.Pipe()
	must(t, err)
	cmd.ExtraFiles = []*os.File{out}
	var said strings.Builder
	cmd.Stdout, cmd.Stderr = &said, &said
	must(t, cmd.Start())
	out.Close()
	t.Cleanup(func() {
		stdin.Close()
		replies.Close()
		if err := cmd.Wait(); err != nil {
			t.Errorf("the other process: %v\n%s", err, said.String())
		}
	})
	return &target{t, cmd.Process, json.NewEncoder(stdin), json.NewDecoder(replies)}
}

func (p *target) do(c command) (r reply) {
	p.Helper()
	must(p, p.commands.Encode(c))
	must(p, p.replies.Decode(&r))
	return r
}

// want has the other process do something, which must end like that.
func (p *target) want(do, text, want string) {
	p.Helper()
	if r := p.do(command{Do: do, Text: text}); r.Code != 0 || r.Text != want {
		p.Errorf("%s %s: %q, %s; want %q", do, text, r.Text, r.Code.Name(), want)
	}
}

func (p *target) wantCode(do, text string, want wsa.Errno) {
	p.Helper()
	if r := p.do(command{Do: do, Text: text}); r.Code != want {
		p.Errorf("%s %s: %q, %s; want %s", do, text, r.Text, r.Code.Name(), want.Name())
	}
}

// give gives the other process a copy of a socket.
func (p *target) give(s SOCKET) {
	p.Helper()
	info, err := WSADuplicateSocket(s, uint32(p.process.Pid))
	must(p, err)
	p.open(&info, 0)
}

func (p *target) open(info *wsa.ProtocolInfo, want wsa.Errno) {
	p.Helper()
	if r := p.do(command{Do: "open", Info: info.AppendW(nil)}); r.Code != want {
		p.Fatalf("WSASocket in the other process: %s %s, want %s", r.Code.Name(), r.Text, want.Name())
	}
}

// TestDuplicateTarget is the other process.
func TestDuplicateTarget(t *testing.T) {
	file := os.Getenv(targetEnv)
	if file == "" {
		t.Skip("this is what runs in another process of the other tests")
	}
	t.Setenv("WINSOCK_CATALOG", file)
	theCatalog.Refresh()
	started(t)
	replies := json.NewEncoder(os.NewFile(3, "replies"))
	commands := json.NewDecoder(os.Stdin)
	h := INVALID_SOCKET
	for {
		var c command
		if commands.Decode(&c) != nil {
			return
		}
		var r reply
		var err error
		if r.Text, err = carryOut(&h, &c); err != nil {
			r.Code = wsa.ErrnoOf(err)
		}
		if replies.Encode(&r) != nil {
			return
		}
	}
}

// carryOut does what a command says.
func carryOut(h *SOCKET, c *command) (string, error) {
	var name wsa.Sockaddr
	switch c.Do {
	case "open":
		var info wsa.ProtocolInfo
		if err := info.DecodeW(c.Info); err != nil {
			return "", err
		}
		s, err := WSASocket(wsa.FROM_PROTOCOL_INFO, wsa.FROM_PROTOCOL_INFO, wsa.FROM_PROTOCOL_INFO, &info, 0, 0)
		if err == nil {
			*h = s
		}
		return "", err
	case "getsockname":
		err := GetSockName(*h, &name)
		return name.String(), err
	case "getpeername":
		err := GetPeerName(*h, &name)
		return name.String(), err
	case "SO_KEEPALIVE", "SO_RCVTIMEO", "SO_SNDTIMEO", "SO_ACCEPTCONN", "SO_ERROR", "SO_EXCLUSIVEADDRUSE", "SO_TYPE":
		var value [4]byte
		_, err := GetSockOpt(*h, wsa.SOL_SOCKET, targetOptions[c.Do], value[:])
		return string('0' + rune(binary.LittleEndian.Uint32(value[:]))), err
	case "send":
		_, err := Send(*h, []byte(c.Text), 0)
		return "", err
	case "recv":
		p := make([]byte, 100)
		n, err := Recv(*h, p, 0)
		return string(p[:n]), err
	case "recvfrom":
		p := make([]byte, 100)
		n, err := RecvFrom(*h, p, 0, &name)
		return string(p[:n]) + " from " + name.String(), err
	case "accept":
		s, err := Accept(*h, nil)
		if err != nil {
			return "", err
		}
		_, err = Send(s, []byte(c.Text), 0)
		CloseSocket(s)
		return "", err
	case "port": // an overlapped receive, told at a port
		port, err := CreateIoCompletionPort(HANDLE(*h), 0, 7, 0)
		if err != nil {
			return "", err
		}
		defer CloseHandle(port)
		p := make([]byte, 100)
		var ov Overlapped
		if _, err := WSARecv(*h, [][]byte{p}, nil, &ov, nil); err != nil && err != wsa.WSA_IO_PENDING {
			return "", err
		}
		n, key, _, err := GetQueuedCompletionStatus(port, uint32(soon.Milliseconds()))
		if key != 7 {
			return "another key", err
		}
		return string(p[:n]), err
	case "FD_READ":
		e, err := WSACreateEvent()
		if err != nil {
			return "", err
		}
		defer WSACloseEvent(e)
		if err := WSAEventSelect(*h, e, wsa.FD_READ); err != nil {
			return "", err
		}
		if _, err := WaitForEvents([]HANDLE{e}, false, soon); err != nil {
			return "", err
		}
		var events wsa.NetworkEvents
		err = WSAEnumNetworkEvents(*h, e, &events)
		return wsa.NetworkEventsString(events.NetworkEvents), err
	case "shutdown":
		return "", Shutdown(*h, wsa.SD_SEND)
	case "close":
		return "", CloseSocket(*h)
	}
	return "", wsa.WSAEOPNOTSUPP
}

var targetOptions = map[string]int32{
	"SO_KEEPALIVE": wsa.SO_KEEPALIVE, "SO_RCVTIMEO": wsa.SO_RCVTIMEO, "SO_SNDTIMEO": wsa.SO_SNDTIMEO,
	"SO_ACCEPTCONN": wsa.SO_ACCEPTCONN, "SO_ERROR": wsa.SO_ERROR, "SO_EXCLUSIVEADDRUSE": wsa.SO_EXCLUSIVEADDRUSE,
	"SO_TYPE": wsa.SO_TYPE,
}

// sharedChains are chains whose sockets other processes can have.
var sharedChains = map[string][]string{
	"bare":         nil,
	"one layer":    {"duplicate-keep"},
	"tracing":      {"trace"},
	"three layers": {"trace", "duplicate-keep", "duplicate-keep"},
}

// installed gives the test a catalog of its own with the layers over the
// kernel's protocols, the first at the top. Sockets are opened through them.
func installed(t testing.TB, layers []string) {
	t.Helper()
	t.Cleanup(func() { theCatalog.Refresh() }) // when the variable is what it was
	t.(interface{ Setenv(key, value string) }).Setenv("WINSOCK_CATALOG", filepath.Join(t.TempDir(), "catalog.toml"))
	theCatalog.Refresh()
	over := []wsa.ProtocolInfo{
		{AddressFamily: wsa.AF_INET, SocketType: wsa.SOCK_STREAM, Protocol: wsa.IPPROTO_TCP},
		{AddressFamily: wsa.AF_INET, SocketType: wsa.SOCK_DGRAM, Protocol: wsa.IPPROTO_UDP},
	}
	for i, path := range slices.Backward(layers) {
		_, err := WSCInstallProviderAndChains(wsa.NewGUID(), path, fmt.Sprint(path, i), 0, over)
		must(t, err)
	}
}

// inEveryProcess runs a test with another process, through each chain.
func inEveryProcess(t *testing.T, test func(b *bed, p *target)) {
	for name, layers := range sharedChains {
		t.Run(name, func(t *testing.T) {
			installed(t, layers)
			started(t)
			leak.Check(t)
			b := &bed{T: t, open: func(family, socketType int32) (SOCKET, error) { return Socket(family, socketType, 0) }}
			test(b, newTarget(t))
		})
	}
}

// TestDuplicateConnection: the other process has the connection and all that
// is known of it, and it stays when this one has closed its handle.
func TestDuplicateConnection(t *testing.T) {
	inEveryProcess(t, func(b *bed, p *target) {
		c, s := b.connected()
		must(b, SetSockOpt(s, wsa.SOL_SOCKET, wsa.SO_KEEPALIVE, []byte{1, 0, 0, 0}))
		must(b, SetSockOpt(s, wsa.SOL_SOCKET, wsa.SO_RCVTIMEO, []byte{9, 0, 0, 0}))
		must(b, SetSockOpt(s, wsa.SOL_SOCKET, wsa.SO_LINGER, []byte{1, 0, 5, 0}))
		var own, peer wsa.Sockaddr
		must(b, GetSockName(s, &own))
		must(b, GetPeerName(s, &peer))
		p.give(s)
		p.want("getsockname", "", own.String())
		p.want("getpeername", "", peer.String())
		p.want("SO_KEEPALIVE", "", "1")
		p.want("SO_RCVTIMEO", "", "9")
		p.want("SO_SNDTIMEO", "", "0")
		p.want("SO_TYPE", "", "1")
		p.want("SO_EXCLUSIVEADDRUSE", "", "0")
		p.wantCode("recv", "", wsa.WSAETIMEDOUT) // blocking, with the time-out
		p.want("send", "one", "")
		b.send(s, "two")
		must(b, CloseSocket(s))
		b.drain(c, len("onetwo"))
		b.send(c, "three")
		p.want("recv", "", "three")
		b.send(c, "four")
		p.want("port", "", "four")
		b.send(c, "five")
		p.want("FD_READ", "", "FD_READ")
		p.want("recv", "", "five")
		p.wantCode("recv", "", wsa.WSAEWOULDBLOCK) // since FD_READ was selected
		p.want("send", "six", "")
		p.want("close", "", "")
		if got := b.recv(c, 100, 0); got != "six" {
			b.Errorf("received %q", got)
		}
		if got := b.recv(c, 100, 0); got != "" {
			b.Errorf("received %q after the last process has closed the socket", got)
		}
	})
}

// TestDuplicateState: sockets of other sorts and in other states.
func TestDuplicateState(t *testing.T) {
	inEveryProcess(t, func(b *bed, p *target) {
		l, addr := b.listening()
		p.give(l)
		p.want("SO_ACCEPTCONN", "", "1")
		c := b.socket(wsa.SOCK_STREAM)
		must(b, Connect(c, &addr))
		must(b, CloseSocket(l))
		p.want("accept", "welcome", "")
		if got := b.recv(c, 100, 0); got != "welcome" {
			b.Errorf("received %q", got)
		}
		p.want("close", "", "")
		fresh := b.socket(wsa.SOCK_STREAM)
		wantErr(b, "nobody listens any more", Connect(fresh, &addr), wsa.WSAECONNREFUSED)

		p.give(fresh) // it has tried to connect
		p.wantCode("send", "x", wsa.WSAENOTCONN)
		p.wantCode("getpeername", "", wsa.WSAENOTCONN)

		d, at := b.bound(wsa.SOCK_DGRAM)
		e, from := b.bound(wsa.SOCK_DGRAM)
		p.give(d)
		_, err := SendTo(e, []byte("hello"), 0, &at)
		must(b, err)
		p.want("recvfrom", "", "hello from "+from.String())
		must(b, Connect(d, &from))
		p.wantCode("send", "x", wsa.WSAENOTCONN) // what this process knows of d
		p.want("close", "", "")
		p.give(d)
		p.want("send", "datagram", "")
		if got := b.recv(e, 100, 0); got != "datagram" {
			b.Errorf("received %q", got)
		}

		unbound := b.socket(wsa.SOCK_DGRAM)
		nonblocking(b, unbound)
		p.give(unbound)
		p.wantCode("getsockname", "", wsa.WSAEINVAL)
		p.wantCode("recv", "", wsa.WSAEINVAL) // difference 70

		c, s := b.connected()
		nonblocking(b, s)
		must(b, Shutdown(s, wsa.SD_SEND))
		p.give(s)
		p.wantCode("send", "x", wsa.WSAESHUTDOWN)
		p.wantCode("recv", "", wsa.WSAEWOULDBLOCK)
		b.reset(c)
		for end := time.Now().Add(soon); ; {
			r := p.do(command{Do: "recv"})
			if r.Code == wsa.WSAECONNRESET {
				break
			}
			if r.Code != wsa.WSAEWOULDBLOCK || time.Now().After(end) {
				b.Fatalf("after a reset: %q, %s", r.Text, r.Code.Name())
			}
		}
	})
}

// TestDuplicateOffer: an offer is for one process, once.
func TestDuplicateOffer(t *testing.T) {
	inEveryProcess(t, func(b *bed, p *target) {
		other := newTarget(b)
		s := b.socket(wsa.SOCK_STREAM)
		info, err := WSADuplicateSocket(s, uint32(p.process.Pid))
		must(b, err)
		if info.ProviderReserved == 0 {
			b.Error("the info is as any other")
		}
		other.open(&info, wsa.WSAEINVAL)
		_, err = WSASocket(0, 0, 0, &info, 0, 0)
		wantErr(b, "in the process that has made it", err, wsa.WSAEINVAL)
		p.open(&info, 0)
		p.open(&info, wsa.WSAEINVAL)
		info.ProviderReserved++
		p.open(&info, wsa.WSAEINVAL)
	})
}

// TestDuplicateRefused: chains that have no descriptor to share, or that the
// other process cannot know.
func TestDuplicateRefused(t *testing.T) {
	for name, layers := range map[string][]string{
		"a layer that sees the data":        {"async-pass"},
		"a layer that changes the data":     {"async-conn"},
		"such a layer under one that keeps": {"duplicate-keep", "async-pass"},
	} {
		t.Run(name, func(t *testing.T) {
			installed(t, layers)
			started(t)
			p := newTarget(t)
			_, err := WSADuplicateSocket(newTestSocket(t, wsa.AF_INET, wsa.SOCK_STREAM), uint32(p.process.Pid))
			wantErr(t, "WSADuplicateSocket", err, wsa.WSAEOPNOTSUPP)
		})
	}
	started(t)
	p := newTarget(t)
	c, err := Compose(wsa.AF_INET, wsa.SOCK_STREAM, 0, nil, "duplicate-keep")
	must(t, err)
	s, err := c.Socket(0)
	must(t, err)
	defer CloseSocket(s)
	_, err = WSADuplicateSocket(s, uint32(p.process.Pid))
	wantErr(t, "a chain that is in no catalog", err, wsa.WSAEOPNOTSUPP)
	m, err := memBed(t)(wsa.AF_INET, wsa.SOCK_STREAM)
	must(t, err)
	defer CloseSocket(m)
	_, err = WSADuplicateSocket(m, uint32(p.process.Pid))
	wantErr(t, "a network in memory", err, wsa.WSAEOPNOTSUPP)
}
