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

// of gives 2^t of several registers of logits as two factors, the second a power
// of two. Each x is a register or memory; its NaN comes through. Every step is
// taken for all of them before the next one, so that none waits for its result.
func (p power) of(x []Op) (polynomial, scale vector) {
	clamped, rounded, r := p.registers(len(x)), p.registers(len(x)), p.registers(len(x))

	Comment("x = max(x, least); VMAXPS answers NaN with its first operand here.")
	for i := range x {
		VMAXPS(x[i], p.least, clamped[i])
	}
	Comment("rounded = x·high + shift, an integer.")
	for i := range x {
		VMOVAPS(p.shift, rounded[i])
	}
	for i := range x {
		VFMADD231PS(p.high, clamped[i], rounded[i])
	}
	Comment("r = x·high − (n + k) + x·low, where n + k = rounded − shift.")
	for i := range x {
		VSUBPS(p.shift, rounded[i], r[i])
	}
	for i := range x {
		VFMSUB231PS(p.high, clamped[i], r[i])
	}
	for i := range x {
		VFMADD231PS(p.low, clamped[i], r[i])
	}
	Comment("The last bits of rounded are n + 127: the exponent of 2^n.")
	for i := range x {
		VPSLLD(Imm(23), rounded[i], rounded[i])
	}
	Comment("Horner's rule.")
	polynomial = p.registers(len(x))
	for i := range x {
		VMOVUPS(p.polynomial[degree], polynomial[i])
	}
	for power := degree - 1; power >= 0; power-- {
		for i := range x {
			VFMADD213PS(p.polynomial[power], r[i], polynomial[i])
		}
	}
	return polynomial, rounded
}
