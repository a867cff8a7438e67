// SPDX-License-Identifier: Apache-2.0

package throttle

import (
	"testing"

	"winsock/spi"
	"winsock/spi/spitest"
	"winsock/spi/spitest/bed"
	"winsock/spi/spitest/leak"
)

func TestMain(m *testing.M) { leak.Main(m) }

// TestConformance: a throttle keeps every rule of what is below it, whether it
// is hardly noticed or makes everybody wait all the time.
func TestConformance(t *testing.T) {
	for name, base := range bed.Networks {
		for what, options := range map[string]spi.Options{
			"high":   {"up": "100gbit", "down": "100gbit", "packets-up": "100000k", "packets-down": "100000k", "quota-up": "1000G"},
			"low":    {"up": "400mbit", "down": "500mbit", "burst": "64k"},
			"shared": {"up": "2gbit", "down": "3gbit", "burst": "96k", "scope": "run"},
		} {
			if testing.Short() && what == "shared" {
				continue
			}
			t.Run(what+" over "+name, func(t *testing.T) {
				spitest.Run(t, func(t *testing.T) spitest.Network { return base(t).With(t, driver.Startup, options) })
			})
		}
	}
	t.Run("twice", func(t *testing.T) {
		spitest.Run(t, func(t *testing.T) spitest.Network {
			o := spi.Options{"up": "2gbit", "down": "2gbit", "burst": "64k"}
			return bed.Kernel(t).With(t, driver.Startup, o).With(t, driver.Startup, o)
		})
	})
}
