// SPDX-License-Identifier: Apache-2.0

package trace

import (
	"io"
	"log/slog"
	"os"
	"sync"
)

// A sink is a log file, shared by all layers of the process that name it.
type sink struct {
	name string
	log  *slog.Logger

	mu     sync.Mutex // protects what follows, and keeps lines whole
	out    io.Writer
	file   io.Closer // nil for standard error
	failed bool      // a failure was reported
}

var sinks shared[*sink]

// openLog returns the sink of that name, "-" and "stderr" being standard
// error.
func openLog(name string, keep bool, log *slog.Logger) (*sink, error) {
	if name == "-" || name == "stderr" {
		return sinks.open("-", func() (*sink, error) {
			return &sink{name: "-", log: log, out: os.Stderr}, nil
		})
	}
	name = canonical(name)
	return sinks.open(name, func() (*sink, error) {
		// A log that other processes write to is shared with them: lines
		// are whole, as each is one write to a file opened for appending.
		f, _, err := openFile(name, keep, true)
		if err != nil {
			return nil, err
		}
		return &sink{name: name, log: log, out: f, file: f}, nil
	})
}

// write writes one line. A failure is reported once and forgotten, so that a
// log continues when its disk has room again.
func (s *sink) write(line []byte) {
	s.mu.Lock()
	_, err := s.out.Write(line)
	first := err != nil && !s.failed
	s.failed = s.failed || first
	s.mu.Unlock()
	if first {
		s.log.Error("the log cannot be written; lines are missing", "file", s.name, "error", err)
	}
}

func (s *sink) release() {
	sinks.release(s.name, func() {
		if s.file != nil {
			_ = s.file.Close() // every line is written already
		}
	})
}
