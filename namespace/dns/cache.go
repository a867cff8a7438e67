// SPDX-License-Identifier: Apache-2.0

package dns

import (
	"container/list"
	"sync"
	"time"

	"winsock/namespace/hostname"
)

// Bounds of what a TTL may ask for. Absences are believed for less time than
// presences: they are the ones that somebody is about to end.
const (
	maxTTL         = 24 * time.Hour
	maxNegativeTTL = 15 * time.Minute
)

// A cache keeps record sets while they are valid, and of too many those used
// last.
type cache struct {
	size int
	now  func() time.Time

	mu    sync.Mutex // protects the rest
	byKey map[cacheKey]*list.Element
	used  list.List // of *cacheEntry, the last used in front
}

// A cacheKey is a question.
type cacheKey struct {
	name   string // by hostname.Key
	rrtype uint16
}

func newKey(name string, rrtype uint16) cacheKey { return cacheKey{hostname.Key(name), rrtype} }

type cacheEntry struct {
	key     cacheKey
	set     *recordSet
	expires time.Time
}

func newCache(size int, now func() time.Time) *cache {
	return &cache{size: size, now: now, byKey: map[cacheKey]*list.Element{}}
}

func (c *cache) get(key cacheKey) *recordSet {
	c.mu.Lock()
	defer c.mu.Unlock()
	e := c.byKey[key]
	if e == nil {
		return nil
	}
	entry := e.Value.(*cacheEntry)
	if !c.now().Before(entry.expires) {
		c.removeLocked(e)
		return nil
	}
	c.used.MoveToFront(e)
	return entry.set
}

func (c *cache) put(key cacheKey, set *recordSet) {
	if set.ttl <= 0 || c.size <= 0 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if e := c.byKey[key]; e != nil {
		c.removeLocked(e)
	}
	c.byKey[key] = c.used.PushFront(&cacheEntry{key, set, c.now().Add(set.ttl)})
	if c.used.Len() > c.size {
		c.removeLocked(c.used.Back())
	}
}

func (c *cache) flush() {
	c.mu.Lock()
	defer c.mu.Unlock()
	clear(c.byKey)
	c.used.Init()
}

func (c *cache) removeLocked(e *list.Element) {
	delete(c.byKey, c.used.Remove(e).(*cacheEntry).key)
}
