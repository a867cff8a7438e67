// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"net"
	"time"

	"winsock/bench/report"
)

// tlsSection compares the layer ssl with crypto/tls on package net, and with
// stunnel for a client and a server that speak plain text.
var tlsSection = section{
	name: "ssl",
	head: []string{"Workload", "Subject", ">Ratio (higher is better)", ">Quartiles", ">Subject's rate", ">Aim"},
	rows: tlsRows,
	stop: func() { tlsEnds.stop() },
}

// A tlsEnd is one way to have both ends of secure connections.
type tlsEnd struct {
	name  string
	start func(resume bool) (*ends, error)
}

// ends are a listener and what dials it.
type ends struct {
	listener net.Listener
	dial     func() (net.Conn, error)
	stop     func() // what is there besides; may be nil
}

func tlsRows() (list []row, err error) {
	if err := tlsEnds.start(); err != nil {
		return nil, err
	}
	native := tlsEnd{"crypto/tls on net.Conn", tlsEnds.native}
	layer := tlsEnd{"layer ssl", tlsEnds.layer}
	tunnel := tlsEnd{"stunnel at both ends", tlsEnds.stunnel}
	works := []tlsWork{
		bulk(64 << 10), bulk(16 << 10), bulk(1 << 10), bulk(1),
		echo(1), echo(1 << 10), echo(16 << 10),
		handshakes(false), handshakes(true),
	}
	for _, w := range works {
		list = append(list, tlsRow(w, layer, native, "0.95"))
	}
	for i, w := range works {
		aim := "1"
		if i == 2 || i == 3 { // stunnel collects short writes, and the layer does not hold any back
			aim = ""
		}
		list = append(list, tlsRow(w, layer, tunnel, aim))
	}
	return append(list, tlsRow(works[0], native, native, "")), nil
}

func tlsRow(w tlsWork, subject, against tlsEnd, aim string) row {
	return row{workload: w.name, subject: subject.name + ", against " + against.name, measure: func(rounds int, round time.Duration) ([]string, error) {
		var sides [2]*tlsRunning
		for i, e := range []tlsEnd{subject, against} {
			ends, err := e.start(w.resume)
			if err != nil {
				return nil, err
			}
			r, err := w.start(ends)
			if err != nil {
				return nil, err
			}
			defer r.stop()
			sides[i] = r
			if _, err := r.round(round / 2); err != nil { // warm up
				return nil, err
			}
		}
		p, err := report.Pairs(rounds, func() (float64, error) { return sides[0].round(round) }, func() (float64, error) { return sides[1].round(round) })
		return []string{fmt.Sprintf("%.2f", p.Median), fmt.Sprintf("%.2f..%.2f", p.Low, p.High), w.rate(p.First), aim}, err
	}}
}
