// SPDX-License-Identifier: Apache-2.0

package kernel

import (
	"bufio"
	"net"
	"os"
	"os/exec"
	"reflect"
	"testing"
	"time"

	"winsock/internal/sys"
	"winsock/internal/sys/foreign"
	"winsock/spi"
	"winsock/spi/sockopt"
	"winsock/spi/sockstate"
	"winsock/wsa"
)

// bystanderEnv tells the test that it runs in a process which only is there.
const bystanderEnv = "WINSOCK_TEST_BYSTANDER"

// TestBystander is that process.
func TestBystander(t *testing.T) {
	if os.Getenv(bystanderEnv) == "" {
		t.Skip("this is what runs in another process of the other tests")
	}
	bufio.NewReader(os.Stdin).ReadByte()
}

// bystander starts another process, which end ends.
func bystander(t *testing.T) (pid int, end func()) {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^TestBystander$", "-test.timeout=2m")
	cmd.Env = append(os.Environ(), bystanderEnv+"=1", "GORACE=atexit_sleep_ms=0")
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := false
	end = func() {
		if !ended {
			ended = true
			stdin.Close()
			cmd.Wait()
		}
	}
	t.Cleanup(end)
	return cmd.Process.Pid, end
}

func shortOffers(t *testing.T, life time.Duration) {
	before := offerLife
	offerLife = life
	t.Cleanup(func() { offerLife = before })
}

// awaitEnd waits until the offers of a socket have ended.
func awaitEnd(t *testing.T, s *socket) {
	t.Helper()
	for end := time.Now().Add(patience); s.shared.Load() != 0; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("the offer stands")
		}
	}
}

// TestOfferToAnother: a process that is not the one gets nothing, and the
// offer stands until its time is over.
func TestOfferToAnother(t *testing.T) {
	pid, _ := bystander(t)
	s := newSock(t, tcp4)
	// As Duplicate makes it, but for the time, which the test ends.
	o := &offer{process: pid, pidfd: openProcess(t, pid), state: []byte("state"), shared: &s.shared}
	var e sys.Errno
	if o.fd, e = sys.Dup(s.fd); e != 0 {
		t.Fatal(e)
	}
	id, err := o.listen()
	want(t, "listen", err, 0)
	s.shared.Add(1)
	go o.routineServe()
	for range 2 {
		c, err := net.Dial("unixpacket", offerName(pid, id))
		if err != nil {
			t.Fatal(err)
		}
		p, rights := make([]byte, 100), make([]byte, 100)
		n, nr, _, _, err := c.(*net.UnixConn).ReadMsgUnix(p, rights)
		if n > 0 || nr > 0 {
			t.Errorf("another process got %d bytes and %d of descriptors, %v", n, nr, err)
		}
		c.Close()
	}
	if _, err := openCopy(s.kind, &spi.Duplicate{ID: id}); err != wsa.WSAEINVAL {
		t.Errorf("as one's own offer: %v, want WSAEINVAL", err)
	}
	o.listener.SetDeadline(past)
	awaitEnd(t, s)
	if c, err := net.Dial("unixpacket", offerName(pid, id)); err == nil {
		c.Close()
		t.Error("the offer stands after its time")
	}
}

// TestOfferToTheDead: who comes after the process has ended gets nothing.
func TestOfferToTheDead(t *testing.T) {
	shortOffers(t, 200*time.Millisecond)
	pid, end := bystander(t)
	s := newSock(t, tcp4)
	_, err := s.Duplicate(uint32(pid), nil)
	want(t, "WSPDuplicateSocket", err, 0)
	end()
	_, err = s.Duplicate(uint32(pid), nil)
	want(t, "WSPDuplicateSocket for a process that has ended", err, wsa.WSAEINVAL)
	awaitEnd(t, s)
}

