package reference

import "math"

// Sum adds float64 numbers and carries the rounding error of every addition along,
// so that a vocabulary of any size costs no accuracy. The zero value is 0. As an
// example, 1 and a million times 1e-17 have the value 1.00000000001, where plain
// additions would leave 1.
//
// Source: Neumaier (1974).
type Sum struct{ sum, lost float64 }

// Add adds x.
func (s *Sum) Add(x float64) {
	x = float64(x) // a product is rounded first: fused with what follows it would not be x
	sum := s.sum + x
	if math.Abs(s.sum) >= math.Abs(x) {
		s.lost += (s.sum - sum) + x
	} else {
		s.lost += (x - sum) + s.sum
	}
	s.sum = sum
}

// Value returns the sum of what was added.
func (s *Sum) Value() float64 { return s.sum + s.lost }
