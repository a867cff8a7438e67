// SPDX-License-Identifier: Apache-2.0

package layer_test

import (
	"sync"
	"testing"
	"time"

	"winsock/spi/layer"
)

func TestEnding(t *testing.T) {
	var e layer.Ending
	if !e.Wait(0) {
		t.Error("something ends though nothing was added")
	}
	e.Add()
	if e.Wait(time.Millisecond) {
		t.Error("one ended that did not")
	}
	e.Done()
	if !e.Wait(time.Minute) {
		t.Error("what ended is waited for")
	}

	// Sockets come and go while others wait.
	e.Add()
	var waiting, closing sync.WaitGroup
	for range 4 {
		waiting.Go(func() {
			if !e.Wait(time.Minute) {
				t.Error("nobody was woken")
			}
		})
		closing.Go(func() {
			for range 100 {
				e.Add()
				e.Done()
			}
		})
	}
	closing.Wait()
	e.Done()
	waiting.Wait()
}
