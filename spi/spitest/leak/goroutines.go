// SPDX-License-Identifier: Apache-2.0

package leak

import (
	"runtime"
	"strings"
)

// services are goroutines of the process that no test can end.
var services = []string{
	"testing.Main(", "testing.(*M).", "testing.tRunner(", "testing.(*T).Run(", "testing.runFuzzing", "testing.runTests(",
	"os/signal.", "runtime/trace.", "runtime.ReadTrace", "runtime.ensureSigM",
	"winsock/internal/poller.",
	"winsock/spi/layer.rest(", // waits for the next job of layer.Go
}

type goroutine struct{ id, stack string }

// goroutines returns all goroutines but the caller's.
func goroutines() []goroutine {
	buf := make([]byte, 64<<10)
	for {
		n := runtime.Stack(buf, true)
		if n < len(buf) {
			return parse(string(buf[:n]))
		}
		buf = make([]byte, 2*len(buf))
	}
}

// parse splits the text of runtime.Stack. The first goroutine in it is the
// caller's.
func parse(text string) []goroutine {
	var list []goroutine
	for i, stack := range strings.Split(strings.TrimSpace(text), "\n\n") {
		head, _, _ := strings.Cut(stack, " [")
		id, found := strings.CutPrefix(head, "goroutine ")
		if i > 0 && found {
			list = append(list, goroutine{id, stack})
		}
	}
	return list
}

// lasts reports whether the goroutine may outlive the tests.
func (g *goroutine) lasts(also []string) bool {
	for _, names := range [2][]string{services, also} {
		for _, name := range names {
			if strings.Contains(g.stack, name) {
				return true
			}
		}
	}
	return false
}
