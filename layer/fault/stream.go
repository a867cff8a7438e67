// SPDX-License-Identifier: Apache-2.0

package fault

import (
	"context"
	"io"
	"net"
	"sync"
	"time"

	"winsock/internal/bucket"
	"winsock/spi"
	"winsock/spi/layer"
	"winsock/wsa"
)

// A conn is a connection whose data goes through toxics: each direction is a
// queue of pieces with the times at which they came, and a goroutine that
// passes them on as the toxics say.
type conn struct {
	net.Conn // below
	place    *place
	socket   spi.Socket
	up, down *link
	out      *io.PipeReader // what the program receives
	in       *io.PipeWriter

	done   chan struct{} // closed when nothing is waited for any more
	ending sync.Once

	mu     sync.Mutex // protects what follows
	broken error      // what Write answers
}

// A link is one direction.
type link struct {
	c      *conn
	stream string
	chance *chance
	queue  chan piece
	end    *piece // taken from the queue ahead of its time
	opened time.Time
	passed int64 // bytes
	hit    map[*toxic]bool
	bucket *bucket.Bucket
	tokens *bucket.Member
	told   chan struct{}
	ended  chan struct{} // closed when the goroutine is gone
}

// A piece is data that came at a time, or the end.
type piece struct {
	data []byte
	at   time.Time
	err  error // the end; io.EOF is a proper one
}

const (
	pieceSize    = 32 << 10
	queueSize    = 256              // pieces, so that much is under way while it is late
	closeTimeout = 20 * time.Second // for what was sent to get through
)

// transform is what layer.ConnConfig asks for.
func (p *place) transform(ctx context.Context, h *layer.Handshake, below net.Conn) (net.Conn, error) {
	c := &conn{Conn: below, place: p, socket: h.Socket, done: make(chan struct{})}
	c.out, c.in = io.Pipe()
	id := p.connections.Add(1)
	c.up, c.down = c.link(id, upstream), c.link(id, downstream)
	for _, t := range p.toxics() {
		var wait time.Duration
		var err error
		switch t.Type {
		case "slow_open":
			wait = time.Duration(t.number("delay")) * time.Millisecond
		case "connect_timeout":
			wait, err = time.Duration(t.number("timeout"))*time.Millisecond, wsa.WSAETIMEDOUT
		default:
			continue
		}
		if !c.up.hits(t) {
			continue
		}
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return nil, wsa.WSAETIMEDOUT
		}
		if err != nil {
			return nil, err
		}
	}
	if !p.join(c) {
		return nil, wsa.WSAECONNREFUSED
	}
	layer.Go(nil, "receiving", c.abort, c.routineReceive)
	layer.Go(nil, "passing on what is received", c.abort, c.down.routinePass)
	layer.Go(nil, "passing on what is sent", c.abort, c.up.routinePass)
	return c, nil
}

func (c *conn) link(id uint64, stream string) *link {
	return &link{c: c, stream: stream, chance: c.place.chance('c', id, stream), queue: make(chan piece, queueSize), opened: time.Now(),
		hit: make(map[*toxic]bool), told: make(chan struct{}, 1), ended: make(chan struct{})}
}

// hits tells, always the same, whether a toxic concerns the link.
func (l *link) hits(t *toxic) bool {
	hit, ok := l.hit[t]
	if !ok {
		hit = l.chance.hits(t)
		l.hit[t] = hit
	}
	return hit
}

// Read takes what has come through.
func (c *conn) Read(p []byte) (int, error) { return c.out.Read(p) }

// Write gives data to the link.
func (c *conn) Write(p []byte) (int, error) {
	n := 0
	for n < len(p) {
		data := append([]byte(nil), p[n:min(len(p), n+pieceSize)]...)
		if err := c.up.push(piece{data: data, at: time.Now()}); err != nil {
			return n, err
		}
		n += len(data)
	}
	return n, nil
}

// push puts a piece into the queue.
func (l *link) push(p piece) error {
	if err := l.c.failure(); err != nil && l.stream == upstream {
		return err
	}
	select {
	case l.queue <- p:
		return nil
	case <-l.ended:
	case <-l.c.done:
	}
	if err := l.c.failure(); err != nil {
		return err
	}
	return wsa.WSAECONNABORTED
}

func (c *conn) failure() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.broken
}

func (c *conn) fail(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.broken == nil {
		c.broken = err
	}
}

// CloseWrite ends the direction once everything is out.
func (c *conn) CloseWrite() error { return c.up.push(piece{at: time.Now(), err: io.EOF}) }

