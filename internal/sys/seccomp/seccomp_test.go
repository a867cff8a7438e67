// SPDX-License-Identifier: Apache-2.0

package seccomp

import (
	"math/rand/v2"
	"testing"

	"golang.org/x/sys/unix"
)

// data is struct seccomp_data.
type data struct {
	nr, arch uint32
	args     [6]uint64
}

func (d *data) word(offset uint32) uint32 {
	switch {
	case offset == offsetNumber:
		return d.nr
	case offset == offsetArch:
		return d.arch
	}
	v := d.args[(offset-offsetArgs)/8]
	if offset%8 != 0 {
		return uint32(v >> 32)
	}
	return uint32(v)
}

// execute runs a program as the kernel does, as far as ours go.
func execute(t *testing.T, program []unix.SockFilter, d *data) Action {
	t.Helper()
	var acc uint32
	for pc := 0; pc < len(program); pc++ {
		i := program[pc]
		jump := func(yes bool) {
			if yes {
				pc += int(i.Jt)
			} else {
				pc += int(i.Jf)
			}
		}
		switch i.Code {
		case loadWord:
			acc = d.word(i.K)
		case and:
			acc &= i.K
		case jumpEqual:
			jump(acc == i.K)
		case jumpAtLeast:
			jump(acc >= i.K)
		case jumpAlways:
			pc += int(i.K)
		case ret:
			return Action(i.K)
		default:
			t.Fatalf("instruction %d is %#x", pc, i.Code)
		}
	}
	t.Fatal("the program does not end")
	return 0
}

func (r *Rule) fits(d *data) bool {
	for _, t := range r.Tests {
		v := d.args[t.Arg]
		holds := v != 0
		if t.Mask != 0 {
			holds = uint32(v)&t.Mask == t.Value
		}
		if holds == t.Not {
			return false
		}
	}
	return true
}

// want is what the policy says in words.
func (p *Policy) want(d *data) Action {
	if d.arch != nativeArch {
		calls, known := p.Foreign[d.arch]
		for _, nr := range calls {
			if nr == d.nr {
				return Fail(unix.ENOSYS)
			}
		}
		if !known {
			return Fail(unix.ENOSYS)
		}
		return Allow
	}
	if foreignBit != 0 && d.nr >= foreignBit {
		return Fail(unix.ENOSYS)
	}
	for _, r := range p.Rules {
		if uint32(r.Call) == d.nr && r.fits(d) {
			return r.Action
		}
	}
	return Allow
}

// TestAssemble compares programs of random policies with the policies, for
// random calls.
func TestAssemble(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	values := []uint64{0, 1, 2, 7, 1 << 32, 1<<32 | 1, 0x20000000, 0xffffffff}
	for range 300 {
		p := Policy{Foreign: map[uint32][]uint32{0x40000003: {102, 5}, 0x40000028: nil}}
		for range r.IntN(12) {
			rule := Rule{Call: uintptr(r.IntN(5)), Action: []Action{Allow, Notify, Fail(unix.EPERM)}[r.IntN(3)]}
			for range r.IntN(4) {
				arg, v := r.IntN(6), uint32(values[r.IntN(len(values))])
				test := []Test{Equal(arg, v), Flag(arg, v|1), NonNil(arg)}[r.IntN(3)]
				test.Not = r.IntN(2) == 0
				rule.Tests = append(rule.Tests, test)
			}
			p.Rules = append(p.Rules, rule)
		}
		program, err := p.Assemble()
		if err != nil {
			t.Fatal(err)
		}
		for range 200 {
			d := data{nr: uint32(r.IntN(7)), arch: nativeArch}
			switch r.IntN(10) {
			case 0:
				d.arch = []uint32{0x40000003, 0x40000028, 12345}[r.IntN(3)]
				d.nr = []uint32{102, 5, 6}[r.IntN(3)]
			case 1:
				d.nr |= 0x40000000
			}
			for i := range d.args {
				d.args[i] = values[r.IntN(len(values))]
			}
			if got, want := execute(t, program, &d), p.want(&d); got != want {
				t.Fatalf("%+v under %+v: %#x, want %#x", d, p, got, want)
			}
		}
	}
}
