// SPDX-License-Identifier: Apache-2.0

package trace

import (
	"bytes"
	"encoding/json"
	"net/netip"
	"strings"
	"testing"

	"winsock/spi"
	"winsock/wsa"
)

var (
	server  = wsa.SockaddrFrom(netip.MustParseAddrPort("192.0.2.1:80"))
	client6 = wsa.SockaddrFrom(netip.MustParseAddrPort("[2001:db8::1%3]:49152"))
)

// Each call in both forms. The text has its columns squeezed here; JSON has
// the fields that every line has taken off.
func TestLines(t *testing.T) {
	one, linger := []byte{1, 0, 0, 0}, []byte{1, 0, 5, 0}
	tests := []struct {
		name       string
		fake       fake
		do         func(s spi.Socket)
		text, json string
	}{
		{"bind", fake{}, func(s spi.Socket) { s.Bind(&client6) },
			"WSPBind(name=[2001:db8::1%3]:49152) = OK 12.3us",
			`"call":"WSPBind","error":"","code":0,"us":12.3,"tries":1,"name":"[2001:db8::1%3]:49152"`},
		{"bind without a name", fake{err: wsa.WSAEFAULT}, func(s spi.Socket) { s.Bind(nil) },
			"WSPBind(name=NULL) = WSAEFAULT 12.3us",
			`"call":"WSPBind","error":"WSAEFAULT","code":10014,"us":12.3,"tries":1,"name":"NULL"`},
		{"a path with a quote", fake{}, func(s spi.Socket) { sa := wsa.SockaddrUnix("/tmp/\"\n\xff"); s.Bind(&sa) },
			`WSPBind(name=/tmp/\"\n\xff) = OK 12.3us`,
			`"call":"WSPBind","error":"","code":0,"us":12.3,"tries":1,"name":"/tmp/\"\u000a` + "\ufffd" + `"`},
		{"listen", fake{}, func(s spi.Socket) { s.Listen(5) },
			"WSPListen(backlog=5) = OK 12.3us",
			`"call":"WSPListen","error":"","code":0,"us":12.3,"tries":1,"backlog":5`},
		{"listen with any backlog", fake{}, func(s spi.Socket) { s.Listen(wsa.SOMAXCONN) },
			"WSPListen(backlog=SOMAXCONN) = OK 12.3us",
			`"call":"WSPListen","error":"","code":0,"us":12.3,"tries":1,"backlog":2147483647`},
		{"connect at once", fake{}, func(s spi.Socket) { s.Connect(&server); s.ConnectResult() },
			"WSPConnect(name=192.0.2.1:80) = OK 12.3us",
			`"call":"WSPConnect","error":"","code":0,"us":12.3,"tries":1,"name":"192.0.2.1:80"`},
		{"send", fake{}, func(s spi.Socket) { s.Send(message("GET /\r\n")) },
			`WSPSend(len=7) = 7 bytes 12.3us "GET /\r\n"`,
			`"call":"WSPSend","error":"","code":0,"us":12.3,"tries":1,"bytes":7,"len":7,"data":"474554202f0d0a"`},
		{"send of several buffers, in part", fake{n: 5}, func(s spi.Socket) { s.Send(message("abc", "defghij", "klm")) },
			`WSPSend(len=13, buffers=3) = 8 bytes 12.3us "abcdefgh"`,
			`"call":"WSPSend","error":"","code":0,"us":12.3,"tries":1,"bytes":8,"len":13,"buffers":3,"data":"6162636465666768"`},
		{"more data than is shown", fake{}, func(s spi.Socket) { s.Send(message("123456789")) },
			`WSPSend(len=9) = 9 bytes 12.3us "12345678"...`,
			`"call":"WSPSend","error":"","code":0,"us":12.3,"tries":1,"bytes":9,"len":9,"data":"3132333435363738"`},
		{"sendto with urgent data", fake{}, func(s spi.Socket) {
			m := message("\x00")
			m.Flags, m.Name = wsa.MSG_OOB, &server
			s.Send(m)
		},
			`WSPSendTo(len=1, flags=MSG_OOB, name=192.0.2.1:80) = 1 bytes 12.3us "\x00"`,
			`"call":"WSPSendTo","error":"","code":0,"us":12.3,"tries":1,"bytes":1,"len":1,"flags":"MSG_OOB","name":"192.0.2.1:80","data":"00"`},
		{"WSASendMsg", fake{err: wsa.WSAEINVAL}, func(s spi.Socket) {
			m := message("x")
			m.Control = make([]byte, 16)
			s.Send(m)
		},
			"WSPSendMsg(len=1, control=16) = WSAEINVAL 12.3us",
			`"call":"WSPSendMsg","error":"WSAEINVAL","code":10022,"us":12.3,"tries":1,"len":1,"control":16`},
		{"recv", fake{data: []byte("hello")}, func(s spi.Socket) { s.Recv(message("0123456789")) },
			`WSPRecv(len=10) = 5 bytes 12.3us "hello"`,
			`"call":"WSPRecv","error":"","code":0,"us":12.3,"tries":1,"bytes":5,"len":10,"data":"68656c6c6f"`},
		{"end of the stream", fake{}, func(s spi.Socket) { s.Recv(message("0123")) },
			"WSPRecv(len=4) = 0 bytes 12.3us",
			`"call":"WSPRecv","error":"","code":0,"us":12.3,"tries":1,"bytes":0,"len":4`},
		{"a datagram that was cut", fake{err: wsa.WSAEMSGSIZE, data: []byte("hello"), from: server, flags: wsa.MSG_PARTIAL}, func(s spi.Socket) {
			m := message("0123")
			m.Name = new(wsa.Sockaddr)
			m.Flags = wsa.MSG_PEEK
			s.Recv(m)
		},
			`WSPRecvFrom(len=4, flags=MSG_PEEK, flags_out=MSG_PARTIAL, peer=192.0.2.1:80) = WSAEMSGSIZE, 4 bytes 12.3us "hell"`,
			`"call":"WSPRecvFrom","error":"WSAEMSGSIZE","code":10040,"us":12.3,"tries":1,"bytes":4,"len":4,"flags":"MSG_PEEK","flags_out":"MSG_PARTIAL","peer":"192.0.2.1:80","data":"68656c6c"`},
		{"shutdown", fake{}, func(s spi.Socket) { s.Shutdown(wsa.SD_SEND) },
			"WSPShutdown(SD_SEND) = OK 12.3us",
			`"call":"WSPShutdown","error":"","code":0,"us":12.3,"tries":1,"how":"SD_SEND"`},
		{"close", fake{}, func(s spi.Socket) { s.Close() },
			"WSPCloseSocket() = OK 12.3us",
			`"call":"WSPCloseSocket","error":"","code":0,"us":12.3,"tries":1`},
		{"getsockname", fake{local: client6}, func(s spi.Socket) { s.GetSockName(new(wsa.Sockaddr)) },
			"WSPGetSockName(local=[2001:db8::1%3]:49152) = OK 12.3us",
			`"call":"WSPGetSockName","error":"","code":0,"us":12.3,"tries":1,"local":"[2001:db8::1%3]:49152"`},
		{"getpeername", fake{}, func(s spi.Socket) { s.GetPeerName(new(wsa.Sockaddr)) },
			"WSPGetPeerName() = WSAENOTCONN 12.3us",
			`"call":"WSPGetPeerName","error":"WSAENOTCONN","code":10057,"us":12.3,"tries":1`},
		{"getsockopt", fake{data: one}, func(s spi.Socket) { s.GetSockOpt(wsa.SOL_SOCKET, wsa.SO_KEEPALIVE, make([]byte, 4)) },
			"WSPGetSockOpt(SOL_SOCKET, SO_KEEPALIVE, value=1) = OK 12.3us",
			`"call":"WSPGetSockOpt","error":"","code":0,"us":12.3,"tries":1,"level":"SOL_SOCKET","option":"SO_KEEPALIVE","value":1`},
		{"setsockopt of SO_LINGER", fake{}, func(s spi.Socket) { s.SetSockOpt(wsa.SOL_SOCKET, wsa.SO_LINGER, linger) },
			"WSPSetSockOpt(SOL_SOCKET, SO_LINGER, value=on,5s) = OK 12.3us",
			`"call":"WSPSetSockOpt","error":"","code":0,"us":12.3,"tries":1,"level":"SOL_SOCKET","option":"SO_LINGER","value":"on,5s"`},
		{"ioctl", fake{data: one}, func(s spi.Socket) { s.Ioctl(wsa.FIONREAD, []byte{0xab}, make([]byte, 4)) },
			"WSPIoctl(FIONREAD, in=ab, out=01000000) = OK 12.3us",
			`"call":"WSPIoctl","error":"","code":0,"us":12.3,"tries":1,"ioctl":"FIONREAD","in":"ab","out":"01000000"`},
		{"accept", fake{accepted: &fake{remote: server}}, func(s spi.Socket) { s.Accept(new(wsa.Sockaddr)) },
			"WSPAccept(peer=192.0.2.1:80) = #2 12.3us",
			`"call":"WSPAccept","error":"","code":0,"us":12.3,"tries":1,"new":2,"peer":"192.0.2.1:80"`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			f := test.fake
			text := logOf(t, false, &f, test.do)
			const beginning = "20:14:07.381262 4711/fetch #1   trace:0  "
			if !strings.HasPrefix(text, beginning) {
				t.Errorf("line %q does not begin with %q", text, beginning)
			}
			if got := strings.Join(strings.Fields(strings.TrimPrefix(text, beginning)), " "); got != test.text {
				t.Errorf("text\n got %s\nwant %s", got, test.text)
			}
			f = test.fake
			line := logOf(t, true, &f, test.do)
			if !json.Valid([]byte(line)) {
				t.Errorf("not JSON: %s", line)
			}
			want := `{"time":"2024-02-29T20:14:07.381262Z","pid":4711,"prog":"fetch","sock":1,"tag":"trace","place":0,` + test.json + "}"
			if line != want {
				t.Errorf("JSON\n got %s\nwant %s", line, want)
			}
		})
	}
}

