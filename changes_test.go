// SPDX-License-Identifier: Apache-2.0

package winsock

import (
	"encoding/binary"
	"errors"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"winsock/catalog"
	"winsock/chain"
	"winsock/provider/mem"
	"winsock/spi"
	"winsock/spi/layer"
	"winsock/spi/spitest/leak"
	"winsock/wsa"
)

// changingHost is a machine in memory whose addresses the tests change.
var changingHost = new(mem.Network).Host()

func init() {
	spi.Register(&spi.Driver{
		Name:    "changing-mem",
		Summary: "a machine in memory whose addresses change, for tests",
		Entries: mem.Entries,
		Startup: func(*spi.StartupParams) (spi.Provider, error) { return changingHost.Provider(), nil },
	})
}

// Addresses that come and go, and what is reached from the first one only.
var (
	comingAddrs = map[int32]netip.Prefix{
		wsa.AF_INET:  netip.MustParsePrefix("10.97.0.1/8"),
		wsa.AF_INET6: netip.MustParsePrefix("fd97::1/64"),
	}
	farAway = map[int32]netip.AddrPort{
		wsa.AF_INET:  netip.MustParseAddrPort("10.98.0.1:9"),
		wsa.AF_INET6: netip.MustParseAddrPort("[fd97::2]:9"),
	}
)

// A changingBed is a bed on a machine whose addresses the test changes.
type changingBed struct {
	*asyncBed
	set  func(t testing.TB, family int32, there bool)
	have map[int32]bool
}

// change adds the address of a family, or takes it away.
func (b *changingBed) change(family int32) {
	b.Helper()
	b.have[family] = !b.have[family]
	b.set(b, family, b.have[family])
}

func setMem() func(testing.TB, int32, bool) {
	have := make(map[int32]bool)
	return func(_ testing.TB, family int32, there bool) {
		have[family] = there
		var addrs []netip.Addr
		for f, p := range comingAddrs {
			if have[f] {
				addrs = append(addrs, p.Addr())
			}
		}
		changingHost.SetAddrs(addrs...)
	}
}

// namespaceEnv tells the test that it runs in a network namespace of its own.
const namespaceEnv = "WINSOCK_TEST_NAMESPACE"

// TestChanges checks the rules of changing addresses and routes, on a machine
// in memory, and on the kernel in a network namespace.
func TestChanges(t *testing.T) {
	if os.Getenv(namespaceEnv) != "" {
		loopbackUp(t)
		runChangeRules(t, "kernel", setKernel)
		return
	}
	runChangeRules(t, "mem", setMem())
	t.Run("kernel", inNamespace)
}

// inNamespace runs the test's process once more in new namespaces.
func inNamespace(t *testing.T) {
	cmd := exec.Command(os.Args[0], "-test.run=^"+filepath.Dir(t.Name())+"$", "-test.timeout=2m")
	cmd.Env = append(os.Environ(), namespaceEnv+"=1", "GORACE=atexit_sleep_ms=0")
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNET,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}},
	}
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	switch {
	case err == nil:
	case errors.As(err, &exit):
		t.Errorf("in a namespace: %v\n%s", err, out)
	default:
		t.Skipf("the system gives no namespace: %v", err)
	}
}

// netlink makes one request of the kernel, and waits for its answer.
func netlink(t testing.TB, kind uint16, flags uint16, body []byte) {
	t.Helper()
	fd, err := syscall.Socket(syscall.AF_NETLINK, syscall.SOCK_RAW|syscall.SOCK_CLOEXEC, syscall.NETLINK_ROUTE)
	must(t, err)
	defer syscall.Close(fd)
	e := binary.NativeEndian
	request := e.AppendUint32(nil, uint32(syscall.SizeofNlMsghdr+len(body)))
	request = e.AppendUint16(request, kind)
	request = e.AppendUint16(request, syscall.NLM_F_REQUEST|syscall.NLM_F_ACK|flags)
	request = e.AppendUint32(request, 1)
	request = append(e.AppendUint32(request, 0), body...)
	must(t, syscall.Sendto(fd, request, 0, &syscall.SockaddrNetlink{Family: syscall.AF_NETLINK}))
	answer := make([]byte, 4096)
	n, _, err := syscall.Recvfrom(fd, answer, 0)
	must(t, err)
	if n < syscall.SizeofNlMsghdr+4 || e.Uint16(answer[4:]) != syscall.NLMSG_ERROR {
		t.Fatalf("netlink: an answer of %d bytes, type %d", n, e.Uint16(answer[4:]))
	}
	if code := -int32(e.Uint32(answer[syscall.SizeofNlMsghdr:])); code != 0 {
		t.Fatalf("netlink: %v", syscall.Errno(code))
	}
}

