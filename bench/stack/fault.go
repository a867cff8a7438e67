// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"time"

	"winsock"
	"winsock/bench/report"
	"winsock/spi"
	"winsock/wsa"
)

// faultSection tells what the layer fault costs while there is no fault.
var faultSection = section{
	name: "fault",
	head: []string{"Call", "Subject", ">ns a call", ">Without the layer", ">Difference", ">Quartiles of the ratio", ">Aim"},
	rows: faultRows,
	stop: func() { os.RemoveAll(faultDir) },
}

var faultDir string // of the API's socket

// silent is the bottom of a chain that does nothing, so that what is above it
// can be seen.
type silent struct{ spi.Socket }

func (silent) Send(m *spi.Message) (int, error)             { return m.Len(), nil }
func (silent) Recv(m *spi.Message) (int, error)             { return m.Len(), nil }
func (silent) Ready(mask spi.Events) spi.Events             { return mask }
func (silent) ConnectResult() error                         { return nil }
func (silent) GetSockOpt(int32, int32, []byte) (int, error) { return 0, wsa.WSAENOPROTOOPT }
func (silent) Close() error                                 { return nil }

func faultRows() (list []row, err error) {
	if faultDir, err = os.MkdirTemp("", "stack"); err != nil {
		return nil, err
	}
	layers := []struct{ name, path string }{
		{"no toxics", "fault:name=static"},
		{"no toxics, but the API", spi.FormatPath("fault", spi.Options{"name": "api", "listen": "unix:" + filepath.Join(faultDir, "api")})},
	}
	calls := []struct {
		name string
		call func(spi.Socket, *spi.Message)
	}{
		{"Send", func(s spi.Socket, m *spi.Message) { s.Send(m) }},
		{"Recv", func(s spi.Socket, m *spi.Message) { s.Recv(m) }},
		{"Ready", func(s spi.Socket, _ *spi.Message) { s.Ready(spi.EventRead | spi.EventClose) }},
	}
	for _, c := range calls {
		for _, l := range layers {
			list = append(list, row{c.name + ", of the contract of providers", l.name, func(rounds int, round time.Duration) ([]string, error) {
				with, stop, err := onSilent(l.path)
				if err != nil {
					return nil, err
				}
				defer stop()
				return perCall(rounds, round, repeated(with, c.call), repeated(silent{}, c.call))
			}})
		}
	}
	for _, l := range layers {
		list = append(list, row{"recv that finds nothing, of a TCP socket", l.name, func(rounds int, round time.Duration) ([]string, error) {
			var sides [2]func(time.Duration) (float64, error)
			for i, path := range []string{l.path, ""} {
				h, stop, err := connectedSocket(path)
				if err != nil {
					return nil, err
				}
				defer stop()
				buf := make([]byte, 64)
				sides[i] = func(d time.Duration) (float64, error) {
					return rateOf(d, func() { winsock.Recv(h, buf, 0) }), nil
				}
			}
			return perCall(rounds, round, sides[0], sides[1])
		}})
	}
	return list, nil
}

// onSilent opens a stream of a layer over a socket that does nothing.
func onSilent(path string) (s spi.Socket, stop func(), err error) {
	d, o, err := spi.ParsePath(path)
	if err != nil {
		return nil, nil, err
	}
	p, err := d.Startup(&spi.StartupParams{Options: o})
	if err != nil {
		return nil, nil, err
	}
	s, err = p.Socket(&spi.Opening{AddressFamily: wsa.AF_INET, SocketType: wsa.SOCK_STREAM,
		Next: func(*spi.Opening) (spi.Socket, error) { return silent{}, nil }})
	if err != nil {
		return nil, nil, err
	}
	return spi.DataPathOf(s), func() { s.Close(); p.Cleanup() }, nil
}

func repeated(s spi.Socket, call func(spi.Socket, *spi.Message)) func(time.Duration) (float64, error) {
	m := new(spi.Message)
	m.SetBuffer(make([]byte, 64))
	return func(d time.Duration) (float64, error) { return rateOf(d, func() { call(s, m) }), nil }
}

// rateOf returns how often a second f can be called.
func rateOf(d time.Duration, f func()) float64 {
	begun := time.Now()
	n := 0
	for time.Since(begun) < d {
		for range 1000 {
			f()
		}
		n += 1000
	}
	return float64(n) / time.Since(begun).Seconds()
}

// perCall turns the rates of two sides into what a call costs.
func perCall(rounds int, round time.Duration, with, without func(time.Duration) (float64, error)) ([]string, error) {
	p, err := report.Pairs(rounds, func() (float64, error) { return with(round) }, func() (float64, error) { return without(round) })
	if err != nil {
		return nil, err
	}
	a, b := 1e9/p.First, 1e9/p.Second
	return []string{fmt.Sprintf("%.0f", a), fmt.Sprintf("%.0f", b), fmt.Sprintf("%.0f", a-b), fmt.Sprintf("%.2f..%.2f", p.Low, p.High), "below 100"}, nil
}

// connectedSocket returns a connected, non-blocking socket over a chain.
func connectedSocket(path string) (h winsock.SOCKET, stop func(), err error) {
	var layers []string
	if path != "" {
		layers = append(layers, path)
	}
	own, peer, err := throttledPair(layers)
	if err != nil {
		return 0, nil, err
	}
	h = own.Socket()
	on := uint32(1)
	if err := winsock.IoctlSocket(h, wsa.FIONBIO, &on); err != nil {
		return 0, nil, err
	}
	return h, func() { own.Close(); peer.Close() }, nil
}
