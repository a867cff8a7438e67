// SPDX-License-Identifier: Apache-2.0

package leak

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"
)

// settle is how long goroutines and descriptors may take to go away after
// the last test.
const settle = 10 * time.Second

// Main runs the tests of m and ends the process. If they pass but leave
// goroutines or descriptors behind, it says which and makes them fail.
//
// Goroutines that have one of the strings of lasting in their stack belong to
// the process and may stay, as may those of the poller and of the standard
// library's services.
func Main(m *testing.M, lasting ...string) { os.Exit(Run(m, lasting...)) }

// Run is [Main] for who has more to do before the process ends. It returns
// the code to end it with.
func Run(m *testing.M, lasting ...string) (code int) {
	before := take(lasting)
	code = m.Run()
	if code == 0 {
		if report := before.await(); report != "" {
			fmt.Fprintf(os.Stderr, "FAIL: the tests leave behind:\n%s", report)
			code = 1
		}
	}
	return code
}

// Check makes the test fail if, at its end and after its other clean-ups
// registered later, more is there than now. It is not for tests that run in
// parallel with others.
func Check(t testing.TB, lasting ...string) {
	t.Helper()
	before := take(lasting)
	t.Cleanup(func() {
		if t.Failed() {
			return // what is left of a failed test is its own consequence
		}
		if report := before.await(); report != "" {
			t.Errorf("the test leaves behind:\n%s", report)
		}
	})
}

// A snapshot is what there is at one time.
type snapshot struct {
	lasting     []string
	goroutines  map[string]bool // by id
	descriptors map[string]int  // by what they lead to, how many
}

func take(lasting []string) *snapshot {
	s := &snapshot{lasting: lasting, goroutines: make(map[string]bool), descriptors: descriptors()}
	for _, g := range goroutines() {
		s.goroutines[g.id] = true
	}
	return s
}

// await returns "" as soon as nothing is there that was not before, and
// after the time to settle, what is.
func (s *snapshot) await() string {
	deadline := time.Now().Add(settle)
	for pause := time.Millisecond; ; pause = min(2*pause, 100*time.Millisecond) {
		report := s.compare()
		if report == "" || time.Now().After(deadline) {
			return report
		}
		if s.pipes() {
			runtime.GC() // package net keeps pipes for splice until then
		}
		time.Sleep(pause)
	}
}

// pipes reports whether there are more than before.
func (s *snapshot) pipes() bool { return descriptors()["pipe"] > s.descriptors["pipe"] }

func (s *snapshot) compare() string {
	var b strings.Builder
	for _, g := range goroutines() {
		if !s.goroutines[g.id] && !g.lasts(s.lasting) {
			fmt.Fprintf(&b, "%s\n\n", g.stack)
		}
	}
	for target, n := range descriptors() {
		if was := s.descriptors[target]; n > was {
			fmt.Fprintf(&b, "%d more of descriptor %s\n", n-was, target)
		}
	}
	return b.String()
}
