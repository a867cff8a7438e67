// SPDX-License-Identifier: Apache-2.0

package winsock

import (
	"runtime"
	"testing"
	"time"

	"winsock/wsa"
)

// thread makes a thread that is closed with the test.
func (b *asyncBed) thread() *Thread {
	b.Helper()
	t, err := NewThread()
	must(b, err)
	b.Cleanup(func() { t.Close() })
	return t
}

// onThread runs f on a thread of the operating system that is its own.
func onThread(t testing.TB, f func(thread *Thread)) {
	t.Helper()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		runtime.LockOSThread() // and never unlocked: the thread ends with f
		thread, err := CurrentThread()
		if err != nil {
			t.Error(err)
			return
		}
		defer thread.Close()
		f(thread)
	}()
	done(t, ended)
}

// ended waits until an operation has ended, without an alertable wait.
func (b *asyncBed) ended(ov *Overlapped) {
	b.Helper()
	for end := time.Now().Add(soon); !ov.Done(); time.Sleep(100 * time.Microsecond) {
		if time.Now().After(end) {
			b.Error("the operation does not end")
			return
		}
	}
}

// TestThreadRules checks the rules of completion routines.
func TestThreadRules(t *testing.T) { runAsyncRules(t, threadRules) }

var threadRules = []asyncRule{
	{"difference 124", "only in alertable waits", func(b *asyncBed) {
		c, s := b.connected()
		thread := b.thread()
		ran := 0
		ov := Overlapped{Event: b.event()}
		b.pendingRecv(s, make([]byte, 8), &ov, &Completion{Thread: thread, Routine: func(err wsa.Errno, n uint32, o *Overlapped, flags uint32) {
			if ran++; err != 0 || n != 4 || o != &ov || flags != 0 {
				b.Errorf("routine: %v, %d bytes, %p, flags %#x", err, n, o, flags)
			}
		}})
		b.send(c, "data")
		b.ended(&ov)
		var other Overlapped
		b.pendingRecv(c, make([]byte, 1), &other, nil)
		if ran != 0 || b.signalled(ov.Event) {
			b.Errorf("the routine ran %d times outside of an alertable wait, the event is %v", ran, b.signalled(ov.Event))
		}
		if !thread.SleepEx(0) || ran != 1 {
			b.Errorf("the routine ran %d times", ran)
		}
		if thread.SleepEx(0) || ran != 1 {
			b.Errorf("the routine ran %d times, in a second wait", ran)
		}
	}},
	{"difference 124: the thread of the operating system", "own thread", func(b *asyncBed) {
		c, s := b.connected()
		event := b.event()
		onThread(b, func(*Thread) {
			ran := 0
			routine := &Completion{Routine: func(err wsa.Errno, n uint32, _ *Overlapped, _ uint32) {
				if ran++; err != 0 || n != 4 {
					b.Errorf("routine: %v, %d bytes", err, n)
				}
			}}
			var ov Overlapped
			want := func(what string, got uint32, err error, result uint32, runs int) {
				b.Helper()
				if got != result || err != nil || ran != runs {
					b.Errorf("%s: %d, %v; the routine ran %d times, want %d and %d", what, got, err, ran, result, runs)
				}
			}
			begin := func() {
				if _, err := WSARecv(s, [][]byte{make([]byte, 4)}, nil, &ov, routine); err != wsa.WSA_IO_PENDING {
					b.Errorf("WSARecv: %v", name(err))
				}
				if _, err := Send(c, []byte("data"), 0); err != nil {
					b.Error(err)
				}
			}
			const ms = 10_000
			begin()
			got, err := SleepEx(ms, true)
			want("SleepEx", got, err, wsa.WSA_WAIT_IO_COMPLETION, 1)
			got, err = SleepEx(0, true)
			want("SleepEx with nothing to run", got, err, 0, 1)
			begin()
			got, err = WSAWaitForMultipleEvents([]HANDLE{event}, false, ms, true)
			want("an alertable wait", got, err, wsa.WSA_WAIT_IO_COMPLETION, 2)
			begin()
			b.ended(&ov)
			got, err = WSAWaitForMultipleEvents([]HANDLE{event}, false, 0, false)
			want("a wait that is not alertable", got, err, uint32(wsa.WSA_WAIT_TIMEOUT), 2)
			got, err = SleepEx(0, false)
			want("a sleep that is not alertable", got, err, 0, 2)
			WSASetEvent(event)
			got, err = WSAWaitForMultipleEvents([]HANDLE{event}, false, 0, true)
			want("an alertable wait for what is signalled", got, err, wsa.WSA_WAIT_EVENT_0, 2)
			WSAResetEvent(event)
			got, err = WSAWaitForMultipleEvents([]HANDLE{event}, false, 0, true)
			want("an alertable look", got, err, wsa.WSA_WAIT_IO_COMPLETION, 3)
		})
	}},
	{"difference 104", "select", func(b *asyncBed) {
		c, s := b.connected()
		idle, _ := b.connected()
		onThread(b, func(thread *Thread) {
			ran := 0
			thread.QueueUserAPC(func() { ran++ })
			if _, err := Send(c, []byte("data"), 0); err != nil {
				b.Error(err)
			}
			timeout := soon
			if n, err := Select(&FdSet{c}, &FdSet{c}, nil, &timeout); n != 1 || err != nil || ran != 0 {
				b.Errorf("select with a result: %d, %v, %d calls ran", n, err, ran)
			}
			timeout = 20 * time.Millisecond
			if n, err := Select(&FdSet{idle}, nil, nil, &timeout); n != 0 || err != nil || ran != 1 {
				b.Errorf("select that has to wait: %d, %v, %d calls ran", n, err, ran)
			}
			// What is queued while it waits runs too, and the wait goes on.
			var ov Overlapped
			_, err := WSARecv(idle, [][]byte{make([]byte, 4)}, nil, &ov, &Completion{Routine: func(wsa.Errno, uint32, *Overlapped, uint32) { ran++ }})
			wantErr(b, "WSARecv", err, wsa.WSA_IO_PENDING)
			go thread.QueueUserAPC(func() { ran++; CancelIoEx(idle, nil) })
			timeout = 50 * time.Millisecond
			for end := time.Now().Add(soon); ran < 3 && time.Now().Before(end); {
				if n, err := Select(&FdSet{idle}, nil, nil, &timeout); n != 0 || err != nil {
					b.Errorf("select that is alerted: %d, %v", n, err)
				}
			}
			if ran != 3 {
				b.Errorf("%d calls ran", ran)
			}
			_, _ = s, c
		})
	}},
	{"completion routine: one may begin the next operation", "nesting", func(b *asyncBed) {
		c, s := b.connected()
		thread := b.thread()
		var got []byte
		var ov Overlapped
		p := make([]byte, 1)
		ended := false
		var completion *Completion
		next := func() {
			if _, err := WSARecv(s, [][]byte{p}, nil, &ov, completion); err != nil && err != wsa.WSA_IO_PENDING {
				b.Error(err)
			}
		}
		completion = &Completion{Thread: thread, Routine: func(err wsa.Errno, n uint32, _ *Overlapped, _ uint32) {
			if err != 0 {
				b.Error(err)
			}
			if ended = n == 0; !ended {
				got = append(got, p[0])
				next()
			}
		}}
		next()
		b.send(c, "a row of bytes")
		must(b, Shutdown(c, wsa.SD_SEND))
		for end := time.Now().Add(soon); !ended && time.Now().Before(end); {
			thread.SleepEx(100)
		}
		if string(got) != "a row of bytes" {
			b.Errorf("received %q", got)
		}
	}},
	{"difference 130", "thread ends", func(b *asyncBed) {
		c, s, port := b.ported(1)
		other, _ := b.connected()
		thread := b.thread()
		var ov, tied Overlapped
		b.pendingRecv(other, make([]byte, 4), &ov, &Completion{Thread: thread, Routine: func(wsa.Errno, uint32, *Overlapped, uint32) {
			b.Error("a routine ran on a thread that has ended")
		}})
		b.pendingRecv(s, make([]byte, 4), &tied, nil)
		must(b, thread.Close())
		b.ended(&ov)
		b.result(other, &ov, 0, wsa.WSA_OPERATION_ABORTED)
		b.send(c, "data")
		b.packet(port, 4, 1, &tied, 0) // what is tied to a port goes on
		wantErr(b, "QueueUserAPC to it", thread.QueueUserAPC(func() {}), wsa.WSA_INVALID_HANDLE)
		if thread.SleepEx(0) {
			b.Error("it still runs something")
		}
	}},
	{"CancelIo function: the operations of the calling thread", "cancel own", func(b *asyncBed) {
		_, s := b.connected()
		thread := b.thread()
		aborted := 0
		routine := func(err wsa.Errno, _ uint32, _ *Overlapped, _ uint32) {
			if err != wsa.WSA_OPERATION_ABORTED {
				b.Errorf("routine: %v", err)
			}
			aborted++
		}
		var others, own, free Overlapped
		b.pendingRecv(s, make([]byte, 4), &others, &Completion{Thread: thread, Routine: routine})
		b.pendingRecv(s, make([]byte, 4), &free, nil)
		onThread(b, func(mine *Thread) {
			if _, err := WSARecv(s, [][]byte{make([]byte, 4)}, nil, &own, &Completion{Routine: routine}); err != wsa.WSA_IO_PENDING {
				b.Error(err)
			}
			if err := CancelIo(s); err != nil {
				b.Error(err)
			}
			if !own.Done() || !free.Done() || others.Done() {
				b.Errorf("ended: own %v, of no thread %v, of another %v", own.Done(), free.Done(), others.Done())
			}
			if !mine.SleepEx(0) || aborted != 1 {
				b.Errorf("%d routines ran", aborted)
			}
		})
		must(b, CancelIoEx(s, nil))
		if !thread.SleepEx(0) || aborted != 2 {
			b.Errorf("%d routines ran", aborted)
		}
	}},
}
