// SPDX-License-Identifier: Apache-2.0

package metrics_test

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"winsock"
	"winsock/metrics"
	"winsock/spi"
	"winsock/spi/layer"
	"winsock/spi/meter"
	"winsock/spi/spitest/leak"
	"winsock/wsa"
	"winsock/wsnet"
)

// seeing is a layer that sees all calls.
const seeing = "test-metered"

func TestMain(m *testing.M) {
	spi.Register(&spi.Driver{
		Name: seeing, Summary: "counts something of its own",
		Metrics: []spi.Metric{
			{Name: "apples_total", Labels: []string{"kind"}, Help: "Apples \"counted\"\nby a \\ kind."},
			{Name: "level_ratio", Kind: spi.Gauge, Help: "How full it is."},
			{Name: "never_total", Help: "What has no value yet."},
		},
		Startup: func(p *spi.StartupParams) (spi.Provider, error) {
			wrap := func(below spi.Socket, _ *spi.Opening) (spi.Socket, error) {
				return &layer.PassThrough{Base: layer.Base{Socket: below}}, nil
			}
			return counting{layer.NewProvider(p, wrap)}, nil
		},
	})
	spi.Register(&spi.Driver{
		Name: "test-preserving", Summary: "leaves the data alone",
		Startup: func(p *spi.StartupParams) (spi.Provider, error) {
			wrap := func(below spi.Socket, _ *spi.Opening) (spi.Socket, error) {
				return &layer.HandlePreserving{PassThrough: layer.PassThrough{Base: layer.Base{Socket: below}}}, nil
			}
			return layer.NewProvider(p, wrap), nil
		},
	})
	leak.Main(m)
}

// counting tells something of its own, and some that nobody declared.
type counting struct{ spi.Provider }

func (counting) Collect(tell func(metric string, value float64, labels ...string)) {
	tell("apples_total", 3, "green")
	tell("apples_total", 4, "green")
	tell("apples_total", 5, "r\"e\\d\n\xff")
	tell("apples_total", 6)
	tell("level_ratio", 0.25)
	tell("level_ratio", 0.5)
	tell("pears_total", 7)
}

// scrape reads what a gatherer serves, with Prometheus's parser and its rules
// for names and texts.
func scrape(t testing.TB, h http.Handler) map[string]*dto.MetricFamily {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	if w.Code != 200 || expfmt.ResponseFormat(w.Header()).FormatType() != expfmt.TypeTextPlain {
		t.Fatalf("answer %d of %s", w.Code, w.Header())
	}
	return parse(t, w.Body.Bytes())
}

func parse(t testing.TB, text []byte) map[string]*dto.MetricFamily {
	t.Helper()
	parser := expfmt.NewTextParser(model.LegacyValidation)
	families, err := parser.TextToMetricFamilies(bytes.NewReader(text))
	if err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	problems, err := promlint.New(bytes.NewReader(text)).Lint()
	if err != nil || len(problems) > 0 {
		t.Errorf("rules of Prometheus: %v, %v", problems, err)
	}
	for name, f := range families {
		seen := map[string]bool{}
		for _, m := range f.Metric {
			if key := labelsOf(m); seen[key] {
				t.Errorf("%s has two values for %s", name, key)
			} else {
				seen[key] = true
			}
		}
	}
	return families
}

func labelsOf(m *dto.Metric) string {
	var list []string
	for _, l := range m.Label {
		list = append(list, l.GetName()+"="+l.GetValue())
	}
	return strings.Join(list, ",")
}

// find returns the one value of a metric with all of these labels.
func find(t testing.TB, families map[string]*dto.MetricFamily, name string, labels ...string) *dto.Metric {
	t.Helper()
	var found *dto.Metric
	for _, m := range families[name].GetMetric() {
		all := true
		for _, l := range labels {
			all = all && strings.Contains(","+labelsOf(m)+",", ","+l+",")
		}
		if all && found != nil {
			t.Errorf("%s%v is not one value", name, labels)
		}
		if all {
			found = m
		}
	}
	if found == nil {
		t.Errorf("there is no %s%v", name, labels)
		return &dto.Metric{Counter: &dto.Counter{}, Gauge: &dto.Gauge{}, Histogram: &dto.Histogram{}}
	}
	return found
}

