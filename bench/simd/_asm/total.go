package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// total is a running sum: 16 lanes of float32 within a block, 8 lanes of float64
// across blocks. Lanes j and j+8 of the block go to lane j.
type total struct {
	machine
	block vector
	whole vector // 8 float64
}

func (m machine) total() total {
	t := total{m, m.vector(), m.vector()}
	m.zero(t.block...)
	m.zero(t.whole...)
	return t
}

// flush empties the block's lanes.
func (t total) flush() {
	Comment("Lanes j and j+8 of the block are added in float64, to lane j.")
	if t.lanes == 16 {
		low, high, upper := ZMM(), ZMM(), YMM()
		VCVTPS2PD(t.block[0].AsY(), low)
		VEXTRACTF64X4(Imm(1), t.block[0], upper)
		VCVTPS2PD(upper, high)
		VADDPD(high, low, low)
		VADDPD(low, t.whole[0], t.whole[0])
	} else {
		for half := range 2 {
			low, high := t.widened(0, half), t.widened(1, half)
			VADDPD(high, low, low)
			VADDPD(low, t.whole[half], t.whole[half])
		}
	}
	t.zero(t.block...)
}

// widened is half of a part in float64.
func (t total) widened(part, half int) reg.VecVirtual {
	wide := YMM()
	if half == 0 {
		VCVTPS2PD(t.block[part].AsX(), wide)
		return wide
	}
	upper := XMM()
	VEXTRACTF128(Imm(1), t.block[part], upper)
	VCVTPS2PD(upper, wide)
	return wide
}

// reduce adds the lanes up by halves: j and j+4, j and j+2, j and j+1.
func (t total) reduce() reg.VecVirtual {
	four := t.whole[0]
	if t.lanes == 16 {
		upper := YMM()
		VEXTRACTF64X4(Imm(1), t.whole[0], upper)
		four = YMM()
		VADDPD(upper, t.whole[0].AsY(), four)
	} else {
		VADDPD(t.whole[1], t.whole[0], four)
	}
	upper, two := XMM(), XMM()
	VEXTRACTF128(Imm(1), four, upper)
	VADDPD(upper, four.AsX(), two)
	VUNPCKHPD(two, two, upper)
	VADDSD(upper, two, two)
	return two
}
