// SPDX-License-Identifier: Apache-2.0

package meter

import (
	"os"
	"reflect"
	"regexp"
	"slices"
	"sync"
	"testing"
	"time"

	"winsock/spi"
	"winsock/wsa"
)

// A fake answers with err, takes its time, and has all of the abilities.
type fake struct {
	abilities
	err    error
	n      int
	took   time.Duration
	last   string // the call
	conn   spi.Socket
	path   spi.Socket
	below  spi.Socket
	noted  *spi.Watcher
	handle int
	deadln time.Time
}

func (f *fake) call(name string) error {
	f.last = name
	if f.took > 0 {
		for end := time.Now().Add(f.took); time.Now().Before(end); {
		}
	}
	return f.err
}

func (f *fake) Bind(*wsa.Sockaddr) error                     { return f.call("Bind") }
func (f *fake) Connect(*wsa.Sockaddr) error                  { return f.call("Connect") }
func (f *fake) ConnectResult() error                         { return f.call("ConnectResult") }
func (f *fake) Listen(int32) error                           { return f.call("Listen") }
func (f *fake) Accept(*wsa.Sockaddr) (spi.Socket, error)     { return f.conn, f.call("Accept") }
func (f *fake) Send(*spi.Message) (int, error)               { return f.n, f.call("Send") }
func (f *fake) Recv(*spi.Message) (int, error)               { return f.n, f.call("Recv") }
func (f *fake) Shutdown(int32) error                         { return f.call("Shutdown") }
func (f *fake) Close() error                                 { return f.call("Close") }
func (f *fake) GetSockName(*wsa.Sockaddr) error              { return f.call("GetSockName") }
func (f *fake) GetPeerName(*wsa.Sockaddr) error              { return f.call("GetPeerName") }
func (f *fake) GetSockOpt(_, _ int32, _ []byte) (int, error) { return f.n, f.call("GetSockOpt") }
func (f *fake) SetSockOpt(_, _ int32, _ []byte) error        { return f.call("SetSockOpt") }
func (f *fake) Ioctl(uint32, []byte, []byte) (int, error)    { return f.n, f.call("Ioctl") }
func (f *fake) Ready(mask spi.Events) spi.Events             { f.call("Ready"); return mask }
func (f *fake) Watch(w *spi.Watcher)                         { f.call("Watch"); f.noted = w }
func (f *fake) Unwatch(w *spi.Watcher)                       { f.call("Unwatch"); f.noted = w }

func (f *fake) Handle() int                        { f.call("Handle"); return f.handle }
func (f *fake) DataPath() spi.Socket               { f.call("DataPath"); return f.path }
func (f *fake) Foresee(*wsa.Sockaddr) spi.Socket   { f.call("Foresee"); return f.path }
func (f *fake) Spoken() spi.Socket                 { f.call("Spoken"); return f.path }
func (f *fake) Below() spi.Socket                  { f.call("Below"); return f.below }
func (f *fake) Extension(wsa.GUID) any             { f.call("Extension"); return f }
func (f *fake) Linger() error                      { return f.call("Linger") }
func (f *fake) Abort()                             { f.call("Abort") }
func (f *fake) Abandon()                           { f.call("Abandon") }
func (f *fake) Unpark()                            { f.call("Unpark") }
func (f *fake) SendDisconnect([]byte) error        { return f.call("SendDisconnect") }
func (f *fake) RecvDisconnect([]byte) (int, error) { return f.n, f.call("RecvDisconnect") }

func (f *fake) SetParkDeadline(_ spi.Direction, t time.Time) { f.call("SetParkDeadline"); f.deadln = t }
func (f *fake) Duplicate(uint32, []byte) (*wsa.ProtocolInfo, error) {
	return &wsa.ProtocolInfo{}, f.call("Duplicate")
}
func (f *fake) SendFile(int, int64, int) (int, error) { return f.n, f.call("SendFile") }
func (f *fake) RecvBatch(list []spi.Transfer) (int, error) {
	return f.endBatch(list), f.call("RecvBatch")
}
func (f *fake) SendBatch(list []spi.Transfer) (int, error) {
	return f.endBatch(list), f.call("SendBatch")
}

func (f *fake) Steady() { f.call("Steady") }

