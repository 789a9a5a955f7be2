package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"temper/bench/simd/_asm/powers"
)

// What cuts need: comparisons with one number. The functions return the same on every
// instruction set, because nothing is rounded.

// step is how many logits side moves at a time.
const step = 16

// The comparisons x > y, x ≤ y and x < y of numbers, false for NaN.
const (
	above   = 0x1E
	atMost  = 0x12
	smaller = 0x11
)

// peaks takes the maximum of some registers at a time and then of these, so that none
// waits for the one before.
func (m machine) peaks(c constants) {
	m.function("peaks", "(dst, x []float32) (total float32)",
		"works like peaks, and returns the sum in float32. The length of x is a multiple of 256.")
	dst, x := Load(Param("dst").Base(), GP64()), argument("x", formats[0])
	minusInf, total := m.register(), m.registers(4)
	VMOVUPS(c.masked[formats[0].name], minusInf)
	m.zero(total...)
	parts := powers.GroupsOfBlock / m.lanes
	loop("block", x, powers.BlockOfGroups, func() {
		for part := range parts {
			largest := m.registers(4 / parts)
			for i := range powers.BlockOfGroups / powers.GroupsOfBlock {
				v, at := m.register(), i%len(largest)
				VMOVUPS(m.at(x.pointer, i*parts+part), v)
				VADDPS(v, total[i%len(total)], total[i%len(total)])
				if i < len(largest) {
					VMAXPS(minusInf, v, largest[at])
				} else {
					m.include(maximumOfLanes, v, largest[at])
				}
			}
			VMOVUPS(fold(largest, VMAXPS), m.at(dst, part))
		}
		ADDQ(Imm(4*powers.GroupsOfBlock), dst)
	})
	m.finish(m.lanewise(sumOfLanes, fold(total, VADDPS)))
}

// sumPeaks is for AVX-512, which has the registers. NaN may be lost among the peaks: it
// shows in the sum.
func (m machine) sumPeaks(c constants) {
	m.function("sumPeaks", "(dst, x []float32, "+exponentArguments,
		"is sum, and works like peaks. The length of x is a multiple of 256.")
	dst, x := Load(Param("dst").Base(), GP64()), argument("x", formats[0])
	p, t, largest := m.power(c), m.total(), m.vector()
	loop("block", x, powers.BlockOfGroups, func() {
		parts := x.operands(m, x.pointer, powers.BlockOfGroups/group)
		prefetch(parts, ahead)
		for _, v := range largest {
			VMOVUPS(c.masked[formats[0].name], v)
		}
		for from := 0; from < len(parts); from += m.stretch() {
			some := x.read(m, parts[from:from+m.stretch()])
			polynomial, scale := p.of(some)
			for i := range some {
				VFMADD231PS(scale[i], polynomial[i], t.block[i%len(t.block)])
				VMAXPS(some[i], largest[i%len(largest)], largest[i%len(largest)])
			}
		}
		t.flush(c)
		VMOVUPS(fold(largest, VMAXPS), Mem{Base: dst})
		ADDQ(Imm(4*powers.GroupsOfBlock), dst)
	})
	m.finish(t.finish(c), m.lanewise(reduction{combine: VPMAXSD}, p.top))
}

// sumLeast has the smallest logits of a group in registers, or in memory where registers are
// scarce. In the last group of a row that is not whole, the smallest is -Inf.
func (m machine) sumLeast(c constants) {
	m.function("sumLeast", "(x []float32, high, low, shift, least float32) (total float64, top, smallest float32)", "works like sumLeast, with top like sum's.")
	smallest, memory := m.vector(), Mem{}
	if m.lanes == 8 {
		memory = AllocLocal(4 * group)
	}
	for i := range smallest {
		VMOVUPS(c.inf, smallest[i])
		if m.lanes == 8 {
			VMOVUPS(smallest[i], memory.Offset(4*m.lanes*i))
		}
	}
	at := 0
	m.powers(c, formats[0], nil, func(p power, block vector, x []Op) vector {
		polynomial, scale := p.of(x)
		for i := range x {
			VFMADD231PS(scale[i], polynomial[i], block[i])
			if m.lanes == 16 {
				VMINPS(x[i], smallest[at], smallest[at])
			} else {
				v, place := m.register(), memory.Offset(4*m.lanes*at)
				VMOVUPS(place, v)
				VMINPS(x[i], v, v)
				VMOVUPS(v, place)
			}
			at = (at + 1) % len(smallest)
		}
		return nil
	}, func() reg.Register {
		if m.lanes == 8 {
			for i := range smallest {
				VMOVUPS(memory.Offset(4*m.lanes*i), smallest[i])
			}
		}
		return m.lanewise(reduction{combine: VMINPS}, fold(smallest, VMINPS))
	})
}

