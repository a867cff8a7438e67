// SPDX-License-Identifier: Apache-2.0

package trace

import (
	"bytes"
	"encoding/json"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"winsock/layer/trace/internal/readback"
	"winsock/spi"
	"winsock/wsa"
)

// Two made-up processes, and one of which little is known.
var (
	curl    = &spi.Process{ID: 100, Path: "/usr/bin/curl", Name: "curl", UserID: 1000, User: "alice"}
	nginx   = &spi.Process{ID: 200, Path: "/usr/sbin/nginx"}
	unknown = &spi.Process{ID: 300}
)

func TestOwners(t *testing.T) {
	for _, test := range []struct {
		process         *spi.Process
		name, described string
	}{
		{nil, "process 4711, fetch", "process 4711, fetch"},
		{curl, "process 100, curl", "process 100, curl, /usr/bin/curl, user alice"},
		{nginx, "process 200, nginx", "process 200, nginx, /usr/sbin/nginx"},
		{unknown, "process 300, ?", "process 300, ?"},
	} {
		o := ownerOf(test.process)
		if o.String() != test.name || o.details() != test.described {
			t.Errorf("%v is %q and %q, want %q and %q", test.process, o, o.details(), test.name, test.described)
		}
	}
}

// ofProcess is opening for another process.
func ofProcess(f spi.Socket, p *spi.Process) *spi.Opening {
	o := opening(f)
	o.Process = p
	return o
}

