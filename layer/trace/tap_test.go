// SPDX-License-Identifier: Apache-2.0

package trace

import (
	"bytes"
	"net/netip"
	"strings"
	"testing"

	"github.com/gopacket/gopacket/layers"

	"winsock/layer/trace/capture"
	"winsock/layer/trace/internal/readback"
	"winsock/spi"
	"winsock/wsa"
)

// captured runs do on a traced socket and returns the packets.
func captured(t *testing.T, f spi.Socket, id identity, do func(s *socket)) []readback.Packet {
	t.Helper()
	var file bytes.Buffer
	tr := newTracer(nil)
	tr.sink, tr.logControl, tr.logData = nil, false, false
	w := capture.NewWriter(&file, "test", "", func(err error) { t.Errorf("capture failed: %v", err) })
	tr.capture = &captureFile{writer: w}
	s := tr.trace(f, id, self)
	do(s)
	s.Close()
	if file.Len() == 0 {
		w.Close() // nothing was captured
	}
	packets := readback.ReadAll(t, file.Bytes()) // closing a captured socket has flushed
	w.Close()
	return packets
}

// segments writes packets as "C:S R:SA C:PA=hello ...", C being the port of
// the traced socket.
func segments(t *testing.T, packets []readback.Packet, local uint16) string {
	t.Helper()
	readback.CheckTCP(t, packets)
	var list []string
	for _, p := range packets {
		tcp, ok := p.TransportLayer().(*layers.TCP)
		if !ok {
			t.Fatal("not TCP")
		}
		who := "R:"
		if uint16(tcp.SrcPort) == local {
			who = "C:"
		}
		for _, f := range []struct {
			set  bool
			name string
		}{{tcp.SYN, "S"}, {tcp.FIN, "F"}, {tcp.RST, "R"}, {tcp.URG, "U"}, {tcp.PSH, "P"}, {tcp.ACK, "A"}} {
			if f.set {
				who += f.name
			}
		}
		if len(tcp.Payload) > 0 {
			who += "=" + string(tcp.Payload)
		}
		list = append(list, who)
	}
	return strings.Join(list, " ")
}

