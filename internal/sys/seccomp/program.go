// SPDX-License-Identifier: Apache-2.0

package seccomp

import (
	"fmt"
	"slices"
	"syscall"

	"golang.org/x/sys/unix"
)

// An Action is what a filter does with a system call: one of the constants,
// or the result of [Fail].
type Action uint32

const (
	Allow  Action = unix.SECCOMP_RET_ALLOW
	Notify Action = unix.SECCOMP_RET_USER_NOTIF
)

// Fail makes the system call fail with e, without asking anybody.
func Fail(e syscall.Errno) Action { return unix.SECCOMP_RET_ERRNO | Action(e) }

// A Test is a condition on one argument of a system call. All six arguments
// are judged as the kernel is given them: numbers and pointers, but not what
// a pointer points to.
type Test struct {
	Arg  int    // 0 to 5
	Mask uint32 // of the lower half; 0 means that all 64 bits are judged for Set
	Not  bool

	// With a Mask, the masked lower half is compared with Value. Without
	// one, the test is whether the argument is not zero.
	Value uint32
}

// Equal tests the lower half of an argument, which is all there is of an int.
func Equal(arg int, value uint32) Test { return Test{Arg: arg, Mask: ^uint32(0), Value: value} }

// Flag tests that all bits are set.
func Flag(arg int, bits uint32) Test { return Test{Arg: arg, Mask: bits, Value: bits} }

// NonNil tests that a pointer is not nil.
func NonNil(arg int) Test { return Test{Arg: arg} }

// A Rule is what happens to a system call when all the tests hold. The first
// rule of a call that fits counts; a call that none fits is allowed.
type Rule struct {
	Call   uintptr // its number
	Tests  []Test
	Action Action
}

// A Policy is a filter before it is assembled.
type Policy struct {
	Rules []Rule

	// Foreign lists, by architecture, the calls of programs for another
	// architecture that this machine also executes, and that fail with
	// ENOSYS. All others of that architecture are allowed. Calls of an
	// architecture that is not listed fail with ENOSYS.
	Foreign map[uint32][]uint32
}

// Offsets in struct seccomp_data. The machine is little-endian.
const (
	offsetNumber = 0
	offsetArch   = 4
	offsetArgs   = 16
)

// maxProgram is BPF_MAXINSNS.
const maxProgram = 4096

const (
	loadWord    = unix.BPF_LD | unix.BPF_W | unix.BPF_ABS
	and         = unix.BPF_ALU | unix.BPF_AND | unix.BPF_K
	jumpEqual   = unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K
	jumpAtLeast = unix.BPF_JMP | unix.BPF_JGE | unix.BPF_K
	jumpAlways  = unix.BPF_JMP | unix.BPF_JA
	ret         = unix.BPF_RET | unix.BPF_K
)

// An assembler appends instructions. Jumps go forward only: a block is
// assembled first, and then the jump over it.
type assembler []unix.SockFilter

func (a *assembler) op(code uint16, k uint32) { *a = append(*a, unix.SockFilter{Code: code, K: k}) }

func (a *assembler) branch(code uint16, k uint32, yes, no uint8) {
	*a = append(*a, unix.SockFilter{Code: code, K: k, Jt: yes, Jf: no})
}

// unless appends block, and before it a jump over it that is taken when the
// loaded word is not k.
func (a *assembler) unless(k uint32, block assembler) {
	a.branch(jumpEqual, k, 1, 0)
	a.op(jumpAlways, uint32(len(block)))
	*a = append(*a, block...)
}