// Close ends the connection once everything that was sent is out.
func (c *conn) Close() error {
	if c.failure() == nil {
		_ = c.up.push(piece{at: time.Now(), err: net.ErrClosed}) // it has ended already
		patience := time.NewTimer(closeTimeout)
		defer patience.Stop()
		select {
		case <-c.up.ended:
		case <-patience.C: // toxics may let nothing through
		}
	}
	c.end()
	return c.Conn.Close()
}

// end ends all waiting.
func (c *conn) end() {
	c.ending.Do(func() {
		c.place.leave(c)
		close(c.done)
		c.in.CloseWithError(io.EOF)
	})
}

// cut ends the connection for both sides.
func (c *conn) cut() {
	c.fail(wsa.WSAECONNRESET)
	c.in.CloseWithError(io.EOF)
	c.end()
	_ = c.Conn.Close()
}

// reset has the program find the connection reset, and the peer when the
// program closes it.
func (c *conn) reset() {
	c.fail(wsa.WSAECONNRESET)
	c.in.CloseWithError(wsa.WSAECONNRESET)
	if l, ok := spi.As[spi.Lingerer](c.socket); ok {
		l.Abort()
	}
	c.ending.Do(func() {
		c.place.leave(c)
		close(c.done)
	})
}

func (c *conn) abort() { c.cut() }

// routineReceive notes when what the peer sends comes.
func (c *conn) routineReceive() {
	data := make([]byte, pieceSize)
	for {
		n, err := c.Conn.Read(data)
		now := time.Now()
		if n > 0 {
			got := data[:n]
			if n > pieceSize/2 {
				data = make([]byte, pieceSize)
			} else {
				got = append([]byte(nil), got...)
			}
			if c.down.push(piece{data: got, at: now}) != nil {
				return
			}
		}
		if err != nil {
			_ = c.down.push(piece{at: now, err: err}) // nobody may be there any more
			return
		}
	}
}

// emit passes data on to its side.
func (l *link) emit(p []byte) error {
	if len(p) == 0 {
		return nil
	}
	l.passed += int64(len(p))
	if l.stream == downstream {
		_, err := l.c.in.Write(p)
		return err
	}
	_, err := l.c.Conn.Write(p)
	if err != nil {
		l.c.fail(wsa.ErrnoOf(err))
	}
	return err
}

// finish passes the end on.
func (l *link) finish(err error) {
	switch {
	case l.stream == downstream:
		l.c.in.CloseWithError(err)
	case err == io.EOF:
		if w, ok := l.c.Conn.(interface{ CloseWrite() error }); ok {
			_ = w.CloseWrite() // a connection that is gone has no end to be told
		}
	}
}

// routinePass takes pieces from the queue and passes them on.
func (l *link) routinePass() {
	defer func() {
		if l.tokens != nil {
			l.tokens.Leave()
		}
		close(l.ended)
	}()
	for {
		p, ok := l.next()
		if !ok {
			return
		}
		if p.err != nil {
			if p.err == io.EOF || p.err == net.ErrClosed {
				l.slowly("slow_close", "delay")
			}
			l.finish(p.err)
			if p.err != io.EOF || l.stream == downstream {
				return
			}
			continue // Close may come
		}
		if l.pass(p) != nil {
			return
		}
	}
}

// next waits for a piece, and meanwhile for toxics that end a connection by
// time.
func (l *link) next() (piece, bool) {
	if p := l.end; p != nil {
		l.end = nil
		return *p, true
	}
	for {
		state := l.c.place.state.Load()
		var timer *time.Timer
		var due <-chan time.Time
		var ending *toxic
		for _, t := range state.toxics {
			if t.Stream != l.stream || t.number("timeout") <= 0 && t.Type != "reset_peer" || !l.hits(t) {
				continue
			}
			if t.Type == "timeout" || t.Type == "reset_peer" && t.number("bytes") == 0 {
				after := time.Duration(t.number("timeout"))*time.Millisecond - time.Since(l.opened)
				timer = time.NewTimer(max(after, 0))
				due, ending = timer.C, t
				break
			}
		}
		select {
		case <-l.c.done:
			stop(timer)
			return piece{}, false
		case <-state.changed:
			stop(timer)
			l.opened = time.Now() // new toxics begin now
			continue
		case <-due:
			l.kill(ending)
			return piece{}, false
		case p := <-l.queue:
			stop(timer)
			return p, true
		}
	}
}

func stop(t *time.Timer) {
	if t != nil {
		t.Stop()
	}
}

