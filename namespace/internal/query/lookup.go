// SPDX-License-Identifier: Apache-2.0

package query

import (
	"context"
	"sync"

	"winsock/spi"
	"winsock/wsa"
)

// lookup is a look-up whose results are all found at once, when the first of
// them is asked for.
type lookup struct {
	resolve func(context.Context) ([]*wsa.QuerySet, error)
	ended   context.Context // done when End has been called
	end     context.CancelFunc

	mu       sync.Mutex // protects the rest; held while resolve runs
	resolved bool
	results  []*wsa.QuerySet
	err      error // what Next answers when the results are used up
}

// NewLookup returns a look-up with the results of resolve, which is called
// once, by the first Next, and gives up when its context is done.
func NewLookup(resolve func(context.Context) ([]*wsa.QuerySet, error)) spi.Lookup {
	l := &lookup{resolve: resolve}
	l.ended, l.end = context.WithCancel(context.Background())
	return l
}

// Next is NSPLookupServiceNext. LUP_FLUSHPREVIOUS needs no doing here: a
// result counts as fetched when it has been returned.
func (l *lookup) Next(ctx context.Context, flags uint32) (*wsa.QuerySet, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(l.ended, cancel)()

	l.mu.Lock()
	defer l.mu.Unlock()
	if ctx.Err() != nil || l.ended.Err() != nil {
		return nil, wsa.WSA_E_CANCELLED
	}
	if !l.resolved {
		results, err := l.resolve(ctx)
		if err == wsa.WSA_E_CANCELLED {
			return nil, err // the next call may have more time
		}
		l.resolved, l.results, l.err = true, results, err
		if err == nil {
			l.err = wsa.WSA_E_NO_MORE
		}
	}
	if len(l.results) == 0 {
		return nil, l.err
	}
	set := l.results[0]
	l.results = l.results[1:]
	return set, nil
}

// End is NSPLookupServiceEnd. It ends a Next that is under way.
func (l *lookup) End() error {
	l.end()
	return nil
}
