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
	window reg.Register        // where ones for the lanes that exist begin, zeros behind them (AVX2)
	exist  []reg.OpmaskVirtual // the lanes that exist (AVX-512)
}

func (m machine) partial(s slice, c constants) tail {
	t := tail{machine: m}
	if m.lanes == 16 {
		ones := GP64()
		MOVQ(U32(1), ones)
		SHLXQ(s.length, ones, ones)
		DECQ(ones)
		for range m.parts() {
			k := K()
			KMOVW(ones.As32(), k)
			SHRQ(Imm(16), ones)
			t.exist = append(t.exist, k)
		}
		return t
	}
	Comment("The lanes that exist: a window on ones followed by zeros.")
	window, skipped := GP64(), GP64()
	LEAQ(c.window.Offset(4*group), window)
	MOVQ(s.length, skipped)
	SHLQ(Imm(2), skipped)
	SUBQ(skipped, window)
	t.window = window
	return t
}

// load reads a part of a group whose missing lanes are filled.
func (t tail) load(base reg.Register, part int, filler Mem) reg.VecVirtual {
	x := t.register()
	if t.lanes == 16 {
		VMOVUPS(filler, x)
		VMOVUPS(t.at(base, part), t.exist[part], x)
		return x
	}
	mask := t.mask(part)
	VMASKMOVPS(t.at(base, part), mask, x)
	VANDNPS(filler, mask, mask)
	VORPS(mask, x, x)
	return x
}

// store writes the lanes of a part that exist.
func (t tail) store(x reg.VecVirtual, base reg.Register, part int) {
	if t.lanes == 16 {
		VMOVUPS(x, t.exist[part], t.at(base, part))
	} else {
		VMASKMOVPS(x, t.mask(part), t.at(base, part))
	}
}

func (t tail) mask(part int) reg.VecVirtual {
	mask := t.register()
	VMOVUPS(t.at(t.window, part), mask)
	return mask
}