func loopbackIndex(t testing.TB) uint32 {
	t.Helper()
	lo, err := net.InterfaceByName("lo")
	must(t, err)
	return uint32(lo.Index)
}

func loopbackUp(t testing.TB) {
	e := binary.NativeEndian
	body := e.AppendUint32(nil, syscall.AF_UNSPEC) // struct ifinfomsg
	body = e.AppendUint32(body, loopbackIndex(t))
	body = e.AppendUint32(body, syscall.IFF_UP)
	netlink(t, syscall.RTM_NEWLINK, 0, e.AppendUint32(body, syscall.IFF_UP))
}

func setKernel(t testing.TB, family int32, there bool) {
	t.Helper()
	kind, flags := uint16(syscall.RTM_NEWADDR), uint16(syscall.NLM_F_CREATE|syscall.NLM_F_EXCL)
	if !there {
		kind, flags = syscall.RTM_DELADDR, 0
	}
	p := comingAddrs[family]
	domain, optimistic := byte(syscall.AF_INET), byte(0)
	if family == wsa.AF_INET6 {
		domain, optimistic = syscall.AF_INET6, 2 // IFA_F_NODAD
	}
	e := binary.NativeEndian
	body := e.AppendUint32([]byte{domain, byte(p.Bits()), optimistic, 0}, loopbackIndex(t)) // struct ifaddrmsg
	for _, attribute := range []uint16{syscall.IFA_LOCAL, syscall.IFA_ADDRESS} {
		addr := p.Addr().AsSlice()
		body = e.AppendUint16(body, uint16(syscall.SizeofRtAttr+len(addr)))
		body = append(e.AppendUint16(body, attribute), addr...)
	}
	netlink(t, kind, flags, body)
}

// runChangeRules runs the rules over one base, through each chain.
func runChangeRules(t *testing.T, base string, set func(testing.TB, int32, bool)) {
	started(t)
	for chainName, layers := range asyncLayers {
		t.Run(base+"/"+chainName, func(t *testing.T) {
			open := openChanging(t, base, layers)
			for _, r := range changeRules {
				t.Run(r.name, func(t *testing.T) {
					leak.Check(t)
					b := &changingBed{
						asyncBed: &asyncBed{bed: &bed{T: t, open: func(family, socketType int32) (SOCKET, error) {
							return open(family, socketType, wsa.WSA_FLAG_OVERLAPPED)
						}}, openWith: open},
						set:  set,
						have: make(map[int32]bool),
					}
					t.Cleanup(func() {
						for family, there := range b.have {
							if there {
								b.change(family)
							}
						}
						if t.Failed() {
							t.Logf("the rule is: %s", r.rule)
						}
					})
					r.run(b)
				})
			}
		})
	}
}

func openChanging(t *testing.T, base string, layers []string) func(family, socketType int32, flags uint32) (SOCKET, error) {
	store := Catalog()
	if base == "mem" {
		store = catalog.NewStore(catalog.Config{File: filepath.Join(t.TempDir(), "catalog.toml")})
		infos := mem.Entries()
		_, err := store.Install(infos[0].ProviderID, "changing-mem", infos)
		must(t, err)
	}
	return func(family, socketType int32, flags uint32) (SOCKET, error) {
		snap := store.Snapshot()
		choice, err := choose(snap, family, socketType, 0, nil)
		if err != nil {
			return INVALID_SOCKET, err
		}
		over := layers
		if len(over) == 3 && socketType != wsa.SOCK_STREAM {
			over = over[:2]
		}
		if snap, choice.Entry, err = chain.Compose(snap, choice.Entry, over...); err != nil {
			return INVALID_SOCKET, err
		}
		return openSocket(snap, choice, 0, flags)
	}
}