func TestStreamsAreCaptured(t *testing.T) {
	const block, open = wsa.WSAEWOULDBLOCK, "C:S R:SA C:A"
	withFlags := func(flags uint32, text string) *spi.Message { m := message(text); m.Flags = flags; return m }
	hard, soft := []byte{1, 0, 0, 0}, []byte{0, 0, 0, 0}
	tests := []struct {
		name string
		errs []error
		do   func(s *socket)
		want string
	}{
		{"connect that takes time", []error{block, block, nil}, func(s *socket) { s.Connect(&server); s.ConnectResult(); s.ConnectResult() }, open + " C:FA R:A"},
		{"connect without a result asked for", []error{block}, func(s *socket) { s.Connect(&server); s.Send(message("hi")) }, open + " C:PA=hi C:FA R:A"},
		{"refused", []error{block, wsa.WSAECONNREFUSED, wsa.WSAECONNREFUSED}, func(s *socket) { s.Connect(&server); s.ConnectResult(); s.ConnectResult() }, "C:S R:RA"},
		{"timed out", []error{block, wsa.WSAETIMEDOUT}, func(s *socket) { s.Connect(&server); s.ConnectResult() }, "C:S"},
		{"closed while connecting", []error{block}, func(s *socket) { s.Connect(&server) }, "C:S"},
		{"a bad address is no packet", []error{wsa.WSAEFAULT}, func(s *socket) { s.Connect(&server) }, ""},
		{"a second connect is no packet", []error{nil, wsa.WSAEISCONN}, func(s *socket) { s.Connect(&server); s.Connect(&server) }, open + " C:FA R:A"},
		{"connected another way", nil, func(s *socket) { s.Send(message("hi")) }, open + " C:PA=hi C:FA R:A"},
		{"what was not taken is not there", []error{nil, block}, func(s *socket) {
			s.Connect(&server)
			s.Send(message("hi"))
			s.Socket.(*fake).n = 3
			s.Send(message("abc", "def"))
		}, open + " C:PA=abc C:FA R:A"},
		{"peeked bytes are not received", nil, func(s *socket) {
			s.Connect(&server)
			s.Recv(withFlags(wsa.MSG_PEEK, "....."))
			s.Recv(message("..", "..."))
		}, open + " R:PA=hello C:FA R:A"},
		{"urgent bytes", nil, func(s *socket) {
			s.Connect(&server)
			s.Send(withFlags(wsa.MSG_OOB, "!"))
			s.Recv(withFlags(wsa.MSG_OOB, "."))
		}, open + " C:UPA=! R:UPA=h C:FA R:A"},
		{"half-close", nil, func(s *socket) {
			s.Connect(&server)
			s.Shutdown(wsa.SD_RECEIVE)
			s.Shutdown(wsa.SD_SEND)
			s.Shutdown(wsa.SD_BOTH)
			s.Recv(message("....."))
			s.Socket.(*fake).data = nil
			s.Recv(message(""))
			s.Recv(message("....."))
			s.Recv(message("....."))
		}, open + " C:FA R:A R:PA=hello R:FA C:A"},
		{"a shutdown that failed", []error{nil, wsa.WSAENOTCONN}, func(s *socket) { s.Connect(&server); s.Shutdown(wsa.SD_SEND); s.Send(message("x")) }, open + " C:PA=x C:FA R:A"},
		{"an empty receive is not the end", nil, func(s *socket) {
			s.Connect(&server)
			s.Recv(message(""))
			s.Recv(message("....."))
		}, open + " R:PA=hello C:FA R:A"},
		{"reset by the peer", []error{nil, wsa.WSAECONNRESET, wsa.WSAECONNRESET}, func(s *socket) { s.Connect(&server); s.Recv(message(".")); s.Recv(message(".")) }, open + " R:RA"},
		{"a reset that a send sees leaves what came before it", []error{nil, wsa.WSAECONNRESET, nil}, func(s *socket) { s.Connect(&server); s.Send(message("x")); s.Recv(message(".....")) }, open + " R:PA=hello R:RA"},
		{"aborted here", []error{nil, wsa.WSAECONNABORTED}, func(s *socket) { s.Connect(&server); s.Recv(message(".")) }, open + " C:RA"},
		{"hard close", nil, func(s *socket) { s.Connect(&server); s.SetSockOpt(wsa.SOL_SOCKET, wsa.SO_LINGER, hard) }, open + " C:RA"},
		{"hard close taken back", nil, func(s *socket) {
			s.Connect(&server)
			s.SetSockOpt(wsa.SOL_SOCKET, wsa.SO_LINGER, hard)
			s.SetSockOpt(wsa.SOL_SOCKET, wsa.SO_LINGER, soft)
		}, open + " C:FA R:A"},
		{"hard close taken back by SO_DONTLINGER", nil, func(s *socket) {
			s.Connect(&server)
			s.SetSockOpt(wsa.SOL_SOCKET, wsa.SO_LINGER, hard)
			s.SetSockOpt(wsa.SOL_SOCKET, wsa.SO_DONTLINGER, []byte{1})
		}, open + " C:FA R:A"},
		{"SO_LINGER refused", []error{nil, wsa.WSAENOPROTOOPT}, func(s *socket) { s.Connect(&server); s.SetSockOpt(wsa.SOL_SOCKET, wsa.SO_LINGER, hard) }, open + " C:FA R:A"},
		{"abort", nil, func(s *socket) { s.Connect(&server); s.Abort() }, open + " C:RA"},
		{"linger", nil, func(s *socket) { s.Connect(&server); s.Linger() }, open + " C:FA R:A"},
		{"a second attempt", []error{block, wsa.WSAECONNREFUSED, nil}, func(s *socket) {
			s.Connect(&server)
			s.ConnectResult()
			l := s.Socket.(*fake)
			l.local.SetPort(49153)
			s.tap.local = netip.AddrPort{}
			s.Connect(&server)
		}, "C:S R:RA"}, // completed below: the second has another port
		{"never connected", nil, func(*socket) {}, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			f := &fake{errs: test.errs, data: []byte("hello"), local: wsa.SockaddrFrom(netip.MustParseAddrPort("192.0.2.9:49152")), remote: server}
			packets := captured(t, f, tcp4, test.do)
			if test.name == "a second attempt" {
				if got := segments(t, packets[2:], 49153); got != open+" C:FA R:A" {
					t.Errorf("the second attempt is %q", got)
				}
				packets = packets[:2]
			}
			if got := segments(t, packets, 49152); got != test.want {
				t.Errorf("segments\n got %s\nwant %s", got, test.want)
			}
		})
	}
}

