package props

import (
	"cmp"
	"math"
	"slices"

	"temper/props/operation"
)

func isMasked(x float32) bool { return math.IsInf(float64(x), -1) }

// unmasked keeps the tokens that have a probability.
func unmasked(row []float32, tokens []int) []int {
	return slices.DeleteFunc(slices.Clone(tokens), func(v int) bool { return isMasked(row[v]) })
}

// modesOf lists the tokens of the largest logit, and says how far below it the next
// one is.
func modesOf(row []float32) (modes []int, gap float64) {
	gap = math.Inf(1)
	largest := operation.PeakOf(row).Logit
	for v, x := range row {
		if x == largest {
			modes = append(modes, v)
		} else {
			gap = math.Min(gap, float64(largest)-float64(x))
		}
	}
	return modes, gap
}

// descending lists the tokens from the largest logit to the smallest.
func descending(row []float32) []int {
	order := upTo(len(row))
	slices.SortStableFunc(order, func(u, v int) int { return cmp.Compare(row[v], row[u]) })
	return order
}

// upTo is 0, 1, …, n−1.
func upTo(n int) []int {
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
	return all
}
