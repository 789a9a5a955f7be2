package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// What cuts of short rows need: the powers of a row are known, and its logits say which of
// them count. Behind the powers of a row there is room for a group of any numbers.

// isAbove is which lanes of x are above y: a mask register, or lanes of ones.
func (m machine) isAbove(x, y reg.VecVirtual) reg.Register {
	if m.lanes == 16 {
		mask := K()
		VCMPPS(Imm(above), y, x, mask)
		return mask
	}
	mask := m.register()
	VCMPPS(Imm(above), y, x, mask)
	return mask
}

// addWhere adds the lanes of a mask to the sum, and may change x.
func (m machine) addWhere(mask reg.Register, x, sum reg.VecVirtual) {
	if m.lanes == 16 {
		VADDPS(x, sum, mask, sum)
		return
	}
	VANDPS(mask.(reg.VecVirtual), x, x)
	VADDPS(x, sum, sum)
}

// massAbove adds up the powers as sum does.
func (m machine) massAbove(c constants) {
	m.function("massAbove", "(x, w []float32, low float32) (total float64, above uint32)", "works like massAbove.")
	x, w, low := argument("x", formats[0]), Load(Param("w").Base(), GP64()), m.parameter("low")
	t, counts := m.total(), m.vector()
	ones := m.register()
	VMOVUPS(c.window, ones)
	m.zero(counts...)
	add := func(x reg.VecVirtual, part, at int) {
		v, mask := m.register(), m.isAbove(x, low)
		VMOVUPS(m.at(w, part), v)
		m.addWhere(mask, v, t.block[at])
		if m.lanes == 16 {
			VPSUBD(ones, counts[at], mask, counts[at])
		} else {
			VPSUBD(mask.(reg.VecVirtual), counts[at], counts[at])
		}
	}
	parts := func(count int) {
		for i := range count * m.parts() {
			v := m.register()
			VMOVUPS(m.at(x.pointer, i), v)
			add(v, i, i%m.parts())
		}
	}
	loop("block", x, block, func() {
		parts(block / group)
		t.flush(c)
	}, w)
	loop("group", x, group, func() { parts(1) }, w)
	m.tail(x, c, c.masked[formats[0].name], func(last tail) {
		for i := range m.parts() {
			add(last.load(i), i, i)
		}
	})
	n := GP32()
	VMOVD(m.lanewise(reduction{combine: VPADDD}, fold(counts, VPADDD)), n)
	m.finish(t.finish(c), n)
}

// dropUpTo writes whole registers.
func (m machine) dropUpTo(c constants) {
	m.function("dropUpTo", "(w, x []float32, low float32)", "works like dropUpTo.")
	w, x, low := Load(Param("w").Base(), GP64()), argument("x", formats[0]), m.parameter("low")
	drop := func(x reg.VecVirtual) {
		v, mask := m.register(), m.isAbove(x, low)
		if m.lanes == 16 {
			VMOVUPS_Z(Mem{Base: w}, mask, v)
		} else {
			VANDPS(Mem{Base: w}, mask.(reg.VecVirtual), v)
		}
		VMOVUPS(v, Mem{Base: w})
	}
	loop("register", x, m.lanes, func() {
		v := m.register()
		VMOVUPS(Mem{Base: x.pointer}, v)
		drop(v)
	}, w)
	m.tail(x, c, c.masked[formats[0].name], func(last tail) { drop(last.load(0)) })
	m.finish()
}

// lastOpen adds up for every token the weights of the candidates above it. There is code for
// each number of registers that a row takes.
func (m machine) lastOpen(c constants) {
	m.function("lastOpen", "(x, w []float32, least, limit float32) (border, before, after float32, equal uint32)", "works like lastOpen.")
	o := open{machine: m, x: argument("x", formats[0]), w: Load(Param("w").Base(), GP64()), least: m.parameter("least"), limit: m.parameter("limit")}
	if m.lanes == 8 {
		o.copied = AllocLocal(4 * shortRow)
	}
	most := shortRow / m.lanes
	for parts := 1; parts < most; parts++ {
		CMPQ(o.x.length, U32(m.lanes*parts))
		JLE(LabelRef(o.label("parts", parts)))
	}
	for parts := most; parts > 0; parts-- {
		Label(o.label("parts", parts))
		o.search(c, parts)
	}
}

// open is a search for the last token whose quota is open.
type open struct {
	machine
	x            slice
	w            reg.Register
	least, limit reg.VecVirtual
	copied       Mem // the logits, as there are too few registers for them (AVX2)
}

func (o open) label(name string, parts int) string { return fmt.Sprintf("%s%d", name, parts) }

