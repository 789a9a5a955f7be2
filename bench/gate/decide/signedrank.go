// Package decide judges paired timings: is head slower than base by more than
// a margin, in any of several rows, with an error bounded over all of them?
//
// The datum is d = ln(head / base) of one layout pair: two binaries linked with
// layouts of their own, run next to each other. Where nothing changed, base and
// head are exchangeable, so d is as likely as −d: that symmetry is all that the
// test assumes, whatever the noise.
package decide

import (
	"math"
	"slices"
)

// SignedRank is the exact one-sided p value of Wilcoxon's signed-rank test:
// P(W ≥ w), with w the sum of the ranks of |d_i| over positive d_i and W that
// sum under independent fair signs.
//
// Equal |d_i| share their mean rank, and the distribution is that of the ranks
// at hand: p is exact with ties as well. Zeros are left out. Without any
// non-zero d_i, p = 1; the least possible p is 2^−n.
//
// Source: F. Wilcoxon, Individual comparisons by ranking methods, 1945.
func SignedRank(d []float64) float64 {
	var moved []float64
	for _, x := range d {
		if x != 0 {
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

// doubledRanks gives twice the rank of every |d_i|, which is whole even where
// equal values share their mean rank.
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

// signSums[s] is the probability that the ranks kept by independent fair coins
// add up to s.
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
