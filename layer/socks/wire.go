// SPDX-License-Identifier: Apache-2.0

package socks

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"net"
	"net/netip"
	"strconv"

	"winsock/wsa"
)

// A target is whom a proxy is asked for: a name, or else an address.
type target struct {
	host string
	addr netip.Addr
	port uint16
}

func (t target) String() string {
	host := t.host
	if host == "" {
		host = t.addr.String()
	}
	return net.JoinHostPort(host, strconv.Itoa(int(t.port)))
}

// A refusal is why a conversation failed.
type refusal struct {
	code wsa.Errno

	// aboutTarget tells that the proxy is well, but cannot or will not
	// reach the target.
	aboutTarget bool

	why string
}

func (r *refusal) Error() string { return r.why }

func faulty(why string) error { return &refusal{code: wsa.WSAENETUNREACH, why: why} }

func refused(code wsa.Errno, why string) error { return &refusal{code, true, why} }

// Commands of SOCKS.
const (
	cmdConnect   = 1
	cmdBind      = 2
	cmdAssociate = 3
)

// header, instead of a number of bytes, is all up to an empty line.
const header = -1

// maxHeader bounds the header of an HTTP proxy's answer.
const maxHeader = 16 << 10

// A talk is a conversation with one proxy. It does no input or output itself:
// next tells what to send and how many bytes to receive then, no more and no
// less, as what follows is the program's.
type talk struct {
	kind       kind
	user, pass string
	command    byte
	to         target
	early      bool           // to say all at once, and not wait for each answer
	bound      netip.AddrPort // what the proxy answered with, if it did
	answered   bool           // it has answered the request, whatever it was

	step int
	part []byte // of an answer that comes in two parts
}

// Steps of a talk.
const (
	stepBegin = iota
	stepMethod
	stepAuth
	stepReply   // of SOCKS 5: its fixed part
	stepAddress // its address
	stepReply4
	stepHeader
	stepOver
)

// next takes what was asked for last, nothing at first. want is 0 when the
// proxy has agreed.
func (t *talk) next(in []byte) (out []byte, want int, err error) {
	switch t.step {
	case stepBegin:
		return t.begin()
	case stepMethod:
		return t.method(in)
	case stepAuth:
		if in[1] != 0 {
			return nil, 0, &refusal{code: wsa.WSAEACCES, why: "the proxy does not accept the user's name and password"}
		}
		if t.early {
			t.step = stepReply
			return nil, 4, nil
		}
		return t.request()
	case stepReply:
		return t.reply(in)
	case stepAddress:
		return t.address(in)
	case stepReply4:
		return t.reply4(in)
	case stepHeader:
		t.step = stepOver
		return nil, 0, httpReply(in)
	}
	return nil, 0, faulty("the conversation is over")
}

// again begins to wait for the second answer to a BIND, and returns how much
// is to be received of it first.
func (t *talk) again() (want int) {
	t.bound, t.part = netip.AddrPort{}, nil
	if t.kind == socks5 {
		t.step = stepReply
		return 4
	}
	t.step = stepReply4
	return 8
}

// ahead returns how many bytes may be received at once, those that next has
// asked for among them: a proxy that was told all at once answers all, and what
// follows does not come before that.
func (t *talk) ahead() int {
	const least = 7 // of the answer to a request: with an empty name
	switch t.step {
	case stepReply:
		return least
	case stepAuth:
		if t.early {
			return 2 + least
		}
	case stepMethod:
		if t.early && t.authenticates() {
			return 2 + 2 + least
		} else if t.early {
			return 2 + least
		}
	}
	return 0
}

// authenticates reports whether there is a user to name.
func (t *talk) authenticates() bool { return t.user != "" || t.pass != "" }

func (t *talk) begin() (out []byte, want int, err error) {
	switch t.kind {
	case socks4, socks4a:
		out, err = t.request4()
		t.step = stepReply4
		return out, 8, err
	case httpConnect:
		t.step = stepHeader
		return t.requestHTTP(), header, nil
	}
	if t.early {
		return t.beginEarly()
	}
	t.step = stepMethod
	if !t.authenticates() {
		return []byte{5, 1, 0}, 2, nil
	}
	return []byte{5, 2, 0, 2}, 2, nil
}

// beginEarly says all that there is to say, offering the one way to
// authenticate that it goes on with.
func (t *talk) beginEarly() (out []byte, want int, err error) {
	request, _, err := t.request()
	if err != nil {
		return nil, 0, err
	}
	out = []byte{5, 1, 0}
	if t.authenticates() {
		out = append([]byte{5, 1, 2}, t.auth()...)
	}
	t.step = stepMethod
	return append(out, request...), 2, nil
}

