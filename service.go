// SPDX-License-Identifier: Apache-2.0

package winsock

import (
	"context"
	"slices"
	"sync"

	"winsock/namespace"
	"winsock/spi"
	"winsock/wsa"
)

// nameProviders keeps the name space providers that the process has started.
var nameProviders namespace.Manager

// A ServiceLookup is a look-up that [WSALookupServiceBegin] began: what C
// programs have as a handle.
type ServiceLookup struct {
	ctx    context.Context // done when the look-up has ended
	cancel context.CancelFunc

	mu      sync.Mutex // protects the rest; held while a provider answers
	parts   []lookupPart
	found   bool  // an answer has been given
	failure error // the gravest, while none has
}

// A lookupPart is the share of one provider in a look-up.
type lookupPart struct {
	provider *namespace.Provider
	lookup   *namespace.Lookup
}

func (p *lookupPart) end() {
	_ = p.lookup.End() // it is gone whatever End returns
	p.provider.Release()
}

// WSALookupServiceBegin begins a look-up in the name spaces that the query
// set admits: NameSpace and NSProviderID choose the providers, Protocols the
// families, ServiceClassID what is asked, ServiceInstanceName of whom
// ("WSALookupServiceBegin function"). flags are LUP_ constants. The answers
// come from [WSALookupServiceNext], and [WSALookupServiceEnd] must be called.
//
// Errors: WSANOTINITIALISED, WSAEFAULT for a nil query set, WSAEINVAL for
// one that makes no sense to the provider asked, WSASERVICE_NOT_FOUND when no
// active provider knows the class. A layer that makes faults may answer any error
// of [WSALookupServiceNext].
func WSALookupServiceBegin(q *wsa.QuerySet, flags uint32) (*ServiceLookup, error) {
	if err := requireStartup(); err != nil {
		return nil, err
	}
	if q == nil {
		return nil, wsa.WSAEFAULT
	}
	l, err := beginLookup(context.Background(), q, flags)
	if err == wsa.WSAHOST_NOT_FOUND {
		err = wsa.WSASERVICE_NOT_FOUND // as in WSALookupServiceNext
	}
	return l, err
}

// beginLookup begins a look-up that also ends when ctx does.
func beginLookup(ctx context.Context, q *wsa.QuerySet, flags uint32) (*ServiceLookup, error) {
	l := &ServiceLookup{}
	l.ctx, l.cancel = context.WithCancel(ctx)
	// A look-up at one provider is a part of another one, and one in the hosts
	// file alone cannot fail as the network does.
	if q.NSProviderID == nil && q.NameSpace != wsa.NS_TCPIP_HOSTS {
		if err := spi.AskNameFaults(ctx, q.ServiceInstanceName); err != nil {
			l.cancel()
			return nil, err
		}
	}
	class := findServiceClass(q.ServiceClassID)
	var failure error = wsa.WSASERVICE_NOT_FOUND
	for _, p := range nameProviders.Active(theCatalog.Snapshot(), q.NameSpace, q.NSProviderID) {
		part, err := p.LookupServiceBegin(l.ctx, q, class, flags)
		if err != nil {
			failure = graver(failure, err)
			p.Release()
			continue
		}
		l.parts = append(l.parts, lookupPart{p, part})
	}
	if len(l.parts) == 0 {
		l.cancel()
		return nil, failure
	}
	return l, nil
}

// WSALookupServiceNext returns the next answer, of the first provider until
// it has no more, then of the second, and so on ("WSALookupServiceNext
// function"). flags may be LUP_FLUSHPREVIOUS.
//
// Errors: WSANOTINITIALISED; WSA_INVALID_HANDLE after the look-up's end;
// WSA_E_CANCELLED when WSALookupServiceEnd was called meanwhile;
// WSA_E_NO_MORE after the last answer. When there was none at all:
// WSASERVICE_NOT_FOUND when no provider has the name, WSANO_DATA when one
// has it but nothing of the kind asked for, WSATRY_AGAIN and WSANO_RECOVERY
// when one could not find out.
func WSALookupServiceNext(l *ServiceLookup, flags uint32) (*wsa.QuerySet, error) {
	if err := requireStartup(); err != nil {
		return nil, err
	}
	if l == nil || l.ctx.Err() != nil {
		return nil, wsa.WSA_INVALID_HANDLE
	}
	set, err := l.next(flags)
	if err == wsa.WSAHOST_NOT_FOUND {
		err = wsa.WSASERVICE_NOT_FOUND // hosts are only one kind of service
	}
	return set, err
}