func TestAcceptedConnectionIsCaptured(t *testing.T) {
	for _, asked := range []*wsa.Sockaddr{nil, new(wsa.Sockaddr)} {
		conn := &fake{data: []byte("hello"), local: server, remote: wsa.SockaddrFrom(netip.MustParseAddrPort("192.0.2.9:49152"))}
		packets := captured(t, &fake{accepted: conn, local: server}, tcp4, func(s *socket) {
			c, err := s.Accept(asked)
			if err != nil {
				t.Fatal(err)
			}
			c.Recv(message("....."))
			c.Close()
		})
		if got := segments(t, packets, 80); got != "R:S C:SA R:A R:PA=hello C:FA R:A" {
			t.Errorf("segments %s", got)
		}
		if conn.closed != 1 {
			t.Errorf("the accepted socket below was closed %d times, want once", conn.closed)
		}
	}
}

func TestDatagramsAreCaptured(t *testing.T) {
	udp := identity{wsa.AF_INET, wsa.SOCK_DGRAM, 0}
	other := wsa.SockaddrFrom(netip.MustParseAddrPort("198.51.100.5:50053"))
	f := &fake{data: []byte("answer"), from: other}
	packets := captured(t, f, udp, func(s *socket) {
		m := message("a", "bc")
		m.Name = &server
		f.local = wsa.SockaddrFrom(netip.MustParseAddrPort("0.0.0.0:4000")) // the send binds
		s.Send(m)
		m = message("......")
		s.Recv(m)
		if m.Name != nil {
			t.Error("the caller's message has got a name")
		}
		m = message("......")
		m.Flags = wsa.MSG_PEEK
		s.Recv(m)
		f.errs = []error{wsa.WSAEMSGSIZE}
		m = message("...")
		m.Name = new(wsa.Sockaddr)
		s.Recv(m)
		if *m.Name != other {
			t.Errorf("the caller's name is %v, want the sender", m.Name)
		}
		f.errs = []error{wsa.WSAEWOULDBLOCK, wsa.WSAEWOULDBLOCK}
		s.Send(message("lost"))
		s.Recv(message("......"))
		f.local = wsa.SockaddrFrom(netip.MustParseAddrPort("192.0.2.9:4000")) // connect decides
		s.Connect(&server)
		s.Send(message("connected"))
		f.from = wsa.Sockaddr{} // does not tell
		s.Recv(message("......"))
	})
	want := []string{
		"0.0.0.0:4000>192.0.2.1:80 abc [socket of process 4711, fetch]",
		"198.51.100.5:50053>0.0.0.0:4000 answer []",
		"198.51.100.5:50053>0.0.0.0:4000 ans [cut: the receive had less room]",
		"192.0.2.9:4000>192.0.2.1:80 connected []",
		"192.0.2.1:80>192.0.2.9:4000 answer []",
	}
	var got []string
	for _, p := range packets {
		src, dst := readback.Ends(p)
		comments := strings.Join(p.Options.Comments, ",")
		if number, of, ok := strings.Cut(comments, " of "); ok && strings.HasPrefix(number, "socket #") {
			comments = "socket of " + of
		}
		got = append(got, src.String()+">"+dst.String()+" "+string(p.TransportLayer().LayerPayload())+" ["+comments+"]")
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("datagrams\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestOtherSocketsAreNotCaptured(t *testing.T) {
	for _, id := range []identity{
		{wsa.AF_UNIX, wsa.SOCK_STREAM, 0},
		{wsa.AF_IRDA, wsa.SOCK_STREAM, 0},
		{wsa.AF_INET, wsa.SOCK_RAW, wsa.IPPROTO_ICMP},
		{wsa.AF_INET6, wsa.SOCK_SEQPACKET, 132},
	} {
		f := &fake{data: []byte("x"), local: server, remote: server}
		packets := captured(t, f, id, func(s *socket) {
			s.Connect(&server)
			s.Send(message("x"))
			s.Recv(message("x"))
			if spi.DataPathOf(s) != spi.Socket(f) {
				t.Errorf("%v: data does not go past the layer, though nobody looks at it", id)
			}
		})
		if len(packets) != 0 {
			t.Errorf("%v: %d packets, want none", id, len(packets))
		}
	}
}
