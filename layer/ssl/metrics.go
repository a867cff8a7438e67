// SPDX-License-Identifier: Apache-2.0

package ssl

import (
	"crypto/tls"
	"maps"
	"strconv"
	"sync"

	"winsock/spi"
	"winsock/wsa"
)

var declared = []spi.Metric{
	{Name: "handshakes_total", Labels: []string{"side", "result", "version", "resumed"}, Help: "Handshakes that have ended, by the result (ok or the code), and of those that went well the version and whether a session was resumed."},
}

// A handshake is what is told apart of handshakes.
type handshake struct {
	server  bool
	result  wsa.Errno // 0: it went well
	version uint16
	resumed bool
}

// handshakes counts those of a provider. The zero value is ready for use.
type handshakes struct {
	mu     sync.Mutex // protects counts
	counts map[handshake]uint64
}

// ended counts a handshake; of one that failed, the session may be missing.
func (h *handshakes) ended(server bool, s session, err error) {
	key := handshake{server: server, result: wsa.ErrnoOf(err)}
	if t, ok := s.(*tlsSession); ok && err == nil {
		state := t.ConnectionState()
		key.version, key.resumed = state.Version, state.DidResume
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.counts == nil {
		h.counts = make(map[handshake]uint64)
	}
	h.counts[key]++
}

// Collect tells the handshakes.
func (p *provider) Collect(tell func(metric string, value float64, labels ...string)) {
	p.handshakes.mu.Lock()
	counts := maps.Clone(p.handshakes.counts)
	p.handshakes.mu.Unlock()
	for key, n := range counts {
		side, result, version, resumed := "client", "ok", "", ""
		if key.server {
			side = "server"
		}
		if key.result != 0 {
			result = key.result.Name()
		} else {
			version, resumed = tls.VersionName(key.version), strconv.FormatBool(key.resumed)
		}
		tell("handshakes_total", float64(n), side, result, version, resumed)
	}
}
