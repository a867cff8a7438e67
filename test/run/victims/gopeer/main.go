// SPDX-License-Identifier: Apache-2.0

// Command gopeer is a client and a server in Go, for the tests of winsock
// run. It collects garbage all the time, so that its threads get signals.
package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"runtime"
	"strconv"
	"strings"
)

func main() {
	go func() {
		for {
			runtime.GC()
		}
	}()
	var err error
	switch os.Args[1] {
	case "client":
		err = clients(os.Args[2], os.Args[3], os.Args[4])
	case "server":
		err = server(os.Args[2])
	case "lookup":
		err = lookup(os.Args[2])
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// clients connects from several goroutines, many times each.
func clients(address, goroutines, each string) error {
	g, _ := strconv.Atoi(goroutines)
	n, _ := strconv.Atoi(each)
	failed := make(chan error, g)
	for range g {
		go func() {
			var err error
			for i := 0; i < n && err == nil; i++ {
				err = client(address, 10*i)
			}
			failed <- err
		}()
	}
	for range g {
		if err := <-failed; err != nil {
			return err
		}
	}
	fmt.Println(g*n, "well")
	return nil
}

func client(address string, size int) error {
	c, err := net.Dial("tcp", address)
	if err != nil {
		return err
	}
	defer c.Close()
	if c.RemoteAddr().String() != address {
		return fmt.Errorf("the peer is %s", c.RemoteAddr())
	}
	r := bufio.NewReader(c)
	line, err := r.ReadString('\n')
	if err != nil {
		return err
	}
	if line != c.LocalAddr().String()+"\n" {
		return fmt.Errorf("the server sees %q, the name is %s", line, c.LocalAddr())
	}
	data := bytes.Repeat([]byte{'a', 'b'}, size/2)
	if _, err := c.Write(data); err != nil {
		return err
	}
	if err := c.(*net.TCPConn).CloseWrite(); err != nil {
		return err
	}
	got, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	if !bytes.Equal(got, data) {
		return fmt.Errorf("%d bytes came back of %d, or others", len(got), len(data))
	}
	return nil
}

func server(address string) error {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	if l.Addr().String() != address {
		return fmt.Errorf("the listener's name is %s", l.Addr())
	}
	for {
		c, err := l.Accept()
		if err != nil {
			return err
		}
		go func() {
			defer c.Close()
			fmt.Fprintln(c, c.RemoteAddr(), c.LocalAddr())
			io.Copy(struct{ io.Writer }{c}, struct{ io.Reader }{c})
		}()
	}
}

func lookup(name string) error {
	addrs, err := (&net.Resolver{PreferGo: true}).LookupHost(context.Background(), name)
	if err != nil {
		return err
	}
	fmt.Println(strings.Join(addrs, " "))
	return nil
}
