// SPDX-License-Identifier: Apache-2.0

package ssl

import (
	"crypto/tls"
	"encoding/binary"
	"sync"
	"time"

	"winsock/wsa"
)

// cacheEntries is how many sessions with servers are remembered.
const cacheEntries = 512

// A targetCache remembers sessions by the peer's address as well as by its
// name, and for a time.
type targetCache struct {
	cache   *sessionCache
	target  string
	timeout time.Duration // 0: as long as the server says
}

func (c *targetCache) Get(name string) (*tls.ClientSessionState, bool) {
	return c.cache.get(c.target+" "+name, c.timeout)
}

func (c *targetCache) Put(name string, state *tls.ClientSessionState) {
	c.cache.put(c.target+" "+name, state)
}

// A sessionCache is that of a provider.
type sessionCache struct {
	lru tls.ClientSessionCache

	mu    sync.Mutex // protects since
	since map[string]time.Time
}

func newSessionCache() *sessionCache {
	return &sessionCache{lru: tls.NewLRUClientSessionCache(cacheEntries), since: make(map[string]time.Time)}
}

func (c *sessionCache) get(key string, timeout time.Duration) (*tls.ClientSessionState, bool) {
	state, ok := c.lru.Get(key)
	if !ok || timeout == 0 {
		return state, ok
	}
	c.mu.Lock()
	since, known := c.since[key]
	c.mu.Unlock()
	if known && time.Since(since) > timeout {
		return nil, false
	}
	return state, ok
}

func (c *sessionCache) put(key string, state *tls.ClientSessionState) {
	c.mu.Lock()
	if len(c.since) >= 4*cacheEntries {
		clear(c.since) // bounded; those forgotten last as long as the server says
	}
	if state == nil {
		delete(c.since, key)
	} else {
		c.since[key] = time.Now()
	}
	c.mu.Unlock()
	c.lru.Put(key, state)
}

// cacheFor gives a client the sessions with its peer. One whose certificate
// the program chooses has none: they would be resumed by whoever comes next.
func (s *socket) cacheFor(c *tls.Config, set *settings, peer *wsa.Sockaddr) {
	o := set.client
	if s.sessions == nil || set.request.f != nil || o != nil && o.CacheEntries == 0 {
		return
	}
	cache := &targetCache{cache: s.sessions, target: peer.String()}
	if o != nil {
		cache.timeout = time.Duration(o.CacheTimeout) * time.Second
	}
	c.ClientSessionCache = cache
}

// limitTickets applies what the program says about the sessions that a server
// gives out: none, or how long they may be resumed.
func limitTickets(c *tls.Config, o *wsa.SSLSessionOpts) {
	if o.CacheEntries == 0 {
		c.SessionTicketsDisabled = true
		return
	}
	if o.CacheTimeout == 0 {
		return
	}
	limit := time.Duration(o.CacheTimeout) * time.Second
	c.WrapSession = func(state tls.ConnectionState, session *tls.SessionState) ([]byte, error) {
		session.Extra = append(session.Extra, binary.LittleEndian.AppendUint64(nil, uint64(time.Now().Unix())))
		return c.EncryptTicket(state, session)
	}
	c.UnwrapSession = func(ticket []byte, state tls.ConnectionState) (*tls.SessionState, error) {
		session, err := c.DecryptTicket(ticket, state)
		if session == nil || err != nil {
			return nil, err
		}
		n := len(session.Extra) - 1
		if n < 0 || len(session.Extra[n]) != 8 {
			return nil, nil
		}
		made := time.Unix(int64(binary.LittleEndian.Uint64(session.Extra[n])), 0)
		if age := time.Since(made); age > limit || age < -time.Second {
			return nil, nil
		}
		session.Extra = session.Extra[:n]
		return session, nil
	}
}
