package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// power holds what turns logits x into 2^t, t = x·c − k with an integer k:
//
//	n     = t rounded to an integer
//	r     = t − n, in [−½, ½]
//	2^t   = 2^n · polynomial(r)
//
// c = high + low, because rounding it to float32 would shift t by as much as
// |t|·2⁻²⁴.
type power struct {
	machine
	constants
	high, low reg.VecVirtual
	shift     reg.VecVirtual // 3·2²² + 127 − k: adding it rounds, and biases the exponent
	least     reg.VecVirtual // a logit whose n is −127, whose 2^n comes out as 0
}

func (m machine) power(c constants) power {
	return power{m, c, m.parameter("high"), m.parameter("low"), m.parameter("shift"), m.parameter("least")}
}

// of gives 2^t of a part of a group as two factors, the second a power of two.
// x is a register or memory; its NaN comes through.
func (p power) of(x Op) (polynomial, scale reg.VecVirtual) {
	Comment("x = max(x, least); VMAXPS answers NaN with its first operand here.")
	clamped := p.register()
	VMAXPS(x, p.least, clamped)

	Comment("rounded = x·high + shift, an integer; n + k = rounded − shift.")
	rounded, r := p.register(), p.register()
	VMOVAPS(p.shift, rounded)
	VFMADD231PS(clamped, p.high, rounded)
	VSUBPS(p.shift, rounded, r)

	Comment("r = x·high − (n + k) + x·low.")
	VFMSUB231PS(clamped, p.high, r)
	VFMADD231PS(clamped, p.low, r)

	Comment("Horner's rule.")
	polynomial = p.register()
	VMOVUPS(p.polynomial[degree], polynomial)
	for i := degree - 1; i >= 0; i-- {
		VFMADD213PS(p.polynomial[i], r, polynomial)
	}

	Comment("The last bits of rounded are n + 127: the exponent of 2^n.")
	VPSLLD(Imm(23), rounded, rounded)
	return polynomial, rounded
}
