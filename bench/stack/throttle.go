// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"winsock/bench/report"
	"winsock/spi"
	"winsock/wsnet"
)

// throttleSection tells by how much the layer throttle misses its rates.
var throttleSection = section{
	name: "throttle",
	head: []string{"Rate", "Subject", ">Measured", ">Off", ">Worst of the rounds", ">Aim"},
	rows: throttleRows,
}

func throttleRows() (list []row, err error) {
	rates := []struct {
		text  string
		bytes float64 // a second
	}{{"64kbit", 8e3}, {"1mbit", 125e3}, {"10mbit", 125e4}, {"100mbit", 125e5}, {"1gbit", 125e6}}
	for _, r := range rates {
		for _, way := range []string{"up", "down"} {
			list = append(list, throttleRow(r.text, r.bytes, way, "socket", 1))
		}
	}
	for _, way := range []string{"up", "down"} {
		list = append(list, throttleRow("10mbit", 125e4, way, "run", 4))
	}
	return list, nil
}

// throttleRow measures over rounds that are ten times as long as others: a
// rate is one over time, and goes in bursts.
func throttleRow(text string, bytes float64, way, scope string, sockets int) row {
	subject := way
	if sockets > 1 {
		subject = fmt.Sprintf("%s, shared by %d sockets", way, sockets)
	}
	return row{text + "/s", subject, func(rounds int, round time.Duration) ([]string, error) {
		path := spi.FormatPath("throttle", spi.Options{way: text, "scope": scope})
		var off []float64
		worst := 0.0
		for range min(rounds, 3) {
			got, err := throttled(path, way == "down", sockets, bytes, 10*round)
			if err != nil {
				return nil, err
			}
			miss := got/bytes - 1
			off = append(off, miss)
			worst = max(worst, max(miss, -miss))
		}
		m := report.Median(off)
		return []string{fmt.Sprintf("%.4g kB/s", bytes*(1+m)/1000), fmt.Sprintf("%+.2f %%", 100*m), fmt.Sprintf("%.2f %%", 100*worst), "2 %"}, nil
	}}
}

// throttledPair connects a socket that goes through layers with a plain one.
func throttledPair(layers []string) (own *wsnet.Conn, peer net.Conn, err error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, nil, err
	}
	defer l.Close()
	d := wsnet.Dialer{Route: wsnet.Route{Layers: layers}}
	c, err := d.Dial("tcp", l.Addr().String())
	if err != nil {
		return nil, nil, err
	}
	if peer, err = l.Accept(); err != nil { // it is in the queue already
		c.Close()
		return nil, nil, err
	}
	return c.(*wsnet.Conn), peer, nil
}

// throttled returns how many bytes a second come through, once the burst that
// a bucket begins with is gone.
func throttled(path string, down bool, sockets int, rate float64, d time.Duration) (float64, error) {
	var total atomic.Int64
	var group sync.WaitGroup
	defer group.Wait()
	for range sockets {
		own, peer, err := throttledPair([]string{path})
		if err != nil {
			return 0, err
		}
		from, to := net.Conn(own), peer
		if down {
			from, to = to, from
		}
		defer own.Close()
		defer peer.Close()
		group.Go(func() {
			data := make([]byte, 64<<10)
			for {
				if _, err := from.Write(data); err != nil {
					return
				}
			}
		})
		group.Go(func() { io.Copy(counter{&total}, onlyReader{to}) })
	}
	// The times are those of bytes that have come, so that it does not count
	// when this goroutine runs.
	begin := func(least int64) (time.Time, int64) {
		for was := total.Load(); ; time.Sleep(50 * time.Microsecond) {
			if now := total.Load(); now > was && now >= least {
				return time.Now(), now
			}
		}
	}
	begun, first := begin(int64(max(0.1*rate, 500)))
	time.Sleep(d)
	ended, last := begin(0)
	return float64(last-first) / ended.Sub(begun).Seconds(), nil
}

// A counter counts what is written to it.
type counter struct{ n *atomic.Int64 }

func (c counter) Write(p []byte) (int, error) {
	c.n.Add(int64(len(p)))
	return len(p), nil
}

// onlyReader hides what else could carry data past the counter.
type onlyReader struct{ io.Reader }
