package elementary

import "math"

// The logarithm of a number 2^n·m, with m in [√½, √2), is n + log2(m). For
// s = (m − 1)/(m + 1), which is at most .1716, log2(m) is the series
//
//	2/ln2 · (s + s³/3 + s⁵/5 + …),
//
// here up to s¹⁵. The error is at most 2e-14, and 0 for powers of two. math.Log2 takes as
// long as all the powers of a short row. The assembly of package simd does the same for
// eight numbers at a time, with the same bits: the conversions of products to float64 keep
// compilers from fusing them with the additions.

// Log2 returns the logarithm to base 2 of a normal number above 0.
func Log2(v float64) float64 {
	const root = 0x3FE6A09E667F3BCD // the bits of √½
	bits := math.Float64bits(v)
	biased := (bits + (1023<<52 - root)) >> 52
	m := math.Float64frombits(bits - biased<<52 + 1023<<52)
	s := (m - 1) / (m + 1)
	z := s * s
	z2 := z * z
	series := log2Series[6] + float64(log2Series[7]*z)
	series = log2Series[4] + float64(log2Series[5]*z) + float64(z2*series)
	series = log2Series[2] + float64(log2Series[3]*z) + float64(z2*series)
	series = log2Series[0] + float64(log2Series[1]*z) + float64(z2*series)
	return float64(int(biased)-1023) + float64(s*series)
}

// log2Series are the factors of s, s³, ….
var log2Series = [8]float64{
	2 / math.Ln2, 2 / math.Ln2 / 3, 2 / math.Ln2 / 5, 2 / math.Ln2 / 7,
	2 / math.Ln2 / 9, 2 / math.Ln2 / 11, 2 / math.Ln2 / 13, 2 / math.Ln2 / 15,
}
