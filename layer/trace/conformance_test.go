// SPDX-License-Identifier: Apache-2.0

package trace_test

import (
	"path/filepath"
	"testing"

	"winsock/layer/trace/internal/readback"
	"winsock/provider/kernel"
	"winsock/provider/mem"
	"winsock/spi"
	"winsock/spi/spitest"
	"winsock/wsa"
)

// A traced provider keeps every rule of the one below, with all that the
// layer can do switched on, off, and in part.
func TestConformance(t *testing.T) {
	d := spi.FindDriver("trace")
	for name, options := range map[string]spi.Options{
		"off":     {},
		"all":     {"log": "log", "capture": "out.pcapng", "data": "16", "format": "json", "append": "true"},
		"control": {"log": "log", "calls": "control"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			for _, key := range []string{"log", "capture"} {
				if options[key] != "" {
					options[key] = filepath.Join(dir, options[key])
				}
			}
			spitest.Run(t, func(t *testing.T) spitest.Network {
				return spitest.Base(t, mem.Startup, mem.Entries()).With(t, d.Startup, options)
			})
			if options["capture"] != "" {
				if n := readback.NewTshark(t, options["capture"]).CheckWhole(); n < 100 {
					t.Errorf("%d packets captured of the whole suite", n)
				}
			}
		})
	}
}

// A chain of two places that write to one log.
func TestConformanceOfTwoPlaces(t *testing.T) {
	d := spi.FindDriver("trace")
	log := filepath.Join(t.TempDir(), "log")
	spitest.Run(t, func(t *testing.T) spitest.Network {
		return spitest.Base(t, mem.Startup, mem.Entries()).
			With(t, d.Startup, spi.Options{"log": log, "tag": "below"}).
			With(t, d.Startup, spi.Options{"log": log, "tag": "above", "data": "8"})
	})
}

// The same over the kernel, whose AF_UNIX connections cannot be reset.
func TestConformanceOverTheKernel(t *testing.T) {
	d := spi.FindDriver("trace")
	dir := t.TempDir()
	options := spi.Options{"log": filepath.Join(dir, "log"), "capture": filepath.Join(dir, "out.pcapng")}
	spitest.Run(t, func(t *testing.T) spitest.Network {
		n := spitest.Base(t, kernel.Startup, kernel.Entries())
		n.NoReset = func(info *wsa.ProtocolInfo) bool { return info.AddressFamily == wsa.AF_UNIX }
		return n.With(t, d.Startup, options)
	})
}
