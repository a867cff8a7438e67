// SPDX-License-Identifier: Apache-2.0

package leak

import (
	"os"
	"strings"
	"testing"
)

func TestMain(m *testing.M) { Main(m) }

func TestGoroutineIsFound(t *testing.T) {
	before := take(nil)
	end, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		leftBehind(end)
	}()
	if report := before.compare(); !strings.Contains(report, "TestGoroutineIsFound") {
		t.Errorf("a goroutine left behind is not reported: %q", report)
	}
	lasting := &snapshot{lasting: []string{"TestGoroutineIsFound"}, goroutines: before.goroutines, descriptors: before.descriptors}
	if report := lasting.compare(); report != "" {
		t.Errorf("a goroutine that may last is reported: %s", report)
	}
	close(end)
	<-ended
	if report := before.await(); report != "" {
		t.Errorf("a goroutine that has ended is reported: %s", report)
	}
}

func leftBehind(end chan struct{}) { <-end }

func TestDescriptorIsFound(t *testing.T) {
	before := take(nil)
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	if report := before.compare(); !strings.Contains(report, "2 more of descriptor pipe") {
		t.Errorf("the descriptors of a pipe are not reported: %q", report)
	}
	r.Close()
	w.Close()
	if report := before.await(); report != "" {
		t.Errorf("closed descriptors are reported: %s", report)
	}
}

func FuzzParse(f *testing.F) {
	f.Add("goroutine 1 [running]:\nmain.main()\n\ngoroutine 7 [select]:\nx.y()\n")
	f.Add("\n\n\n")
	f.Fuzz(func(t *testing.T, text string) {
		for _, g := range parse(text) {
			if !strings.HasPrefix(g.stack, "goroutine "+g.id) {
				t.Errorf("id %q is not of the stack %q", g.id, g.stack)
			}
		}
	})
}