// counted returns a gatherer of sockets that are opened until the end of the
// test, and a way to them.
func counted(t testing.TB, layers ...string) (*metrics.Gatherer, wsnet.Route) {
	set := new(meter.Set)
	winsock.Meter(set)
	t.Cleanup(func() { winsock.Meter(nil) })
	return &metrics.Gatherer{Set: set}, wsnet.Route{Layers: layers}
}

// connect makes a connection over a route.
func connect(t testing.TB, route wsnet.Route) (client, server net.Conn, l net.Listener) {
	t.Helper()
	l, err := (&wsnet.ListenConfig{Route: route}).Listen(context.Background(), "tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	client, err = (&wsnet.Dialer{Route: route}).Dial("tcp4", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	server, err = l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close(); server.Close(); l.Close() })
	return client, server, l
}

// exchange sends messages of a size there, and their bytes back in one.
func exchange(t testing.TB, client, server net.Conn, messages, size int) {
	t.Helper()
	p := make([]byte, messages*size)
	for range messages {
		if _, err := client.Write(p[:size]); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := io.ReadFull(server, p); err != nil {
		t.Fatal(err)
	}
	if _, err := server.Write(p); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(client, p); err != nil {
		t.Fatal(err)
	}
}

// TestKnownTraffic: what is told is what was done, at each place of the chain,
// and it goes with the sockets.
func TestKnownTraffic(t *testing.T) {
	g, route := counted(t, seeing)
	client, server, l := connect(t, route)
	exchange(t, client, server, 10, 1000)
	for _, at := range [][]string{{"layer=" + seeing, "place=0"}, {"layer=kernel", "place=1"}} {
		families := scrape(t, g)
		if chain := find(t, families, "winsock_open_sockets", at...).Label[0]; !strings.Contains(chain.GetValue(), seeing+" over") {
			t.Errorf("the chain is %v", chain)
		}
		for name, want := range map[string]float64{"winsock_sent_bytes_total": 20000, "winsock_received_bytes_total": 20000, "winsock_sockets_total": 3} {
			if got := find(t, families, name, at...).GetCounter().GetValue(); got != want {
				t.Errorf("%v: %s is %v, want %v", at, name, got, want)
			}
		}
		if n := find(t, families, "winsock_open_sockets", at...).GetGauge().GetValue(); n != 3 {
			t.Errorf("%v: %v sockets are open, want 3", at, n)
		}
		for _, name := range []string{"winsock_connects_total", "winsock_accepts_total"} {
			if n := find(t, families, name, append(at, "result=ok")...).GetCounter().GetValue(); n != 1 {
				t.Errorf("%v: %s is %v, want 1", at, name, n)
			}
		}
		h := find(t, families, "winsock_transfer_size_bytes", append(at, "call=send")...).GetHistogram()
		if h.GetSampleCount() != 11 || h.GetSampleSum() != 20000 {
			t.Errorf("%v: sent %v messages of %v bytes, want 11 of 20000", at, h.GetSampleCount(), h.GetSampleSum())
		}
		for _, b := range h.Bucket {
			want := uint64(11)
			if b.GetUpperBound() < 10000 {
				want = 10
			}
			if b.GetUpperBound() < 1000 {
				want = 0
			}
			if b.GetCumulativeCount() != want {
				t.Errorf("%v: %d messages of up to %v bytes, want %d", at, b.GetCumulativeCount(), b.GetUpperBound(), want)
			}
		}
		send := find(t, families, "winsock_call_duration_seconds", append(at, "call=send")...).GetHistogram()
		blocked := find(t, families, "winsock_call_would_block_total", append(at, "call=send")...).GetCounter().GetValue()
		if n := float64(send.GetSampleCount()); n != 11+blocked || send.GetSampleSum() <= 0 {
			t.Errorf("%v: %v calls of send that took %v s, %v of them blocked; want 11 that did not", at, n, send.GetSampleSum(), blocked)
		}
	}
	own := find(t, scrape(t, g), "winsock_layer_own_seconds_total", "layer="+seeing).GetCounter().GetValue()
	if own <= 0 {
		t.Errorf("the layer took %v s", own)
	}
	client.Close()
	server.Close()
	l.Close()
	families := scrape(t, g)
	for _, layer := range []string{"layer=" + seeing, "layer=kernel"} {
		if n := find(t, families, "winsock_open_sockets", layer).GetGauge().GetValue(); n != 0 {
			t.Errorf("%s: %v sockets are open after their end", layer, n)
		}
	}
}

// TestErrors: errors are told by their names.
func TestErrors(t *testing.T) {
	g, route := counted(t)
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := l.Addr().String()
	l.Close()
	for range 3 {
		if c, err := (&wsnet.Dialer{Route: route}).Dial("tcp4", nobody); err == nil {
			c.Close()
			t.Fatal("somebody listens where nobody did")
		}
	}
	families := scrape(t, g)
	for name, labels := range map[string][]string{
		"winsock_connects_total":    {"layer=kernel", "result=WSAECONNREFUSED"},
		"winsock_call_errors_total": {"layer=kernel", "call=connect", "error=WSAECONNREFUSED"},
	} {
		if n := find(t, families, name, labels...).GetCounter().GetValue(); n != 3 {
			t.Errorf("%s%v is %v, want 3", name, labels, n)
		}
	}
	if n := find(t, families, "winsock_connects_total", "result=ok").GetCounter().GetValue(); n != 0 {
		t.Errorf("%v connects went well", n)
	}
}

// TestOff: without metering there is nothing between a socket and its
// provider, and nothing is told.
func TestOff(t *testing.T) {
	g, route := counted(t)
	metrics.Disable()
	client, server, _ := connect(t, route)
	exchange(t, client, server, 1, 10)
	s := client.(interface{ Socket() winsock.SOCKET }).Socket()
	if _, err := winsock.Usage(s); err != wsa.WSAEOPNOTSUPP {
		t.Errorf("usage of a socket that is not metered: %v", err)
	}
	families := scrape(t, g)
	for _, name := range []string{"winsock_open_sockets", "winsock_call_duration_seconds", "winsock_sent_bytes_total"} {
		if families[name] != nil {
			t.Errorf("%s is told", name)
		}
	}
}

// TestUsage: each socket tells what it has moved, whether the data goes
// through the layers or past them; and those that moved the most come first.
func TestUsage(t *testing.T) {
	for _, layers := range [][]string{nil, {"test-preserving"}, {seeing}} {
		_, route := counted(t, layers...)
		client, server, l := connect(t, route)
		quiet, _, _ := connect(t, route)
		exchange(t, client, server, 4, 50)
		_ = quiet
		u, err := winsock.Usage(client.(interface{ Socket() winsock.SOCKET }).Socket())
		if err != nil || u.Sends != 4 || u.Sent != 200 || u.Received != 200 || u.Recvs < 1 || u.Errors != 0 || u.Since.IsZero() {
			t.Errorf("%v: usage %+v, %v", layers, u, err)
		}
		list := winsock.MeteredSockets(100)
		if len(list) != 6 {
			t.Fatalf("%v: %d sockets", layers, len(list))
		}
		for _, m := range list[:2] {
			local, _ := m.Local.AddrPort()
			peer, _ := m.Peer.AddrPort()
			client := client.LocalAddr().String()
			if m.Usage.Sent != 200 || local.String() != client && peer.String() != client || !strings.HasSuffix(m.Chain, "kernel") {
				t.Errorf("%v: %+v, want those of %s", layers, m, client)
			}
		}
		if few := winsock.MeteredSockets(1); len(few) != 1 || few[0].Usage.Sent != 200 {
			t.Errorf("%v: the first is %+v", layers, few)
		}
		for _, c := range []io.Closer{client, server, l} {
			c.Close()
		}
		if n := len(winsock.MeteredSockets(100)); n != 3 {
			t.Errorf("%v: %d sockets are left", layers, n)
		}
		closeAll(t, list)
	}
}

func closeAll(t *testing.T, list []winsock.MeteredSocket) {
	t.Helper()
	for _, m := range list {
		if err := winsock.CloseSocket(m.Socket); err != nil && err != wsa.WSAENOTSOCK {
			t.Error(err)
		}
	}
}

// TestLayersOwn: layers tell their own, as they were declared, once for each
// set of labels, and no longer than their chains are started.
func TestLayersOwn(t *testing.T) {
	g, route := counted(t, seeing)
	connect(t, route)
	families := scrape(t, g)
	apples := families["winsock_test_metered_apples_total"]
	if help := apples.GetHelp(); help != "Apples \"counted\"\nby a \\ kind." {
		t.Errorf("the text is %q", help)
	}
	if n := find(t, families, apples.GetName(), "kind=green", "place=0").GetCounter().GetValue(); n != 7 {
		t.Errorf("%v apples, want 7", n)
	}
	if n := find(t, families, apples.GetName(), "kind=r\"e\\d\n\ufffd").GetCounter().GetValue(); n != 5 {
		t.Errorf("%v apples, want 5", n)
	}
	if v := find(t, families, "winsock_test_metered_level_ratio").GetGauge().GetValue(); v != 0.5 {
		t.Errorf("the level is %v, want the higher", v)
	}
	if len(apples.GetMetric()) != 2 || families["winsock_test_metered_pears_total"] != nil || families["winsock_test_metered_never_total"] != nil {
		t.Errorf("%d sorts of apples, and %v", len(apples.GetMetric()), families)
	}
}

// TestManyAtOnce: traffic, openings and scrapes at the same time.
func TestManyAtOnce(t *testing.T) {
	g, route := counted(t, seeing)
	var busy, reading sync.WaitGroup
	done := make(chan struct{})
	reading.Go(func() {
		for {
			select {
			case <-done:
				return
			default:
				scrape(t, g)
				winsock.MeteredSockets(3)
			}
		}
	})
	const workers, rounds = 4, 5
	for range workers {
		busy.Go(func() {
			for range rounds {
				client, server, l := connect(t, route)
				exchange(t, client, server, 10, 100)
				client.Close()
				server.Close()
				l.Close()
			}
		})
	}
	busy.Wait()
	close(done)
	reading.Wait()
	families := scrape(t, g)
	if n := find(t, families, "winsock_sent_bytes_total", "layer="+seeing).GetCounter().GetValue(); n != workers*rounds*2000 {
		t.Errorf("%v bytes sent, want %d", n, workers*rounds*2000)
	}
	if n := find(t, families, "winsock_open_sockets", "layer=kernel").GetGauge().GetValue(); n != 0 {
		t.Errorf("%v sockets are open", n)
	}
}

// TestServe: it answers over TCP and UNIX sockets until it is closed, and
// leaves nothing behind.
func TestServe(t *testing.T) {
	g, route := counted(t)
	connect(t, route)
	file := filepath.Join(t.TempDir(), "metrics")
	for _, address := range []string{"127.0.0.1:0", "unix:" + file} {
		s, err := metrics.Serve(address, g)
		if err != nil {
			t.Fatal(err)
		}
		dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
			network := "tcp"
			if strings.HasPrefix(address, "unix:") {
				network = "unix"
			}
			return new(net.Dialer).DialContext(ctx, network, s.Address())
		}
		client := http.Client{Transport: &http.Transport{DialContext: dial}, Timeout: 30 * time.Second}
		get := func(path string) (int, []byte, error) {
			r, err := client.Get("http://host" + path)
			if err != nil {
				return 0, nil, err
			}
			defer r.Body.Close()
			text, err := io.ReadAll(r.Body)
			return r.StatusCode, text, err
		}
		code, text, err := get("/metrics")
		if err != nil || code != 200 {
			t.Fatalf("%d, %v", code, err)
		}
		find(t, parse(t, text), "winsock_open_sockets", "layer=kernel")
		if code, text, err := get("/"); err != nil || code != 200 || !bytes.Contains(text, []byte("/metrics")) {
			t.Errorf("%d, %s, %v", code, text, err)
		}
		if code, _, err := get("/other"); err != nil || code != 404 {
			t.Errorf("%d, %v", code, err)
		}
		if r, err := client.Post("http://host/metrics", "text/plain", nil); err != nil || r.StatusCode != 405 {
			t.Errorf("writing: %v, %v", r, err)
		} else {
			r.Body.Close()
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if _, _, err := get("/metrics"); err == nil {
			t.Errorf("%s answers after its end", address)
		}
		client.CloseIdleConnections()
	}
	if _, err := metrics.Serve("127.0.0.1:http-of-nobody", g); err == nil {
		t.Error("an address that is none was taken")
	}
}
