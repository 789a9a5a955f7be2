package reference

import "math"

// Sum is Σ_i x_i of the numbers added, with the rounding errors of the additions
// added up separately, so that a long sum is as accurate as a short one. The zero
// value is 0. As an example, 1 and a million times 1e-17 sum to 1.00000000001; plain
// additions would return 1. An infinite x makes the
// sum NaN.
//
// Source: Neumaier (1974).
type Sum struct{ sum, lost float64 }

// Add adds x to the sum.
func (s *Sum) Add(x float64) {
	x = float64(x) // rounds x if it is a product: the compiler must not fuse it with the addition
	sum := s.sum + x
	if math.Abs(s.sum) >= math.Abs(x) {
		s.lost += (s.sum - sum) + x
	} else {
		s.lost += (x - sum) + s.sum
	}
	s.sum = sum
}

// Value returns the sum.
func (s *Sum) Value() float64 { return s.sum + s.lost }
