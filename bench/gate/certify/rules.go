//go:build unix

package main

import (
	"slices"

	"golang.org/x/perf/benchmath"
)

// A rule is another way to decide whether a row became slower, from all samples of base
// and of head.
type rule struct {
	name   string
	slower func(base, head []float64) bool
}

// rules are those that people use in CI. A run is red if one of its rows is slower.
var rules = []rule{
	{"benchstat α = .05", func(base, head []float64) bool {
		return ratio(base, head) > 1 && mannWhitney(base, head) < 0.05
	}},
	{"benchstat + 10 %", func(base, head []float64) bool {
		return ratio(base, head) > 1.1 && mannWhitney(base, head) < 0.05
	}},
	{"asv (p < .002, 1.1)", func(base, head []float64) bool {
		return ratio(base, head) > 1.1 && mannWhitney(base, head) < 0.002
	}},
	{"threshold of 200 %", func(base, head []float64) bool { return ratio(base, head) > 2 }},
}

// ratio returns the median of head divided by that of base.
func ratio(base, head []float64) float64 { return median(head) / median(base) }

func median(x []float64) float64 {
	sorted := slices.Sorted(slices.Values(x))
	n := len(sorted)
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}

// mannWhitney returns the two-sided p value of the U test, as benchstat computes it.
func mannWhitney(base, head []float64) float64 {
	thresholds := benchmath.DefaultThresholds
	return benchmath.AssumeNothing.Compare(benchmath.NewSample(slices.Clone(base), &thresholds), benchmath.NewSample(slices.Clone(head), &thresholds)).P
}

// red returns whether any row of a run is slower by the rule.
func (u rule) red(base, head map[string][]float64) bool {
	for name := range base {
		if len(head[name]) > 0 && u.slower(base[name], head[name]) {
			return true
		}
	}
	return false
}
