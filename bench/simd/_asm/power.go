package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"temper/bench/simd/_asm/powers"
)

// power holds what turns logits x into 2^t, t = x·c − k with an integer k:
//
//	n     = t rounded to a multiple of 1/8
//	r     = t − n, in [−1/16, 1/16]
//	2^t   = 2^n · polynomial(r)
//
// The eight fractions of n choose a root of two from a register, the rest of n is
// added to its exponent. c = high + low, because rounding it to float32 would
// shift t by as much as |t|·2⁻²⁴.
type power struct {
	machine
	polynomial [powers.Degree + 1]Op
	roots      reg.VecVirtual
	high, low  reg.VecVirtual
	shift      reg.VecVirtual // 3·2¹⁹ + 127 − k: adding it rounds, and biases the exponent
	least      reg.VecVirtual // a logit whose n is −127, whose 2^n comes out as 0
	top        reg.VecVirtual // the largest of all x·high + shift so far: as integers, which NaN is above
}

func (m machine) power(c constants) power {
	p := m.powerOf(c)
	p.shift, p.least = m.parameter("shift"), m.parameter("least")
	return p
}

// powerOf is power without shift and least, for rows that have their own.
func (m machine) powerOf(c constants) power {
	p := power{
		machine: m, roots: m.register(), top: m.register(), shift: m.register(), least: m.register(),
		high: m.parameter("high"), low: m.parameter("low"),
	}
	VMOVUPS(c.roots, p.roots)
	m.zero(p.top)
	for i, a := range c.polynomial {
		p.polynomial[i] = a
		if m.lanes == 16 { // there are registers enough
			r := m.register()
			VMOVUPS(a, r)
			p.polynomial[i] = r
		}
	}
	return p
}

// of gives 2^t of several registers of logits as two factors, the second 2^n. Each
// x is a register or memory; its NaN comes through. Every step is taken for all of
// them before the next one, so that none waits for its result.
func (p power) of(x []Op) (polynomial, scale vector) {
	clamped, rounded, r := p.registers(len(x)), p.registers(len(x)), p.registers(len(x))

	Comment("x = max(x, least); VMAXPS answers NaN with its first operand here.")
	for i := range x {
		VMAXPS(x[i], p.least, clamped[i])
	}
	Comment("rounded = x·high + shift, a multiple of 1/8.")
	for i := range x {
		VMOVAPS(p.shift, rounded[i])
	}
	for i := range x {
		VFMADD231PS(p.high, clamped[i], rounded[i])
	}
	for i := range x {
		VPMAXSD(rounded[i], p.top, p.top)
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
	Comment("The last bits of rounded are 8·(n + 127): the root's index, and what to add to its exponent.")
	polynomial = clamped
	for i := range x {
		VPERMPS(p.roots, rounded[i], polynomial[i])
	}
	for i := range x {
		VPSLLD(Imm(20), rounded[i], rounded[i])
	}
	for i := range x {
		VPADDD(polynomial[i], rounded[i], rounded[i])
	}
	Comment("Horner's rule.")
	for i := range x {
		VMOVUPS(p.polynomial[powers.Degree], polynomial[i])
	}
	for power := powers.Degree - 1; power >= 0; power-- {
		for i := range x {
			VFMADD213PS(p.polynomial[power], r[i], polynomial[i])
		}
	}
	return polynomial, rounded
}