// endBatch ends all but the last, the first of them with an error.
func (f *fake) endBatch(list []spi.Transfer) int {
	for i := range list[:len(list)-1] {
		list[i].N, list[i].Err = f.n, nil
	}
	list[0].N, list[0].Err = 0, wsa.WSAECONNRESET
	return len(list) - 1
}
func (f *fake) Park(_ spi.Direction, try func() bool) (bool, error) {
	f.call("Park")
	return try(), f.err
}
func (f *fake) ConnectWithData(*wsa.Sockaddr, []byte, *[]byte, *wsa.QOS, *wsa.QOS) error {
	return f.call("ConnectWithData")
}
func (f *fake) JoinLeaf(*wsa.Sockaddr, []byte, *[]byte, *wsa.QOS, *wsa.QOS, uint32) (spi.Socket, error) {
	return f.conn, f.call("JoinLeaf")
}

// Abilities are optional interfaces, as nil pointers to them.
type abilities []any

var (
	kernelStream = abilities{(*spi.Handler)(nil), (*spi.Parker)(nil), (*spi.Lingerer)(nil), (*spi.FileSender)(nil)}
	preserving   = abilities{(*spi.DataPather)(nil), (*spi.Foreseer)(nil), (*spi.Stander)(nil)}
	buffered     = abilities{(*spi.Abandoner)(nil), (*spi.Lingerer)(nil)}
)

// Lender takes from a fake what it is not to have.
func (f *fake) Lender(ability any) spi.Socket {
	if slices.Contains(f.abilities, ability) {
		return nil
	}
	return struct{ spi.Socket }{}
}

// every has all optional interfaces, by name.
var every = map[string]struct {
	ability any
	of      func(spi.Socket) bool
}{
	"Handler":          {(*spi.Handler)(nil), is[spi.Handler]},
	"DataPather":       {(*spi.DataPather)(nil), is[spi.DataPather]},
	"Foreseer":         {(*spi.Foreseer)(nil), is[spi.Foreseer]},
	"Stander":          {(*spi.Stander)(nil), is[spi.Stander]},
	"Speaker":          {(*spi.Speaker)(nil), is[spi.Speaker]},
	"Parker":           {(*spi.Parker)(nil), is[spi.Parker]},
	"ConnectDataer":    {(*spi.ConnectDataer)(nil), is[spi.ConnectDataer]},
	"DisconnectDataer": {(*spi.DisconnectDataer)(nil), is[spi.DisconnectDataer]},
	"MultipointJoiner": {(*spi.MultipointJoiner)(nil), is[spi.MultipointJoiner]},
	"Duplicator":       {(*spi.Duplicator)(nil), is[spi.Duplicator]},
	"Extender":         {(*spi.Extender)(nil), is[spi.Extender]},
	"BatchReceiver":    {(*spi.BatchReceiver)(nil), is[spi.BatchReceiver]},
	"BatchSender":      {(*spi.BatchSender)(nil), is[spi.BatchSender]},
	"FileSender":       {(*spi.FileSender)(nil), is[spi.FileSender]},
	"Steady":           {(*spi.Steady)(nil), is[spi.Steady]},
	"Lingerer":         {(*spi.Lingerer)(nil), is[spi.Lingerer]},
	"Abandoner":        {(*spi.Abandoner)(nil), is[spi.Abandoner]},
}

func is[T any](s spi.Socket) bool {
	_, ok := spi.As[T](s)
	return ok
}

// TestEveryAbilityIsKnown: spi/ability.go has no optional interface that a
// metered socket would hide.
func TestEveryAbilityIsKnown(t *testing.T) {
	source, err := os.ReadFile("../ability.go")
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile(`(?m)^type (\w+) interface`).FindAllSubmatch(source, -1)
	if len(found) != len(every) {
		t.Errorf("%d optional interfaces in spi/ability.go, %d in the test", len(found), len(every))
	}
	for _, f := range found {
		if _, ok := every[string(f[1])]; !ok {
			t.Errorf("the meter does not know spi.%s", f[1])
		}
	}
}

