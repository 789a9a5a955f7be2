package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// slice is where a loop is in its argument.
type slice struct {
	format
	pointer, length reg.Register // length in elements, what is left of it
}

func argument(name string, f format) slice {
	return slice{f, Load(Param(name).Base(), GP64()), Load(Param(name).Len(), GP64())}
}

// loop repeats body while at least step elements are left. Other pointers, to
// float32, move along with the slice's.
func loop(label string, s slice, step int, body func(), others ...reg.Register) {
	Label(label)
	CMPQ(s.length, U32(step))
	JLT(LabelRef(label + "_done"))
	body()
	ADDQ(U32(s.size*step), s.pointer)
	for _, pointer := range others {
		ADDQ(U32(4*step), pointer)
	}
	SUBQ(U32(step), s.length)
	JMP(LabelRef(label))
	Label(label + "_done")
}

// tail runs body on a group that has fewer elements than lanes, if there is one.
// The missing lanes are read as the filler's.
func (m machine) tail(s slice, c constants, filler Mem, body func(t tail)) {
	TESTQ(s.length, s.length)
	JZ(LabelRef("tail_done"))
	body(m.partial(s, c, filler))
	Label("tail_done")
}

// tail reads and writes the lanes of a group that are left, and no memory beyond.
type tail struct {
	machine
	slice
	filler Mem
	copied Mem                 // the group, where words of 16 bits are too small to be masked
	window reg.Register        // where ones for the lanes that exist begin, zeros behind them (AVX2)
	exist  []reg.OpmaskVirtual // the lanes that exist (AVX-512)
}

func (m machine) partial(s slice, c constants, filler Mem) tail {
	t := tail{machine: m, slice: s, filler: filler}
	if s.half() {
		t.copied = s.copy(m, filler)
	}
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

// copy is a group in memory, the elements that are left and then the filler's: of
// words of 16 bits AVX2 can mask none, and AVX-512 F none either.
func (s slice) copy(m machine, filler Mem) Mem {
	copied := AllocLocal(s.size * group)
	for at := 0; at < s.size*group; at += 4 * m.lanes {
		part := m.register()
		VMOVUPS(filler.Offset(at), part)
		VMOVUPS(part, copied.Offset(at))
	}
	i, word := GP64(), GP32()
	XORQ(i, i)
	Label("copy")
	MOVWLZX(Mem{Base: s.pointer, Index: i, Scale: 2}, word)
	MOVW(word.As16(), copied.Idx(i, 2))
	INCQ(i)
	CMPQ(i, s.length)
	JLT(LabelRef("copy"))
	return copied
}

// load reads a part of the group.
func (t tail) load(part int) reg.VecVirtual {
	x := t.register()
	if t.half() {
		t.widen(t.machine, t.copied.Offset(t.size*t.lanes*part), x)
		return x
	}
	if t.lanes == 16 {
		VMOVUPS(t.filler, x)
		VMOVUPS(t.at(t.pointer, part), t.exist[part], x)
		return x
	}
	mask := t.mask(part)
	VMASKMOVPS(t.at(t.pointer, part), mask, x)
	VANDNPS(t.filler, mask, mask)
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
