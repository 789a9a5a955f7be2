package simd

import "math"

// The logarithm of a sum of powers is log2(2^n·m) = n − log2(c) + log2(m·c), with m in
// [1, 2). The table has 64 pairs c ≈ 1/m and −log2(c), chosen by the first six binary
// digits of m. Then m·c = 1 + r with |r| < 1/64, and log2(1 + r) is a short series.
// The error is at most 4e-12, and 0 for powers of two. math.Log2 has full accuracy, but
// takes as long as all the powers of a short row.
const log2Entries = 64

var log2Table = func() (table [log2Entries]struct{ reciprocal, log2 float64 }) {
	table[0].reciprocal = 1
	for j := 1; j < log2Entries; j++ {
		middle := 1 + (float64(j)+.5)/log2Entries
		table[j].reciprocal, table[j].log2 = 1/middle, math.Log2(middle)
	}
	return table
}()

// log2 returns the logarithm to base 2 of a normal number above 0.
func log2(v float64) float64 {
	const mantissa = 1<<52 - 1
	bits := math.Float64bits(v)
	entry := &log2Table[bits>>46%log2Entries]
	r := math.Float64frombits(bits&mantissa|1023<<52)*entry.reciprocal - 1
	series := r * (1 + r*(-1./2+r*(1./3+r*(-1./4+r*(1./5)))))
	return float64(int(bits>>52)-1023) + (entry.log2 + series*math.Log2E)
}
