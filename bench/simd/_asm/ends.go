package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// What T = 0 and T = +Inf need: the largest logit, and the number of masked ones. Both
// functions also return the sum of the logits, which costs one instruction and shows
// bad logits: it is NaN where a logit is NaN, and NaN or +Inf where one is +Inf.

// wideScan calls each with the logits of x, so many groups at a time that the chains of
// additions in it do not wait for each other. The missing lanes of the tail are 0, or
// −Inf.
func (m machine) wideScan(x slice, c constants, filler Mem, each func(at int, x reg.VecVirtual)) {
	groups := m.scanned()
	scan := func(count int) {
		for i, op := range x.operands(m, x.pointer, count) {
			loaded := m.register()
			x.load(m, op, loaded)
			each(i, loaded)
		}
	}
	loop("wide", x, groups*group, func() { scan(groups) })
	if groups > 1 {
		loop("group", x, group, func() { scan(1) })
	}
	m.tail(x, c, filler, func(last tail) {
		for i := range m.parts() {
			each(i, last.load(i))
		}
	})
}

// scanned is how many groups a step of wideScan takes. AVX2 has too few registers for
// two results of two groups.
func (m machine) scanned() int {
	if m.lanes == 16 {
		return 2
	}
	return 1
}

// fold adds registers up, or combines them otherwise, in the first of them.
func fold(v vector, combine func(ops ...Op)) reg.VecVirtual {
	for _, r := range v[1:] {
		combine(r, v[0], v[0])
	}
	return v[0]
}

var sumOfLanes, maximumOfLanes = reduction{combine: VADDPS}, reduction{combine: VMAXPS, passesNaN: true}

// peak reads x once for both results.
func (m machine) peak(c constants, f format) {
	m.function("peak"+f.name, "(x []"+f.element+") (largest float32, total float32)",
		"returns the maximum, which passes over NaN, and the sum in float32.")
	x := argument("x", f)
	largest, total := m.registers(m.scanned()*m.parts()), m.registers(m.scanned()*m.parts())
	for i := range largest {
		VMOVUPS(c.masked[formats[0].name], largest[i])
	}
	m.zero(total...)
	m.wideScan(x, c, c.masked[f.name], func(at int, x reg.VecVirtual) {
		m.include(maximumOfLanes, x, largest[at])
		VADDPS(x, total[at], total[at])
	})
	m.finish(m.lanewise(maximumOfLanes, fold(largest, VMAXPS)), m.lanewise(sumOfLanes, fold(total, VADDPS)))
}

// count counts lane by lane.
func (m machine) count(c constants, f format) {
	m.function("count"+f.name, "(x []"+f.element+") (masked uint32, total float32)",
		"returns how many elements are −Inf, and the sum in float32.")
	x := argument("x", f)
	minusInf := m.register()
	VMOVUPS(c.masked[formats[0].name], minusInf)
	ones := m.register()
	VMOVUPS(c.window, ones)
	count, total := m.registers(m.scanned()*m.parts()), m.registers(m.scanned()*m.parts())
	m.zero(count...)
	m.zero(total...)
	m.wideScan(x, c, c.zero, func(at int, x reg.VecVirtual) {
		if m.lanes == 16 {
			masked := K()
			VPCMPEQD(x, minusInf, masked)
			VPSUBD(ones, count[at], masked, count[at])
		} else {
			masked := m.register()
			VPCMPEQD(x, minusInf, masked)
			VPSUBD(masked, count[at], count[at])
		}
		VADDPS(x, total[at], total[at])
	})
	masked := GP32()
	VMOVD(m.lanewise(reduction{combine: VPADDD}, fold(count, VPADDD)), masked)
	m.finish(masked, m.lanewise(sumOfLanes, fold(total, VADDPS)))
}

// mark looks at each logit once more.
func (m machine) mark(c constants, f format) {
	m.function("mark"+f.name, "(dst []float32, x []"+f.element+", p float32)",
		"writes 0 where x is −Inf, and p elsewhere.")
	dst, x, p := Load(Param("dst").Base(), GP64()), argument("x", f), m.parameter("p")
	minusInf := m.register()
	VMOVUPS(c.masked[formats[0].name], minusInf)
	marked := func(x Op) reg.VecVirtual {
		w := m.register()
		if m.lanes == 16 {
			present := K()
			VPCMPD(Imm(4), x, minusInf, present)
			VMOVAPS_Z(p, present, w)
		} else {
			VPCMPEQD(x, minusInf, w)
			VANDNPS(p, w, w)
		}
		return w
	}
	loop("group", x, group, func() {
		for i, op := range f.read(m, f.operands(m, x.pointer, 1)) {
			VMOVUPS(marked(op), m.at(dst, i))
		}
	}, dst)
	m.tail(x, c, c.zero, func(last tail) {
		for i := range m.parts() {
			last.store(marked(last.load(i)), dst, i)
		}
	})
	m.finish()
}
