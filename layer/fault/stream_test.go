// SPDX-License-Identifier: Apache-2.0

package fault_test

import (
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
	"syscall"
	"testing"
	"time"

	"golang.org/x/net/nettest"

	"winsock"
	"winsock/spi"
	"winsock/test/pairs"
	"winsock/wsa"
	"winsock/wsnet"
)

// places are numbered, as each is of the whole process.
var places atomic.Int64

func layerOf(options spi.Options) string {
	if options["name"] == "" {
		options["name"] = fmt.Sprintf("test%d", places.Add(1))
	}
	return spi.FormatPath("fault", options)
}

func toxic1(text string) string { return layerOf(spi.Options{"toxics": text}) }

// TestConn runs the standard library's own conformance tests of net.Conn.
func TestConn(t *testing.T) {
	for name, layers := range map[string][]string{
		"nothing": {toxic1("")},
		"latency": {toxic1("latency latency=1; latency latency=1 jitter=1 stream=upstream")},
		"many":    {toxic1("slicer average_size=3000 stream=upstream; coalesce size=10000 delay=1"), toxic1("bandwidth rate=100000; short size=5000; would_block toxicity=0.1")},
	} {
		t.Run(name, func(t *testing.T) {
			nettest.TestConn(t, func() (net.Conn, net.Conn, func(), error) { return pairs.Pipe(layers...) })
		})
	}
}

// TestKernelConnects: on the machine's own network, too, a connect that fails
// here never reaches the peer, and a slow one is slow.
func TestKernelConnects(t *testing.T) {
	for text, want := range map[string]wsa.Errno{
		"refuse":                     wsa.WSAECONNREFUSED,
		"connect_timeout timeout=20": wsa.WSAETIMEDOUT,
		"error call=WSPConnect errno=WSAENETUNREACH": wsa.WSAENETUNREACH,
		"error call=WSPSocket errno=WSAENOBUFS":      wsa.WSAENOBUFS,
	} {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		d := wsnet.Dialer{Route: wsnet.Route{Layers: []string{toxic1(text)}}}
		if _, err := d.Dial("tcp", l.Addr().String()); wsa.ErrnoOf(err) != want {
			t.Errorf("%s: %v, want %v", text, err, want)
		}
		// A connection would be there by now: loopback makes it at once.
		l.(*net.TCPListener).SetDeadline(time.Now())
		if _, err := l.Accept(); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("%s: the peer accepted: %v", text, err)
		}
		l.Close()
	}
	begun := time.Now()
	pairs.Connected(t, toxic1("slow_open delay=50"))
	if took := time.Since(begun); took < 50*time.Millisecond {
		t.Errorf("slow_open: connected after %v", took)
	}
}

// TestKernelReset: the peer on the machine's own network finds a reset, too.
func TestKernelReset(t *testing.T) {
	own, peer := pairs.Connected(t, toxic1("reset_peer bytes=100"))
	go peer.Write(make([]byte, 200))
	if got, err := io.ReadAll(own); wsa.ErrnoOf(err) != wsa.WSAECONNRESET {
		t.Errorf("%d bytes, then %v", len(got), err)
	}
	own.Close()
	if _, err := peer.Read(make([]byte, 1)); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("the peer: %v", err)
	}
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
	own, peer := pairs.Connected(t, layer)
	a := newAPI(t, file)
	if v := a.call("GET", "/version", "", 200); v["version"] == "" {
		t.Error("no version")
	}
	db := a.call("GET", "/proxies", "", 200)["db"].(map[string]any)
	if db["enabled"] != true || db["upstream"] != "db.example:5432" || len(db["toxics"].([]any)) != 0 {
		t.Errorf("the proxy is %v", db)
	}
	pairs.Exchange(t, own, peer, []byte("quick"))
	x := a.call("POST", "/proxies/db/toxics", `{"type":"latency","stream":"upstream","attributes":{"latency":80,"jitter":0}}`, 200)
	if x["name"] != "latency_upstream" || x["toxicity"] != 1.0 {
		t.Errorf("the toxic is %v", x)
	}
	if took := pairs.Exchange(t, own, peer, []byte("slow")); took < 80*time.Millisecond {
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
	if took := pairs.Exchange(t, own, peer, []byte("slower")); took < 120*time.Millisecond {
		t.Errorf("with more latency: %v", took)
	}
	a.call("DELETE", "/proxies/db/toxics/latency_upstream", "", 204)
	a.call("DELETE", "/proxies/db/toxics/latency_upstream", "", 404)
	a.call("POST", "/proxies/db/toxics", `{"name":"x","type":"timeout","attributes":{"timeout":0}}`, 200)
	a.call("POST", "/reset", "", 204)
	pairs.Exchange(t, peer, own, []byte("as before"))
	// Down: what stands ends, what comes is refused, until it is up again.
	a.call("POST", "/proxies/db", `{"enabled":false}`, 200)
	if _, err := own.Read(make([]byte, 1)); err != io.EOF && wsa.ErrnoOf(err) != wsa.WSAECONNRESET {
		t.Errorf("a connection that is cut: %v", err)
	}
	if _, _, stop, err := pairs.Pipe(layer); wsa.ErrnoOf(err) != wsa.WSAECONNREFUSED {
		t.Errorf("a connect while down: %v", err)
		if err == nil {
			stop()
		}
	}
	a.call("POST", "/populate", `[{"name":"db"}]`, 201)
	own, peer = pairs.Connected(t, layer)
	pairs.Exchange(t, own, peer, []byte("up again"))
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
		own, peer, stop, err := pairs.Pipe(layerOf(spi.Options{"listen": "unix:" + filepath.Join(b.TempDir(), "api")}))
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
