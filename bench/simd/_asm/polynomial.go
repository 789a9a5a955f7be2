package main

import (
	"math"
	"math/big"
)

// degree is that of the polynomial for 2^r on [−1/16, 1/16].
const degree = 3

// coefficients of 2^r ≈ 1 + r·(a₁ + a₂·r + a₃·r²) on [−1/16, 1/16], lowest first. The
// bracket interpolates (2^r − 1)/r at the Chebyshev nodes of the interval, which
// is within a small factor of the best polynomial; its error and that of rounding
// to float32 stay below 1.5e-8 of the result.
func coefficients() [degree + 1]float32 {
	var nodes, divided [degree]float64
	for i := range nodes {
		nodes[i] = .5 / steps * math.Cos(math.Pi*(float64(i)+.5)/degree)
		divided[i] = math.Expm1(nodes[i]*math.Ln2) / nodes[i]
	}
	for level := 1; level < degree; level++ {
		for i := degree - 1; i >= level; i-- {
			divided[i] = (divided[i] - divided[i-1]) / (nodes[i] - nodes[i-level])
		}
	}
	var power [degree]float64 // Newton's form, multiplied out
	for i := degree - 1; i >= 0; i-- {
		for j := degree - 1; j > 0; j-- {
			power[j] = power[j-1] - nodes[i]*power[j]
		}
		power[0] = divided[i] - nodes[i]*power[0]
	}
	a := [degree + 1]float32{1}
	for i, c := range power {
		a[i+1], _ = big.NewFloat(c).Float32()
	}
	return a
}
