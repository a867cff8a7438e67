// SPDX-License-Identifier: Apache-2.0

package winsock

import (
	"context"
	"log/slog"
	"runtime/debug"
	"slices"
	"sync"

	"winsock/message"
	"winsock/object"
	"winsock/wsa"
)

// An AsyncResult is where the WSAAsyncGet functions store what they found.
//
// Each of them begins a look-up and returns its task handle at once. When the
// look-up is over, the result is stored and a message is posted to the
// window, with the task handle as wParam and, in lParam, the error code (see
// [WSAGetAsyncError]) and the size of the result in memory, also of one that
// did not fit (see [WSAGetAsyncBufLen]). Until the message comes or the
// look-up is cancelled, the AsyncResult must be left alone.
//
// Nothing but the start of Winsock is checked at the call (difference 144):
// what is wrong with the arguments is told by the message, and to a window
// that does not exist nothing is told. The errors in the message are those of
// the function without Async; WSAEFAULT for a nil AsyncResult; and WSAENOBUFS
// when Memory is too short.
type AsyncResult[T Hostent | Servent | Protoent] struct {
	Value T

	// Memory, when not nil, receives the structure as C programs know it,
	// together with all that it points to, see [PutHostent]. Address is
	// where it begins. If it is too short, nothing is stored at all.
	Memory  []byte
	Address uint64
}

// store stores what was found, and returns its size in memory.
func (r *AsyncResult[T]) store(found *T) (size int, err error) {
	if r == nil {
		return 0, wsa.WSAEFAULT
	}
	switch found := any(found).(type) {
	case *Hostent:
		size, err = PutHostent(r.Memory, r.Address, found)
	case *Servent:
		size, err = PutServent(r.Memory, r.Address, found)
	case *Protoent:
		size, err = PutProtoent(r.Memory, r.Address, found)
	}
	if err != nil && r.Memory != nil { // without memory, only the size counts
		return size, err
	}
	r.Value = *found
	return size, nil
}

// WSAAsyncGetHostByName is [GetHostByName] with the result in a message
// ("WSAAsyncGetHostByName function"). See [AsyncResult] for it.
//
// Errors: WSANOTINITIALISED; WSAEWOULDBLOCK when too many look-ups are under
// way.
func WSAAsyncGetHostByName(hwnd HWND, msg uint32, name string, result *AsyncResult[Hostent]) (HANDLE, error) {
	return asyncGet(hwnd, msg, result, func(ctx context.Context) (*Hostent, error) { return hostByName(ctx, name) })
}

// WSAAsyncGetHostByAddr is [GetHostByAddr] with the result in a message
// ("WSAAsyncGetHostByAddr function"). See [AsyncResult] for it.
//
// Errors: WSANOTINITIALISED; WSAEWOULDBLOCK when too many look-ups are under
// way.
func WSAAsyncGetHostByAddr(hwnd HWND, msg uint32, addr []byte, family int32, result *AsyncResult[Hostent]) (HANDLE, error) {
	addr = slices.Clone(addr)
	return asyncGet(hwnd, msg, result, func(ctx context.Context) (*Hostent, error) { return hostByBytes(ctx, addr, family) })
}

// WSAAsyncGetServByName is [GetServByName] with the result in a message
// ("WSAAsyncGetServByName function"). See [AsyncResult] for it.
//
// Errors: WSANOTINITIALISED; WSAEWOULDBLOCK when too many look-ups are under
// way.
func WSAAsyncGetServByName(hwnd HWND, msg uint32, name, protocol string, result *AsyncResult[Servent]) (HANDLE, error) {
	return asyncGet(hwnd, msg, result, func(context.Context) (*Servent, error) { return GetServByName(name, protocol) })
}

// WSAAsyncGetServByPort is [GetServByPort], with the port in host order, with
// the result in a message ("WSAAsyncGetServByPort function"). See
// [AsyncResult] for it.
//
// Errors: WSANOTINITIALISED; WSAEWOULDBLOCK when too many look-ups are under
// way.
func WSAAsyncGetServByPort(hwnd HWND, msg uint32, port uint16, protocol string, result *AsyncResult[Servent]) (HANDLE, error) {
	return asyncGet(hwnd, msg, result, func(context.Context) (*Servent, error) { return GetServByPort(port, protocol) })
}

// WSAAsyncGetProtoByName is [GetProtoByName] with the result in a message
// ("WSAAsyncGetProtoByName function"). See [AsyncResult] for it.
//
// Errors: WSANOTINITIALISED; WSAEWOULDBLOCK when too many look-ups are under
// way.
func WSAAsyncGetProtoByName(hwnd HWND, msg uint32, name string, result *AsyncResult[Protoent]) (HANDLE, error) {
	return asyncGet(hwnd, msg, result, func(context.Context) (*Protoent, error) { return GetProtoByName(name) })
}

