// SPDX-License-Identifier: Apache-2.0

package fault_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/nettest"

	"winsock"
	"winsock/spi"
	"winsock/wsa"
	"winsock/wsnet"
)

// pipe makes a connected pair: the first end has the layer.
func pipe(layers ...string) (c1, c2 net.Conn, stop func(), err error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, nil, nil, err
	}
	defer l.Close()
	type accepted struct {
		c   net.Conn
		err error
	}
	ch := make(chan accepted, 1)
	go func() {
		c, err := l.Accept()
		ch <- accepted{c, err}
	}()
	d := wsnet.Dialer{Route: wsnet.Route{Layers: layers}}
	c1, err = d.DialContext(context.Background(), "tcp", l.Addr().String())
	if err != nil {
		l.Close()
		if a := <-ch; a.err == nil {
			a.c.Close()
		}
		return nil, nil, nil, err
	}
	a := <-ch
	if a.err != nil {
		c1.Close()
		return nil, nil, nil, a.err
	}
	return c1, a.c, func() { c1.Close(); a.c.Close() }, nil
}

// places are numbered, as each is of the whole process.
var places atomic.Int64

func layerOf(options spi.Options) string {
	if options["name"] == "" {
		options["name"] = fmt.Sprintf("test%d", places.Add(1))
	}
	return spi.FormatPath("fault", options)
}

func toxic1(text string) string { return layerOf(spi.Options{"toxics": text}) }

// connected is pipe with deadlines, for tests.
func connected(t *testing.T, layers ...string) (own, peer net.Conn) {
	t.Helper()
	own, peer, stop, err := pipe(layers...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stop)
	own.SetDeadline(time.Now().Add(20 * time.Second))
	peer.SetDeadline(time.Now().Add(20 * time.Second))
	return own, peer
}

// TestConn runs the standard library's own conformance tests of net.Conn.
func TestConn(t *testing.T) {
	for name, layers := range map[string][]string{
		"nothing": {toxic1("")},
		"latency": {toxic1("latency latency=1; latency latency=1 jitter=1 stream=upstream")},
		"many":    {toxic1("slicer average_size=3000 stream=upstream; coalesce size=10000 delay=1"), toxic1("bandwidth rate=100000; short size=5000; would_block toxicity=0.1")},
	} {
		t.Run(name, func(t *testing.T) {
			nettest.TestConn(t, func() (net.Conn, net.Conn, func(), error) { return pipe(layers...) })
		})
	}
}

// exchange sends from one to the other, and returns what came and how long it
// took.
func exchange(t *testing.T, from, to net.Conn, data []byte) time.Duration {
	t.Helper()
	begun := time.Now()
	go from.Write(data)
	got := make([]byte, len(data))
	if _, err := io.ReadFull(to, got); err != nil || !bytes.Equal(got, data) {
		t.Fatalf("%d bytes came wrong: %v", len(data), err)
	}
	return time.Since(begun)
}

// TestLatency: what passes is at least as late as it should be, in its
// direction only, and not later the more there is of it.
func TestLatency(t *testing.T) {
	for _, stream := range []string{"upstream", "downstream"} {
		own, peer := connected(t, toxic1("latency latency=60 stream="+stream))
		slow, quick := [2]net.Conn{own, peer}, [2]net.Conn{peer, own}
		if stream == "downstream" {
			slow, quick = quick, slow
		}
		data := make([]byte, 500_000)
		if took := exchange(t, slow[0], slow[1], data); took < 60*time.Millisecond {
			t.Errorf("%s took %v", stream, took)
		}
		exchange(t, quick[0], quick[1], data)
	}
}

func TestBandwidth(t *testing.T) {
	own, peer := connected(t, toxic1("bandwidth rate=500 stream=upstream"))
	if took := exchange(t, own, peer, make([]byte, 125_000)); took < 190*time.Millisecond {
		t.Errorf("125 kB at 500 kB/s, with 50 ms of burst, took %v", took)
	}
}

func TestSlicer(t *testing.T) {
	own, peer := connected(t, toxic1("slicer average_size=10 size_variation=5"))
	go peer.Write(make([]byte, 3000))
	buf := make([]byte, 3000)
	reads := 0
	for got := 0; got < 3000; reads++ {
		n, err := own.Read(buf)
		if err != nil {
			t.Fatal(err)
		}
		got += n
	}
	t.Logf("%d reads", reads) // how many is the scheduler's doing
}

func TestLimitData(t *testing.T) {
	for _, stream := range []string{"upstream", "downstream"} {
		own, peer := connected(t, toxic1("limit_data bytes=1000 stream="+stream))
		from, to := own, peer
		if stream == "downstream" {
			from, to = peer, own
		}
		from.Write(make([]byte, 700))
		go from.Write(make([]byte, 700))
		got, err := io.ReadAll(to)
		if len(got) != 1000 || err != nil && stream == "downstream" {
			t.Errorf("%s: %d bytes, %v; want 1000 and the end", stream, len(got), err)
		}
	}
}

