// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

// listenerName is the name under which the test binary is a program that
// says which signals it gets. SIGUSR2 ends it with exit code 7.
const listenerName = "listener"

func listenToSignals() {
	c := make(chan os.Signal, 1024)
	signal.Notify(c, syscall.SIGHUP, syscall.SIGINT, syscall.SIGQUIT, syscall.SIGUSR1, syscall.SIGUSR2, syscall.SIGTERM,
		syscall.SIGCONT, syscall.SIGWINCH, syscall.Signal(40))
	fmt.Printf("ready pid=%d supervisor=%d group=%d.\n", os.Getpid(), os.Getppid(), syscall.Getpgrp())
	for n := 1; ; n++ {
		s := (<-c).(syscall.Signal)
		fmt.Printf("%d: got %d.\n", n, s)
		if s == syscall.SIGUSR2 {
			os.Exit(7)
		}
	}
}
