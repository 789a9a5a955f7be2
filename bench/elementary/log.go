package elementary

import "math"

// The natural logarithm of a number 2^n·(1 + f), with 1 + f in [√½, √2), is n·ln2 + log(1 + f).
// For s = f/(2 + f), which is at most .1716,
//
//	log(1 + f) = 2·(s + s³/3 + s⁵/5 + …) = f − (f²/2 − s·(f²/2 + rest)), rest = 2·(s²/3 + s⁴/5 + …),
//
// where the second form adds small numbers to f, so that little is lost by rounding. ln 2 is
// in two parts, the product of the first with n being exact. This form, the parts and the
// factors of the rest, which approximate it with fewer terms than the series has, are those
// of e_log.c in FreeBSD's libm.
const (
	ln2High = 6.93147180369123816490e-01
	ln2Low  = 1.90821492927058770002e-10
)

var logRest = [7]float64{
	6.666666666666735130e-01, 3.999999999940941908e-01, 2.857142874366239149e-01, 2.222219843214978396e-01,
	1.818357216161805012e-01, 1.531383769920937332e-01, 1.479819860511658591e-01,
}

// Log returns the natural logarithm of a normal number above 0, with an error of at most
// one ulp. It has the same bits on every machine, which math.Log has not.
func Log(v float64) float64 {
	const root = 0x3FE6A09E667F3BCD // the bits of √½
	bits := math.Float64bits(v)
	biased := (bits + (1023<<52 - root)) >> 52
	n := float64(int(biased) - 1023)
	f := math.Float64frombits(bits-biased<<52+1023<<52) - 1
	s := f / (2 + f)
	z := s * s
	z2 := z * z
	odd := logRest[4] + float64(z2*logRest[6])
	odd = logRest[2] + float64(z2*odd)
	odd = logRest[0] + float64(z2*odd)
	even := logRest[3] + float64(z2*logRest[5])
	even = logRest[1] + float64(z2*even)
	rest := float64(z*odd) + float64(z2*even)
	half := float64(f * f / 2)
	low := float64(s*(half+rest)) + float64(n*ln2Low)
	return float64(n*ln2High) - (half - low - f)
}
