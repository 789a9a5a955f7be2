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
	folded := m.room(group / 2)
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
		parts := f.operands(m, x.pointer, count)
		prefetch(parts, ahead)
		for from := 0; from < len(parts); from += m.stretch() {
			end := min(from+m.stretch(), len(parts))
			add(f.read(m, parts[from:end]), from)
		}
	}
	store := func() {
		half := len(lanes) / 2
		for i := range half {
			VADDPS(lanes[half+i], lanes[i], lanes[i])
		}
		sum := m.fold(lanes[:half], folded).AsX()
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
