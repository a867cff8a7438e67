// SPDX-License-Identifier: Apache-2.0

package dns

import (
	"bytes"
	"context"
	"testing"
	"time"

	mdns "github.com/miekg/dns"

	"winsock/spi"
	"winsock/wsa"
)

// message returns a query with everything in it that Exchange must keep.
func message(t *testing.T, name string, rrtype uint16) []byte {
	t.Helper()
	m := new(mdns.Msg).SetQuestion(name, rrtype)
	m.Id = 0x1234
	m.CheckingDisabled, m.AuthenticatedData = true, true
	m.SetEdns0(4096, true)
	m.IsEdns0().Option = append(m.IsEdns0().Option, &mdns.EDNS0_COOKIE{Code: mdns.EDNS0COOKIE, Cookie: "0011223344556677"})
	packed, err := m.Pack()
	if err != nil {
		t.Fatal(err)
	}
	return packed
}

func unpack(t *testing.T, message []byte) *mdns.Msg {
	t.Helper()
	m := new(mdns.Msg)
	if err := m.Unpack(message); err != nil {
		t.Fatal(err)
	}
	return m
}

func TestExchangePassesMessagesUnchanged(t *testing.T) {
	z := testZone(t)
	asked := make(chan *mdns.Msg, 1)
	s := newServer(t, func(w mdns.ResponseWriter, ask *mdns.Msg) {
		asked <- ask.Copy()
		z.answer(w, ask)
	})
	r := NewResolver(patient(s.addr), nil)
	query := message(t, "tExt.example.", mdns.TypeTXT)
	before := bytes.Clone(query)
	raw, err := r.Exchange(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(query, before) {
		t.Error("the caller's message was changed")
	}
	got := <-asked
	if o := got.IsEdns0(); !got.CheckingDisabled || !got.AuthenticatedData || o == nil || !o.Do() || o.UDPSize() != 4096 || len(o.Option) != 1 {
		t.Errorf("the server was asked\n%v", got)
	}
	got.Id = 0x1234
	if packed, err := got.Pack(); err != nil || !bytes.Equal(packed, before) {
		t.Errorf("the server was asked %x, want %x but for the id (%v)", packed, before, err)
	}
	answer := unpack(t, raw)
	if answer.Id != 0x1234 || answer.Question[0].Name != "tExt.example." || len(answer.Answer) != 1 || answer.Answer[0].Header().Ttl != 60 {
		t.Errorf("the answer is\n%v", answer)
	}
}

func TestExchangeVerdicts(t *testing.T) {
	good := newServer(t, testZone(t).answer)
	failing := newServer(t, rcode(mdns.RcodeServerFailure))
	refusing := newServer(t, rcode(mdns.RcodeRefused))
	for _, c := range []struct {
		name    string
		servers []string
		host    string
		rcode   int
		err     error
	}{
		{"an absence is an answer", []string{good.addr}, "nosuch.example.", mdns.RcodeNameError, nil},
		{"the next server has a better answer", []string{failing.addr, refusing.addr, good.addr}, "text.example.", mdns.RcodeSuccess, nil},
		{"a failure that a server tells of", []string{failing.addr}, "text.example.", mdns.RcodeServerFailure, nil},
		{"a refusal", []string{refusing.addr, refusing.addr}, "text.example.", mdns.RcodeRefused, nil},
		{"nobody there", []string{closedPort(t)}, "text.example.", 0, wsa.WSATRY_AGAIN},
	} {
		raw, err := NewResolver(patient(c.servers...), nil).Exchange(t.Context(), message(t, c.host, mdns.TypeTXT))
		if err != c.err {
			t.Errorf("%s: %v, want %v", c.name, err, c.err)
		} else if err == nil && unpack(t, raw).Rcode != c.rcode {
			t.Errorf("%s: rcode %d, want %d", c.name, unpack(t, raw).Rcode, c.rcode)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := NewResolver(patient(good.addr), nil).Exchange(ctx, message(t, "text.example.", mdns.TypeTXT)); err != wsa.WSA_E_CANCELLED {
		t.Errorf("a cancelled exchange: %v", err)
	}
	answer := message(t, "text.example.", mdns.TypeTXT)
	answer[flagsAt] |= 0x80
	for name, m := range map[string][]byte{"nothing": nil, "a header": make([]byte, headerSize), "an answer": answer} {
		if _, err := NewResolver(patient(good.addr), nil).Exchange(t.Context(), m); err != wsa.WSAEINVAL {
			t.Errorf("%s: %v, want WSAEINVAL", name, err)
		}
	}
}

// The program that asks would not wait as long as the configuration lets a
// dead server take.
func TestExchangeHurriesToTheNextServer(t *testing.T) {
	dead, alive := newServer(t, silent), newServer(t, testZone(t).answer)
	c := patient(dead.addr, alive.addr)
	c.Attempts, c.Timeout = 2, time.Hour
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	raw, err := NewResolver(c, nil).Exchange(ctx, message(t, "text.example.", mdns.TypeTXT))
	if err != nil {
		t.Fatal(err)
	}
	if answer := unpack(t, raw); len(answer.Answer) != 1 {
		t.Errorf("the answer is\n%v", answer)
	}
}

// What was cut for UDP comes whole by TCP.
func TestExchangeWholeAnswers(t *testing.T) {
	s := newServer(t, testZone(t).answer)
	for _, tcp := range []bool{false, true} {
		c := patient(s.addr)
		c.TCP = tcp
		m := new(mdns.Msg).SetQuestion("big.example.", mdns.TypeA) // without EDNS
		packed, err := m.Pack()
		if err != nil {
			t.Fatal(err)
		}
		raw, err := NewResolver(c, nil).Exchange(t.Context(), packed)
		if err != nil {
			t.Fatal(err)
		}
		if answer := unpack(t, raw); answer.Truncated || len(answer.Answer) != 200 {
			t.Errorf("TCP only %v: %d records, truncated %v", tcp, len(answer.Answer), answer.Truncated)
		}
	}
}

func TestMessageClass(t *testing.T) {
	s := newServer(t, testZone(t).answer)
	p := start(t, spi.Options{"server": s.addr, "resolvconf": "testdata/none", "timeout": "30s"})
	q := &wsa.QuerySet{ServiceClassID: MessageClass, Blob: message(t, "text.example.", mdns.TypeTXT)}
	l, err := p.LookupServiceBegin(t.Context(), q, nil, wsa.LUP_RETURN_BLOB)
	if err != nil {
		t.Fatal(err)
	}
	defer l.End()
	set, err := l.Next(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	if answer := unpack(t, set.Blob); len(answer.Answer) != 1 || answer.Id != 0x1234 {
		t.Errorf("the answer is\n%v", answer)
	}
	if _, err := l.Next(t.Context(), 0); err != wsa.WSA_E_NO_MORE {
		t.Errorf("a second result: %v", err)
	}
}

func FuzzAnswersMessage(f *testing.F) {
	ask, err := new(mdns.Msg).SetQuestion("a.example.", mdns.TypeTXT).Pack()
	if err != nil {
		f.Fatal(err)
	}
	answer := bytes.Clone(ask)
	answer[flagsAt] |= 0x80
	f.Add(answer)
	f.Add(ask)
	f.Fuzz(func(t *testing.T, answer []byte) {
		if !answersMessage(answer, ask) {
			return
		}
		if q, ok := readQuestion(answer); ok && q.Qtype != mdns.TypeTXT {
			t.Errorf("an answer to %v is taken", q)
		}
	})
}