// TestAbilitiesAreKept: a metered socket, and a twice metered one, has the
// interfaces of the socket, whatever those are.
func TestAbilitiesAreKept(t *testing.T) {
	for name, a := range every {
		for _, below := range []*fake{{}, {abilities: abilities{a.ability}}} {
			var m Meter
			s := Wrap(Wrap(below, &m), &m)
			for other, o := range every {
				if want := other == name && len(below.abilities) > 0; o.of(s) != want {
					t.Errorf("on a socket with %d abilities, one %s at the most, a metered one is a %s: %v", len(below.abilities), name, other, !want)
				}
			}
		}
	}
}

// TestBatches: each message of a batch is counted as a call, and one more if
// there was nothing for it.
func TestBatches(t *testing.T) {
	for _, g := range []Group{Recv, Send} {
		for _, err := range []error{nil, wsa.WSAEWOULDBLOCK} {
			s, m := able(&fake{err: err, n: 7}, abilities{(*spi.BatchReceiver)(nil), (*spi.BatchSender)(nil)})
			list := make([]spi.Transfer, 4)
			call := s.(spi.BatchReceiver).RecvBatch
			if g == Send {
				call = s.(spi.BatchSender).SendBatch
			}
			if n, got := call(list); n != 3 || got != err {
				t.Errorf("%v: %d, %v; want 3, %v", g, n, got, err)
			}
			want := Counts{Calls: 3, Errors: 1}
			if err != nil {
				want.Calls, want.Blocked = 4, 1
			}
			r := m.Read()
			got := r.Groups[g]
			if got.Calls != want.Calls || got.Blocked != want.Blocked || got.Errors != want.Errors || got.Codes[codeIndex(wsa.WSAECONNRESET)] != 1 {
				t.Errorf("%v with %v: counts %+v, want %+v", g, err, got, want)
			}
			if r.Sent+r.Received != 14 {
				t.Errorf("%v: %d bytes sent, %d received; want 14", g, r.Sent, r.Received)
			}
			u, _ := UsageOf(s)
			if u.Sends+u.Recvs != want.Calls || u.Sent+u.Received != 14 || u.Blocked != want.Blocked || u.Errors != 1 {
				t.Errorf("%v with %v: usage %+v", g, err, u)
			}
		}
	}
}

// able makes a metered fake with the abilities.
func able(f *fake, has abilities) (spi.Socket, *Meter) {
	m := new(Meter)
	f.abilities = has
	return Wrap(f, m), m
}

