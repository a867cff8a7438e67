// SPDX-License-Identifier: Apache-2.0

package winsock

import (
	"reflect"
	"strings"
	"sync"
	"testing"

	mdns "github.com/miekg/dns"

	"winsock/message"
	"winsock/namespace/netdb"
	"winsock/object"
	"winsock/wsa"
)

const wmAsync = message.WM_USER + 9

// newMailbox is a mailbox without sockets.
func newMailbox(t *testing.T) *mailbox {
	t.Helper()
	return (&bed{T: t}).mailbox()
}

// reply waits for the message of a look-up and returns its lParam.
func (m *mailbox) reply(what string, task HANDLE, err error) uintptr {
	m.Helper()
	must(m, err)
	got := m.take(what)
	if task == 0 || got.Hwnd != m.hwnd || got.Message != wmAsync || got.WParam != uintptr(task) {
		m.Errorf("%s: got %+v for task %#x", what, got, task)
	}
	return got.LParam
}

func TestAsyncGetWithoutStartup(t *testing.T) {
	for name, call := range map[string]func() (HANDLE, error){
		"WSAAsyncGetHostByName":    func() (HANDLE, error) { return WSAAsyncGetHostByName(4, wmAsync, "", nil) },
		"WSAAsyncGetHostByAddr":    func() (HANDLE, error) { return WSAAsyncGetHostByAddr(4, wmAsync, nil, 0, nil) },
		"WSAAsyncGetServByName":    func() (HANDLE, error) { return WSAAsyncGetServByName(4, wmAsync, "", "", nil) },
		"WSAAsyncGetServByPort":    func() (HANDLE, error) { return WSAAsyncGetServByPort(4, wmAsync, 0, "", nil) },
		"WSAAsyncGetProtoByName":   func() (HANDLE, error) { return WSAAsyncGetProtoByName(4, wmAsync, "", nil) },
		"WSAAsyncGetProtoByNumber": func() (HANDLE, error) { return WSAAsyncGetProtoByNumber(4, wmAsync, 0, nil) },
		"WSACancelAsyncRequest":    func() (HANDLE, error) { return 0, WSACancelAsyncRequest(4) },
	} {
		task, err := call()
		wantErr(t, name, err, wsa.WSANOTINITIALISED)
		if task != 0 {
			t.Errorf("%s: a task handle with an error", name)
		}
	}
}

