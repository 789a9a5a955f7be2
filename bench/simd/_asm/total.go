package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// total is a running sum: the lanes of a group in float32 within a block, 8 lanes
// of float64 across blocks. Lanes j, j+8, j+16 and j+24 of the block go to lane j.
type total struct {
	machine
	block vector
	whole Mem // 8 float64
}

func (m machine) total() total {
	t := total{m, m.vector(), AllocLocal(64)}
	m.zero(t.block...)
	for i := 0; i < 64; i += 4 * m.lanes {
		VMOVUPS(t.block[0], t.whole.Offset(i))
	}
	return t
}

// flush empties the block's lanes.
func (t total) flush() {
	Comment("Lanes j, j+8, j+16 and j+24 of the block are added in float64, to lane j.")
	for i := 0; i < 64; i += 4 * t.lanes {
		first, second := t.pair(0, i), t.pair(1, i)
		VADDPD(second, first, first)
		VADDPD(t.whole.Offset(i), first, first)
		VMOVUPD(first, t.whole.Offset(i))
	}
	t.zero(t.block...)
}

// pair adds two of the four eights of lanes in float64: 0 and 1, or 2 and 3. Of
// these it takes as many lanes as a register holds, those for t.whole at the
// offset.
func (t total) pair(which, offset int) reg.VecVirtual {
	low, high := t.register(), t.register()
	if t.lanes == 16 {
		part := t.block[which]
		upper := YMM()
		VEXTRACTF64X4(Imm(1), part, upper)
		VCVTPS2PD(part.AsY(), low)
		VCVTPS2PD(upper, high)
	} else {
		for i, wide := range []reg.VecVirtual{low, high} {
			part := t.block[2*which+i]
			if offset == 0 {
				VCVTPS2PD(part.AsX(), wide)
				continue
			}
			upper := XMM()
			VEXTRACTF128(Imm(1), part, upper)
			VCVTPS2PD(upper, wide)
		}
	}
	VADDPD(high, low, low)
	return low
}

// reduce adds the lanes up by halves: j and j+4, j and j+2, j and j+1.
func (t total) reduce() reg.VecVirtual {
	four := YMM()
	VMOVUPD(t.whole, four)
	VADDPD(t.whole.Offset(32), four, four)
	upper, two := XMM(), XMM()
	VEXTRACTF128(Imm(1), four, upper)
	VADDPD(upper, four.AsX(), two)
	VUNPCKHPD(two, two, upper)
	VADDSD(upper, two, two)
	return two
}
