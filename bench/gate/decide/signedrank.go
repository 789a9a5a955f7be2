// Package decide judges paired times: is head slower than base by more than a margin,
// in any of several rows? The chance of a wrong yes is limited over all rows together.
//
// Its input is d = ln(head/base) of each layout pair, which is two binaries that were
// linked with layouts of their own and run next to each other. For times of 100 ns in
// base and 105 ns in head, d = ln 1.05 = 0.049. If nothing changed, d is as likely as
// −d. The test assumes this symmetry and nothing else about the noise.
package decide

import (
	"math"
	"slices"
)

// signedRank returns the exact one-sided p value of Wilcoxon's signed-rank test:
// P(W ≥ w), where w is the sum of the ranks of |d_i| over the positive d_i, and W is the
// same sum if every sign is chosen by a fair coin. For d = (1, 2, −3, 4), w = 1 + 2 + 4
// = 7, and 5 of the 16 choices of signs have a sum of at least 7: p = 5/16.
//
// Equal |d_i| share their mean rank, and the probabilities are those of the shared
// ranks, so that p is exact with ties too. Zeros are left out. Without any d_i ≠ 0,
// p = 1. The least possible p for n values is 2^−n.
//
// Values count as equal if they differ by rounding errors only. A timer with two
// readings gives d = ln(1001/1000) and d = ln(1000/1001), whose sizes differ in the last
// bit: if all d of one sign had the larger ranks for that reason, p would be too small.
//
// Source: F. Wilcoxon, Individual comparisons by ranking methods, 1945.
func signedRank(d []float64) float64 {
	var moved []float64
	for _, x := range d {
		if x = rounded(x); x != 0 {
			moved = append(moved, x)
		}
	}
	ranks := doubledRanks(moved)
	w := 0
	for i, x := range moved {
		if x > 0 {
			w += ranks[i]
		}
	}
	p := 0.0
	for _, mass := range signSums(ranks)[w:] {
		p += mass
	}
	return min(p, 1)
}

// rounded returns x to the nearest multiple of 2^−40, which is far above the rounding
// errors of a difference of logarithms, and far below what any timer can tell.
func rounded(x float64) float64 { return math.Round(x*(1<<40)) / (1 << 40) }

// doubledRanks returns twice the rank of every |d_i|, which is a whole number even if
// equal values share their mean rank: two values that share ranks 1 and 2 get 3 each.
func doubledRanks(d []float64) []int {
	order := make([]int, len(d))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(i, j int) int {
		switch a, b := math.Abs(d[i]), math.Abs(d[j]); {
		case a < b:
			return -1
		case a > b:
			return 1
		}
		return 0
	})
	ranks := make([]int, len(d))
	for from := 0; from < len(order); {
		to := from + 1
		for to < len(order) && math.Abs(d[order[to]]) == math.Abs(d[order[from]]) {
			to++
		}
		for _, i := range order[from:to] {
			ranks[i] = from + 1 + to
		}
		from = to
	}
	return ranks
}

// signSums returns, for every s, the probability that the sum is s if a fair coin
// decides for each rank whether it is added.
func signSums(ranks []int) []float64 {
	total := 0
	for _, r := range ranks {
		total += r
	}
	mass := make([]float64, total+1)
	mass[0] = 1
	reached := 0
	for _, r := range ranks {
		for s := reached; s >= 0; s-- {
			mass[s] /= 2
			mass[s+r] += mass[s]
		}
		reached += r
	}
	return mass
}
