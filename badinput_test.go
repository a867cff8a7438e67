// SPDX-License-Identifier: Apache-2.0

package winsock

import (
	"context"
	"os"
	"strings"
	"testing"
	"time"

	"winsock/object"
	"winsock/spi"
	"winsock/spi/spitest/leak"
	"winsock/wsa"
)

// leavesNothing fails the test if goroutines, descriptors or handles are
// left at its end. It comes first in a test.
func leavesNothing(t *testing.T) {
	t.Helper()
	leak.Check(t)
	before := object.Count()
	t.Cleanup(func() {
		if n := object.Count(); n != before {
			t.Errorf("%d handles are open, before it were %d", n, before)
		}
	})
}

// A call is a function of the API with some arguments.
type call struct {
	name string
	call func(s SOCKET) error
}

// socketCalls are the functions that take a socket, with arguments that are
// good for an IPv4 socket in some state or other.
var socketCalls = []call{
	{"accept", func(s SOCKET) error { return closing(Accept(s, new(wsa.Sockaddr))) }},
	{"WSAAccept", func(s SOCKET) error {
		return closing(WSAAccept(s, nil, func(*ConditionParams) int32 { return CF_ACCEPT }))
	}},
	{"bind", func(s SOCKET) error { addr := loopback(wsa.AF_INET, 0); return Bind(s, &addr) }},
	{"ChainNames", func(s SOCKET) error { _, err := ChainNames(s); return err }},
	{"connect", func(s SOCKET) error { addr := loopback(wsa.AF_INET, 9); return Connect(s, &addr) }},
	{"WSAConnect", func(s SOCKET) error {
		addr := loopback(wsa.AF_INET, 9)
		return WSAConnect(s, &addr, nil, nil, nil, nil)
	}},
	{"getpeername", func(s SOCKET) error { return GetPeerName(s, new(wsa.Sockaddr)) }},
	{"getsockname", func(s SOCKET) error { return GetSockName(s, new(wsa.Sockaddr)) }},
	{"getsockopt", func(s SOCKET) error { _, err := GetSockOptInt(s, wsa.SOL_SOCKET, wsa.SO_TYPE); return err }},
	{"ioctlsocket", func(s SOCKET) error { return IoctlSocket(s, wsa.FIONREAD, new(uint32)) }},
	{"listen", func(s SOCKET) error { return Listen(s, 5) }},
	{"recv", func(s SOCKET) error { _, err := Recv(s, make([]byte, 1), 0); return err }},
	{"recvfrom", func(s SOCKET) error { _, err := RecvFrom(s, make([]byte, 1), 0, new(wsa.Sockaddr)); return err }},
	{"select", func(s SOCKET) error {
		none := time.Duration(0)
		_, err := Select(&FdSet{s}, nil, nil, &none)
		return err
	}},
	{"send", func(s SOCKET) error { _, err := Send(s, []byte("x"), 0); return err }},
	{"sendto", func(s SOCKET) error {
		addr := loopback(wsa.AF_INET, 9)
		_, err := SendTo(s, []byte("x"), 0, &addr)
		return err
	}},
	{"SetDeadline", func(s SOCKET) error { return SetDeadline(s, spi.Receiving, time.Time{}) }},
	{"setsockopt", func(s SOCKET) error { return SetSockOptInt(s, wsa.SOL_SOCKET, wsa.SO_RCVBUF, 4096) }},
	{"shutdown", func(s SOCKET) error { return Shutdown(s, wsa.SD_BOTH) }},
	{"WSADuplicateSocket", func(s SOCKET) error {
		info, err := WSADuplicateSocket(s, uint32(os.Getpid()))
		if err != nil {
			return err
		}
		return closing(WSASocket(0, 0, 0, &info, 0, 0))
	}},
	{"WSAEnumNetworkEvents", func(s SOCKET) error { return WSAEnumNetworkEvents(s, 0, new(wsa.NetworkEvents)) }},
	{"WSAEventSelect", func(s SOCKET) error { return WSAEventSelect(s, 0, 0) }},
	{"WSAHtonl", func(s SOCKET) error { _, err := WSAHtonl(s, 1); return err }},
	{"WSAHtons", func(s SOCKET) error { _, err := WSAHtons(s, 1); return err }},
	{"WSAIoctl", func(s SOCKET) error { _, err := control(s, wsa.FIONREAD, nil, make([]byte, 4)); return err }},
	{"WSANtohl", func(s SOCKET) error { _, err := WSANtohl(s, 1); return err }},
	{"WSANtohs", func(s SOCKET) error { _, err := WSANtohs(s, 1); return err }},
	{"WSAPoll", func(s SOCKET) error {
		_, err := WSAPoll([]PollFd{{Fd: s &^ (1 << 63), Events: wsa.POLLIN}}, 0)
		return err
	}},
	{"WSARecv", func(s SOCKET) error { _, err := WSARecv(s, [][]byte{{0}}, nil, nil, nil); return err }},
	{"WSARecvDisconnect", func(s SOCKET) error { _, err := WSARecvDisconnect(s, nil); return err }},
	{"WSARecvFrom", func(s SOCKET) error { _, err := WSARecvFrom(s, [][]byte{{0}}, nil, nil, nil, nil); return err }},
	{"WSARecvMsg", func(s SOCKET) error { _, err := WSARecvMsg(s, &Msg{Buffers: [][]byte{{0}}}, nil, nil); return err }},
	{"WSASend", func(s SOCKET) error { _, err := WSASend(s, [][]byte{{0}}, 0, nil, nil); return err }},
	{"WSASendDisconnect", func(s SOCKET) error { return WSASendDisconnect(s, nil) }},
	{"WSASendMsg", func(s SOCKET) error {
		addr := loopback(wsa.AF_INET, 9)
		_, err := WSASendMsg(s, &Msg{Name: &addr, Buffers: [][]byte{{0}}}, 0, nil, nil)
		return err
	}},
	{"WSASendTo", func(s SOCKET) error {
		addr := loopback(wsa.AF_INET, 9)
		_, err := WSASendTo(s, [][]byte{{0}}, 0, &addr, nil, nil)
		return err
	}},
	{"closesocket", CloseSocket}, // last, as it succeeds
}