// The sample of the package's documentation.
func TestColumnsOfTheText(t *testing.T) {
	const block = wsa.WSAEWOULDBLOCK
	f := &fake{errs: []error{block, block, nil, nil, block, block, block, nil}, data: []byte("HTTP/1.0 200 OK\r\n")}
	got := logOf(t, false, f, func(s spi.Socket) {
		s.Connect(&server)
		s.ConnectResult()
		s.ConnectResult()
		s.ConnectResult() // old news
		for range 4 {
			s.Recv(message(strings.Repeat("x", 4096)))
		}
		s.Send(message("GET / HTTP/1.0\r\n\r\n"))
		s.Close()
	})
	want := `
20:14:07.381262 4711/fetch #1   trace:0  WSPConnect(name=192.0.2.1:80)                                = WSAEWOULDBLOCK               12.3us
20:14:07.381311 4711/fetch #1   trace:0  ConnectResult()                                              = OK                           61.5us  3 tries
20:14:07.381360 4711/fetch #1   trace:0  WSPRecv(len=4096)                                            = WSAEWOULDBLOCK               12.3us
20:14:07.381434 4711/fetch #1   trace:0  WSPRecv(len=4096)                                            = 17 bytes                     86.1us  4 tries  "HTTP/1.0"...
20:14:07.381459 4711/fetch #1   trace:0  WSPSend(len=18)                                              = 18 bytes                     12.3us  "GET / HT"...
20:14:07.381483 4711/fetch #1   trace:0  WSPCloseSocket()                                             = OK                           12.3us`
	if got != want[1:] {
		t.Errorf("log\n%s\nwant\n%s", got, want[1:])
	}
}