// kill ends the connection as a toxic says.
func (l *link) kill(t *toxic) {
	l.c.place.log.note("# %s ended by %s after %d bytes", l.chance.key, t.Name, l.passed)
	if t.Type == "reset_peer" {
		l.c.reset()
	} else {
		l.c.cut()
	}
}

// sleep waits, but not beyond the connection's end or another state. It
// reports whether the connection is still there.
func (l *link) sleep(d time.Duration, state *state) bool {
	if d <= 0 {
		return true
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-state.changed:
	case <-l.c.done:
		return false
	}
	return true
}

func (l *link) slowly(kind, key string) {
	state := l.c.place.state.Load()
	for _, t := range state.toxics {
		if t.Type == kind && t.Stream == l.stream && l.hits(t) {
			l.sleep(time.Duration(t.number(key))*time.Millisecond, state)
		}
	}
}

// errEnded says that a link is over.
const errEnded = wsa.WSAEDISCON

// pass takes a piece through the toxics in force, in their order.
func (l *link) pass(p piece) error {
	state := l.c.place.state.Load()
	data := p.data
	var sliced, paced *toxic
	for _, t := range state.toxics {
		if t.Stream != l.stream {
			continue
		}
		switch t.Type {
		case "latency", "bandwidth", "timeout", "reset_peer", "slicer", "coalesce", "limit_data":
		default:
			continue
		}
		if !l.hits(t) {
			continue
		}
		switch t.Type {
		case "latency":
			delay := t.number("latency")
			if j := t.number("jitter"); j > 0 {
				delay += l.chance.upTo(2*j, t, "jitter") - j
			}
			if !l.sleep(time.Duration(delay)*time.Millisecond-time.Since(p.at), state) {
				return errEnded
			}
		case "timeout":
			return nil // it goes nowhere
		case "reset_peer":
			if most := t.number("bytes"); most > 0 && l.passed+int64(len(data)) >= most {
				_ = l.emit(data[:max(0, most-l.passed)])
				l.kill(t)
				return errEnded
			}
		case "coalesce":
			data = l.gather(data, int(t.number("size")), time.Duration(t.number("delay"))*time.Millisecond, state)
		case "slicer":
			sliced = t
		case "bandwidth":
			paced = t
		case "limit_data":
			if most := t.number("bytes"); l.passed+int64(len(data)) >= most {
				_ = l.emit(data[:max(0, most-l.passed)])
				l.kill(t)
				return errEnded
			}
		}
	}
	for len(data) > 0 {
		n := len(data)
		if sliced != nil {
			size, vary := sliced.number("average_size"), sliced.number("size_variation")
			if vary > 0 {
				size += l.chance.upTo(2*vary, sliced, "size") - vary
			}
			n = min(n, int(max(size, 1)))
		}
		if paced != nil {
			m, ok := l.pace(paced, n, state)
			if !ok {
				return errEnded
			}
			n = m
		}
		if err := l.emit(data[:n]); err != nil {
			return err
		}
		if data = data[n:]; sliced != nil && len(data) > 0 {
			if !l.sleep(time.Duration(sliced.number("delay"))*time.Microsecond, state) {
				return errEnded
			}
		}
	}
	return nil
}

// gather adds what comes soon to a piece.
func (l *link) gather(data []byte, size int, wait time.Duration, state *state) []byte {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	for len(data) < size {
		select {
		case p := <-l.queue:
			if p.err != nil {
				l.end = &p // which is next
				return data
			}
			data = append(data, p.data...)
		case <-timer.C:
			return data
		case <-state.changed:
			return data
		case <-l.c.done:
			return data
		}
	}
	return data
}

// pace takes up to n bytes from the bucket of a bandwidth toxic.
func (l *link) pace(t *toxic, n int, state *state) (int, bool) {
	rate := uint64(t.number("rate")) * 8000
	if rate == 0 { // nothing flows
		select {
		case <-state.changed:
			return n, true
		case <-l.c.done:
			return 0, false
		}
	}
	if l.bucket == nil {
		l.bucket = bucket.New(bucket.Bytes(rate, 0))
		l.tokens = l.bucket.Join(1, func() {
			select {
			case l.told <- struct{}{}:
			default:
			}
		})
	}
	l.bucket.SetRate(rate)
	for {
		if m := l.tokens.Reserve(n, false); m > 0 {
			return m, true
		}
		select {
		case <-l.told:
		case <-state.changed:
			return n, true
		case <-l.c.done:
			return 0, false
		}
	}
}
