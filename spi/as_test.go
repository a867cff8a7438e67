// SPDX-License-Identifier: Apache-2.0

package spi

import "testing"

// An abler can be abandoned by itself, and has a handle.
type abler struct{ Socket }

func (*abler) Handle() int { return 7 }
func (*abler) Abandon()    {}

// A borrower has the handle of another socket, and can be abandoned by itself.
type borrower struct {
	abler
	of Socket
}

func (b *borrower) Lender(ability any) Socket {
	if _, ok := ability.(*Handler); ok {
		return b.of
	}
	return nil
}

func TestAs(t *testing.T) {
	poor := &struct{ Socket }{}
	for _, c := range []struct {
		name             string
		s                Socket
		handler, abandon bool
	}{
		{"nothing", nil, false, false},
		{"a poor socket", poor, false, false},
		{"an able socket", &abler{}, true, true},
		{"a borrower of nobody", &borrower{}, true, true},
		{"a borrower of an able socket", &borrower{of: &abler{}}, true, true},
		{"a borrower of a poor socket", &borrower{of: poor}, false, true},
		{"a borrower of a borrower of an able socket", &borrower{of: &borrower{of: &abler{}}}, true, true},
		{"a borrower of a borrower of a poor socket", &borrower{of: &borrower{of: poor}}, false, true},
	} {
		h, ok := As[Handler](c.s)
		if ok != c.handler || ok && h.(Socket) != c.s || !ok && h != nil {
			t.Errorf("%s as a Handler: %v, %v", c.name, h, ok)
		}
		if _, ok := As[Abandoner](c.s); ok != c.abandon {
			t.Errorf("%s as an Abandoner: %v", c.name, ok)
		}
		if _, ok := As[FileSender](c.s); ok {
			t.Errorf("%s is a FileSender", c.name)
		}
	}
	able := Socket(&borrower{of: &abler{}})
	if n := testing.AllocsPerRun(100, func() { As[Handler](able) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
