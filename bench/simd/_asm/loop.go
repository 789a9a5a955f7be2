package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// slice is where a loop is in its argument.
type slice struct {
	pointer, length reg.Register // length in elements, what is left of it
}

func argument(name string) slice {
	return slice{Load(Param(name).Base(), GP64()), Load(Param(name).Len(), GP64())}
}

// loop repeats body while at least step elements are left. Other pointers move
// along with the slice's.
func loop(label string, s slice, step int, body func(), others ...reg.Register) {
	Label(label)
	CMPQ(s.length, U32(step))
	JLT(LabelRef(label + "_done"))
	body()
	for _, pointer := range append([]reg.Register{s.pointer}, others...) {
		ADDQ(U32(4*step), pointer)
	}
	SUBQ(U32(step), s.length)
	JMP(LabelRef(label))
	Label(label + "_done")
}

// tail runs body on a group that has fewer elements than lanes, if there is one.
func (m machine) tail(s slice, c constants, body func(t tail)) {
	TESTQ(s.length, s.length)
	JZ(LabelRef("tail_done"))
	body(m.partial(s, c))
	Label("tail_done")
}

// tail reads and writes the lanes of a group that are left, and no memory beyond.
type tail struct {
	machine
	base reg.Register
	mask vector            // ones in the lanes that exist (AVX2)
	k    reg.OpmaskVirtual // the same (AVX-512)
}

func (m machine) partial(s slice, c constants) tail {
	t := tail{machine: m, base: s.pointer}
	if m.lanes == 16 {
		ones := GP32()
		t.k = K()
		MOVL(U32(1), ones)
		SHLXL(s.length.(reg.GPVirtual).As32(), ones, ones)
		DECL(ones)
		KMOVW(ones, t.k)
		return t
	}
	Comment("The lanes that exist: a window on ones followed by zeros.")
	window := GP64()
	LEAQ(c.window.Offset(4*group), window)
	skipped := GP64()
	MOVQ(s.length, skipped)
	SHLQ(Imm(2), skipped)
	SUBQ(skipped, window)
	t.mask = m.vector()
	for i := range t.mask {
		VMOVUPS(m.at(window, i), t.mask[i])
	}
	return t
}

// load reads a group whose missing lanes are filled.
func (t tail) load(filler Mem) vector {
	x := t.vector()
	for i := range x {
		if t.lanes == 16 {
			VMOVUPS(filler, x[i])
			VMOVUPS(t.at(t.base, i), t.k, x[i])
			continue
		}
		VMASKMOVPS(t.at(t.base, i), t.mask[i], x[i])
		missing := t.register()
		VANDNPS(filler, t.mask[i], missing)
		VORPS(missing, x[i], x[i])
	}
	return x
}

// store writes the lanes that exist.
func (t tail) store(x vector, base reg.Register) {
	for i := range x {
		if t.lanes == 16 {
			VMOVUPS(x[i], t.k, t.at(base, i))
		} else {
			VMASKMOVPS(x[i], t.mask[i], t.at(base, i))
		}
	}
}
