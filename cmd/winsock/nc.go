// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"winsock"
	"winsock/metrics"
	"winsock/wsnet"
)

// ncOptions are the flags of winsock nc.
type ncOptions struct {
	listen, udp, unix, keep bool
	v4, v6                  bool
	verbose                 bool
	sendOnly, recvOnly      bool
	chainFlags
	metrics    string
	route      wsnet.Route
	wait, idle time.Duration

	in       io.Reader
	out, err io.Writer
}

func newNC() *cobra.Command {
	o := &ncOptions{}
	c := &cobra.Command{
		Use:   "nc [flags] [HOST] PORT",
		Short: "Connect or listen through a provider chain, and pipe",
		Long: `Connects to HOST PORT, or listens with -l, through the catalog's chain, or
through the layers given and the chain of a configuration, and pipes standard
input and output. At the end of its input it ends the sending direction, and
goes on until the peer has ended the other.

The exit code is 0 if all went well, 1 after a network error, and 2 if the
command was wrong.`,
		Example: `  winsock nc 127.0.0.1 8080
  winsock nc -l 8080 > file
  winsock nc --layer trace:log=- 127.0.0.1 8080 < request
  winsock nc --config winsock.toml --chain office www.example.org 80`,
		Args: cobra.RangeArgs(1, 2),
		RunE: func(c *cobra.Command, args []string) error {
			o.in, o.out, o.err = c.InOrStdin(), c.OutOrStdout(), c.ErrOrStderr()
			network, address, err := o.target(args)
			if err != nil {
				return err
			}
			return o.run(c.Context(), network, address)
		},
	}
	f := c.Flags()
	f.BoolVarP(&o.listen, "listen", "l", false, "listen for a connection")
	f.BoolVarP(&o.keep, "keep-open", "k", false, "with -l: accept further connections")
	f.BoolVarP(&o.udp, "udp", "u", false, "use UDP instead of TCP")
	f.BoolVarP(&o.unix, "unix", "U", false, "use a UNIX socket; PORT is its path")
	f.BoolVarP(&o.v4, "ipv4", "4", false, "use IPv4 only")
	f.BoolVarP(&o.v6, "ipv6", "6", false, "use IPv6 only")
	f.BoolVarP(&o.verbose, "verbose", "v", false, "say what happens on standard error")
	f.BoolVar(&o.sendOnly, "send-only", false, "only send; end at the end of input")
	f.BoolVar(&o.recvOnly, "recv-only", false, "only receive")
	o.register(c)
	f.StringVar(&o.metrics, "metrics", "", "serve counts and times for Prometheus at this `address`: HOST:PORT or unix:FILE")
	f.DurationVarP(&o.wait, "wait", "w", 0, "give up connecting after this time")
	f.DurationVarP(&o.idle, "idle-timeout", "i", 0, "end when nothing was received for this time")
	c.MarkFlagsMutuallyExclusive("ipv4", "ipv6", "unix")
	c.MarkFlagsMutuallyExclusive("udp", "unix")
	c.MarkFlagsMutuallyExclusive("send-only", "recv-only")
	_ = c.RegisterFlagCompletionFunc("metrics", completeWords("127.0.0.1:9464", "unix:")) // fails only for an unknown flag
	return c
}

// target makes a network and an address of the arguments.
func (o *ncOptions) target(args []string) (network, address string, err error) {
	if o.keep && !o.listen {
		return "", "", errors.New("-k needs -l")
	}
	if o.unix {
		if len(args) != 1 {
			return "", "", errors.New("-U takes one argument, the path")
		}
		return "unix", args[0], nil
	}
	host, port := "", args[len(args)-1]
	if len(args) == 2 {
		host = args[0]
	} else if !o.listen {
		return "", "", errors.New("which port of that host? Give HOST PORT, or -l PORT to listen")
	}
	if n, err := strconv.Atoi(port); err == nil && (n < 0 || n > 65535) {
		return "", "", fmt.Errorf("port %d is not between 0 and 65535", n)
	}
	network = "tcp"
	if o.udp {
		network = "udp"
	}
	switch {
	case o.v4:
		network += "4"
	case o.v6:
		network += "6"
	}
	return network, net.JoinHostPort(host, port), nil
}

func (o *ncOptions) run(ctx context.Context, network, address string) error {
	_, layers, chain, err := o.load()
	if err != nil {
		return err
	}
	o.route.Layers = append(layers, chain...)
	if o.metrics != "" {
		metrics.Enable()
		defer metrics.Disable()
		server, err := metrics.Serve(o.metrics, metrics.Handler())
		if err != nil {
			return fmt.Errorf("metrics cannot be served: %w", err)
		}
		defer server.Close()
		if strings.HasSuffix(o.metrics, ":0") { // the kernel chose
			fmt.Fprintf(o.err, "winsock nc: metrics are at http://%s/metrics\n", server.Address())
		}
	}
	err = o.converse(ctx, network, address)
	if err != nil && ctx.Err() != nil {
		return networkError{errors.New("interrupted")}
	}
	if err != nil {
		return networkError{err}
	}
	return nil
}

func (o *ncOptions) converse(ctx context.Context, network, address string) error {
	switch {
	case o.listen && o.udp:
		return o.listenPackets(ctx, network, address)
	case o.listen:
		return o.listenStream(ctx, network, address)
	}
	d := wsnet.Dialer{Route: o.route, Timeout: o.wait}
	c, err := d.DialContext(ctx, network, address)
	if err != nil {
		return err
	}
	o.say("connected to %v through %s", c.RemoteAddr(), o.chainOf(c))
	return o.pipe(ctx, c)
}

func (o *ncOptions) listenStream(ctx context.Context, network, address string) error {
	lc := wsnet.ListenConfig{Route: o.route}
	l, err := lc.Listen(ctx, network, address)
	if err != nil {
		return err
	}
	if network == "unix" {
		defer os.Remove(address)
	}
	defer l.Close()
	defer context.AfterFunc(ctx, func() { l.Close() })()
	o.say("listening on %v", l.Addr())
	if o.keep {
		return o.serve(ctx, l)
	}
	c, err := l.Accept()
	if err != nil {
		return err
	}
	l.Close()
	o.say("connection from %v through %s", c.RemoteAddr(), o.chainOf(c))
	return o.pipe(ctx, c)
}

func (o *ncOptions) say(format string, args ...any) {
	if o.verbose {
		fmt.Fprintf(o.err, "winsock nc: "+format+"\n", args...)
	}
}

// chainOf names the chain of a connection.
func (o *ncOptions) chainOf(c net.Conn) string {
	s, ok := c.(interface{ Socket() winsock.SOCKET })
	if !ok {
		return "an unknown chain"
	}
	names, err := winsock.ChainNames(s.Socket())
	if err != nil {
		return err.Error()
	}
	return names
}
