// SPDX-License-Identifier: Apache-2.0

// Package foreign reaches into other processes: their descriptors and their
// memory. The kernel allows it as it allows debugging them.
package foreign

import (
	"errors"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// pidfdThread is PIDFD_THREAD.
const pidfdThread = unix.O_EXCL

// noThreads is set once the kernel has shown that it knows no PIDFD_THREAD.
var noThreads atomic.Bool

// Open returns a descriptor for a thread's process, by which its descriptors
// are reached. Before Linux 6.9 it is for the process's first thread.
func Open(tid int) (pidfd int, e syscall.Errno) {
	if !noThreads.Load() {
		fd, err := unix.PidfdOpen(tid, pidfdThread)
		if err != unix.EINVAL {
			return fd, errno(err)
		}
		noThreads.Store(true)
	}
	tgid, e := Process(tid)
	if e != 0 {
		return -1, e
	}
	fd, err := unix.PidfdOpen(tgid, 0)
	return fd, errno(err)
}

// Process returns the process that a thread belongs to.
func Process(tid int) (pid int, e syscall.Errno) {
	if pid := statusField(tid, "Tgid:"); pid > 0 {
		return pid, 0
	}
	return 0, unix.ESRCH
}

// Parent returns the parent of a process, 0 if it has none or is gone.
func Parent(pid int) int { return max(statusField(pid, "PPid:"), 0) }

// statusField returns the first number of a line of a process's status, -1 if
// there is none.
func statusField(pid int, name string) int {
	status, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/status")
	if err != nil {
		return -1
	}
	return field(string(status), name)
}

// field returns the first number of a line of a status file.
func field(status, name string) int {
	_, rest, found := strings.Cut(status, "\n"+name)
	if !found {
		return -1
	}
	line, _, _ := strings.Cut(rest, "\n")
	words := strings.Fields(line)
	if len(words) == 0 {
		return -1
	}
	n, err := strconv.Atoi(words[0])
	if err != nil {
		return -1
	}
	return n
}

// Descriptor returns a descriptor, closed on exec, for the open file of a
// process's descriptor. ESRCH means that the process is gone, EPERM that it
// may not be reached.
func Descriptor(pidfd, fd int) (int, syscall.Errno) {
	n, _, e := syscall.RawSyscall(unix.SYS_PIDFD_GETFD, uintptr(pidfd), uintptr(fd), 0)
	return int(n), e
}

// Alive reports whether the process of a descriptor of [Open] runs.
func Alive(pidfd int) bool {
	p := []unix.PollFd{{Fd: int32(pidfd), Events: unix.POLLIN}}
	n, _ := unix.Poll(p, 0)
	return n == 0
}

// SocketName returns how a process's list of descriptors names the socket of
// one of our own, such as "socket:[1234]".
func SocketName(fd int) string {
	var info syscall.Stat_t
	if syscall.Fstat(fd, &info) != nil {
		return ""
	}
	return "socket:[" + strconv.FormatUint(info.Ino, 10) + "]"
}

// Has reports whether a thread's process has a descriptor for a file of that
// name. It says so, too, when the descriptors cannot be listed.
func Has(tid int, name string) bool {
	dir := "/proc/" + strconv.Itoa(tid) + "/fd"
	list, err := os.ReadDir(dir)
	if err != nil {
		return !errors.Is(err, os.ErrNotExist)
	}
	for _, entry := range list {
		if target, err := os.Readlink(dir + "/" + entry.Name()); err == nil && target == name {
			return true
		}
	}
	return false
}

// Proc opens the folder of a thread in /proc, to ask by it as long as the thread
// lives.
func Proc(tid int) (dir int, e syscall.Errno) {
	fd, err := unix.Open("/proc/"+strconv.Itoa(tid), unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	return fd, errno(err)
}

var exe = [...]byte{'e', 'x', 'e', 0}

// Executable puts the name of the file that the thread of a folder of [Proc]
// executes into p, and returns its length.
func Executable(dir int, p []byte) (int, syscall.Errno) {
	n, _, e := syscall.RawSyscall6(unix.SYS_READLINKAT, uintptr(dir), uintptr(unsafe.Pointer(&exe)),
		uintptr(unsafe.Pointer(unsafe.SliceData(p))), uintptr(len(p)), 0, 0)
	return int(n), e
}

// Owner returns the user that the thread of a folder of [Proc] runs as.
func Owner(dir int) (uid int, e syscall.Errno) {
	var info syscall.Stat_t
	if e := errno(syscall.Fstat(dir, &info)); e != 0 {
		return -1, e
	}
	return int(info.Uid), 0
}

// A Part is memory of a thread's process, and ours that it is copied to or from.
type Part struct {
	Addr  uint64
	Bytes []byte
}

// Read copies memory of the thread's process to the parts, one after the
// other, as much as there is, and returns how much that is. EFAULT means none.
func Read(tid int, parts ...Part) (int, syscall.Errno) {
	return transfer(unix.SYS_PROCESS_VM_READV, tid, parts)
}

// Write copies the parts to the memory of the thread's process as Read does
// from it.
func Write(tid int, parts ...Part) (int, syscall.Errno) {
	return transfer(unix.SYS_PROCESS_VM_WRITEV, tid, parts)
}

// A remoteIovec is an iovec whose address is one of another process.
type remoteIovec struct {
	base uint64
	len  uint64
}

// atOnce is how many parts are copied by one system call.
const atOnce = 8

func transfer(trap uintptr, tid int, parts []Part) (done int, e syscall.Errno) {
	for len(parts) > 0 {
		var local [atOnce]unix.Iovec
		var remote [atOnce]remoteIovec
		n, size := 0, 0
		for ; len(parts) > 0 && n < atOnce; parts = parts[1:] {
			if p := &parts[0]; len(p.Bytes) > 0 {
				local[n] = unix.Iovec{Base: unsafe.SliceData(p.Bytes), Len: uint64(len(p.Bytes))}
				remote[n] = remoteIovec{p.Addr, uint64(len(p.Bytes))}
				size += len(p.Bytes)
				n++
			}
		}
		if n == 0 {
			break
		}
		copied, _, e := syscall.RawSyscall6(trap, uintptr(tid), uintptr(unsafe.Pointer(&local)), uintptr(n),
			uintptr(unsafe.Pointer(&remote)), uintptr(n), 0)
		if e != 0 {
			if done > 0 {
				return done, 0
			}
			return 0, e
		}
		if done += int(copied); int(copied) < size {
			break
		}
	}
	return done, 0
}

func errno(err error) syscall.Errno {
	if err == nil {
		return 0
	}
	return err.(syscall.Errno)
}
