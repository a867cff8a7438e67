// SPDX-License-Identifier: Apache-2.0

package wsnet

import (
	"context"
	"net"
	"time"

	"winsock"
	"winsock/spi"
	"winsock/wsa"
)

// A Dialer holds how to connect. Its zero value connects through the
// catalog's own choice of provider, without a time limit.
type Dialer struct {
	// Route is the chain to use.
	Route

	// Timeout limits the whole dial; 0 means no limit.
	Timeout time.Duration

	// LocalAddr is the address to connect from, of the network's type.
	LocalAddr net.Addr

	// FallbackDelay is how long an attempt over the first address family
	// may take before one over the other begins (RFC 6555); 0 means 300
	// ms, a negative value no such attempt.
	FallbackDelay time.Duration
}

// Dial connects through the catalog's choice of provider.
func Dial(network, address string) (net.Conn, error) { return (&Dialer{}).Dial(network, address) }

// Dial is DialContext without a context.
func (d *Dialer) Dial(network, address string) (net.Conn, error) {
	return d.DialContext(context.Background(), network, address)
}

// DialContext connects to an address of the network: "tcp", "udp" (each also
// with "4" or "6"), or "unix". ctx ends the attempt, not the connection. The
// result is a [*Conn], or for "udp" a [*PacketConn].
func (d *Dialer) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	t, err := parseNetwork(network)
	if err == nil {
		err = start()
	}
	if err == nil && d.Protocol == nil {
		err = d.ready(t)
	}
	if err != nil {
		return nil, &net.OpError{Op: "dial", Net: network, Err: err}
	}
	if d.Timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, d.Timeout)
		defer cancel()
	}
	candidates, err := resolve(ctx, t, address, false)
	if err != nil {
		return nil, &net.OpError{Op: "dial", Net: network, Err: err}
	}
	first, second := byFamily(candidates)
	if len(second) == 0 || d.FallbackDelay < 0 {
		return d.dialSerial(ctx, t, candidates)
	}
	return d.dialParallel(ctx, t, first, second)
}

// byFamily parts the addresses of the first one's family from the rest.
func byFamily(all []candidate) (first, second []candidate) {
	for _, c := range all {
		if c.name.Family() == all[0].name.Family() {
			first = append(first, c)
		} else {
			second = append(second, c)
		}
	}
	return first, second
}

type dialed struct {
	conn    net.Conn
	err     error
	primary bool
}

// dialParallel races the two families, the second of which starts late.
func (d *Dialer) dialParallel(ctx context.Context, t transport, first, second []candidate) (net.Conn, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	results := make(chan dialed, 2)
	race := func(list []candidate, primary bool) {
		conn, err := d.dialSerial(ctx, t, list)
		results <- dialed{conn, err, primary}
	}
	delay := d.FallbackDelay
	if delay == 0 {
		delay = 300 * time.Millisecond
	}
	timer := time.NewTimer(delay)
	defer timer.Stop()
	running := 1
	started := false
	startSecond := func() {
		if !started {
			started = true
			running++
			go race(second, false)
		}
	}
	go race(first, true)
	var failure error
	for {
		select {
		case <-timer.C:
			startSecond()
		case r := <-results:
			running--
			if r.err == nil {
				cancel()
				go func() { // the other attempt may succeed all the same
					for range running {
						if late := <-results; late.conn != nil {
							late.conn.Close()
						}
					}
				}()
				return r.conn, nil
			}
			if r.primary || failure == nil {
				failure = r.err
			}
			startSecond()
			if running == 0 {
				return nil, failure
			}
		}
	}
}

// dialSerial tries one address after the other and returns the first error
// if none works.
func (d *Dialer) dialSerial(ctx context.Context, t transport, list []candidate) (net.Conn, error) {
	var failure error
	for i := range list {
		conn, err := d.dialOne(ctx, t, &list[i].name)
		if err == nil {
			return conn, nil
		}
		if failure == nil {
			failure = err
		}
		if ctx.Err() != nil {
			break
		}
	}
	return nil, failure
}

func (d *Dialer) dialOne(ctx context.Context, t transport, to *wsa.Sockaddr) (net.Conn, error) {
	remote := t.netAddr(to)
	fail := func(call string, err error) (net.Conn, error) {
		return nil, opError("dial", t.network, d.LocalAddr, remote, call, err)
	}
	s, err := d.open(to.Family(), t)
	if err != nil {
		return fail("WSASocket", err)
	}
	if err := d.prepare(t, s, to.Family()); err != nil {
		winsock.CloseSocket(s)
		return fail("bind", err)
	}
	// A context that ends makes the connect time out at once.
	stop := context.AfterFunc(ctx, func() { winsock.SetDeadline(s, spi.Sending, past) })
	err = winsock.Connect(s, to)
	if !stop() && err == nil {
		err = wsa.WSAETIMEDOUT // the deadline may have been set already: not a socket to hand out
	}
	if err != nil {
		winsock.CloseSocket(s)
		if ctx.Err() != nil {
			return nil, &net.OpError{Op: "dial", Net: t.network, Source: d.LocalAddr, Addr: remote, Err: contextError(ctx.Err())}
		}
		return fail("connect", err)
	}
	if !t.stream() {
		return &PacketConn{Conn: *newConn(t, s), family: to.Family()}, nil
	}
	return newConn(t, s), nil
}

// prepare binds and sets up a socket before it is connected.
func (d *Dialer) prepare(t transport, s winsock.SOCKET, family int32) error {
	if t.protocol == wsa.IPPROTO_TCP {
		_ = winsock.SetSockOptInt(s, wsa.IPPROTO_TCP, wsa.TCP_NODELAY, 1) // as package net; a chain without the option does without
	}
	var from wsa.Sockaddr
	switch a := d.LocalAddr.(type) {
	case nil:
		return nil
	case *net.TCPAddr:
		from = sockaddr(a.AddrPort(), family)
	case *net.UDPAddr:
		from = sockaddr(a.AddrPort(), family)
	case *net.UnixAddr:
		from = wsa.SockaddrUnix(a.Name)
	default:
		return wsa.WSAEAFNOSUPPORT
	}
	return winsock.Bind(s, &from)
}