func TestWaits(t *testing.T) {
	const block = wsa.WSAEWOULDBLOCK
	oob := func() *spi.Message { m := message("x"); m.Flags = wsa.MSG_OOB; return m }
	accepted := &fake{remote: server}
	tests := []struct {
		name string
		errs []error
		do   func(s spi.Socket)
		want []string // parts of one line each
	}{
		{"a wait is two lines", []error{block, block, block}, func(s spi.Socket) {
			for range 4 {
				s.Send(message("abc"))
			}
		}, []string{"WSPSend(len=3)|WSAEWOULDBLOCK", "WSPSend(len=3)|3 bytes|4 tries"}},
		{"a failure ends a wait", []error{block, wsa.WSAECONNRESET}, func(s spi.Socket) {
			s.Recv(message("abc"))
			s.Recv(message("abc"))
		}, []string{"WSPRecv|WSAEWOULDBLOCK", "WSPRecv|WSAECONNRESET|2 tries"}},
		{"each direction waits by itself", []error{block, block, block, block}, func(s spi.Socket) {
			s.Recv(message("abc"))
			s.Send(message("abc"))
			s.Recv(oob())
			s.Accept(nil)
		}, []string{"WSPRecv", "WSPSend", "WSPRecv(len=1, flags=MSG_OOB)", "WSPAccept()|WSAEWOULDBLOCK"}},
		{"the next wait is a new one", []error{block, nil, block, nil}, func(s spi.Socket) {
			for range 4 {
				s.Accept(nil)
			}
		}, []string{"WSPAccept|WSAEWOULDBLOCK", "WSPAccept|#2", "WSPAccept|WSAEWOULDBLOCK", "WSPAccept|#3|2 tries"}},
		{"close tells of waits it ends", []error{block, block, block, block}, func(s spi.Socket) {
			s.Connect(&server)
			s.ConnectResult()
			s.Recv(message("abc"))
			s.Recv(oob())
			s.Close()
		}, []string{"WSPConnect", "WSPRecv", "WSPRecv", "WSPCloseSocket(pending=WSPConnect after 2 tries, WSPRecv after 1 try, WSPRecv of MSG_OOB after 1 try)"}},
		{"a failed attempt, and the next", []error{block, wsa.WSAECONNREFUSED, wsa.WSAECONNREFUSED, block, wsa.WSAEALREADY, nil, nil}, func(s spi.Socket) {
			s.Connect(&server)
			s.ConnectResult()
			s.ConnectResult()
			s.Connect(&server)
			s.Connect(&server)
			s.ConnectResult()
			s.ConnectResult()
		}, []string{"WSPConnect|WSAEWOULDBLOCK", "ConnectResult|WSAECONNREFUSED|2 tries", "WSPConnect|WSAEWOULDBLOCK", "WSPConnect|WSAEALREADY", "ConnectResult|OK|2 tries"}},
		{"a result that nobody asked for", []error{wsa.WSAENOTCONN}, func(s spi.Socket) { s.ConnectResult() }, nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			log := logOf(t, false, &fake{errs: test.errs, accepted: accepted}, test.do)
			var lines []string
			if log != "" {
				lines = strings.Split(log, "\n")
			}
			if len(lines) != len(test.want) {
				t.Fatalf("%d lines, want %d:\n%s", len(lines), len(test.want), log)
			}
			for i, want := range test.want {
				for part := range strings.SplitSeq(want, "|") {
					if !strings.Contains(lines[i], part) {
						t.Errorf("line %d lacks %q: %s", i+1, part, lines[i])
					}
				}
			}
		})
	}
}

