// SPDX-License-Identifier: Apache-2.0

package winsock

import (
	"hash"
	"hash/fnv"
	"math/rand/v2"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"winsock/spi/spitest/leak"
	"winsock/wsa"
)

// What the environment says about TestExactlyOnce: how long it runs in all,
// and the seed, to repeat what a run has found.
const (
	envStressTime = "WINSOCK_STRESS_TIME" // such as 1m
	envStressSeed = "WINSOCK_STRESS_SEED"
)

// TestExactlyOnce issues, cancels and closes at random, from many goroutines
// on shared sockets, with every way to be told of the end. Each operation
// that begins ends once; one that does not begin is never told of; and what
// arrives on connections that stay open is what was sent.
func TestExactlyOnce(t *testing.T) {
	whole := 3 * time.Second
	if testing.Short() {
		whole = time.Second
	}
	if d, err := time.ParseDuration(os.Getenv(envStressTime)); err == nil {
		whole = d
	}
	seed := uint64(time.Now().UnixNano())
	if s, err := strconv.ParseUint(os.Getenv(envStressSeed), 10, 64); err == nil {
		seed = s
	}
	t.Logf("%s=%d", envStressSeed, seed)
	started(t)
	faults := ",latency=50us,jitter=300us,loss=0.001,bandwidth=40M,seed=" + strconv.FormatUint(seed>>1, 10)
	for base, path := range map[string]string{"kernel": "", "mem": "mem:network=" + t.Name() + faults} {
		for chain, layers := range asyncLayers {
			t.Run(base+"/"+chain, func(t *testing.T) {
				leak.Check(t)
				newStress(t, newAsyncBed(t, path, layers), seed).run(whole / 6)
			})
		}
	}
}

// A stress is one run.
type stress struct {
	*asyncBed
	seed   uint64
	ports  [2]HANDLE
	thread *Thread
	pairs  []*stressPair
	stop   atomic.Bool    // nothing more is issued
	last   atomic.Bool    // and nothing more is to be told
	open   sync.WaitGroup // operations that have begun and did not end
	begun  atomic.Int64

	mu  sync.Mutex // protects ops
	ops map[*Overlapped]*stressOp
}

// A stressPair is a connection. One that stays has its data checked; others
// are closed at any time.
type stressPair struct {
	stays bool
	mu    sync.RWMutex // protects ends, which are replaced when they are closed
	ends  [2]*stressEnd
}

// A stressEnd is a socket with what was issued on it.
type stressEnd struct {
	socket SOCKET
	way    int

	directions [2]stressDirection // receives and sends
}

// A stressDirection is the sends or the receives of a socket, in the order of
// the calls. Those that have ended are forgotten but for their bytes, so that
// a run may be long.
type stressDirection struct {
	mu    sync.Mutex // held while an operation is issued
	ops   []*stressOp
	bytes int64
	sum   hash.Hash64 // of all bytes transferred before those of ops
}

func newStressDirection() stressDirection { return stressDirection{sum: fnv.New64a()} }

// settleLocked forgets the oldest operations as far as they have ended.
func (d *stressDirection) settleLocked(x *stress) {
	for len(d.ops) > 0 {
		op := d.ops[0]
		if op.begun.Load() {
			if op.told.Load() == 0 {
				return
			}
			d.write(op.buf[:op.n])
		}
		x.mu.Lock()
		delete(x.ops, &op.ov)
		x.mu.Unlock()
		d.ops = d.ops[1:]
	}
}

func (d *stressDirection) write(p []byte) {
	d.sum.Write(p)
	d.bytes += int64(len(p))
}

// Ways to be told of an end.
const (
	byPort = iota
	byPortUnlessAtOnce
	byEventNotPort
	byEvent
	byRoutine
	stressWays
)

// A stressOp is an operation.
type stressOp struct {
	ov     Overlapped
	sends  bool
	buf    []byte
	begun  atomic.Bool
	told   atomic.Int32
	n      int
	err    wsa.Errno
	muted  bool // a packet of it would be one too many
	issued chan struct{}
}