// sumAbove leaves out lanes. AVX2 has no register left for the bound.
func (m machine) sumAbove(c constants) {
	m.function("sumAbove", "(x []float32, bound, "+exponentArguments, "is sum of the logits above a bound.")
	bound := m.parameter("bound")
	memory := AllocLocal(32)
	if m.lanes == 8 {
		VMOVUPS(bound, memory)
	}
	m.powers(c, formats[0], nil, func(p power, block vector, x []Op) vector {
		polynomial, scale := p.of(x)
		for i := range x {
			if m.lanes == 16 {
				mask := K()
				VCMPPS(Imm(smaller), x[i], bound, mask)
				VFMADD231PS(scale[i], polynomial[i], mask, block[i])
				continue
			}
			mask := m.register()
			VMOVUPS(x[i], mask)
			VCMPPS(Imm(above), memory, mask, mask)
			VANDPS(mask, scale[i], scale[i])
			VFMADD231PS(scale[i], polynomial[i], block[i])
		}
		return nil
	})
}

// compressor moves the lanes of a mask to the front of a register.
type compressor struct {
	machine
	table reg.Register // of the lanes in every mask of eight, a byte each (AVX2)
}

func (m machine) compressor(c constants) compressor {
	k := compressor{machine: m}
	if m.lanes == 8 {
		k.table = GP64()
		LEAQ(c.lanesOfMask, k.table)
	}
	return k
}

// mask is which lanes of x are above y: a mask register, or the lanes' sign bits.
func (k compressor) mask(x, y reg.VecVirtual) (mask reg.Register, bits reg.GPVirtual) {
	bits = GP64()
	if k.lanes == 16 {
		mask := K()
		VCMPPS(Imm(above), y, x, mask)
		KMOVW(mask, bits.As32())
		return mask, bits
	}
	lanes := k.register()
	VCMPPS(Imm(above), y, x, lanes)
	VMOVMSKPS(lanes, bits.As32())
	return lanes, bits
}

// order is what compress takes to move the lanes of a mask: the mask register itself, or
// the indices of the lanes.
func (k compressor) order(mask reg.Register, bits reg.GPVirtual) reg.Register {
	if k.lanes == 16 {
		return mask
	}
	indices := k.register()
	VPMOVZXBD(Mem{Base: k.table, Index: bits, Scale: 8}, indices)
	return indices
}

// compress writes the lanes of x to memory, followed by anything up to the width of x.
func (k compressor) compress(x reg.VecVirtual, order reg.Register, to Mem) {
	moved := k.register()
	if k.lanes == 16 {
		VCOMPRESSPS_Z(x, order, moved)
	} else {
		VPERMPS(x, order, moved)
	}
	VMOVUPS(moved, to)
}

// collect looks at sixteen peaks of a block, and at its logits if one of them is above.
func (m machine) collect(c constants) {
	m.function("collect", "(values []float32, places []int32, x, peaks []float32, low float32) (n, through int)",
		"works like collect.")
	values, most := Load(Param("values").Base(), GP64()), Load(Param("values").Len(), GP64())
	places, peaks := Load(Param("places").Base(), GP64()), Load(Param("peaks").Base(), GP64())
	x := argument("x", formats[0])
	low, k := m.parameter("low"), m.compressor(c)
	n, through, count := GP64(), GP64(), GP64()
	XORQ(n, n)
	XORQ(through, through)
	SUBQ(U32(powers.BlockOfGroups+powers.GroupsOfBlock), most)
	iota, place := m.register(), m.register()
	VMOVUPS(c.iota, iota)
	parts := powers.GroupsOfBlock / m.lanes
	loop("block", x, powers.BlockOfGroups, func() {
		CMPQ(n, most)
		JGT(LabelRef("block_done"))
		any := GP64()
		for part := range parts {
			v := m.register()
			VMOVUPS(m.at(peaks, part), v)
			_, bits := k.mask(v, low)
			if part == 0 {
				MOVQ(bits, any)
			} else {
				ORQ(bits, any)
			}
		}
		ADDQ(Imm(4*powers.GroupsOfBlock), peaks)
		TESTQ(any, any)
		JZ(LabelRef("next"))
		for i := range powers.BlockOfGroups / m.lanes {
			v, next := m.register(), fmt.Sprintf("register%d", i)
			VMOVUPS(m.at(x.pointer, i), v)
			mask, bits := k.mask(v, low)
			TESTQ(bits, bits)
			JZ(LabelRef(next))
			order := k.order(mask, bits)
			k.compress(v, order, Mem{Base: values, Index: n, Scale: 4})
			first := GP64()
			LEAQ(Mem{Base: through, Disp: m.lanes * i}, first)
			m.broadcast(first, place)
			VPADDD(iota, place, place)
			k.compress(place, order, Mem{Base: places, Index: n, Scale: 4})
			POPCNTQ(bits, count)
			ADDQ(count, n)
			Label(next)
		}
		Label("next")
		ADDQ(U32(powers.BlockOfGroups), through)
	})
	m.finish(n, through)
}