// TestAsyncGet: what each function finds, in Go and in memory.
func TestAsyncGet(t *testing.T) {
	testNames(t)
	m := newMailbox(t)
	before := object.Count()
	const base = 0x10000
	host := func(what string, begin func(*AsyncResult[Hostent]) (HANDLE, error), want string) {
		t.Helper()
		r := AsyncResult[Hostent]{Memory: make([]byte, wsa.MAXGETHOSTSTRUCT), Address: base}
		task, err := begin(&r)
		lParam := m.reply(what, task, err)
		if showHost(&r.Value) != want || WSAGetAsyncError(lParam) != 0 {
			t.Errorf("%s: got %q with %s, want %q", what, showHost(&r.Value), WSAGetAsyncError(lParam).Name(), want)
			return
		}
		inMemory := readHostent(t, r.Memory[:WSAGetAsyncBufLen(lParam)], base)
		if showHost(&inMemory) != want || inMemory.AddrType != r.Value.AddrType {
			t.Errorf("%s: memory holds %q, want %q", what, showHost(&inMemory), want)
		}
	}
	host("WSAAsyncGetHostByName function", func(r *AsyncResult[Hostent]) (HANDLE, error) {
		return WSAAsyncGetHostByName(m.hwnd, wmAsync, "short", r)
	}, "v4.test short: 192.0.2.1")
	host("WSAAsyncGetHostByName function, a numeric address", func(r *AsyncResult[Hostent]) (HANDLE, error) {
		return WSAAsyncGetHostByName(m.hwnd, wmAsync, "127.0.0.1", r)
	}, "127.0.0.1: 127.0.0.1")
	host("WSAAsyncGetHostByAddr function", func(r *AsyncResult[Hostent]) (HANDLE, error) {
		addr := []byte{192, 0, 2, 1}
		defer clear(addr) // the caller's memory may change meanwhile
		return WSAAsyncGetHostByAddr(m.hwnd, wmAsync, addr, wsa.AF_INET, r)
	}, "v4.test short: 192.0.2.1")

	http, _ := netdb.System().ByName("http", "tcp")
	for what, begin := range map[string]func(*AsyncResult[Servent]) (HANDLE, error){
		"WSAAsyncGetServByName function": func(r *AsyncResult[Servent]) (HANDLE, error) {
			return WSAAsyncGetServByName(m.hwnd, wmAsync, "HTTP", "tcp", r)
		},
		"WSAAsyncGetServByPort function": func(r *AsyncResult[Servent]) (HANDLE, error) {
			return WSAAsyncGetServByPort(m.hwnd, wmAsync, http.Port, "", r)
		},
	} {
		r := AsyncResult[Servent]{Memory: make([]byte, wsa.MAXGETHOSTSTRUCT), Address: base}
		task, err := begin(&r)
		size, _ := PutServent(nil, 0, &http)
		lParam := m.reply(what, task, err)
		got := readServent(t, r.Memory[:WSAGetAsyncBufLen(lParam)], base)
		if WSAGetAsyncError(lParam) != 0 || WSAGetAsyncBufLen(lParam) != size || r.Value.Name != http.Name || r.Value.Port != http.Port ||
			got.Name != http.Name || got.Port != http.Port || got.Protocol != "tcp" {
			t.Errorf("%s: lParam %#x, %+v, and in memory %+v", what, lParam, r.Value, got)
		}
	}
	for what, begin := range map[string]func(*AsyncResult[Protoent]) (HANDLE, error){
		"WSAAsyncGetProtoByName function": func(r *AsyncResult[Protoent]) (HANDLE, error) {
			return WSAAsyncGetProtoByName(m.hwnd, wmAsync, "TCP", r)
		},
		"WSAAsyncGetProtoByNumber function": func(r *AsyncResult[Protoent]) (HANDLE, error) {
			return WSAAsyncGetProtoByNumber(m.hwnd, wmAsync, wsa.IPPROTO_TCP, r)
		},
	} {
		r := AsyncResult[Protoent]{Memory: make([]byte, wsa.MAXGETHOSTSTRUCT), Address: base}
		task, err := begin(&r)
		lParam := m.reply(what, task, err)
		got := readProtoent(t, r.Memory[:WSAGetAsyncBufLen(lParam)], base)
		if WSAGetAsyncError(lParam) != 0 || r.Value.Name != "tcp" || r.Value.Number != wsa.IPPROTO_TCP || !reflect.DeepEqual(got, r.Value) {
			t.Errorf("%s: lParam %#x, %+v, and in memory %+v", what, lParam, r.Value, got)
		}
	}
	if n := object.Count(); n != before {
		t.Errorf("%d handles are left", n-before)
	}
}