func newStress(t *testing.T, b *asyncBed, seed uint64) *stress {
	x := &stress{asyncBed: b, seed: seed, ops: map[*Overlapped]*stressOp{}, thread: b.thread()}
	for i := range x.ports {
		x.ports[i] = newTestPort(t, uint32(i+1))
	}
	for i := range 6 {
		p := &stressPair{stays: i%2 == 0}
		x.pairs = append(x.pairs, p)
		x.connect(p, rand.New(rand.NewPCG(seed, uint64(i))))
	}
	return x
}

// connect gives a pair new ends.
func (x *stress) connect(p *stressPair, r *rand.Rand) {
	l, err := x.open4()
	if err != nil {
		x.Error(err)
		return
	}
	defer CloseSocket(l)
	addr := loopback(wsa.AF_INET, 0)
	var sockets [2]SOCKET
	for _, step := range []func() error{
		func() error { return Bind(l, &addr) },
		func() error { return GetSockName(l, &addr) },
		func() error { return Listen(l, 1) },
		func() (err error) { sockets[0], err = x.open4(); return err },
		func() error { return Connect(sockets[0], &addr) },
		func() (err error) { sockets[1], err = Accept(l, nil); return err },
	} {
		if err := step(); err != nil {
			x.Errorf("connecting: %v", err)
			return
		}
	}
	for i, s := range sockets {
		e := &stressEnd{socket: s, way: r.IntN(stressWays)}
		e.directions = [2]stressDirection{newStressDirection(), newStressDirection()}
		if e.way <= byEventNotPort {
			_, err = CreateIoCompletionPort(HANDLE(s), x.ports[r.IntN(2)], 0, 0)
		}
		if e.way == byPortUnlessAtOnce && err == nil {
			err = SetFileCompletionNotificationModes(s, FILE_SKIP_COMPLETION_PORT_ON_SUCCESS)
		}
		if err != nil {
			x.Error(err)
		}
		p.ends[i] = e
	}
}

func (x *stress) open4() (SOCKET, error) { return x.asyncBed.open(wsa.AF_INET, wsa.SOCK_STREAM) }

func (x *stress) run(d time.Duration) {
	var issuers, workers sync.WaitGroup
	for i := range 5 {
		workers.Go(func() { x.work(x.ports[i%2], i) })
	}
	workers.Go(x.workThread)
	for i := range 6 {
		r := rand.New(rand.NewPCG(x.seed, uint64(100+i)))
		issuers.Go(func() {
			for !x.stop.Load() && !x.Failed() {
				x.step(r)
			}
		})
	}
	time.Sleep(d) // the time to run, not to wait for anything
	x.stop.Store(true)
	issuers.Wait()
	for _, p := range x.pairs {
		for _, e := range p.ends {
			CancelIoEx(e.socket, nil) // ERROR_NOT_FOUND when all has ended
		}
	}
	ended := make(chan struct{})
	go func() { x.open.Wait(); close(ended) }()
	select {
	case <-ended:
	case <-time.After(soon):
		x.mu.Lock()
		defer x.mu.Unlock()
		for _, op := range x.ops {
			if op.begun.Load() && op.told.Load() == 0 {
				x.Errorf("an operation does not end: sends %v, done %v, %+v", op.sends, op.ov.Done(), op.ov)
			}
		}
		x.Fatal("seed ", x.seed)
	}
	for _, p := range x.pairs {
		if p.stays {
			x.compare(p)
		}
		for _, e := range p.ends {
			CloseSocket(e.socket)
		}
	}
	for i := range x.ports { // what is left there would be too much
		must(x, PostQueuedCompletionStatus(x.ports[i], 0, 1, nil))
	}
	must(x, x.thread.QueueUserAPC(func() { x.last.Store(true) }))
	workers.Wait()
	for _, op := range x.ops {
		if n := op.told.Load(); op.begun.Load() != (n == 1) {
			x.Errorf("an operation was told of %d times, begun %v: %+v", n, op.begun.Load(), op.ov)
		}
	}
	x.Logf("%d operations", x.begun.Load())
	if x.begun.Load() == 0 {
		x.Error("nothing was tested")
	}
	if x.Failed() {
		x.Logf("repeat it with %s=%d", envStressSeed, x.seed)
	}
}