func TestReset(t *testing.T) {
	for _, text := range []string{"reset_peer timeout=20", "reset_peer bytes=100"} {
		own, peer := connected(t, toxic1(text))
		go peer.Write(make([]byte, 200))
		got, err := io.ReadAll(own)
		if wsa.ErrnoOf(err) != wsa.WSAECONNRESET {
			t.Errorf("%s: %d bytes, then %v", text, len(got), err)
		}
		if _, err := own.Write([]byte("x")); wsa.ErrnoOf(err) != wsa.WSAECONNRESET && wsa.ErrnoOf(err) != wsa.WSAECONNABORTED {
			t.Errorf("%s: write: %v", text, err)
		}
		own.Close()
		if _, err := peer.Read(make([]byte, 1)); err == nil || err == io.EOF || errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("%s: the peer: %v", text, err)
		}
	}
}

func TestTimeout(t *testing.T) {
	own, peer := connected(t, toxic1("timeout timeout=50"))
	go peer.Write([]byte("into the void"))
	if got, err := io.ReadAll(own); len(got) != 0 || err != nil {
		t.Errorf("%q, %v; want nothing and the end", got, err)
	}
}

func TestSlowClose(t *testing.T) {
	own, peer := connected(t, toxic1("slow_close delay=60 stream=upstream"))
	begun := time.Now()
	own.Write([]byte("last words"))
	own.Close()
	if got, err := io.ReadAll(peer); string(got) != "last words" || err != nil || time.Since(begun) < 60*time.Millisecond {
		t.Errorf("%q, %v after %v", got, err, time.Since(begun))
	}
}

func TestConnects(t *testing.T) {
	for text, want := range map[string]wsa.Errno{
		"refuse":                     wsa.WSAECONNREFUSED,
		"connect_timeout timeout=20": wsa.WSAETIMEDOUT,
		"error call=WSPConnect errno=WSAENETUNREACH": wsa.WSAENETUNREACH,
		"error call=WSPSocket errno=WSAENOBUFS":      wsa.WSAENOBUFS,
	} {
		_, _, stop, err := pipe(toxic1(text))
		if wsa.ErrnoOf(err) != want {
			t.Errorf("%s: %v, want %v", text, err, want)
		}
		if err == nil {
			stop()
		}
	}
	begun := time.Now()
	connected(t, toxic1("slow_open delay=50"))
	if took := time.Since(begun); took < 50*time.Millisecond {
		t.Errorf("slow_open: connected after %v", took)
	}
}

func TestCallsFail(t *testing.T) {
	own, peer := connected(t, toxic1("error call=WSPSend errno=WSAENETRESET after=2 count=1"))
	for i, want := range []wsa.Errno{0, 0, wsa.WSAENETRESET, 0, 0} {
		if _, err := own.Write([]byte("x")); err == nil && want != 0 || err != nil && wsa.ErrnoOf(err) != want {
			t.Errorf("write %d: %v, want %v", i, err, want)
		}
	}
	own.Close()
	if got, _ := io.ReadAll(peer); len(got) != 4 {
		t.Errorf("%d bytes arrived, want 4", len(got))
	}
	// Nothing is lost by calls that do less than they could.
	own, peer = connected(t, toxic1("short size=7; short size=5 stream=upstream; would_block toxicity=0.5; would_block toxicity=0.5 stream=upstream"))
	exchange(t, own, peer, bytes.Repeat([]byte("up"), 500))
	exchange(t, peer, own, bytes.Repeat([]byte("down"), 500))
}

// An api is a client of toxiproxy, by its HTTP requests.
type api struct {
	*testing.T
	client http.Client
}

func newAPI(t *testing.T, file string) *api {
	a := &api{T: t}
	a.client.Transport = &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "unix", file)
	}}
	return a
}

func (a *api) call(method, path, body string, status int) map[string]any {
	a.Helper()
	r, err := http.NewRequest(method, "http://api"+path, strings.NewReader(body))
	if err != nil {
		a.Fatal(err)
	}
	answer, err := a.client.Do(r)
	if err != nil {
		a.Fatal(err)
	}
	defer answer.Body.Close()
	text, _ := io.ReadAll(answer.Body)
	if answer.StatusCode != status {
		a.Fatalf("%s %s: %d %s, want %d", method, path, answer.StatusCode, text, status)
	}
	var value map[string]any
	if len(text) > 0 && text[0] == '{' && json.Unmarshal(text, &value) != nil {
		a.Fatalf("%s %s: %s", method, path, text)
	}
	return value
}