// nothingCalls are calls with as little as can be given, and with nonsense.
var nothingCalls = []call{
	{"accept nil", func(s SOCKET) error { return closing(Accept(s, nil)) }},
	{"bind nil", func(s SOCKET) error { return Bind(s, nil) }},
	{"bind empty", func(s SOCKET) error { return Bind(s, new(wsa.Sockaddr)) }},
	{"bind nonsense", func(s SOCKET) error { return Bind(s, nonsense()) }},
	{"connect nil", func(s SOCKET) error { return Connect(s, nil) }},
	{"connect empty", func(s SOCKET) error { return Connect(s, new(wsa.Sockaddr)) }},
	{"connect nonsense", func(s SOCKET) error { return Connect(s, nonsense()) }},
	{"WSAConnect data", func(s SOCKET) error { return WSAConnect(s, nil, []byte("x"), new([]byte), nil, nil) }},
	{"getpeername nil", func(s SOCKET) error { return GetPeerName(s, nil) }},
	{"getsockname nil", func(s SOCKET) error { return GetSockName(s, nil) }},
	{"getsockopt nil", func(s SOCKET) error { _, err := GetSockOpt(s, wsa.SOL_SOCKET, wsa.SO_TYPE, nil); return err }},
	{"getsockopt nonsense", func(s SOCKET) error { _, err := GetSockOpt(s, -7, -7, make([]byte, 1000)); return err }},
	{"ioctlsocket nil", func(s SOCKET) error { return IoctlSocket(s, wsa.FIONREAD, nil) }},
	{"listen negative", func(s SOCKET) error { return Listen(s, -1<<31) }},
	{"recv nil", func(s SOCKET) error { _, err := Recv(s, nil, 0); return err }},
	{"recv flags", func(s SOCKET) error { _, err := Recv(s, make([]byte, 1), ^uint32(0)); return err }},
	{"recv oob", func(s SOCKET) error { _, err := Recv(s, make([]byte, 1), wsa.MSG_OOB); return err }},
	{"send nil", func(s SOCKET) error { _, err := Send(s, nil, 0); return err }},
	{"send flags", func(s SOCKET) error { _, err := Send(s, []byte("x"), ^uint32(0)); return err }},
	{"sendto nil", func(s SOCKET) error { _, err := SendTo(s, nil, 0, nil); return err }},
	{"sendto empty", func(s SOCKET) error { _, err := SendTo(s, []byte("x"), 0, new(wsa.Sockaddr)); return err }},
	{"sendto nonsense", func(s SOCKET) error { _, err := SendTo(s, []byte("x"), 0, nonsense()); return err }},
	{"setsockopt nil", func(s SOCKET) error { return SetSockOpt(s, wsa.SOL_SOCKET, wsa.SO_RCVBUF, nil) }},
	{"setsockopt nonsense", func(s SOCKET) error { return SetSockOpt(s, -7, -7, make([]byte, 1000)) }},
	{"shutdown nonsense", func(s SOCKET) error { return Shutdown(s, -1) }},
	{"WSAEnumNetworkEvents nil", func(s SOCKET) error { return WSAEnumNetworkEvents(s, 0, nil) }},
	{"WSAEnumNetworkEvents nonsense", func(s SOCKET) error { return WSAEnumNetworkEvents(s, 77, new(wsa.NetworkEvents)) }},
	{"WSAEventSelect nonsense", func(s SOCKET) error { return WSAEventSelect(s, 77, -1) }},
	{"WSAIoctl nil", func(s SOCKET) error { _, err := control(s, 0, nil, nil); return err }},
	{"WSAIoctl nonsense", func(s SOCKET) error { _, err := control(s, ^uint32(0), make([]byte, 1), make([]byte, 1)); return err }},
	{"WSARecv nil", func(s SOCKET) error { _, err := WSARecv(s, nil, nil, nil, nil); return err }},
	{"WSARecv nil buffers", func(s SOCKET) error { _, err := WSARecv(s, [][]byte{nil, nil}, nil, nil, nil); return err }},
	{"WSARecvMsg nil", func(s SOCKET) error { _, err := WSARecvMsg(s, nil, nil, nil); return err }},
	{"WSARecvMsg empty", func(s SOCKET) error { _, err := WSARecvMsg(s, new(Msg), nil, nil); return err }},
	{"WSASend nil", func(s SOCKET) error { _, err := WSASend(s, nil, 0, nil, nil); return err }},
	{"WSASend nil buffers", func(s SOCKET) error { _, err := WSASend(s, [][]byte{nil, nil}, 0, nil, nil); return err }},
	{"WSASendDisconnect data", func(s SOCKET) error { return WSASendDisconnect(s, []byte("x")) }},
	{"WSASendMsg nil", func(s SOCKET) error { _, err := WSASendMsg(s, nil, 0, nil, nil); return err }},
	{"WSASendMsg control", func(s SOCKET) error {
		_, err := WSASendMsg(s, &Msg{Buffers: [][]byte{{0}}, Control: make([]byte, 7)}, 0, nil, nil)
		return err
	}},
}

