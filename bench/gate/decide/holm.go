package decide

import (
	"cmp"
	"slices"
)

// Holm adjusts the p values of a family of tests: rejecting where adjusted[i] ≤
// α makes a false rejection anywhere in the family with probability at most α,
// however the tests depend on one another.
//
// Source: S. Holm, A simple sequentially rejective multiple test procedure, 1979.
func Holm(p []float64) (adjusted []float64) {
	order := make([]int, len(p))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(p[a], p[b]) })
	adjusted = make([]float64, len(p))
	least := 0.0
	for step, i := range order {
		least = min(1, max(least, float64(len(p)-step)*p[i]))
		adjusted[i] = least
	}
	return adjusted
}
