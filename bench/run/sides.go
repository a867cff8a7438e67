// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"

	_ "winsock" // the built-in layers
	"winsock/bench/layers"
	"winsock/spi"
)

// A side is one way to run a program.
type side struct {
	name string
	wrap func(b *bench, args []string) ([]string, error)
}

// native is the program itself.
var native = side{"native", func(_ *bench, args []string) ([]string, error) { return args, nil }}

// under is winsock run with layers.
func under(name string, layers ...string) side {
	return side{name, func(b *bench, args []string) ([]string, error) {
		wrapped := []string{b.path("under")}
		for _, l := range layers {
			wrapped = append(wrapped, "-layer", l)
		}
		return append(wrapped, args...), nil
	}}
}

// The chains. Layers that leave the data alone have the program's own socket
// connected (direct); others have the supervisor relay.
var (
	empty      = under("empty chain")
	preserving = under("one handle-preserving layer", layers.Preserving)
	passing    = under("one pass-through layer", layers.Passing)
	three      = under("three pass-through layers", layers.Passing, layers.Passing, layers.Passing)
)

// traceControl logs control calls and leaves the data alone.
var traceControl = side{"trace of control calls", func(b *bench, args []string) ([]string, error) {
	return under("", "trace:log="+b.path("log")+",calls=control").wrap(b, args)
}}

// The command itself, whose start is part of what is measured.
var (
	commandEmpty = side{"winsock run", func(b *bench, args []string) ([]string, error) {
		return append([]string{b.path("winsock"), "run", "--"}, args...), nil
	}}
	commandTrace = side{"winsock run --layer trace", func(b *bench, args []string) ([]string, error) {
		return append([]string{b.path("winsock"), "run", "--layer", "trace:log=" + b.path("log"), "--"}, args...), nil
	}}
)

// proxychains is the usual tool for SOCKS: a library that is loaded into the
// program.
var proxychains = side{"proxychains4, SOCKS5", func(b *bench, args []string) ([]string, error) {
	if err := need("proxychains4"); err != nil {
		return nil, err
	}
	config, err := b.proxychains()
	if err != nil {
		return nil, err
	}
	return append([]string{"proxychains4", "-q", "-f", config}, args...), nil
}}

// socks is the layer that does the same.
var socks = side{"layer socks, SOCKS5", func(b *bench, args []string) ([]string, error) {
	if spi.FindDriver("socks") == nil {
		return nil, fmt.Errorf("%w: the layer socks", errMissing)
	}
	proxy, err := b.proxy()
	if err != nil {
		return nil, err
	}
	return under("", "socks:server=socks5://"+proxy.address()).wrap(b, args)
}}