// closing closes a socket that a call has returned.
func closing(s SOCKET, err error) error {
	if err == nil {
		return CloseSocket(s)
	}
	return err
}

// nonsense is an address of every byte there is room for.
func nonsense() *wsa.Sockaddr {
	b := make([]byte, wsa.SizeofStorage)
	for i := range b {
		b[i] = 0xa5
	}
	sa := wsa.SockaddrBytes(b)
	return &sa
}

// TestBadHandles follows difference 7: whatever is no socket is WSAENOTSOCK.
func TestBadHandles(t *testing.T) {
	leavesNothing(t)
	started(t)
	closed, err := Socket(wsa.AF_INET, wsa.SOCK_STREAM, 0)
	must(t, err)
	must(t, CloseSocket(closed))
	event := newEvent(t)
	var changes HANDLE
	must(t, WSAProviderConfigChange(&changes, nil, nil))
	t.Cleanup(func() { CloseHandle(changes) })
	for what, s := range map[string]SOCKET{
		"INVALID_SOCKET": INVALID_SOCKET, "0": 0, "1": 1, "2": 2, "3": 3, "4": 4, "100": 100,
		"a closed socket": closed, "a closed socket, misaligned": closed + 1, "an event": SOCKET(event),
		"a notification": SOCKET(changes), "a number above 32 bits": 1<<40 + 4,
	} {
		for _, list := range [][]call{socketCalls, nothingCalls} {
			for _, c := range list {
				wantErr(t, c.name+" on "+what, c.call(s), wsa.WSAENOTSOCK)
			}
		}
	}
}