// of makes a socket of that family.
func (b *changingBed) of(family, socketType int32) SOCKET {
	b.Helper()
	s, err := b.asyncBed.open(family, socketType)
	must(b, err)
	b.Cleanup(func() { CloseSocket(s) })
	return s
}

// listChange is SIO_ADDRESS_LIST_CHANGE.
func listChange(s SOCKET, ov *Overlapped, c *Completion) error {
	n, err := WSAIoctl(s, wsa.SIO_ADDRESS_LIST_CHANGE, nil, nil, ov, c)
	if n != 0 {
		return errors.New("bytes are said to have been written")
	}
	return err
}

func routeChange(s SOCKET, to netip.AddrPort, ov *Overlapped) error {
	name := wsa.SockaddrFrom(to)
	_, err := WSAIoctl(s, wsa.SIO_ROUTING_INTERFACE_CHANGE, name.Bytes(), nil, ov, nil)
	return err
}

func (b *changingBed) pends(what string, err error, ov *Overlapped) {
	b.Helper()
	wantErr(b, what, err, wsa.WSA_IO_PENDING)
	if ov.Done() {
		b.Errorf("%s: it has ended", what)
	}
}

// changeSeen changes the list of addresses and waits until s knows of that.
func (b *changingBed) changeSeen(s SOCKET, family int32) {
	b.Helper()
	var ov Overlapped
	b.pends("a call that pends beside", listChange(s, &ov, nil), &ov)
	b.change(family)
	b.result(s, &ov, 0, 0)
}

type changeRule struct {
	rule string
	name string
	run  func(b *changingBed)
}

const changePages = "difference 98, WSAIoctl function: SIO_ADDRESS_LIST_CHANGE, SIO_ROUTING_INTERFACE_CHANGE"

