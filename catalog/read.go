// SPDX-License-Identifier: Apache-2.0

package catalog

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"regexp"
	"strconv"

	"winsock/internal/bounded"
)

// maxFile is how large a catalog file may be, in bytes.
const maxFile = 16 << 20

// A sighting is what was found at a place, to tell later whether it is still
// that. Catalogs are replaced and not rewritten, so that another one is
// another file.
type sighting struct {
	file string
	info fs.FileInfo // nil if it could not be opened
	data []byte      // what was read of a file that could not be understood
}

// current reports whether nothing has changed since.
func (g *sighting) current(file string) bool {
	if file != g.file {
		return false
	}
	if file == "" {
		return true
	}
	info, err := os.Stat(file)
	if err != nil || g.info == nil {
		return err != nil && g.info == nil
	}
	return os.SameFile(info, g.info) && info.Size() == g.info.Size() && info.ModTime().Equal(g.info.ModTime()) &&
		info.Mode() == g.info.Mode()
}

// read reads a catalog file. Without one, the draft is empty. The draft is
// nil if err is not.
func read(file string) (*draft, sighting, error) {
	seen := sighting{file: file}
	if file == "" {
		return &draft{nextID: FirstID}, seen, nil
	}
	f, err := os.Open(file)
	if errors.Is(err, fs.ErrNotExist) {
		return &draft{nextID: FirstID}, seen, nil // removed just now
	}
	if err != nil {
		seen.info, _ = os.Stat(file)
		return nil, seen, err
	}
	defer f.Close()
	if seen.info, err = f.Stat(); err != nil {
		return nil, seen, err
	}
	data, err := bounded.Read(f, maxFile)
	if err == bounded.ErrTooLong {
		err = fmt.Errorf("the file is larger than %d bytes", maxFile)
	}
	if err != nil {
		return nil, seen, err
	}
	d, err := decode(data)
	if err != nil {
		seen.data = data
		return nil, seen, err
	}
	d.source = file
	return d, seen, nil
}

// surviveLocked returns what to go on with when the file cannot be
// understood: the catalog there was, or else nothing, to which the defaults
// will be added. Ids that can be made out in the file are not given out
// again.
func (s *Store) surviveLocked(file string, data []byte, err error) *draft {
	d := &draft{nextID: FirstID}
	goesOn := "the defaults are in force"
	if old := s.current.Load(); old != nil {
		d = old.draft()
		goesOn = "the previous catalog remains in force"
	}
	p := Problem{File: file, Text: fmt.Sprintf("the catalog cannot be read: %v; %s", err, goesOn)}
	var f *fault
	if errors.As(err, &f) {
		p.Line = f.line
		p.Text = fmt.Sprintf("the catalog cannot be read: %s; %s", f.text, goesOn)
	}
	s.log().Error("winsock: " + p.String())
	d.problems = append(d.problems, p)
	d.nextID = max(d.nextID, idAfter(data))
	s.damage = file
	s.seen.data = nil
	return d
}

var idPattern = regexp.MustCompile(`(?m)^\s*(?:next_)?id\s*=\s*(\d{1,9})\b`)

// idAfter returns an id that is higher than all in a damaged file.
func idAfter(data []byte) uint32 {
	next := uint32(FirstID)
	for _, m := range idPattern.FindAllSubmatch(data, -1) {
		if id, err := strconv.ParseUint(string(m[1]), 10, 31); err == nil && id < maxID {
			next = max(next, uint32(id)+1)
		}
	}
	return next
}
