// SPDX-License-Identifier: Apache-2.0

package dns

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"

	mdns "github.com/miekg/dns"

	"winsock/wsa"
)

func TestManyAskersOneQuestion(t *testing.T) {
	z := testZone(t)
	release := make(chan struct{})
	s := newServer(t, func(w mdns.ResponseWriter, ask *mdns.Msg) {
		<-release
		z.answer(w, ask)
	})
	r := NewResolver(patient(s.addr), nil)
	var group sync.WaitGroup
	for range 16 {
		group.Go(func() {
			if h, err := r.Host(t.Context(), "v4.example", true, false); show(h) != "v4.example: 192.0.2.1" || err != nil {
				t.Errorf("got %q, %v", show(h), err)
			}
		})
	}
	close(release)
	group.Wait()
	if n := len(s.questions()); n != 1 {
		t.Errorf("the server was asked %d times, want once", n)
	}
}

// Who asks on behalf of others and is cancelled does not take them with him.
func TestCancelledPilot(t *testing.T) {
	z := testZone(t)
	asked := make(chan struct{}, 8)
	var questions atomic.Int32
	s := newServer(t, func(w mdns.ResponseWriter, ask *mdns.Msg) {
		if questions.Add(1) > 1 {
			z.answer(w, ask)
		}
		asked <- struct{}{}
	})
	r := NewResolver(patient(s.addr), nil)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var group sync.WaitGroup
	group.Go(func() {
		if _, err := r.Host(ctx, "v4.example", true, false); err != wsa.WSA_E_CANCELLED {
			t.Errorf("the cancelled one: %v", err)
		}
	})
	<-asked
	group.Go(func() {
		if h, err := r.Host(t.Context(), "v4.example", true, false); show(h) != "v4.example: 192.0.2.1" || err != nil {
			t.Errorf("the other one: %q, %v", show(h), err)
		}
	})
	passenger, leave := context.WithCancel(t.Context())
	leave()
	if _, err := r.Host(passenger, "v4.example", true, false); err != wsa.WSA_E_CANCELLED {
		t.Errorf("a cancelled passenger: %v", err)
	}
	cancel()
	group.Wait()
}
