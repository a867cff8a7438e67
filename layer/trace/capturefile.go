// SPDX-License-Identifier: Apache-2.0

package trace

import (
	"io"
	"log/slog"

	"winsock/layer/trace/capture"
)

// A captureFile is a pcapng file, shared by all layers of the process that
// name it.
type captureFile struct {
	name   string // as asked for
	file   io.Closer
	writer *capture.Writer
}

var captures shared[*captureFile]

func openCapture(name string, keep bool, log *slog.Logger) (*captureFile, error) {
	name = canonical(name)
	return captures.open(name, func() (*captureFile, error) {
		f, owner, err := openFile(name, keep, false)
		if err == nil && !owner {
			f.Close()
			f, _, err = openFile(ownName(name), keep, false)
		}
		if err != nil {
			return nil, err
		}
		w := capture.NewWriter(f, "winsock trace", self.String(), func(err error) {
			log.Error("the capture cannot be written; it ends here", "file", f.Name(), "error", err)
		})
		return &captureFile{name: name, file: f, writer: w}, nil
	})
}

func (c *captureFile) release() {
	captures.release(c.name, func() {
		c.writer.Close()
		_ = c.file.Close() // a failed write was reported
	})
}
