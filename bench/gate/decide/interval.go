package decide

import (
	"math"
	"slices"
)

// interval returns the Hodges–Lehmann estimate of the centre of d, which is the median
// of the means (d_i + d_j)/2 with i ≤ j, and the interval of all centres that the
// two-sided signed-rank test at level 1 − confidence does not reject.
//
// The interval contains the centre with at least this confidence. With too few values
// for it (5 or fewer at 95 %) the ends are infinite. Without values the estimate is NaN.
//
// Source: J. L. Hodges, E. L. Lehmann, Estimates of location based on rank
// tests, 1963.
func interval(d []float64, confidence float64) (estimate, lo, hi float64) {
	if len(d) == 0 {
		return math.NaN(), math.Inf(-1), math.Inf(1)
	}
	walsh := walshAverages(d)
	m := len(walsh)
	estimate = (walsh[(m-1)/2] + walsh[m/2]) / 2
	k := tailCount(len(d), (1-confidence)/2)
	if k == 0 {
		return estimate, math.Inf(-1), math.Inf(1)
	}
	return estimate, walsh[k-1], walsh[m-k]
}

// walshAverages returns the means of all pairs, each value with itself included, in
// ascending order: (1, 3) has 1, 2 and 3.
func walshAverages(d []float64) []float64 {
	means := make([]float64, 0, len(d)*(len(d)+1)/2)
	for i, x := range d {
		for _, y := range d[i:] {
			means = append(means, x/2+y/2)
		}
	}
	slices.Sort(means)
	return means
}

// tailCount returns the largest k with P(W ≤ k−1) ≤ tail for the signed-rank sum W
// of n distinct values, 0 if there is none.
func tailCount(n int, tail float64) int {
	ranks := make([]int, n)
	for i := range ranks {
		ranks[i] = i + 1
	}
	k, below := 0, 0.0
	for _, mass := range signSums(ranks) {
		if below += mass; below > tail {
			break
		}
		k++
	}
	return k
}
