package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"temper/bench/simd/_asm/powers"
)

// mixed adds up the products of stretches that follow each other. The steps that lead to r
// and 2^n of one stretch stand between those that lead from there to the sum of the
// stretch before: most of the former are no multiplications and all of the latter are, so
// that the units for both have work at any time. AVX2 has too few registers for it.
type mixed struct {
	addition
	steps
	last reg.Register // where the last stretch begins
}

// mixed begins with the first stretch.
func (a addition) mixed(stretch int) mixed {
	s := mixed{addition: a, last: GP64(), steps: a.power.steps(stretch)}
	s.polynomial, s.scale = a.registers(stretch), a.registers(stretch)
	LEAQ(Mem{Base: a.x.pointer, Index: a.x.length, Scale: uint8(a.x.size), Disp: -s.bytes()}, s.last)
	s.clamp(s.logits())
	s.round()
	s.unround()
	s.fraction()
	s.correct()
	s.root()
	s.raiseTop()
	s.exponent()
	return s
}

// bytes is the size of a stretch of logits.
func (s mixed) bytes() int { return s.x.size * len(s.clamped) * s.addition.lanes }

// logits are those of the stretch that begins.
func (s mixed) logits() []Op {
	x := s.x.operands(s.addition.machine, s.x.pointer, max(1, len(s.clamped)/s.addition.parts()))[:len(s.clamped)]
	prefetch(x)
	return s.read(x)
}

// next adds up a stretch and begins the one after it, which is the last one again where
// there is none.
func (s mixed) next(at int) {
	ADDQ(U32(s.bytes()), s.x.pointer)
	CMPQ(s.x.pointer, s.last)
	JLS(LabelRef(fmt.Sprint("follows", at)))
	MOVQ(s.last, s.x.pointer)
	Label(fmt.Sprint("follows", at))
	s.clamp(s.logits())
	s.horner(powers.Degree)
	s.horner(2)
	s.round()
	s.horner(1)
	s.horner(0)
	s.unround()
	for i, polynomial := range s.polynomial {
		VFMADD231PS(s.scale[i], polynomial, s.total.block[(at+i)%len(s.total.block)])
	}
	s.fraction()
	s.root()
	s.correct()
	s.raiseTop()
	s.exponent()
}
