// SPDX-License-Identifier: Apache-2.0

package catalog

import (
	"context"
	"time"
)

// waitInterval is how often Wait looks for changes by other processes.
const waitInterval = 250 * time.Millisecond

// Wait waits until the catalog is another than since, whichever process
// changes it, and returns it. When ctx ends first, it returns its error.
func (s *Store) Wait(ctx context.Context, since *Snapshot) (*Snapshot, error) {
	tick := time.NewTicker(waitInterval)
	defer tick.Stop()
	for {
		if now := s.Refresh(); now.generation != since.generation {
			return now, nil
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-since.superseded:
		case <-tick.C:
		}
	}
}
