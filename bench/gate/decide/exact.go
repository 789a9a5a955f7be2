package decide

import (
	"math"
	"slices"
)

// The functions of this file compare figures that have no noise to speak of, such as
// allocations per operation. In better, +1 stands for "higher is better", −1 for
// "lower is better" and 0 for "neither: it must not change".

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

// Worse returns whether a figure changed other than for the better from base to head.
// NaN in head, where the figure is missing or is no number, is worse than any number;
// with NaN in base there is nothing to compare with, and the result is false.
func Worse(base, head float64, better int) bool {
	if math.IsNaN(base) || math.IsNaN(head) {
		return !math.IsNaN(base)
	}
	switch better {
	case 1:
		return !(head >= base)
	case -1:
		return !(head <= base)
	}
	return head != base
}

// MoreAllocations returns whether head allocates more than base, from the counts of
// all pairs in the three arms. It compares the least counts, which leaves out what the
// runtime allocates now and then. Where the counts of base vary, or differ from those
// of base′, the least count depends on chance: then head must also be greater by the
// signed-rank test of the pairs, at this level. A count that head does not report in
// every pair counts as more.
//
// With 7, 7, 7 in base and in base′, 8, 8, 8 in head is more; 9, 7, 8 is not.
func MoreAllocations(base, same, head []float64, level float64) bool {
	if len(head) < len(base) {
		return true
	}
	if slices.Min(head) <= slices.Min(base) {
		return false
	}
	if slices.Min(base) == slices.Max(base) && slices.Equal(base, same) {
		return true
	}
	d := make([]float64, len(base))
	for i := range d {
		d[i] = head[i] - base[i]
	}
	return signedRank(d) <= level
}
