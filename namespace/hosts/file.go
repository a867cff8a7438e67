// SPDX-License-Identifier: Apache-2.0

package hosts

import (
	"crypto/sha256"
	"io"
	"os"
	"sync"
	"time"
)

// maxFile bounds what is read of a hosts file, in bytes. The longest lists
// of blocked sites have a tenth of it.
const maxFile = 64 << 20

// settled is how old a file must be for its time stamp to tell one change
// from the next: file systems stamp with the clock of the last timer tick.
const settled = 100 * time.Millisecond

// A file is a hosts file that is read again when it changes.
type file struct {
	path string

	mu      sync.Mutex // protects the rest; held while the file is read
	table   *table
	content [sha256.Size]byte // what table was read from
	stamp   stamp             // of the file that table was read from
}

// A stamp tells one content of a file from another. The zero stamp is that
// of no file and of a file that may still be changing.
type stamp struct {
	modified time.Time
	size     int64
	info     os.FileInfo // for os.SameFile: editors replace the file
}

// load returns the table of the file as it is now. A missing or unreadable
// file is an empty one, with the error for the log.
func (f *file) load() (*table, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	info, err := os.Stat(f.path)
	if err != nil {
		f.setLocked(nil, stamp{})
		return f.table, err
	}
	if f.table != nil && f.stamp.matches(info) {
		return f.table, nil
	}
	content, err := readFile(f.path)
	s := stamp{}
	if err == nil && time.Since(info.ModTime()) > settled {
		s = stamp{info.ModTime(), info.Size(), info}
	}
	f.setLocked(content, s)
	return f.table, err
}

// setLocked takes over what was read. The same content keeps its table, so
// that tables differ exactly when the file has changed.
func (f *file) setLocked(content []byte, s stamp) {
	f.stamp = s
	sum := sha256.Sum256(content)
	if f.table != nil && sum == f.content {
		return
	}
	f.table, f.content = parse(content), sum
}

func (s *stamp) matches(info os.FileInfo) bool {
	return s.info != nil && s.size == info.Size() && s.modified.Equal(info.ModTime()) && os.SameFile(s.info, info)
}

func readFile(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, maxFile))
}