// Assemble makes the program of the policy. The kernel finds out by itself
// which calls are always allowed, and does not run it for them.
func (p *Policy) Assemble() ([]unix.SockFilter, error) {
	native, err := p.native()
	if err != nil {
		return nil, err
	}
	var a assembler
	a.op(loadWord, offsetArch)
	a.unless(nativeArch, native)
	for arch, calls := range p.Foreign {
		var block assembler
		block.op(loadWord, offsetNumber)
		for _, nr := range calls {
			var refuse assembler
			refuse.op(ret, uint32(Fail(unix.ENOSYS)))
			block.unless(nr, refuse)
		}
		block.op(ret, uint32(Allow))
		a.unless(arch, block)
	}
	a.op(ret, uint32(Fail(unix.ENOSYS)))
	if len(a) > maxProgram {
		return nil, fmt.Errorf("seccomp: the filter has %d instructions, more than %d", len(a), maxProgram)
	}
	return a, nil
}

// native is the part for the machine's own architecture. A call is looked for
// by halves, as calls that are allowed in the end should be so soon.
func (p *Policy) native() (a assembler, err error) {
	a.op(loadWord, offsetNumber)
	if foreignBit != 0 { // x32 on amd64
		a.branch(jumpAtLeast, foreignBit, 0, 1)
		a.op(ret, uint32(Fail(unix.ENOSYS)))
	}
	calls := p.calls()
	blocks := make([]assembler, len(calls))
	for i, call := range calls {
		for _, r := range p.Rules {
			if r.Call == call {
				if err := blocks[i].rule(r); err != nil {
					return nil, err
				}
			}
		}
		blocks[i].op(ret, uint32(Allow))
	}
	a.search(calls, blocks)
	return a, nil
}

// search appends the blocks of calls, in the order of their numbers, and what
// finds the one of the loaded number. Others are allowed.
func (a *assembler) search(calls []uintptr, blocks []assembler) {
	if len(calls) <= 1 {
		for i, call := range calls {
			a.unless(uint32(call), blocks[i])
		}
		a.op(ret, uint32(Allow))
		return
	}
	half := len(calls) / 2
	var below assembler
	below.search(calls[:half], blocks[:half])
	a.branch(jumpAtLeast, uint32(calls[half]), 0, 1)
	a.op(jumpAlways, uint32(len(below)))
	*a = append(*a, below...)
	a.search(calls[half:], blocks[half:])
}

// calls lists the calls that have rules, in the order of their numbers.
func (p *Policy) calls() (list []uintptr) {
	for _, r := range p.Rules {
		list = append(list, r.Call)
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// rule appends the tests and the action of one rule. It is assembled from
// behind, as each test jumps over what follows it.
func (a *assembler) rule(r Rule) error {
	var rest assembler
	rest.op(ret, uint32(r.Action))
	for i := len(r.Tests) - 1; i >= 0; i-- {
		t := r.Tests[i]
		if t.Arg < 0 || t.Arg > 5 {
			return fmt.Errorf("seccomp: a call has no argument %d", t.Arg)
		}
		low := uint32(offsetArgs + 8*t.Arg)
		var b assembler
		if t.Mask == 0 {
			// Not nil: one of the halves is not zero. If the first is not,
			// all is said, and what follows are three instructions, of
			// which the last jumps over the rest.
			decided := uint8(3)
			if t.Not {
				decided = 2
			}
			b.op(loadWord, low)
			b.branch(jumpEqual, 0, 0, decided)
			b.op(loadWord, low+4)
			b.skip(0, !t.Not, len(rest))
		} else {
			b.op(loadWord, low)
			if t.Mask != ^uint32(0) {
				b.op(and, t.Mask)
			}
			b.skip(t.Value, t.Not, len(rest))
		}
		rest = append(b, rest...)
	}
	*a = append(*a, rest...)
	return nil
}

// skip appends two instructions that jump over the following n unless the
// loaded word is k, or, with whenEqual, if it is.
func (a *assembler) skip(k uint32, whenEqual bool, n int) {
	if whenEqual {
		a.branch(jumpEqual, k, 0, 1)
	} else {
		a.branch(jumpEqual, k, 1, 0)
	}
	a.op(jumpAlways, uint32(n))
}