// WSAAsyncGetProtoByNumber is [GetProtoByNumber] with the result in a message
// ("WSAAsyncGetProtoByNumber function"). See [AsyncResult] for it.
//
// Errors: WSANOTINITIALISED; WSAEWOULDBLOCK when too many look-ups are under
// way.
func WSAAsyncGetProtoByNumber(hwnd HWND, msg uint32, number int32, result *AsyncResult[Protoent]) (HANDLE, error) {
	return asyncGet(hwnd, msg, result, func(context.Context) (*Protoent, error) { return GetProtoByNumber(number) })
}

// WSACancelAsyncRequest cancels a look-up ("WSACancelAsyncRequest function").
// Once it has succeeded, nothing is stored and no message comes.
//
// Errors: WSANOTINITIALISED; WSAEALREADY for a look-up that is over, whether
// or not its message was retrieved, as long as it is among the last 1,024;
// WSAEINVAL for a handle that is of no look-up.
func WSACancelAsyncRequest(task HANDLE) error {
	if err := requireStartup(); err != nil {
		return err
	}
	o := object.Acquire(task)
	r, ok := o.(*asyncRequest)
	if !ok {
		release(o)
		if finishedRequests.has(task) {
			return wsa.WSAEALREADY
		}
		return wsa.WSAEINVAL
	}
	defer r.Release()
	if !r.abandon() {
		return wsa.WSAEALREADY
	}
	return nil
}

// maxAsyncRequests is how many look-ups may be under way, those included that
// were cancelled and have not noticed yet.
const maxAsyncRequests = 1024

var asyncSlots = make(chan struct{}, maxAsyncRequests)

// An asyncRequest is a look-up that is under way. Its handle is the task
// handle, and is closed when it is over.
type asyncRequest struct {
	object.Header

	hwnd   HWND
	msg    uint32
	cancel context.CancelFunc

	mu   sync.Mutex // protects over; held while the result is stored
	over bool
}

// Destroy has nothing to do.
func (*asyncRequest) Destroy() {}

func asyncGet[T Hostent | Servent | Protoent](hwnd HWND, msg uint32, result *AsyncResult[T], find func(context.Context) (*T, error)) (HANDLE, error) {
	if err := requireStartup(); err != nil {
		return 0, err
	}
	select {
	case asyncSlots <- struct{}{}:
	default:
		return 0, wsa.WSAEWOULDBLOCK
	}
	ctx, cancel := context.WithCancel(context.Background())
	r := &asyncRequest{hwnd: hwnd, msg: msg, cancel: cancel}
	task, err := object.Open(r)
	if err != nil {
		cancel()
		<-asyncSlots
		return 0, wsa.WSAEWOULDBLOCK
	}
	go func() {
		defer func() { <-asyncSlots }()
		defer cancel()
		found, err := findGuarded(ctx, find)
		r.finish(func() (int, error) {
			if err != nil {
				return 0, err
			}
			return result.store(found)
		})
	}()
	return task, nil
}

// findGuarded has a name space provider that panics fail this look-up only.
func findGuarded[T any](ctx context.Context, find func(context.Context) (*T, error)) (found *T, err error) {
	defer func() {
		if v := recover(); v != nil {
			slog.Error("winsock: a look-up failed", "panic", v, "stack", string(debug.Stack()))
			err = wsa.WSANO_RECOVERY
		}
	}()
	return find(ctx)
}

// finish stores the result and posts the message, unless the look-up was
// cancelled.
func (r *asyncRequest) finish(store func() (int, error)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.over {
		return
	}
	r.over = true
	if requireStartup() != nil {
		object.Close(r)
		return
	}
	size, err := store()
	finishedRequests.add(r.Handle())
	object.Close(r) // before the message, after which nothing is left
	r.post(WSAMakeAsyncReply(size, wsa.ErrnoOf(err)))
}

// post posts the message, as soon as there is room for it.
func (r *asyncRequest) post(lParam uintptr) {
	if message.Post(r.hwnd, r.msg, uintptr(r.Handle()), lParam) == wsa.ERROR_NOT_ENOUGH_QUOTA {
		message.WhenRoom(r.hwnd, r, func() { r.post(lParam) })
	}
}

// abandon ends the look-up without a result, and reports false if it is over.
func (r *asyncRequest) abandon() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.over {
		return false
	}
	r.over = true
	r.cancel()
	object.Close(r)
	return true
}

// cancelAsyncRequests cancels all look-ups.
func cancelAsyncRequests() {
	for _, o := range object.All() {
		if r, ok := o.(*asyncRequest); ok {
			r.abandon()
		}
		release(o)
	}
}

// finishedRequests remembers the handles of the last look-ups, to tell those
// that are over from those that never were.
var finishedRequests finished

type finished struct {
	mu      sync.Mutex // protects what follows
	handles [1024]HANDLE
	next    int
}

func (f *finished) add(h HANDLE) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.handles[f.next] = h
	f.next = (f.next + 1) % len(f.handles)
}

func (f *finished) has(h HANDLE) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return h != 0 && slices.Contains(f.handles[:], h)
}
