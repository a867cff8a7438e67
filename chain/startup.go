// SPDX-License-Identifier: Apache-2.0

package chain

import (
	"log/slog"
	"runtime/debug"
	"strings"

	"winsock/catalog"
	"winsock/spi"
	"winsock/wsa"
)

// version is what providers are offered: MAKEWORD(2, 2).
const version = 0x0202

// startLink is WSPStartup of one provider, which the chain wants as its base
// provider or as a layer.
func (c *Chain) startLink(place int, base bool, e *catalog.Entry) (link, error) {
	l := link{entry: e, name: providerName(e.Path)}
	log := c.log(l.name)
	driver, options, err := load(e.Path)
	if err != nil {
		log.Warn("winsock: provider cannot be loaded", "path", spi.RedactPath(e.Path), "error", err)
		return l, wsa.WSAEPROVIDERFAILEDINIT
	}
	if driver.Base() != base && !catalog.SharedObject(e.Path) {
		log.Warn("winsock: provider is at the wrong place of the chain", "place", place)
		return l, wsa.WSAEPROVIDERFAILEDINIT
	}
	params := &spi.StartupParams{Version: version, Info: c.info, Place: place, Options: options, Log: log}
	l.provider, err = startup(driver, params)
	if err == nil && l.provider == nil {
		err = wsa.WSAEINVALIDPROCTABLE
	}
	if err != nil {
		log.Warn("winsock: provider failed to start", "path", spi.RedactPath(e.Path), "error", err)
		switch code := wsa.ErrnoOf(err); code {
		case wsa.WSAVERNOTSUPPORTED, wsa.WSAEINVALIDPROCTABLE:
			return l, code.Err()
		}
		return l, wsa.WSAEPROVIDERFAILEDINIT
	}
	return l, nil
}

// startup calls the provider's Startup and survives it.
func startup(d *spi.Driver, p *spi.StartupParams) (provider spi.Provider, err error) {
	defer func() {
		if v := recover(); v != nil {
			p.Log.Error("winsock: provider panicked in Startup", "panic", v, "stack", string(debug.Stack()))
			provider, err = nil, wsa.WSAEPROVIDERFAILEDINIT
		}
	}()
	return d.Startup(p)
}

// end calls the provider's Cleanup and survives it.
func (c *Chain) end(l link) {
	log := c.log(l.name)
	defer func() {
		if v := recover(); v != nil {
			log.Error("winsock: provider panicked in Cleanup", "panic", v, "stack", string(debug.Stack()))
		}
	}()
	if err := l.provider.Cleanup(); err != nil {
		log.Warn("winsock: provider failed to clean up", "error", err)
	}
}

func (c *Chain) log(provider string) *slog.Logger {
	return c.manager.log().With("provider", provider, "entry", c.info.CatalogEntryID)
}

// providerName is the part of a path before the options: the options may
// hold what does not belong in a log.
func providerName(path string) string {
	name, _, _ := strings.Cut(path, ":")
	return name
}
