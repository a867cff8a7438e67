// SPDX-License-Identifier: Apache-2.0

package trace

import (
	"strconv"
	"strings"
	"sync"
	"time"

	"winsock/wsa"
)

// A waitKind is something that is tried again and again until it is done.
type waitKind uint8

const (
	waitAccept waitKind = iota
	waitSend
	waitSendOOB
	waitRecv
	waitRecvOOB
	waitLinger
	waitKinds
)

var waitNames = [waitKinds]string{"WSPAccept", "WSPSend", "WSPSend of MSG_OOB", "WSPRecv", "WSPRecv of MSG_OOB", "Linger"}

// waits makes one event of the calls that a wait consists of.
type waits struct {
	mu      sync.Mutex // protects what follows
	under   [waitKinds]wait
	connect wait
}

type wait struct {
	since time.Time
	tries int // calls that were answered with WSAEWOULDBLOCK
}

// An outcome is how a call is shown.
type outcome struct {
	show  bool
	tries int
	took  time.Duration
}

// settle takes the result of a call that began at start and says how to show
// it: of a wait the first call and the last.
func (w *waits) settle(kind waitKind, start, end time.Time, err error) outcome {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.under[kind].settle(start, end, err)
}

func (w *wait) settle(start, end time.Time, err error) outcome {
	if err == wsa.WSAEWOULDBLOCK {
		w.tries++
		if w.tries == 1 {
			w.since = start
		}
		return outcome{w.tries == 1, 1, end.Sub(start)}
	}
	if w.tries > 0 {
		start = w.since
	}
	o := outcome{true, w.tries + 1, end.Sub(start)}
	*w = wait{}
	return o
}

// connecting takes the result of Connect: a wait begins that results end.
func (w *waits) connecting(start, end time.Time, err error) {
	if err != nil && err != wsa.WSAEWOULDBLOCK {
		return // an earlier attempt, if there is one, goes on
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.connect = wait{}
	w.connect.settle(start, end, err)
}

// connected is settle for ConnectResult. Only the first answer after a
// Connect that had to wait is news.
func (w *waits) connected(start, end time.Time, err error) outcome {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.connect.tries == 0 {
		return outcome{}
	}
	return w.connect.settle(start, end, err)
}

// pending lists the waits that have not ended, "" for none.
func (w *waits) pending() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	var list []string
	add := func(name string, tries int) {
		switch {
		case tries == 1:
			list = append(list, name+" after 1 try")
		case tries > 1:
			list = append(list, name+" after "+strconv.Itoa(tries)+" tries")
		}
	}
	add("WSPConnect", w.connect.tries)
	for kind, u := range w.under {
		add(waitNames[kind], u.tries)
	}
	return strings.Join(list, ", ")
}
