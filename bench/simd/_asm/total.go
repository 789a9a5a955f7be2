package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// total is a running sum on three levels: the lanes of a group in float32 within a
// block, the lanes of up to stack blocks in float32, and 8 lanes of float64 for all.
// Lanes j, j+8, j+16 and j+24 of the blocks go to lane j. Sums in two levels of eight
// round less than one of 64, and only one block in eight pays for the conversion.
type total struct {
	machine
	split  bool // lanes are in the order of halves, see format.go
	block  vector
	blocks []Op         // the lanes of the blocks so far
	left   reg.Register // how many blocks more they take
	whole  []Op         // 8 float64
}

// stack is how many blocks are added up in float32, at most.
const stack = 8

func (m machine) total() total { return m.totalIn(m.lanes == 16) }

// totalIn keeps the lanes of the blocks so far, and of all, in registers or in memory.
func (m machine) totalIn(registers bool) total {
	t := total{machine: m, block: m.vector(), left: GP64()}
	if registers {
		t.whole = []Op{m.register()}
		for _, lanes := range m.vector() {
			t.blocks = append(t.blocks, lanes)
		}
	} else {
		memory := AllocLocal(64 + 4*group)
		for at := 0; at < 64; at += 4 * m.lanes {
			t.whole = append(t.whole, memory.Offset(at))
		}
		for i := range m.parts() {
			t.blocks = append(t.blocks, memory.Offset(64+4*m.lanes*i))
		}
	}
	t.clear()
	return t
}

// unsplit puts the lanes in order after halves. Every lane has then added up the same
// logits as if they had been widened in order.
func (t total) unsplit(c constants) {
	if t.lanes == 16 {
		low, high := t.register(), t.register()
		VMOVUPS(c.lanesOf[0], low)
		VMOVUPS(c.lanesOf[1], high)
		VPERMI2PS(t.block[1], t.block[0], low)
		VPERMI2PS(t.block[1], t.block[0], high)
		VMOVAPS(low, t.block[0])
		VMOVAPS(high, t.block[1])
		return
	}
	for i := 0; i < len(t.block); i += 2 {
		low, high := t.register(), t.register()
		VUNPCKLPS(t.block[i+1], t.block[i], low)
		VUNPCKHPS(t.block[i+1], t.block[i], high)
		VPERM2F128(Imm(0x20), high, low, t.block[i])
		VPERM2F128(Imm(0x31), high, low, t.block[i+1])
	}
}

// clear begins anew.
func (t total) clear() {
	t.zero(t.block...)
	for _, level := range [][]Op{t.blocks, t.whole} {
		for _, lanes := range level {
			VMOVUPS(t.block[0], lanes)
		}
	}
	MOVQ(U32(stack), t.left)
}

// flush adds the block to the blocks before it, and begins the next one.
func (t total) flush(c constants) {
	t.addBlocks()
	DECQ(t.left)
	JNZ(LabelRef("stacked"))
	t.empty(c)
	MOVQ(U32(stack), t.left)
	Label("stacked")
	t.keep()
}

// keep leaves the lanes to the blocks that follow.
func (t total) keep() {
	for i, lanes := range t.block {
		VMOVUPS(lanes, t.blocks[i])
	}
	t.zero(t.block...)
}

// finish adds up the last block and all before it.
func (t total) finish(c constants) reg.VecVirtual {
	t.addBlocks()
	t.empty(c)
	return t.reduce()
}

func (t total) addBlocks() {
	for i, lanes := range t.block {
		VADDPS(t.blocks[i], lanes, lanes)
	}
}

// empty moves the lanes to float64.
func (t total) empty(c constants) {
	if t.split {
		t.unsplit(c)
	}
	Comment("Lanes j, j+8, j+16 and j+24 are added in float64, to lane j.")
	for i, whole := range t.whole {
		first, second := t.pair(0, i), t.pair(1, i)
		VADDPD(second, first, first)
		VADDPD(whole, first, first)
		VMOVUPD(first, whole)
	}
	t.zero(t.block...)
}

// pair adds two of the four eights of lanes in float64: 0 and 1, or 2 and 3. Of
// these it takes as many lanes as a register holds, those for t.whole[part].
func (t total) pair(which, part int) reg.VecVirtual {
	low, high := t.register(), t.register()
	if t.lanes == 16 {
		upper := YMM()
		VEXTRACTF64X4(Imm(1), t.block[which], upper)
		VCVTPS2PD(t.block[which].AsY(), low)
		VCVTPS2PD(upper, high)
	} else {
		for i, wide := range []reg.VecVirtual{low, high} {
			lanes := t.block[2*which+i]
			if part == 0 {
				VCVTPS2PD(lanes.AsX(), wide)
				continue
			}
			upper := XMM()
			VEXTRACTF128(Imm(1), lanes, upper)
			VCVTPS2PD(upper, wide)
		}
	}
	VADDPD(high, low, low)
	return low
}

// reduce adds the lanes up by halves: j and j+4, j and j+2, j and j+1.
func (t total) reduce() reg.VecVirtual {
	four := YMM()
	if t.lanes == 16 {
		whole := t.register()
		VMOVUPD(t.whole[0], whole)
		VEXTRACTF64X4(Imm(1), whole, four)
		VADDPD(four, whole.AsY(), four)
	} else {
		VMOVUPD(t.whole[0], four)
		VADDPD(t.whole[1], four, four)
	}
	upper, two := XMM(), XMM()
	VEXTRACTF128(Imm(1), four, upper)
	VADDPD(upper, four.AsX(), two)
	VUNPCKHPD(two, two, upper)
	VADDSD(upper, two, two)
	return two
}