// TestAsyncGetErrors follows difference 144: everything but the start is told
// by the message.
func TestAsyncGetErrors(t *testing.T) {
	testNames(t)
	m := newMailbox(t)
	var h AsyncResult[Hostent]
	var s AsyncResult[Servent]
	var p AsyncResult[Protoent]
	short := AsyncResult[Hostent]{Memory: make([]byte, 40)}
	none := AsyncResult[Servent]{Memory: []byte{}}
	hostSize, _ := PutHostent(nil, 0, &Hostent{Name: "127.0.0.1", AddrType: wsa.AF_INET})
	hostSize += 8 + 4 // its address
	http, _ := netdb.System().ByName("http", "tcp")
	servSize, _ := PutServent(nil, 0, &http)
	for _, c := range []struct {
		what  string
		begin func() (HANDLE, error)
		size  int
		want  wsa.Errno
	}{
		{"an unknown host", func() (HANDLE, error) { return WSAAsyncGetHostByName(m.hwnd, wmAsync, "nosuch.test", &h) }, 0, wsa.WSAHOST_NOT_FOUND},
		{"a host without IPv4", func() (HANDLE, error) { return WSAAsyncGetHostByName(m.hwnd, wmAsync, "v6.test", &h) }, 0, wsa.WSANO_DATA},
		{"no result", func() (HANDLE, error) { return WSAAsyncGetHostByName(m.hwnd, wmAsync, "127.0.0.1", nil) }, 0, wsa.WSAEFAULT},
		{"short memory", func() (HANDLE, error) { return WSAAsyncGetHostByName(m.hwnd, wmAsync, "127.0.0.1", &short) }, hostSize, wsa.WSAENOBUFS},
		{"a short address", func() (HANDLE, error) { return WSAAsyncGetHostByAddr(m.hwnd, wmAsync, []byte{1}, wsa.AF_INET, &h) }, 0, wsa.WSAEFAULT},
		{"another family", func() (HANDLE, error) { return WSAAsyncGetHostByAddr(m.hwnd, wmAsync, []byte{1}, wsa.AF_IRDA, &h) }, 0, wsa.WSAEAFNOSUPPORT},
		{"an unknown service", func() (HANDLE, error) { return WSAAsyncGetServByName(m.hwnd, wmAsync, "no such", "", &s) }, 0, wsa.WSANO_DATA},
		{"an unknown port", func() (HANDLE, error) { return WSAAsyncGetServByPort(m.hwnd, wmAsync, 1, "nosuch", &s) }, 0, wsa.WSANO_DATA},
		{"no memory", func() (HANDLE, error) { return WSAAsyncGetServByName(m.hwnd, wmAsync, "http", "tcp", &none) }, servSize, wsa.WSAENOBUFS},
		{"an unknown protocol", func() (HANDLE, error) { return WSAAsyncGetProtoByName(m.hwnd, wmAsync, "no such", &p) }, 0, wsa.WSANO_DATA},
		{"an unknown number", func() (HANDLE, error) { return WSAAsyncGetProtoByNumber(m.hwnd, wmAsync, -2, &p) }, 0, wsa.WSANO_DATA},
	} {
		task, err := c.begin()
		lParam := m.reply(c.what, task, err)
		if WSAGetAsyncError(lParam) != c.want || WSAGetAsyncBufLen(lParam) != c.size {
			t.Errorf("%s: got %s with length %d, want %s with %d", c.what,
				WSAGetAsyncError(lParam).Name(), WSAGetAsyncBufLen(lParam), c.want.Name(), c.size)
		}
	}
	if strings.Trim(string(short.Memory), "\x00") != "" || short.Value.Name != "" {
		t.Errorf("short memory was written: %x, %+v", short.Memory, short.Value)
	}
	task, err := WSAAsyncGetServByPort(0, 0, 0, "", nil)
	if task == 0 || err != nil {
		t.Errorf("difference 144, no window: %#x, %v", task, err)
	}
}

// slowNames makes the only name space one that does not answer until the
// test ends, and tells of each question.
func slowNames(t *testing.T) (asked chan string) {
	asked = make(chan string, 2*maxAsyncRequests)
	useNameSpaces(t, dnsPath(t, func(_ mdns.ResponseWriter, ask *mdns.Msg) { asked <- ask.Question[0].Name }))
	return asked
}

// TestAsyncCancel follows "WSACancelAsyncRequest function".
func TestAsyncCancel(t *testing.T) {
	started(t)
	asked := slowNames(t)
	m := newMailbox(t)
	wantErr(t, "0 is no task", WSACancelAsyncRequest(0), wsa.WSAEINVAL)
	wantErr(t, "a window is no task", WSACancelAsyncRequest(m.hwnd), wsa.WSAEINVAL)

	before := object.Count()
	r := AsyncResult[Hostent]{Memory: make([]byte, wsa.MAXGETHOSTSTRUCT)}
	task, err := WSAAsyncGetHostByName(m.hwnd, wmAsync, "slow.test", &r)
	must(t, err)
	done(t, asked)
	wantErr(t, "a look-up that is under way", WSACancelAsyncRequest(task), 0)
	r.Value.Name, r.Memory[0] = "mine again", 1 // the race detector would tell
	wantErr(t, "a look-up that was cancelled", WSACancelAsyncRequest(task), wsa.WSAEINVAL)

	var s AsyncResult[Servent]
	task, err = WSAAsyncGetServByName(m.hwnd, wmAsync, "http", "", &s)
	must(t, err)
	i, err := MsgWaitForMultipleObjects(m.thread, nil, false, uint32(soon.Milliseconds()), message.QS_POSTMESSAGE)
	must(t, err)
	if i != 0 {
		t.Fatal("no message")
	}
	wantErr(t, "a look-up whose message is in the queue", WSACancelAsyncRequest(task), wsa.WSAEALREADY)
	m.reply("the look-up that was not cancelled", task, nil)
	wantErr(t, "a look-up whose message was retrieved", WSACancelAsyncRequest(task), wsa.WSAEALREADY)
	if n := object.Count(); n != before {
		t.Errorf("%d handles are left", n-before)
	}
}

