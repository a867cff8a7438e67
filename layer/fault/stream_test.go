// SPDX-License-Identifier: Apache-2.0

package fault_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
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
		options["name"] = fmt.Sprintf("stream%d", places.Add(1))
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

// startPlace starts a place of faults for the process, as a connection through it
// does, until the test ends.
func startPlace(t *testing.T, o spi.Options) {
	t.Helper()
	_, _, stop, err := pairs.Pipe(layerOf(o))
	if err != nil {
		t.Fatal(err)
	}
	stop()
	t.Cleanup(func() { pairs.Restart(t) })
}

// TestNames: look-ups fail as often as they are to, with the error that they
// are to, and are as slow.
func TestNames(t *testing.T) {
	look := func(ctx context.Context, name string) error {
		_, err := winsock.GetAddrInfoEx(ctx, &name, nil, wsa.NS_ALL, nil, nil)
		return err
	}
	if _, err := winsock.WSAStartup(winsock.Version22); err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	if err := look(ctx, "localhost"); err != nil {
		t.Skip("there is no localhost: ", err)
	}
	for _, errno := range []wsa.Errno{wsa.WSAHOST_NOT_FOUND, wsa.WSATRY_AGAIN, wsa.WSANO_RECOVERY, wsa.WSANO_DATA} {
		t.Run(errno.Name(), func(t *testing.T) {
			startPlace(t, spi.Options{"toxics": "dns after=1 count=2 host=localhost errno=" + errno.Name()})
			for i, want := range []error{nil, errno, errno, nil} {
				if err := look(ctx, "LocalHost"); err != want {
					t.Errorf("look-up %d: %v, want %v", i, err, want)
				}
			}
			if errno == wsa.WSAHOST_NOT_FOUND {
				return
			}
			if err := look(ctx, "127.0.0.1"); err != nil {
				t.Errorf("an address is no name: %v", err)
			}
		})
	}
	t.Run("share", func(t *testing.T) {
		startPlace(t, spi.Options{"toxics": "dns errno=WSATRY_AGAIN toxicity=0.3; dns name=other errno=WSANO_DATA host=*.example"})
		failed := 0
		for range 300 {
			if err := look(ctx, "localhost"); err == wsa.WSATRY_AGAIN {
				failed++
			} else if err != nil {
				t.Fatal(err)
			}
		}
		if failed < 60 || failed > 120 {
			t.Errorf("%d of 300 look-ups failed at 0.3", failed)
		}
	})
	t.Run("late", func(t *testing.T) {
		startPlace(t, spi.Options{"toxics": "dns_latency latency=50"})
		begun := time.Now()
		if err := look(ctx, "localhost"); err != nil || time.Since(begun) < 50*time.Millisecond {
			t.Errorf("%v after %v", err, time.Since(begun))
		}
		q := &wsa.QuerySet{ServiceInstanceName: "localhost", ServiceClassID: wsa.SVCID_HOSTNAME}
		begun = time.Now()
		l, err := winsock.WSALookupServiceBegin(q, wsa.LUP_RETURN_ADDR)
		if err != nil || time.Since(begun) < 50*time.Millisecond {
			t.Errorf("WSALookupServiceBegin: %v after %v", err, time.Since(begun))
		}
		if err == nil {
			winsock.WSALookupServiceEnd(l)
		}
		short, cancel := context.WithTimeout(ctx, time.Millisecond)
		defer cancel()
		if err := look(short, "localhost"); err != wsa.WSAETIMEDOUT {
			t.Errorf("a look-up whose time is over: %v", err)
		}
	})
}

// TestToggling: data comes in order and whole while toxics come and go, and
// who waits in a call meanwhile goes on.
func TestToggling(t *testing.T) {
	file := filepath.Join(t.TempDir(), "api")
	defer pairs.Restart(t)
	own, peer := pairs.Connected(t, layerOf(spi.Options{"name": "toggled", "listen": "unix:" + file}))
	a := newAPI(t, file)
	waiting := make(chan time.Duration, 1)
	go func() { // parked below, when the toxic comes
		buf := make([]byte, 1)
		if _, err := own.Read(buf); err != nil {
			t.Error(err)
		}
		begun := time.Now()
		if _, err := own.Read(buf); err != nil {
			t.Error(err)
		}
		waiting <- time.Since(begun)
	}()
	peer.Write([]byte("a"))
	a.call("POST", "/proxies/toggled/toxics", `{"name":"x","type":"latency","attributes":{"latency":100}}`, 200)
	begun := time.Now()
	peer.Write([]byte("b"))
	<-waiting
	if took := time.Since(begun); took < 100*time.Millisecond {
		t.Errorf("a reader that was parked got data after %v", took)
	}
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		bodies := []string{
			`{"name":"x","type":"latency","attributes":{"latency":1,"jitter":1}}`,
			`{"name":"x","type":"slicer","stream":"upstream","attributes":{"average_size":700,"size_variation":300}}`,
			`{"name":"x","type":"coalesce","attributes":{"size":5000,"delay":1}}`,
			`{"name":"x","type":"short","attributes":{"size":900}}`,
		}
		a.call("POST", "/reset", "", 204)
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			default:
			}
			a.call("POST", "/proxies/toggled/toxics", bodies[i%len(bodies)], 200)
			a.call("DELETE", "/proxies/toggled/toxics/x", "", 204)
		}
	}()
	for range 10 {
		data := make([]byte, 300_000)
		for i := range data {
			data[i] = byte(rand.Uint32())
		}
		pairs.Exchange(t, own, peer, data)
		pairs.Exchange(t, peer, own, data)
	}
	close(stop)
	<-stopped
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
	t.Cleanup(func() { pairs.Restart(t) }) // the API is open for as long as there are chains with it
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
