// SPDX-License-Identifier: Apache-2.0

package spitest

import (
	"winsock/spi"
	"winsock/wsa"
)

var nameChecks = []check{
	{"bind", "bind function, difference 21: nil or short address WSAEFAULT, foreign family WSAEAFNOSUPPORT, second bind WSAEINVAL", either, 0, bind},
	{"unbound name", "getsockname function, difference 19: WSAEINVAL on an unbound socket, buffer untouched", either, 0, unboundName},
	{"bound name", "getsockname function: the provider fills in the port it chose", either, 0, boundName},
	{"address in use", "bind function, difference 36: two sockets without options cannot share one address, WSAEADDRINUSE", either, 0, addressInUse},
	{"names of both ends", "getpeername and accept functions: each end's peer is the other end's name", stream, 0, namesOfBothEnds},
	{"order of getpeername's errors", "difference 27: WSAENOTCONN before WSAEFAULT", either, 0, peerNameErrors},
	{"peer name after shutdown", "difference 28: getpeername still works after both directions were shut down", stream, 0, peerNameAfterShutdown},
}

// foreign returns an address of a family that the protocol is not of.
func (e *env) foreign() wsa.Sockaddr {
	name := wsa.SockaddrBytes(make([]byte, wsa.SizeofStorage))
	name.Storage()[0] = wsa.AF_APPLETALK
	return name
}

// short returns an address of the right family that is cut too short. An
// address of AF_UNIX may have any length.
func (e *env) short() (wsa.Sockaddr, bool) {
	name := e.network.address(e, e.info)
	if e.info.AddressFamily == wsa.AF_UNIX {
		return name, false
	}
	name.SetLen(name.Len() - 9)
	return name, true
}

func bind(e *env) {
	s := e.open()
	e.want("bind to nil", s.Bind(nil), wsa.WSAEFAULT)
	if short, ok := e.short(); ok {
		e.want("bind to a short address", s.Bind(&short), wsa.WSAEFAULT)
	}
	foreign := e.foreign()
	e.want("bind to a foreign family", s.Bind(&foreign), wsa.WSAEAFNOSUPPORT)
	name := e.network.address(e, e.info)
	e.want("bind after failed ones", s.Bind(&name), 0)
	name = e.network.address(e, e.info)
	e.want("second bind", s.Bind(&name), wsa.WSAEINVAL)
}

func unboundName(e *env) {
	s := e.open()
	name := wsa.SockaddrBytes([]byte("untouched"))
	was := name
	e.want("getsockname", s.GetSockName(&name), wsa.WSAEINVAL)
	if name != was {
		e.Errorf("getsockname failed and changed the buffer to %x", name.Bytes())
	}
}

func boundName(e *env) {
	s, name := e.bound()
	if f := name.Family(); f != e.info.AddressFamily {
		e.Errorf("the family is %d, want %d", f, e.info.AddressFamily)
	}
	if _, ok := name.AddrPort(); ok && name.Port() == 0 {
		e.Errorf("the name is %v, want a port", &name)
	}
	if again := s.name(); again != name {
		e.Errorf("the second answer is %v, the first was %v", &again, &name)
	}
}

func addressInUse(e *env) {
	s, name := e.bound()
	if e.info.ServiceFlags1&wsa.XP1_CONNECTIONLESS == 0 {
		if err := s.Listen(1); err != nil {
			e.Fatalf("listen: %v", err)
		}
	}
	other := e.open()
	e.want("second bind to "+name.String(), other.Bind(&name), wsa.WSAEADDRINUSE)
}

func namesOfBothEnds(e *env) {
	l, name := e.listener(1)
	client := e.open()
	if err := client.Connect(&name); err != nil && err != wsa.WSAEWOULDBLOCK {
		e.Fatalf("connect: %v", err)
	}
	l.await(spi.EventAccept)
	var accepted, peer wsa.Sockaddr
	s, err := l.Accept(&accepted)
	if err != nil {
		e.Fatalf("accept: %v", err)
	}
	server := e.own(s)
	client.connected(&name)
	if err := client.GetPeerName(&peer); err != nil || peer != name {
		e.Errorf("getpeername of the client: %v, %v; want %v", &peer, err, &name)
	}
	if got := server.name(); got != name {
		e.Errorf("getsockname of the server: %v, want %v", &got, &name)
	}
	if e.info.AddressFamily == wsa.AF_UNIX || e.network.Translated {
		return // a client without a path has no name to compare
	}
	clientName := client.name()
	if accepted != clientName {
		e.Errorf("accept says the peer is %v, want %v", &accepted, &clientName)
	}
	if err := server.GetPeerName(&peer); err != nil || peer != clientName {
		e.Errorf("getpeername of the server: %v, %v; want %v", &peer, err, &clientName)
	}
}

func peerNameErrors(e *env) {
	s := e.open()
	e.want("getpeername of an unconnected socket into nil", s.GetPeerName(nil), wsa.WSAENOTCONN)
	client, _ := e.pair()
	e.want("getpeername of a connected socket into nil", client.GetPeerName(nil), wsa.WSAEFAULT)
	e.want("getsockname into nil", client.GetSockName(nil), wsa.WSAEFAULT)
}

func peerNameAfterShutdown(e *env) {
	client, _ := e.pair()
	var before, after wsa.Sockaddr
	e.want("getpeername", client.GetPeerName(&before), 0)
	e.want("shutdown", client.Shutdown(wsa.SD_BOTH), 0)
	e.want("getpeername after shutdown", client.GetPeerName(&after), 0)
	if before != after {
		e.Errorf("the peer was %v and became %v", &before, &after)
	}
}
