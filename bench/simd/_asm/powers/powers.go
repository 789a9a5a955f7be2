// Package powers holds the numbers with which the assembly of every instruction set
// computes powers of two: the same numbers, for the same bits.
package powers

import (
	"math"
	"math/big"
)

// Steps is the number of roots of two, as many as a register of AVX2 holds.
const Steps = 8

// Degree is that of the polynomial for 2^r on [−1/16, 1/16].
const Degree = 3

// Coefficients of 2^r ≈ 1 + r·(a₁ + a₂·r + a₃·r²) on [−1/16, 1/16], lowest first. The
// bracket interpolates (2^r − 1)/r at the Chebyshev nodes of the interval, which
// is within a small factor of the best polynomial; its error and that of rounding
// to float32 stay below 1.5e-8 of the result.
func Coefficients() [Degree + 1]float32 {
	var nodes, divided [Degree]float64
	for i := range nodes {
		nodes[i] = .5 / Steps * math.Cos(math.Pi*(float64(i)+.5)/Degree)
		divided[i] = math.Expm1(nodes[i]*math.Ln2) / nodes[i]
	}
	for level := 1; level < Degree; level++ {
		for i := Degree - 1; i >= level; i-- {
			divided[i] = (divided[i] - divided[i-1]) / (nodes[i] - nodes[i-level])
		}
	}
	var power [Degree]float64 // Newton's form, multiplied out
	for i := Degree - 1; i >= 0; i-- {
		for j := Degree - 1; j > 0; j-- {
			power[j] = power[j-1] - nodes[i]*power[j]
		}
		power[0] = divided[i] - nodes[i]*power[0]
	}
	a := [Degree + 1]float32{1}
	for i, c := range power {
		a[i+1], _ = big.NewFloat(c).Float32()
	}
	return a
}

// Root is the bits of 2^(j/8), less those of 1 and those that j adds above them when it is
// shifted to the exponent.
func Root(j int) uint32 {
	return math.Float32bits(float32(math.Exp2(float64(j)/Steps))) - math.Float32bits(1) - uint32(j)<<20
}

// Log2Series are the factors of s, s³, … in package elementary's Log2.
var Log2Series = [8]float64{
	2 / math.Ln2, 2 / math.Ln2 / 3, 2 / math.Ln2 / 5, 2 / math.Ln2 / 7,
	2 / math.Ln2 / 9, 2 / math.Ln2 / 11, 2 / math.Ln2 / 13, 2 / math.Ln2 / 15,
}

// ToRoot is what Log2 adds to the bits of a number: those of 1 less those of √½.
const ToRoot = 1023<<52 - 0x3FE6A09E667F3BCD
