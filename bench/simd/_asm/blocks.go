package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
)

// weighBlocks adds up every two groups by themselves. A lane takes two powers, then lanes
// j and j+16 are added in float32, the rest in float64, to the sum of the block before.
func (m machine) weighBlocks(c constants, f format) {
	m.function("weighBlocks"+f.name, "(w []float32, sums []float64, x []"+f.element+", high, low, shift, least float32) (top float32)",
		"works like weighBlocks, with top like sum's.")
	w, sums := Load(Param("w").Base(), GP64()), Load(Param("sums").Base(), GP64())
	x, p, lanes := argument("x", f), m.power(c), m.vector()
	folded := AllocLocal(4 * group / 2)
	m.zero(lanes...)
	add := func(x []Op, from int) {
		powers, scale := p.of(x)
		for i := range x {
			VMULPS(scale[i], powers[i], powers[i])
			VADDPS(powers[i], lanes[(from+i)%len(lanes)], lanes[(from+i)%len(lanes)])
		}
		for i, power := range powers {
			VMOVUPS(power, m.at(w, from+i))
		}
	}
	groups := func(count int) {
		for line := 0; line < f.size*group*count; line += 64 {
			PREFETCHT0(Mem{Base: x.pointer, Disp: ahead + line})
		}
		parts := f.operands(m, x.pointer, count)
		for from := 0; from < len(parts); from += m.stretch() {
			end := min(from+m.stretch(), len(parts))
			add(f.read(m, parts[from:end]), from)
		}
	}
	store := func() {
		for i := range len(lanes) / 2 {
			VADDPS(lanes[len(lanes)/2+i], lanes[i], lanes[i])
			if m.lanes == 8 {
				VMOVUPS(lanes[i], folded.Offset(4*m.lanes*i))
			}
		}
		t := total{machine: m, block: lanes}
		if m.lanes == 16 { // see fold
			t.whole = []Op{t.pair(0, 0)}
		}
		for i := len(t.whole); i < m.octetParts(); i++ {
			first, second := m.register(), m.register()
			VCVTPS2PD(folded.Offset(2*m.lanes*i), first)
			VCVTPS2PD(folded.Offset(32+2*m.lanes*i), second)
			VADDPD(second, first, first)
			t.whole = append(t.whole, first)
		}
		sum := t.reduce().AsX()
		VADDSD(Mem{Base: sums}, sum, sum)
		ADDQ(Imm(8), sums)
		VMOVSD(sum, Mem{Base: sums})
	}
	loop("block", x, 2*group, func() {
		groups(2)
		store()
		m.zero(lanes...)
	}, w)
	TESTQ(x.length, x.length)
	JZ(LabelRef("done"))
	loop("group", x, group, func() { groups(1) }, w)
	m.tail(x, c, c.masked[f.name], func(last tail) {
		for i := range m.parts() {
			powers, scale := p.of([]Op{last.load(i)})
			VMULPS(scale[0], powers[0], powers[0])
			VADDPS(powers[0], lanes[i], lanes[i])
			last.store(powers[0], w, i)
		}
	})
	store()
	Label("done")
	m.finish(m.lanewise(reduction{combine: VPMAXSD}, p.top))
}