// TestAPI steers a connection that stands, as toxiproxy's client does.
func TestAPI(t *testing.T) {
	file := filepath.Join(t.TempDir(), "api")
	layer := layerOf(spi.Options{"name": "db", "listen": "unix:" + file, "upstream": "db.example:5432"})
	t.Cleanup(func() { // the API is open for as long as there are chains with it
		for winsock.WSACleanup() == nil {
		}
		if _, err := winsock.WSAStartup(winsock.Version22); err != nil {
			t.Error(err)
		}
	})
	own, peer := connected(t, layer)
	a := newAPI(t, file)
	if v := a.call("GET", "/version", "", 200); v["version"] == "" {
		t.Error("no version")
	}
	db := a.call("GET", "/proxies", "", 200)["db"].(map[string]any)
	if db["enabled"] != true || db["upstream"] != "db.example:5432" || len(db["toxics"].([]any)) != 0 {
		t.Errorf("the proxy is %v", db)
	}
	exchange(t, own, peer, []byte("quick"))
	x := a.call("POST", "/proxies/db/toxics", `{"type":"latency","stream":"upstream","attributes":{"latency":80,"jitter":0}}`, 200)
	if x["name"] != "latency_upstream" || x["toxicity"] != 1.0 {
		t.Errorf("the toxic is %v", x)
	}
	if took := exchange(t, own, peer, []byte("slow")); took < 80*time.Millisecond {
		t.Errorf("with latency: %v", took)
	}
	a.call("POST", "/proxies/db/toxics", `{"type":"latency","stream":"upstream"}`, 409)
	a.call("POST", "/proxies/db/toxics", `{"type":"gravity"}`, 400)
	a.call("POST", "/proxies/db/toxics", `{"type":"latency","stream":"both"}`, 400)
	a.call("POST", "/proxies/db/toxics", `nonsense`, 400)
	a.call("GET", "/proxies/db/toxics/none", "", 404)
	a.call("GET", "/proxies/none", "", 404)
	a.call("POST", "/proxies", `{"name":"db","listen":"x","upstream":"y"}`, 409)
	a.call("POST", "/proxies", `{"name":"new","listen":"x","upstream":"y"}`, 403)
	a.call("DELETE", "/proxies/db", "", 403)
	x = a.call("POST", "/proxies/db/toxics/latency_upstream", `{"attributes":{"latency":120}}`, 200)
	if x["attributes"].(map[string]any)["latency"] != 120.0 {
		t.Errorf("the changed toxic is %v", x)
	}
	if took := exchange(t, own, peer, []byte("slower")); took < 120*time.Millisecond {
		t.Errorf("with more latency: %v", took)
	}
	a.call("DELETE", "/proxies/db/toxics/latency_upstream", "", 204)
	a.call("DELETE", "/proxies/db/toxics/latency_upstream", "", 404)
	a.call("POST", "/proxies/db/toxics", `{"name":"x","type":"timeout","attributes":{"timeout":0}}`, 200)
	a.call("POST", "/reset", "", 204)
	exchange(t, peer, own, []byte("as before"))
	// Down: what stands ends, what comes is refused, until it is up again.
	a.call("POST", "/proxies/db", `{"enabled":false}`, 200)
	if _, err := own.Read(make([]byte, 1)); err != io.EOF && wsa.ErrnoOf(err) != wsa.WSAECONNRESET {
		t.Errorf("a connection that is cut: %v", err)
	}
	if _, _, stop, err := pipe(layer); wsa.ErrnoOf(err) != wsa.WSAECONNREFUSED {
		t.Errorf("a connect while down: %v", err)
		if err == nil {
			stop()
		}
	}
	a.call("POST", "/populate", `[{"name":"db"}]`, 201)
	own, peer = connected(t, layer)
	exchange(t, own, peer, []byte("up again"))
	r, _ := http.NewRequest("GET", "http://api/proxies", nil)
	r.Header.Set("User-Agent", "Mozilla/5.0")
	if answer, err := a.client.Do(r); err != nil || answer.StatusCode != 403 {
		t.Errorf("a browser got %v, %v", answer, err)
	} else {
		answer.Body.Close()
	}
}

// BenchmarkThrough is a write through a place that an API may change.
func BenchmarkThrough(b *testing.B) {
	b.Run("through the layer, with the API", func(b *testing.B) {
		own, peer, stop, err := pipe(layerOf(spi.Options{"listen": "unix:" + filepath.Join(b.TempDir(), "api")}))
		if err != nil {
			b.Fatal(err)
		}
		go io.Copy(io.Discard, peer)
		data := make([]byte, 1000)
		b.SetBytes(1000)
		for b.Loop() {
			own.Write(data)
		}
		stop()
	})
}