func TestWhichCallsAreLogged(t *testing.T) {
	tests := []struct {
		control, data bool
		want          int
		past          bool // the data goes past the layer
	}{{true, true, 3, false}, {true, false, 2, true}, {false, true, 1, false}}
	for _, test := range tests {
		var out strings.Builder
		tr := newTracer(nil)
		tr.sink.out, tr.logControl, tr.logData = &out, test.control, test.data
		f := &fake{}
		s := tr.trace(f, tcp4, self)
		s.Bind(&server)
		s.Send(message("x"))
		s.Close()
		if n := strings.Count(out.String(), "\n"); n != test.want {
			t.Errorf("control %v, data %v: %d lines, want %d", test.control, test.data, n, test.want)
		}
		if past := spi.DataPathOf(s) == spi.Socket(f); past != test.past {
			t.Errorf("control %v, data %v: data goes past the layer is %v", test.control, test.data, past)
		}
	}
}

func TestLingerIsOneCall(t *testing.T) {
	var out bytes.Buffer
	s := newTracer(&out).trace(lingering{&fake{errs: []error{wsa.WSAEWOULDBLOCK, wsa.WSAEWOULDBLOCK, nil}}}, tcp4, self)
	for range 3 {
		s.Linger()
	}
	s.Abort()
	got := out.String()
	if strings.Count(got, "\n") != 3 || !strings.Contains(got, "3 tries") || !strings.Contains(got, "Abort()") {
		t.Errorf("log\n%s\nwant Linger twice, the second time with 3 tries, and Abort", got)
	}
}