// TestEveryCall: each is made below, once, with its answer, and counted
// where it belongs; whether it worked, has to wait or failed.
func TestEveryCall(t *testing.T) {
	var message spi.Message
	calls := []struct {
		name  string
		group Group // Groups: not counted
		call  func(s spi.Socket) error
	}{
		{"Bind", Control, func(s spi.Socket) error { return s.Bind(nil) }},
		{"Connect", Connect, func(s spi.Socket) error { return s.Connect(nil) }},
		{"Listen", Control, func(s spi.Socket) error { return s.Listen(1) }},
		{"Accept", Accept, func(s spi.Socket) error { _, err := s.Accept(nil); return err }},
		{"Send", Send, func(s spi.Socket) error { _, err := s.Send(&message); return err }},
		{"Recv", Recv, func(s spi.Socket) error { _, err := s.Recv(&message); return err }},
		{"Shutdown", Control, func(s spi.Socket) error { return s.Shutdown(0) }},
		{"Close", Control, func(s spi.Socket) error { return s.Close() }},
		{"GetSockName", Control, func(s spi.Socket) error { return s.GetSockName(nil) }},
		{"GetPeerName", Control, func(s spi.Socket) error { return s.GetPeerName(nil) }},
		{"GetSockOpt", Control, func(s spi.Socket) error { _, err := s.GetSockOpt(0, 0, nil); return err }},
		{"SetSockOpt", Control, func(s spi.Socket) error { return s.SetSockOpt(0, 0, nil) }},
		{"Ioctl", Control, func(s spi.Socket) error { _, err := s.Ioctl(0, nil, nil); return err }},
		{"ConnectWithData", Connect, func(s spi.Socket) error { return s.(spi.ConnectDataer).ConnectWithData(nil, nil, nil, nil, nil) }},
		{"SendDisconnect", Control, func(s spi.Socket) error { return s.(spi.DisconnectDataer).SendDisconnect(nil) }},
		{"RecvDisconnect", Control, func(s spi.Socket) error { _, err := s.(spi.DisconnectDataer).RecvDisconnect(nil); return err }},
		{"JoinLeaf", Connect, func(s spi.Socket) error {
			_, err := s.(spi.MultipointJoiner).JoinLeaf(nil, nil, nil, nil, nil, 0)
			return err
		}},
		{"Duplicate", Control, func(s spi.Socket) error { _, err := s.(spi.Duplicator).Duplicate(0, nil); return err }},
		{"SendFile", Send, func(s spi.Socket) error { _, err := s.(spi.FileSender).SendFile(0, 0, 0); return err }},
		{"Linger", Control, func(s spi.Socket) error { return s.(spi.Lingerer).Linger() }},
		{"Park", Groups, func(s spi.Socket) error {
			_, err := s.(spi.Parker).Park(spi.Sending, func() bool { return true })
			return err
		}},
	}
	for _, call := range calls {
		for _, err := range []error{nil, wsa.WSAEWOULDBLOCK, wsa.WSAECONNRESET} {
			f := &fake{err: err, n: 7}
			s, m := able(f, nil)
			before := m.Read()
			if got := call.call(s); got != err {
				t.Errorf("%s: %v, want %v", call.name, got, err)
			}
			if f.last != call.name {
				t.Errorf("%s arrived as %s", call.name, f.last)
			}
			want := before
			if call.group < Groups {
				want.Groups[call.group].Calls++
				switch err {
				case wsa.WSAEWOULDBLOCK:
					want.Groups[call.group].Blocked++
				case wsa.WSAECONNRESET:
					want.Groups[call.group].Errors++
					want.Groups[call.group].Codes[codeIndex(err)]++
				}
			}
			switch call.name {
			case "Send", "SendFile":
				want.Sent, want.SentSizes[sizeBucket(7)] = 7, 1
			case "Recv":
				want.Received, want.ReceivedSizes[sizeBucket(7)] = 7, 1
			case "Connect", "ConnectWithData":
				if err == nil {
					want.Connected = 1
				}
			case "Close":
				want.Open = 0
			}
			got := m.Read()
			for g := range got.Groups {
				if got.Groups[g].Time < 0 || got.Groups[g].Time > 0 && got.Groups[g].Calls == 0 {
					t.Errorf("%s: %v of time under %v", call.name, got.Groups[g].Time, Group(g))
				}
				if n := got.Groups[g].Took.Count(); Group(g) != Open && n != got.Groups[g].Calls {
					t.Errorf("%s: the times of %d calls of %v, which were %d", call.name, n, Group(g), got.Groups[g].Calls)
				}
				got.Groups[g].Time, got.Groups[g].Took = 0, Took{}
			}
			if got != want {
				t.Errorf("%s with %v: counts %+v, want %+v", call.name, err, got, want)
			}
		}
	}
	for name, call := range map[string]func(s spi.Socket){
		"Ready":           func(s spi.Socket) { s.Ready(spi.EventRead) },
		"Handle":          func(s spi.Socket) { s.(spi.Handler).Handle() },
		"SetParkDeadline": func(s spi.Socket) { s.(spi.Parker).SetParkDeadline(spi.Sending, time.Time{}) },
		"Unpark":          func(s spi.Socket) { s.(spi.Parker).Unpark() },
		"Abort":           func(s spi.Socket) { s.(spi.Lingerer).Abort() },
	} {
		f := &fake{}
		s, _ := able(f, kernelStream)
		if call(s); f.last != name {
			t.Errorf("%s arrived as %q", name, f.last)
		}
	}
}

// TestWatchersAreThoseOfTheCaller: they go below as they are.
func TestWatchersAreThoseOfTheCaller(t *testing.T) {
	f := &fake{}
	s, _ := able(f, nil)
	w := &spi.Watcher{}
	if s.Watch(w); f.last != "Watch" || f.noted != w {
		t.Errorf("Watch arrived as %s of %p", f.last, f.noted)
	}
	if s.Unwatch(w); f.last != "Unwatch" || f.noted != w {
		t.Errorf("Unwatch arrived as %s of %p", f.last, f.noted)
	}
}

