// SPDX-License-Identifier: Apache-2.0

// Package runconfig reads the files that say what programs run under:
//
//	layers = ["trace:log=calls.log"]  # from the top down
//	rules  = "rules.txt"              # of the filter layer, which is above these layers
//	rule   = ["deny to 192.0.2.0/24"] # more rules
//	dns    = "auto"                   # or "on", "off"
//	deny-unknown = false
//	pass-opaque  = false
//	log     = "connections.log"
//	capture = "out.pcapng"
//
//	[env]                             # is set for the program
//	LANG = "C"
//
// A file may name several chains, of which one is used, below its own layers:
//
//	use = "both"
//
//	[chain.both]
//	layers = ["trace:log=calls.log", "trace:capture=calls.pcapng"]
//
// Relative names of files, those in options of layers too, are looked for
// beside the file itself.
package runconfig

import (
	"fmt"
	"os"
	"path/filepath"
)

// A File is what a file says. Names of files in it are absolute.
type File struct {
	Layers []string // from the top down, those of the chain that is used included
	Rules  string
	Rule   []string

	DNS         Choice
	DenyUnknown bool
	PassOpaque  bool

	Log     string
	Capture string

	Env    map[string]string
	Chains map[string][]string // all that are named
}

// Read reads a file. The error begins with its name, and with the line if
// one is to blame.
func Read(name string) (*File, error) {
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	absolute, err := filepath.Abs(name)
	if err != nil {
		return nil, err
	}
	f, err := Decode(data, filepath.Dir(absolute))
	if err != nil {
		return nil, fmt.Errorf("%s:%w", name, err)
	}
	return f, nil
}

// A Choice is on or off, or left to what else is asked for.
type Choice uint8

// The choices.
const (
	Auto Choice = iota
	On
	Off
)

var choices = [...]string{"auto", "on", "off"}

// Set makes c the choice of that name. With String and Type it is a flag of a
// command line.
func (c *Choice) Set(name string) error {
	for i, known := range choices {
		if name == known {
			*c = Choice(i)
			return nil
		}
	}
	return fmt.Errorf("%q is none of auto, on and off", name)
}

// String returns the name of the choice.
func (c Choice) String() string { return choices[c] }

// Type tells help texts which choices there are.
func (c Choice) Type() string { return "auto|on|off" }

// Or returns whether the choice is on, and def if it is left open.
func (c Choice) Or(def bool) bool {
	if c == Auto {
		return def
	}
	return c == On
}
