package simd

import "math"

// The powers of the portable arithmetic: 2^t = 2^n · 2^r, where n is t rounded
// to a multiple of 1/64 and |r| ≤ 1/128. The first factor is a table entry with
// the integer part of n added to its exponent; the second is the polynomial
//
//	1 + r·ln2 + (r·ln2)²/2 = quadratic · (constant + r·(linear + r)),
//
// right to (ln2/128)³/6 = 2.7e-8. The table holds its leading factor. All of it
// is in float64, which costs scalar code no more than float32 does, and needs no
// care with range.
const (
	quadratic = math.Ln2 * math.Ln2 / 2
	linear    = math.Ln2 / quadratic
	constant  = 1 / quadratic
)

// rounder rounds: t + rounder keeps 6 binary digits of t's fraction, which are
// the last ones of its bit pattern.
const rounder = 0x1.8p46

// lowest is the bit pattern of −126. Patterns of negative numbers grow with
// their magnitude, so that one unsigned comparison finds all that is below it.
const lowest = 0xC05F8000_00000000

// roots holds the bits of quadratic · 2^(j/64) minus those that n's fraction
// adds to the exponent field.
var roots = func() (table [64]uint64) {
	for j := range table {
		table[j] = math.Float64bits(quadratic*math.Exp2(float64(j)/64)) - uint64(j)<<46
	}
	return table
}()

// exp2 is 2^t for t below 1000, and 0 for t < −126. It has no branch: t = −Inf
// costs what others cost. NaN gives NaN or 0.
func exp2(t float64) float64 {
	n := t + rounder
	r := t - (n - rounder)
	bits := math.Float64bits(n)
	power := math.Float64frombits(roots[bits%64] + bits<<46)
	bits = math.Float64bits(power * (constant + r*(linear+r)))
	if math.Float64bits(t) > lowest {
		bits = 0
	}
	return math.Float64frombits(bits)
}