// TestDataPath: the data is the meter's if it is the socket's, and else not.
func TestDataPath(t *testing.T) {
	elsewhere := &fake{}
	for _, with := range []abilities{nil, kernelStream, buffered} {
		s, _ := able(&fake{path: elsewhere}, with)
		if spi.DataPathOf(s) != s || spi.DataPathTo(s, nil) != s {
			t.Errorf("abilities %T: the data does not go through the meter", with)
		}
	}
	f := &fake{}
	s, _ := able(f, preserving)
	if f.path = f; spi.DataPathOf(s) != s || s.(spi.Foreseer).Foresee(nil) != s {
		t.Error("the data of a socket that sees it does not go through the meter")
	}
	if f.path = elsewhere; s.(spi.DataPather).DataPath() != spi.Socket(elsewhere) || s.(spi.Foreseer).Foresee(nil) != spi.Socket(elsewhere) {
		t.Error("the data that the socket leaves alone goes through the meter")
	}
	f.below = elsewhere
	if s.(spi.Stander).Below() != spi.Socket(elsewhere) {
		t.Error("the socket stands on another one")
	}
}

// TestDerivedSockets: accepted and joined ones are counted by the same meter,
// and gone when they are closed or abandoned, once.
func TestDerivedSockets(t *testing.T) {
	f := &fake{conn: &fake{abilities: buffered}}
	s, m := able(f, nil)
	conn, err := s.Accept(nil)
	if err != nil || conn == f.conn || !is[spi.Abandoner](conn) || is[spi.Parker](conn) {
		t.Fatalf("Accept: %v, %v", conn, err)
	}
	leaf, err := s.(spi.MultipointJoiner).JoinLeaf(nil, nil, nil, nil, nil, 0)
	if err != nil || leaf == f.conn {
		t.Fatalf("JoinLeaf: %v, %v", leaf, err)
	}
	f.conn = f
	if again, err := s.(spi.MultipointJoiner).JoinLeaf(nil, nil, nil, nil, nil, 0); err != nil || again != s {
		t.Errorf("JoinLeaf of the socket itself: %v, %v", again, err)
	}
	conn.Send(&spi.Message{})
	if r := m.Read(); r.Open != 3 || r.Total != 3 || r.Groups[Open].Calls != 1 || r.Groups[Send].Calls != 1 {
		t.Errorf("counts %+v", r)
	}
	conn.Close()
	conn.(spi.Abandoner).Abandon()
	leaf.(spi.Abandoner).Abandon()
	if r := m.Read(); r.Open != 1 || r.Total != 3 {
		t.Errorf("%d of %d sockets are open, want 1 of 3", r.Open, r.Total)
	}
	f.err = wsa.WSAEWOULDBLOCK
	if conn, err := s.Accept(nil); err != wsa.WSAEWOULDBLOCK {
		t.Errorf("Accept: %v, %v", conn, err)
	}
}

// TestOneResultForOneAttempt: however often its result is asked for.
func TestOneResultForOneAttempt(t *testing.T) {
	f := &fake{err: wsa.WSAEWOULDBLOCK}
	s, m := able(f, nil)
	for range 2 {
		f.err = wsa.WSAEWOULDBLOCK
		s.Connect(nil)
		s.ConnectResult()
		f.err = wsa.WSAECONNREFUSED
		s.ConnectResult()
		s.ConnectResult()
	}
	f.err = wsa.WSAEWOULDBLOCK
	s.Connect(nil)
	f.err = nil
	s.ConnectResult()
	s.ConnectResult()
	r := m.Read()
	if c := r.Groups[Connect]; c.Calls != 11 || c.Blocked != 5 || c.Errors != 2 || c.Codes.Of(wsa.WSAECONNREFUSED) != 2 || r.Connected != 1 {
		t.Errorf("%d calls, %d blocked, %d errors, %d connected; want 11, 5, 2, 1", c.Calls, c.Blocked, c.Errors, r.Connected)
	}
}

