// SPDX-License-Identifier: Apache-2.0

package job

import (
	"os"
	"strconv"
	"syscall"

	"winsock/internal/sys"
)

// inherited lists the descriptors beside the three standard ones that the
// process was started with and gives on.
func inherited() (list []int) {
	dir, err := os.Open("/proc/self/fd")
	if err != nil {
		return nil
	}
	defer dir.Close()
	names, _ := dir.Readdirnames(-1) // what could be read
	for _, name := range names {
		fd, err := strconv.Atoi(name)
		if err != nil || fd <= 2 {
			continue
		}
		if closes, e := sys.ClosesOnExec(fd); e == 0 && !closes {
			list = append(list, fd)
		}
	}
	return list
}

// letGo gives up descriptors: standard ones lead to nowhere from then on,
// others are closed.
func letGo(list ...int) {
	nowhere, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		return
	}
	defer nowhere.Close()
	for _, fd := range list {
		if fd <= 2 {
			syscall.Dup3(int(nowhere.Fd()), fd, 0)
		} else {
			sys.Close(fd)
		}
	}
}
