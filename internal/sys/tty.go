// SPDX-License-Identifier: Apache-2.0

package sys

import (
	"syscall"
	"unsafe"
)

// Ioctl requests of terminals, for [Ioctl].
const (
	TIOCSPTLCK = 0x40045431 // locks (1) or unlocks (0) the terminal of a /dev/ptmx
	TIOCGPTN   = 0x80045430 // its number below /dev/pts
	TIOCGPGRP  = 0x540f     // returns the foreground process group
	TIOCSPGRP  = 0x5410     // sets it
)

// TerminalSize returns the size of a terminal in characters. A descriptor
// that is no terminal is ENOTTY.
func TerminalSize(fd int) (rows, columns int, e Errno) {
	var size [4]uint16
	_, _, e = syscall.RawSyscall(syscall.SYS_IOCTL, uintptr(fd), syscall.TIOCGWINSZ, uintptr(unsafe.Pointer(&size)))
	return int(size[0]), int(size[1]), e
}

// SetTerminalSize sets the size of a terminal.
func SetTerminalSize(fd, rows, columns int) Errno {
	size := [4]uint16{uint16(rows), uint16(columns)}
	_, _, e := syscall.RawSyscall(syscall.SYS_IOCTL, uintptr(fd), syscall.TIOCSWINSZ, uintptr(unsafe.Pointer(&size)))
	return e
}

// UnbufferKeys has a terminal give each key as it is pressed and not show it,
// and returns what undoes that. Keys that send signals still do.
func UnbufferKeys(fd int) (undo func(), e Errno) {
	var was syscall.Termios
	_, _, e = syscall.RawSyscall(syscall.SYS_IOCTL, uintptr(fd), syscall.TCGETS, uintptr(unsafe.Pointer(&was)))
	if e != 0 {
		return nil, e
	}
	is := was
	is.Lflag &^= syscall.ICANON | syscall.ECHO
	is.Cc[syscall.VMIN], is.Cc[syscall.VTIME] = 1, 0
	_, _, e = syscall.Syscall(syscall.SYS_IOCTL, uintptr(fd), syscall.TCSETS, uintptr(unsafe.Pointer(&is)))
	return func() {
		syscall.Syscall(syscall.SYS_IOCTL, uintptr(fd), syscall.TCSETS, uintptr(unsafe.Pointer(&was)))
	}, e
}
