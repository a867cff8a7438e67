// SPDX-License-Identifier: Apache-2.0

package run

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"

	"winsock/internal/sys"
	"winsock/internal/sys/seccomp"
)

// launch starts cmd under a filter and returns its listener.
//
// The filter is put on one thread of this process, from which the program is
// started, so that the supervisor itself is free of it. The thread ends when
// the program has ended, not before: a program that has asked for a signal at
// its parent's death (PR_SET_PDEATHSIG) would get it at the thread's.
func launch(p *seccomp.Policy, cmd *exec.Cmd) (*seccomp.Listener, error) {
	program, err := p.Assemble()
	if err != nil {
		return nil, err
	}
	type result struct {
		listener *seccomp.Listener
		err      error
	}
	results := make(chan result)
	start := func() {
		// Not unlocked: the thread ends with the goroutine.
		listener, _, e := seccomp.Install(program)
		switch {
		case e == sys.EBUSY:
			results <- result{nil, ErrNested}
			return
		case e != 0:
			results <- result{nil, explain(e)}
			return
		}
		if err := cmd.Start(); err != nil {
			listener.Close()
			listener.Free()
			results <- result{nil, err}
			return
		}
		pid := cmd.Process.Pid
		results <- result{listener, nil}
		sys.AwaitChild(pid)
	}
	go onSideThread(start)
	r := <-results
	return r.listener, r.err
}

// onSideThread runs f on a thread that is not the process's first one, which
// would not end with its goroutine. f is called with the thread locked.
func onSideThread(f func()) {
	runtime.LockOSThread()
	if sys.Gettid() != os.Getpid() {
		f()
		return
	}
	// While this one holds the first thread, another goroutine gets a
	// different one.
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread()
		f()
	}()
	<-done
	runtime.UnlockOSThread()
}

// explain says in words why the filter could not be installed.
func explain(e sys.Errno) error {
	switch e {
	case sys.ENOSYS, sys.EINVAL:
		return fmt.Errorf("this kernel has no seccomp user notification, which Linux has from 5.0 on (%w)", e)
	case sys.EACCES, sys.EPERM:
		return fmt.Errorf("what this process runs in does not allow it seccomp filters (%w)", e)
	}
	return fmt.Errorf("the seccomp filter cannot be installed: %w", e)
}
