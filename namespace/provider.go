// SPDX-License-Identifier: Apache-2.0

package namespace

import (
	"context"
	"fmt"
	"os"
	"runtime/debug"
	"sync"

	"winsock/catalog"
	"winsock/spi"
	"winsock/wsa"
)

// A Provider is a started name space provider of the catalog. Its methods
// are the NSP functions; one that panics fails with WSANO_RECOVERY instead
// and leaves the program alone.
type Provider struct {
	manager *Manager
	key     key
	info    wsa.NamespaceInfo

	// Protected by manager.mu.
	uses int
	kept bool // the manager will use it again

	starting sync.Once
	failed   error            // why it did not start; set once
	started  spi.NameProvider // set once
}

// Info returns the catalog's description.
func (p *Provider) Info() wsa.NamespaceInfo { return p.info }

// Release ends a use.
func (p *Provider) Release() {
	p.manager.mu.Lock()
	p.uses--
	idle := p.uses == 0 && !p.kept
	p.manager.mu.Unlock()
	if idle {
		p.cleanup()
	}
}

func (p *Provider) start() error {
	p.starting.Do(func() { p.failed = p.startup() })
	return p.failed
}

func (p *Provider) startup() (err error) {
	defer p.guard("NSPStartup", &err)
	driver, options, err := load(p.key.path)
	if err != nil {
		return err
	}
	started, err := driver.Startup(&spi.NameStartupParams{
		ProviderID: p.info.ProviderID,
		Options:    options,
		Log:        p.manager.log().With("provider", p.info.Identifier),
	})
	if err != nil {
		return err
	}
	if started == nil {
		return fmt.Errorf("%s started without a provider: %w", spi.RedactPath(p.key.path), wsa.WSAEPROVIDERFAILEDINIT)
	}
	p.started = started
	return nil
}

func (p *Provider) cleanup() {
	if p.started == nil {
		return
	}
	var err error
	func() {
		defer p.guard("NSPCleanup", &err)
		err = p.started.Cleanup()
	}()
	if err != nil {
		p.manager.log().Warn("winsock: a name space provider does not clean up", "provider", p.info.Identifier, "err", err)
	}
}

// guard turns a panic of the provider into an error of the call.
func (p *Provider) guard(call string, err *error) {
	if v := recover(); v != nil {
		p.manager.log().Error("winsock: a name space provider failed", "call", call,
			"provider", p.info.Identifier, "panic", v, "stack", string(debug.Stack()))
		*err = wsa.WSANO_RECOVERY
	}
}

// LookupServiceBegin is NSPLookupServiceBegin.
func (p *Provider) LookupServiceBegin(ctx context.Context, q *wsa.QuerySet, class *wsa.ServiceClassInfo, flags uint32) (l *Lookup, err error) {
	defer p.guard("NSPLookupServiceBegin", &err)
	if q != nil && !p.mayAsk(q.ServiceInstanceName) {
		return nil, wsa.WSASERVICE_NOT_FOUND
	}
	under, err := p.started.LookupServiceBegin(ctx, q, class, flags)
	if err != nil {
		return nil, err
	}
	return &Lookup{p, under}, nil
}

// SetService is NSPSetService.
func (p *Provider) SetService(ctx context.Context, class *wsa.ServiceClassInfo, q *wsa.QuerySet, op int32, flags uint32) (err error) {
	defer p.guard("NSPSetService", &err)
	return p.started.SetService(ctx, class, q, op, flags)
}

// InstallServiceClass is NSPInstallServiceClass.
func (p *Provider) InstallServiceClass(class *wsa.ServiceClassInfo) (err error) {
	defer p.guard("NSPInstallServiceClass", &err)
	return p.started.InstallServiceClass(class)
}

// RemoveServiceClass is NSPRemoveServiceClass.
func (p *Provider) RemoveServiceClass(id wsa.GUID) (err error) {
	defer p.guard("NSPRemoveServiceClass", &err)
	return p.started.RemoveServiceClass(id)
}

// GetServiceClassInfo is NSPGetServiceClassInfo.
func (p *Provider) GetServiceClassInfo(id wsa.GUID) (class *wsa.ServiceClassInfo, err error) {
	defer p.guard("NSPGetServiceClassInfo", &err)
	return p.started.GetServiceClassInfo(id)
}

// A Lookup is a look-up of one provider.
type Lookup struct {
	provider *Provider
	under    spi.Lookup
}

// Next is NSPLookupServiceNext.
func (l *Lookup) Next(ctx context.Context, flags uint32) (set *wsa.QuerySet, err error) {
	defer l.provider.guard("NSPLookupServiceNext", &err)
	return l.under.Next(ctx, flags)
}

// End is NSPLookupServiceEnd.
func (l *Lookup) End() (err error) {
	defer l.provider.guard("NSPLookupServiceEnd", &err)
	return l.under.End()
}

// Ioctl is NSPIoctl, WSAEOPNOTSUPP for a provider that has none.
func (l *Lookup) Ioctl(code uint32, in, out []byte) (n int, err error) {
	defer l.provider.guard("NSPIoctl", &err)
	p, ok := l.provider.started.(spi.NameIoctler)
	if !ok {
		return 0, wsa.WSAEOPNOTSUPP
	}
	return p.NSPIoctl(l.under, code, in, out)
}

// load finds the provider of a path.
func load(path string) (*spi.NameDriver, spi.Options, error) {
	if !catalog.SharedObject(path) {
		return spi.ParseNamePath(path)
	}
	l := loader.Load()
	if l == nil {
		return nil, nil, fmt.Errorf("%s is a shared object, and this program cannot load those: %w", path, wsa.WSAEPROVIDERFAILEDINIT)
	}
	d, err := (*l)(os.ExpandEnv(path))
	if err != nil {
		return nil, nil, err
	}
	if d == nil || d.Startup == nil {
		return nil, nil, fmt.Errorf("%s exports no NSPStartup: %w", path, wsa.WSAEPROVIDERFAILEDINIT)
	}
	return d, spi.Options{}, nil
}
