package decide

import (
	"cmp"
	"slices"
)

// holm returns the adjusted p values of a family of tests: if each test with
// adjusted[i] ≤ α is rejected, the probability of any false rejection in the family is
// at most α, whatever the dependence between the tests. The least of n values is
// multiplied by n, the next one by n − 1, and so on, and none may fall below the one
// before: (0.01, 0.04, 0.03) becomes (0.03, 0.06, 0.06).
//
// Source: S. Holm, A simple sequentially rejective multiple test procedure, 1979.
func holm(p []float64) (adjusted []float64) {
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
