// SPDX-License-Identifier: Apache-2.0

package layer

import (
	"log/slog"
	"runtime/debug"
	"sync/atomic"
)

// Go runs f in a goroutine. A panic of f does not end the program: it is
// logged with its stack, under the name of what the goroutine was doing, and
// failed is called (unless it is nil), which should abort the socket that f
// served. log may be nil for the default logger.
func Go(log *slog.Logger, doing string, failed func(), f func()) {
	j := job{log, doing, failed, f}
	select {
	case jobs <- j:
	default:
		go routineJobs(j)
	}
}

// A job is a call of Go.
type job struct {
	log    *slog.Logger
	doing  string
	failed func()
	f      func()
}

// maxResting is how many goroutines may wait for a job.
const maxResting = 16

var (
	jobs    = make(chan job) // to goroutines that wait for one
	resting atomic.Int32     // how many do
)

// routineJobs runs a job, and then others. A new goroutine for each would
// begin with a small stack, and growing that time and again takes about as
// long as all else that a connection needs of the runtime.
func routineJobs(j job) {
	for ok := true; ok; {
		Guard(j.log, j.doing, j.failed, j.f)
		j = job{} // what it served can go
		j, ok = rest()
	}
}

// rest waits for a job, unless there are enough who do. The tests for leaks
// know a goroutine that waits here by the function's name.
func rest() (j job, ok bool) {
	if resting.Add(1) > maxResting {
		resting.Add(-1)
		return job{}, false
	}
	j = <-jobs
	resting.Add(-1)
	return j, true
}

// Guard runs f as [Go] does, on the goroutine of the caller: that of a timer,
// on which nobody else would catch a panic.
func Guard(log *slog.Logger, doing string, failed func(), f func()) {
	defer func() {
		if v := recover(); v != nil {
			logPanic(log, doing, v)
			if failed != nil {
				failed()
			}
		}
	}()
	f()
}

func logPanic(log *slog.Logger, doing string, v any) {
	if log == nil {
		log = slog.Default()
	}
	log.Error("layer panicked", "doing", doing, "panic", v, "stack", string(debug.Stack()))
}