// broadcast puts the lower half of a general register in every lane.
func (m machine) broadcast(x reg.GPVirtual, v reg.VecVirtual) {
	if m.lanes == 16 {
		VPBROADCASTD(x.As32(), v)
		return
	}
	VMOVD(x.As32(), v.AsX())
	VPBROADCASTD(v.AsX(), v)
}

// side writes to dst no further than it has read of x, which may be the same.
func (m machine) side(c constants, name string, others bool) {
	m.function(name, "(dst, x []float32, pivot float32) (n int)", "works like "+name+". The length of x is a multiple of 16.")
	dst := Load(Param("dst").Base(), GP64())
	x := argument("x", formats[0])
	pivot, k := m.parameter("pivot"), m.compressor(c)
	from, count := GP64(), GP64()
	MOVQ(dst, from)
	loop("step", x, step, func() {
		for i := range step / m.lanes {
			v := m.register()
			VMOVUPS(m.at(x.pointer, i), v)
			mask, bits := k.mask(v, pivot)
			if others {
				mask, bits = k.not(mask, bits)
			}
			k.compress(v, k.order(mask, bits), Mem{Base: dst})
			POPCNTQ(bits, count)
			LEAQ(Mem{Base: dst, Index: count, Scale: 4}, dst)
		}
	})
	SUBQ(from, dst)
	SHRQ(Imm(2), dst)
	m.finish(dst)
}

// not is the mask of the other lanes.
func (k compressor) not(mask reg.Register, bits reg.GPVirtual) (others reg.Register, rest reg.GPVirtual) {
	rest = GP64()
	MOVQ(bits, rest)
	XORQ(U32(1<<k.lanes-1), rest)
	if k.lanes == 16 {
		other := K()
		KNOTW(mask, other)
		return other, rest
	}
	return mask, rest
}

// countAbove counts lane by lane.
func (m machine) countAbove(c constants) {
	m.function("countAbove", "(x []float32, low float32) (above uint32)", "works like countAbove.")
	x, low := argument("x", formats[0]), m.parameter("low")
	ones, counts := m.register(), m.registers(m.scanned()*m.parts())
	VMOVUPS(c.window, ones)
	m.zero(counts...)
	m.wideScan(x, c, c.masked[formats[0].name], func(at int, x reg.VecVirtual) {
		if m.lanes == 16 {
			mask := K()
			VCMPPS(Imm(above), low, x, mask)
			VPSUBD(ones, counts[at], mask, counts[at])
		} else {
			mask := m.register()
			VCMPPS(Imm(above), low, x, mask)
			VPSUBD(mask, counts[at], counts[at])
		}
	})
	n := GP32()
	VMOVD(m.lanewise(reduction{combine: VPADDD}, fold(counts, VPADDD)), n)
	m.finish(n)
}

// mask compares each logit once.
func (m machine) mask(c constants) {
	m.function("mask", "(dst, x []float32, low float32)", "works like mask.")
	dst, x, low := Load(Param("dst").Base(), GP64()), argument("x", formats[0]), m.parameter("low")
	minusInf := m.register()
	VMOVUPS(c.masked[formats[0].name], minusInf)
	cut := func(x reg.VecVirtual) reg.VecVirtual {
		w := m.register()
		if m.lanes == 16 {
			mask := K()
			VCMPPS(Imm(above), low, x, mask)
			VBLENDMPS(x, minusInf, mask, w)
		} else {
			VCMPPS(Imm(above), low, x, w)
			VBLENDVPS(w, x, minusInf, w)
		}
		return w
	}
	loop("group", x, group, func() {
		for i := range m.parts() {
			v := m.register()
			VMOVUPS(m.at(x.pointer, i), v)
			VMOVUPS(cut(v), m.at(dst, i))
		}
	}, dst)
	m.tail(x, c, c.masked[formats[0].name], func(last tail) {
		for i := range m.parts() {
			last.store(cut(last.load(i)), dst, i)
		}
	})
	m.finish()
}
