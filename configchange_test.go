// SPDX-License-Identifier: Apache-2.0

package winsock

import (
	"testing"
	"time"

	"winsock/spi/spitest/leak"
	"winsock/wsa"
)

// A configBed is a notification handle on a catalog of the test's own.
type configBed struct {
	*asyncBed
	h HANDLE
}

func newConfigBed(t *testing.T) *configBed {
	leak.Check(t)
	ownCatalog(t)
	started(t)
	b := &configBed{asyncBed: &asyncBed{bed: &bed{T: t}}}
	must(t, WSAProviderConfigChange(&b.h, nil, nil))
	t.Cleanup(func() { CloseHandle(b.h) })
	return b
}

// change changes the catalog.
func (b *configBed) change() {
	b.Helper()
	must(b, WSCInstallProvider(wsa.NewGUID(), catalogLayer, []wsa.ProtocolInfo{{Name: wsa.NewGUID().String()}}))
}

func (b *configBed) pends(ov *Overlapped, c *Completion) {
	b.Helper()
	wantErr(b, "the call", WSAProviderConfigChange(&b.h, ov, c), wsa.WSA_IO_PENDING)
	if ov.Done() {
		b.Error("the call has ended at once")
	}
}

// ends waits for the end of a call by its structure.
func (b *configBed) ends(ov *Overlapped, want wsa.NTStatus) {
	b.Helper()
	b.ended(ov)
	if got := wsa.NTStatus(ov.Internal); got != want || ov.InternalHigh != 0 {
		b.Errorf("the call has ended with %#x and %d bytes, want %#x", uint32(got), ov.InternalHigh, uint32(want))
	}
}

// TestConfigChangeEvent: an overlapped call ends with the next change, and
// signals its event.
func TestConfigChangeEvent(t *testing.T) {
	b := newConfigBed(t)
	b.change() // before the calls
	ov := [2]Overlapped{{Event: b.event()}, {Event: b.event()}}
	for range 2 {
		for i := range ov {
			b.pends(&ov[i], nil)
		}
		wantErr(t, "a structure that is in use", WSAProviderConfigChange(&b.h, &ov[0], nil), wsa.WSA_INVALID_PARAMETER)
		if b.signalled(ov[0].Event) {
			t.Error("the event is signalled while the call pends")
		}
		b.change()
		for i := range ov {
			b.await(ov[i].Event)
			b.ends(&ov[i], wsa.STATUS_SUCCESS)
		}
	}
}

// TestConfigChangeHandle: without an event, the handle itself is signalled.
func TestConfigChangeHandle(t *testing.T) {
	b := newConfigBed(t)
	var ov Overlapped
	b.pends(&ov, nil)
	if b.signalled(b.h) {
		t.Error("the handle is signalled while the call pends")
	}
	b.change()
	b.await(b.h)
	b.ends(&ov, wsa.STATUS_SUCCESS)
}

func TestConfigChangePort(t *testing.T) {
	b := newConfigBed(t)
	port := b.port()
	_, err := CreateIoCompletionPort(b.h, port, 8, 0)
	must(t, err)
	_, err = CreateIoCompletionPort(b.h, port, 8, 0)
	wantErr(t, "a second association", err, wsa.WSA_INVALID_PARAMETER)
	var ov, other Overlapped
	wantErr(t, "a completion routine", WSAProviderConfigChange(&b.h, &ov,
		&Completion{Routine: func(wsa.Errno, uint32, *Overlapped, uint32) {}}), wsa.WSAEINVAL)
	b.pends(&ov, nil)
	b.change()
	b.packet(port, 0, 8, &ov, 0)
	b.pends(&ov, nil)
	b.pends(&other, nil)
	must(t, CancelIoEx(SOCKET(b.h), &other))
	b.packet(port, 0, 8, &other, wsa.WSA_OPERATION_ABORTED)
	wantErr(t, "once more", CancelIoEx(SOCKET(b.h), &other), wsa.ERROR_NOT_FOUND)
	must(t, CloseHandle(b.h))
	b.packet(port, 0, 8, &ov, wsa.WSA_OPERATION_ABORTED)
	b.noPacket(port)
	wantErr(t, "after CloseHandle", WSAProviderConfigChange(&b.h, &ov, nil), wsa.WSA_INVALID_HANDLE)
}

func TestConfigChangeRoutine(t *testing.T) {
	b := newConfigBed(t)
	thread := b.thread()
	var ran []wsa.Errno
	c := &Completion{Thread: thread, Routine: func(err wsa.Errno, _ uint32, _ *Overlapped, _ uint32) { ran = append(ran, err) }}
	var ov Overlapped
	wantErr(t, "no routine", WSAProviderConfigChange(&b.h, &ov, &Completion{Thread: thread}), wsa.WSAEINVAL)
	b.pends(&ov, c)
	b.change()
	b.ended(&ov)
	if len(ran) != 0 || !thread.SleepEx(0) || len(ran) != 1 || ran[0] != 0 {
		t.Errorf("the routine was called with %v", ran)
	}
	b.pends(&ov, c)
	must(t, CloseHandle(b.h))
	if !thread.SleepEx(uint32(soon.Milliseconds())) || len(ran) != 2 || ran[1] != wsa.WSA_OPERATION_ABORTED {
		t.Errorf("after CloseHandle, the routine was called with %v", ran)
	}
}

// TestConfigChangeCleanup: WSACleanup ends what pends, and the handle stays.
func TestConfigChangeCleanup(t *testing.T) {
	leak.Check(t)
	ownCatalog(t)
	_, err := WSAStartup(Version22)
	must(t, err)
	var h HANDLE
	must(t, WSAProviderConfigChange(&h, nil, nil))
	defer CloseHandle(h)
	var ov Overlapped
	wantErr(t, "the call", WSAProviderConfigChange(&h, &ov, nil), wsa.WSA_IO_PENDING)
	told := make(chan error)
	go func() { told <- WSAProviderConfigChange(&h, nil, nil) }()
	n, err := useNotification(h)
	must(t, err)
	defer n.Release()
	for waits := false; !waits; time.Sleep(100 * time.Microsecond) {
		n.owner.mu.Lock()
		waits = n.calls.first() != n.calls.last
		n.owner.mu.Unlock()
	}
	must(t, WSACleanup())
	wantErr(t, "a call that waits", done(t, told), wsa.WSAEINTR)
	if status := wsa.NTStatus(ov.Internal); status != wsa.STATUS_CANCELLED {
		t.Errorf("the overlapped call has ended with %#x", uint32(status))
	}
	wantErr(t, "after WSACleanup", WSAProviderConfigChange(&h, nil, nil), wsa.WSANOTINITIALISED)
}