// step does one thing at random.
func (x *stress) step(r *rand.Rand) {
	p := x.pairs[r.IntN(len(x.pairs))]
	p.mu.RLock()
	e := p.ends[r.IntN(2)]
	p.mu.RUnlock()
	switch k := r.IntN(1000); {
	case k < 900:
		x.issue(e, k%2, r)
	case k < 960:
		d := &e.directions[k%2]
		d.mu.Lock()
		var ov *Overlapped
		if n := len(d.ops); n > 0 {
			ov = &d.ops[max(0, n-1-r.IntN(6))].ov
		}
		d.mu.Unlock()
		if ov != nil {
			CancelIoEx(e.socket, ov) // it may have ended
		}
	case k < 975:
		CancelIoEx(e.socket, nil)
	case k < 980:
		CancelIo(e.socket)
	case k < 985 && !p.stays:
		p.mu.Lock()
		defer p.mu.Unlock()
		if r.IntN(2) == 0 {
			SetSockOpt(p.ends[0].socket, wsa.SOL_SOCKET, wsa.SO_LINGER, []byte{1, 0, 0, 0})
		}
		for i := range p.ends {
			if err := CloseSocket(p.ends[i].socket); err != nil {
				x.Error(err)
			}
		}
		x.connect(p, r)
	default:
		time.Sleep(time.Duration(r.IntN(200)) * time.Microsecond) // has the others go on
	}
}

// issue begins an operation.
func (x *stress) issue(e *stressEnd, direction int, r *rand.Rand) {
	d := &e.directions[direction]
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.settleLocked(x); len(d.ops) > 6 {
		return
	}
	size := 1 + r.IntN(2000)
	if r.IntN(20) == 0 {
		size = 1 + r.IntN(200_000)
	}
	op := &stressOp{sends: direction == 1, buf: make([]byte, size), issued: make(chan struct{})}
	defer close(op.issued)
	if op.sends {
		fill(op.buf, r.Uint64())
	}
	bufs := [][]byte{op.buf}
	if r.IntN(3) == 0 {
		cut := r.IntN(size)
		bufs = [][]byte{op.buf[:cut], op.buf[cut:]}
	}
	var completion *Completion
	var event HANDLE
	switch e.way {
	case byEventNotPort, byEvent:
		event, _ = WSACreateEvent()
		op.ov.Event = event
		if e.way == byEventNotPort {
			op.ov.Event |= 1
			op.muted = true
		}
	case byRoutine:
		completion = &Completion{Thread: x.thread, Routine: func(err wsa.Errno, n uint32, ov *Overlapped, _ uint32) { x.tell(ov, n, err) }}
	}
	x.mu.Lock()
	x.ops[&op.ov] = op
	x.mu.Unlock()
	d.ops = append(d.ops, op)
	x.open.Add(1)
	op.begun.Store(true)
	x.begun.Add(1)
	var n int
	var err error
	if op.sends {
		n, err = WSASend(e.socket, bufs, 0, &op.ov, completion)
	} else {
		n, err = WSARecv(e.socket, bufs, nil, &op.ov, completion)
	}
	clear(bufs) // the array is the caller's again
	switch {
	case err == nil && e.way == byPortUnlessAtOnce:
		op.muted = true
		x.end(op, uint32(n), 0)
		return
	case err != nil && err != wsa.WSA_IO_PENDING:
		if op.told.Load() != 0 {
			x.Errorf("an operation that failed at once with %v was told of", err)
		}
		op.begun.Store(false)
		x.open.Done()
		if event != 0 {
			WSACloseEvent(event)
		}
		if p := wsa.ErrnoOf(err); p != wsa.WSAENOTSOCK && p != wsa.WSAECONNRESET && p != wsa.WSAECONNABORTED {
			x.Errorf("issuing: %v", err)
		}
		return
	}
	if event != 0 {
		go func() {
			if _, err := WaitForEvents([]HANDLE{event}, false, -1); err != nil {
				x.Error(err)
			}
			WSACloseEvent(event)
			// The socket may be closed, so that nobody can be asked for the result.
			x.end(op, uint32(op.ov.InternalHigh), wsa.NTStatus(atomic.LoadUint64(&op.ov.Internal)).Errno())
		}()
	}
}

