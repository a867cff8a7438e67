// SPDX-License-Identifier: Apache-2.0

package metrics_test

import (
	"net"
	"testing"

	"winsock/wsnet"
)

// TestBuiltInLayers: the layers tell what they did.
func TestBuiltInLayers(t *testing.T) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := l.Addr().String()
	l.Close()
	value := func(g *layeredRoute, name string, want float64, labels ...string) {
		t.Helper()
		if got := g.find(name, labels...); got != want {
			t.Errorf("%s%v is %v, want %v", name, labels, got, want)
		}
	}

	_, port, _ := net.SplitHostPort(nobody)
	told := layered(t, "filter:rule=deny out port "+port+"; allow out to 127.0.0.1")
	if c, err := (&wsnet.Dialer{Route: told.route}).Dial("tcp4", nobody); err == nil {
		c.Close()
		t.Error("a rule did not hold")
	}
	connect(t, told.route)
	value(told, "winsock_filter_decisions_total", 1, "action=deny", "direction=out", "rule=1")
	value(told, "winsock_filter_decisions_total", 1, "action=allow", "direction=out", "rule=2")

	told = layered(t, "throttle:up=100MB")
	client, server, _ := connect(t, told.route)
	exchange(t, client, server, 2, 500)
	value(told, "winsock_throttle_passed_bytes_total", 2000, "direction=up")

	told = layered(t, "fault:name=of-metrics,toxics=latency latency=1")
	client, server, _ = connect(t, told.route)
	exchange(t, client, server, 1, 10)
	if n := told.find("winsock_fault_faults_total", "name=of-metrics", "type=latency"); n < 1 {
		t.Errorf("%v faults were made", n)
	}
	value(told, "winsock_fault_connections_total", 2, "name=of-metrics") // both ends go through the layer
	value(told, "winsock_fault_open_connections", 2, "name=of-metrics")

	told = layered(t, "socks:dns=local,server="+nobody)
	if c, err := (&wsnet.Dialer{Route: told.route}).Dial("tcp4", "127.0.0.1:9"); err == nil {
		c.Close()
		t.Error("a proxy that is none was used")
	}
	value(told, "winsock_socks_attempts_total", 1, "proxy=socks5://"+nobody, "result=failed")
	value(told, "winsock_socks_attempts_total", 0, "proxy=socks5://"+nobody, "result=ok")
	value(told, "winsock_socks_proxy_healthy", 0, "proxy=socks5://"+nobody)
}

// A layeredRoute is a way through a layer, and to what that tells.
type layeredRoute struct {
	t     *testing.T
	route wsnet.Route
}

func layered(t *testing.T, layer string) *layeredRoute {
	return &layeredRoute{t, wsnet.Route{Layers: []string{layer}}}
}

// find returns the value that the layer tells now.
func (l *layeredRoute) find(name string, labels ...string) float64 {
	l.t.Helper()
	g, _ := counted(l.t)
	m := find(l.t, scrape(l.t, g), name, labels...)
	return m.GetCounter().GetValue() + m.GetGauge().GetValue()
}
