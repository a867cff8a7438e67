// SPDX-License-Identifier: Apache-2.0

package job

import (
	"bufio"
	"encoding/json"
	"os"
	"sync"
	"syscall"
)

// A message goes between the front and the supervisor.
type message struct {
	Kind  kind   `json:"kind"`
	Value int    `json:"value,omitempty"`
	Text  string `json:"text,omitempty"`
	Stop  int    `json:"stop,omitempty"`  // number of the program's stop, for stopped, and for pass the last that was told
	Alone bool   `json:"alone,omitempty"` // the supervisor ends too
	Plan  *Plan  `json:"plan,omitempty"`
}

type kind string

// Messages of the front.
const (
	begin        kind = "begin"        // Plan: start the program
	pass         kind = "pass"         // Value: give the program this signal
	acknowledged kind = "acknowledged" // the front runs, and knows that the program does
)

// Messages of the supervisor. Those from failed on are its last.
const (
	started   kind = "started"   // Value: the program's pid
	stopped   kind = "stopped"   // Value: by this signal
	continued kind = "continued" // the program runs again
	failed    kind = "failed"    // Value, Text: the exit code and why the program was not started
	exited    kind = "exited"    // Value: the exit code
	killed    kind = "killed"    // Value: the signal
)

// A wire carries messages both ways.
type wire struct {
	file *os.File
	in   *json.Decoder

	mu  sync.Mutex // protects out
	out *json.Encoder
}

func newWire(fd int) *wire {
	syscall.SetNonblock(fd, true) // so that a reader can be closed
	file := os.NewFile(uintptr(fd), "wire")
	return &wire{file: file, in: json.NewDecoder(bufio.NewReader(file)), out: json.NewEncoder(file)}
}

// send sends a message. If the other side has ended there is nobody to miss
// it, and receive tells.
func (w *wire) send(m message) {
	w.mu.Lock()
	defer w.mu.Unlock()
	_ = w.out.Encode(m)
}

// receive returns false when the other side has ended.
func (w *wire) receive() (m message, ok bool) {
	err := w.in.Decode(&m)
	return m, err == nil
}

func (w *wire) close() { w.file.Close() }

// told makes a message of a status that a child was waited for with.
func told(s syscall.WaitStatus) message {
	switch {
	case s.Exited():
		return message{Kind: exited, Value: s.ExitStatus()}
	case s.Signaled():
		return message{Kind: killed, Value: int(s.Signal())}
	case s.Stopped():
		return message{Kind: stopped, Value: int(s.StopSignal())}
	}
	return message{Kind: continued}
}
