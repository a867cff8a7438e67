// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"fmt"
	"os"
	"strings"
	"time"
)

// A kind is a kind of server.
type kind struct {
	name, title string

	// start listens on the hosts and returns their ports. Each connection
	// gets a buffer and a receive.
	start func(hosts []string, buffer int, t *tally) (addresses []string, err error)
}

var kinds = []kind{
	{"winsock", "winsock, an overlapped receive each", startPort},
	{"gonet", "Go net, a goroutine each", startNet},
}

// A tally counts connections, and those that have received their byte.
type tally struct {
	connected, received chan struct{}
}

// beServer listens on the hosts, takes n connections, and answers the words
// of the process that has started it.
func beServer(k kind, n, buffer int, hosts []string) error {
	t := &tally{make(chan struct{}, 1024), make(chan struct{}, 1024)}
	addresses, err := k.start(hosts, buffer, t)
	if err != nil {
		return err
	}
	fmt.Println(strings.Join(addresses, " "))
	go func() {
		if got := await(t.connected, n); got < n {
			fmt.Fprintf(os.Stderr, "idle: %d of %d connections came\n", got, n)
			os.Exit(1)
		}
		fmt.Println("connected")
	}()
	words := bufio.NewScanner(os.Stdin)
	for words.Scan() {
		switch words.Text() {
		case collect:
			fmt.Print(liveMemory())
		case count:
			fmt.Println(await(t.received, n))
		}
	}
	return words.Err()
}

// await takes n tokens and returns how many came in time.
func await(tokens <-chan struct{}, n int) (got int) {
	late := time.After(patience)
	for ; got < n; got++ {
		select {
		case <-tokens:
		case <-late:
			return got
		}
	}
	return got
}