// load returns the logits of so many registers, -Inf behind the last one.
func (o open) load(c constants, parts int) []Op {
	rest := slice{formats[0], GP64(), GP64()}
	LEAQ(Mem{Base: o.x.pointer, Disp: 4 * o.lanes * (parts - 1)}, rest.pointer)
	LEAQ(Mem{Base: o.x.length, Disp: -o.lanes * (parts - 1)}, rest.length)
	x := make([]Op, parts)
	for i := range x {
		v := o.register()
		if i < parts-1 {
			VMOVUPS(o.at(o.x.pointer, i), v)
		} else {
			v = o.partial(rest, c, c.masked[formats[0].name]).load(0)
		}
		if x[i] = v; o.lanes == 8 {
			x[i] = o.copied.Offset(4 * o.lanes * i)
			VMOVUPS(v, x[i])
		}
	}
	return x
}

// candidates is which tokens have a weight of at least least, a bit for each.
func (o open) candidates(parts int) reg.GPVirtual {
	all := GP64()
	XORQ(all, all)
	for i := range parts {
		bits := GP64()
		if o.lanes == 16 {
			mask := K()
			VCMPPS(Imm(atMost), o.at(o.w, i), o.least, mask)
			KMOVW(mask, bits.As32())
		} else {
			mask := o.register()
			VCMPPS(Imm(atMost), o.at(o.w, i), o.least, mask)
			VMOVMSKPS(mask, bits.As32())
		}
		SHLQ(Imm(uint64(o.lanes*i)), bits)
		ORQ(bits, all)
	}
	there := GP64()
	MOVQ(U32(64), reg.RCX)
	SUBQ(o.x.length, reg.RCX)
	MOVQ(I32(-1), there)
	SHRQ(reg.CL, there)
	ANDQ(there, all)
	return all
}

func (o open) search(c constants, parts int) {
	x, left, sums := o.load(c, parts), o.candidates(parts), o.registers(parts)
	o.zero(sums...)
	TESTQ(left, left)
	JZ(LabelRef(o.label("summed", parts)))
	Label(o.label("candidate", parts))
	i, other, weight := GP64(), o.register(), o.register()
	TZCNTQ(left, i)
	VBROADCASTSS(Mem{Base: o.x.pointer, Index: i, Scale: 4}, other)
	VBROADCASTSS(Mem{Base: o.w, Index: i, Scale: 4}, weight)
	for j := range sums {
		if o.lanes == 16 {
			smaller := K()
			VCMPPS(Imm(above), x[j], other, smaller)
			VADDPS(weight, sums[j], smaller, sums[j])
			continue
		}
		smaller := o.register()
		VCMPPS(Imm(above), x[j], other, smaller)
		VANDPS(weight, smaller, smaller)
		VADDPS(smaller, sums[j], sums[j])
	}
	BLSRQ(left, left)
	JNZ(LabelRef(o.label("candidate", parts)))
	Label(o.label("summed", parts))
	o.results(c, x, sums)
}

func (o open) results(c constants, x []Op, sums vector) {
	border, before, after := o.register(), o.register(), o.register()
	VMOVUPS(c.inf, border)
	VMOVUPS(c.inf, after)
	o.zero(before)
	for j, sum := range sums {
		kept := o.isAbove(o.limit, sum)
		if o.lanes == 16 {
			cut := K()
			KNOTW(kept, cut)
			VMINPS(x[j], border, kept, border)
			VMAXPS(sum, before, kept, before)
			VMINPS(sum, after, cut, after)
			continue
		}
		mask, v := kept.(reg.VecVirtual), o.register()
		VBLENDVPS(mask, x[j], border, v)
		VMINPS(v, border, border)
		VANDPS(mask, sum, v)
		VMAXPS(v, before, before)
		VBLENDVPS(mask, after, sum, v)
		VMINPS(v, after, after)
	}
	smallest := o.lanewise(reduction{combine: VMINPS}, border)
	largest := o.lanewise(reduction{combine: VMAXPS}, before)
	next := o.lanewise(reduction{combine: VMINPS}, after)
	all, equal := o.register(), GP64()
	VBROADCASTSS(smallest.AsX(), all)
	XORQ(equal, equal)
	for j := range x {
		bits := GP64()
		if o.lanes == 16 {
			same := K()
			VCMPPS(Imm(0), x[j], all, same)
			KMOVW(same, bits.As32())
		} else {
			same := o.register()
			VCMPPS(Imm(0), x[j], all, same)
			VMOVMSKPS(same, bits.As32())
		}
		POPCNTQ(bits, bits)
		ADDQ(bits, equal)
	}
	o.finish(smallest, largest, next, equal.As32())
}
