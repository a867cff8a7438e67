// SPDX-License-Identifier: Apache-2.0

package catalog

import (
	"fmt"
	"io"
	"slices"

	"winsock/internal/bounded"
)

// Export writes the catalog in the form of its file.
func (s *Snapshot) Export(w io.Writer) error {
	_, err := w.Write(encode(s.draft()))
	return err
}

// Import replaces the catalog by one that [Snapshot.Export] wrote. Entries
// keep the ids they have there. Errors wrap WSAEINVAL for what cannot be
// understood, with the line; WSANO_RECOVERY and WSAEINPROGRESS as for
// [Store.Install].
func (s *Store) Import(r io.Reader) error {
	data, err := bounded.Read(r, maxFile)
	switch {
	case err == bounded.ErrTooLong:
		return invalid("the catalog is larger than %d bytes", maxFile)
	case err != nil:
		return err
	}
	next, err := decode(data)
	if err != nil {
		return fmt.Errorf("the catalog to import: %w", err)
	}
	return s.change(func(d *draft) error {
		next.serial, next.nextID = d.serial, max(d.nextID, next.nextID)
		s.defaults().merge(next)
		*d = *next
		return nil
	})
}

// Reset brings the catalog back to the defaults: all that was installed, set
// or rearranged is gone. The defaults keep the ids they had, and no id is
// used again. Errors wrap WSANO_RECOVERY and WSAEINPROGRESS as for
// [Store.Install].
func (s *Store) Reset() error {
	return s.change(func(d *draft) error {
		def := s.defaults()
		clean := &draft{serial: d.serial, nextID: d.nextID}
		for _, e := range def.entries {
			fresh := *e
			i := slices.IndexFunc(d.entries, func(x *Entry) bool { return x.Kind() == Base && x.key() == e.key() })
			if i >= 0 {
				fresh.setID(d.entries[i].ID())
			} else {
				fresh.setID(clean.newID())
			}
			clean.entries = append(clean.entries, &fresh)
		}
		def.merge(clean)
		*d = *clean
		return nil
	})
}