func (l *ServiceLookup) next(flags uint32) (*wsa.QuerySet, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for len(l.parts) > 0 {
		set, err := l.parts[0].lookup.Next(l.ctx, flags)
		switch {
		case err == nil:
			l.found = true
			return set, nil
		case l.ctx.Err() != nil, err == wsa.WSA_E_CANCELLED:
			return nil, wsa.WSA_E_CANCELLED
		case err == wsa.WSAEFAULT:
			return nil, err // the answer is too large for the caller, and stays
		}
		if err != wsa.WSA_E_NO_MORE && err != wsa.WSAENOMORE {
			l.failure = graver(l.failure, err)
		}
		l.parts[0].end()
		l.parts = l.parts[1:]
	}
	if !l.found && l.failure != nil {
		return nil, l.failure
	}
	return nil, wsa.WSA_E_NO_MORE
}

// first returns all answers of the first provider that has any.
func (l *ServiceLookup) first() ([]*wsa.QuerySet, error) {
	set, err := l.next(0)
	if err != nil {
		return nil, err
	}
	l.mu.Lock()
	if len(l.parts) > 1 {
		for i := range l.parts[1:] {
			l.parts[1+i].end()
		}
		l.parts = l.parts[:1]
	}
	l.mu.Unlock()
	sets := []*wsa.QuerySet{set}
	for {
		set, err := l.next(0)
		switch err {
		case nil:
			sets = append(sets, set)
		case wsa.WSA_E_CANCELLED:
			return nil, err
		default:
			return sets, nil
		}
	}
}

// WSALookupServiceEnd ends a look-up, and a call of [WSALookupServiceNext]
// that waits in it ("WSALookupServiceEnd function").
//
// Errors: WSANOTINITIALISED, WSA_INVALID_HANDLE for a look-up that has ended
// already.
func WSALookupServiceEnd(l *ServiceLookup) error {
	if err := requireStartup(); err != nil {
		return err
	}
	if l == nil || l.ctx.Err() != nil {
		return wsa.WSA_INVALID_HANDLE
	}
	l.end()
	return nil
}

func (l *ServiceLookup) end() {
	l.cancel()
	l.mu.Lock()
	defer l.mu.Unlock()
	for i := range l.parts {
		l.parts[i].end()
	}
	l.parts = nil
}

// WSANSPIoctl passes an ioctl to the provider whose answers the look-up is
// at, or the first one before there are any ("WSANSPIoctl function"), and
// returns how many bytes of out it wrote. It never waits: whoever passes
// SIO_NSP_NOTIFY_CHANGE asks whether the answers still hold, and does again
// later.
//
// Errors: WSANOTINITIALISED; WSA_INVALID_HANDLE; WSAEOPNOTSUPP when the
// provider has no such ioctl; WSAEWOULDBLOCK while there is no change to
// tell of, or another call of the look-up is waiting; and the provider's own.
func WSANSPIoctl(l *ServiceLookup, code uint32, in, out []byte) (int, error) {
	if err := requireStartup(); err != nil {
		return 0, err
	}
	if l == nil || l.ctx.Err() != nil {
		return 0, wsa.WSA_INVALID_HANDLE
	}
	if !l.mu.TryLock() {
		return 0, wsa.WSAEWOULDBLOCK // a WSALookupServiceNext is waiting in the provider
	}
	defer l.mu.Unlock()
	if len(l.parts) == 0 {
		return 0, wsa.WSAEOPNOTSUPP
	}
	return l.parts[0].lookup.Ioctl(code, in, out)
}

