package elementary

import "math"

// The natural logarithm of a number 2^n·(1 + f), with 1 + f in [√½, √2), is n·ln2 + log(1 + f).
// For s = f/(2 + f), which is at most .1716,
//
//	log(1 + f) = 2·(s + s³/3 + s⁵/5 + …) = f − (f²/2 − s·(f²/2 + rest)), rest = 2·(s²/3 + s⁴/5 + …),
//
// where the second form adds small numbers to f, so that little is lost by rounding. The
// series goes up to s²³. ln 2 is in two parts, the product of the first with n being exact.
const (
	ln2High = 0x1.62e42feep-1
	ln2Low  = math.Ln2 - ln2High
)

// Log returns the natural logarithm of a normal number above 0, with an error of at most
// one ulp. It has the same bits on every machine, which math.Log has not.
func Log(v float64) float64 {
	fraction, n := math.Frexp(v)
	if fraction < math.Sqrt2/2 {
		fraction, n = 2*fraction, n-1
	}
	f := fraction - 1
	s := f / (2 + f)
	z := s * s
	rest := 0.
	for odd := 23.; odd > 1; odd -= 2 {
		rest = z * (2/odd + rest)
	}
	half := float64(f * f / 2)
	low := float64(s*(half+rest)) + float64(float64(n)*ln2Low)
	return float64(float64(n)*ln2High) - (half - low - f)
}