// TestLinesNameTheOwner: of sockets that are opened, fail to open, are
// accepted and joined.
func TestLinesNameTheOwner(t *testing.T) {
	for _, format := range []string{"text", "json"} {
		name := filepath.Join(t.TempDir(), "log")
		p := start(t, "trace:format="+format+",log="+name, quiet(t))
		do := func(process *spi.Process) {
			s, err := p.Socket(ofProcess(&able{fake: &fake{accepted: &fake{}}, leaf: &fake{}}, process))
			if err != nil {
				t.Fatal(err)
			}
			conn, err := s.Accept(nil)
			if err != nil {
				t.Fatal(err)
			}
			conn.Send(message("x"))
			conn.Close()
			leaf, err := s.(spi.MultipointJoiner).JoinLeaf(&server, nil, nil, nil, nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			leaf.Recv(message("x"))
			leaf.Close()
			s.Close()
			p.Socket(ofProcess(nil, process))
		}
		do(curl)
		do(nginx)
		do(nil)
		p.Cleanup()
		want := []string{" 100/curl ", " 200/nginx ", " 4711/fetch "}
		if format == "json" {
			want = []string{`"pid":100,"prog":"curl"`, `"pid":200,"prog":"nginx"`, `"pid":4711,"prog":"fetch"`}
		}
		lines := strings.Split(strings.TrimSpace(read(t, name)), "\n")
		if len(lines) != 3*9 {
			t.Fatalf("%d lines, want %d", len(lines), 3*9)
		}
		for i, line := range lines {
			if !strings.Contains(line, want[i/9]) {
				t.Errorf("line %d lacks %q: %s", i+1, want[i/9], line)
			}
		}
	}
}

func address(text string) wsa.Sockaddr { return wsa.SockaddrFrom(netip.MustParseAddrPort(text)) }

// TestCaptureNamesTheOwner: two processes through one tracer, with a
// connection and datagrams each, and a connection between the two.
func TestCaptureNamesTheOwner(t *testing.T) {
	name := filepath.Join(t.TempDir(), "out.pcapng")
	p := start(t, "trace:tag=here,capture="+name, quiet(t))
	sockets.Store(0)
	socket := func(process *spi.Process, socketType int32, local, remote string) (spi.Socket, *fake) {
		f := &fake{data: []byte("answer"), local: address(local), remote: address(remote), from: address(remote)}
		o := ofProcess(f, process)
		o.SocketType = socketType
		if socketType == wsa.SOCK_DGRAM {
			o.Info = nil
		}
		s, err := p.Socket(o)
		if err != nil {
			t.Fatal(err)
		}
		return s, f
	}
	for i, process := range []*spi.Process{curl, nginx} {
		local := []string{"192.0.2.1:50001", "[2001:db8::1]:50001"}[i]
		remote := []string{"192.0.2.2:50080", "[2001:db8::2]:50080"}[i]
		s, f := socket(process, wsa.SOCK_STREAM, local, remote)
		s.Connect(&f.remote)
		s.Send(message("question of ", []string{"curl", "nginx"}[i]))
		s.Recv(message("......"))
		s.Close()
		s, f = socket(process, wsa.SOCK_DGRAM, local, remote)
		m := message("datagram")
		m.Name = &f.remote
		s.Send(m)
		s.Recv(message("......"))
		s.Close()
	}
	client, f := socket(curl, wsa.SOCK_STREAM, "192.0.2.1:50002", "192.0.2.1:50080")
	listener, l := socket(nginx, wsa.SOCK_STREAM, "192.0.2.1:50080", "192.0.2.1:50002")
	l.accepted = &fake{local: f.remote, remote: f.local, data: []byte("to nginx")}
	client.Connect(&f.remote)
	server, _ := listener.Accept(nil)
	client.Send(message("to nginx"))
	server.Recv(message("........"))
	server.Close()
	client.Close()
	listener.Close()
	p.Cleanup()

	for _, p := range readback.ReadAll(t, []byte(read(t, name))) {
		if p.Info.InterfaceIndex > 1 {
			t.Errorf("interface %d, want one for each of two processes", p.Info.InterfaceIndex)
		}
	}
	shark := readback.NewTshark(t, name)
	if n := shark.CheckClean(); n != 2*(7+2)+6 {
		t.Errorf("%d packets, want %d", n, 2*(7+2)+6)
	}
	want := [][]string{
		{"here@100/curl", "socket #1 of process 100, curl"},
		{"here@100/curl", "socket #2 of process 100, curl"},
		{"here@200/nginx", "socket #3 of process 200, nginx"},
		{"here@200/nginx", "socket #4 of process 200, nginx"},
		{"here@100/curl", "socket #5 of process 100, curl"},
		{"here@100/curl", "other end: socket #7 of process 200, nginx"},
	}
	if got := shark.Fields("frame.comment", "frame.interface_name", "frame.comment"); !slices.EqualFunc(got, want, slices.Equal) {
		t.Errorf("tshark has comments %q, want %q", got, want)
	}
	descriptions := map[string]int{}
	for _, row := range shark.Fields("", "frame.interface_description") {
		descriptions[row[0]]++
	}
	for description, n := range map[string]int{
		`winsock layer "here", place 1 of "TCP over trace"; process 100, curl, /usr/bin/curl, user alice`: 7 + 2 + 6,
		`winsock layer "here", place 1 of "TCP over trace"; process 200, nginx, /usr/sbin/nginx`:          7 + 2,
	} {
		if descriptions[description] != n {
			t.Errorf("%d packets on the interface %q, want %d; there are %v", descriptions[description], description, n, descriptions)
		}
	}
	for i, want := range []string{"question of curl", "question of nginx", "to nginx"} {
		if first, _ := shark.Follow("tcp", i); string(first) != want {
			t.Errorf("connection %d carried %q, want %q", i, first, want)
		}
	}
}

// A late fake can tell only for an address whether its data goes to below.
type late struct {
	*fake
	below spi.Socket
}

func (f *late) Foresee(name *wsa.Sockaddr) spi.Socket {
	if name.Port() == 80 {
		return f.below
	}
	return f
}

// TestDataPath: who looks at control calls only is not on it, now or once
// the socket is connected; who captures is.
func TestDataPath(t *testing.T) {
	dir := t.TempDir()
	log, file := filepath.Join(dir, "log"), filepath.Join(dir, "out.pcapng")
	other := address("192.0.2.1:81")
	for path, past := range map[string]bool{
		"trace:calls=control,log=" + log:                      true,
		"trace:calls=control,log=" + log + ",capture=" + file: false,
		"trace:calls=data,log=" + log:                         false,
		"trace:capture=" + file:                               false,
		"trace":                                               true,
	} {
		p := start(t, path, quiet(t))
		below := &fake{}
		f := &late{&fake{}, below}
		for name, f := range map[string]spi.Socket{"plain": f, "able": &struct {
			*late
			extending
		}{f, extending{}}} {
			s, err := p.Socket(ofProcess(f, curl))
			if err != nil {
				t.Fatal(err)
			}
			if got := spi.DataPathOf(s) == f; got != past {
				t.Errorf("%s, %s: data goes past the layer is %v, want %v", path, name, got, past)
			}
			if to := spi.DataPathTo(s, &server); past && to != spi.Socket(below) || !past && to != spi.DataPathOf(s) {
				t.Errorf("%s, %s: data will go to %T, want what the socket below foresees if it goes past the layer", path, name, to)
			}
			if to := spi.DataPathTo(s, &other); past && to != spi.Socket(f.(interface {
				Foresee(*wsa.Sockaddr) spi.Socket
			}).Foresee(&other)) {
				t.Errorf("%s, %s: data to another address will go to %T", path, name, to)
			}
			s.Close()
		}
		p.Cleanup()
	}
}

type extending struct{}

func (extending) Extension(wsa.GUID) any { return nil }

// logHelper is the variable that makes the test's own program one of several
// that append to the log it names.
const logHelper = "WINSOCK_TEST_TRACE_LOG"

const helperSockets, helperSends = 20, 50

// TestHelperLogs is not a test by itself.
func TestHelperLogs(t *testing.T) {
	name := os.Getenv(logHelper)
	if name == "" {
		t.Skip("only for the test below")
	}
	var complaints bytes.Buffer
	p := start(t, "trace:append,format=json,data=2000,log="+name, &complaints)
	payload := strings.Repeat("0123456789\n", 200)
	for range helperSockets {
		s, err := p.Socket(ofProcess(&fake{}, curl))
		if err != nil {
			t.Fatal(err)
		}
		for range helperSends {
			s.Send(message(payload))
		}
		s.Close()
	}
	p.Cleanup()
}

// TestProcessesShareALog: several processes at once, and one that comes when
// the first, whose file it was, has gone.
func TestProcessesShareALog(t *testing.T) {
	name := filepath.Join(t.TempDir(), "log")
	first := start(t, "trace:format=json,log="+name, quiet(t))
	var helpers []*exec.Cmd
	for range 3 {
		c := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestHelperLogs$")
		c.Env = append(os.Environ(), logHelper+"="+name)
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		helpers = append(helpers, c)
	}
	for range 100 {
		s, _ := first.Socket(ofProcess(&fake{}, nginx))
		s.Close()
	}
	for _, c := range helpers {
		if err := c.Wait(); err != nil {
			t.Error(err)
		}
	}
	count := map[string]int{}
	for i, line := range strings.Split(strings.TrimSuffix(read(t, name), "\n"), "\n") {
		var l struct{ Prog string }
		if err := json.Unmarshal([]byte(line), &l); err != nil {
			t.Fatalf("line %d is not whole: %v", i+1, err)
		}
		count[l.Prog]++
	}
	if count["nginx"] != 200 || count["curl"] != 3*helperSockets*(helperSends+2) {
		t.Errorf("lines by program: %v, want 200 and %d", count, 3*helperSockets*(helperSends+2))
	}
	first.Cleanup()
}

// TestLogInUseIsNotEmptied: not even when the process that had it first has
// gone.
func TestLogInUseIsNotEmptied(t *testing.T) {
	name := filepath.Join(t.TempDir(), "log")
	open := func() *os.File {
		f, _, err := openFile(name, false, true)
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	first := open()
	second := open()
	second.WriteString("second\n")
	first.Close()
	third := open()
	if got := read(t, name); got != "second\n" {
		t.Errorf("the log is %q while its second user writes to it", got)
	}
	second.Close()
	third.Close()
	open().Close()
	if got := read(t, name); got != "" {
		t.Errorf("the log is %q, want it emptied by the next user", got)
	}
}