// WSASetService registers a service in the name spaces that the query set
// admits, or removes it ("WSASetService function"). op is an RNRSERVICE_
// constant. It is enough that one provider does so.
//
// Errors: WSANOTINITIALISED; WSAEFAULT for a nil query set; WSAEINVAL for an
// unknown op, or without a class or a name; WSASERVICE_NOT_FOUND when no
// provider is active; else the providers': WSAEACCES from the hosts file,
// which belongs to the administrator, WSAEOPNOTSUPP from the DNS.
func WSASetService(q *wsa.QuerySet, op int32, flags uint32) error {
	if err := requireStartup(); err != nil {
		return err
	}
	switch {
	case q == nil:
		return wsa.WSAEFAULT
	case op < wsa.RNRSERVICE_REGISTER || op > wsa.RNRSERVICE_DELETE, q.ServiceClassID.IsZero(), q.ServiceInstanceName == "":
		return wsa.WSAEINVAL
	}
	return setService(context.Background(), q, op, flags)
}

func setService(ctx context.Context, q *wsa.QuerySet, op int32, flags uint32) error {
	class := findServiceClass(q.ServiceClassID)
	var failure error = wsa.WSASERVICE_NOT_FOUND
	done := false
	for _, p := range nameProviders.Active(theCatalog.Snapshot(), q.NameSpace, q.NSProviderID) {
		err := p.SetService(ctx, class, q, op, flags)
		p.Release()
		if err == nil {
			done = true
			continue
		}
		failure = graver(failure, err)
	}
	if done {
		return nil
	}
	return failure
}

// SetAddrInfoEx registers a host and its addresses in the name spaces that
// are chosen, or, without addresses, removes it ("SetAddrInfoExW function").
// What the provider makes of service, which may be empty, of blob and of
// flags is its own affair; it finds them in QueryString, Blob and the flags
// of its SetService, for the class SVCID_HOSTNAME.
//
// Errors: WSANOTINITIALISED, WSAEINVAL for an empty name or an address of
// another family than IPv4 and IPv6, and those of [WSASetService].
func SetAddrInfoEx(ctx context.Context, name, service string, addrs []wsa.Sockaddr, blob []byte, flags, nameSpace uint32, provider *wsa.GUID) error {
	if err := requireStartup(); err != nil {
		return err
	}
	if name == "" {
		return wsa.WSAEINVAL
	}
	q := &wsa.QuerySet{
		ServiceInstanceName: name,
		ServiceClassID:      wsa.SVCID_HOSTNAME,
		NameSpace:           nameSpace,
		NSProviderID:        provider,
		QueryString:         service,
		Blob:                blob,
	}
	for i := range addrs {
		if _, ok := addrs[i].AddrPort(); !ok {
			return wsa.WSAEINVAL
		}
		q.Addrs = append(q.Addrs, wsa.CSAddrInfo{LocalAddr: addrs[i]})
	}
	op := int32(wsa.RNRSERVICE_REGISTER)
	if len(addrs) == 0 {
		op = wsa.RNRSERVICE_DEREGISTER
	}
	return setService(ctx, q, op, flags)
}

// gravity orders what several providers answer, the least telling first: an
// answer that may change on the next call outweighs one that will not.
var gravity = []error{
	nil,
	wsa.WSASERVICE_NOT_FOUND,
	wsa.WSAEOPNOTSUPP,
	wsa.WSAEINVAL,
	wsa.WSAHOST_NOT_FOUND,
	wsa.WSANO_DATA,
	wsa.WSAEACCES,
	wsa.WSANO_RECOVERY,
	wsa.WSATRY_AGAIN,
}

// graver returns the error that says more. One that is not on the list says
// most.
func graver(a, b error) error {
	weigh := func(err error) int {
		if i := slices.Index(gravity, err); i >= 0 {
			return i
		}
		return len(gravity)
	}
	if weigh(b) > weigh(a) {
		return b
	}
	return a
}