// TestAccepted: only connections count as accepted.
func TestAccepted(t *testing.T) {
	f := &fake{err: wsa.WSAEWOULDBLOCK}
	s, m := able(f, nil)
	s.Accept(nil)
	f.err = wsa.WSAECONNABORTED
	s.Accept(nil)
	f.err, f.conn = nil, &fake{}
	s.Accept(nil)
	all := m.Read()
	more := m.Read()
	all.add(&more)
	if all.Accepted != 2 {
		t.Errorf("twice %d accepted, want twice 1", all.Accepted/2)
	}
}

func TestUnwrap(t *testing.T) {
	f := &fake{}
	var m Meter
	if Unwrap(f) != spi.Socket(f) {
		t.Error("Unwrap has unwrapped what is not metered")
	}
	q := &quick{f}
	if Unwrap(Wrap(Wrap(q, &m), &m)) != spi.Socket(q) {
		t.Error("Unwrap does not find the socket below two meters")
	}
}

func TestPeekedBytesAreNotCounted(t *testing.T) {
	s, m := able(&fake{n: 5}, nil)
	s.Recv(&spi.Message{Flags: wsa.MSG_PEEK})
	s.Recv(&spi.Message{})
	if r := m.Read(); r.Received != 5 {
		t.Errorf("%d bytes received, want 5", r.Received)
	}
}

func TestTimeAndSum(t *testing.T) {
	s, m := able(&fake{took: 2 * time.Millisecond}, nil)
	s.Bind(nil)
	s.Send(&spi.Message{})
	r := m.Read()
	if r.Groups[Control].Time < 2*time.Millisecond || r.Groups[Send].Time < 2*time.Millisecond {
		t.Errorf("times %v", r.Groups)
	}
	if sum := r.Sum(); sum.Calls != 3 || sum.Errors != 0 || sum.Time != r.Groups[Control].Time+r.Groups[Send].Time {
		t.Errorf("the sum is %+v of %+v", sum, r.Groups)
	}
}

func TestManyAtOnce(t *testing.T) {
	s, m := able(&fake{n: 3}, nil)
	defer s.Close()
	var wg sync.WaitGroup
	for range 4 {
		s := Wrap(&fake{n: 3}, m)
		wg.Go(func() {
			for range 1000 {
				s.Send(&spi.Message{})
				s.Recv(&spi.Message{})
				m.Read()
			}
			s.Close()
		})
	}
	wg.Wait()
	if r := m.Read(); r.Sent != 12000 || r.Received != 12000 || r.Open != 1 || r.Total != 5 {
		t.Errorf("counts %+v", r)
	}
}

func TestNames(t *testing.T) {
	for g := range Groups {
		if g.String() == "" || g.String() == "?" {
			t.Errorf("group %d has no name", g)
		}
	}
	if Groups.String() != "?" {
		t.Error("what is no group has a name")
	}
	for _, typ := range []reflect.Type{reflect.TypeFor[tally](), reflect.TypeFor[half]()} {
		if typ.Size()%64 != 0 {
			t.Errorf("%v has %d bytes, which are no cache lines", typ, typ.Size())
		}
	}
}

func TestNoAllocation(t *testing.T) {
	s, _ := able(&fake{}, kernelStream)
	m := &spi.Message{}
	if n := testing.AllocsPerRun(1000, func() { s.Send(m); s.Recv(m) }); n != 0 {
		t.Errorf("%v allocations per Send and Recv", n)
	}
}

// quick is a socket whose Send does nothing.
type quick struct{ spi.Socket }

func (quick) Send(m *spi.Message) (int, error) { return 1, nil }

func BenchmarkSend(b *testing.B) {
	var plain spi.Socket = &quick{}
	var m, above Meter
	metered := Wrap(plain, &m)
	placed := Wrap(plain, &m)
	placed.(*socket).above.Store(&above)
	for _, bench := range []struct {
		name string
		s    spi.Socket
	}{{"plain", plain}, {"metered", metered}, {"metered below another", placed}} {
		b.Run(bench.name, func(b *testing.B) {
			b.ReportAllocs()
			m := &spi.Message{}
			for b.Loop() {
				bench.s.Send(m)
			}
		})
	}
	b.Run("two looks at the clock", func(b *testing.B) {
		for b.Loop() {
			start := now()
			if now() < start {
				b.Fatal()
			}
		}
	})
}
