// SPDX-License-Identifier: Apache-2.0

package mem_test

import (
	"testing"
	"time"

	"winsock/provider/mem"
	"winsock/spi"
	"winsock/spi/spitest"
	"winsock/spi/spitest/leak"
	"winsock/wsa"
)

func TestMain(m *testing.M) { leak.Main(m) }

func TestConformance(t *testing.T) {
	spitest.Run(t, func(t *testing.T) spitest.Network {
		return spitest.Base(t, mem.Startup, mem.Entries())
	})
}

// connectTimeout is more than what hurry can add up to.
const connectTimeout = 24 * time.Hour

// A hurriedClock never lets anybody wait: all times but the connect time-out
// pass as soon as another goroutine runs, so that delayed traffic arrives from
// elsewhere, and later, but at once.
type hurriedClock struct{ *mem.FakeClock }

func (c hurriedClock) AfterFunc(d time.Duration, f func()) mem.Timer {
	t := c.FakeClock.AfterFunc(d, f)
	if d < time.Hour {
		go c.Advance(max(d, 0))
	}
	return t
}

// The suite's rules hold as well when everything takes time, and when streams
// have to repeat what was lost. The suite expects every datagram to arrive,
// so that only streams meet with loss.
func TestConformanceWithDelay(t *testing.T) {
	all := func(*wsa.ProtocolInfo) bool { return true }
	streams := func(info *wsa.ProtocolInfo) bool { return info.SocketType == wsa.SOCK_STREAM }
	for name, c := range map[string]struct {
		link mem.Link
		keep func(info *wsa.ProtocolInfo) bool
	}{
		"latency":   {mem.Link{Latency: 2 * time.Millisecond, Jitter: 3 * time.Millisecond}, all},
		"bandwidth": {mem.Link{Bandwidth: 1 << 20}, all},
		"loss":      {mem.Link{Latency: time.Millisecond, Jitter: time.Millisecond, Loss: 0.05}, streams},
	} {
		t.Run(name, func(t *testing.T) {
			spitest.Run(t, func(t *testing.T) spitest.Network {
				n := mem.NewNetwork(mem.Options{
					Clock: hurriedClock{mem.NewFakeClock(time.Unix(0, 0))},
					Link:  c.link,

					ConnectTimeout: connectTimeout,
				})
				p := n.Provider()
				return spitest.Network{
					Entries: mem.Entries(),
					Open: func(info *wsa.ProtocolInfo) (spi.Socket, error) {
						return p.Socket(&spi.Opening{Info: info})
					},
				}.Only(c.keep)
			})
		})
	}
}
