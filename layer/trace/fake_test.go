// SPDX-License-Identifier: Apache-2.0

package trace

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"time"

	"winsock/spi"
	"winsock/spi/spitest/leak"
	"winsock/wsa"
)

func TestMain(m *testing.M) {
	self = &owner{id: 4711, program: "fetch"}
	time.Local = time.UTC
	leak.Main(m)
}

// A fake is the socket below: it answers what the test has put down. It is
// for one goroutine.
type fake struct {
	err           error   // of every call that has no list
	errs          []error // of the next calls, first
	n             int     // bytes for which Send has no room
	flags         uint32  // that Recv reports
	data          []byte  // that Recv delivers
	local, remote wsa.Sockaddr
	from          wsa.Sockaddr
	accepted      *fake
	closed        int
}

func (f *fake) next() error {
	if len(f.errs) > 0 {
		err := f.errs[0]
		f.errs = f.errs[1:]
		return err
	}
	return f.err
}

func (f *fake) Bind(*wsa.Sockaddr) error    { return f.next() }
func (f *fake) Connect(*wsa.Sockaddr) error { return f.next() }
func (f *fake) ConnectResult() error        { return f.next() }
func (f *fake) Listen(int32) error          { return f.next() }
func (f *fake) Shutdown(int32) error        { return f.next() }
func (f *fake) Close() error                { f.closed++; return f.next() }

func (f *fake) Accept(peer *wsa.Sockaddr) (spi.Socket, error) {
	if err := f.next(); err != nil {
		return nil, err
	}
	if peer != nil {
		*peer = f.accepted.remote
	}
	return f.accepted, nil
}

func (f *fake) Send(m *spi.Message) (int, error) {
	if err := f.next(); err != nil {
		return 0, err
	}
	return m.Len() - f.n, nil
}

func (f *fake) Recv(m *spi.Message) (int, error) {
	err := f.next()
	if err != nil && err != wsa.WSAEMSGSIZE {
		return 0, err
	}
	if m.Name != nil {
		*m.Name = f.from
	}
	m.Flags = f.flags
	return m.Scatter(f.data, 0), err
}

func (f *fake) GetSockName(name *wsa.Sockaddr) error {
	if len(f.local.Bytes()) == 0 {
		return wsa.WSAEINVAL
	}
	*name = f.local
	return nil
}

func (f *fake) GetPeerName(name *wsa.Sockaddr) error {
	if len(f.remote.Bytes()) == 0 {
		return wsa.WSAENOTCONN
	}
	*name = f.remote
	return nil
}

func (f *fake) GetSockOpt(_, _ int32, value []byte) (int, error) {
	return copy(value, f.data), f.next()
}
func (f *fake) SetSockOpt(int32, int32, []byte) error      { return f.next() }
func (f *fake) Ioctl(_ uint32, _, out []byte) (int, error) { return copy(out, f.data), f.next() }
func (f *fake) Ready(spi.Events) spi.Events                { return 0 }
func (f *fake) Watch(*spi.Watcher)                         {}
func (f *fake) Unwatch(*spi.Watcher)                       {}

// tick is by how much the tests' clock moves each time it is asked.
const tick = 12300 * time.Nanosecond

// newTracer returns a tracer with a log in memory and a steady clock.
func newTracer(out *bytes.Buffer) *tracer {
	at := time.Date(2024, 2, 29, 20, 14, 7, 381_250_000, time.UTC)
	return &tracer{
		tag: "trace", logControl: true, logData: true, dataMax: 8,
		sink:  &sink{name: "memory", log: slog.Default(), out: out},
		clock: func() time.Time { at = at.Add(tick); return at },
	}
}

var tcp4 = identity{wsa.AF_INET, wsa.SOCK_STREAM, wsa.IPPROTO_TCP}

// message returns a message with copies of the buffers.
func message(bufs ...string) *spi.Message {
	m := new(spi.Message)
	for _, b := range bufs {
		m.Bufs = append(m.Bufs, []byte(b))
	}
	return m
}

// logOf runs do on a traced socket numbered 1 and returns the log, less what
// all lines begin with.
func logOf(t *testing.T, json bool, f *fake, do func(s spi.Socket)) string {
	t.Helper()
	var out bytes.Buffer
	tr := newTracer(&out)
	tr.json = json
	sockets.Store(0)
	do(tr.trace(f, tcp4, self))
	var lines []string
	for line := range strings.Lines(out.String()) {
		lines = append(lines, strings.TrimSuffix(line, "\n"))
	}
	return strings.Join(lines, "\n")
}

// A lingering fake can tell when its peer has everything.
type lingering struct{ *fake }

func (f lingering) Linger() error { return f.next() }
func (f lingering) Abort()        {}