var changeRules = []changeRule{
	{changePages, "pends until the addresses change", func(b *changingBed) {
		for _, family := range []int32{wsa.AF_INET, wsa.AF_INET6} {
			s := b.of(family, wsa.SOCK_STREAM)
			for range 2 { // an address comes, and goes
				ov := Overlapped{Event: b.event()}
				b.pends("a call", listChange(s, &ov, nil), &ov)
				if b.signalled(ov.Event) {
					b.Error("the event is signalled while the call pends")
				}
				b.change(family)
				b.await(ov.Event)
				b.result(s, &ov, 0, 0)
			}
		}
	}},
	{changePages, "datagram socket, port and several calls", func(b *changingBed) {
		s := b.of(wsa.AF_INET, wsa.SOCK_DGRAM)
		port := b.port()
		associate(b, s, port, 5)
		var ov [3]Overlapped
		for i := range ov {
			b.pends("a call", listChange(s, &ov[i], nil), &ov[i])
		}
		wantErr(b, "a structure that is in use", listChange(s, &ov[1], nil), wsa.WSA_INVALID_PARAMETER)
		b.change(wsa.AF_INET)
		for i := range ov {
			b.packet(port, 0, 5, &ov[i], 0)
		}
		b.noPacket(port)
	}},
	{changePages, "completion routine", func(b *changingBed) {
		s := b.of(wsa.AF_INET, wsa.SOCK_STREAM)
		thread := b.thread()
		var ran atomic.Int32
		var ov Overlapped
		err := listChange(s, &ov, &Completion{Thread: thread, Routine: func(err wsa.Errno, n uint32, o *Overlapped, _ uint32) {
			if err != 0 || n != 0 || o != &ov {
				b.Errorf("the routine was given %v, %d, %p", err.Name(), n, o)
			}
			ran.Add(1)
		}})
		b.pends("a call", err, &ov)
		b.change(wsa.AF_INET)
		b.ended(&ov)
		thread.SleepEx(uint32(soon.Milliseconds()))
		if ran.Load() != 1 {
			b.Errorf("the routine ran %d times", ran.Load())
		}
	}},
	{"CancelIoEx function", "cancel", func(b *changingBed) {
		s := b.of(wsa.AF_INET, wsa.SOCK_STREAM)
		var one, other Overlapped
		b.pends("a call", listChange(s, &one, nil), &one)
		b.pends("another", routeChange(s, farAway[wsa.AF_INET], &other), &other)
		must(b, CancelIoEx(s, &one))
		b.result(s, &one, 0, wsa.WSA_OPERATION_ABORTED)
		if other.Done() {
			b.Error("the other call was cancelled too")
		}
		must(b, CancelIo(s))
		b.result(s, &other, 0, wsa.WSA_OPERATION_ABORTED)
		wantErr(b, "once more", CancelIoEx(s, nil), wsa.ERROR_NOT_FOUND)
	}},
	{"closesocket function", "close", func(b *changingBed) {
		s := b.of(wsa.AF_INET, wsa.SOCK_STREAM)
		port := b.port()
		associate(b, s, port, 6)
		var ov Overlapped
		b.pends("a call", listChange(s, &ov, nil), &ov)
		must(b, CloseSocket(s))
		b.packet(port, 0, 6, &ov, wsa.WSA_OPERATION_ABORTED)
		wantErr(b, "on a closed socket", listChange(s, &ov, nil), wsa.WSAENOTSOCK)
	}},
	{changePages, "blocking socket", func(b *changingBed) {
		s := b.of(wsa.AF_INET, wsa.SOCK_STREAM)
		ended := make(chan error)
		go func() { ended <- listChange(s, nil, nil) }()
		for end := time.Now().Add(soon); ; {
			select {
			case err := <-ended:
				wantErr(b, "the call", err, 0)
				return
			case <-time.After(time.Millisecond):
				if time.Now().After(end) {
					b.Fatal("the call still waits")
				}
				b.change(wsa.AF_INET) // the first one may be before the call
			}
		}
	}},
	{"closesocket function", "blocking call of a socket that is closed", func(b *changingBed) {
		s := b.of(wsa.AF_INET, wsa.SOCK_STREAM)
		ended := make(chan error)
		go func() { ended <- listChange(s, nil, nil) }()
		for a := socketOf(b, s).ofAsync(); ; time.Sleep(100 * time.Microsecond) {
			a.mu.Lock()
			c := a.changes()
			waits := c != nil && c.calls.last != nil
			a.mu.Unlock()
			if waits {
				break
			}
		}
		must(b, CloseSocket(s))
		wantErr(b, "the call", done(b, ended), wsa.WSAEINTR)
	}},
	{"difference 125", "socket that is not overlapped", func(b *changingBed) {
		s, err := b.openWith(wsa.AF_INET, wsa.SOCK_STREAM, 0)
		must(b, err)
		b.Cleanup(func() { CloseSocket(s) })
		nonblocking(b, s)
		var ov Overlapped
		ended := make(chan error)
		go func() { ended <- listChange(s, &ov, nil) }()
		for {
			select {
			case err := <-ended:
				wantErr(b, "the call", err, 0)
				return
			case <-time.After(time.Millisecond):
				b.change(wsa.AF_INET)
			}
		}
	}},
	{changePages, "non-blocking socket", func(b *changingBed) {
		s := b.of(wsa.AF_INET, wsa.SOCK_STREAM)
		nonblocking(b, s)
		wantErr(b, "the first call", listChange(s, nil, nil), wsa.WSAEWOULDBLOCK)
		wantErr(b, "another", listChange(s, nil, nil), wsa.WSAEWOULDBLOCK)
		b.changeSeen(s, wsa.AF_INET)
		wantErr(b, "after a change", listChange(s, nil, nil), 0)
		wantErr(b, "after that", listChange(s, nil, nil), wsa.WSAEWOULDBLOCK)
	}},
	{"WSAEventSelect function", "FD_ADDRESS_LIST_CHANGE", func(b *changingBed) {
		s := b.of(wsa.AF_INET, wsa.SOCK_STREAM)
		w := b.selecting(s, wsa.FD_ADDRESS_LIST_CHANGE|wsa.FD_ROUTING_INTERFACE_CHANGE)
		b.changeSeen(s, wsa.AF_INET)
		w.none("before the control code was used")
		for range 2 {
			wantErr(b, "the call", listChange(s, nil, nil), wsa.WSAEWOULDBLOCK)
			w.none("before the change")
			b.change(wsa.AF_INET)
			w.want("a change", wsa.FD_ADDRESS_LIST_CHANGE)
			b.changeSeen(s, wsa.AF_INET)
			w.none("another change, not enabled")
		}
	}},
	{"WSAEventSelect function, difference 112", "FD_ADDRESS_LIST_CHANGE selected later", func(b *changingBed) {
		s := b.of(wsa.AF_INET, wsa.SOCK_STREAM)
		nonblocking(b, s)
		wantErr(b, "the call", listChange(s, nil, nil), wsa.WSAEWOULDBLOCK)
		b.changeSeen(s, wsa.AF_INET)
		w := b.selecting(s, wsa.FD_READ)
		w.none("not selected")
		w.choose(wsa.FD_ADDRESS_LIST_CHANGE)
		w.want("a change before the selection", wsa.FD_ADDRESS_LIST_CHANGE)
		wantErr(b, "enabled again", listChange(s, nil, nil), wsa.WSAEWOULDBLOCK)
	}},
	{"WSAAsyncSelect function", "messages", func(b *changingBed) {
		s := b.of(wsa.AF_INET, wsa.SOCK_STREAM)
		m := b.mailbox()
		m.choose(s, wsa.FD_ADDRESS_LIST_CHANGE|wsa.FD_ROUTING_INTERFACE_CHANGE)
		for range 2 {
			wantErr(b, "the call", listChange(s, nil, nil), wsa.WSAEWOULDBLOCK)
			wantErr(b, "the other call", routeChange(s, farAway[wsa.AF_INET], nil), wsa.WSAEWOULDBLOCK)
			b.changeSeen(s, wsa.AF_INET)
			got := map[int32]bool{}
			for range 2 {
				msg := m.take("the messages")
				got[WSAGetSelectEvent(msg.LParam)] = msg.WParam == uintptr(s) && WSAGetSelectError(msg.LParam) == 0
			}
			if !got[wsa.FD_ADDRESS_LIST_CHANGE] || !got[wsa.FD_ROUTING_INTERFACE_CHANGE] {
				b.Errorf("the messages are about %v", got)
			}
			b.changeSeen(s, wsa.AF_INET)
			m.none("not enabled")
		}
	}},
	{changePages, "the route to an address", func(b *changingBed) {
		for _, family := range []int32{wsa.AF_INET, wsa.AF_INET6} {
			other := int32(wsa.AF_INET + wsa.AF_INET6 - family)
			s := b.of(family, wsa.SOCK_DGRAM)
			w := b.selecting(s, wsa.FD_ADDRESS_LIST_CHANGE|wsa.FD_ROUTING_INTERFACE_CHANGE)
			var near, far Overlapped
			b.pends("an address of the machine's own", routeChange(s, netip.AddrPortFrom(loopbacks[family], 9), &near), &near)
			b.pends("an address far away", routeChange(s, farAway[family], &far), &far)
			wantErr(b, "without a structure", routeChange(s, farAway[family], nil), wsa.WSAEWOULDBLOCK)
			b.changeSeen(b.of(other, wsa.SOCK_DGRAM), other)
			w.none("addresses of the other family")
			if far.Done() {
				b.Error("the call has ended when the other family's addresses changed")
			}
			b.change(family)
			b.result(s, &far, 0, 0)
			w.want("there is a route now", wsa.FD_ROUTING_INTERFACE_CHANGE)
			if near.Done() {
				b.Error("the call has ended whose route is the same")
			}
			must(b, CancelIoEx(s, &near))
			b.result(s, &near, 0, wsa.WSA_OPERATION_ABORTED)
			foreign := wsa.WSAEAFNOSUPPORT
			if family == wsa.AF_INET6 {
				foreign = wsa.WSAEFAULT // it is too short as well
			}
			wantErr(b, "a family that is not the socket's", routeChange(s, farAway[other], nil), foreign)
			_, err := WSAIoctl(s, wsa.SIO_ROUTING_INTERFACE_CHANGE, []byte{byte(family), 0}, nil, &far, nil)
			wantErr(b, "a short address", err, wsa.WSAEFAULT)
		}
	}},
	{changePages, "addresses of the other family", func(b *changingBed) {
		s4, s6 := b.of(wsa.AF_INET, wsa.SOCK_STREAM), b.of(wsa.AF_INET6, wsa.SOCK_STREAM)
		var ov Overlapped
		b.pends("a call", listChange(s6, &ov, nil), &ov)
		b.changeSeen(s4, wsa.AF_INET)
		if ov.Done() {
			b.Error("the call has ended with a change of IPv4 addresses")
		}
		b.change(wsa.AF_INET6)
		b.result(s6, &ov, 0, 0)
	}},
	{"difference 94", "sockets without such addresses", func(b *changingBed) {
		s := b.of(wsa.AF_UNIX, wsa.SOCK_STREAM)
		wantErr(b, "a call", listChange(s, nil, nil), wsa.WSAEOPNOTSUPP)
		var ov Overlapped
		wantErr(b, "an overlapped one", listChange(s, &ov, nil), wsa.WSA_IO_PENDING)
		_, _, err := WSAGetOverlappedResult(s, &ov, true)
		if err == nil {
			b.Error("the overlapped one has succeeded")
		}
	}},
}

