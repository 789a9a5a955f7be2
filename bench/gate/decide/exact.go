package decide

import (
	"math"
	"slices"
)

// The functions of this file compare figures that should have no noise, such as
// allocations per operation. In better, +1 stands for "higher is better", −1 for "lower
// is better" and 0 for "neither: it must not change".

// Best returns the greatest value where higher is better, else the least; NaN if there
// is none.
func Best(values []float64, better int) float64 {
	switch {
	case len(values) == 0:
		return math.NaN()
	case better > 0:
		return slices.Max(values)
	}
	return slices.Min(values)
}

// Steady returns whether a figure has one value in all pairs of base and of base′.
func Steady(base, same []float64) bool {
	return slices.Equal(base, same) && slices.Min(base) == slices.Max(base)
}

// Worse returns whether a figure is worse in head than in base, from its values in all
// pairs of the three arms. If it is not, the probability of true is at most the level.
//
// A steady figure is worse if it is worse in every pair. That one of three equal arms is
// worse than the two others has a probability of at most 1/3 in a pair, so that it takes
// 7 pairs at a level of 0.001: 7 in base and base′ and 8 in head is chance where one
// operation in two needs 8 allocations. A figure that is not steady is worse if its best
// value is, and if it is worse by the signed-rank test of the pairs.
//
// A figure that head does not report in every pair, or that is NaN there, is worse than
// any number. If base has none, or NaN, there is nothing to compare with.
func Worse(base, same, head []float64, better int, level float64) bool {
	was, is := Best(base, better), Best(head, better)
	switch {
	case math.IsNaN(was):
		return false
	case math.IsNaN(is) || len(head) < len(base):
		return true
	case Steady(base, same):
		return !slices.ContainsFunc(head, func(x float64) bool { return !worse(was, x, better) }) &&
			math.Pow(3, -float64(len(base))) <= level
	case better == 0:
		d := differences(base, head)
		return 2*min(signedRank(d), signedRank(negated(d))) <= level
	case better > 0:
		return worse(was, is, better) && signedRank(differences(head, base)) <= level
	}
	return worse(was, is, better) && signedRank(differences(base, head)) <= level
}

// worse returns whether one value is other than another, and not better.
func worse(was, is float64, better int) bool {
	switch {
	case better > 0:
		return is < was
	case better < 0:
		return is > was
	}
	return is != was
}

// differences returns to − from, pair by pair.
func differences(from, to []float64) []float64 {
	d := make([]float64, min(len(from), len(to)))
	for i := range d {
		d[i] = to[i] - from[i]
	}
	return d
}
