// SPDX-License-Identifier: Apache-2.0

package fault

import (
	"encoding/binary"
	"errors"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"winsock/spi"
	"winsock/spi/spitest/bed"
	"winsock/wsa"
)

// changing starts a layer whose toxics change, and returns what changes them.
func changing(t *testing.T, w *bed.World) (p *provider, set func(toxics string)) {
	t.Helper()
	o := options("")
	o["listen"] = "unix:" + filepath.Join(t.TempDir(), "api")
	p = w.Provider(start, o).(*provider)
	return p, func(text string) {
		t.Helper()
		toxics, err := parseScript(text)
		if err == nil {
			err = p.place.change(func([]*toxic) ([]*toxic, error) { return toxics, nil })
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// TestShutdownThenToxics: a direction that was shut down before there were
// toxics stays so, and does not take the other one with it.
func TestShutdownThenToxics(t *testing.T) {
	for _, how := range []int32{wsa.SD_RECEIVE, wsa.SD_SEND} {
		w := bed.New(t)
		p, set := changing(t, w)
		own, _ := w.Pair(p, wsa.SOCK_STREAM, 0)
		w.Must(own.Shutdown(how))
		set("latency latency=10; latency latency=10 stream=upstream")
		for range 2 {
			_, recv := bed.Recv(own, 1)
			_, sent := bed.Send(own, "x")
			want := [2]error{wsa.WSAESHUTDOWN, nil}
			if how == wsa.SD_SEND {
				want = [2]error{wsa.WSAEWOULDBLOCK, wsa.WSAESHUTDOWN}
			}
			if recv != want[0] || sent != want[1] {
				t.Errorf("shutdown %d: recv %v, send %v, want %v", how, recv, sent, want)
			}
			w.Advance(20 * ms)
		}
	}
}

// TestManySmallPieces: what a link holds is bounded, by what it takes in memory
// and not only by the bytes of the program.
func TestManySmallPieces(t *testing.T) {
	w := bed.New(t)
	own, _ := w.Pair(w.Provider(start, options("latency latency=60000 stream=upstream")), wsa.SOCK_STREAM, 0)
	const most = 200_000
	n := 0
	for ; n < most; n++ {
		if _, err := bed.Send(own, "x"); err != nil {
			break
		}
	}
	if n == most {
		t.Errorf("a link holds %d sends", n)
	}
	if own.Ready(spi.EventWrite) != 0 {
		t.Error("a link that is full is ready for more")
	}
}

// TestErrorStays: SO_ERROR tells a failed connect until somebody takes it
// back, as that of base providers does.
func TestErrorStays(t *testing.T) {
	w := bed.New(t)
	own := w.Open(w.Provider(start, options("connect_timeout timeout=5")), wsa.SOCK_STREAM, 0)
	_, name := w.Listen(nil)
	w.Must(own.Connect(&name))
	w.Advance(10 * ms)
	code := func() wsa.Errno {
		var value [4]byte
		if n, err := own.GetSockOpt(wsa.SOL_SOCKET, wsa.SO_ERROR, value[:]); n != 4 || err != nil {
			t.Fatalf("SO_ERROR: %d, %v", n, err)
		}
		return wsa.Errno(binary.LittleEndian.Uint32(value[:]))
	}
	if a, b := code(), code(); a != wsa.WSAETIMEDOUT || b != a {
		t.Errorf("SO_ERROR is %v, then %v", a, b)
	}
	w.Must(own.SetSockOpt(wsa.SOL_SOCKET, wsa.SO_ERROR, make([]byte, 4)))
	if got := code(); got != 0 {
		t.Errorf("SO_ERROR is %v after it was taken back", got)
	}
}

// TestConnectNames: a name that nobody can be connected to is refused at once,
// with the error that it has without the layer.
func TestConnectNames(t *testing.T) {
	names := map[string]wsa.Sockaddr{}
	for _, text := range []string{"127.0.0.1:0", "[::1]:80", "0.0.0.0:80"} {
		names[text] = wsa.SockaddrFrom(netip.MustParseAddrPort(text))
	}
	w := bed.New(t)
	p, set := changing(t, w)
	for text, name := range names {
		set("")
		want := w.Open(nil, wsa.SOCK_STREAM, 0).Connect(&name)
		for _, toxics := range []string{"slow_open delay=50", "connect_timeout timeout=50"} {
			set(toxics)
			if err := w.Open(p, wsa.SOCK_STREAM, 0).Connect(&name); err != want {
				t.Errorf("connect to %s with %s: %v, want %v", text, toxics, err, want)
			}
		}
		p.place.enable(false)
		if err := w.Open(p, wsa.SOCK_STREAM, 0).Connect(&name); err != want {
			t.Errorf("connect to %s while down: %v, want %v", text, err, want)
		}
		p.place.enable(true)
	}
}

// TestUnblocked: who was told to come again later, by a toxic that is gone,
// may come at once, and is told.
func TestUnblocked(t *testing.T) {
	for _, socketType := range []int32{wsa.SOCK_STREAM, wsa.SOCK_DGRAM} {
		w := bed.New(t)
		p, set := changing(t, w)
		own, peer := w.Pair(p, socketType, 0)
		set("would_block delay=1000000; short size=5")
		send(t, peer, "x")
		w.Advance(0)
		if _, err := bed.Recv(own, 1); err != wsa.WSAEWOULDBLOCK {
			t.Fatalf("recv: %v", err)
		}
		told := false
		watcher := spi.Watcher{Mask: spi.EventRead, Notify: func(spi.Events) { told = true }}
		own.Watch(&watcher)
		set("short size=5")
		w.Advance(0)
		if !told || own.Ready(spi.EventRead) == 0 {
			t.Errorf("type %d: told %t, ready for %v", socketType, told, own.Ready(spi.EventAll))
		}
		if got, err := bed.Recv(own, 1); got != "x" || err != nil {
			t.Errorf("type %d: recv: %q, %v", socketType, got, err)
		}
		own.Unwatch(&watcher)
	}
}

// A parked socket below parks until the test lets it go.
type parked struct {
	bed.Silent
	parks chan chan error
}

func (p *parked) Park(spi.Direction, func() bool) (bool, error) {
	end := make(chan error)
	p.parks <- end
	return true, <-end
}
func (*parked) SetParkDeadline(spi.Direction, time.Time) {}
func (*parked) Unpark()                                  {}

// over opens a stream of a layer whose toxics change, over a socket.
func over(t *testing.T, below spi.Socket) (s spi.Socket, set func(toxics string)) {
	t.Helper()
	w := bed.New(t)
	p, set := changing(t, w)
	s, err := p.Socket(&spi.Opening{AddressFamily: wsa.AF_INET, SocketType: wsa.SOCK_STREAM,
		Next: func(*spi.Opening) (spi.Socket, error) { return below, nil }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s, set
}

// TestWokenByToxics: who is parked when toxics come, and wakes when they are
// gone and somebody else has parked, was not timed out.
func TestWokenByToxics(t *testing.T) {
	below := &parked{parks: make(chan chan error, 2)}
	s, set := over(t, below)
	type result struct {
		parked bool
		err    error
	}
	results := make(chan result, 2)
	park := func(d spi.Direction) chan error {
		go func() {
			parked, err := s.(spi.Parker).Park(d, func() bool { return false })
			results <- result{parked, err}
		}()
		return <-below.parks
	}
	first := park(spi.Receiving)
	set("short")
	set("")
	second := park(spi.Sending)
	first <- wsa.WSAETIMEDOUT // of the kick
	if got := <-results; got.parked || got.err != nil {
		t.Errorf("who was woken by toxics got %v", got)
	}
	s.(spi.Parker).SetParkDeadline(spi.Sending, time.Now())
	second <- wsa.WSAETIMEDOUT
	if got := <-results; got.err != wsa.WSAETIMEDOUT {
		t.Errorf("whose time is over got %v", got)
	}
}

// TestParkHeld: nobody parks below for a connect that is held back, or for
// connections that are, as what ends that is told by the layer.
func TestParkHeld(t *testing.T) {
	w := bed.New(t)
	below := &parked{parks: make(chan chan error, 2)}
	p, set := changing(t, w)
	s, err := p.Socket(&spi.Opening{AddressFamily: wsa.AF_INET, SocketType: wsa.SOCK_STREAM,
		Next: func(*spi.Opening) (spi.Socket, error) { return &unconnected{parked: below}, nil }})
	w.Must(err)
	defer s.Close()
	set("connect_timeout timeout=50")
	name := wsa.SockaddrFrom(netip.MustParseAddrPort("127.0.0.1:80"))
	if err := s.Connect(&name); err != wsa.WSAEWOULDBLOCK {
		t.Fatalf("connect: %v", err)
	}
	set("")
	done := make(chan bool, 1)
	go func() {
		parked, _ := s.(spi.Parker).Park(spi.Sending, func() bool { return s.ConnectResult() != wsa.WSAEWOULDBLOCK })
		done <- parked
	}()
	select {
	case parked := <-done:
		if parked {
			t.Error("it has parked")
		}
	case end := <-below.parks:
		t.Error("it parks below")
		end <- nil
	}
}

// An unconnected socket is parked on.
type unconnected struct{ *parked }

func (*unconnected) ConnectResult() error { return wsa.WSAENOTCONN }

// A slowReader receives when it is let.
type slowReader struct {
	bed.Silent
	entered chan struct{}
	let     chan struct{}
}

func (r *slowReader) Recv(m *spi.Message) (int, error) {
	if m.Len() == 1 {
		r.entered <- struct{}{}
		<-r.let
	}
	return m.Len(), nil
}

// TestTwoReceivers: a receive that goes past the layer does not keep another
// one from what is there, of which nobody would be told.
func TestTwoReceivers(t *testing.T) {
	below := &slowReader{entered: make(chan struct{}), let: make(chan struct{})}
	s, set := over(t, below)
	first := make(chan error, 1)
	go func() {
		_, err := bed.Recv(s, 1)
		first <- err
	}()
	<-below.entered
	set("latency latency=10 stream=upstream")
	if got, err := bed.Recv(s, 2); len(got) != 2 || err != nil {
		t.Errorf("the second receive: %q, %v", got, err)
	}
	close(below.let)
	if err := <-first; err != nil {
		t.Errorf("the first receive: %v", err)
	}
}

// A closing socket notes calls after its close.
type closing struct {
	bed.Silent
	closed bool
	late   int
}

func (c *closing) ConnectResult() error {
	if c.closed {
		c.late++
	}
	return nil
}

func (c *closing) Close() error { c.closed = true; return nil }

// TestNothingAfterClose: a change of toxics that reaches a socket as it is
// closed makes no calls below.
func TestNothingAfterClose(t *testing.T) {
	w := bed.New(t)
	p, set := changing(t, w)
	below := new(closing)
	s, err := p.streams.Socket(&spi.Opening{AddressFamily: wsa.AF_INET, SocketType: wsa.SOCK_STREAM,
		Next: func(*spi.Opening) (spi.Socket, error) { return below, nil }})
	w.Must(err)
	set("latency latency=1")
	s.Close()
	s.(*stream).changed(p.place.state.Load()) // which was on its way
	if below.late != 0 {
		t.Errorf("%d calls of a closed socket", below.late)
	}
}

// A clumsy socket panics in receives.
type clumsy struct {
	bed.Silent
	panics bool
}

func (c *clumsy) Recv(m *spi.Message) (int, error) {
	if c.panics {
		panic("receive on purpose")
	}
	return 0, wsa.WSAEWOULDBLOCK
}

// TestPanicBelow: a layer below that panics while links are looked at, on the
// goroutine of a timer, ends its connection and nothing else.
func TestPanicBelow(t *testing.T) {
	w := bed.New(t)
	p, set := changing(t, w)
	below := new(clumsy)
	s, err := p.Socket(&spi.Opening{AddressFamily: wsa.AF_INET, SocketType: wsa.SOCK_STREAM,
		Next: func(*spi.Opening) (spi.Socket, error) { return below, nil }})
	w.Must(err)
	set("latency latency=1 stream=upstream; latency latency=1")
	send(t, s, "x")
	below.panics = true
	w.Advance(10 * ms)
	if _, err := bed.Recv(s, 1); err != wsa.WSAECONNABORTED {
		t.Errorf("recv: %v, want WSAECONNABORTED", err)
	}
	if err := s.Close(); err != nil {
		t.Errorf("close: %v", err)
	}
}

// TestPanicInClose: a socket whose close was broken off by one below can still
// be abandoned.
func TestPanicInClose(t *testing.T) {
	w := bed.New(t)
	p, set := changing(t, w)
	below := new(clumsy)
	s, err := p.streams.Socket(&spi.Opening{AddressFamily: wsa.AF_INET, SocketType: wsa.SOCK_STREAM,
		Next: func(*spi.Opening) (spi.Socket, error) { return below, nil }})
	w.Must(err)
	set("latency latency=1")
	below.panics = true
	func() {
		defer func() { recover() }()
		s.Close()
		t.Error("close did not panic")
	}()
	abandoned := make(chan struct{})
	go func() {
		defer close(abandoned)
		s.(spi.Abandoner).Abandon()
	}()
	select {
	case <-abandoned:
	case <-time.After(10 * time.Second):
		t.Fatal("it cannot be abandoned")
	}
}

// TestRedirectedDatagram: a datagram that is late goes to whom the socket was
// connected to when it was sent.
func TestRedirectedDatagram(t *testing.T) {
	w := bed.New(t)
	p := w.Provider(start, options("latency latency=50 stream=upstream"))
	own, first := w.Pair(p, wsa.SOCK_DGRAM, 0)
	second := w.Open(nil, wsa.SOCK_DGRAM, 0)
	name := bed.Loopback()
	w.Must(second.Bind(&name))
	w.Must(second.GetSockName(&name))
	send(t, own, "for the first")
	w.Must(own.Connect(&name))
	w.Advance(100 * ms)
	got, _ := bed.Recv(first, 100)
	stray, _ := bed.Recv(second, 100)
	if got != "for the first" || stray != "" {
		t.Errorf("the first got %q, the second %q", got, stray)
	}
}

// TestSecondWithAPI: a place that gets an API by a second layer of its name is
// steered by it.
func TestSecondWithAPI(t *testing.T) {
	w := bed.New(t)
	o := options("")
	w.Provider(start, o)
	o["listen"] = "unix:" + filepath.Join(t.TempDir(), "api")
	p := w.Provider(start, o)
	own, peer := w.Pair(p, wsa.SOCK_STREAM, 0)
	toxics, _ := parseScript("latency latency=50")
	w.Must(p.(*provider).place.change(func([]*toxic) ([]*toxic, error) { return toxics, nil }))
	send(t, peer, "x")
	if _, err := bed.Recv(own, 1); err != wsa.WSAEWOULDBLOCK {
		t.Errorf("recv: %v, but there is a toxic", err)
	}
}

// TestTallies: who counts how often toxics have struck forgets those that are
// gone.
func TestTallies(t *testing.T) {
	w := bed.New(t)
	p, set := changing(t, w)
	own := w.Open(p, wsa.SOCK_STREAM, 0)
	for range 100 {
		set("error call=WSPGetSockName errno=WSAENOBUFS after=1")
		var name wsa.Sockaddr
		own.GetSockName(&name)
	}
	if n := len(own.(*socket).tally.counts); n > 2 {
		t.Errorf("%d toxics are remembered", n)
	}
}

// TestScriptPlaces: what is wrong with a script is told by its line, and a
// comment goes to the end of that.
func TestScriptPlaces(t *testing.T) {
	file := filepath.Join(t.TempDir(), "script")
	for text, want := range map[string]string{
		"# slow; very\nlatency latency=1 # here, too; very\n\n": "",
		"\n\nlatency latency=1; warp\n":                         "line 3: ",
		"drop\n\n# and again\ndrop\n":                           "line 4: ",
		strings.Repeat("#", 3<<20):                              "too long",
	} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := toxicsOf(spi.Options{"script": file})
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%.40q: %v, want %q", text, err, want)
		}
		if want != "" {
			var one *spi.OptionError
			if err := check(spi.Options{"script": file}); !errors.As(err, &one) || one.Key != "script" || one.Item != 0 {
				t.Errorf("%.40q: %v", text, err)
			}
		}
	}
	_, err := toxicsOf(spi.Options{"toxics": "drop;; warp"})
	var script *scriptError
	if !errors.As(err, &script) || script.rule != 3 {
		t.Errorf("the third item of three: %v", err)
	}
}

// TestOpenConnections: the gauge tells how many connections are there, however
// they came and went.
func TestOpenConnections(t *testing.T) {
	for _, toxics := range []string{"", "latency latency=1; latency latency=100 stream=upstream", "slow_open delay=5", "reset_peer timeout=20"} {
		w := bed.New(t)
		o := options(toxics)
		if toxics == "" {
			o["listen"] = "unix:" + filepath.Join(t.TempDir(), "api")
		}
		p := w.Provider(start, o).(*provider)
		is := func(want int, when string) {
			t.Helper()
			got := -1.0
			p.Collect(func(metric string, value float64, labels ...string) {
				if metric == "open_connections" {
					got = value
				}
			})
			if got != float64(want) {
				t.Errorf("%q, %s: %v connections, want %d", toxics, when, got, want)
			}
		}
		is(0, "at first")
		listener, name := w.Listen(p)
		plain := w.Open(nil, wsa.SOCK_STREAM, 0)
		w.Must(plain.Connect(&name))
		w.Advance(10 * ms)
		listener.Ready(spi.EventAccept)
		w.Advance(10 * ms)
		accepted, err := listener.Accept(nil)
		w.Must(err)
		is(1, "with an accepted one")
		other, at := w.Listen(nil)
		own := w.Open(p, wsa.SOCK_STREAM, 0)
		is(1, "with a socket that is none")
		w.Must(own.Connect(&at))
		for own.ConnectResult() == wsa.WSAEWOULDBLOCK {
			w.Advance(ms)
		}
		w.Advance(0)
		is(2, "with one that was made")
		if peer, err := other.Accept(nil); err != nil {
			t.Error(err)
		} else {
			defer peer.Close()
		}
		other.Close()
		refused := w.Open(p, wsa.SOCK_STREAM, 0)
		refused.Connect(&at)
		w.Advance(10 * ms)
		if err := refused.ConnectResult(); err != wsa.WSAECONNREFUSED {
			t.Errorf("%q: a connect to nobody: %v", toxics, err)
		}
		is(2, "with one that failed")
		bed.Send(own, "x") // it may be reset already
		own.Close()
		if strings.HasPrefix(toxics, "latency") {
			is(2, "while it still sends")
		}
		w.Advance(time.Second)
		is(1, "after a close")
		accepted.Close()
		refused.Close()
		w.Advance(time.Second)
		is(0, "at last")
	}
}