// auth is the message with the user's name and password (RFC 1929).
func (t *talk) auth() []byte {
	out := append([]byte{1, byte(len(t.user))}, t.user...)
	out = append(out, byte(len(t.pass)))
	return append(out, t.pass...)
}

// method takes the choice of how to authenticate (RFC 1928, 3).
func (t *talk) method(in []byte) (out []byte, want int, err error) {
	if in[0] != 5 {
		return nil, 0, faulty("the proxy does not speak SOCKS 5")
	}
	switch {
	case in[1] == 0 && !t.early:
		return t.request()
	case in[1] == 0 && !t.authenticates():
		t.step = stepReply
		return nil, 4, nil
	case in[1] == 2 && t.authenticates():
		t.step = stepAuth
		if t.early {
			return nil, 2, nil
		}
		return t.auth(), 2, nil
	case in[1] == 0xff:
		return nil, 0, &refusal{code: wsa.WSAEACCES, why: "the proxy wants another way to authenticate"}
	}
	return nil, 0, faulty("the proxy chose a way to authenticate that was not offered")
}

func (t *talk) request() (out []byte, want int, err error) {
	t.step = stepReply
	out = []byte{5, t.command, 0}
	if t.to.host != "" {
		if len(t.to.host) > 255 {
			return nil, 0, refused(wsa.WSAEHOSTUNREACH, "the name is too long for SOCKS")
		}
		out = append(append(out, atypName, byte(len(t.to.host))), t.to.host...)
		out = binary.BigEndian.AppendUint16(out, t.to.port)
	} else {
		out = appendAddr(out, netip.AddrPortFrom(t.to.addr, t.to.port))
	}
	return out, 4, nil
}

// Types of addresses of SOCKS 5.
const (
	atypIPv4 = 1
	atypName = 3
	atypIPv6 = 4
)

// appendAddr appends an address as SOCKS 5 has it.
func appendAddr(b []byte, a netip.AddrPort) []byte {
	if addr := a.Addr(); addr.Is4() {
		v4 := addr.As4()
		b = append(append(b, atypIPv4), v4[:]...)
	} else {
		v6 := addr.As16()
		b = append(append(b, atypIPv6), v6[:]...)
	}
	return binary.BigEndian.AppendUint16(b, a.Port())
}

// reply takes the fixed part of an answer (RFC 1928, 6).
func (t *talk) reply(in []byte) (out []byte, want int, err error) {
	if in[0] != 5 {
		return nil, 0, faulty("the proxy's answer is not SOCKS 5")
	}
	t.answered = true
	if in[1] != 0 {
		return nil, 0, replyError(in[1])
	}
	t.step, t.part = stepAddress, append(t.part[:0], in[3])
	switch in[3] {
	case atypIPv4:
		return nil, 4 + 2, nil
	case atypIPv6:
		return nil, 16 + 2, nil
	case atypName:
		return nil, 1, nil
	}
	return nil, 0, faulty("the proxy's answer has an address of an unknown type")
}

func (t *talk) address(in []byte) (out []byte, want int, err error) {
	if t.part[0] == atypName && len(t.part) == 1 { // the name's length
		t.part = append(t.part, in[0])
		return nil, int(in[0]) + 2, nil
	}
	t.step = stepOver
	port := binary.BigEndian.Uint16(in[len(in)-2:])
	addr := netip.Addr{} // of a name, which is not looked up
	if t.part[0] != atypName {
		addr, _ = netip.AddrFromSlice(in[:len(in)-2])
	}
	t.bound = netip.AddrPortFrom(addr.Unmap(), port)
	return nil, 0, nil
}

// replyError is what an answer of SOCKS 5 means.
func replyError(code byte) error {
	switch code {
	case 1:
		return refused(wsa.WSAENETUNREACH, "the proxy failed")
	case 2:
		return refused(wsa.WSAEACCES, "the proxy's rules do not allow it")
	case 3:
		return refused(wsa.WSAENETUNREACH, "the proxy cannot reach the network")
	case 4:
		return refused(wsa.WSAEHOSTUNREACH, "the proxy cannot reach the host")
	case 5:
		return refused(wsa.WSAECONNREFUSED, "the peer refused the proxy's connection")
	case 6:
		return refused(wsa.WSAETIMEDOUT, "the time to live has expired behind the proxy")
	case 7:
		return refused(wsa.WSAEOPNOTSUPP, "the proxy does not know the command")
	case 8:
		return refused(wsa.WSAEAFNOSUPPORT, "the proxy does not know the family of the address")
	}
	return faulty("the proxy answered with the unknown code " + strconv.Itoa(int(code)))
}