// TestOfferToItself has the process be its own successor of the same id.
func TestOfferToItself(t *testing.T) {
	shortOffers(t, patience)
	pid, end := bystander(t)
	s := newSock(t, tcp4)
	own := newSock(t, tcp4)
	info, err := own.Duplicate(uint32(os.Getpid()), []byte("attached"))
	want(t, "WSPDuplicateSocket", err, 0)
	d := &spi.Duplicate{ID: info.ProviderReserved}
	c, err := openCopy(own.kind, d)
	want(t, "the copy", err, 0)
	if string(d.Attached) != "attached" || base(c).fd == own.fd {
		t.Errorf("attached %q, descriptors %d and %d", d.Attached, base(c).fd, own.fd)
	}
	c.Close()

	o := &offer{process: os.Getpid(), state: []byte("state"), shared: &s.shared}
	var e sys.Errno
	if o.fd, e = sys.Dup(s.fd); e != 0 {
		t.Fatal(e)
	}
	defer o.closeFD()
	o.pidfd = openProcess(t, pid)
	defer sys.Close(o.pidfd)
	end() // the process that was meant
	id, err := o.listen()
	want(t, "listen", err, 0)
	defer o.listener.Close()
	go func() {
		client, err := net.Dial("unixpacket", offerName(os.Getpid(), id))
		if err == nil {
			client.Close()
		}
	}()
	conn, err := o.listener.AcceptUnix()
	if err != nil {
		t.Fatal(err)
	}
	if o.give(conn) {
		t.Error("the socket was given to a process of the same id that came later")
	}
}

// TestCopies: all sorts of sockets become what they were.
func TestCopies(t *testing.T) {
	each(t, append(streams, datagrams...), func(t *testing.T, o spi.Opening) {
		s := newSock(t, o)
		name := loopback(t, o, 0)
		want(t, "bind", s.Bind(&name), 0)
		want(t, "setsockopt", s.SetSockOpt(wsa.SOL_SOCKET, wsa.SO_SNDBUF, []byte{0, 0, 1, 0}), 0)
		info, err := s.Duplicate(uint32(os.Getpid()), nil)
		want(t, "WSPDuplicateSocket", err, 0)
		k, _, _ := chooseKind(&o)
		made, err := openCopy(k, &spi.Duplicate{ID: info.ProviderReserved})
		want(t, "the copy", err, 0)
		c := base(made)
		defer made.Close()
		var own, copys wsa.Sockaddr
		want(t, "getsockname", s.GetSockName(&own), 0)
		want(t, "getsockname of the copy", c.GetSockName(&copys), 0)
		if own != copys || c.state.Flags() != s.state.Flags() || !reflect.DeepEqual(c.opts.Settings(), s.opts.Settings()) {
			t.Errorf("%v, %v, %v; want %v, %v, %v", &copys, c.state.Flags(), c.opts.Settings(), &own, s.state.Flags(), s.opts.Settings())
		}
		want(t, "difference 21: bind again", c.Bind(&name), wsa.WSAEINVAL)
		other := kinds[0]
		if k == other {
			other = kinds[1]
		}
		info, err = s.Duplicate(uint32(os.Getpid()), nil)
		want(t, "WSPDuplicateSocket", err, 0)
		_, err = openCopy(other, &spi.Duplicate{ID: info.ProviderReserved})
		want(t, "as another sort of socket", err, wsa.WSAEINVAL)
	})
}

func FuzzCopied(f *testing.F) {
	c := copied{
		copiedHead: copiedHead{Version: copiedVersion, Family: wsa.AF_INET, Type: wsa.SOCK_STREAM, Protocol: wsa.IPPROTO_TCP,
			State: sockstate.Copy{Flags: sockstate.Bound}},
		peer:     []byte{2, 0, 0, 1, 127, 0, 0, 1},
		settings: []sockopt.Setting{{Level: wsa.SOL_SOCKET, Name: wsa.SO_KEEPALIVE, Value: 1}},
		attached: []byte("more"),
	}
	f.Add(c.encode())
	f.Add([]byte{1, 0, 0, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		var got, again copied
		if !got.decode(b) {
			return
		}
		if !again.decode(got.encode()) || !reflect.DeepEqual(got, again) {
			t.Errorf("%+v becomes %+v", got, again)
		}
		var s socket
		s.become(kinds[0], -1, &got) // whatever it says, it does not panic
	})
}

func openProcess(t *testing.T, pid int) int {
	t.Helper()
	fd, e := foreign.Open(pid)
	if e != 0 {
		t.Fatal(e)
	}
	return fd
}
