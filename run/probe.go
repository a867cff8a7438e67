// SPDX-License-Identifier: Apache-2.0

package run

import (
	"errors"
	"fmt"
	"os"

	"winsock/internal/sys"
	"winsock/internal/sys/foreign"
	"winsock/internal/sys/seccomp"
)

// Probe reports in one sentence what this kernel, or what the process runs
// in, lacks for a supervisor. It returns nil if nothing is missing.
func Probe() error {
	results := make(chan error)
	go onSideThread(func() {
		program, err := (&seccomp.Policy{Foreign: seccomp.ForeignNetwork}).Assemble()
		if err == nil {
			listener, _, e := seccomp.Install(program)
			switch e {
			case 0:
				listener.Close()
				listener.Free()
			case sys.EBUSY:
				err = ErrNested
			default:
				err = explain(e)
			}
		}
		results <- err
	})
	if err := <-results; err != nil {
		return err
	}
	pidfd, e := foreign.Open(os.Getpid())
	if e != 0 {
		return fmt.Errorf("this kernel has no process descriptors, which Linux has from 5.3 on (%w)", e)
	}
	defer sys.Close(pidfd)
	fd, e := foreign.Descriptor(pidfd, pidfd)
	switch e {
	case 0:
		sys.Close(fd)
	case sys.ENOSYS:
		return errors.New("this kernel cannot hand over descriptors of other processes, which Linux can from 5.6 on")
	default:
		return fmt.Errorf("what this process runs in does not let it have descriptors of other processes (%w)", e)
	}
	return nil
}
