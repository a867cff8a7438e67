// SPDX-License-Identifier: Apache-2.0

package layer

import (
	"log/slog"
	"runtime/debug"
)

// Go runs f in a goroutine. A panic of f does not end the program: it is
// logged with its stack, under the name of what the goroutine was doing, and
// failed is called (unless it is nil), which should abort the socket that f
// served. log may be nil for the default logger.
func Go(log *slog.Logger, doing string, failed func(), f func()) {
	go func() {
		defer func() {
			if v := recover(); v != nil {
				logPanic(log, doing, v)
				if failed != nil {
					failed()
				}
			}
		}()
		f()
	}()
}

func logPanic(log *slog.Logger, doing string, v any) {
	if log == nil {
		log = slog.Default()
	}
	log.Error("layer panicked", "doing", doing, "panic", v, "stack", string(debug.Stack()))
}
