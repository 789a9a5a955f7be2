package elementary

import "math"

// 2^t = 2^n · 2^r, where n is t rounded to a multiple
// of 1/64, and |r| ≤ 1/128. The factor 2^n is an entry of a table, with the integer
// part of n added to its exponent. The factor 2^r is the polynomial
//
//	1 + r·ln2 + (r·ln2)²/2 = quadratic · (constant + r·(linear + r)),
//
// whose relative error is at most (ln2/128)³/6 = 2.7e-8. The table entries contain its
// factor quadratic. As an example, t = 1.26 has n = 81/64 = 1.265625, r = −.005625,
// and the entry of 17/64. Scalar float64 is as fast as float32, and has range to spare.
const (
	quadratic = math.Ln2 * math.Ln2 / 2
	linear    = math.Ln2 / quadratic
	constant  = 1 / quadratic
)

// rounder rounds t to a multiple of 1/64: a float64 near 1.5·2^46 has 6 binary digits
// after the point, which are the last bits of t + rounder.
const rounder = 0x1.8p46

// lowest is the bit pattern of −126. As unsigned integers, the patterns of all numbers
// below −126 are larger than it, and those of all others that Exp2 allows are not.
const lowest = 0xC05F8000_00000000

// roots holds the bits of quadratic · 2^(j/64) minus those that n's fraction
// adds to the exponent field.
var roots = func() (table [64]uint64) {
	for j, root := range plain {
		table[j] = math.Float64bits(quadratic*root) - uint64(j)<<46
	}
	return table
}()

// plain are 2^(j/64). Square roots and products have the same bits on every machine,
// which math.Exp2 has not.
var plain = func() (table [64]float64) {
	for j := range table {
		table[j] = 1
		for bit, root := 32, math.Sqrt2; bit > 0; bit, root = bit/2, math.Sqrt(root) {
			if j&bit != 0 {
				table[j] *= root
			}
		}
	}
	return table
}()

// Exp2 returns 2^t for t below 1000, and 0 for t < −126. It has no branch, so that
// masked logits take no longer than others. For NaN it returns NaN or 0. The bits are the
// same on every machine: no product is fused with the addition behind it.
func Exp2(t float64) float64 {
	t = float64(t) // where this is inlined, t may be a product
	n := t + rounder
	r := t - (n - rounder)
	bits := math.Float64bits(n)
	bits = math.Float64bits(math.Float64frombits(roots[bits%64]+bits<<46) * (constant + float64(r*(linear+r))))
	if math.Float64bits(t) > lowest {
		bits = 0
	}
	return math.Float64frombits(bits)
}

// PreciseExp2 returns 2^t, with a relative error of at most 1e-15 where it is a normal
// number, and none for an integer t. As math.Exp2, it is 0, +Inf or NaN beyond. It takes
// longer than Exp2, and has the same bits on every machine, which math.Exp2 has not.
func PreciseExp2(t float64) float64 {
	if !(math.Abs(t) < 1<<12) {
		return math.Exp2(t) // 0, +Inf or NaN
	}
	n := math.RoundToEven(64 * t)
	r := (t - float64(n/64)) * math.Ln2 // the difference is exact
	series := 1./24 + float64(r*(1./120))
	series = 1./6 + float64(r*series)
	series = 1./2 + float64(r*series)
	series = 1 + float64(r*series)
	series = 1 + float64(r*series)
	j := int(n) & 63
	return math.Ldexp(plain[j]*series, (int(n)-j)/64)
}