// TestAsyncCleanup follows "WSACleanup function": look-ups are cancelled
// without a message.
func TestAsyncCleanup(t *testing.T) {
	must(t, func() error { _, err := WSAStartup(Version22); return err }())
	asked := slowNames(t)
	m := newMailbox(t)
	var r AsyncResult[Hostent]
	_, err := WSAAsyncGetHostByName(m.hwnd, wmAsync, "slow.test", &r)
	must(t, err)
	done(t, asked)
	must(t, WSACleanup())
	r.Value.Name = "mine again"
	started(t)
	var s AsyncResult[Servent]
	task, err := WSAAsyncGetServByName(m.hwnd, wmAsync, "http", "", &s)
	m.reply("the only message", task, err)
	m.none("a look-up of before WSACleanup")
}

// TestAsyncLimit: WSAEWOULDBLOCK when too many look-ups are under way.
func TestAsyncLimit(t *testing.T) {
	started(t)
	slowNames(t)
	m := newMailbox(t)
	var r AsyncResult[Hostent]
	var tasks []HANDLE
	for {
		task, err := WSAAsyncGetHostByName(m.hwnd, wmAsync, "slow.test", &r)
		if err != nil {
			wantErr(t, "WSAAsyncGetHostByName function", err, wsa.WSAEWOULDBLOCK)
			break
		}
		tasks = append(tasks, task)
	}
	if len(tasks) == 0 || len(tasks) > maxAsyncRequests {
		t.Errorf("%d look-ups are under way", len(tasks))
	}
	for _, task := range tasks {
		must(t, WSACancelAsyncRequest(task))
	}
	m.none("all were cancelled")
}

// TestAsyncFullQueue: the message waits for room.
func TestAsyncFullQueue(t *testing.T) {
	started(t)
	m := newMailbox(t)
	for m.thread.Post(message.WM_APP, 0, 0) == nil {
	}
	var r AsyncResult[Protoent]
	task, err := WSAAsyncGetProtoByName(m.hwnd, wmAsync, "udp", &r)
	must(t, err)
	for range message.MaxPosted {
		if got := m.take("the queue is full"); got.Message != message.WM_APP {
			t.Fatalf("message %#x before there was room", got.Message)
		}
	}
	if code := WSAGetAsyncError(m.reply("there is room again", task, nil)); code != 0 || r.Value.Name != "udp" {
		t.Errorf("got %s, %+v", code.Name(), r.Value)
	}
}

// TestAsyncStress: threads look up and cancel side by side. A message comes
// for each look-up that was not cancelled, and for no other.
func TestAsyncStress(t *testing.T) {
	testNames(t)
	before := object.Count()
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			thread, err := NewMessageThread()
			if err != nil {
				t.Error(err)
				return
			}
			defer thread.Close()
			hwnd, err := thread.CreateWindow(nil, 0)
			if err != nil {
				t.Error(err)
				return
			}
			expected := make(map[uintptr]*AsyncResult[Hostent])
			for i := range 60 {
				r := new(AsyncResult[Hostent])
				task, err := WSAAsyncGetHostByName(hwnd, wmAsync, []string{"short", "localhost", "nosuch.test", "dns.test"}[i%4], r)
				if err != nil {
					t.Error(err)
					continue
				}
				if i%3 == 0 {
					err := WSACancelAsyncRequest(task)
					if err == nil {
						r.Value = Hostent{Name: "cancelled"}
						continue
					}
					if err != wsa.WSAEALREADY {
						t.Errorf("WSACancelAsyncRequest function: %v", err)
					}
				}
				expected[uintptr(task)] = r
			}
			for len(expected) > 0 {
				var msg MSG
				if _, err := thread.Get(&msg, 0, 0, 0); err != nil {
					t.Error(err)
					return
				}
				r := expected[msg.WParam]
				if r == nil {
					t.Errorf("a message for task %#x", msg.WParam)
					return
				}
				delete(expected, msg.WParam)
				if code := WSAGetAsyncError(msg.LParam); (code == 0) != (len(r.Value.Addrs) > 0) {
					t.Errorf("%s with %+v", code.Name(), r.Value)
				}
			}
		})
	}
	group.Wait()
	if n := object.Count(); n != before {
		t.Errorf("%d handles are left", n-before)
	}
}