func (t *talk) request4() ([]byte, error) {
	out := binary.BigEndian.AppendUint16([]byte{4, t.command}, t.to.port)
	switch {
	case t.to.host != "" && t.kind == socks4:
		return nil, refused(wsa.WSAEHOSTUNREACH, "SOCKS 4 cannot ask for a name")
	case t.to.host != "":
		out = append(out, 0, 0, 0, 1)
	case t.to.addr.Is4():
		v4 := t.to.addr.As4()
		out = append(out, v4[:]...)
	default:
		return nil, refused(wsa.WSAEAFNOSUPPORT, "SOCKS 4 has no IPv6")
	}
	out = append(append(out, t.user...), 0)
	if t.to.host != "" {
		out = append(append(out, t.to.host...), 0)
	}
	return out, nil
}

func (t *talk) reply4(in []byte) (out []byte, want int, err error) {
	t.step = stepOver
	if in[0] != 0 {
		return nil, 0, faulty("the proxy's answer is not SOCKS 4")
	}
	switch in[1] {
	case 90:
		t.bound = netip.AddrPortFrom(netip.AddrFrom4([4]byte(in[4:8])), binary.BigEndian.Uint16(in[2:4]))
		return nil, 0, nil
	case 91: // refused or failed: the protocol knows no more
		return nil, 0, refused(wsa.WSAECONNREFUSED, "the proxy could not connect")
	case 92, 93:
		return nil, 0, &refusal{code: wsa.WSAEACCES, why: "the proxy does not accept the user"}
	}
	return nil, 0, faulty("the proxy answered with the unknown code " + strconv.Itoa(int(in[1])))
}

func (t *talk) requestHTTP() []byte {
	to := t.to.String()
	out := append([]byte("CONNECT "), to...)
	out = append(append(out, " HTTP/1.1\r\nHost: "...), to...)
	if t.authenticates() {
		out = append(out, "\r\nProxy-Authorization: Basic "...)
		out = base64.StdEncoding.AppendEncode(out, []byte(t.user+":"+t.pass))
	}
	return append(out, "\r\n\r\n"...)
}

// httpReply judges the header of an answer to CONNECT.
func httpReply(in []byte) error {
	line, _, _ := bytes.Cut(in, []byte("\n"))
	version, rest, _ := bytes.Cut(bytes.TrimRight(line, "\r"), []byte(" "))
	code, _, _ := bytes.Cut(bytes.TrimLeft(rest, " "), []byte(" "))
	n, err := strconv.Atoi(string(code))
	if !bytes.HasPrefix(version, []byte("HTTP/1.")) || err != nil || len(code) != 3 {
		return faulty("the proxy's answer is not HTTP")
	}
	why := "the proxy answered HTTP " + string(code)
	switch {
	case n >= 200 && n < 300:
		return nil
	case n == 407, n == 401:
		return &refusal{code: wsa.WSAEACCES, why: why}
	case n == 403, n == 405:
		return refused(wsa.WSAEACCES, why)
	case n == 404, n == 502:
		return refused(wsa.WSAEHOSTUNREACH, why)
	case n == 503:
		return refused(wsa.WSAECONNREFUSED, why)
	case n == 504, n == 408:
		return refused(wsa.WSAETIMEDOUT, why)
	case n >= 400:
		return refused(wsa.WSAENETUNREACH, why)
	}
	return faulty(why)
}

// endOfHeader returns how many bytes of b belong to a header that began with
// so far, and whether it ends there. Lines end with or without a return.
func endOfHeader(sofar, b []byte) (n int, ends bool) {
	// A state: how much of the empty line was seen at the end of sofar.
	line := 0 // bytes of the present line, not counting a return
	seen := len(sofar) > 0
	for i := len(sofar) - 1; i >= 0 && sofar[i] != '\n'; i-- {
		if sofar[i] != '\r' {
			line++
		}
	}
	for i, c := range b {
		switch c {
		case '\n':
			if line == 0 && (seen || i > 0) {
				return i + 1, true
			}
			line = 0
		case '\r':
		default:
			line++
		}
	}
	return len(b), false
}
