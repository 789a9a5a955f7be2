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
	s := p.steps(len(x))
	s.clamp(x)
	s.round()
	s.raiseTop()
	s.unround()
	s.fraction()
	s.correct()
	s.root()
	s.exponent()
	Comment("Horner's rule.")
	s.horner(powers.Degree)
	for power := powers.Degree - 1; power >= 0; power-- {
		s.horner(power)
	}
	return s.polynomial, s.scale
}

// steps are those that of takes for several registers of logits, with the results so far.
type steps struct {
	power
	clamped, rounded, r, polynomial, scale vector
}

// steps has the polynomial and the scale in the place of what they are the last to read.
func (p power) steps(count int) steps {
	s := steps{power: p, clamped: p.registers(count), rounded: p.registers(count), r: p.registers(count)}
	s.polynomial, s.scale = s.clamped, s.rounded
	return s
}

func (s steps) clamp(x []Op) {
	Comment("x = max(x, least); VMAXPS answers NaN with its first operand here.")
	for i := range x {
		VMAXPS(x[i], s.least, s.clamped[i])
	}
}

func (s steps) round() {
	Comment("rounded = x·high + shift, a multiple of 1/8.")
	for _, rounded := range s.rounded {
		VMOVAPS(s.shift, rounded)
	}
	for i, rounded := range s.rounded {
		VFMADD231PS(s.high, s.clamped[i], rounded)
	}
}

func (s steps) raiseTop() {
	for _, rounded := range s.rounded {
		VPMAXSD(rounded, s.top, s.top)
	}
}

func (s steps) unround() {
	Comment("r = x·high − (n + k) + x·low, where n + k = rounded − shift.")
	for i, r := range s.r {
		VSUBPS(s.shift, s.rounded[i], r)
	}
}

func (s steps) fraction() {
	for i, r := range s.r {
		VFMSUB231PS(s.high, s.clamped[i], r)
	}
}

func (s steps) correct() {
	for i, r := range s.r {
		VFMADD231PS(s.low, s.clamped[i], r)
	}
}

// root puts the root of two where the polynomial is going to be.
func (s steps) root() {
	Comment("The last bits of rounded are 8·(n + 127): the root's index, and what to add to its exponent.")
	for i, root := range s.polynomial {
		VPERMPS(s.roots, s.rounded[i], root)
	}
}

func (s steps) exponent() {
	for _, rounded := range s.rounded {
		VPSLLD(Imm(20), rounded, rounded)
	}
	for i, scale := range s.scale {
		VPADDD(s.polynomial[i], s.rounded[i], scale)
	}
}

// horner is a step of Horner's rule. The first is that of the highest power.
func (s steps) horner(power int) {
	for i, polynomial := range s.polynomial {
		if power == powers.Degree {
			VMOVUPS(s.power.polynomial[power], polynomial)
		} else {
			VFMADD213PS(s.power.polynomial[power], s.r[i], polynomial)
		}
	}
}
