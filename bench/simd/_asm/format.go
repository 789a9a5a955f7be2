package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// format is how logits lie in memory.
type format struct {
	name, element string // of its functions; of its slices in Go
	size          int    // bytes a logit
	masked        uint16 // −Inf in 16 bits
	widen         func(m machine, words Mem, x reg.VecVirtual)
	split         bool // sum takes even and odd logits apart
}

// formats are widened as they are loaded. The bits of a bfloat16 are the upper
// half of a float32's.
var formats = []format{
	{element: "float32", size: 4},
	{name: "BFloat16", element: "uint16", size: 2, masked: 0xFF80, widen: func(m machine, words Mem, x reg.VecVirtual) {
		VPMOVZXWD(words, x)
		VPSLLD(Imm(16), x, x)
	}, split: true},
	{name: "Float16", element: "uint16", size: 2, masked: 0xFC00, widen: func(m machine, words Mem, x reg.VecVirtual) {
		VCVTPH2PS(words, x)
	}},
}

func (f format) half() bool { return f.size == 2 }

// operands are logits of the format in memory, a register's worth each.
func (f format) operands(m machine, base reg.Register, groups int) []Mem {
	x := make([]Mem, groups*m.parts())
	for i := range x {
		x[i] = Mem{Base: base, Disp: f.size * m.lanes * i}
	}
	return x
}

// read makes float32 operands of them: the memory itself, or registers.
func (f format) read(m machine, memory []Mem) []Op {
	x := make([]Op, len(memory))
	for i, words := range memory {
		x[i] = words
		if f.half() {
			wide := m.register()
			f.load(m, words, wide)
			x[i] = wide
		}
	}
	return x
}

// halves makes float32 of the even logits of two operands that lie side by side, and of
// the odd ones: the upper half of a pair is a float32 as soon as the lower one is 0.
func (m machine) halves(c constants, words Mem) (even, odd reg.VecVirtual) {
	even, odd = m.register(), m.register()
	VMOVUPS(words, odd)
	VPSLLD(Imm(16), odd, even)
	if m.lanes == 16 {
		VPANDD_BCST(c.upper, odd, odd)
	} else {
		VANDPS(c.upper, odd, odd)
	}
	return even, odd
}

// load makes float32 in a register of them.
func (f format) load(m machine, words Mem, x reg.VecVirtual) {
	if f.half() {
		f.widen(m, words, x)
	} else {
		VMOVUPS(words, x)
	}
}