// startedCalls are functions without a socket that need WSAStartup.
var startedCalls = []struct {
	name string
	call func() error
}{
	{"getaddrinfo", func() error { host := "127.0.0.1"; _, err := GetAddrInfo(&host, nil, nil); return err }},
	{"GetAddrInfoEx", func() error {
		host := "127.0.0.1"
		_, err := GetAddrInfoEx(context.Background(), &host, nil, wsa.NS_ALL, nil, nil)
		return err
	}},
	{"gethostbyaddr", func() error { _, err := GetHostByAddr([]byte{127, 0, 0, 1}, wsa.AF_INET); return err }},
	{"gethostbyname", func() error { _, err := GetHostByName("127.0.0.1"); return err }},
	{"gethostname", func() error { _, err := GetHostName(); return err }},
	{"getnameinfo", func() error {
		addr := loopback(wsa.AF_INET, 9)
		_, _, err := GetNameInfo(&addr, wsa.NI_NUMERICHOST|wsa.NI_NUMERICSERV)
		return err
	}},
	{"getprotobyname", func() error { _, err := GetProtoByName("tcp"); return err }},
	{"getprotobynumber", func() error { _, err := GetProtoByNumber(6); return err }},
	{"getservbyname", func() error { _, err := GetServByName("http", "tcp"); return err }},
	{"getservbyport", func() error { _, err := GetServByPort(80, "tcp"); return err }},
	{"select of nothing", func() error { _, err := Select(nil, nil, nil, nil); return err }},
	{"socket", func() error { return closing(Socket(wsa.AF_INET, wsa.SOCK_STREAM, 0)) }},
	{"socket of nonsense", func() error { return closing(Socket(-1, -1, -1)) }},
	{"Composed.Socket", func() error {
		c, err := Compose(wsa.AF_INET, wsa.SOCK_STREAM, 0, nil, "trace")
		if err != nil {
			return err
		}
		return closing(c.Socket(0))
	}},
	{"WaitForEvents", func() error { _, err := WaitForEvents(nil, false, 0); return err }},
	{"WSAAddressToString", func() error { _, err := WSAAddressToString(nil, nil); return err }},
	{"WSACleanup", WSACleanup},
	{"WSACloseEvent", func() error { return WSACloseEvent(4) }},
	{"WSACreateEvent", func() error {
		e, err := WSACreateEvent()
		if err == nil {
			return WSACloseEvent(e)
		}
		return err
	}},
	{"WSAEnumNameSpaceProviders", func() error { _, err := WSAEnumNameSpaceProviders(); return err }},
	{"WSAEnumProtocols", func() error { _, err := WSAEnumProtocols(nil); return err }},
	{"WSALookupServiceBegin", func() error { _, err := WSALookupServiceBegin(nil, 0); return err }},
	{"WSAPoll of nothing", func() error { _, err := WSAPoll(nil, 0); return err }},
	{"WSAProviderConfigChange", func() error { return WSAProviderConfigChange(new(HANDLE), nil, nil) }},
	{"WSAResetEvent", func() error { return WSAResetEvent(4) }},
	{"WSASetEvent", func() error { return WSASetEvent(4) }},
	{"WSASetService", func() error { return WSASetService(nil, 0, 0) }},
	{"WSASocket", func() error { return closing(WSASocket(wsa.AF_INET, wsa.SOCK_STREAM, 0, nil, 0, 0)) }},
	{"WSAStringToAddress", func() error { _, err := WSAStringToAddress("127.0.0.1", wsa.AF_INET, nil); return err }},
	{"WSAWaitForMultipleEvents", func() error { _, err := WSAWaitForMultipleEvents(nil, false, 0, false); return err }},
}