// work takes packets.
func (x *stress) work(port HANDLE, i int) {
	entries := make([]OverlappedEntry, 1+i*3)
	for {
		n, err := GetQueuedCompletionStatusEx(port, entries, uint32(5+i), false)
		if err == wsa.WSA_WAIT_TIMEOUT {
			continue
		}
		if err != nil {
			x.Error(err)
			return
		}
		last := false
		for _, e := range entries[:n] {
			if e.Overlapped == nil {
				last = true
				continue
			}
			x.tell(e.Overlapped, e.Transferred, wsa.NTStatus(e.Internal).Errno())
		}
		if last {
			PostQueuedCompletionStatus(port, 0, 1, nil) // for the next one
			return
		}
	}
}

func (x *stress) workThread() {
	for last := false; !last; {
		x.thread.Wait(nil, false, -1)
		last = x.last.Load()
	}
}

// tell is called for a packet or by a completion routine.
func (x *stress) tell(ov *Overlapped, n uint32, err wsa.Errno) {
	x.mu.Lock()
	op := x.ops[ov]
	x.mu.Unlock()
	if op == nil {
		x.Errorf("a packet of no operation: %p", ov)
		return
	}
	if !ov.Done() {
		x.Error("an operation that is told of is not done")
	}
	<-op.issued
	if op.muted {
		x.Errorf("a packet that must not be: %+v", op.ov)
		return
	}
	x.end(op, n, err)
}

// end records the end of an operation.
func (x *stress) end(op *stressOp, n uint32, err wsa.Errno) {
	op.n, op.err = int(n), err
	if told := op.told.Add(1); told != 1 {
		x.Errorf("an operation is told of %d times: %+v", told, op.ov)
		return
	}
	if err == 0 && op.sends && int(n) != len(op.buf) {
		x.Errorf("a send of %d bytes ended with %d", len(op.buf), n)
	}
	x.open.Done()
}

// compare drains a connection that has stayed open and compares what has
// arrived with what was sent, in both directions. All operations have ended.
func (x *stress) compare(p *stressPair) {
	var wg sync.WaitGroup
	for i, e := range p.ends {
		must(x, Shutdown(e.socket, wsa.SD_SEND))
		from := p.ends[1-i]
		wg.Go(func() {
			want, got := &from.directions[1], &e.directions[0]
			for _, d := range []*stressDirection{want, got} {
				d.mu.Lock()
				defer d.mu.Unlock()
				d.settleLocked(x)
			}
			buf := make([]byte, 1<<16)
			for {
				n, err := Recv(e.socket, buf, 0)
				if err != nil {
					x.Errorf("draining: %v", err)
					return
				}
				if n == 0 {
					break
				}
				got.write(buf[:n])
			}
			if got.bytes != want.bytes || got.sum.Sum64() != want.sum.Sum64() {
				x.Errorf("%d bytes have arrived of %d sent, and they are not the same", got.bytes, want.bytes)
			}
		})
	}
	wg.Wait()
}

// fill writes a row of bytes that is unlike others.
func fill(p []byte, seed uint64) {
	for i := range p {
		seed = seed*6364136223846793005 + 1442695040888963407
		p[i] = byte(seed >> 56)
	}
}