// socketOf returns the socket of a handle that stays open.
func socketOf(t testing.TB, h SOCKET) *socket {
	t.Helper()
	s, err := use(h)
	must(t, err)
	s.Release()
	return s
}

// A changingFaulty is a socket that fails when it is asked again.
type changingFaulty struct {
	layer.PassThrough
	asked atomic.Int32
}

func (s *changingFaulty) Ioctl(code uint32, in, out []byte) (int, error) {
	if code == wsa.SIO_ADDRESS_LIST_CHANGE && s.asked.Add(1) > 1 {
		panic("on purpose")
	}
	return s.PassThrough.Ioctl(code, in, out)
}

func init() {
	spi.Register(&spi.Driver{
		Name:    "changing-faulty",
		Summary: "a layer that fails when addresses change, for tests",
		Startup: func(p *spi.StartupParams) (spi.Provider, error) {
			return layer.NewProvider(p, func(below spi.Socket, _ *spi.Opening) (spi.Socket, error) {
				s := new(changingFaulty)
				s.Socket = below
				return s, nil
			}), nil
		},
	})
}

// TestChangesFailingProvider: what waits ends when the chain fails.
func TestChangesFailingProvider(t *testing.T) {
	started(t)
	leak.Check(t)
	open := openChanging(t, "mem", []string{"changing-faulty"})
	set := setMem()
	s, err := open(wsa.AF_INET, wsa.SOCK_STREAM, wsa.WSA_FLAG_OVERLAPPED)
	must(t, err)
	defer CloseSocket(s)
	e := newEvent(t)
	var ov, other Overlapped
	ov.Event = e
	wantErr(t, "a call", listChange(s, &ov, nil), wsa.WSA_IO_PENDING)
	name := wsa.SockaddrFrom(farAway[wsa.AF_INET])
	_, err = WSAIoctl(s, wsa.SIO_ROUTING_INTERFACE_CHANGE, name.Bytes(), nil, &other, nil)
	wantErr(t, "another", err, wsa.WSA_IO_PENDING)
	set(t, wsa.AF_INET, true)
	defer set(t, wsa.AF_INET, false)
	awaitSignal(t, "a call of a chain that has failed", e)
	for what, ov := range map[string]*Overlapped{"a call": &ov, "another": &other} {
		for end := time.Now().Add(soon); !ov.Done(); time.Sleep(time.Millisecond) {
			if time.Now().After(end) {
				t.Fatalf("%s still waits", what)
			}
		}
	}
	_, _, err = WSAGetOverlappedResult(s, &ov, false)
	if err == nil {
		t.Error("a call of a chain that has failed has succeeded")
	}
	wantErr(t, "from then on", listChange(s, nil, nil), wsa.WSAECONNABORTED)
}