// freeCalls are functions that work without WSAStartup.
var freeCalls = []struct {
	name string
	call func() error
}{
	{"InetNtop", func() error { _, err := InetNtop(wsa.AF_INET, make([]byte, 4)); return err }},
	{"InetPton", func() error { _, err := InetPton(wsa.AF_INET, "127.0.0.1", make([]byte, 4)); return err }},
	{"Compose", func() error { _, err := Compose(wsa.AF_INET, wsa.SOCK_STREAM, 0, nil, "trace"); return err }},
	{"WSCEnumProtocols", func() error { _, err := WSCEnumProtocols(nil); return err }},
	{"WSCGetProviderPath", func() error {
		all, _ := WSCEnumProtocols(nil)
		_, err := WSCGetProviderPath(all[0].ProviderID)
		return err
	}},
}

// TestWithoutStartup follows difference 1, before the first WSAStartup and
// after the last WSACleanup.
func TestWithoutStartup(t *testing.T) {
	leavesNothing(t)
	var s SOCKET
	check := func(when string) {
		for _, list := range [][]call{socketCalls, nothingCalls} {
			for _, c := range list {
				wantErr(t, c.name+" "+when, c.call(s), wsa.WSANOTINITIALISED)
			}
		}
		for _, c := range startedCalls {
			wantErr(t, c.name+" "+when, c.call(), wsa.WSANOTINITIALISED)
		}
		for _, c := range freeCalls {
			wantErr(t, c.name+" "+when, c.call(), 0)
		}
	}
	check("before WSAStartup")
	_, err := WSAStartup(Version22)
	must(t, err)
	s, err = Socket(wsa.AF_INET, wsa.SOCK_STREAM, 0)
	must(t, err)
	must(t, WSACleanup())
	check("after WSACleanup")
}

// TestBadArguments: what is wrong with an argument is told by the documented
// error, on a socket that nothing is wrong with.
func TestBadArguments(t *testing.T) {
	leavesNothing(t)
	started(t)
	fresh := func(socketType int32) func() SOCKET {
		return func() SOCKET { return newTestSocket(t, wsa.AF_INET, socketType) }
	}
	stream, datagram := fresh(wsa.SOCK_STREAM), fresh(wsa.SOCK_DGRAM)
	conn := func() SOCKET { c, _ := connected(t, wsa.AF_INET); return c }
	wants := map[string]struct {
		on   func() SOCKET
		want wsa.Errno
	}{
		"accept nil":                    {stream, wsa.WSAEINVAL},
		"bind nil":                      {stream, wsa.WSAEFAULT},
		"bind empty":                    {datagram, wsa.WSAEFAULT},
		"bind nonsense":                 {stream, wsa.WSAEAFNOSUPPORT},
		"connect nil":                   {stream, wsa.WSAEFAULT},
		"connect empty":                 {stream, wsa.WSAEFAULT},
		"connect nonsense":              {datagram, wsa.WSAEAFNOSUPPORT},
		"getpeername nil":               {conn, wsa.WSAEFAULT},
		"getsockname nil":               {conn, wsa.WSAEFAULT},
		"getsockopt nil":                {stream, wsa.WSAEFAULT},
		"getsockopt nonsense":           {stream, wsa.WSAEINVAL},
		"ioctlsocket nil":               {stream, wsa.WSAEFAULT},
		"listen negative":               {stream, wsa.WSAEINVAL},
		"recv flags":                    {conn, wsa.WSAEOPNOTSUPP},
		"recv oob":                      {datagram, wsa.WSAEINVAL},
		"send nil":                      {conn, 0},
		"send flags":                    {conn, wsa.WSAEOPNOTSUPP},
		"sendto nil":                    {datagram, wsa.WSAENOTCONN},
		"sendto empty":                  {datagram, wsa.WSAEFAULT},
		"sendto nonsense":               {datagram, wsa.WSAEAFNOSUPPORT},
		"setsockopt nil":                {stream, wsa.WSAEFAULT},
		"setsockopt nonsense":           {stream, wsa.WSAEINVAL},
		"shutdown nonsense":             {conn, wsa.WSAEINVAL},
		"WSAEnumNetworkEvents nil":      {stream, wsa.WSAEFAULT},
		"WSAEnumNetworkEvents nonsense": {stream, wsa.WSAEINVAL},
		"WSAEventSelect nonsense":       {stream, wsa.WSAEINVAL},
		"WSAIoctl nil":                  {stream, wsa.WSAEOPNOTSUPP},
		"WSAIoctl nonsense":             {stream, wsa.WSAEOPNOTSUPP},
		"WSARecv nil":                   {conn, wsa.WSAEINVAL},
		"WSARecvMsg nil":                {datagram, wsa.WSAEFAULT},
		"WSARecvMsg empty":              {datagram, wsa.WSAEINVAL},
		"WSASend nil":                   {conn, wsa.WSAEINVAL},
		"WSASend nil buffers":           {conn, 0},
		"WSASendDisconnect data":        {conn, wsa.WSAENOPROTOOPT},
		"WSASendMsg nil":                {datagram, wsa.WSAEFAULT},
	}
	for _, c := range nothingCalls {
		if w, ok := wants[c.name]; ok {
			wantErr(t, c.name, c.call(w.on()), w.want)
			delete(wants, c.name)
		}
	}
	for name := range wants {
		t.Errorf("there is no call %q", name)
	}
}

