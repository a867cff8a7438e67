// SPDX-License-Identifier: Apache-2.0

// Package peer is what the measured servers in Go have in common: the
// command line that those in C have too, and how they tell their port.
package peer

import (
	"flag"
	"fmt"
	"os"
	"time"
)

// What a server does with a connection.
const (
	Echo   = "echo"   // sends back what it receives
	Sink   = "sink"   // receives and discards
	Source = "source" // sends without end
	Churn  = "churn"  // closes it at once
	UDP    = "udp"    // sends datagrams back; there are no connections
	File   = "file"   // sends a file and closes
)

// Options is the command line of a server.
type Options struct {
	Mode    string
	Buffer  int    // bytes per connection and call
	Workers int    // threads
	File    string // to send, for the mode of that name
}

// Parse reads the command line, and sees to it that the process ends if
// nobody ends it.
func Parse() Options {
	var o Options
	flag.StringVar(&o.Mode, "m", Echo, "what to do: echo, sink, source, churn, udp or file")
	flag.IntVar(&o.Buffer, "b", 4096, "bytes per connection and call")
	flag.IntVar(&o.Workers, "w", 1, "threads")
	flag.StringVar(&o.File, "f", "", "the file to send")
	seconds := flag.Int("t", 600, "seconds until the server ends by itself")
	flag.Parse()
	switch o.Mode {
	case Echo, Sink, Source, Churn, UDP, File:
	default:
		Die(fmt.Errorf("unknown mode %q", o.Mode))
	}
	if o.Buffer <= 0 || o.Workers <= 0 || (o.Mode == File) != (o.File != "") {
		flag.Usage()
		os.Exit(2)
	}
	time.AfterFunc(time.Duration(*seconds)*time.Second, func() { Die(fmt.Errorf("ended after %d s", *seconds)) })
	return o
}

// Announce tells whoever started the server its port.
func Announce(port int) {
	if _, err := fmt.Println(port); err != nil {
		Die(err)
	}
}

// Die ends the process with an error.
func Die(err error) {
	fmt.Fprintf(os.Stderr, "%s: %v\n", os.Args[0], err)
	os.Exit(1)
}

// Check ends the process if there is an error.
func Check(err error) {
	if err != nil {
		Die(err)
	}
}