// TestEveryCallInEveryState: no combination of call and state makes a panic,
// a wait of a non-blocking socket, or an error without a name; and the next
// socket works.
func TestEveryCallInEveryState(t *testing.T) {
	leavesNothing(t)
	started(t)
	for _, list := range [][]call{socketCalls, nothingCalls} {
		for _, c := range list {
			for state, s := range inEveryState(t) {
				ended := make(chan error, 1)
				go func() { ended <- c.call(s) }()
				err := done(t, ended)
				code := wsa.ErrnoOf(err)
				if err != nil && (err != error(code) || !strings.HasPrefix(code.Name(), "WSA")) {
					t.Errorf("%s on a socket that is %s: the error %v is no plain code with a name", c.name, state, err)
				}
				if err == wsa.WSAENOTSOCK || err == wsa.WSANOTINITIALISED || err == wsa.WSAECONNABORTED {
					t.Errorf("%s on a socket that is %s: %v", c.name, state, err)
				}
				CloseSocket(s)
			}
		}
	}
	c, s := connected(t, wsa.AF_INET)
	sendText(t, c, "all is well")
	wantRecv(t, s, "all is well")
}

// inEveryState makes non-blocking IPv4 sockets, one in each state.
func inEveryState(t *testing.T) map[string]SOCKET {
	t.Helper()
	stream, _ := boundSocket(t, wsa.AF_INET, wsa.SOCK_STREAM)
	datagram, own := boundSocket(t, wsa.AF_INET, wsa.SOCK_DGRAM)
	peer := newTestSocket(t, wsa.AF_INET, wsa.SOCK_DGRAM)
	must(t, Connect(peer, &own))
	listener, addr := listening(t, wsa.AF_INET)
	clientOf(t, addr)
	whole, _ := connected(t, wsa.AF_INET)
	half, _ := connected(t, wsa.AF_INET)
	must(t, Shutdown(half, wsa.SD_BOTH))
	broken, other := connected(t, wsa.AF_INET)
	resetBy(t, other)
	connecting, _ := pending(t, wsa.AF_INET)
	states := map[string]SOCKET{
		"fresh": newTestSocket(t, wsa.AF_INET, wsa.SOCK_STREAM), "a fresh datagram socket": newTestSocket(t, wsa.AF_INET, wsa.SOCK_DGRAM),
		"bound": stream, "a bound datagram socket": datagram, "a connected datagram socket": peer,
		"listening": listener, "connecting": connecting, "connected": whole, "shut down": half, "reset": broken,
	}
	for _, s := range states {
		nonblocking(t, s)
	}
	return states
}
